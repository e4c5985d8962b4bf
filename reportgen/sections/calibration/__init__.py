"""The calibration section: whether the stated confidence can be trusted."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.analyzer import CalibrationAnalyzer
from reportgen.sections.calibration.distributions import schema as distributions
from reportgen.sections.calibration.findings import RULES
from reportgen.sections.calibration.rules import EXPLANATIONS
from reportgen.sections.calibration.schema import CalibrationOptions, CalibrationResult
from reportgen.sections.calibration.statements import statements
from reportgen.sections.calibration.tables import tables
from reportgen.sections.calibration.visualizer import CalibrationVisualizer

SECTION = Section(
    name="calibration",
    title="Calibration",
    question="Can the stated confidence be trusted?",
    options=CalibrationOptions,
    result=CalibrationResult,
    analyzer=CalibrationAnalyzer,
    visualizer=CalibrationVisualizer,
    figures=(
        FigureSpec(
            "expected-errors",
            "Errors in each band of confidence, with the number that the confidence implies and the range expected of a calibrated model.",
        ),
        FigureSpec("refusal", "Error rate of the rows that are left when the least confident ones are refused."),
        FigureSpec(
            "reliability",
            "Observed frequency against predicted probability in the bins of the ECE, with intervals and the range expected of a calibrated model; one panel per model.",
            "appendix",
        ),
        FigureSpec(
            "position-reliability",
            "Share of the pixels or tokens that are right against their confidence, with intervals over images or sequences and the range expected of a calibrated model; one panel per model.",
        ),
        FigureSpec(
            "class-reliability",
            "Reliability of the classes of a multilabel head that are least calibrated, one panel per class.",
        ),
        FigureSpec(
            "confidence",
            "Distribution of the confidence of each model on a log scale, right and wrong predictions apart.",
            "appendix",
        ),
        FigureSpec(
            "class-bias",
            "Mean probability minus frequency of each class, with intervals; for multilabel heads and heads with more than two classes.",
            "appendix",
        ),
        FigureSpec("class-ece", "ECE of each class against the others, or against its absence.", "full"),
        FigureSpec(
            "coverage",
            "Share of the labels in the central intervals, or at or below the quantiles, of predicted distributions, with the share that is stated.",
        ),
        FigureSpec(
            "pit",
            "Place of the labels in the predicted distributions (probability integral transform), with the range expected of a calibrated model; one panel per model.",
        ),
        FigureSpec("errors", "ECE against Brier score, one point per model, from six models on.", "appendix"),
        FigureSpec("landscape", "Examples by confidence and entropy; only in the sheets of the Python interface."),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="confidence",
    metrics=(
        *schema.WHOLE,
        *schema.MULTILABEL,
        *schema.PER_CLASS,
        *(spec for spec in schema.OF_LABELS if spec not in schema.PER_CLASS),
        *distributions.WHOLE,
        *distributions.PER_LEVEL,
    ),
    headlines=("ece", "debiased_calibration_error"),
    tasks={
        **dict.fromkeys(("multiclass", "binary", "ordinal"), schema.WHOLE),
        "multilabel": (*schema.MULTILABEL, schema.BRIER, schema.CALIBRATION_P),
        "distributional": distributions.WHOLE,
        **dict.fromkeys(("segmentation", "sequence_labeling"), schema.POSITIONS),
    },
    template="sections/calibration.html.j2",
)
