"""The training_dynamics section: how the models came to be, and whether training ended well."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.section import Section
from reportgen.sections.training_dynamics import schema
from reportgen.sections.training_dynamics.analyzer import TrainingDynamicsAnalyzer
from reportgen.sections.training_dynamics.findings import RULES
from reportgen.sections.training_dynamics.schema import TrainingDynamicsOptions, TrainingDynamicsResult
from reportgen.sections.training_dynamics.tables import tables
from reportgen.sections.training_dynamics.visualizer import TrainingDynamicsVisualizer

SECTION = Section(
    name="training_dynamics",
    title="Training dynamics",
    question="Did training end well: converged, not overfitted, and at its best epoch?",
    options=TrainingDynamicsOptions,
    result=TrainingDynamicsResult,
    analyzer=TrainingDynamicsAnalyzer,
    visualizer=TrainingDynamicsVisualizer,
    figures=(
        FigureSpec("loss", "Training and validation loss in every epoch, with the best one."),
        FigureSpec("metric", "The same for the metric that the run is judged by."),
        FigureSpec("gap", "Validation loss minus training loss in every epoch."),
        FigureSpec("best-epoch", "The best value of each run against the epoch in which it was reached."),
        FigureSpec("other", "Curves of which no rule tells which end is better; where there are any."),
    ),
    rules=RULES,
    tables=tables,
    metrics=schema.METRICS,
    headlines=("overfitting_index", "epochs_to_convergence"),
    template="sections/training_dynamics.html.j2",
)
