"""Writes what ``bench.py`` builds reports of: ``python bench_models.py FOLDER``; prints the seconds of a bare predict."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import keras
import numpy as np


def main(folder: Path) -> None:
    """Write MobileNetV2 with random weights, and a thousand images; predict them once to warm up, once for the clock."""
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).random((1000, 96, 96, 3), dtype=np.float32)
    np.savez(folder / "images.npz", x=images, y=np.arange(1000) % 10)
    model = keras.applications.MobileNetV2(input_shape=(96, 96, 3), weights=None, classes=10)
    model.save(folder / "mobilenet.keras")
    model.predict(images[:256], batch_size=256, verbose=0)
    start = time.perf_counter()
    model.predict(images, batch_size=256, verbose=0)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
