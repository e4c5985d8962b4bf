"""Declarative reports for trained Keras models: one spec in, one HTML and PDF document out.

The public names, imported when they are first used: ``import reportgen`` alone loads none of the libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "reportgen.interface.model_analyzer": ("ModelAnalyzer",),
    "reportgen.interface.callback": ("ReportCallback",),
    "reportgen.interface.config": ("AnalysisConfig", "DataInput"),
    "reportgen.interface.report": ("Report", "build", "load_results"),
    "reportgen.results": ("Results",),
    "reportgen.errors": ("InputError", "RenderError", "ReportgenError", "ResultsError", "SectionError", "SpecError"),
    "reportgen.section": (
        "BaseAnalyzer",
        "BaseComparer",
        "BaseVisualizer",
        "Column",
        "Figure",
        "FigureSpec",
        "Finding",
        "Headline",
        "Hit",
        "Measurement",
        "Metric",
        "MetricSpec",
        "MetricTable",
        "Need",
        "Panel",
        "Probe",
        "Reading",
        "Rule",
        "Section",
        "SectionResult",
        "Strict",
        "Table",
    ),
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = ["__version__", *_HOME]  # noqa: PLE0604 the names of the table above


def __getattr__(name: str) -> Any:
    """Import a public name from the module that it lives in."""
    if name not in _HOME:
        message = f"module 'reportgen' has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
