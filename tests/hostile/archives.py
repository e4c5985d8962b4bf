"""Makes ``.keras`` archives by hand, without Keras: a small model that is right, and every way to get one wrong."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

METADATA = {"keras_version": "3.15.0", "date_saved": "2026-01-01@00:00:00"}


def layer(class_name: Any, **config: Any) -> dict[str, Any]:
    """Return a serialized layer of Keras."""
    return {"module": "keras.layers", "class_name": class_name, "config": config, "registered_name": None}


def dense(units: Any = 3, **options: Any) -> dict[str, Any]:
    """Return a dense layer."""
    return layer("Dense", **{"name": "dense", "units": units, "activation": "softmax"} | options)


def config(*layers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the content of ``config.json``: a sequential model of four inputs and three classes."""
    first = layer("InputLayer", batch_shape=[None, 4], dtype="float32", name="x")
    inside = {"name": "m", "trainable": True, "layers": [first, *(layers or (dense(),))]}
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": inside,
        "registered_name": "Sequential",
        "build_config": {"input_shape": [None, 4]},
    } | changes


@cache
def weights() -> bytes:
    """Return the content of ``model.weights.h5``."""
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        group = made.create_group("layers/dense/vars")
        group["0"] = np.eye(4, 3, dtype=np.float32)
        group["1"] = np.zeros(3, np.float32)
        made.create_group("vars")
    return file.getvalue()


def members(**changes: Any) -> dict[str, bytes]:
    """Return the members of an archive; values that are not bytes become JSON, None removes a member."""
    named = {
        "metadata.json": changes.get("metadata", METADATA),
        "config.json": changes.get("config", config()),
        "model.weights.h5": changes.get("weights", weights()),
    }
    return {
        name: content if isinstance(content, bytes) else json.dumps(content).encode()
        for name, content in named.items()
        if content is not None
    }


def archive(path: Path, compression: int = zipfile.ZIP_STORED, **changes: Any) -> Path:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", compression) as made:
        for name, content in members(**changes).items():
            made.writestr(name, content)
    return path


def claiming(path: Path, name: str, size: int) -> Path:
    """Write an archive whose directory claims a size for a member."""
    archive(path, zipfile.ZIP_DEFLATED)
    content = path.read_bytes()
    with zipfile.ZipFile(path) as made:
        stored = made.getinfo(name).file_size
    old, new = struct.pack("<L", stored), struct.pack("<L", size)
    start = content.rindex(b"PK\x01\x02", 0, content.rindex(name.encode()))
    path.write_bytes(content[:start] + content[start:].replace(old, new, 1))
    return path


def flagged(path: Path, bit: int) -> Path:
    """Write an archive with a flag set for every member."""
    archive(path)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(mark)
        while start >= 0:
            content[start + offset] |= bit
            start = content.find(mark, start + 4)
    path.write_bytes(bytes(content))
    return path


def damaged(path: Path, method: int | None = None) -> Path:
    """Write a compressed archive whose compressed bytes are broken, or whose method is unknown."""
    archive(path, zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    if method is None:
        start = content.find(b"model.weights.h5") + len(b"model.weights.h5")
        content[start : start + 64] = b"\xff" * 64
    else:
        for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            start = content.find(mark)
            while start >= 0:
                content[start + offset] = method
                start = content.find(mark, start + 4)
    path.write_bytes(bytes(content))
    return path
