"""The pareto section: which models no other beats in everything, and what one objective costs in another."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.section import Section
from reportgen.sections.pareto import schema
from reportgen.sections.pareto.analyzer import ParetoAnalyzer
from reportgen.sections.pareto.findings import RULES
from reportgen.sections.pareto.schema import ParetoOptions, ParetoResult
from reportgen.sections.pareto.tables import tables
from reportgen.sections.pareto.visualizer import ParetoVisualizer

SECTION = Section(
    name="pareto",
    title="Pareto front",
    question="Which models does no other beat in everything, and what does one objective cost in another?",
    options=ParetoOptions,
    result=ParetoResult,
    analyzer=ParetoAnalyzer,
    visualizer=ParetoVisualizer,
    figures=(
        FigureSpec("front", "The models in the plane of the objectives, with the front and its knee."),
        FigureSpec("heatmap", "The chosen numbers of each model, coloured from worst to best of the compared models."),
    ),
    rules=RULES,
    tables=tables,
    metrics=schema.METRICS,
    template="sections/pareto.html.j2",
)
