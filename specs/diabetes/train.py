"""Recreate the example of regression: data, two models and their histories, from scikit-learn's diabetes data.

Run as ``python specs/diabetes/train.py``; writes into its own folder. Seeded: repeated runs on one machine agree.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
SEED = 9
COLUMNS = (
    "age",
    "sex",
    "bmi",
    "blood_pressure",
    "cholesterol",
    "ldl",
    "hdl",
    "cholesterol_hdl",
    "log_triglycerides",
    "glucose",
)
LABEL = "progression"


def split_data() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the splits: x (n, 10) float32 in the units of the study, y (n,) float32."""
    x, y = load_diabetes(return_X_y=True, scaled=False)
    x, y = x.astype(np.float32), y.astype(np.float32)
    x_rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=180, random_state=SEED)
    x_train, x_val, y_train, y_val = train_test_split(x_rest, y_rest, test_size=52, random_state=SEED)
    return {"train": (x_train, y_train), "validation": (x_val, y_val), "test": (x_test, y_test)}


def model(name: str, x: np.ndarray, y: np.ndarray, used: slice, hidden: int) -> keras.Model:
    """Standardize some of the columns, one hidden layer or none, and the scale of the label at the end."""
    patient = keras.Input((len(COLUMNS),), name="patient")
    scaled = keras.layers.Normalization(name="standardized")
    scaled.adapt(x)
    h = scaled(patient)[:, used]
    if hidden:
        h = keras.layers.Dense(
            hidden, activation="relu", kernel_regularizer=keras.regularizers.L2(120.0), name="hidden"
        )(h)
    h = keras.layers.Dense(1, name="score")(h)
    in_units = keras.layers.Normalization(mean=float(y.mean()), variance=float(y.var()), invert=True, name=LABEL)
    return keras.Model(patient, in_units(h), name=name)


def train(name: str, used: slice, hidden: int, epochs: int, rate: float) -> None:
    """Train a model and save it with its history."""
    splits = split_data()
    made = model(name, *splits["train"], used, hidden)
    made.compile(optimizer=keras.optimizers.Adam(rate), loss="mean_squared_error", metrics=["mae"])
    history = made.fit(*splits["train"], validation_data=splits["validation"], epochs=epochs, batch_size=32, verbose=0)
    curves = {key: [round(float(value), 3) for value in values] for key, values in history.history.items()}
    (HERE / f"{name}_history.json").write_text(json.dumps(curves) + "\n", "utf-8")
    made.optimizer = None
    made.save(HERE / f"{name}.keras")
    x, y = splits["test"]
    errors = made.predict(x, verbose=0)[:, 0] - y
    print(f"{name}: test MAE {np.abs(errors).mean():.2f}, RMSE {np.sqrt((errors**2).mean()):.2f}")


def main() -> None:
    """Write data, models and histories."""
    keras.utils.set_random_seed(SEED)
    x, y = split_data()["test"]
    rows = [",".join(f"{value:g}" for value in (*row, label)) for row, label in zip(x, y, strict=True)]
    (HERE / "test.csv").write_text("\n".join([",".join((*COLUMNS, LABEL)), *rows]) + "\n", "utf-8")
    train("bmi", slice(2, 3), 0, 60, 1e-2)
    train("mlp", slice(0, None), 24, 60, 3e-3)


if __name__ == "__main__":
    main()
