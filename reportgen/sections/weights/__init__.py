"""The weights section: are the weights sound, and do they carry signs of a pathology."""

from reportgen.section import Section
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
    rules=RULES,
    tables=tables,
    metrics=(*schema.PER_MODEL, *schema.PER_TENSOR),
    template="sections/weights.html.j2",
)
