"""The overview section: what is being reviewed, models and data."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.section import Section
from reportgen.sections.overview import schema
from reportgen.sections.overview.analyzer import OverviewAnalyzer
from reportgen.sections.overview.findings import RULES
from reportgen.sections.overview.schema import OverviewOptions, OverviewResult
from reportgen.sections.overview.tables import tables
from reportgen.sections.overview.visualizer import OverviewVisualizer

SECTION = Section(
    name="overview",
    title="Overview",
    question="What is being reviewed: which models, and which data?",
    options=OverviewOptions,
    result=OverviewResult,
    analyzer=OverviewAnalyzer,
    visualizer=OverviewVisualizer,
    figures=(FigureSpec("class-balance", "Rows of each class; where labels name classes."),),
    rules=RULES,
    tables=tables,
    metrics=schema.METRICS,
    headlines=("parameters",),
    template="sections/overview.html.j2",
)
