"""The overview section: the models and data under review."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.overview import schema
from reportgen.sections.overview.analyzer import OverviewAnalyzer
from reportgen.sections.overview.findings import RULES
from reportgen.sections.overview.gallery import galleries
from reportgen.sections.overview.rules import EXPLANATIONS
from reportgen.sections.overview.schema import OverviewOptions, OverviewResult
from reportgen.sections.overview.statements import statements
from reportgen.sections.overview.tables import tables
from reportgen.sections.overview.visualizer import OverviewVisualizer

SECTION = Section(
    name="overview",
    title="Overview",
    question="Which models and which data are under review?",
    options=OverviewOptions,
    result=OverviewResult,
    analyzer=OverviewAnalyzer,
    visualizer=OverviewVisualizer,
    figures=(
        FigureSpec(
            "class-balance", "Rows per class; from four classes on, where one has at least twice the rows of another."
        ),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    galleries=galleries,
    statements=statements,
    topic="data",
    metrics=schema.METRICS,
    headlines=("parameters",),
    template="sections/overview.html.j2",
)
