"""The summary section: may it ship, and on what evidence."""

from reportgen.contract.section import Section
from reportgen.sections.summary.analyzer import SummaryAnalyzer
from reportgen.sections.summary.schema import SummaryOptions, SummaryResult
from reportgen.sections.summary.tables import tables

SECTION = Section(
    name="summary",
    title="Summary",
    question="May it ship, and on what evidence?",
    options=SummaryOptions,
    result=SummaryResult,
    analyzer=SummaryAnalyzer,
    tables=tables,
    on_front_page=True,
)
