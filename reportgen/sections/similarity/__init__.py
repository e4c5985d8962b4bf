"""The similarity section: where predictions of models differ, and how similar their representations are."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.similarity import schema
from reportgen.sections.similarity.analyzer import SimilarityAnalyzer
from reportgen.sections.similarity.findings import RULES
from reportgen.sections.similarity.rules import EXPLANATIONS
from reportgen.sections.similarity.schema import SimilarityOptions, SimilarityResult
from reportgen.sections.similarity.statements import statements
from reportgen.sections.similarity.tables import tables
from reportgen.sections.similarity.visualizer import SimilarityVisualizer

SECTION = Section(
    name="similarity",
    title="Similarity",
    question="Do the models make the same predictions, and are their representations similar?",
    options=SimilarityOptions,
    result=SimilarityResult,
    analyzer=SimilarityAnalyzer,
    visualizer=SimilarityVisualizer,
    figures=(
        FigureSpec(
            "flips", "New errors and errors fixed by each model, compared with the reference; from six models on."
        ),
        FigureSpec(
            "models",
            "Share of rows that two models predict the same, and the similarity (CKA) of their last hidden layers; from six "
            "models on.",
            place="appendix",
        ),
        FigureSpec(
            "layers", "Similarity (CKA) between the layers of a model and those of the reference.", place="full"
        ),
        FigureSpec(
            "weights",
            "Principal components of weight statistics; for three or more models of the same architecture.",
            place="full",
        ),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="errors",
    metrics=schema.METRICS,
    template="sections/similarity.html.j2",
)
