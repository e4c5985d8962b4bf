"""The cost section: what a prediction costs."""

from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.cost import schema
from reportgen.sections.cost.analyzer import CostAnalyzer
from reportgen.sections.cost.findings import RULES
from reportgen.sections.cost.rules import EXPLANATIONS
from reportgen.sections.cost.schema import CostOptions, CostResult
from reportgen.sections.cost.statements import statements
from reportgen.sections.cost.tables import tables

SECTION = Section(
    name="cost",
    title="Cost",
    question="What does a prediction cost?",
    options=CostOptions,
    result=CostResult,
    analyzer=CostAnalyzer,
    rules=explained(RULES, EXPLANATIONS),
    tables=tables,
    statements=statements,
    topic="inside",
    metrics=schema.METRICS,
    template="sections/cost.html.j2",
)
