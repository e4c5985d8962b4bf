"""The similarity section: what models predict differently, and what their layers represent."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.section import Section
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
    figures=(
        FigureSpec(
            "models", "How often two models decide differently, and how alike their last hidden layers are (CKA)."
        ),
        FigureSpec("flips", "Rows that each model loses and wins against the reference."),
        FigureSpec("layers", "How alike the layers of a model and of the reference are (CKA), layer by layer."),
        FigureSpec(
            "weights",
            "Principal components of the statistics of the weights; for three or more models of one architecture.",
        ),
    ),
    rules=RULES,
    tables=tables,
    metrics=schema.METRICS,
    template="sections/similarity.html.j2",
)
