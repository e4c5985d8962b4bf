"""Figures by structure: what is drawn, what it says, that nothing is cut off, and that bytes repeat."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from factory import model_handle

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.theme import TEXT_WIDTH, Style, Theme
from reportgen.figures import categories, draw, heatmap, layout, style, svg
from reportgen.figures.ruler import ruler

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

STYLES: tuple[Style, ...] = ("publication", "presentation", "draft")
MODELS = ("mlp", "_cnn", "a model whose name is really much too long for a legend")
LONG = [f"class {index} with a name that never seems to end, honestly" for index in range(10)]
SVG = "{http://www.w3.org/2000/svg}"


def figure(*draws: Callable[[Axes], object], columns: int = 1, title: str = "Panel", height: float = 2.6) -> Figure:
    """Make a figure of panels called "Panel 0", "Panel 1" and so on."""
    panels = tuple(Panel(f"{title} {index}", one) for index, one in enumerate(draws))  # type: ignore[arg-type]
    return Figure("one", "Title", "Caption", "Alt", panels, columns, height)


def texts(drawn: svg.Drawn) -> list[str]:
    """Return what a reader can search for."""
    return ["".join(node.itertext()) for node in ET.fromstring(drawn.svg).iter(f"{SVG}text")]


def curve(theme: Theme) -> Callable[[Axes], None]:
    """Return a panel with a line for every model and a legend."""

    def panel(ax: Axes) -> None:
        for model in MODELS:
            look = theme.look(model)
            ax.plot([0, 1, 2], [0.1, 0.5, 0.2], color=look.color, marker=look.marker, linestyle=look.linestyle)
        ax.set(xlabel="Epoch", ylabel="Validation loss (nats)")
        draw.legend_above(ax, theme, [model_handle(theme, model) for model in MODELS])

    return panel


def matrix(theme: Theme) -> Callable[[Axes], None]:
    """Return a panel with a heatmap of classes with long names."""

    def panel(ax: Axes) -> None:
        values = np.eye(10)
        text = [[f"{value:.0f}" for value in row] for row in values]
        heatmap.heatmap(ax, theme, values, rows=LONG, columns=LONG, text=text, colorbar_label="share")
        ax.set(xlabel="Predicted class", ylabel="True class")

    return panel


def rows(theme: Theme) -> Callable[[Axes], None]:
    """Return a panel with bars of classes with long names and a threshold."""

    def panel(ax: Axes) -> None:
        values = np.linspace(0.01, 0.2, 10)
        draw.bars(ax, theme, LONG, [draw.Bars(values, theme.look("mlp").color, values - 0.01, values + 0.02)])
        draw.reference_line(ax, theme, 0.2, "a threshold", axis="x")

    return panel


def density(theme: Theme) -> Callable[[Axes], None]:
    """Return a panel with violins."""

    def panel(ax: Axes) -> None:
        grid = np.linspace(0, 1, 50)
        one = draw.Violin(grid, np.exp(-((grid - 0.5) ** 2) / 0.02), (0.4, 0.5, 0.6), theme.look("mlp").color)
        draw.violins(ax, theme, LONG[:3], [(one, one)] * 3)
        draw.reference_line(ax, theme, 1.0, "a level far to the right")

    return panel


def everything(theme: Theme, columns: int) -> Figure:
    """Make a figure with a panel of every kind."""
    return figure(*(kind(theme) for kind in (curve, matrix, rows, density)), columns=columns, height=3)


def boxes(sheet: Canvas) -> list[Any]:
    """Return the places of all panels' axes with their labels, of all legends and all titles."""
    found = [axes.get_tightbbox(ruler()) for axes in sheet.axes]
    found += [legend.get_window_extent(ruler()) for axes in sheet.axes if (legend := axes.get_legend())]
    return found + [text.get_window_extent(ruler()) for text in sheet.texts]


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_nothing_is_cut_off_and_panels_do_not_overlap(name: Style, columns: int) -> None:
    """Long class names, legends, titles and thresholds stay on the figure and apart from each other."""
    theme = style.theme(name, MODELS)
    sheet = svg.draw(everything(theme, columns), theme, "one")
    width, height = sheet.get_size_inches() * layout.POINTS
    assert width == pytest.approx(TEXT_WIDTH * layout.POINTS)
    for box in boxes(sheet):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    placed = [box.shrunk(0.999, 0.999) for box in boxes(sheet)]
    assert not [(a, b) for i, a in enumerate(placed) for b in placed[:i] if a.overlaps(b)]


def test_axes_keep_their_room_under_a_tall_legend() -> None:
    """Fifty models: the figure grows."""
    models = [f"a rather long name {index}" for index in range(50)]
    theme = style.theme("publication", models)
    handles = [model_handle(theme, model) for model in models]
    sheet = svg.draw(figure(lambda ax: draw.legend_above(ax, theme, handles)), theme, "one")
    assert sheet.get_size_inches()[1] > 2.6
    assert sheet.axes[0].bbox.height >= 1.25 * layout.POINTS


def test_panels_of_a_column_are_in_line() -> None:
    """Whatever their labels."""
    theme = style.theme("publication", MODELS)
    sheet = svg.draw(figure(curve(theme), rows(theme), columns=1), theme, "one")
    first, second = (axes.bbox for axes in sheet.axes)
    assert (first.x0, first.x1) == pytest.approx((second.x0, second.x1))


def test_every_panel_is_drawn_with_its_title() -> None:
    """Text stays text."""
    theme = style.theme("publication", MODELS)
    words = texts(svg.to_svg(everything(theme, 2), theme, "one"))
    assert {f"Panel {index}" for index in range(4)} <= set(words)
    assert "Validation loss (nats)" in words


def test_a_single_panel_has_no_title() -> None:
    """The figure's own title stands in the document."""
    theme = style.theme("publication", MODELS)
    assert "Panel 0" not in texts(svg.to_svg(figure(curve(theme)), theme, "one"))


def test_a_long_title_is_broken_into_lines() -> None:
    """Between words."""
    theme = style.theme("publication", MODELS)
    sheet = svg.draw(figure(curve(theme), rows(theme), columns=2, title="many words " * 8), theme, "one")
    assert "\n" in sheet.texts[0].get_text()


def test_size_is_in_css_pixels() -> None:
    """A4's text width at 96 pixels to the inch; a lone panel has its height."""
    theme = style.theme("publication", MODELS)
    drawn = svg.to_svg(figure(rows(theme), height=3), theme, "one")
    assert (drawn.width, drawn.height) == pytest.approx((6.85 * 96, 3 * 96))
    assert ET.fromstring(drawn.svg).get("width") == "493.2pt"


@pytest.mark.parametrize("file_format", ["svg", "png", "pdf"])
def test_the_same_figure_gives_the_same_bytes(file_format: str) -> None:
    """In one process, whatever was drawn between."""
    theme = style.theme("publication", MODELS)
    first = svg.to_bytes(everything(theme, 2), theme, file_format, 100)
    svg.to_svg(figure(curve(theme)), theme, "other")
    assert svg.to_bytes(everything(theme, 2), theme, file_format, 100) == first


def test_bytes_do_not_depend_on_the_process_or_on_the_users_settings(tmp_path: Any) -> None:
    """Another hash seed, another day, a matplotlibrc in the folder."""
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.facecolor: red\nsvg.fonttype: path\n")
    code = (
        "import sys; from reportgen.figures import style, svg; from reportgen.section import Figure, Panel;"
        "panel = Panel('p', lambda ax: ax.fill_between([0, 1], [0, 1], label='x'));"
        "figure = Figure('f', 't', 'c', 'a', (panel, panel), 2);"
        "sys.stdout.write(svg.to_svg(figure, style.theme('publication', ['m']), 'f').svg)"
    )
    paths = [path for path in sys.path if path]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}; {code}"],
            cwd=tmp_path,
            env={**__import__("os").environ, "PYTHONHASHSEED": seed, "MATPLOTLIBRC": rc},
            check=True,
            capture_output=True,
        ).stdout
        for seed, rc in (("1", ""), ("2", str(tmp_path / "matplotlibrc")))
    }
    assert len(outputs) == 1


def test_no_date_and_no_program_version() -> None:
    """A new matplotlib should not by itself change a report."""
    theme = style.theme("publication", MODELS)
    drawn = svg.to_svg(figure(curve(theme)), theme, "one").svg
    assert "<dc:date>" not in drawn
    assert "Matplotlib v" not in drawn


def test_ids_differ_between_figures() -> None:
    """Clip paths are salted by the figure's name."""
    theme = style.theme("publication", MODELS)
    one, two = (set(re.findall(r'clipPath id="(\w+)"', svg.to_svg(figure(curve(theme)), theme, n).svg)) for n in "ab")
    assert one
    assert not one & two


@pytest.mark.parametrize("label", ["$x$", r"$\alpha$ <b>&amp;", "100 % $", "_hidden", "日本語クラス"])
def test_labels_are_shown_as_they_are(label: str) -> None:
    """No mathematics, no markup, no disappearing underscore, no warning for a script that the font lacks."""
    theme = style.theme("publication", [label])

    def panel(ax: Axes) -> None:
        ax.set_xlabel(theme.text(label))
        categories.categories(ax, theme, [label, "b"], "y")
        ax.set_ylim(-0.5, 1.5)
        draw.legend_above(ax, theme, [model_handle(theme, label)])

    assert texts(svg.to_svg(figure(panel), theme, "one")).count(label) == 3


def test_control_characters_never_reach_the_svg() -> None:
    """Even where a section forgot to clean a label."""
    theme = style.theme("publication", [])
    drawn = svg.to_svg(figure(lambda ax: ax.set_xlabel("a\x00b\x07c\ufffe")), theme, "one")
    assert "abc" in texts(drawn)


def test_powers_of_ten_are_written_without_mathematics() -> None:
    """Logarithmic axes use mathtext by default."""
    theme = style.theme("publication", [])

    def panel(ax: Axes) -> None:
        ax.plot([1e-4, 1e3], [0, 1])
        ax.set_xscale("log")

    words = texts(svg.to_svg(figure(panel), theme, "one"))
    assert {"0.01", "100"} <= set(words)
    assert not any("$" in word or "mathdefault" in word for word in words)


def test_presentation_has_fewer_ticks_and_panels_side_by_side() -> None:
    """Large text needs room."""
    small, large = style.theme("publication", MODELS), style.theme("presentation", MODELS)
    count = [len(svg.draw(figure(curve(theme)), theme, "one").axes[0].get_xticks()) for theme in (small, large)]
    assert count[1] < count[0]
    sheet = svg.draw(figure(*[curve(large)] * 3, columns=3), large, "one")
    assert len({round(axes.bbox.x0) for axes in sheet.axes}) == 2


def test_drawing_leaves_no_trace_in_matplotlib() -> None:
    """Parameters, pyplot and the log level are as before."""
    from matplotlib import rcParams

    before = dict(rcParams)
    theme = style.theme("presentation", MODELS)
    svg.to_svg(figure(curve(theme)), theme, "one")
    assert dict(rcParams) == before
    assert logging.getLogger("matplotlib.font_manager").level == logging.NOTSET


def test_pyplot_is_never_imported() -> None:
    """Nor is anything drawn on a screen."""
    code = (
        "import sys; from reportgen.figures import style, svg; from reportgen.section import Figure, Panel;"
        "svg.to_svg(Figure('f', 't', 'c', 'a', (Panel('p', lambda ax: None),)), style.theme('draft', []), 'f');"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_twin_axes_are_given_room() -> None:
    """The labels of a second y axis count."""
    theme = style.theme("publication", [])

    def panel(ax: Axes) -> None:
        ax.twinx().set_ylabel("on the right")

    sheet = svg.draw(figure(panel, panel, columns=2), theme, "one")
    assert max(box.x1 for box in boxes(sheet)) <= TEXT_WIDTH * layout.POINTS


def test_a_wide_panel_takes_a_whole_row() -> None:
    """Those after it go on below; axes of a row stay in line with those above them."""
    theme = style.theme("publication", MODELS)
    wide = Panel("Wide", rows(theme), wide=True)
    made = replace(figure(curve(theme), curve(theme), curve(theme), columns=2), name="one")
    sheet = svg.draw(replace(made, panels=(made.panels[0], wide, *made.panels[1:])), theme, "one")
    boxes = [axes.get_position().extents for axes in sheet.axes]
    assert [round(box[1], 3) for box in boxes][2] == round(boxes[3][1], 3)
    assert boxes[0][1] > boxes[1][3] > boxes[1][1] > boxes[2][3]
    assert boxes[1][0] == pytest.approx(boxes[0][0])
    assert boxes[1][2] == pytest.approx(boxes[3][2])


# ------------------------------------------------------------------------------------------------ for a phone


def in_one_column(theme: Theme, *, wide: bool = False) -> Figure:
    """Make a figure of two narrow panels and, if asked for, one as wide as both."""
    made = figure(curve(theme), curve(theme), columns=2)
    return replace(made, panels=(*made.panels, Panel("Panel 2", rows(theme), wide=True))) if wide else made


def again(make: Callable[..., Figure], **options: Any) -> tuple[svg.Drawn, tuple[svg.Drawn, ...]]:
    """Draw a figure for a page and for a phone."""
    theme = style.theme("publication", MODELS)
    figure = make(theme, **options)
    whole = svg.to_svg(figure, theme, "one")
    return whole, svg.for_phone(figure, make(svg.narrowed(theme), **options), theme, "one", whole.parts)


def test_parts_cover_the_figure() -> None:
    """Without overlap: legend, two panels side by side, a wide one below."""
    drawn, _ = again(in_one_column, wide=True)
    points = layout.POINTS / svg.CSS_PIXELS
    assert [part.name for part in drawn.parts] == ["panel-0", "panel-1", "panel-2"]
    one, two, three = drawn.parts
    assert (one.left, one.top, two.top) == (0, 0, 0)
    assert one.width == pytest.approx(two.left)
    assert two.left + two.width == pytest.approx(drawn.width * points) == pytest.approx(three.width)
    assert one.height == two.height == pytest.approx(three.top)
    assert three.top + three.height == pytest.approx(drawn.height * points)
    ids = {element.get("id") for element in ET.fromstring(drawn.svg).iter()}
    assert {f"{part.name}.{which}" for part in drawn.parts for which in ("0", "title")} <= ids


def test_only_what_is_too_wide_for_a_phone_is_drawn_again() -> None:
    """Panels side by side are narrow enough."""
    drawn, narrow = again(in_one_column, wide=True)
    assert [[part.name for part in one.parts] for one in narrow] == [["panel-2"]]
    assert narrow[0].width == pytest.approx(svg.NARROW * svg.CSS_PIXELS)
    assert "Panel 2" in texts(narrow[0]), "its title, although it is alone"
    assert "Panel 0" in texts(drawn)


def test_a_shared_legend_that_is_too_wide_for_a_phone_is_drawn_again() -> None:
    """By itself; one that is narrow enough is not."""
    drawn, narrow = again(in_one_column)
    assert [part.name for part in drawn.parts] == ["legend", "panel-0", "panel-1"]
    legend = drawn.parts[0]
    assert drawn.parts[1].top == legend.height
    (small,) = narrow
    assert [part.name for part in small.parts] == ["legend"]
    assert small.parts[0].width <= svg.NARROW * layout.POINTS < legend.width
    assert sorted(texts(small)) == sorted(set(texts(drawn)) & set(texts(small)))
    assert len(texts(small)) == len(MODELS)
