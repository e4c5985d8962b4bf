"""SVG of few elements: the same picture as matplotlib's own, every value in its place."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2
import pytest
from matplotlib.figure import Figure

from reportgen.figures import renderer
from reportgen.render import pdf

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

X = np.linspace(0, 1, 12)
NEARLY = 30
"""Largest mean square difference of pixels, of 65,025: smoothed edges may differ, a mark that is missing or covered may not."""


def lines(ax: Axes) -> None:
    """Draw lines that cross, dashed, thick, translucent and clipped."""
    ax.plot(X, X, X, 1 - X, color="#1f4e8c", linewidth=6)
    ax.plot(X, np.sin(9 * X), color="#b3261e", linestyle="dashed", linewidth=4)
    ax.plot(X, X**2, color="#1a6b37", alpha=0.5, linewidth=9)
    ax.hlines([0.1, 0.5, 0.9], 0.2, 0.8, color="#1f4e8c", linewidth=5)
    ax.set_xlim(0.1, 0.9)


def plain_markers(ax: Axes) -> None:
    """Draw markers of one color, of every shape."""
    for index, marker in enumerate("os^DvPX<>*+x|_."):
        ax.plot(X, X + index, marker, color=f"C{index % 10}", markersize=9)


def rimmed_markers(ax: Axes) -> None:
    """Draw markers that cover each other's edges."""
    ax.plot(X / 5, X / 5, "o", color="#ffffff", markeredgecolor="#1f2328", markersize=14)
    ax.plot(X / 5, -X / 5, "s", color="#1f4e8c", alpha=0.4, markersize=14)
    ax.plot(X / 5, 0 * X, "o", color="#1f4e8c", fillstyle="none", markersize=14)


def fills(ax: Axes) -> None:
    """Draw what is filled between what is not."""
    ax.bar(X, X, width=0.2, color="#f89c20", edgecolor="#1f2328")
    ax.plot(X, X, color="#1f2328", linewidth=5)
    ax.fill_between(X, 0.2, 0.4, color="#5790fc")
    ax.plot(X, 0.3 + 0 * X, color="#1f2328", linewidth=5)
    ax.scatter(X, 1 - X, c=X, s=90, edgecolors="#1f2328")
    ax.imshow(np.eye(3), extent=(0, 0.3, 0.6, 0.9), interpolation="none", aspect="auto")
    ax.set(xlim=(-0.2, 1.2), ylim=(-0.1, 1.1))


def scales(ax: Axes) -> None:
    """Draw grids and minor ticks, values that are not known, and words."""
    ax.loglog([1, 10, np.nan, 1000], [1, 2, 3, 4000], marker="o", color="#1f4e8c")
    ax.grid(which="both", linewidth=2)
    ax.annotate("here", (10, 2), (30, 30), textcoords="offset points", arrowprops={"arrowstyle": "->"})


def drawn(draw: Callable[[Axes], None]) -> Figure:
    """Return a figure with one panel."""
    sheet = Figure(figsize=(4, 3), dpi=72)
    draw(sheet.add_subplot())
    return sheet


def pictures(*svgs: bytes) -> list[NDArray[np.int_]]:
    """Return drawings as the PDF shows them, each on a page."""
    page = "".join(f'<img src="reportgen:/figure/{index}.svg" alt="">' for index in range(len(svgs)))
    style = "@page { size: 300pt 230pt; margin: 0 } body { margin: 0 } img { display: block; break-after: page }"
    figures = {str(index): svg.decode() for index, svg in enumerate(svgs)}
    made = pdf.render(
        f'<!doctype html><html lang="en"><title>x</title><style>{style}</style><body>{page}',
        figures,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        identifier="x",
    )
    with pypdfium2.PdfDocument(made) as document:
        return [page.render(scale=2).to_numpy().astype(int) for page in list(document)[: len(svgs)]]


def test_the_picture_is_that_of_matplotlib() -> None:
    """What is joined looks as it did one by one."""
    kinds = (lines, plain_markers, rimmed_markers, fills, scales)
    svgs = []
    for draw in kinds:
        plain = io.BytesIO()
        drawn(draw).savefig(plain, format="svg", metadata={"Date": None})
        svgs += [plain.getvalue(), renderer.svg(drawn(draw), 72, {"Date": None})]
    shown = pictures(*svgs)
    for draw, expected, found in zip(kinds, shown[::2], shown[1::2], strict=True):
        assert expected.std() > 1, draw.__name__
        assert np.square(expected - found).mean() < NEARLY, draw.__name__


@pytest.mark.parametrize("marker", ["o", "s"])
def test_markers_of_one_look_are_one_path(marker: str) -> None:
    """In their places, each in a part of its own."""

    def draw(ax: Axes) -> None:
        ax.axis("off")
        ax.plot(X, X, marker, color="#123456", gid="marks")

    sheet = drawn(draw)
    (d,) = re.findall(r'<path d="([^"]*)"[^>]*#123456', renderer.svg(sheet, 72, {"Date": None}).decode())
    parts = [[float(number) for number in re.findall(r"-?[\d.]+", part)] for part in d.split("M")[1:]]
    centers = [[(min(part[side::2]) + max(part[side::2])) / 2 for side in (0, 1)] for part in parts]
    places = sheet.axes[0].transData.transform(np.column_stack([X, X]))
    np.testing.assert_allclose(centers, np.column_stack([places[:, 0], 216 - places[:, 1]]), atol=1e-5)


def test_elements_are_few() -> None:
    """The grid of an axis is one path and its ticks are another, whatever their number; only groups with a name are elements."""

    def draw(ax: Axes) -> None:
        ax.set_gid("panel")
        ax.grid()
        ax.set_xticks(range(40), [""] * 40)
        ax.set_yticks(range(40), [""] * 40)

    svg = renderer.svg(drawn(draw), 72, {"Date": None}).decode()
    assert re.findall(r'<g id="([^"]*)"', svg) == ["figure_1", "patch_1", "panel"]
    assert len(re.findall("<path", svg)) <= len(["sheet", "ground", "grids", "grids", "ticks", "ticks", *"four edges"])
    assert "<use" not in svg
