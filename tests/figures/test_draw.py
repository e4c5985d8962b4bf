"""The building blocks of panels."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import model_handle
from hypothesis import given, settings, strategies as st

from reportgen.contract.figures import Figure, Panel
from reportgen.contract.numbers import Measurement, Metric
from reportgen.figures import categories, dots, draw, heatmap, scales, style, svg
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from reportgen.contract.theme import Theme

THEME = style.theme("publication", ["a", "b"])


def axes(panel: Callable[[Axes], object], theme: Theme = THEME, height: float = 2.6) -> Axes:
    """Draw a panel alone and return its axes."""
    return svg.draw(Figure("f", "t", "c", "a", (Panel("p", panel),), 1, height), theme, "f").axes[0]  # type: ignore[arg-type]


def heat(values: Any, text: list[list[str]] | None = None, theme: Theme = THEME, **options: Any) -> Axes:
    """Draw a heatmap whose rows and columns are numbered."""
    rows, columns = ([str(index) for index in range(size)] for size in np.shape(values))
    return axes(lambda ax: heatmap.heatmap(ax, theme, values, rows=rows, columns=columns, text=text, **options), theme)


def named(ax: Axes, axis: str) -> list[str]:
    """Return the tick labels that are shown."""
    which = ax.yaxis if axis == "y" else ax.xaxis
    return [label for label in which.get_major_formatter().format_ticks(list(which.get_majorticklocs())) if label]


def test_legend_is_read_row_by_row() -> None:
    """Matplotlib fills columns; the order of the spec shall run along the rows."""
    models = [f"model number {index}" for index in range(7)]
    theme = style.theme("publication", models)
    ax = axes(lambda ax: draw.legend_above(ax, theme, [model_handle(theme, model) for model in models]), theme)
    legend = ax.get_legend()
    assert legend is not None
    ax.get_figure(root=True).draw_without_rendering()  # type: ignore[union-attr]
    boxes = [(text.get_window_extent(), text.get_text()) for text in legend.get_texts()]
    assert [name for _, name in sorted(boxes, key=lambda pair: (-round(pair[0].y0), pair[0].x0))] == models


def sheet(*panels: Callable[[Axes], object], theme: Theme = THEME, titles: str = "p") -> Any:
    """Draw panels side by side and return the whole."""
    drawn = tuple(Panel(titles, panel) for panel in panels)  # type: ignore[arg-type]
    return svg.draw(Figure("f", "t", "c", "a", drawn, len(panels)), theme, "f")


def test_panels_with_the_same_legend_share_one() -> None:
    """In the order in which the models were drawn, and above everything else."""
    models = [f"a model with a long name {index}" for index in range(7)]
    theme = style.theme("publication", models)

    def lines(ax: Axes) -> None:
        draw.model_lines(ax, theme, {model: [1.0, 2.0] for model in models})

    figure = sheet(lines, lines, theme=theme)
    assert [ax.get_legend() for ax in figure.axes] == [None, None]
    (legend,) = figure.legends
    figure.draw_without_rendering()
    boxes = [(text.get_window_extent(), text.get_text()) for text in legend.get_texts()]
    assert [name for _, name in sorted(boxes, key=lambda pair: (-round(pair[0].y0), pair[0].x0))] == models
    titles = [text.get_window_extent().y1 for text in figure.texts]
    assert min(box.y0 for box, _ in boxes) > max(titles)


def test_panels_with_other_looks_keep_their_legends() -> None:
    """The same words in another colour are another legend."""
    panels = [
        lambda ax, color=color: draw.legend_above(ax, THEME, ax.plot([0, 1], color=color, label="validation"))
        for color in ("red", "blue")
    ]
    assert all(ax.get_legend() for ax in sheet(*panels).axes)


def test_a_title_without_a_space_stays_over_its_panel() -> None:
    """Long names of models are broken rather than run into the next panel's title."""
    figure = sheet(lambda ax: ax.plot([0, 1]), lambda ax: ax.plot([0, 1]), titles="x" * 119)
    first, second = (text.get_window_extent() for text in figure.texts)
    assert first.x1 < second.x0


def test_heatmap_text_is_dark_on_light_and_light_on_dark() -> None:
    """Cividis runs from dark blue to yellow."""
    ax = heat([[0.0, 1.0]], [["low", "high"]])
    assert {text.get_text(): text.get_color() for text in ax.texts} == {"low": THEME.on_dark, "high": THEME.on_light}


def test_heatmap_text_is_left_out_where_cells_are_too_small() -> None:
    """Rather than overlap."""
    assert not heat(np.zeros((60, 60)), [["100"] * 60] * 60).texts


def test_heatmap_text_is_left_out_of_drafts() -> None:
    """It costs time."""
    assert not heat([[0.0]], [["1"]], style.theme("draft", [])).texts


def test_diverging_heatmap_is_centred() -> None:
    """Equal distances from the centre get equal strengths."""
    assert heat([[-1.0, 3.0]], center=0.0).images[0].get_clim() == (-3.0, 3.0)


@pytest.mark.parametrize("values", [[[np.nan, np.nan]], [[2.0, 2.0]], [[np.nan, 1.0]]])
def test_heatmap_of_missing_or_equal_values_is_drawn(values: list[list[float]]) -> None:
    """Missing cells are no error, and not the lowest colour."""
    ax = heat(values, [["x"] * 2], colorbar_label="share")
    assert ax.images[0].cmap(np.ma.masked)[3] == 0
    assert ax.get_facecolor() == pytest.approx((0xF1 / 255,) * 3 + (1.0,))
    inks = [text.get_color() for text in ax.texts]
    assert [ink == THEME.ink for ink in inks] == np.isnan(values[0]).tolist()


def test_first_row_of_bars_is_on_top() -> None:
    """As in a table."""
    ax = axes(lambda ax: draw.bars(ax, THEME, ["first", "second"], [draw.Bars([1.0, 2.0], "#123456")]))
    assert ax.yaxis_inverted()
    assert named(ax, "y") == ["first", "second"]


def test_missing_bars_say_so() -> None:
    """A missing value is not zero."""
    ax = axes(lambda ax: draw.bars(ax, THEME, ["a", "b"], [draw.Bars([np.nan, 2.0], "#123456", [0, 1], [1, np.nan])]))
    assert [text.get_text() for text in ax.texts] == ["not measured"]
    assert not any(collection.get_paths() for collection in ax.collections)


def test_missing_bars_that_are_thin_say_so_together() -> None:
    """Once for a row, rather than over each other."""
    nothing = [draw.Bars([np.nan] * 3, "#123456")] * 4
    ax = axes(lambda ax: draw.bars(ax, THEME, ["a", "b", "c"], nothing), height=1.3)
    assert [text.get_text() for text in ax.texts] == ["not measured"] * 3
    assert [text.xy[1] for text in ax.texts] == pytest.approx([0, 1, 2])  # type: ignore[attr-defined]


def test_labels_of_a_numeric_axis_do_not_touch() -> None:
    """Four decimals are wider than matplotlib expects."""

    def panel(ax: Axes) -> None:
        ax.plot([0, 0.0212], [0, 1])

    figure = sheet(panel, panel, panel)
    figure.draw_without_rendering()
    for ax in figure.axes:
        boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
        assert len(boxes) >= 2
        assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_error_bars_end_at_the_interval() -> None:
    """Which need not be symmetrical."""
    ax = axes(lambda ax: draw.bars(ax, THEME, ["a"], [draw.Bars([1.0], "#123456", [0.5], [3.0])]))
    assert ax.collections[0].get_paths()[0].vertices[:, 0].tolist() == [0.5, 3.0]


def test_names_are_left_out_evenly_where_there_is_no_room() -> None:
    """Every shown name stands at its own bar."""
    names = [f"class {index}" for index in range(100)]
    ax = axes(lambda ax: draw.bars(ax, THEME, names, [draw.Bars(np.ones(100), "#123456")]))
    shown = named(ax, "y")
    step = int(shown[1].split()[1])
    assert shown == names[::step]
    assert len(shown) * THEME.small_size <= ax.bbox.height + THEME.small_size


def test_names_on_the_x_axis_turn_where_they_do_not_fit() -> None:
    """Ten long names side by side."""
    few = axes(lambda ax: categories.categories(ax, THEME, ["a", "b"], "x"))
    many = axes(lambda ax: categories.categories(ax, THEME, ["a long name of a class"] * 10, "x"))
    assert [ax.get_xticklabels()[0].get_rotation() for ax in (few, many)] == [0, 90]


def test_shortened_names_stay_different() -> None:
    """``class 01 of …`` and ``class 02 of …`` must not become one."""
    names = [f"a class numbered {index:03d} of a hundred" for index in range(100)]
    labels = categories.shortened(names, THEME, room=20)
    assert len(set(labels)) == len({THEME.text(name) for name in names})


@pytest.mark.parametrize("axis", ["x", "y"])
def test_reference_lines_are_named_outside_the_axes(axis: Any) -> None:
    """Where they cover nothing."""
    ax = axes(lambda ax: draw.reference_line(ax, THEME, 0.5, "threshold", axis))
    box = ax.texts[0].get_window_extent()
    assert box.x0 >= ax.bbox.x1 or box.y0 >= ax.bbox.y1


def test_half_violins_have_equal_heights_and_show_the_quartiles() -> None:
    """The scale of a density says nothing; the first is above the line, which is up: y points down."""
    grid = np.linspace(0, 1, 101)
    bell = np.exp(-((grid - 0.5) ** 2) / 0.02)
    first, second = (draw.Violin(grid, scale * bell, (0.4, 0.5, 0.6), "#123456") for scale in (1, 100))
    ax = axes(lambda ax: draw.violins(ax, THEME, ["a"], [(first, second)]))
    ends = [
        sorted((one.get_paths()[0].vertices[:, 1].min(), one.get_paths()[0].vertices[:, 1].max()))
        for one in ax.collections
    ]
    assert ends == [pytest.approx([-0.42, 0]), pytest.approx([0, 0.42])]
    assert [line.get_xdata().tolist() for line in ax.lines[1:3]] == [[0.4, 0.6], [0.5]]


def test_few_values_are_dots_and_nothing_is_nothing() -> None:
    """A model with two wrong predictions has no density; one without any has only a line."""
    few = draw.Violin((), (), (0.2, 0.3, 0.4), "#123456", (0.2, 0.4))
    ax = axes(lambda ax: draw.violins(ax, THEME, ["a", "b"], [(None, few), (None, None)]))
    assert [list(line.get_xdata()) for line in ax.lines] == [[0, 1], [0.2, 0.4], [0, 1]]


def test_height_grows_with_the_rows_up_to_a_page() -> None:
    """For the caller's ``panel_height``."""
    assert draw.rows_height(THEME, 10) < draw.rows_height(THEME, 20) < 8.8
    assert draw.rows_height(THEME, 10) < draw.rows_height(THEME, 10, series=3)
    assert draw.rows_height(THEME, 1000) == 8.8


def test_names_of_many_points_cover_nothing() -> None:
    """Fifty points, most of them crowded: no two names overlap, none leaves the axes, the lonely one is named."""
    from matplotlib.text import Text

    generator = np.random.default_rng(0)
    places = np.vstack([[5.0, 5.0], generator.normal(size=(49, 2)) * 0.3])
    names = [f"model-{index}" for index in range(50)]
    looks = style.theme("publication", names)
    written: list[tuple[str, tuple[float, ...]]] = []

    def panel(ax: Axes) -> None:
        points = [draw.NamedPoint(name, name, float(x), float(y)) for name, (x, y) in zip(names, places, strict=True)]
        draw.named_points(ax, looks, points)

    original = Text.draw

    def seen(text: Text, renderer: Any, *more: Any) -> None:
        if text.get_text() in names:
            written.append((text.get_text(), tuple(text.get_window_extent(renderer).extents)))
        original(text, renderer, *more)

    figure = Figure("f", "t", "c", "a", (Panel("p", panel),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", seen)
        svg.to_svg(figure, looks, "f")
    assert "model-0" in dict(written)
    assert 3 < len(written) < 50
    boxes = [box for _, box in written]
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart


def test_counts_on_a_logarithmic_axis_are_whole() -> None:
    """Not powers with an e."""

    def panel(ax: Axes) -> None:
        ax.plot([1e4, 1e6], [0, 1])
        scales.logarithmic_counts(ax)

    assert {"10,000", "1,000,000"} <= {label.get_text() for label in axes(panel).get_xticklabels()}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
@settings(max_examples=20, deadline=None)
def test_names_at_the_ends_of_lines_do_not_overlap(ends: list[float]) -> None:
    """They stand in the order of the ends, on the figure, and stay distinct when they are shortened."""
    words = [f"a tensor with a long name {index}" for index in range(len(ends))]

    def lines(ax: Axes) -> None:
        ax.set_ylim(0, 1.1)
        draw.end_labels(ax, THEME, ends, words)

    figure = sheet(lines, lines, lines)
    figure.draw_without_rendering()
    width, _ = figure.get_size_inches() * figure.dpi
    for ax in figure.axes:
        boxes = [text.get_window_extent() for text in ax.texts]
        assert [box.y0 for box in boxes] == sorted(box.y0 for box in boxes)
        assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
        assert max(box.x1 for box in boxes) <= width
        assert len({text.get_text() for text in ax.texts}) == len(ends)


def test_a_square_root_axis_has_ticks_near_zero() -> None:
    """Half of such an axis is below a quarter of its values; labels that would touch are left out, 0 and the largest first kept."""

    def panel(ax: Axes) -> None:
        scales.root_counts(ax, THEME, 105)
        ax.set_xlim(-0.05, 110)

    assert named(axes(panel), "x") == ["0", "1", "2", "5", "10", "20", "50", "100"]
    narrow = named(axes(panel, svg.narrowed(THEME)), "x")
    assert narrow[0], narrow[-1] == ("0", "100")
    assert 4 < len(narrow) < 8


def test_cells_without_a_value_are_crossed_out_on_request() -> None:
    """The middle of the color scale is gray too."""
    assert len(heat([[0.5, np.nan]], crossed=True).lines) == 1
    assert not heat([[0.5, np.nan]]).lines
    assert not heat([[0.5, 0.7]], crossed=True).lines


def test_a_log_axis_of_a_low_panel_has_few_ticks() -> None:
    """1, 2 and 5 times the powers of ten only where their labels have room."""

    def panel(ax: Axes) -> None:
        ax.plot([0, 1], [0.001, 0.9])
        scales.logarithmic(ax, 0.001, 0.9)

    assert "0.05" in named(axes(panel, height=3.5), "y")
    assert "0.05" not in named(axes(panel, height=1.3), "y")
    assert "0.01" in named(axes(panel, height=1.3), "y")


def test_the_label_of_a_reference_line_has_the_condition_of_a_check() -> None:
    """In full."""
    words = "check: at least 90 % at the lower end"
    ax = axes(lambda ax: draw.reference_line(ax, THEME, 0.9, words, axis="x"))
    assert [text.get_text() for text in ax.texts] == [words]


def test_models_beyond_an_axis_are_triangles_with_their_value() -> None:
    """Far ones are found by Tukey's outer fence; the axis ends where the others with their intervals do."""
    values = [0.1, 0.9, 0.92, 0.94, 0.95, 0.96]
    assert scales.far(values).tolist() == [True] + [False] * 5
    low, high = scales.ends(values, [0.85, 0.99], share=True)
    assert 0.8 < low < 0.85
    assert 0.99 < high <= 1.01
    assert not scales.far([0.5] * 5 + [0.9]).any()
    theme = style.theme("publication", list("abcdef"))
    measured = [
        Measurement(name="accuracy", model=model, subject=None, metric=Metric(value=value, unit="fraction"))
        for model, value in zip("abcdef", values, strict=True)
    ]
    ax = axes(lambda ax: dots.models(ax, theme, list("abcdef"), measured, (low, high)), theme)
    assert [text.get_text() for text in ax.texts] == [f"10.0{formatting.THIN}%"]
    assert ax.lines[0].get_marker() == "<"
    assert [scales.beyond(count) for count in (0, 1, 3)] == [
        "",
        " Triangle at the edge: a model beyond the axis.",
        " Triangles at the edge: 3 models beyond the axis.",
    ]


@pytest.mark.parametrize(("log", "wanted"), [(False, "20"), (True, "0.5")])
def test_shares_are_in_percent_on_every_axis(log: bool, wanted: str) -> None:
    """As in text, with a thin space; a log axis has no labels between its ticks."""

    def panel(ax: Axes) -> None:
        ax.plot([0, 1], [0.002, 0.9])
        if log:
            scales.logarithmic(ax, 0.002, 0.9)
        scales.shares(ax.yaxis)

    ax = axes(panel)
    assert f"{wanted}{formatting.THIN}%" in named(ax, "y")
    assert ax.yaxis.get_minor_formatter().format_ticks([0.03]) == [""]
