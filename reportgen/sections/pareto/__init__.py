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
        FigureSpec(
            "front",
            "The models by the first objective and one that is exact, such as a size, or else the second objective; with the Pareto front "
            "and its knee.",
            place="front",
        ),
        FigureSpec(
            "pairs", "The first objective against each of the others; for three or more objectives.", place="appendix"
        ),
        FigureSpec(
            "heatmap",
            "The selected metrics of each model, colored from worst to best among the compared models; from six models on.",
            place="appendix",
        ),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    topic="difference",
    metrics=schema.METRICS,
    template="sections/pareto.html.j2",
)
