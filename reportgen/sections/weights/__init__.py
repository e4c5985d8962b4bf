"""The weights section: screening of the weights for signs of pathology."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.weights import schema
from reportgen.sections.weights.analyzer import WeightsAnalyzer
from reportgen.sections.weights.findings import RULES
from reportgen.sections.weights.rules import EXPLANATIONS
from reportgen.sections.weights.schema import WeightsOptions, WeightsResult
from reportgen.sections.weights.statements import statements
from reportgen.sections.weights.tables import tables
from reportgen.sections.weights.visualizer import WeightsVisualizer

SECTION = Section(
    name="weights",
    title="Weights",
    question="Are the weights healthy: finite, alive, well scaled, and using their rank?",
    options=WeightsOptions,
    result=WeightsResult,
    analyzer=WeightsAnalyzer,
    visualizer=WeightsVisualizer,
    figures=(
        FigureSpec(
            "health",
            "Health score and its components of the tensors that fail, by model where there are many; only where one fails.",
            place="finding",
        ),
        FigureSpec("norms", "L2 norm and RMS of every weight tensor, in network order.", place="appendix"),
        FigureSpec(
            "spectra",
            "Singular values of the largest matrices, relative to the edge of a random matrix.",
            place="appendix",
        ),
        FigureSpec("distributions", "Distribution of the weights of each tensor, in units of its RMS.", place="full"),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="inside",
    metrics=(*schema.PER_MODEL, *schema.PER_TENSOR),
    template="sections/weights.html.j2",
)
