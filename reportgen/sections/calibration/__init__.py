"""The calibration section: can the probabilities be taken at their word."""

from reportgen.contract.figures import FigureSpec
from reportgen.contract.section import Section
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
    figures=(
        FigureSpec(
            "reliability",
            "How often a forecast came true against the forecast, with intervals and with where a calibrated model would fall; one panel for each model.",
        ),
        FigureSpec("confidence", "How the highest probabilities of each model are spread."),
        FigureSpec("class-ece", "The ECE of each class against the rest."),
        FigureSpec("landscape", "Where examples lie in confidence and entropy."),
        FigureSpec("errors", "ECE against Brier score, one point for each model."),
    ),
    rules=RULES,
    tables=tables,
    metrics=(*schema.WHOLE, *schema.PER_CLASS),
    headlines=("ece", "debiased_calibration_error"),
    tasks=dict.fromkeys(("multiclass", "binary"), schema.WHOLE),
    template="sections/calibration.html.j2",
)
