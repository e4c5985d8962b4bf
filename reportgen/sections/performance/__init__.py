"""The performance section: how accurate the models are, and whether the differences between them are real."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.performance import (
    dense_schema as positions,
    multilabel_schema as labels,
    ordinal_schema as order,
    regression_schema as values,
    schema,
    training_schema,
)
from reportgen.sections.performance.analyzer import PerformanceAnalyzer
from reportgen.sections.performance.findings import RULES
from reportgen.sections.performance.rules import EXPLANATIONS
from reportgen.sections.performance.schema import PerformanceOptions, PerformanceResult
from reportgen.sections.performance.statements import statements
from reportgen.sections.performance.tables import tables
from reportgen.sections.performance.visualizer import PerformanceVisualizer

SECTION = Section(
    name="performance",
    title="Performance",
    question="How accurate are the models, and are the differences between them real?",
    options=PerformanceOptions,
    result=PerformanceResult,
    analyzer=PerformanceAnalyzer,
    visualizer=PerformanceVisualizer,
    figures=(
        FigureSpec(
            "differences",
            "Candidate minus baseline with 95 % intervals, on all rows and by class; for a candidate with a baseline.",
            "front",
        ),
        FigureSpec("accuracy", "Accuracy of each model with its 95 % interval; in a comparison.", "front"),
        FigureSpec("recall", "Recall of each class with its 95 % interval, the lowest first."),
        FigureSpec(
            "value-differences",
            "Candidate minus baseline in mean absolute error with 95 % intervals, on all rows and by label; for predicted values, with a candidate and a baseline.",
            "front",
        ),
        FigureSpec(
            "values", "MAE of each model with its 95 % interval; for predicted values, in a comparison.", "front"
        ),
        FigureSpec(
            "multilabel-differences",
            "Candidate minus baseline in F1 with 95 % intervals, over all classes and by class; for multilabel heads, with a candidate and a baseline.",
            "front",
        ),
        FigureSpec(
            "multilabel",
            "Micro F1 of each model with its 95 % interval; for multilabel heads, in a comparison.",
            "front",
        ),
        FigureSpec("class-f1", "F1 of each class with its 95 % interval, the lowest first; for multilabel heads."),
        FigureSpec(
            "dense-differences",
            "Candidate minus baseline in mean IoU or token accuracy with 95 % intervals, and by class; for segmentation and sequence labeling, with a candidate and a baseline.",
            "front",
        ),
        FigureSpec(
            "dense",
            "Mean IoU or token accuracy of each model with its 95 % interval; for segmentation and sequence labeling, in a comparison.",
            "front",
        ),
        FigureSpec(
            "dense-classes",
            "IoU or F1 of each class with its 95 % interval, the lowest first; for segmentation and sequence labeling.",
        ),
        FigureSpec("observed", "Labels against predictions; for predicted values."),
        FigureSpec(
            "residuals",
            "Errors by prediction: their mean with its 95 % interval and their spread; for predicted values.",
        ),
        FigureSpec(
            "quantiles",
            "Quantiles of the standardized errors against those of a normal distribution; for predicted values.",
            "appendix",
        ),
        FigureSpec("confusion", "Which classes are predicted as which: counts of the errors.", "appendix"),
        FigureSpec(
            "dense-confusion",
            "Which classes are predicted as which: shares of the pixels or tokens of each class.",
            "appendix",
        ),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="difference",
    metrics=(
        *schema.CLASSIFICATION,
        *order.OWN,
        *labels.OWN,
        *values.REGRESSION,
        *values.DISTRIBUTIONS,
        *positions.SEGMENTED,
        *positions.TAGGED,
        *training_schema.UNSEEN,
        *training_schema.DEDUPLICATED,
        *training_schema.GENERALIZATION,
        *schema.PER_CLASS,
        *labels.PER_CLASS,
        *positions.OF_AREA,
        *labels.BY_ROLE,
        positions.IOU_DIFFERENCE,
        *schema.BY_ROLE,
        *schema.PAIRWISE,
        *order.PAIRWISE,
        *labels.PAIRWISE,
        *values.PAIRWISE,
        *(spec for specs in values.OF_DISTRIBUTIONS for spec in specs),
        *positions.PAIRWISE,
        *schema.RECIPES,
    ),
    headlines=(
        "accuracy",
        "micro_f1",
        "mean_iou",
        "token_accuracy",
        "nll",
        "brier_score",
        "mae",
        "rmse",
        "r_squared",
        "crps",
        "pinball_loss",
        "quadratic_kappa",
        "class_mae",
    ),
    tasks={
        "multiclass": schema.CLASSIFICATION,
        "binary": schema.CLASSIFICATION,
        "ordinal": (*schema.CLASSIFICATION, *order.OWN),
        "multilabel": (*labels.OWN, *schema.MULTILABEL_TOO),
        "regression": values.REGRESSION,
        "distributional": (*values.REGRESSION, *values.DISTRIBUTIONS),
        "segmentation": (*positions.SEGMENTED, *schema.DENSE_TOO),
        "sequence_labeling": (*positions.TAGGED, schema.MACRO_F1, labels.EXACT_MATCH, *schema.DENSE_TOO),
    },
    template="sections/performance.html.j2",
)
