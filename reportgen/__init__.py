"""Evaluation reports for trained Keras models: one spec in, one HTML and PDF document out.

Public names are imported on first use: ``import reportgen`` alone loads no heavy library.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # typing takes longer to import than all of this
if TYPE_CHECKING:
    from reportgen.analysis.results import (
        Results as Results,
    )
    from reportgen.errors import (
        ArgumentError as ArgumentError,
        InputError as InputError,
        RenderError as RenderError,
        ReportgenError as ReportgenError,
        ResultsError as ResultsError,
        SectionError as SectionError,
    )
    from reportgen.interface.callback import (
        ReportCallback as ReportCallback,
    )
    from reportgen.interface.config import (
        AnalysisConfig as AnalysisConfig,
        DataInput as DataInput,
    )
    from reportgen.interface.model_analyzer import (
        ModelAnalyzer as ModelAnalyzer,
    )
    from reportgen.interface.report import (
        Report as Report,
        build as build,
        load_results as load_results,
    )
    from reportgen.resources import __version__ as __version__
    from reportgen.section import (
        BaseAnalyzer as BaseAnalyzer,
        BaseComparer as BaseComparer,
        BaseVisualizer as BaseVisualizer,
        Column as Column,
        Figure as Figure,
        FigureSpec as FigureSpec,
        Finding as Finding,
        Headline as Headline,
        Hit as Hit,
        Measurement as Measurement,
        Metric as Metric,
        MetricSpec as MetricSpec,
        MetricTable as MetricTable,
        Need as Need,
        Panel as Panel,
        Probe as Probe,
        Reading as Reading,
        Rule as Rule,
        Section as Section,
        SectionResult as SectionResult,
        Strict as Strict,
        Table as Table,
    )
    from reportgen.spec.errors import (
        SpecError as SpecError,
    )

_PUBLIC = {
    "reportgen.interface.model_analyzer": ("ModelAnalyzer",),
    "reportgen.interface.callback": ("ReportCallback",),
    "reportgen.interface.config": ("AnalysisConfig", "DataInput"),
    "reportgen.interface.report": ("Report", "build", "load_results"),
    "reportgen.analysis.results": ("Results",),
    "reportgen.errors": (
        "ArgumentError",
        "InputError",
        "RenderError",
        "ReportgenError",
        "ResultsError",
        "SectionError",
    ),
    "reportgen.spec.errors": ("SpecError",),
    "reportgen.resources": ("__version__",),
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
__all__ = [*_HOME]  # noqa: PLE0604 names from the table above


def __getattr__(name: str) -> object:
    """Import a public name from its module."""
    if name not in _HOME:
        message = f"module 'reportgen' has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
