"""Counts what models cost whose cost is known, and leaves what was found: ``python costs.py FILE``."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from reportgen.contract.needs import Timing
from reportgen.evaluation.cost import cost
from reportgen.evaluation.times import times


class Residual(layers.Layer):
    """Has layers inside and does something after them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first, self.second = layers.Dense(8, name="first"), layers.Dense(6, name="second")

    def call(self, x: Any) -> Any:
        """Add a residual."""
        return x + self.second(self.first(x))


class Subclassed(keras.Model):
    """Calls a block twice; may have a weight of its own, or a layer that it does not call."""

    def __init__(self, *, gain: bool = False, idle: bool = False) -> None:
        super().__init__(name="subclassed")
        self.block, self.out = Residual(name="block"), layers.Dense(3, name="out")
        self.gain = self.add_weight(shape=(6,), name="gain") if gain else 1.0
        self.idle = layers.Dense(3, name="idle") if idle else None

    def build(self, shape: Any) -> None:
        """Build what is not called too."""
        if self.idle is not None:
            self.idle.build(shape)
        super().build(shape)

    def call(self, x: Any) -> Any:
        """Run."""
        return self.out(self.block(self.block(x)) * self.gain)


class Scores(layers.Layer):
    """Multiplies without weights."""

    def call(self, x: Any) -> Any:
        """Run."""
        return keras.ops.matmul(x, keras.ops.transpose(x, (0, 2, 1)))

    def compute_output_shape(self, shape: Any) -> Any:
        """Return a score for each pair."""
        return (*shape[:-1], shape[-2])


class Loop(layers.Layer):
    """Multiplies in a loop."""

    def call(self, x: Any) -> Any:
        """Run."""
        return tf.map_fn(lambda row: keras.ops.matmul(row, keras.ops.transpose(row)), x)


class Tied(keras.Model):
    """Uses the weights of a layer without calling it for that."""

    def __init__(self) -> None:
        super().__init__(name="tied")
        self.embedding = layers.Embedding(10, 6, name="embedding")

    def call(self, x: Any) -> Any:
        """Run."""
        return keras.ops.matmul(self.embedding(x), keras.ops.transpose(self.embedding.embeddings))


class Eager(layers.Layer):
    """Cannot be traced: Python looks at a value."""

    def call(self, x: Any) -> Any:
        """Run."""
        return x if float(keras.ops.sum(x)) > 0 else -x

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the same."""
        return shape


class Custom(layers.Dense):
    """Computes something else than what it inherits from."""

    def call(self, x: Any) -> Any:
        """Run twice."""
        return super().call(x) + super().call(2 * x)


class Cell(layers.Layer):
    """A recurrent cell that Keras does not know."""

    units = state_size = 3

    def build(self, shape: Any) -> None:
        """Make a kernel."""
        self.kernel = self.add_weight(shape=(shape[-1], 3))

    def call(self, x: Any, states: Any) -> Any:
        """Forget the state."""
        return x @ self.kernel, states


def of(*shapes: tuple[int | None, ...], dtype: str | None = None) -> list[Any]:
    """Make inputs."""
    return [keras.Input(shape, name=f"x{place}", dtype=dtype) for place, shape in enumerate(shapes)]


def single(layer: Any, *shapes: tuple[int | None, ...], dtype: str | None = None) -> keras.Model:
    """Make a model of one layer; a list of shapes is for a layer that takes a list."""
    inputs = of(*shapes, dtype=dtype)
    return keras.Model(inputs, layer(inputs[0] if len(inputs) == 1 else inputs))


def attention(layer: Any, *shapes: tuple[int, ...], **options: Any) -> keras.Model:
    """Make a model of an attention layer with a query, a value and perhaps a key."""
    inputs = of(*shapes)
    return keras.Model(inputs, layer(*inputs, **options))


def keyword_attention() -> keras.Model:
    """Give query and value by name, with a mask; the weights of a dropout make Keras compute the scores explicitly."""
    query, value = of((5, 6), (9, 6))
    mask = keras.Input((5, 9), dtype="bool", name="mask")
    layer = layers.MultiHeadAttention(2, 3, dropout=0.1, name="attention")
    return keras.Model([query, value, mask], layer(query=query, value=value, attention_mask=mask))


def shared() -> keras.Model:
    """Call a layer twice, and a model inside twice."""
    (x,) = of((5, 6))
    dense, inner = (
        layers.Dense(6, name="dense"),
        keras.Sequential([keras.Input((5, 6)), layers.Dense(6, name="deep")], name="inner"),
    )
    return keras.Model(x, inner(inner(dense(dense(x)))))


def reversed_embedding() -> keras.Model:
    """Look tokens up, and multiply with the embeddings at the end."""
    (x,) = of((5,), dtype="int32")
    embedding = layers.ReversibleEmbedding(10, 4)
    return keras.Model(x, embedding(embedding(x), reverse=True))


def products() -> keras.Model:
    """Multiply in the graph."""
    (x,) = of((5, 6))
    return keras.Model(x, x @ keras.ops.transpose(x, (0, 2, 1)))


def einsum_in_the_graph() -> keras.Model:
    """Multiply in the graph by an operation without a formula."""
    (x,) = of((5, 6))
    return keras.Model(x, keras.ops.einsum("abc,adc->abd", x, x))


def uncounted_layers() -> keras.Model:
    """Normalize, activate, pool, add and drop."""
    (x,) = of((8, 8, 3))
    y = layers.PReLU()(layers.BatchNormalization()(x))
    y = layers.Dropout(0.5)(layers.Add()([layers.LayerNormalization()(y), y]))
    return keras.Model(x, layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(y)))


def by_name() -> keras.Model:
    """Take a dict."""
    left, right = keras.Input((4,), name="left"), keras.Input((2,), name="right")
    joined = layers.Concatenate()([left, right])
    return keras.Model({"left": left, "right": right}, layers.Dense(3)(joined))


def half() -> keras.Model:
    """Run in half precision, and change the shape of what comes out."""
    (x,) = of((4, 4, 2))
    y = layers.Conv2D(3, 3, dtype="mixed_float16")(x)
    return keras.Model(x, layers.Dropout(0.5)(layers.Flatten()(y)))


def convolutional() -> keras.Model:
    """Make what the profiler of TensorFlow counts too: no biases."""
    (x,) = of((16, 16, 3))
    y = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
    y = layers.Conv2D(12, 1, use_bias=False)(layers.DepthwiseConv2D(3, use_bias=False)(y))
    return keras.Model(x, layers.Dense(10, use_bias=False)(layers.Flatten()(y)))


def profiled(model: keras.Model) -> int:
    """Return the floating-point operations that the profiler of TensorFlow finds in a model."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    spec = tf.TensorSpec((1, *model.inputs[0].shape[1:]), tf.float32)
    graph = convert_variables_to_constants_v2(tf.function(model).get_concrete_function(spec)).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    found = tf.compat.v1.profiler.profile(graph, cmd="scope", options={**options, "output": "none"})
    return int(found.total_float_ops)


def called(model: keras.Model) -> keras.Model:
    """Build a subclassed model."""
    model(tf.zeros((2, 6)))
    return model


MODELS: dict[str, Any] = {
    "dense": lambda: single(layers.Dense(7), (6,)),
    "dense on a sequence": lambda: single(layers.Dense(7), (5, 6)),
    "einsum, ellipsis": lambda: single(layers.EinsumDense("...x,xy->...y", output_shape=7), (5, 6)),
    "einsum": lambda: single(layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3)), (5, 6)),
    "conv1d, groups": lambda: single(layers.Conv1D(4, 3, strides=2, padding="same", groups=2), (9, 6)),
    "conv2d": lambda: single(layers.Conv2D(4, 3), (8, 8, 3)),
    "conv3d": lambda: single(layers.Conv3D(2, 2), (4, 4, 4, 1)),
    "transposed": lambda: single(layers.Conv2DTranspose(4, 3, strides=2, padding="same"), (5, 5, 2)),
    "depthwise": lambda: single(layers.DepthwiseConv2D(3, depth_multiplier=2), (6, 6, 3)),
    "separable": lambda: single(layers.SeparableConv2D(5, 3, depth_multiplier=2), (6, 6, 3)),
    "separable1d": lambda: single(layers.SeparableConv1D(5, 3), (6, 3)),
    "simple rnn": lambda: single(layers.SimpleRNN(7), (5, 6)),
    "lstm": lambda: single(layers.LSTM(7), (5, 6)),
    "gru": lambda: single(layers.GRU(7, return_sequences=True), (5, 6)),
    "bidirectional": lambda: single(layers.Bidirectional(layers.LSTM(7)), (5, 6)),
    "stacked cells": lambda: single(layers.RNN([layers.LSTMCell(7), layers.GRUCell(4)]), (5, 6)),
    "conv lstm": lambda: single(layers.ConvLSTM2D(4, 3), (5, 6, 7, 3)),
    "conv lstm, sequences": lambda: single(layers.ConvLSTM2D(4, 3, return_sequences=True), (5, 6, 7, 3)),
    "time distributed": lambda: single(layers.TimeDistributed(layers.Dense(3)), (5, 6)),
    "time distributed model": lambda: single(
        layers.TimeDistributed(keras.Sequential([layers.Dense(3), layers.Dense(2)])), (5, 6)
    ),
    "attention": lambda: single(layers.Attention(), (5, 6), (9, 6)),
    "multi-head": lambda: attention(layers.MultiHeadAttention(2, 3, value_dim=4), (5, 6), (9, 6)),
    "multi-head, keywords": keyword_attention,
    "multi-head, one axis": lambda: attention(
        layers.MultiHeadAttention(2, 3, attention_axes=(2,)), (4, 5, 6), (4, 5, 6)
    ),
    "grouped query": lambda: attention(layers.GroupQueryAttention(4, 4, 2), (5, 6), (5, 6)),
    "dot": lambda: single(layers.Dot((2, 2)), (5, 6), (9, 6)),
    "embedding": lambda: single(layers.Embedding(10, 4), (5,), dtype="int32"),
    "reversible embedding": reversed_embedding,
    "product in the graph": products,
    "spectral": lambda: single(layers.SpectralNormalization(layers.Dense(3)), (4,)),
    "uncounted layers": uncounted_layers,
    "shared": shared,
    "by name": by_name,
    "half": half,
    "subclassed": lambda: called(Subclassed()),
    "own weight": lambda: called(Subclassed(gain=True)),
    "idle layer": lambda: called(Subclassed(idle=True)),
    "custom": lambda: single(Custom(3, name="custom"), (4,)),
    "custom cell": lambda: single(layers.RNN(Cell(), name="loop"), (5, 6)),
    "einsum in the graph": einsum_in_the_graph,
    "scores": lambda: single(Scores(name="scores"), (5, 6)),
    "loop": lambda: single(Loop(name="loop"), (5, 6)),
    "scores of steps": lambda: single(layers.TimeDistributed(Scores(), name="steps"), (2, 5, 6)),
    "tied": lambda: called(Tied()),
    "eager": lambda: single(Eager(), (4,)),
    "variable": lambda: single(layers.Conv2D(4, 3), (None, None, 3)),
    "convolutional": convolutional,
    "MobileNetV2": lambda: keras.applications.MobileNetV2(weights=None),
    "ResNet50": lambda: keras.applications.ResNet50(weights=None),
}


def main(file: Path) -> None:
    """Count and measure."""
    found: dict[str, Any] = {}
    asked = Timing(batch_sizes=(1, 3), warm_up=1, repetitions=4)
    for name, make in MODELS.items():
        model = make()
        loaded: Any = SimpleNamespace(name=name, model=model, file=f"{name}.keras")
        found[name] = cost(loaded)
        if name in ("convolutional", "multi-head", "by name", "variable", "eager"):
            found[f"times of {name}"] = times(loaded, asked)
        if name == "convolutional":
            found["profiler"] = profiled(model)
    file.write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
