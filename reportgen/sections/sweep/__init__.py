"""The sweep section: which training parameters matter, which settings fail, and which model to take."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.sweep import schema
from reportgen.sections.sweep.analyzer import SweepAnalyzer
from reportgen.sections.sweep.findings import RULES
from reportgen.sections.sweep.rules import EXPLANATIONS
from reportgen.sections.sweep.schema import SweepOptions, SweepResult
from reportgen.sections.sweep.statements import statements
from reportgen.sections.sweep.tables import tables
from reportgen.sections.sweep.visualizer import SweepVisualizer

SECTION = Section(
    name="sweep",
    title="Sweep",
    question="Which parameters matter, which settings fail, what to try next, and which model to take?",
    options=SweepOptions,
    result=SweepResult,
    analyzer=SweepAnalyzer,
    visualizer=SweepVisualizer,
    figures=(
        FigureSpec(
            "effects",
            "The score at every value of each parameter, with the models and 95 % intervals, the parameters that matter first.",
            place="front",
        ),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="parameters",
    metrics=schema.METRICS,
    template="sections/sweep.html.j2",
)
