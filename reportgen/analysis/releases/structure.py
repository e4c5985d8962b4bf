"""Layers, weights and other inputs of two releases: what was added, removed, changed, and what stayed the same in every bit."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from reportgen.contract.changes import FlippedCheck, InputChange, LayerChange, Structure, WeightChanges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reportgen.analysis.releases.release import Layer, Release, Tensor
    from reportgen.analysis.results import CheckOutcome, DataRecord

_MOST_LAYERS = 1000
"""Layers up to which two models are aligned: the time grows with the product of their numbers."""


def structure(old: Release, new: Release) -> tuple[Structure | None, str | None]:
    """Return the difference of the layers, or why it is not known."""
    if old.layers is None or new.layers is None:
        which = old.about.name if old.layers is None else "this report"
        return None, f"{which} has no overview of the layers"
    if max(len(old.layers), len(new.layers)) > _MOST_LAYERS:
        return None, f"a model has more than {_MOST_LAYERS:,} layers"
    totals = {
        f"{what}_{when}": sum(getattr(layer, field) for layer in layers if layer.outer and layer.shared_with is None)
        for when, layers in (("before", old.layers), ("now", new.layers))
        for what, field in (("parameters", "parameters"), ("trainable", "trainable_parameters"))
    }
    return Structure(
        layers_before=len(old.layers),
        layers_now=len(new.layers),
        changes=tuple(_aligned(old.layers, new.layers)),
        **totals,
    ), None


def _aligned(before: Sequence[Layer], now: Sequence[Layer]) -> Iterator[LayerChange]:
    matcher = SequenceMatcher(None, [one.signature for one in before], [one.signature for one in now], autojunk=False)
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag != "equal":
            for old, new in zip_longest(before[start:end], now[first:last]):
                yield LayerChange(before=_layer(old), now=_layer(new))


def _layer(layer: Layer | None) -> str | None:
    if layer is None:
        return None
    shape = (
        "?"
        if layer.output_shape is None
        else " × ".join("?" if size is None else str(size) for size in layer.output_shape)
    )
    return f"{layer.name} ({layer.layer_type}, {shape or 'scalar'}, {layer.parameters:,} parameters)"


def weights(old: Release, new: Release) -> tuple[WeightChanges | None, str | None]:
    """Return which weight tensors changed, or why that is not known.

    Tensors of the same shapes in the same order belong together, because the numbers in Keras' names differ from session to session; otherwise those of the same name.
    """
    if old.tensors is None or new.tensors is None:
        which = old.about.name if old.tensors is None else "this report"
        return None, f"{which} has no digests of the weights"
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    if [_kind(one) for one in old.tensors] == [_kind(one) for one in new.tensors]:
        pairs = list(zip(old.tensors, new.tensors, strict=True))
    else:
        by_name, own = ({one.name: one for one in tensors} for tensors in (old.tensors, new.tensors))
        pairs = [(by_name[name], own[name]) for name in own if name in by_name]
        added = tuple(name for name in own if name not in by_name)
        removed = tuple(name for name in by_name if name not in own)
    if not pairs:
        return None, "the two have no weight tensor in common"
    alike = [(one, other) for one, other in pairs if (one.shape, one.dtype) == (other.shape, other.dtype)]
    return WeightChanges(
        changed=tuple(other.name for one, other in alike if one.sha256 != other.sha256),
        frozen=tuple(other.name for one, other in alike if one.sha256 == other.sha256),
        reshaped=tuple(other.name for one, other in pairs if (one.shape, one.dtype) != (other.shape, other.dtype)),
        added=added,
        removed=removed,
    ), None


def _kind(tensor: Tensor) -> tuple[object, ...]:
    """Return what two tensors share that are the same but for the name of their layer."""
    return tensor.name.rpartition("/")[2], tensor.shape, tensor.dtype


def inputs(old: Release, new: Release) -> Iterator[InputChange]:
    """Yield what a report was made from and is not the same."""
    for what, before, now in zip(("data", "split", "rows evaluated"), _data(old.data), _data(new.data), strict=True):
        if before != now:
            yield InputChange(what=what, before=before, now=now)
    for what in dict.fromkeys((*old.digests, *new.digests)):
        before, now = old.digests.get(what), new.digests.get(what)
        if before != now:
            yield InputChange(what=what, before=before, now=now)


def _data(data: DataRecord | None) -> tuple[str | None, str | None, str | None]:
    if data is None:
        return None, None, None
    return ", ".join(file.sha256 for file in data.files), data.split, f"{data.n:,} of {data.n_total:,}"


def flipped(old: Iterable[CheckOutcome], new: Iterable[CheckOutcome]) -> Iterator[FlippedCheck]:
    """Yield the checks of the same limits whose outcome differs, and those that only one release has."""
    before, now = ({_limits(one): one for one in checks} for checks in (old, new))
    for key in dict.fromkeys((*now, *before)):
        then, one = before.get(key), now.get(key)
        known = one or then
        if known is not None and (then is None or one is None or then.state != one.state):
            yield FlippedCheck(
                title=known.title,
                subject=known.subject,
                before=None if then is None else then.state,
                now=None if one is None else one.state,
                value_before=None if then is None else then.metric,
                value_now=None if one is None else one.metric,
            )


def _limits(check: CheckOutcome) -> tuple[object, ...]:
    return check.address, check.subject, check.low, check.high, check.on, check.change, check.severity
