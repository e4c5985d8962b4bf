"""The calibration section: whether the stated confidence can be trusted."""

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
    question="Can the stated confidence be trusted?",
    options=CalibrationOptions,
    result=CalibrationResult,
    analyzer=CalibrationAnalyzer,
    visualizer=CalibrationVisualizer,
    figures=(
        FigureSpec(
            "reliability",
            "Observed frequency against predicted probability, with intervals and the range expected of a calibrated model; one panel per model.",
        ),
        FigureSpec("confidence", "Distribution of the confidence of each model."),
        FigureSpec("class-ece", "One-vs-rest ECE of each class."),
        FigureSpec("refusal", "Error rate of the rows that are left when the least confident ones are refused."),
        FigureSpec("errors", "ECE against Brier score, one point per model."),
        FigureSpec("landscape", "Examples by confidence and entropy; only in the sheets of the Python interface."),
    ),
    rules=RULES,
    tables=tables,
    metrics=(*schema.WHOLE, *schema.PER_CLASS),
    headlines=("ece", "debiased_calibration_error"),
    tasks=dict.fromkeys(("multiclass", "binary"), schema.WHOLE),
    template="sections/calibration.html.j2",
)
