"""The checkpoints section: one run at several times, what moved and how the numbers changed."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.section import Section
from reportgen.sections.checkpoints import schema
from reportgen.sections.checkpoints.analyzer import CheckpointsAnalyzer
from reportgen.sections.checkpoints.findings import RULES
from reportgen.sections.checkpoints.schema import CheckpointsOptions, CheckpointsResult
from reportgen.sections.checkpoints.tables import tables
from reportgen.sections.checkpoints.visualizer import CheckpointsVisualizer

SECTION = Section(
    name="checkpoints",
    title="Checkpoints",
    question="From checkpoint to checkpoint: which layers moved, which froze, and what came of it?",
    options=CheckpointsOptions,
    result=CheckpointsResult,
    analyzer=CheckpointsAnalyzer,
    visualizer=CheckpointsVisualizer,
    figures=(
        FigureSpec(
            "numbers",
            "Accuracy and NLL at every checkpoint of a run, with their intervals; where there are predictions.",
        ),
        FigureSpec(
            "moved",
            "How far each layer moved from checkpoint to checkpoint, and since the first; where the weights can be compared.",
        ),
    ),
    rules=RULES,
    tables=tables,
    metrics=schema.METRICS,
    template="sections/checkpoints.html.j2",
)
