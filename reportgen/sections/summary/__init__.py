"""May it ship? The decision, and what it rests on."""

from reportgen.contract.section import Section
from reportgen.sections.summary.analyzer import SummaryAnalyzer
from reportgen.sections.summary.schema import SummaryOptions, SummaryResult
from reportgen.sections.summary.tables import tables

SECTION = Section(
    name="summary",
    title="Summary",
    question="May it ship, and what does the decision rest on?",
    options=SummaryOptions,
    result=SummaryResult,
    analyzer=SummaryAnalyzer,
    tables=tables,
    on_front_page=True,
)
