"""What models cost: closed forms for every operation, published numbers, and the reasons of missing totals."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import warm

pytestmark = pytest.mark.keras

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the costs of the models of ``costs.py``, which ran in a process of its own."""
    file = tmp_path_factory.mktemp("costs") / "found.pickle"
    warm.python(TESTS / "costs.py", file).check_returncode()
    content: dict[str, Any] = pickle.loads(file.read_bytes())  # noqa: S301 our own
    return content


LSTM = 5 * 4 * 7 * (6 + 7)
CLOSED_FORMS = {
    "dense": 6 * 7,
    "dense on a sequence": 5 * 6 * 7,
    "einsum, ellipsis": 5 * 6 * 7,
    "einsum": 5 * 6 * (2 * 3),
    "conv1d, groups": 5 * 4 * 3 * (6 // 2),
    "conv2d": 6 * 6 * 4 * (3 * 3 * 3),
    "conv3d": 3**3 * 2 * 2**3,
    "transposed": 5 * 5 * 2 * (3 * 3 * 4),
    "depthwise": 4 * 4 * (3 * 2) * 3 * 3,
    "separable": 4 * 4 * (3 * 2) * (3 * 3 + 5),
    "separable1d": 4 * 3 * (3 + 5),
    "simple rnn": 5 * 7 * (6 + 7),
    "lstm": LSTM,
    "gru": 5 * 3 * 7 * (6 + 7),
    "bidirectional": 2 * LSTM,
    "stacked cells": LSTM + 5 * 3 * 4 * (7 + 4),
    "conv lstm": 5 * (4 * 5) * (4 * 4) * 3 * 3 * (3 + 4),
    "conv lstm, sequences": 5 * (4 * 5) * (4 * 4) * 3 * 3 * (3 + 4),
    "time distributed": 5 * 6 * 3,
    "time distributed model": 5 * (6 * 3 + 3 * 2),
    "attention": 5 * 9 * (6 + 6),
    "multi-head": 5 * 6 * 6 + 9 * 6 * 6 + 9 * 6 * 8 + 2 * 5 * 9 * (3 + 4) + 5 * 8 * 6,
    "multi-head, keywords": 5 * 6 * 6 + 2 * 9 * 6 * 6 + 2 * 5 * 9 * (3 + 3) + 5 * 6 * 6,
    "multi-head, one axis": 4 * (4 * 5 * 6 * 6 + 2 * 5 * 5 * (3 + 3)),
    "grouped query": 5 * 6 * (16 + 8 + 8) + 4 * 5 * 5 * (4 + 4) + 5 * 16 * 6,
    "dot": 5 * 9 * 6,
    "embedding": 0,
    "reversible embedding": 5 * 4 * 10,
    "product in the graph": 5 * 5 * 6,
    "spectral": 4 * 3,
    "uncounted layers": 0,
    "shared": 4 * 5 * 6 * 6,
    "by name": (4 + 2) * 3,
    "half": 2 * 2 * 3 * (3 * 3 * 2),
    "subclassed": 2 * (6 * 8 + 8 * 6) + 6 * 3,
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_every_operation_has_its_closed_form(found: dict[str, Any], name: str) -> None:
    """Counted by hand; nothing is missing."""
    one = found[name]
    assert (one.multiply_adds, one.uncounted, one.unsized) == (CLOSED_FORMS[name], None, None)
    assert sum(layer.multiply_adds for layer in one.layers) == one.multiply_adds


def test_published_numbers(found: dict[str, Any]) -> None:
    """MobileNetV2: 300 M (Sandler et al. 2018, table 4); ResNet-50: 3.8 G (He et al. 2016, table 1) and its classifier."""
    assert round(found["MobileNetV2"].multiply_adds, -7) == 300_000_000
    assert found["ResNet50"].multiply_adds == pytest.approx(3.86e9, rel=1e-3)


def test_the_profiler_of_tensorflow_agrees(found: dict[str, Any]) -> None:
    """Two floating-point operations for each multiply-add, where there is nothing else."""
    assert found["profiler"] == 2 * found["convolutional"].multiply_adds


def test_calls_of_shared_layers_count(found: dict[str, Any]) -> None:
    """Under the name of the layer, those inside a shared model too; a step of a sequence is a call."""
    rows = [(one.name, one.kind, one.calls, one.multiply_adds) for one in found["shared"].layers]
    assert rows == [("dense", "Dense", 2, 360), ("inner/deep", "Dense", 2, 360)]
    assert [(one.name, one.calls) for one in found["subclassed"].layers] == [
        ("block/first", 2),
        ("block/second", 2),
        ("out", 1),
    ]
    assert [one.calls for one in found["time distributed model"].layers] == [5, 5]


FLOAT = 4


@pytest.mark.parametrize(
    ("name", "activations", "working"),
    [
        ("conv2d", 6 * 6 * 4 * FLOAT, (6 * 6 * 4 + 8 * 8 * 3) * FLOAT),
        ("lstm", 7 * FLOAT, (7 + 5 * 6) * FLOAT),
        ("shared", 4 * 30 * FLOAT, 60 * FLOAT),
        ("subclassed", (2 * (8 + 6) + 3) * FLOAT, 14 * FLOAT),
        ("multi-head, keywords", (30 + 2 * 54 + 30) * FLOAT, 2 * 54 * FLOAT),
        ("half", 2 * 2 * 3 * 2, 2 * 2 * 3 * 2 + 4 * 4 * 2 * FLOAT),
    ],
)
def test_memory_of_layer_outputs(found: dict[str, Any], name: str, activations: int, working: int) -> None:
    """By hand: of nested layers those inside, of attention no scores, in half precision half; a change of shape is none."""
    assert (found[name].activation_bytes, found[name].working_bytes) == (activations, working)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("own weight", "not on the list of operations: subclassed (Subclassed)"),
        ("idle layer", "with weights, but not called: idle"),
        ("custom", "not on the list of operations: custom (Custom)"),
        ("custom cell", "not on the list of operations: loop (RNN)"),
        ("einsum in the graph", "not on the list of operations: einsum (Einsum)"),
        ("scores", "not on the list of operations: scores (Scores)"),
        ("loop", "not on the list of operations: loop (Loop)"),
        ("scores of steps", "not on the list of operations: steps (TimeDistributed)"),
        ("tied", "not on the list of operations: tied (Tied)"),
        ("variable", "x0 has a variable size (* × * × 3)"),
    ],
)
def test_what_cannot_be_counted_has_a_reason(found: dict[str, Any], name: str, reason: str) -> None:
    """The total is missing, never a part of it; the memory is known where the sizes are."""
    one = found[name]
    assert (one.multiply_adds, one.uncounted) == (None, reason)
    assert (one.activation_bytes is None) == (one.working_bytes is None) == (name == "variable")


def test_a_model_that_cannot_be_traced_has_the_reason(found: dict[str, Any]) -> None:
    """Of Keras or of its own code; it is no failure of the model."""
    one = found["eager"]
    assert one.uncounted == one.unsized != ""
    assert one.uncounted.startswith("the model cannot be traced (")
    assert found["times of eager"].reason.startswith("the model cannot be run on zeros (")


def test_times_are_measured_for_every_batch_size(found: dict[str, Any]) -> None:
    """As many repetitions as asked for, for one input or several; without sizes there is a reason."""
    for name in ("convolutional", "multi-head", "by name"):
        made = found[f"times of {name}"]
        assert [(one.batch_size, len(one.seconds)) for one in made.batches] == [(1, 4), (3, 4)]
        assert all(second > 0 for one in made.batches for second in one.seconds)
        assert made.machine.processor
        assert made.machine.cores >= 1
    assert found["times of variable"].batches == ()
    assert found["times of variable"].reason == "x0 has a variable size (* × * × 3)"
