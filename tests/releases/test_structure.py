"""Layers, weights, inputs and checks of two releases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reportgen.analysis.releases import structure
from reportgen.analysis.releases.release import Layer, Release, Tensor
from reportgen.analysis.results import CheckOutcome, ModelRecord
from reportgen.contract.changes import LayerChange
from reportgen.contract.decision import Earlier
from reportgen.contract.numbers import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

ABOUT = Earlier(file="r.json", sha256="0", title="t", version="1", created="2026-01-02T03:04:05+00:00")
MODEL = ModelRecord(name="a", file="a.keras", sha256="0", size_bytes=1, history=None, heads=())
EMPTY = Release(ABOUT, MODEL, {}, None)


def layer(name: str, kind: str = "Dense", parameters: int = 10, **more: Any) -> Layer:
    """Make a layer."""
    return Layer(
        name=name, layer_type=kind, output_shape=(4,), parameters=parameters, trainable_parameters=parameters, **more
    )


def tensor(name: str, sha256: str = "0", shape: tuple[int, ...] = (2, 2)) -> Tensor:
    """Make the digest of a tensor."""
    return Tensor(name=name, shape=shape, dtype="float32", sha256=sha256)


def layers(*before: Layer, now: Sequence[Layer]) -> Any:
    """Compare layers."""
    return structure.structure(replace(EMPTY, layers=before), replace(EMPTY, layers=tuple(now)))[0]


def weights(*before: Tensor, now: Sequence[Tensor]) -> Any:
    """Compare tensors."""
    return structure.weights(replace(EMPTY, tensors=before), replace(EMPTY, tensors=tuple(now)))


def test_another_number_of_a_layer_is_no_change() -> None:
    """Keras numbers layers anew in every session."""
    found = layers(
        layer("dense"), layer("dense_1", parameters=20), now=[layer("dense_4"), layer("dense_5", parameters=20)]
    )
    assert (found.changes, found.parameters_before, found.parameters_now) == ((), 30, 30)


def test_layers_added_removed_and_replaced_are_found() -> None:
    """In network order; one in the middle does not shift the others."""
    found = layers(
        layer("a"), layer("b", "Flatten", 0), layer("c", parameters=5),
        now=[layer("x"), layer("new", "Dropout", 0), layer("y", "Flatten", 0), layer("z", parameters=6)],
    )  # fmt: skip
    assert found.changes == (
        LayerChange(before=None, now="new (Dropout, 4, 0 parameters)"),
        LayerChange(before="c (Dense, 4, 5 parameters)", now="z (Dense, 4, 6 parameters)"),
    )
    assert (found.layers_before, found.layers_now) == (3, 4)


def test_parameters_count_once() -> None:
    """Those of layers inside others are part of the outer ones; those of shared layers are counted elsewhere."""
    found = layers(
        layer("outer"), layer("outer/in", outer=False), layer("again", shared_with="outer"), now=[layer("outer")]
    )
    assert (found.parameters_before, found.parameters_now) == (10, 10)


def test_too_many_layers_are_not_aligned() -> None:
    """The time grows with their product: the reason stands in place of the structure."""
    many = tuple(layer(str(index), parameters=index) for index in range(1001))
    found, reason = structure.structure(replace(EMPTY, layers=many), replace(EMPTY, layers=many[:1]))
    assert (found, reason) == (None, "a model has more than 1,000 layers")


def test_what_a_release_does_not_tell_is_said() -> None:
    """No overview, no weights section."""
    assert structure.structure(EMPTY, EMPTY) == (None, "1 (2026-01-02) has no overview of the layers")
    assert structure.weights(EMPTY, EMPTY) == (None, "1 (2026-01-02) has no digests of the weights")


def test_tensors_are_frozen_or_changed_bit_by_bit() -> None:
    """By position where the shapes agree, so that names may differ."""
    found, _ = weights(
        tensor("d/kernel", "1"), tensor("d/bias", "2"), now=[tensor("d_3/kernel", "9"), tensor("d_3/bias", "2")]
    )
    assert (found.changed, found.frozen, found.added) == (("d_3/kernel",), ("d_3/bias",), ())


def test_tensors_of_other_models_are_matched_by_name() -> None:
    """Added, removed and reshaped."""
    found, _ = weights(
        tensor("a/kernel"), tensor("b/kernel"), tensor("c/kernel"),
        now=[tensor("a/kernel"), tensor("b/kernel", shape=(3, 2)), tensor("d/kernel")],
    )  # fmt: skip
    assert (found.frozen, found.reshaped) == (("a/kernel",), ("b/kernel",))
    assert (found.added, found.removed) == (("d/kernel",), ("c/kernel",))


def test_models_without_a_common_tensor_are_not_compared() -> None:
    """All added and all removed would say nothing."""
    assert weights(tensor("a/kernel"), now=[tensor("b/bias")]) == (None, "the two have no weight tensor in common")


def check(state: str, low: float = 0.9, value: float = 0.95) -> CheckOutcome:
    """Make the outcome of a check."""
    return CheckOutcome(
        address="performance.accuracy", title="Accuracy", unit="fraction", model="a", subject=None, low=low, high=None,
        severity="fail", state=state, metric=Metric(value=value, unit="fraction"), reason=None,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ([check("PASS")], [check("FAIL", value=0.8)], [("PASS", "FAIL")]),
        ([check("PASS")], [check("PASS")], []),
        ([check("PASS")], [check("PASS", low=0.92)], [(None, "PASS"), ("PASS", None)]),
        ([], [check("FAIL")], [(None, "FAIL")]),
    ],
)
def test_checks_that_came_out_differently(before: Any, now: Any, found: Any) -> None:
    """The same limits; a check with other limits is another check."""
    assert [(one.before, one.now) for one in structure.flipped(before, now)] == found
