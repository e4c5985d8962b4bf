"""The training_dynamics section: the outcome of every training run."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.training_dynamics import schema
from reportgen.sections.training_dynamics.analyzer import TrainingDynamicsAnalyzer
from reportgen.sections.training_dynamics.findings import RULES
from reportgen.sections.training_dynamics.rules import EXPLANATIONS
from reportgen.sections.training_dynamics.schema import TrainingDynamicsOptions, TrainingDynamicsResult
from reportgen.sections.training_dynamics.statements import statements
from reportgen.sections.training_dynamics.tables import tables
from reportgen.sections.training_dynamics.visualizer import TrainingDynamicsVisualizer

SECTION = Section(
    name="training_dynamics",
    title="Training dynamics",
    question="Did training converge without overfitting, and did it end at its best epoch?",
    options=TrainingDynamicsOptions,
    result=TrainingDynamicsResult,
    analyzer=TrainingDynamicsAnalyzer,
    visualizer=TrainingDynamicsVisualizer,
    figures=(
        FigureSpec("loss", "Training and validation loss by epoch, with the best epoch and where overfitting begins."),
        FigureSpec(
            "metric",
            "The primary validation metric by epoch, with the best epoch; of an accuracy the errors, on a log scale.",
            "appendix",
        ),
        FigureSpec("gap", "Validation loss minus training loss by epoch.", "appendix"),
        FigureSpec(
            "best-epoch",
            "Best value of each run against the epoch at which it was reached, from six models on.",
            "appendix",
        ),
        FigureSpec("other", "Curves without a known direction, if there are any.", "full"),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="inside",
    metrics=schema.METRICS,
    headlines=("overfitting_index", "epochs_to_convergence"),
    template="sections/training_dynamics.html.j2",
)
