"""The changes section: what is different from an earlier release."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.changes import schema
from reportgen.sections.changes.analyzer import ChangesComparer
from reportgen.sections.changes.findings import RULES
from reportgen.sections.changes.rules import EXPLANATIONS
from reportgen.sections.changes.schema import ChangesOptions, ChangesResult
from reportgen.sections.changes.statements import statements
from reportgen.sections.changes.tables import tables
from reportgen.sections.changes.visualizer import ChangesVisualizer

SECTION = Section(
    name="changes",
    title="Since the last release",
    question="What changed since the last release, and could it be luck?",
    options=ChangesOptions,
    result=ChangesResult,
    analyzer=ChangesComparer,
    visualizer=ChangesVisualizer,
    figures=(
        FigureSpec("differences", "Rows right, by class, minus those of the earlier release, with intervals.", "front"),
        FigureSpec("trend", "A small chart of each headline over several releases, with [trend]."),
    ),
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="difference",
    metrics=schema.METRICS,
)
