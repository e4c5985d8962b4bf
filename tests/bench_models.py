"""Writes what ``bench.py`` builds reports of, and times what they are compared with: ``python bench_models.py WHAT FOLDER``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from reportgen.evaluation.collect import collect
from reportgen.inputs.given import Files
from reportgen.pipeline.flow import read_plan

if TYPE_CHECKING:
    from collections.abc import Callable

LAYERS = 50


def mobilenet(folder: Path) -> None:
    """Write MobileNetV2 with random weights, and a thousand images; print the seconds of a bare predict."""
    images = np.random.default_rng(0).random((1000, 96, 96, 3), dtype=np.float32)
    np.savez(folder / "images.npz", x=images, y=np.arange(1000) % 10)
    model = keras.applications.MobileNetV2(input_shape=(96, 96, 3), weights=None, classes=10)
    model.save(folder / "mobilenet.keras")
    model.predict(images[:256], batch_size=256, verbose=0)
    print(_seconds(lambda: model.predict(images, batch_size=256, verbose=0)))


def segmentation(folder: Path) -> None:
    """Write a small U-Net of 10 classes, and 200 images of 256 x 256."""
    generator = np.random.default_rng(0)
    np.save(folder / "pictures.npy", generator.random((200, 256, 256, 3), dtype=np.float32))
    np.save(folder / "classes.npy", generator.integers(0, 10, (200, 256, 256), dtype=np.uint8))
    inputs = keras.Input((256, 256, 3))
    fine = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    coarse = keras.layers.Conv2D(32, 3, 2, padding="same", activation="relu")(fine)
    up = keras.layers.Conv2DTranspose(16, 3, 2, padding="same", activation="relu")(coarse)
    joined = keras.layers.Concatenate()([fine, up])
    outputs = keras.layers.Conv2D(10, 1, activation="softmax")(joined)
    keras.Model(inputs, outputs).save(folder / "unet.keras")


def images(folder: Path) -> None:
    """Write a small convolution for pictures of 64 x 64."""
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(4, 8, 8), keras.layers.GlobalAveragePooling2D()]
    keras.Sequential([keras.Input((64, 64, 3)), *layers, keras.layers.Dense(10, activation="softmax")]).save(
        folder / "images.keras"
    )


def deep(folder: Path) -> None:
    """Write a model of 50 layers and a million rows."""
    generator = np.random.default_rng(0)
    layers = [keras.layers.Dense(64, activation="relu") for _ in range(LAYERS - 1)]
    keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(10, activation="softmax")]).save(
        folder / "deep.keras"
    )
    for n in (10**4, 10**5, 10**6):
        np.save(folder / f"x{n}.npy", generator.normal(size=(n, 64)).astype(np.float32))
        np.save(folder / f"y{n}.npy", generator.integers(0, 10, n))


def evaluation(folder: Path) -> None:
    """Print what the model and data of a spec that the folder has take, in seconds.

    A bare predict, once it is warm; from the file, with loading the model and tracing; and the whole evaluation, which needs both as well.
    """
    plan = read_plan(folder / "spec.toml")
    data, model_spec = plan.spec.data, plan.spec.models["m"]
    if data is None:
        raise ValueError(folder)
    file, rows = folder / str(model_spec.path), np.load(folder / str(data.x), mmap_mode="r")
    keras.models.load_model(file)  # what Keras makes once is nobody's

    def predict(model: keras.Model) -> None:
        model.predict(rows, batch_size=data.batch_size, verbose=0)

    from_file = _seconds(lambda: predict(keras.models.load_model(file)))
    model = keras.models.load_model(file)
    predict(model)
    warm = _seconds(lambda: predict(model))

    def evaluate() -> None:
        found = collect(plan.spec, Files(folder, plan.spec.limits), plan.request, lambda *_: None)
        found.evaluate("m")
        found.examples()

    print(warm, from_file, _seconds(evaluate))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    globals()[sys.argv[1]](Path(sys.argv[2]))
