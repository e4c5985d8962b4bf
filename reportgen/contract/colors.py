"""Colors as ``#rrggbb``: their contrast, mixtures of them, and the accent of a page."""

from __future__ import annotations

import re

LIGHT_GROUNDS = {"page": "#ffffff", "box": "#f5f7f9"}
"""What text stands on by day and on paper, as in ``templates/css/base.css``."""
DARK_GROUNDS = {"page": "#0f1419", "box": "#1a2028"}
"""The same in dark mode, as in ``templates/css/screen.css``."""
OF_TEXT = 4.5
"""Least contrast of text with its ground. Source: WCAG 2.2, criterion 1.4.3."""
OF_MARKS = 3.0
"""Least contrast of a mark with its ground. Source: WCAG 2.2, criterion 1.4.11."""
_LINEAR = 0.04045
"""Up to this value, of 1, a channel of sRGB is linear. Source: IEC 61966-2-1."""
_STEPS = 255
_COLOR = re.compile("#[0-9a-fA-F]{6}")


def accent(color: str) -> str:
    """Return an accent in lower case if text can have it: links, marks and the heads of folded parts do.

    Raises
    ------
    ValueError
        It is no color, or too light for the page or a box; says the ratio and the nearest color of its hue that is not.

    Examples
    --------
    >>> accent("#1F4E8C")
    '#1f4e8c'
    """
    if not _COLOR.fullmatch(color):
        message = f"must be a color like '#1f4e8c' (found {color!r})"
        raise ValueError(message)
    given = color.lower()
    ratio, where = min((contrast(given, ground), where) for where, ground in LIGHT_GROUNDS.items())
    if ratio < OF_TEXT:
        message = (
            f"has a contrast of {_down(ratio)}:1 with the ground of a {where} ({LIGHT_GROUNDS[where]}), less than the {OF_TEXT:g}:1 that text "
            f"needs (WCAG 2.2, 1.4.3); the nearest color of its hue that has it is {readable(given, LIGHT_GROUNDS)!r} (found {color!r})"
        )
        raise ValueError(message)
    return given


def accent_in_the_dark(color: str) -> str:
    """Return what an accent becomes in dark mode: mixed with white, as little as text needs there."""
    return readable(color, DARK_GROUNDS)


def readable(color: str, grounds: dict[str, str]) -> str:
    """Return the color nearest to one, of its hue, that text can have on some grounds, all light or all dark.

    It is mixed with black on light grounds, with white on dark ones, in 255 steps.

    >>> readable("#1f4e8c", LIGHT_GROUNDS), readable("#ffcc00", LIGHT_GROUNDS)
    ('#1f4e8c', '#8a6e00')
    """
    end = (
        "#000000"
        if all(contrast(ground, "#000000") > contrast(ground, "#ffffff") for ground in grounds.values())
        else "#ffffff"
    )
    mixtures = (mixed(end, color, step / _STEPS) for step in range(_STEPS + 1))
    return next(one for one in mixtures if all(contrast(one, ground) >= OF_TEXT for ground in grounds.values()))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors, 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(color: str, ground: str, share: float) -> str:
    """Return a color of which this share, 0 to 1, is ``color`` and the rest ``ground``."""
    pairs = zip(channels(color), channels(ground), strict=True)
    return "#" + "".join(f"{round(share * one + (1 - share) * other):02x}" for one, other in pairs)


def channels(color: str) -> list[int]:
    """Return red, green and blue, 0 to 255."""
    return [int(color[start : start + 2], 16) for start in (1, 3, 5)]


def _luminance(color: str) -> float:
    parts = (part / 255 for part in channels(color))
    linear = [part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _down(ratio: float) -> str:
    """Return a ratio rounded down, so that one that is too low never looks sufficient."""
    return f"{int(ratio * 100) / 100:.2f}"
