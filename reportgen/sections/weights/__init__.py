"""The weights section: are the weights sound, and do they carry signs of a pathology."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.section import Section
from reportgen.sections.weights import schema
from reportgen.sections.weights.analyzer import WeightsAnalyzer
from reportgen.sections.weights.findings import RULES
from reportgen.sections.weights.schema import WeightsOptions, WeightsResult
from reportgen.sections.weights.tables import tables
from reportgen.sections.weights.visualizer import WeightsVisualizer

SECTION = Section(
    name="weights",
    title="Weights",
    question="Are the weights sound: finite, alive, of sensible size, and using their rank?",
    options=WeightsOptions,
    result=WeightsResult,
    analyzer=WeightsAnalyzer,
    visualizer=WeightsVisualizer,
    figures=(
        FigureSpec("norms", "L2 norm and root mean square of every weight tensor in the order of the network."),
        FigureSpec("health", "Health score and its components: of each tensor, or of each model where there are many."),
        FigureSpec(
            "health-tensors", "Health score of each tensor in every model; for many models with the same layers."
        ),
        FigureSpec("distributions", "How the weights of each tensor are spread, in units of its root mean square."),
        FigureSpec("spectra", "Singular values of the largest matrices over the edge of a random one."),
    ),
    rules=RULES,
    tables=tables,
    metrics=(*schema.PER_MODEL, *schema.PER_TENSOR),
    template="sections/weights.html.j2",
)
