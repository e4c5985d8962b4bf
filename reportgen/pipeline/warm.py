"""What the program does while it waits for the models to be evaluated: what comes afterwards takes long the first time.

Libraries are imported, templates compiled, fonts read. Nothing of it is anybody's result.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from reportgen.contract.formats import DRAWN

if TYPE_CHECKING:
    from collections.abc import Collection

    from matplotlib.axes import Axes

    from reportgen.contract.formats import Format
    from reportgen.contract.theme import Style
    from reportgen.plan.plan import Plan


def up(planned: Plan, formats: Collection[Format], created: str) -> None:
    """Prepare for the sections of a plan, and for files of some formats.

    Parameters
    ----------
    planned, formats
        The plan, and the formats that will be made of its results.
    created
        UTC time of the report, ISO 8601.
    """
    _import_libraries(planned)
    documents = not set(DRAWN).isdisjoint(formats)
    if documents or (formats and planned.spec.output.figures.save):
        _draw(planned.spec.output.style)
    if documents:
        from reportgen.pipeline import rehearsal

        with suppress(Exception):  # what is wrong with a document is said of the real one
            rehearsal.prepare(planned, formats, created)


def _import_libraries(planned: Plan) -> None:
    if planned.request.passes:
        import scipy.special  # noqa: F401
    for item in planned.sections:
        for library in item.section.analyzer.libraries if item.skip is None else ():
            with suppress(ImportError):  # said by the section
                import_module(library)


def _draw(style: Style) -> None:
    """Draw a line: fonts are read, and the first axes made."""
    from reportgen.contract.figures import Figure, Panel
    from reportgen.figures import svg
    from reportgen.figures.style import theme

    def line(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], label="line")
        axes.set(xlabel="x", ylabel="y")

    svg.to_svg(Figure("warm", "", "", "", (Panel("", line),)), theme(style, []), "warm")
