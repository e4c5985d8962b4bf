"""The errors section: the rows that the models get wrong, with what they look like."""

from reportgen.contract.findings import explained
from reportgen.contract.section import Section
from reportgen.sections.errors import schema
from reportgen.sections.errors.analyzer import ErrorsAnalyzer
from reportgen.sections.errors.findings import RULES
from reportgen.sections.errors.gallery import galleries
from reportgen.sections.errors.rules import EXPLANATIONS
from reportgen.sections.errors.schema import ErrorsOptions, ErrorsResult
from reportgen.sections.errors.tables import tables

SECTION = Section(
    name="errors",
    title="Errors",
    question="What do the models get wrong, and are the labels right?",
    options=ErrorsOptions,
    result=ErrorsResult,
    analyzer=ErrorsAnalyzer,
    rules=explained(RULES, EXPLANATIONS),
    topic="errors",
    tables=tables,
    galleries=galleries,
    metrics=(
        *schema.ERRORS_BY_MODEL,
        *schema.ERRORS_OF_LABELS,
        *schema.ERRORS_OF_UNITS,
        *schema.ERRORS_OF_VALUES,
    ),
    tasks={
        "multiclass": schema.ERRORS_BY_MODEL,
        "binary": schema.ERRORS_BY_MODEL,
        "ordinal": schema.ERRORS_BY_MODEL,
        "multilabel": schema.ERRORS_OF_LABELS,
        "segmentation": schema.ERRORS_OF_UNITS,
        "sequence_labeling": schema.ERRORS_OF_UNITS,
        "regression": schema.ERRORS_OF_VALUES,
        "distributional": schema.ERRORS_OF_VALUES,
    },
    template="sections/errors.html.j2",
)
