"""The Jinja environment that HTML and Markdown share: strict, escaping, with the formatting functions as filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen import formatting
from reportgen.resources import share
from reportgen.section import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jinja2 import Environment

    from reportgen.section import Cell, Column

SYMBOLS = {"PASS": "✓", "WARN": "!", "FAIL": "✕", "ERROR": "?", "SKIPPED": "–", "NONE": "–"}
SEVERITY_SYMBOLS = {"problem": "✕", "warning": "!", "note": "i"}


def environment(folders: Sequence[Path], *, autoescape: bool) -> Environment:
    """Make the environment.

    Parameters
    ----------
    folders
        Searched before reportgen's own templates; where there are any, templates run in a sandbox.
    autoescape
        For HTML; Markdown escapes by a filter.
    """
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    own = FileSystemLoader(share("templates"))
    loader = ChoiceLoader([*(FileSystemLoader(folder) for folder in folders), own, PrefixLoader({"reportgen": own})])
    kind = ImmutableSandboxedEnvironment if folders else Environment
    made = kind(loader=loader, autoescape=autoescape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"condition": formatting.condition, "digest": formatting.digest, "p_value": formatting.p_value}
    made.globals |= {"symbols": SYMBOLS, "severity_symbols": SEVERITY_SYMBOLS, "cell": cell, "is_metric": is_metric}
    return made


def is_metric(value: Cell) -> bool:
    """Tell a metric from text and bare numbers."""
    return isinstance(value, Metric)


def cell(value: Cell, column: Column | None = None) -> dict[str, Any]:
    """Return what a table cell shows: its text, an interval, a note."""
    if isinstance(value, Metric):
        shown = formatting.metric(value)
        return {"text": shown.text, "interval": shown.interval, "note": shown.note, "missing": value.value is None}
    if value is None:
        return {"text": formatting.MISSING, "interval": "", "note": "", "missing": True}
    text = value if isinstance(value, str) else formatting.number(value, column.unit if column else "")
    return {"text": text, "interval": "", "note": "", "missing": False}
