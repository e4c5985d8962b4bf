"""Axes with one tick of each kind draw and measure what matplotlib's own do."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MultipleLocator

from reportgen.figures import axis, renderer
from reportgen.figures.axis import StampedAxes, axes_class
from reportgen.figures.ruler import Measuring, ruler

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES = np.linspace(1, 9, 20)


def linear(ax: Axes) -> None:
    """Draw a line on a grid, with labels on both axes."""
    ax.plot(VALUES, VALUES**2)
    ax.grid(visible=True)
    ax.set(xlabel="across", ylabel="up")


def logarithmic(ax: Axes) -> None:
    """Draw minor ticks and their grid."""
    ax.loglog(VALUES, VALUES**5)
    ax.grid(which="both", linewidth=2)


def named(ax: Axes) -> None:
    """Draw categories, turned, the first on top."""
    ax.barh(["one", "two", "three"], [1, 2, 3])
    ax.tick_params(axis="x", rotation=90, length=0)
    ax.invert_yaxis()


def elsewhere(ax: Axes) -> None:
    """Draw ticks of another look on the other sides, inside and outside, and without labels."""
    ax.plot(VALUES, VALUES)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("above")
    ax.tick_params(axis="y", which="both", right=True, labelright=True, direction="inout", length=9, colors="#b3261e")
    ax.yaxis.set_minor_locator(MultipleLocator(0.5))
    ax.tick_params(axis="x", labeltop=False, direction="in")


def offset(ax: Axes) -> None:
    """Draw an offset, and limits that are ticks."""
    ax.plot(VALUES + 1e9, VALUES * 1e-7)
    ax.set_ylim(0, 1e-6)


def one_by_one(ax: Axes) -> None:
    """Change single ticks."""
    ax.plot(VALUES, VALUES)
    ax.get_xticklabels()[1].set_color("#b3261e")
    ax.yaxis.get_major_ticks()[2].gridline.set_visible(True)
    ax.set_yticks([2, 4, 8], ["two", "four", "eight"], rotation=45)


def bare(ax: Axes) -> None:
    """Draw without ticks."""
    ax.plot(VALUES, VALUES)
    ax.set_xticks([])
    ax.yaxis.set_visible(False)


KINDS = (linear, logarithmic, named, elsewhere, offset, one_by_one, bare)


def drawn(draw: Callable[[Axes], None], axes_class: type[Axes]) -> tuple[Axes, bytes, bytes]:
    """Return axes with what is drawn on them, and the bytes of an SVG and a PNG file."""
    sheet = Figure(figsize=(4, 3), dpi=72)
    axes = sheet.add_subplot(axes_class=axes_class)
    draw(axes)
    png = io.BytesIO()
    sheet.savefig(png, format="png", metadata={"Software": None})
    with rc_context({"svg.hashsalt": "x"}):
        return axes, renderer.svg(sheet, 72, {"Date": None}), png.getvalue()


@pytest.mark.parametrize("draw", KINDS)
def test_the_picture_is_that_of_matplotlib(draw: Callable[[Axes], None]) -> None:
    """Pixel by pixel, and of the same lines of SVG; and the room that the axes need is the same."""
    (own, svg, png), (other, *expected) = drawn(draw, StampedAxes), drawn(draw, Axes)
    assert (sorted(svg.splitlines()), png) == (sorted(expected[0].splitlines()), expected[1])
    for side in ("xaxis", "yaxis"):
        boxes = [getattr(axes, side).get_tightbbox(ruler()) for axes in (own, other)]
        assert str(boxes[0]) == str(boxes[1])
    assert own.get_tightbbox(ruler()).extents.tolist() == other.get_tightbbox(ruler()).extents.tolist()


def test_one_tick_of_each_kind_is_made() -> None:
    """Until someone asks for the ticks: then each has its place and its words."""
    own, _, _ = drawn(logarithmic, StampedAxes)
    assert [len(ticks) for axis in (own.xaxis, own.yaxis) for ticks in (axis.majorTicks, axis.minorTicks)] == [1] * 4
    own, other = (drawn(linear, axes)[0] for axes in (StampedAxes, Axes))
    assert [label.get_text() for label in own.get_yticklabels()] == [
        label.get_text() for label in other.get_yticklabels()
    ]
    assert len(own.yaxis.majorTicks) == len(own.get_yticks())


def test_an_axis_that_changed_is_measured_anew() -> None:
    """What was found while it was measured is forgotten."""
    own, _, _ = drawn(linear, StampedAxes)
    before = own.yaxis.get_tightbbox(ruler()).width
    own.set_ylim(0, 1e6)
    assert own.yaxis.get_tightbbox(ruler()).width > before + 10


@pytest.mark.parametrize("words", ["accuracy", "two\nlines", "", "gjpq Ég"])
@pytest.mark.parametrize("size", [7, 9.5])
@pytest.mark.parametrize("family", [["DejaVu Sans"], ["no such font", "DejaVu Serif"]])
def test_words_are_as_large_as_matplotlib_finds_them(words: str, size: float, family: list[str]) -> None:
    """A line is as high as the font asks for, whichever renderer measures it, and turned words lie on their side."""
    sheet = Figure(figsize=(4, 3), dpi=72)
    for rotation in (0, 90):
        text = Text(9, 9, words, size=size, family=family, rotation=rotation, figure=sheet)
        found = text.get_window_extent(Measuring()).extents
        assert found.tolist() == text.get_window_extent(RendererBase()).extents.tolist()


@pytest.mark.filterwarnings("ignore:Glyph")
def test_full_width_glyphs_count_as_wide() -> None:
    """The font of the figures lacks them: they are taken from one in which they are squares."""
    sheet = Figure(figsize=(4, 3), dpi=72)
    narrow, wide = (
        Text(0, 0, words, size=8, figure=sheet).get_window_extent(Measuring()).width for words in ("aa", "\u6f22\u6f22")
    )
    assert wide >= 8 > narrow / 2


def test_a_matplotlib_that_has_changed_draws_as_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is extended is not public: without it the axes are matplotlib's."""
    assert axes_class() is StampedAxes
    monkeypatch.setattr(axis, "_PRIVATE", ((Axes, "_no_such_method"),))
    assert axes_class() is Axes
