"""Validates a section's manifest against the contract on import, before anything runs."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, get_args

from reportgen.contract.base import Strict
from reportgen.contract.figures import FigureSpec
from reportgen.contract.findings import SEVERITIES, Rule
from reportgen.contract.needs import Need
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult
from reportgen.contract.section import BaseAnalyzer, BaseComparer, BaseVisualizer
from reportgen.spec.tables.models import TaskName
from reportgen.spec.tables.sections import SectionSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.contract.section import Section

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_FIGURE_NAME = re.compile(r"[A-Za-z0-9-]+")
_CODE = re.compile(r"[A-Za-z0-9_-]+")
_CLASSES: dict[str, tuple[type, ...]] = {
    "options": (Strict,),
    "result": (SectionResult,),
    "analyzer": (BaseAnalyzer, BaseComparer),
    "visualizer": (BaseVisualizer,),
}
_LISTS: dict[str, type] = {"metrics": MetricSpec, "figures": FigureSpec, "rules": Rule, "headlines": str}


def mistakes(section: Section[Any, Any]) -> list[str]:
    """Return the errors of a manifest, one clause each; empty if it is valid."""
    found = [*_kinds(section)]
    return found or [*_options(section), *_metrics(section), *_figures(section), *_rules(section)]


def _kinds(section: Section[Any, Any]) -> Iterator[str]:
    """Yield fields of the wrong type."""
    for field, bases in _CLASSES.items():
        given = getattr(section, field)
        if not (isinstance(given, type) and issubclass(given, bases)) and not (field == "visualizer" and given is None):
            wanted = " or ".join(base.__name__ for base in bases)
            yield f"{field} must be a subclass of {wanted} (found {_called(given)})"
    for field, kind in _LISTS.items():
        given = getattr(section, field)
        if not isinstance(given, tuple) or not all(isinstance(one, kind) for one in given):
            yield f"{field} must be a tuple of {kind.__name__} (found {_called(given)})"
    for field in ("tables", "galleries"):
        given = getattr(section, field)
        if not callable(given):
            yield f"{field} must be a function (found {_called(given)})"
        elif not _takes_two(given):
            yield f"{field} must take two arguments, the result and the view"


def _takes_two(function: Any) -> bool:
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    return True


def _called(given: Any) -> str:
    if isinstance(given, type):
        return f"the class {given.__name__}"
    if isinstance(given, tuple):
        return f"a tuple of {', '.join(sorted({type(one).__name__ for one in given}))}"
    return f"an object of {type(given).__name__}"


def _options(section: Section[Any, Any]) -> Iterator[str]:
    if not _NAME.fullmatch(section.name):
        yield f"the name {section.name!r} must consist of letters, digits, _ and -, and start with a letter"
    taken = sorted(SectionSpec.model_fields.keys() & section.options.model_fields.keys())
    for name in taken:
        yield f"the option {name!r} conflicts with a key that every section has"
    needs = section.analyzer.needs
    if not isinstance(needs, frozenset) or not all(isinstance(one, Need) for one in needs):
        yield f"{section.analyzer.__name__}.needs must be a frozenset of Need (found {needs!r})"


def _metrics(section: Section[Any, Any]) -> Iterator[str]:
    names = [spec.name for spec in section.metrics]
    yield from _twice("metric", names)
    for spec in section.metrics:
        if not _NAME.fullmatch(spec.name):
            yield f"the metric's name {spec.name!r} must consist of letters, digits, _ and -, and start with a letter"
        if spec.difference is not None and spec.difference not in names:
            yield f"the difference {spec.difference!r} of the metric {spec.name!r} is not declared"
    for task, specs in section.tasks.items():
        if task not in get_args(TaskName) or task == "auto":
            yield f"the task {task!r} is unknown"
        for spec in specs:
            if spec not in section.metrics:
                yield f"the metric {spec.name!r} of the task {task!r} is not declared"
    for name in section.headlines:
        if name not in names:
            yield f"the headline {name!r} is not a declared metric"


def _figures(section: Section[Any, Any]) -> Iterator[str]:
    yield from _twice("figure", [spec.name for spec in section.figures])
    for spec in section.figures:
        if not _FIGURE_NAME.fullmatch(spec.name):
            yield f"the figure's name {spec.name!r} must consist of letters, digits and -"


def _rules(section: Section[Any, Any]) -> Iterator[str]:
    yield from _twice("rule", [rule.code for rule in section.rules])
    for rule in section.rules:
        if not _CODE.fullmatch(rule.code):
            yield f"the code of the rule {rule.code!r} must consist of letters, digits, _ and -"
        if rule.severity not in SEVERITIES:
            yield f"the severity of the rule {rule.code} must be one of {', '.join(SEVERITIES)} (found {rule.severity!r})"
        if not callable(rule.find):
            yield f"the rule {rule.code} has no function"


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"the {what} {name!r} is declared twice"
