"""Types of arguments, and the options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reportgen.contract.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Age(click.ParamType[float]):
    """A length of time: a number and a unit."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return it in seconds."""
        if isinstance(value, float):
            return value
        number, unit = str(value)[:-1], str(value)[-1:]
        if unit not in _SECONDS or not (number.isascii() and number.isdigit()):
            self.fail(f"{value!r} is not a number with one of the units m, h, d, w (30d)", param, ctx)
        return float(number) * _SECONDS[unit]


class Words(click.ParamType[tuple[str, ...]]):
    """A comma-separated list of words, optionally limited to a few choices."""

    name = "words"

    def __init__(self, choices: Sequence[str] | None = None) -> None:
        self.choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split the value and validate each word."""
        words = value if isinstance(value, tuple) else tuple(word.strip() for word in value.split(",") if word.strip())
        wrong = [word for word in words if self.choices is not None and word not in self.choices]
        if wrong and self.choices is not None:
            self.fail(f"{wrong[0]!r} is not one of {', '.join(self.choices)}", param, ctx)
        return words


SPEC_OPTIONS: list[Callable[[Any], Any]] = [
    click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of the spec."),
    click.option("--only", multiple=True, type=Words(), metavar="SECTION", help="Run only these sections."),
    click.option("--skip", multiple=True, type=Words(), metavar="SECTION", help="Skip these sections."),
]
OUTPUT_OPTIONS: list[Callable[[Any], Any]] = [
    click.option("-o", "--output-dir", type=click.Path(path_type=Path), help="Output folder."),
    click.option(
        "--format",
        "formats",
        type=Words(FORMATS),
        metavar="LIST",
        help=f"Comma-separated formats: {', '.join(FORMATS)}.",
    ),
    click.option(
        "--summary",
        "appended",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Append the decision as Markdown to FILE, for example to $GITHUB_STEP_SUMMARY.",
    ),
    click.option(
        "--no-cache",
        is_flag=True,
        help="Compute and draw everything again, and keep nothing (reportgen clean empties the cache).",
    ),
    click.option("--keep-going", is_flag=True, help="If a section fails, the report shows the error in its place."),
    click.option("--open", "show", is_flag=True, help="Open the HTML report afterwards."),
    click.option("-v", "--verbose", is_flag=True, help="Show details."),
    click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
]


def flat(values: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the words of an option that was given several times."""
    return tuple(word for words in values for word in words)


def options(given: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Return a decorator that gives a command these options, in their order."""

    def decorate(function: Any) -> Any:
        for option in reversed(given):
            function = option(function)
        return function

    return decorate
