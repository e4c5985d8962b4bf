"""The calibration section: can the probabilities be taken at their word."""

from reportgen.section import Section
from reportgen.sections.calibration import schema
from reportgen.sections.calibration.analyzer import CalibrationAnalyzer
from reportgen.sections.calibration.findings import RULES
from reportgen.sections.calibration.schema import CalibrationOptions, CalibrationResult
from reportgen.sections.calibration.tables import tables
from reportgen.sections.calibration.visualizer import CalibrationVisualizer

SECTION = Section(
    name="calibration",
    title="Calibration",
    question="Can the probabilities be taken at their word?",
    options=CalibrationOptions,
    result=CalibrationResult,
    analyzer=CalibrationAnalyzer,
    visualizer=CalibrationVisualizer,
    rules=RULES,
    tables=tables,
    metrics=(*schema.WHOLE, *schema.PER_CLASS),
    headlines=("ece", "debiased_calibration_error"),
    template="sections/calibration.html.j2",
)
