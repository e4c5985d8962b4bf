"""Recreate the example: data, three classifiers and their histories, from scikit-learn's handwritten digits.

Run as ``python specs/digits/train.py``; writes into its own folder. Seeded: repeated runs on one machine agree.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
SEED = 20


def split_data() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the stratified splits: x (n, 8, 8, 1) uint8 from 0 to 16, y (n,) uint8."""
    digits = load_digits()
    x, y = digits.images[..., None].astype(np.uint8), digits.target.astype(np.uint8)
    x_rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=600, stratify=y, random_state=SEED)
    x_train, x_val, y_train, y_val = train_test_split(x_rest, y_rest, test_size=240, stratify=y_rest, random_state=SEED)
    return {"train": (x_train, y_train), "validation": (x_val, y_val), "test": (x_test, y_test)}


def mlp() -> keras.Model:
    """Two hidden layers, softmax activation in the last one; overtrained."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Flatten(),
            keras.layers.Dense(96, activation="relu"),
            keras.layers.Dense(48, activation="relu"),
            keras.layers.Dense(10, activation="softmax", name="digit"),
        ],
        name="mlp",
    )


def cnn() -> keras.Model:
    """Two convolutions; outputs logits, as its loss expects."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Rescaling(1 / 16),
            keras.layers.Conv2D(12, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(24, 3, padding="same", activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10, name="digit"),
        ],
        name="cnn",
    )


def cnn_dropout() -> keras.Model:
    """Two convolutions with batch normalization, pooling and dropout; a separate softmax layer at the end."""
    image = keras.Input((8, 8, 1), name="image")
    h = keras.layers.Rescaling(1 / 16)(image)
    for filters in (16, 32):
        h = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(h)
        h = keras.layers.BatchNormalization()(h)
        h = keras.layers.Activation("relu")(h)
    h = keras.layers.MaxPooling2D()(h)
    h = keras.layers.Flatten()(h)
    h = keras.layers.Dropout(0.5)(h)
    h = keras.layers.Dense(10)(h)
    return keras.Model(image, keras.layers.Softmax(name="digit")(h), name="cnn_dropout")


def train(name: str, model: keras.Model, epochs: int, rate: float, *, from_logits: bool) -> None:
    """Train a model and save it with its history."""
    splits = {key: (x, y.astype(np.int64)) for key, (x, y) in split_data().items()}
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
        metrics=["accuracy"],
    )
    callbacks = [keras.callbacks.CSVLogger(HERE / "cnn_history.csv")] if name == "cnn" else []
    history = model.fit(
        *splits["train"],
        validation_data=splits["validation"],
        epochs=epochs,
        batch_size=32,
        verbose=0,
        callbacks=callbacks,
    )
    if not callbacks:
        curves = {key: [round(float(value), 6) for value in values] for key, values in history.history.items()}
        (HERE / f"{name}_history.json").write_text(json.dumps(curves) + "\n", "utf-8")
    model.optimizer = None
    model.save(HERE / f"{name}.keras")
    loss, accuracy = model.evaluate(*splits["test"], verbose=0)
    print(f"{name}: test accuracy {accuracy:.4f}, NLL {loss:.4f}")


def main() -> None:
    """Write data, models and histories."""
    keras.utils.set_random_seed(SEED)
    for name, (x, y) in split_data().items():
        np.savez_compressed(HERE / f"{name}.npz", x=x, y=y)
    train("mlp", mlp(), 60, 2e-3, from_logits=False)
    train("cnn", cnn(), 30, 2e-3, from_logits=True)
    train("cnn_dropout", cnn_dropout(), 25, 1e-3, from_logits=False)


if __name__ == "__main__":
    main()
