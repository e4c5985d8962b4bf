"""The accent of a page: text in it can be read wherever it stands."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given, strategies as st

from reportgen.contract.colors import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    OF_TEXT,
    accent,
    accent_in_the_dark,
    contrast,
    mixed,
    readable,
)
from reportgen.resources import share

COLORS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def worst(color: str, grounds: dict[str, str]) -> float:
    """Return the lowest contrast with one of some grounds."""
    return min(contrast(color, ground) for ground in grounds.values())


def test_contrast_is_that_of_wcag() -> None:
    """Known pairs: black on white, and the lightest gray that passes AA on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize(
    ("sheet", "grounds"), [("base", LIGHT_GROUNDS), ("screen", DARK_GROUNDS)], ids=["light", "dark"]
)
def test_grounds_are_those_of_the_style_sheets(sheet: str, grounds: dict[str, str]) -> None:
    """What is checked is what the pages have."""
    css = (share("templates") / "css" / f"{sheet}.css").read_text("utf-8")
    assert re.findall(r"--paper: (#\w+)", css) == [grounds["page"]]
    assert re.findall(r"--faint: (#\w+)", css) == [grounds["box"]]


def test_the_default_accents_pass_too() -> None:
    """Those of a report without a theme."""
    folder = share("templates") / "css"
    (light,) = re.findall(r"--accent: (#\w+)", (folder / "base.css").read_text("utf-8"))
    (dark,) = re.findall(r"--accent: (#\w+)", (folder / "screen.css").read_text("utf-8"))
    assert accent(light) == light
    assert worst(dark, DARK_GROUNDS) >= OF_TEXT


@given(COLORS)
def test_an_accent_is_readable_or_refused_with_one_that_is(color: str) -> None:
    """By day and on paper; the color that the sentence names is allowed, and none nearer is."""
    if worst(color, LIGHT_GROUNDS) >= OF_TEXT:
        assert accent(color.upper()) == color
        return
    with pytest.raises(ValueError, match=r"less than the 4\.5:1 that text needs") as refused:
        accent(color)
    ratio = re.search(r"contrast of ([\d.]+):1", str(refused.value))
    named = re.search(r"has it is '(#\w+)'", str(refused.value))
    assert ratio is not None
    assert named is not None
    assert float(ratio[1]) < OF_TEXT
    assert float(ratio[1]) == pytest.approx(worst(color, LIGHT_GROUNDS), abs=0.01)
    assert accent(named[1]) == named[1]
    steps = [mixed("#000000", color, step / 255) for step in range(256)]
    nearer = steps[: steps.index(named[1])]
    assert all(worst(one, LIGHT_GROUNDS) < OF_TEXT for one in nearer)


@given(COLORS)
def test_in_the_dark_every_accent_is_readable(color: str) -> None:
    """On the page and in a box, and it is the color itself where that can be read."""
    dark = accent_in_the_dark(color)
    assert worst(dark, DARK_GROUNDS) >= OF_TEXT
    assert (dark == color) == (worst(color, DARK_GROUNDS) >= OF_TEXT)


@given(COLORS)
def test_the_nearest_color_has_the_hue(color: str) -> None:
    """The order of red, green and blue stays."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    assume(len({red, green, blue}) == 3)
    found = readable(color, LIGHT_GROUNDS)
    channels = sorted(zip((red, green, blue), (int(found[start : start + 2], 16) for start in (1, 3, 5)), strict=True))
    assert all(low <= high for (_, low), (_, high) in pairwise(channels))


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "1f4e8c", "#1f4e8g", "", "#fff;}body{x:y"])
def test_what_is_no_color_is_refused(color: str) -> None:
    """Nothing but six digits gets into a style sheet."""
    with pytest.raises(ValueError, match="must be a color like '#1f4e8c'"):
        accent(color)
