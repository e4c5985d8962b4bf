"""The public names of :mod:`reportgen.contract`, for authors of custom sections."""

from reportgen.contract.base import Strict
from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.figures import Figure, FigureSpec, Panel
from reportgen.contract.findings import SEVERITIES, Explanation, Finding, Hit, Rule, Severity
from reportgen.contract.focus import Focus, View
from reportgen.contract.galleries import Card, CardAnswer, Gallery, Picture
from reportgen.contract.metric_table import Headline, MetricTable, Reading, TableRow
from reportgen.contract.needs import Need, Probe, Request, Timing
from reportgen.contract.numbers import Direction, Measurement, Metric, MetricSpec, Status
from reportgen.contract.params import Params
from reportgen.contract.places import Place
from reportgen.contract.records.classification import ClassificationOutputs, ClassPredictions
from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
from reportgen.contract.records.examples import Example, Examples
from reportgen.contract.records.heads import HeadEvaluation
from reportgen.contract.result import SectionResult
from reportgen.contract.section import (
    BaseAnalyzer,
    BaseComparer,
    BaseVisualizer,
    Section,
    no_galleries,
    no_statements,
    no_tables,
)
from reportgen.contract.statements import TOPICS, Quantity, Statement, Topic, quantity
from reportgen.contract.subjects import Subject
from reportgen.contract.tables import Cell, Column, Table
from reportgen.contract.theme import Look, Theme

__all__ = [
    "SEVERITIES",
    "TOPICS",
    "BaseAnalyzer",
    "BaseComparer",
    "BaseVisualizer",
    "Baseline",
    "Card",
    "CardAnswer",
    "Cell",
    "ClassPredictions",
    "ClassificationOutputs",
    "Column",
    "Decision",
    "Direction",
    "Evaluation",
    "Example",
    "Examples",
    "Explanation",
    "Figure",
    "FigureSpec",
    "Finding",
    "Focus",
    "Gallery",
    "HeadEvaluation",
    "Headline",
    "Hit",
    "Look",
    "Measurement",
    "Metric",
    "MetricSpec",
    "MetricTable",
    "ModelEvaluation",
    "Need",
    "Panel",
    "Params",
    "Picture",
    "Place",
    "Probe",
    "Quantity",
    "Reading",
    "Request",
    "Rule",
    "Section",
    "SectionResult",
    "Severity",
    "Statement",
    "Status",
    "Strict",
    "Subject",
    "Table",
    "TableRow",
    "Theme",
    "Timing",
    "Topic",
    "View",
    "no_galleries",
    "no_statements",
    "no_tables",
    "quantity",
]
