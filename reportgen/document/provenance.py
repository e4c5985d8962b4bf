"""Provenance: input files and code, how outputs were interpreted, software versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.analysis.results import params_files
from reportgen.contract.focus import MOST_ROWS
from reportgen.contract.forms import NOTES
from reportgen.contract.records.data import TRAIN
from reportgen.contract.tables import Column, Table
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.analysis.results import DataRecord, HeadRecord, OriginRecord, Results

_NAMED = 8
"""Maximum number of models that a row of the provenance names."""


def provenance(results: Results, most: int = MOST_ROWS) -> tuple[Table, ...]:
    """Return the tables of the provenance: files, of many models those of ``most``, outputs, environment."""
    return (_files(results, most), _heads(results), _environment(results))


def earlier_use(data: DataRecord) -> str:
    """Return what the evaluated rows were used for before this report."""
    if data.used_for is None:
        return "not stated"
    return ", ".join(data.used_for) or "none"


def _files(results: Results, most: int) -> Table:
    rows: list[tuple[str, str, str]] = [("spec", results.spec.file, results.spec.sha256)]
    order = [model.name for model in results.models] if results.focus is None else results.focus.order[:most]
    for model in results.models:
        if model.name not in order:
            continue
        rows.append((f"model {model.name}", model.file, model.sha256 or formatting.MISSING))
        if model.history is not None:
            rows.append((f"history of {model.name}", model.history.file, model.history.sha256))
    shown = [model for model in results.models if model.name in order]
    rows += [(what, file.file, file.sha256) for what, file in params_files(shown)]
    if results.data is not None:
        rows += [(f"data ({results.data.split})", item.file, item.sha256) for item in results.data.files]
        if results.data.training is not None:
            rows += [("training data", item.file, item.sha256) for item in results.data.training.files]
    others = (split for split in results.splits if split.split != TRAIN)
    rows += [(f"data ({split.split})", item.file, item.sha256) for split in others for item in split.files]
    release = None if results.decision.baseline is None else results.decision.baseline.release
    if release is not None:
        rows.append((f"earlier release {release.name}", release.file, release.sha256))
    logo = results.output.theme.logo
    if logo is not None:
        rows.append(("logo", logo.file, logo.sha256))
    if results.predictions is not None:
        rows.append(("predictions, written", results.predictions.file, results.predictions.sha256))
    rows += [(item.what, item.file, item.sha256) for item in results.code]
    columns = (Column("What", numeric=False), Column("File", numeric=False), Column("SHA-256", numeric=False))
    total = len(results.models)
    note = "" if len(order) == total else f"{len(order)} of {total} models; the others are in results.json. "
    note += "".join(f"{sentence} " for sentence in _forms(results))
    note += "" if results.code else f"reportgen {results.reportgen} did not record the code that was executed."
    return Table("files", "Files", columns, tuple(rows), note.strip())


def _forms(results: Results) -> Iterator[str]:
    """Yield what was not read from a ``.keras`` file, and what that means."""
    for form, words in NOTES.items():
        names = [model.name for model in results.models if model.form == form]
        if names:
            yield f"{formatting.listed(names, _NAMED)}: {words}."


def _heads(results: Results) -> Table:
    """List the rules that decided task and type of every output; outputs with the same decisions share a row."""
    columns = tuple(Column(title, numeric=False) for title in ("Model", "Output", "Task", "Output type", "Labels"))
    alike: dict[tuple[str, ...], list[str]] = {}
    for model in results.models:
        for head in model.heads:
            cells = (
                head.name,
                f"{head.task} ({head.task_rule})",
                f"{head.outputs} ({head.outputs_rule})",
                f"{head.labels} ({head.labels_rule}){_positions(head)}",
            )
            alike.setdefault(cells, []).append(model.name)
    rows = tuple((formatting.listed(models, _NAMED), *cells) for cells, models in alike.items())
    apart = [f"{model.name} was not evaluated: {model.reason}." for model in results.models if model.reason]
    more = f" {len(apart) - _NAMED} more are in results.json." if len(apart) > _NAMED else ""
    return Table("outputs", "How the outputs were interpreted", columns, rows, " ".join(apart[:_NAMED]) + more)


def _positions(head: HeadRecord) -> str:
    """Return which positions of a row count, for outputs with a class for each."""
    return "" if head.positions is None else f"; positions that count: {head.positions} ({head.positions_rule})"


def _origin(origin: OriginRecord) -> Iterator[tuple[str, str]]:
    yield "command", origin.command
    changed = ", with changes that are not committed" if origin.dirty else ""
    yield "git commit", f"{origin.commit}{changed}" if origin.commit else f"none: {origin.reason}"


def _split(data: DataRecord) -> tuple[str, str]:
    """Return how many rows of a further split were evaluated, and how they were read."""
    reading = "" if data.reading is None else f"; {data.reading}"
    return f"rows evaluated of the {data.split} split", f"{data.n:,} of {data.n_total:,} ({data.sampling}){reading}"


def _environment(results: Results) -> Table:
    software = ", ".join(
        f"{name} {version}" for name, version in {"reportgen": results.reportgen, **results.versions}.items()
    )
    platform = "" if results.origin is None else f" on {results.origin.platform}"
    rows = [("software", f"{software}{platform}"), ("created", results.created)]
    if results.data is not None:
        rows.append(("rows evaluated", f"{results.data.n:,} of {results.data.n_total:,} ({results.data.sampling})"))
        if results.data.reading is not None:
            rows.append(("how the rows were read", results.data.reading))
        if results.data.training is not None:
            found = results.data.training
            rows.append(("training data", f"{found.n:,} rows, compared {found.compared}"))
            if found.near_compared is not None:
                how = found.near_compared if found.near is not None else f"not looked for: {found.near_compared}"
                rows.append(("near duplicates in the training data", how))
            if found.reading is not None:
                rows.append(("how its rows were read", found.reading))
        rows += [_split(split) for split in results.splits]
        if results.data.groups is not None:
            rows.append(("groups", f"{results.data.groups:,} ({results.data.grouped_by})"))
        if results.data.effective_n is not None:
            rows.append(("effective number of rows", f"{results.data.effective_n:,.0f}"))
        rows.append(("earlier use of these rows", earlier_use(results.data)))
        rows.append(("seed", str(results.data.seed)))
    rows += [("override", override) for override in results.spec.overrides]
    rows += [] if results.origin is None else [*_origin(results.origin)]
    columns = (Column("What", numeric=False), Column("Value", numeric=False))
    return Table("environment", "Environment", columns, tuple(rows))
