"""The pareto section: non-dominated models, and the trade-offs between objectives."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.pareto import schema
from reportgen.sections.pareto.analyzer import ParetoAnalyzer
from reportgen.sections.pareto.findings import RULES
from reportgen.sections.pareto.rules import EXPLANATIONS
from reportgen.sections.pareto.schema import ParetoOptions, ParetoResult
from reportgen.sections.pareto.tables import tables
from reportgen.sections.pareto.visualizer import ParetoVisualizer

SECTION = Section(
    name="pareto",
    title="Pareto front",
    question="Which models are non-dominated, and what are the trade-offs between objectives?",
    options=ParetoOptions,
    result=ParetoResult,
    analyzer=ParetoAnalyzer,
    visualizer=ParetoVisualizer,
    figures=(
        FigureSpec("front", "The models in the space of the objectives, with the Pareto front and its knee."),
        FigureSpec(
            "heatmap", "The selected metrics of each model, colored from worst to best among the compared models."
        ),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    metrics=schema.METRICS,
    template="sections/pareto.html.j2",
)
