"""What is seen inside models: layers, weights and activations, of every kind that needs care."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warm
from scipy.stats import entropy

pytestmark = pytest.mark.keras

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything that was found in the models of ``inside.py``, which ran in a process of its own."""
    file = tmp_path_factory.mktemp("inside") / "found.pickle"
    warm.python(TESTS / "inside.py", file).check_returncode()
    content: dict[str, Any] = pickle.loads(file.read_bytes())  # noqa: S301 our own
    return content


def layer(one: Any, name: str) -> Any:
    """Return a probed layer."""
    return next(item for item in one["activations"].layers if item.name == name)


def tensor(one: Any, name: str) -> Any:
    """Return a weight."""
    return next(item for item in one["weights"] if item.name == name)


MODELS = ("convolutional", "sequence", "shared", "subclassed", "dead")


@pytest.mark.parametrize("name", MODELS)
def test_watching_changes_no_prediction(found: dict[str, Any], name: str) -> None:
    """The watched run predicts what Keras predicts."""
    assert np.allclose(found[name]["predictions"], found[name]["plain"], atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_the_batch_size_does_not_matter(found: dict[str, Any], name: str) -> None:
    """Batches of 7 and of 50 give the same numbers."""
    for one, other in zip(found[name]["activations"].layers, found[name]["again"].layers, strict=True):
        assert one.name == other.name
        assert one.n_values == other.n_values
        for field in ("mean", "squares", "absolute", "minimum", "maximum", "positive", "zero", "pooled", "positions"):
            assert np.allclose(getattr(one, field), getattr(other, field), rtol=1e-5, atol=1e-5), (one.name, field)


@pytest.mark.parametrize(
    ("mode", "lora"), [(None, True), ("int8", False), ("int8", True), ("int4", False), ("float8", False)]
)
@pytest.mark.parametrize("name", ["dense", "einsum", "turned", "embedding"])
def test_weights_are_those_that_take_effect(found: dict[str, Any], name: str, mode: str | None, *, lora: bool) -> None:
    """Of quantized and adapted layers: their answers to units; scales, zeros, maxima and the parts of LoRA are no weights."""
    if lora and name == "turned":
        return
    tensors, answers = found["adapted"][name, mode, lora]
    (weight,) = (one.values for one in tensors if one.values.ndim > 1)
    assert [one.name.rpartition("/")[2] for one in tensors if one.values.ndim < 2] == ["bias"] * (name == "dense")
    wanted = answers if name in ("dense", "embedding") else answers[:, 0]
    wanted = wanted.swapaxes(1, 2) if name == "turned" else wanted
    assert weight.shape == wanted.shape
    rounded = 0.07 if mode == "float8" else 1e-6  # stored are the numbers that the layer rounds to three bits
    assert np.allclose(weight, wanted, rtol=0, atol=rounded * np.abs(wanted).max())


@pytest.mark.parametrize("name", [*MODELS, "eager", "nan"])
def test_every_weight_is_counted_once(found: dict[str, Any], name: str) -> None:
    """Tensors and architecture have as many numbers as Keras counts."""
    one = found[name]
    assert sum(item.values.size for item in one["weights"]) == one["parameters"] == one["architecture"].parameters
    assert len({item.name for item in one["weights"]}) == len(one["weights"])


def test_units_are_probed_after_their_activation(found: dict[str, Any]) -> None:
    """Convolution, normalisation and activation are one; the nested backbone is looked into."""
    one = found["convolutional"]
    names = [item.name for item in one["activations"].layers]
    assert names == [
        "backbone/conv",
        "backbone/depthwise",
        "backbone/grouped",
        "backbone/separable",
        "transposed",
        "pool",
        "head",
    ]
    stem = layer(one, "backbone/conv")
    assert stem.layers == ("backbone/conv", "backbone/norm", "backbone/relu")
    assert (stem.activation, stem.layer_type, stem.shape) == ("relu6", "Conv2D", (8, 8, 8))
    assert stem.saturated is not None


def test_every_layer_is_probed_on_request(found: dict[str, Any]) -> None:
    """With ``all`` the parts of the unit stand one by one."""
    names = [item.name for item in found["convolutional"]["all"].layers]
    assert names[:3] == ["backbone/conv", "backbone/norm", "backbone/relu"]


def test_every_layer_of_attention_is_probed_on_request(found: dict[str, Any]) -> None:
    """The projections stand one by one, and the layer itself with its entropy."""
    layers = {item.name: item for item in found["sequence"]["all"].layers}
    assert {"attention/query", "attention/attention_output", "both/forward_lstm", "both"} <= set(layers)
    assert layers["attention"].attention is not None


def test_moments_are_those_of_the_activations(found: dict[str, Any]) -> None:
    """The reductions in the graph give what numpy gives on the whole activations."""
    values = found["convolutional"]["relu"].astype(np.float64).reshape(-1, 8)
    stem = layer(found["convolutional"], "backbone/conv")
    assert stem.n_values == len(values)
    assert np.allclose(stem.mean, values.mean(axis=0), rtol=1e-5)
    assert np.allclose(stem.squares, ((values - values.mean(axis=0)) ** 2).sum(axis=0), rtol=1e-4)
    assert np.array_equal(stem.zero, (values == 0).sum(axis=0))
    assert np.array_equal(stem.positive, (values > 0).sum(axis=0))
    assert np.allclose(stem.maximum, values.max(axis=0))
    assert stem.positions.shape == (50, 4, 8)
    images = found["convolutional"]["relu"].reshape(50, -1, 8)
    assert all(
        any(np.array_equal(kept, row) for row in image)
        for kept, image in zip(stem.positions[:, 1], images, strict=True)
    )


def test_masked_tokens_are_left_out(found: dict[str, Any]) -> None:
    """A mask is the deletion of the tokens."""
    embedding = layer(found["sequence"], "embedding")
    kept = found["sequence"]["embedded"][:, :6].astype(np.float64)
    assert embedding.n_values == 50 * 6
    assert np.allclose(embedding.mean, kept.reshape(-1, 8).mean(axis=0), atol=1e-6)
    assert np.allclose(embedding.pooled, kept.mean(axis=1), atol=1e-6)
    assert all(
        any(np.array_equal(position, token) for token in tokens)
        for positions, tokens in zip(embedding.positions, found["sequence"]["embedded"][:, :6], strict=True)
        for position in positions
    )


def test_the_entropy_of_attention(found: dict[str, Any]) -> None:
    """Per head, as scipy has it on the tokens that are no padding."""
    attention = layer(found["sequence"], "attention").attention
    expected = entropy(found["sequence"]["scores"].astype(np.float64), axis=-1).mean(axis=(0, 2))
    assert np.allclose(attention.entropy, expected, atol=1e-5)
    assert np.allclose(attention.relative_entropy, expected / np.log(6), atol=1e-5)
    assert attention.n_queries == 50 * 6


def test_recurrent_layers_are_one_unit(found: dict[str, Any]) -> None:
    """Cells run in a loop and are not looked at; the output of the layer is probed."""
    names = [item.name for item in found["sequence"]["activations"].layers]
    assert names == ["embedding", "attention", "add", "both", "gru", "head"]
    assert layer(found["sequence"], "gru").positions.shape == (50, 1, 5)


def test_gates_stand_one_by_one(found: dict[str, Any]) -> None:
    """Kernels of recurrent layers are split by gate and go by the layer's name."""
    forget = tensor(found["sequence"], "both/forward_lstm/kernel[forget]")
    assert (forget.values.shape, forget.layer_type, forget.kind) == ((8, 4), "LSTM", "recurrent")
    assert tensor(found["sequence"], "gru/recurrent_kernel[candidate]").values.shape == (5, 5)


def test_attention_kernels_are_matrices_by_head(found: dict[str, Any]) -> None:
    """The einsum equation says which axes are summed over."""
    query, output = (tensor(found["sequence"], f"attention/{name}/kernel") for name in ("query", "attention_output"))
    assert (query.inputs, query.outputs, query.heads) == ((0,), (1, 2), 1)
    assert (output.inputs, output.outputs, output.heads) == ((0, 1), (2,), 0)
    assert query.layer_type == "MultiHeadAttention"


def test_convolution_kernels_have_their_axes(found: dict[str, Any]) -> None:
    """Transposed kernels are swapped, depthwise ones are no matrix, groups are known."""
    one = found["convolutional"]
    assert tensor(one, "transposed/kernel").inputs == (0, 1, 3)
    assert tensor(one, "transposed/kernel").strided
    depthwise = tensor(one, "backbone/depthwise/kernel")
    assert (depthwise.kind, depthwise.inputs, depthwise.outputs) == ("depthwise_convolution", (), (2, 3))
    assert tensor(one, "backbone/grouped/kernel").groups == 2
    assert tensor(one, "backbone/separable/pointwise_kernel").kind == "convolution"
    assert tensor(one, "backbone/conv/kernel").initial_rms == pytest.approx(np.sqrt(2 / (9 * 4 + 9 * 8)))


def test_a_shared_layer_has_one_weight_and_two_calls(found: dict[str, Any]) -> None:
    """Its activations are told apart by a number."""
    names = [item.name for item in found["shared"]["activations"].layers]
    assert names == ["tower", "tower#2", "join", "head"]
    assert [item.name for item in found["shared"]["weights"]].count("tower/kernel") == 1


def test_a_subclassed_model_is_seen_whole(found: dict[str, Any]) -> None:
    """Blocks that do something after their inner layers are units; the model's own weight is there."""
    names = [item.name for item in found["subclassed"]["activations"].layers]
    assert names == [
        "into",
        "block/first",
        "block/second",
        "block",
        "block/first#2",
        "block/second#2",
        "block#2",
        "out",
    ]
    assert tensor(found["subclassed"], "subclassed/gain").values.shape == (6,)
    assert found["subclassed"]["architecture"].kind == "subclassed"


def test_a_model_that_cannot_be_traced_runs_eagerly(found: dict[str, Any]) -> None:
    """Python that looks at values is no obstacle."""
    assert [item.name for item in found["eager"]["activations"].layers] == ["hidden", "out"]


@pytest.mark.parametrize(
    ("name", "end"), [("shared", "head"), ("nan", "head"), ("subclassed", "out"), ("eager", "out")]
)
def test_the_layer_that_a_model_ends_in(found: dict[str, Any], name: str, end: str) -> None:
    """Known by the tensor that it gives back, in a graph and without one."""
    assert found[name]["activations"].ends == (end,)


def test_a_dead_channel_is_silent(found: dict[str, Any]) -> None:
    """It is 0 on every value, and no other is."""
    hidden = layer(found["dead"], "hidden")
    assert ((hidden.minimum == 0) & (hidden.maximum == 0)).tolist() == [False, False, True, False, False, False]


def test_nan_is_counted_where_it_begins(found: dict[str, Any]) -> None:
    """The layer with the NaN weight says in how many rows, the one before it is sound."""
    assert [item.not_finite for item in found["nan"]["activations"].layers] == [0, 50]


def test_the_layers_of_the_architecture(found: dict[str, Any]) -> None:
    """Nested layers stand below their model, with its parameters counted in it."""
    layers = {item.name: item for item in found["convolutional"]["architecture"].layers}
    backbone = layers["backbone"]
    inside = [item for name, item in layers.items() if name.startswith("backbone/")]
    assert backbone.n_inner == len(inside) == 7
    assert backbone.parameters == sum(item.parameters for item in inside)
    assert layers["backbone/conv"].output_shape == (8, 8, 8)
    assert backbone.trainable_parameters == backbone.parameters - 16
