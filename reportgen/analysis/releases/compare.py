"""What has changed between two releases: the one path of a baseline in a spec and of ``reportgen diff``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.analysis.releases import paired, structure
from reportgen.contract.changes import Changes, Delta
from reportgen.contract.numbers import Metric
from reportgen.contract.subjects import Subject
from reportgen.metrics import recovered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.analysis.releases.release import Release
    from reportgen.analysis.results import DataRecord

    Deltas = Mapping[tuple[str, Subject | None], Delta]

_METHOD = "unpaired, from both intervals (Zou & Donner 2008)"
OTHER_ROWS = "measured on other rows"


def compare(old: Release, new: Release) -> tuple[Changes, Deltas]:
    """Compare a model with that of an earlier release.

    Returns
    -------
    tuple
        What has changed, with the differences of whole models, outputs and classes; and the differences of all metrics, those of layers
        included, by address and subject.
    """
    outputs, unpairable = paired.outputs(old, new)
    same, rows = same_rows(old.data, new.data)
    if same and unpairable == "the labels differ":
        same, rows = False, "the same rows of the same files, but with other labels"
    if not same:
        outputs, unpairable = {}, OTHER_ROWS
    deltas = {(one.address, one.subject): paired.delta(outputs, one) for one in _deltas(old, new, same_rows=same)}
    layers, no_layers = structure.structure(old, new)
    weights, no_weights = structure.weights(old, new)
    flips = (output.flips(_subject(head)) for head, output in outputs.items())
    changes = Changes(
        earlier=old.about,
        model_before=old.model.name,
        model_now=new.model.name,
        same_rows=same,
        rows=rows,
        paired=bool(outputs),
        pairing=unpairable,
        deltas=tuple(one for one in deltas.values() if _shown(one)),
        flips=tuple(one for one in flips if one is not None),
        structure=layers,
        structure_reason=no_layers,
        weights=weights,
        weights_reason=no_weights,
        inputs=tuple(structure.inputs(old, new)),
    )
    return changes, deltas


def _subject(head: str | None) -> Subject | None:
    return None if head is None else Subject.of("head", head)


def _shown(delta: Delta) -> bool:
    """Return whether a difference is about a whole model, an output or a class."""
    return delta.subject is None or delta.subject.kind in {"head", "class"}


def same_rows(old: DataRecord | None, new: DataRecord | None) -> tuple[bool, str]:
    """Return whether two reports were measured on the same rows, and a clause that says so."""
    if old is None or new is None:
        return False, "one of them has no data"
    one, other = ([file.sha256 for file in data.files] for data in (old, new))
    if one != other:
        return (
            False,
            f"other data: {old.n:,} rows of the {old.split} split then, {new.n:,} of the {new.split} split now",
        )
    chosen = [(data.split, data.n, data.n_total, data.grouped_by, data.groups, data.effective_n) for data in (old, new)]
    sampled = [None if data.n == data.n_total else (data.seed, data.sampling) for data in (old, new)]
    if chosen[0] != chosen[1] or sampled[0] != sampled[1]:
        return False, f"the same files, but other rows, groups or weights: {old.n:,} rows then, {new.n:,} now"
    return True, f"the same {new.n:,} rows of the {new.split} split"


def _deltas(old: Release, new: Release, *, same_rows: bool) -> Iterator[Delta]:
    """Yield the difference of every metric that one of them has, but for p-values, as of independent rows."""
    for address, subject in dict.fromkeys((*new.metrics, *old.metrics)):
        before, now = old.metrics.get((address, subject)), new.metrics.get((address, subject))
        known = now or before
        if known is None or known.unit == "p-value" or all(one is None or one.value is None for one in (before, now)):
            continue
        difference = _difference(before, now, same_rows=same_rows)
        has_interval = difference.ci_low is not None
        yield Delta(
            address=address,
            subject=subject,
            before=before,
            now=now,
            difference=difference,
            how="not compared" if difference.value is None else "unpaired" if has_interval else "no interval",
        )


def _difference(before: Metric | None, now: Metric | None, *, same_rows: bool) -> Metric:
    """Return now minus then; missing with the reason where there is no such thing."""
    known = now or before
    unit = "" if known is None else known.unit
    unit = "signed fraction" if unit == "fraction" else unit

    def missing(reason: str) -> Metric:
        up = None if known is None else known.higher_is_better
        return Metric(value=None, unit=unit, higher_is_better=up, status="not_applicable", reason=reason)

    if before is None or now is None:
        return missing("only this report has it" if before is None else "only the earlier release has it")
    if before.value is None or now.value is None:
        when, one = ("now", now) if now.value is None else ("then", before)
        return missing(f"not measured {when}: {one.reason}")
    if before.unit != now.unit:
        return missing(f"in other units: {before.unit or 'none'} then, {now.unit or 'none'} now")
    caveats = [] if same_rows else [OTHER_ROWS]
    if before.estimator != now.estimator:
        caveats.append(f"{before.estimator or 'not said how'} then, {now.estimator or 'not said how'} now")
    interval: dict[str, float | str | None] = {}
    own, other = paired.ends(now), paired.ends(before)
    if own is not None and other is not None:
        low, high = recovered.difference(own, other)
        interval = {"ci_low": low, "ci_high": high, "ci_method": _METHOD}
    return Metric.model_validate(
        {
            "value": now.value - before.value,
            "unit": unit,
            "n": now.n,
            "higher_is_better": now.higher_is_better,
            "caveat": "; ".join(caveats) or None,
            **interval,
        }
    )
