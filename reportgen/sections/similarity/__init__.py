"""The similarity section: what models predict differently, and what their layers represent."""

from reportgen.section import Section
from reportgen.sections.similarity import schema
from reportgen.sections.similarity.analyzer import SimilarityAnalyzer
from reportgen.sections.similarity.findings import RULES
from reportgen.sections.similarity.schema import SimilarityOptions, SimilarityResult
from reportgen.sections.similarity.tables import tables
from reportgen.sections.similarity.visualizer import SimilarityVisualizer

SECTION = Section(
    name="similarity",
    title="Similarity",
    question="Do the models decide alike, and do their layers represent the same?",
    options=SimilarityOptions,
    result=SimilarityResult,
    analyzer=SimilarityAnalyzer,
    visualizer=SimilarityVisualizer,
    rules=RULES,
    tables=tables,
    metrics=schema.METRICS,
    template="sections/similarity.html.j2",
)
