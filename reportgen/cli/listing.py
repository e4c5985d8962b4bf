"""The output of the commands ``metrics``, ``verify``, ``rebuild``, ``sections`` and ``rule`` as text."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from typing import TYPE_CHECKING, Any

from reportgen.contract.base import descriptions
from reportgen.contract.foreign import section_code
from reportgen.plan.registry import folder_of
from reportgen.text.formatting import direction, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from reportgen.contract.findings import Rule
    from reportgen.contract.metric_table import TableRow
    from reportgen.contract.section import Section
    from reportgen.pipeline.rebuild import Rebuilt
    from reportgen.pipeline.run import Run
    from reportgen.pipeline.store import Entry
    from reportgen.pipeline.verify import VerifiedFile
    from reportgen.plan.registry import Registry

Row = dict[str, Any]

_WIDTH = 100
_MOST_DIFFERENCES = 30
_KINDS = (("section", "in the rest of the sections"), ("record", "in the record of the run"))
_FIELDS = ("value", "ci_low", "ci_high", "n", "unit", "status", "reason")


def metric_rows(table: Iterable[TableRow]) -> list[Row]:
    """Return a row per metric: section, metric, model, subject, value, interval, n, unit, status, reason."""
    return [
        {
            "section": row.section,
            "metric": row.measurement.name,
            "model": row.measurement.model,
            "subject": row.measurement.subject,
            **{field: getattr(row.measurement.metric, field) for field in _FIELDS},
        }
        for row in table
    ]


def steps(run: Run) -> list[str]:
    """Return how long every step of a run took, with its parts below it, and what of it was in the cache."""
    lines = []
    for name, time in run.seconds.items():
        lines.append(f"{name:16} {time:7.2f} s")
        lines += [f"  {part:30} {own:7.2f} s" for (step, part), own in run.parts.items() if step == name]
    store = run.store
    if store is not None:
        kinds = sorted(store.found | store.missed)
        lines += [
            f"{f'cache: {kind}':16} {store.found[kind]:,} of {store.found[kind] + store.missed[kind]:,}"
            for kind in kinds
        ]
        lines += [f"{f'cache {what}':16} {time:7.2f} s" for what, time in store.seconds.items()]
        lines += [] if store.trouble is None else [f"cache: {store.trouble}"]
    return lines


def cleaned(removed: Sequence[Entry], left: Sequence[Entry], folder: Path) -> str:
    """Return what was removed from the cache, by kind, and what is left."""
    kinds = {kind: [one for one in removed if one.kind == kind] for kind in sorted({one.kind for one in removed})}
    lines = [f"removed {_entries(some)} of {kind}" for kind, some in kinds.items()] or ["removed nothing"]
    return "\n".join([*lines, f"{folder}: {_entries(left)} left"])


def _entries(some: Sequence[Entry]) -> str:
    size = number(sum(one.size for one in some), "bytes")
    return f"{len(some):,} {'entry' if len(some) == 1 else 'entries'} ({size})"


def as_json(rows: list[Row]) -> str:
    """Return rows as a JSON list of objects."""
    return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(rows: list[Row]) -> str:
    """Return rows as CSV; a missing value is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["section", "metric", "model", "subject", *_FIELDS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_table(rows: list[Row]) -> str:
    """Return rows as an aligned plain-text table."""
    return aligned(
        [
            ["section", "metric", "model", "subject", *_FIELDS],
            *([_shown(value) for value in row.values()] for row in rows),
        ]
    )


def verified(rows: Sequence[VerifiedFile]) -> str:
    """Return the files of a report as an aligned table, and how many are unchanged, changed and missing."""
    states = [row.state for row in rows]
    counts = ", ".join(f"{states.count(state)} {state}" for state in ("unchanged", "changed", "missing"))
    cells = [[" ".join(cell.split()) for cell in (row.state, row.what, row.file, row.reason)] for row in rows]
    return f"{aligned(cells)}{counts}\n"


def rebuilt(found: Rebuilt) -> str:
    """Return whether a report was reproduced; if not, what differs: numbers first, at most 30 lines, and the counts."""
    if not found.differences:
        return f"reproduced: all {found.count:,} numbers; the results have the SHA-256 digest {found.digest}\n"
    shown = [
        [" ".join(cell.split()) for cell in (one.where, one.before or "differs", one.after)]
        for one in found.differences[:_MOST_DIFFERENCES]
    ]
    more = len(found.differences) - len(shown)
    lines = [aligned([["", "in the report", "built again"], *shown])]
    lines += [f"and {more:,} more\n"] if more else []
    kinds = [one.kind for one in found.differences]
    beside = [f"{kinds.count(kind)} {words}" for kind, words in _KINDS if kind in kinds]
    counts = ", ".join((f"{kinds.count('number')} of {found.count:,} numbers", *beside))
    return "".join(lines) + f"not reproduced; what differs: {counts}\n"


def aligned(cells: list[list[str]]) -> str:
    """Return rows of cells as lines of columns of the same width."""
    widths = [max(len(line[index]) for line in cells) for index in range(len(cells[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in cells
    )


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def sections(registry: Registry) -> str:
    """Return one line per installed section."""
    found = [registry.find(name) for name in registry.names]
    width = max((len(section.name) for section in found), default=0)
    return "".join(f"{section.name.ljust(width)}  {section.question}\n" for section in found)


def section(found: Section[Any, Any]) -> str:
    """Return the options, metrics, figures and rules of a section."""
    lines = [f"{found.name}: {found.title}", found.question, ""]
    lines += ["Options", *(_options(found) or ["  none"]), ""]
    lines += [f"Tasks: {', '.join(sorted(found.tasks))}", ""] if found.tasks else []
    lines += ["Metrics"]
    for spec in found.metrics:
        unit = f", {spec.unit}" if spec.unit else ""
        lines.append(f"  {spec.name} (per {spec.per}{unit}, {direction(spec)})")
        lines.append(f"    {spec.definition} [{spec.source}]")
    lines += [] if found.metrics else ["  none"]
    lines += ["", "Figures"]
    lines += [f"  {figure.name}: {figure.shows}" for figure in found.figures] or ["  none"]
    lines += ["", "Rules"]
    lines += [f"  {rule.code} {rule.severity}: {rule.title} [{rule.source}]" for rule in found.rules] or ["  none"]
    return "\n".join(lines) + "\n"


def _options(found: Section[Any, Any]) -> list[str]:
    with section_code(found.name, folder_of(found)):
        told = descriptions(found.options)
        return [
            f"  {name} = {json.dumps(field.get_default(call_default_factory=True), default=str)}  {told.get(name, '')}".rstrip()
            for name, field in found.options.model_fields.items()
        ]


def rules(found: Iterable[Rule[Any]]) -> str:
    """Return one line per rule: code, severity, title."""
    return "".join(f"{one.code}  {one.severity.ljust(7)}  {one.title}\n" for one in sorted(found, key=_code))


def _code(one: Rule[Any]) -> str:
    return one.code


def rule(found: Rule[Any]) -> str:
    """Return the explanation of a rule."""
    blocks = [f"{found.code}: {found.title} ({found.severity})"]
    for heading, text in found.explanation.parts if found.explanation else ():
        indented = textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        blocks.append(f"{heading}\n{indented}")
    return "\n\n".join([*blocks, f"Source: {found.source}"]) + "\n"
