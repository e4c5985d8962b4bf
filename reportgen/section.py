"""The public names of :mod:`reportgen.contract`, for authors of custom sections."""

from reportgen.contract.base import Strict
from reportgen.contract.figures import Figure, FigureSpec, Panel
from reportgen.contract.findings import SEVERITIES, Finding, Hit, Rule, Severity
from reportgen.contract.focus import Focus, View
from reportgen.contract.galleries import Card, CardAnswer, Gallery, Picture
from reportgen.contract.metric_table import Headline, MetricTable, Reading, TableRow
from reportgen.contract.needs import Need, Probe, Request
from reportgen.contract.numbers import Direction, Measurement, Metric, MetricSpec, Status
from reportgen.contract.records.classification import ClassificationOutputs, ClassPredictions
from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
from reportgen.contract.records.examples import Example, Examples
from reportgen.contract.records.heads import HeadEvaluation
from reportgen.contract.result import SectionResult
from reportgen.contract.section import BaseAnalyzer, BaseComparer, BaseVisualizer, Section, no_galleries, no_tables
from reportgen.contract.subjects import Subject
from reportgen.contract.tables import Cell, Column, Table
from reportgen.contract.theme import Look, Theme

__all__ = [
    "SEVERITIES",
    "BaseAnalyzer",
    "BaseComparer",
    "BaseVisualizer",
    "Card",
    "CardAnswer",
    "Cell",
    "ClassPredictions",
    "ClassificationOutputs",
    "Column",
    "Direction",
    "Evaluation",
    "Example",
    "Examples",
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
    "Picture",
    "Probe",
    "Reading",
    "Request",
    "Rule",
    "Section",
    "SectionResult",
    "Severity",
    "Status",
    "Strict",
    "Subject",
    "Table",
    "TableRow",
    "Theme",
    "View",
    "no_galleries",
    "no_tables",
]
