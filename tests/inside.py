"""Looks inside models that must come out right, and leaves what was found: ``python inside.py FILE``."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras import layers

from reportgen.evaluation.architecture import describe
from reportgen.evaluation.probing import Probing
from reportgen.evaluation.structure import walk
from reportgen.evaluation.weights import weight_tensors


class Block(layers.Layer):
    """Does something after its inner layers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first, self.second = layers.Dense(6, activation="relu", name="first"), layers.Dense(6, name="second")

    def call(self, x: Any) -> Any:
        """Add a residual."""
        return x + self.second(self.first(x))


class Subclassed(keras.Model):
    """Calls a block twice and keeps a weight of its own."""

    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.into, self.block, self.out = layers.Dense(6, name="into"), Block(name="block"), layers.Dense(3, name="out")
        self.gain = self.add_weight(shape=(6,), initializer="ones", name="gain")

    def call(self, x: Any) -> Any:
        """Run."""
        return self.out(self.block(self.block(self.into(x))) * self.gain)


class Eager(keras.Model):
    """Cannot be traced: Python looks at a value."""

    def __init__(self) -> None:
        super().__init__(name="eager")
        self.hidden, self.out = layers.Dense(4, name="hidden"), layers.Dense(3, name="out")

    def call(self, x: Any) -> Any:
        """Run."""
        hidden = self.hidden(x)
        return self.out(hidden if float(keras.ops.sum(hidden)) > 0 else -hidden)


def adapted() -> dict[str, Any]:
    """Quantize layers and adapt them with LoRA; return the tensors that are found, and how the layers answer to units."""
    units = np.eye(7, dtype="float32")
    made = {
        "dense": (lambda: layers.Dense(5), (7,), units),
        "einsum": (lambda: layers.EinsumDense("abc,cde->abde", (None, 4, 3)), (1, 7), units[:, None]),
        "turned": (lambda: layers.EinsumDense("abc,cde->abed", (None, 3, 4)), (1, 7), units[:, None]),
        "embedding": (lambda: layers.Embedding(7, 6), (), np.arange(7)),
    }
    found = {}
    for name, (make, shape, x) in made.items():
        for mode, lora in ((None, True), ("int8", False), ("int8", True), ("int4", False), ("float8", False)):
            if lora and name == "turned":
                continue  # Keras cannot
            layer = make()
            model = keras.Sequential([keras.Input(shape, dtype=x.dtype.name), layer])
            if mode is not None:
                model.quantize(mode)
            if lora:
                layer.enable_lora(2)
                own = layer.lora_embeddings_b if name == "embedding" else layer.lora_kernel_b
                own.assign(np.random.default_rng(3).normal(size=own.shape))
            found[name, mode, lora] = weight_tensors(model), np.asarray(layer(x), np.float32)
    return found


def convolutional() -> keras.Model:
    """Nest a backbone with depthwise, grouped, separable and transposed convolutions, normalised and activated."""
    inside = keras.Input((8, 8, 4))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv")(inside)
    x = layers.ReLU(6.0, name="relu")(layers.BatchNormalization(name="norm")(x))
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu", name="depthwise")(x)
    x = layers.Conv2D(8, 3, groups=2, strides=2, activation="relu", name="grouped")(x)
    backbone = keras.Model(inside, layers.SeparableConv2D(6, 2, name="separable")(x), name="backbone")
    image = keras.Input((8, 8, 4))
    x = layers.Conv2DTranspose(5, 2, strides=2, activation="tanh", name="transposed")(backbone(image))
    x = layers.Dense(3, name="head")(layers.GlobalAveragePooling2D(name="pool")(x))
    return keras.Model(image, x, name="convolutional")


def sequence() -> keras.Model:
    """Attend over masked tokens, then read them with recurrent layers."""
    tokens = keras.Input((10,), dtype="int32")
    x = layers.Embedding(20, 8, mask_zero=True, name="embedding")(tokens)
    attended = layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    x = layers.LayerNormalization(name="norm")(layers.Add(name="add")([x, attended]))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True, name="lstm"), name="both")(x)
    x = layers.GRU(5, name="gru")(x)
    return keras.Model(tokens, layers.Dense(3, name="head")(x), name="sequence")


def shared() -> keras.Model:
    """Call one layer twice."""
    left, right = keras.Input((5,), name="left"), keras.Input((5,), name="right")
    tower = layers.Dense(4, activation="relu", name="tower")
    both = layers.Concatenate(name="join")([tower(left), tower(right)])
    return keras.Model([left, right], layers.Dense(3, name="head")(both), name="shared")


def dense(*, dead: bool = False, nan: bool = False) -> keras.Model:
    """Make a plain model; with a channel that never fires, or with NaN among its weights."""
    inputs = keras.Input((5,))
    x = layers.Dense(6, activation="relu", name="hidden")(inputs)
    model = keras.Model(inputs, layers.Dense(3, name="head")(x), name="dense")
    kernel, bias = model.get_layer("hidden").get_weights()
    if dead:
        kernel[:, 2], bias[2] = 0.0, -1.0
    model.get_layer("hidden").set_weights([kernel, bias])
    if nan:  # in the last layer: TensorFlow's ReLU makes 0 of NaN on some machines
        kernel, bias = model.get_layer("head").get_weights()
        model.get_layer("head").set_weights([kernel * np.where(np.arange(3) == 1, np.nan, 1), bias])
    return model


def probe(model: keras.Model, x: Any, size: int, selection: Any = "units") -> tuple[Any, Any]:
    """Return what was probed, and the predictions."""
    n = len(next(iter(x.values())) if isinstance(x, dict) else x)
    names = {id(place.layer): place.name for place in reversed(walk(model))}
    probing = Probing(model, names, selection, np.arange(n), "all rows", 0)
    outputs = []
    for start in range(0, n, size):
        rows = slice(start, start + size)
        outputs.append(
            probing.predict({key: one[rows] for key, one in x.items()} if isinstance(x, dict) else x[rows], start)
        )
    return probing.result(), np.concatenate(outputs)


def main(file: Path) -> None:
    """Look inside every model."""
    keras.utils.set_random_seed(0)
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(50, 5)).astype(np.float32)
    tokens = generator.integers(1, 20, (50, 10))
    tokens[:, 6:] = 0
    models = {
        "convolutional": (convolutional(), generator.normal(size=(50, 8, 8, 4)).astype(np.float32)),
        "sequence": (sequence(), tokens),
        "shared": (shared(), {"left": rows, "right": rows[::-1].copy()}),
        "subclassed": (Subclassed(), rows),
        "eager": (Eager(), rows),
        "dead": (dense(dead=True), rows),
        "nan": (dense(nan=True), rows),
    }
    found: dict[str, Any] = {}
    for name, (model, x) in models.items():
        model({key: one[:1] for key, one in x.items()} if isinstance(x, dict) else x[:1])
        activations, predictions = probe(model, x, 50)
        again, _ = probe(model, x, 7)
        every, _ = probe(model, x, 50, "all")
        plain = None if name == "eager" else model.predict(x, verbose=0)
        described = describe(SimpleNamespace(model=model, compiled={}, form="keras"))  # type: ignore[arg-type]
        found[name] = {
            "activations": activations,
            "again": again,
            "all": every,
            "predictions": predictions,
            "plain": plain,
            "weights": weight_tensors(model),
            "architecture": described,
            "parameters": model.count_params(),
        }
    model, x = models["convolutional"]
    taken = keras.Model(model.get_layer("backbone").inputs, model.get_layer("backbone").get_layer("relu").output)
    found["convolutional"]["relu"] = taken.predict(x, verbose=0)
    model, _ = models["sequence"]
    embedded = keras.Model(model.inputs, model.get_layer("embedding").output).predict(tokens, verbose=0)
    found["sequence"]["embedded"] = embedded
    attention = model.get_layer("attention")
    short = embedded[:, :6]
    found["sequence"]["scores"] = np.asarray(attention(short, short, return_attention_scores=True)[1])
    found["adapted"] = adapted()
    file.write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
