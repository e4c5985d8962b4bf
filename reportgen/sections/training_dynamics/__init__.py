"""The training_dynamics section: how the models came to be, and whether training ended well."""

from reportgen.section import Section
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
    rules=RULES,
    tables=tables,
    metrics=schema.METRICS,
    headlines=("overfitting_index", "epochs_to_convergence"),
    template="sections/training_dynamics.html.j2",
)
