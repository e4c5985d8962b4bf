"""Draws a figure as SVG of few elements, each of which costs time and bytes in every document.

matplotlib's own SVG has an element for every marker and every tick, and groups around them. Here those of one look are one path.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from reportgen.figures.ruler import Measuring

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

_NAMED = 2
"""Depth of the groups that are elements whatever they are: the figure, and what it consists of."""
_AXIS = "matplotlib.axis"
"""Group of an axis, of which no line covers another or a label."""
_UPRIGHT = re.compile(r' transform="rotate\(-0 [^"]*\)"')
"""How matplotlib turns words that are not turned: a matrix for each in every PDF."""
_LINE = 2
"""Number of points of a straight line, such as a tick."""


def svg(sheet: Figure, dpi: float, metadata: Mapping[str, Any]) -> bytes:
    """Return a figure of 72 dots per inch as SVG, what is raster in it at ``dpi``."""
    width, height = sheet.get_size_inches()
    text = io.StringIO()
    vector = Renderer(72 * width, 72 * height, text, image_dpi=dpi, metadata=dict(metadata))
    mixed = MixedModeRenderer(sheet, width, height, dpi, vector)
    sheet.draw(mixed)  # type: ignore[arg-type]
    mixed.finalize()
    return _UPRIGHT.sub("", text.getvalue()).encode()


class Renderer(Measuring, RendererSVG):
    """Writes lines of one look as one path if they follow each other or are of one axis, and markers of one look as one path."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._groups: list[bool] = []
        """Of every open group, whether it is an element."""
        self._axis = 0
        """Number of groups around the axis that is drawn; 0 outside of axes."""
        self._lines: dict[Hashable, tuple[GraphicsContextBase, list[Path]]] = {}
        """Lines that are not written yet, by their look."""
        super().__init__(*arguments, **options)

    @property
    def writer(self) -> Any:
        """What elements are written to; what is written next stands above the lines so far, but for the labels of an axis."""
        if not self._axis:
            self._write_lines()
        return self._writer

    @writer.setter
    def writer(self, writer: Any) -> None:
        self._writer = writer

    def open_group(self, s: str, gid: str | None = None) -> None:
        """Begin a group, which is an element if it has a name of its own or is a part of the figure."""
        element = gid is not None or len(self._groups) < _NAMED
        if element:
            super().open_group(s, gid)
        elif s == _AXIS and not self._axis:
            self._write_lines()
            self._axis = len(self._groups)
        self._groups.append(element)

    def close_group(self, s: str) -> None:
        """End a group."""
        element = self._groups.pop()
        if len(self._groups) == self._axis:
            self._axis = 0
            self._write_lines()
        if element:
            super().close_group(s)

    def draw_path(self, gc: GraphicsContextBase, path: Path, transform: Transform, rgbFace: Any = None) -> None:
        """Draw a path; an opaque line waits for others of its look."""
        look = None if rgbFace is not None else _look(gc)
        if look is None:
            super().draw_path(gc, path, transform, rgbFace)
            return
        if not self._axis and look not in self._lines:
            self._write_lines()
        line = path.transformed(transform)
        line.should_simplify = path.should_simplify
        self._lines.setdefault(look, (_copy(gc), []))[1].append(line)

    def draw_markers(
        self,
        gc: GraphicsContextBase,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Any = None,
    ) -> None:
        """Draw a marker at every point of a path; those whose edge has another color cover each other and stay elements."""
        if _look(gc) is None or (rgbFace is not None and tuple(rgbFace) != gc.get_rgb()):
            super().draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
            return
        places = [place[-2:] for place, _ in path.iter_segments(trans, simplify=False)]
        if not places:
            return
        shape = marker_path.transformed(marker_trans)
        if rgbFace is not None and _is_circle(marker_path):
            dot = _copy(gc)
            dot.set_linewidth(shape.get_extents().width + gc.get_linewidth())
            dot.set_capstyle("round")
            dot.set_dashes(0, None)
            self.draw_path(dot, _joined([Path([place, place]) for place in places]), IdentityTransform())
            return
        markers = _joined([Path(shape.vertices + place, shape.codes) for place in places])
        filled = rgbFace if len(shape) > _LINE else None
        self.draw_path(gc, markers, IdentityTransform(), filled)

    def _write_lines(self) -> None:
        lines, self._lines = self._lines, {}
        for gc, paths in lines.values():
            super().draw_path(gc, _joined(paths), IdentityTransform())


def _look(gc: GraphicsContextBase) -> Hashable:
    """Return how a line looks; None if it is more than an opaque line."""
    alpha = gc.get_alpha() if gc.get_forced_alpha() else gc.get_rgb()[3]
    if alpha != 1 or gc.get_hatch() is not None or gc.get_url() is not None or gc.get_clip_path()[0] is not None:
        return None
    clip = gc.get_clip_rectangle()
    return (
        gc.get_rgb(),
        gc.get_linewidth(),
        gc.get_capstyle(),
        gc.get_joinstyle(),
        str(gc.get_dashes()),
        None if clip is None else clip.bounds,
    )


def _copy(gc: GraphicsContextBase) -> GraphicsContextBase:
    made = GraphicsContextBase()
    made.copy_properties(gc)
    return made


def _is_circle(path: Path) -> bool:
    return np.array_equal(path.vertices, Path.unit_circle().vertices)


def _joined(paths: Sequence[Path]) -> Path:
    joined = Path.make_compound_path(*paths)
    joined.should_simplify = all(path.should_simplify for path in paths)
    return joined
