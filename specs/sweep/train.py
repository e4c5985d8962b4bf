"""Train the models of ``specs/sweep.yaml``: a sweep of 24 small models, and three checkpoints of a run.

Run as ``python specs/sweep/train.py``; writes into its own folder and keeps existing files. Seeded: repeated runs on one
machine agree. The models are not part of the repository.
"""

from __future__ import annotations

import json
import os
from itertools import product
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

HERE = Path(__file__).parent
DIGITS = HERE.parent / "digits"
SEED = 7
EPOCHS = 12
KINDS, WIDTHS, DROPOUTS, RATES = ("cnn", "mlp"), (8, 24), (0.0, 0.4), (0.0003, 0.003, 0.03)


def build(kind: str, width: int, dropout: float) -> keras.Model:
    """Return an untrained model that outputs logits."""
    body = {
        "cnn": [
            keras.layers.Conv2D(width, 3, padding="same", activation="relu", name="first"),
            keras.layers.MaxPooling2D(name="pool"),
            keras.layers.Conv2D(2 * width, 3, padding="same", activation="relu", name="second"),
            keras.layers.Flatten(name="flatten"),
        ],
        "mlp": [
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(4 * width, activation="relu", name="first"),
            keras.layers.Dense(2 * width, activation="relu", name="second"),
        ],
    }[kind]
    drop = [keras.layers.Dropout(dropout, name="dropout")] if dropout else []
    head = [keras.layers.Dense(10, name="digit")]
    first = [keras.Input((8, 8, 1), name="image"), keras.layers.Rescaling(1 / 16, name="rescaling")]
    return keras.Sequential([*first, *body, *drop, *head], name=kind)


def data(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of a split."""
    with np.load(DIGITS / f"{split}.npz") as arrays:
        return arrays["x"], arrays["y"].astype(np.int64)


def fit(model: keras.Model, rate: float, callbacks: list[keras.callbacks.Callback]) -> dict[str, list[float]]:
    """Train a model and return its history."""
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = model.fit(
        *data("train"),
        validation_data=data("validation"),
        epochs=EPOCHS,
        batch_size=32,
        verbose=0,
        callbacks=callbacks,
    )
    return {key: [round(float(value), 6) for value in values] for key, values in history.history.items()}


def sweep() -> None:
    """Train every combination that does not exist yet."""
    for place, (kind, width, dropout, rate) in enumerate(product(KINDS, WIDTHS, DROPOUTS, RATES)):
        folder = HERE / "runs" / f"{kind}-w{width}-drop{dropout}-lr{rate}"
        if (folder / "model.keras").exists():
            continue
        keras.utils.set_random_seed(SEED + place)
        model = build(kind, width, dropout)
        curves = fit(model, rate, [])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "history.json").write_text(json.dumps(curves) + "\n", "utf-8")
        model.save(folder / "model.keras")
        print(f"{folder.name}: validation accuracy {curves['val_accuracy'][-1]:.3f}")
        keras.backend.clear_session()


def checkpoints() -> None:
    """Train one model and save its initial, best and final checkpoints."""
    folder = HERE / "checkpoints"
    if (folder / "final.keras").exists():
        return
    folder.mkdir(exist_ok=True)
    keras.utils.set_random_seed(SEED)
    model = build("cnn", 16, 0.0)
    model.save(folder / "init.keras")
    best = keras.callbacks.ModelCheckpoint(folder / "best.keras", monitor="val_loss", save_best_only=True)
    fit(model, 0.01, [best])
    model.save(folder / "final.keras")
    print("checkpoints: init, best, final")


if __name__ == "__main__":
    sweep()
    checkpoints()
