"""The theme: labels are safe, and every model has a look of its own."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from reportgen.contract.colors import contrast
from reportgen.figures import style

STYLES = ("publication", "presentation", "draft")


def test_importing_the_theme_does_not_import_matplotlib() -> None:
    """Themes are made before it is known whether anything is drawn."""
    code = "import sys, reportgen.figures.style as s; s.theme('draft', ['a']); sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_palettes_are_those_of_matplotlib() -> None:
    """Oracle: the style sheets that ship with matplotlib."""
    from matplotlib.style import library

    for name, colors in (("petroff6", style.PETROFF6), ("petroff10", style.PETROFF10)):
        assert tuple(library[name]["axes.prop_cycle"].by_key()["color"]) == colors


@pytest.mark.parametrize("n_models", [1, 6, 7, 50])
def test_no_two_models_look_alike(n_models: int) -> None:
    """Neither with markers alone nor with lines alone: colour is never the only mark."""
    models = [f"model {index}" for index in range(n_models)]
    theme = style.theme("publication", models)
    looks = [theme.look(model) for model in models]
    assert len({(look.color, look.marker) for look in looks}) == n_models
    assert len({(look.color, look.linestyle) for look in looks}) == n_models
    assert len({look.label for look in looks}) == n_models


@pytest.mark.parametrize("n_models", [7, 24, 50])
def test_models_with_one_marker_have_colours_far_apart(n_models: int) -> None:
    """Oracle: CIE 1976 difference, where 2.3 is just noticeable; models in focus have a palette of their own."""
    models = [f"model {index}" for index in range(n_models)]
    looks = list(style.theme("publication", models, models[-6:]).looks.values())
    near = [
        (one, other)
        for one, other in combinations(looks, 2)
        if one.marker == other.marker and np.linalg.norm(lab(one.color) - lab(other.color)) < 20
    ]
    assert not near
    assert len({(look.color, look.linestyle) for look in looks}) == n_models


def lab(color: str) -> np.ndarray:
    """Return a colour in CIE L*a*b*, white point D65."""
    srgb = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(srgb > 0.04045, ((srgb + 0.055) / 1.055) ** 2.4, srgb / 12.92)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear / (0.9505, 1.0, 1.089)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_first_models_differ_without_colour() -> None:
    """Up to five models can be told apart in a black-and-white print, by line or by marker."""
    theme = style.theme("publication", list("abcde"))
    assert len({theme.look(model).linestyle for model in "abcde"}) == 5
    assert len({theme.look(model).marker for model in "abcde"}) == 5


def test_a_look_does_not_depend_on_later_models() -> None:
    """As long as the palette is the same."""
    assert style.theme("draft", ["a", "b"]).look("a") == style.theme("draft", ["a"]).look("a")


def test_labels_that_shortening_makes_equal_are_numbered() -> None:
    """Two names that differ only in the middle stay two names."""
    models = [f"{'x' * 30}{seed}{'y' * 30}" for seed in (1, 2)]
    theme = style.theme("publication", models)
    assert [theme.look(model).label[-4:] for model in models] == [" (1)", " (2)"]


@given(st.text(), st.integers(min_value=3, max_value=60))
def test_text_is_one_short_line_that_xml_may_hold(words: str, limit: int) -> None:
    """Whatever a model or a class is called."""
    from xml.etree import ElementTree as ET

    text = style.theme("draft", []).text(words, limit)
    assert len(text) <= limit
    assert len(text.splitlines()) <= 1
    element = ET.Element("text")
    element.text = text
    assert (ET.fromstring(ET.tostring(element, "utf-8").decode()).text or "") == text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a\x00b\x1b[31m", "ab[31m"),
        ("two\nlines\tand\u2028more", "two lines and more"),
        ("left\u202eright\ufeff", "leftright"),
        ("\ud800broken", "broken"),
        ("$x_1$ & <b>", "$x_1$ & <b>"),
        ("_private", "_private"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_text_drops_what_cannot_be_seen(words: str, expected: str) -> None:
    """Controls, bidirectional overrides and surrogates go; joiners that Persian needs stay."""
    assert style.theme("draft", []).text(words) == expected


def test_long_text_keeps_both_ends() -> None:
    """The end of a layer's name tells more than its middle."""
    text = style.theme("draft", []).text("encoder/" + "block/" * 20 + "kernel", limit=20)
    assert text.startswith("encoder/")
    assert text.endswith("kernel")
    assert "…" in text


@pytest.mark.parametrize("name", STYLES)
def test_styles_are_accepted_by_matplotlib(name: style.Style) -> None:
    """No unknown or deprecated parameter."""
    from matplotlib import rc_context

    with rc_context(dict(style.theme(name, ["a"]).rc)):
        pass


def test_presentation_is_larger() -> None:
    """Text and lines."""
    small, large = style.theme("publication", []), style.theme("presentation", [])
    assert (small.font_size, small.small_size) == (9, 8)
    assert large.font_size > small.font_size
    assert large.line_width > small.line_width
    assert large.max_ticks is not None


def test_draft_is_coarse() -> None:
    """And without extras."""
    assert style.theme("draft", []).raster_dpi < style.theme("publication", []).raster_dpi
    assert not style.theme("draft", []).extras


def test_own_fonts_are_found() -> None:
    """Regular and semibold, as the theme asks for them."""
    assert {"IBMPlexSans-Regular.ttf", "IBMPlexSans-SemiBold.ttf"} <= {path.name for path in style.fonts()}


@pytest.mark.parametrize("color", [*style.PETROFF6, *style.PETROFF10, style.Theme.front, "#002b62", "#000000"])
def test_hues_are_seen_on_the_dark_page(color: str) -> None:
    """At 3 to 1, as WCAG demands of marks; those that are already are the same."""
    found = style.on_dark(color)
    assert found is not None
    assert contrast(found[1], style.DARK_PAPER) >= 3
    if contrast(color, style.DARK_PAPER) >= 3:
        assert found == (color[1:], color)


@pytest.mark.parametrize("name", ["ink", "muted"])
def test_text_is_read_on_the_dark_page(name: str) -> None:
    """At 4.5 to 1, on every ground that a drawing has."""
    dark = dict(style.NEUTRALS.values())
    for ground in ("paper", "band", "missing"):
        assert contrast(dark[name], dark[ground]) >= 4.5


@given(st.sampled_from([*style.PETROFF6, *style.PETROFF10, style.Theme.muted]), st.floats(0.2, 0.6))
def test_a_tint_is_as_strong_on_the_dark_page(hue: str, strength: float) -> None:
    """What was mixed with white is mixed with the dark ground: less bright than its hue, and not the ground."""
    tint, full = style.on_dark(style.Theme.tint(hue, strength)), style.on_dark(hue)
    assert tint is not None
    assert full is not None
    ground = contrast(style.DARK_PAPER, "#000000")
    assert ground < contrast(tint[1], "#000000") < contrast(full[1], "#000000")


@given(st.integers(0, 0xFFFFFF))
def test_every_color_has_a_variable(number: int) -> None:
    """Whatever a plug-in draws with; a name stands for one color."""
    color = f"#{number:06x}"
    found = style.on_dark(color)
    if color not in {style.Theme.on_light, style.Theme.on_dark}:
        assert found is not None
        name, dark = found
        assert name == style.NEUTRALS.get(color, (color[1:], ""))[0]
        assert len(dark) == len("#rrggbb")
