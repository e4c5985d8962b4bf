"""What differs between two results of the same spec: numbers first, then whatever else the sections and the record of the run hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reportgen.contract.subjects import about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.analysis.results import Results
    from reportgen.contract.numbers import Metric

_LONGEST = 80
"""Characters of a value that is shown."""


@dataclass(frozen=True)
class Difference:
    """A metric, or a field of the results file, that is not the same.

    ``before`` and ``after`` are empty where a field holds more than one value.
    """

    kind: Literal["number", "section", "record"]
    where: str
    before: str = ""
    after: str = ""


def differences(before: Results, after: Results) -> Iterator[Difference]:
    """Yield the numbers that differ, then the fields of sections, and of the record of the run, that differ beside them."""
    old, new = _metrics(before), _metrics(after)
    for address in dict.fromkeys([*old, *new]):
        one, other = old.get(address), new.get(address)
        if one != other:
            section, name, model, subject = address
            yield Difference("number", f"{section}.{name} of {about(model, subject)}", _metric(one), _metric(other))
    fields, others = _fields(before), _fields(after)
    for where in dict.fromkeys([*fields, *others]):
        kind: Literal["section", "record"] = "section" if where.startswith("sections.") else "record"
        if where not in fields or where not in others or fields[where] != others[where]:
            yield Difference(kind, where, _value(fields.get(where)), _value(others.get(where)))


def _metrics(results: Results) -> dict[tuple[Any, ...], Metric]:
    return {
        (row.section, row.measurement.name, row.measurement.model, row.measurement.subject): row.measurement.metric
        for row in results.rows()
    }


def _fields(results: Results) -> dict[str, Any]:
    """Return the fields of a results file by their names, without metrics and what is outside of the digest.

    Of a section every field of its record and of its result is one, of all others every value.
    """
    raw = results.model_dump(mode="json")
    found: dict[str, Any] = {}
    for record, one in zip(results.sections, raw.pop("sections"), strict=True):
        result = one.pop("result") or {}
        apart = {"measurements"} if record.result is None else {"measurements", *record.result.outside_digest}
        found |= {f"sections.{record.id}.{name}": value for name, value in one.items()}
        found |= {f"sections.{record.id}.result.{name}": result[name] for name in result if name not in apart}
    return found | dict(_leaves(raw, ""))


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """Yield every value of nested tables and lists with its name."""
    if isinstance(value, dict | list) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, f"{at}.{key}" if at else str(key))
    else:
        yield at, value


def _metric(metric: Metric | None) -> str:
    """Return a metric with all of its digits, because two that differ may differ in the last."""
    if metric is None:
        return "not in the results"
    if metric.value is None:
        return f"missing ({metric.reason})"
    interval = "" if metric.ci_low is None else f" [{metric.ci_low!r}, {metric.ci_high!r}]"
    return f"{metric.value!r}{interval}" + ("" if metric.n is None else f", n = {metric.n}")


def _value(value: Any) -> str:
    if isinstance(value, dict | list):
        return ""
    text = "null" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
