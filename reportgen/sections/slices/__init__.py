"""The slices section: on which parts of the rows the models are weak."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.slices.analyzer import SlicesAnalyzer
from reportgen.sections.slices.findings import RULES
from reportgen.sections.slices.rules import EXPLANATIONS
from reportgen.sections.slices.schema import SlicesOptions, SlicesResult
from reportgen.sections.slices.scores import METRICS, TASKS
from reportgen.sections.slices.statements import statements
from reportgen.sections.slices.tables import tables
from reportgen.sections.slices.visualizer import SlicesVisualizer

SECTION = Section(
    name="slices",
    title="Slices",
    question="On which parts of the data are the models weak, and where is the candidate worse than its baseline?",
    options=SlicesOptions,
    result=SlicesResult,
    analyzer=SlicesAnalyzer,
    visualizer=SlicesVisualizer,
    figures=(
        FigureSpec(
            "slices",
            "Accuracy, MAE, micro F1, mean IoU or token accuracy of each slice with its 95 % interval, the worst first, and the difference between candidate and baseline.",
        ),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="weakness",
    metrics=METRICS,
    tasks=TASKS,
    template="sections/slices.html.j2",
)
