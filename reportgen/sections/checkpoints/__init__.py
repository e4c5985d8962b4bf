"""The checkpoints section: checkpoints of a run, which layers changed and how the metrics changed."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.checkpoints import schema
from reportgen.sections.checkpoints.analyzer import CheckpointsAnalyzer
from reportgen.sections.checkpoints.findings import RULES
from reportgen.sections.checkpoints.rules import EXPLANATIONS
from reportgen.sections.checkpoints.schema import CheckpointsOptions, CheckpointsResult
from reportgen.sections.checkpoints.tables import tables
from reportgen.sections.checkpoints.visualizer import CheckpointsVisualizer

SECTION = Section(
    name="checkpoints",
    title="Checkpoints",
    question="How did layers and metrics change from checkpoint to checkpoint?",
    options=CheckpointsOptions,
    result=CheckpointsResult,
    analyzer=CheckpointsAnalyzer,
    visualizer=CheckpointsVisualizer,
    figures=(
        FigureSpec(
            "numbers",
            "Accuracy and NLL at every checkpoint of a run, with intervals; from four checkpoints on, requires predictions.",
        ),
        FigureSpec(
            "moved",
            "Relative weight change of each layer from checkpoint to checkpoint and since the first; requires comparable weights.",
            place="appendix",
        ),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    topic="inside",
    metrics=schema.METRICS,
    template="sections/checkpoints.html.j2",
)
