"""Writes models of every kind that needs care, and data for them, into a folder: ``python zoo.py FOLDER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LAYERS = """
import keras

@keras.saving.register_keras_serializable(package="zoo")
class Doubling(keras.layers.Layer):
    def call(self, x):
        return 2 * x

@keras.saving.register_keras_serializable(package="zoo")
class Subclassed(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.head = keras.layers.Dense(3, activation="softmax")
    def call(self, x):
        return self.head(x)

@keras.saving.register_keras_serializable(package="zoo")
class Shy(keras.layers.Layer):
    def call(self, x):
        if keras.layers.Layer.__call__.__module__.startswith("reportgen"):
            raise ValueError("not while I am watched")
        return 1 * x

class Unrunnable(keras.layers.Layer):
    def compute_output_shape(self, shape):
        return shape

@keras.saving.register_keras_serializable(package="zoo")
class Failing(Unrunnable):
    def call(self, x):
        raise RuntimeError("no such device")

@keras.saving.register_keras_serializable(package="zoo")
class Leaving(Unrunnable):
    def call(self, x):
        raise SystemExit(0)
"""


def main(folder: Path) -> None:  # noqa: PLR0915 a list of models
    """Write everything."""
    import keras
    import numpy as np
    import pandas as pd

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    (folder / "layers.py").write_text(LAYERS, "utf-8")
    sys.path.insert(0, str(folder))
    import layers

    x, y = rng.normal(size=(20, 4)).astype(np.float32), np.arange(20) % 3
    kernel, bias = rng.normal(size=(4, 3)).astype(np.float32), np.zeros(3, np.float32)

    def save(name: str, outputs, inputs, weights=None) -> None:  # noqa: ANN001
        model = keras.Model(inputs, outputs)
        if weights is not None:
            model.set_weights(weights)
        model.save(folder / f"{name}.keras")

    def dense(**options):  # noqa: ANN003, ANN202
        return keras.layers.Dense(3, **options)

    one = keras.Input((4,))
    both = [kernel, bias]
    save("softmax", dense(activation="softmax")(one), one, both)
    save("linear", dense()(one), one, both)
    save("ambiguous", dense()(one), one, both)
    save("softmax_layer", keras.layers.Softmax()(dense()(one)), one, both)
    save("activation", keras.layers.Activation("softmax")(dense()(one)), one, both)
    save("ops", keras.ops.softmax(dense()(one)), one, both)
    save("saturated", dense(activation="softmax")(one), one, [kernel * 1000, bias])
    save("nan", dense(activation="softmax")(one), one, [kernel * np.nan, bias])
    save("custom", keras.layers.Softmax()(layers.Doubling()(dense()(one))), one, both)
    save("shy", keras.layers.Softmax()(dense()(layers.Shy()(one))), one, both)
    save("failing", dense(activation="softmax")(layers.Failing()(one)), one, both)
    save("leaving", dense(activation="softmax")(layers.Leaving()(one)), one, both)
    shared = dense(activation="softmax", name="shared")
    save("shared_head", [shared(one), shared(2 * one)], one, both)
    inner = keras.Sequential([keras.Input((4,)), dense(activation="softmax")])
    save("nested", inner(one), one, both)
    save("lambda", keras.layers.Lambda(lambda t: t)(dense()(one)), one, both)
    save("sigmoid", keras.layers.Dense(1, activation="sigmoid")(one), one, [kernel[:, :1], bias[:1]])
    save("multilabel", dense(activation="sigmoid")(one), one, both)
    model = keras.Model(one, keras.layers.Dense(1)(one))
    model.compile(loss="mse")
    model.save(folder / "regression.keras")
    model = keras.Model(one, dense()(one))
    model.compile(loss="mse")
    model.set_weights(both)
    model.save(folder / "values.keras")
    tokens = keras.Input((6, 4))
    save("sequence", dense(activation="softmax")(tokens), tokens)
    other = keras.Input((4,))
    save("two_inputs", dense(activation="softmax")(keras.layers.Add()([one, other])), [one, other])
    kind, size = dense(activation="softmax", name="kind")(one), keras.layers.Dense(1, name="size")(one)
    save("two_heads", [kind, size], one)
    subclassed = layers.Subclassed()
    subclassed(x)
    subclassed.set_weights(both)
    subclassed.save(folder / "subclassed.keras")
    (folder / "corrupt.keras").write_bytes(b"this is no archive")
    whole = (folder / "softmax.keras").read_bytes()
    middle = len(whole) // 2
    (folder / "damaged.keras").write_bytes(whole[:middle] + b"\xff" * 64 + whole[middle + 64 :])

    np.savez(folder / "good.npz", x=x, y=y)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    table = pd.DataFrame(x, columns=list("abcd")).assign(label=y)
    table.to_csv(folder / "good.csv", index=False)
    table.to_parquet(folder / "good.parquet")
    holes = x.copy()
    holes[3, 0], holes[5, 1] = np.nan, np.inf
    _other_sources(folder, x, y)
    np.savez(folder / "nan.npz", x=holes, y=y)
    np.savez(folder / "empty.npz", x=x[:0], y=y[:0])
    np.savez(folder / "uneven.npz", x=x, y=y[:19])
    np.savez(folder / "outside.npz", x=x, y=np.where(np.arange(20) == 7, 3, y))
    np.savez(folder / "wide.npz", x=np.zeros((20, 5), np.float32), y=y)
    np.savez(folder / "strings.npz", x=x, y=np.where(y > 0, "yes", "no"))
    np.savez(folder / "floats.npz", x=x, y=rng.normal(size=20))
    np.savez(folder / "three.npz", x=x, y=x @ kernel + np.float32([1, 0, -2]))
    several = rng.integers(0, 2, (20, 3))
    np.savez(folder / "multilabel.npz", x=x, y=several)
    shares = rng.random(20)
    np.savez(folder / "shares.npz", x=x, y=shares)
    np.savez(folder / "sequence.npz", x=rng.normal(size=(20, 6, 4)).astype(np.float32), y=rng.integers(0, 3, (20, 6)))
    np.savez(folder / "heads.npz", x=x, kind=y, size=rng.normal(size=20))

    def nll(scale: float) -> float:
        z = scale * (x.astype(float) @ kernel)
        return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(20), y]).mean())

    z = x.astype(float) @ kernel
    wrong = (z > 0) != several
    labels = {
        "nll": float(np.logaddexp(0, np.where(several, -z, z)).mean()),
        "exact_match": float((~wrong.any(axis=1)).mean()),
        "hamming_loss": float(wrong.mean()),
    }
    share_mae = float(np.abs(1 / (1 + np.exp(-z[:, 0])) - shares).mean())
    expected = {"nll": nll(1.0), "doubled": nll(2.0), "multilabel": labels, "share_mae": share_mae}
    (folder / "expected.json").write_text(json.dumps(expected), "utf-8")


DATA = """
from pathlib import Path
import numpy as np

def halves():
    with np.load(Path(__file__).with_name("good.npz")) as file:
        return file["x"] / np.float32(2), file["y"]

def double(x):
    return x * np.float32(2)
"""


def _other_sources(folder: Path, x: Any, y: Any) -> None:
    """Write the good rows for the sources that TensorFlow reads, and a function that returns them."""
    import tensorflow as tf

    tf.data.Dataset.from_tensor_slices((x, y)).batch(7).save(str(folder / "saved"))
    with tf.io.TFRecordWriter(str(folder / "good.tfrecord")) as file:
        for row, label in zip(x, y, strict=True):
            features = {
                "a": tf.train.Feature(float_list=tf.train.FloatList(value=row)),
                "kind": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            file.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    (folder / "data.py").write_text(DATA, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
