"""Writes the same rows as every source of data that the documentation lists, two models, and what scikit-learn says of their predictions.

``python origins.py FOLDER``. ``SPECS`` is the table: for each spec the three sources that its splits have, with the row of
``docs/spec.md`` that each belongs to.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


class Origin(NamedTuple):
    """A source of data: the row of the table in the documentation, and the keys of its split."""

    row: str
    keys: str


NPZ = Origin("`.npz`", 'path = "rows.npz"')
NPY = Origin("`.npy`", 'x = "x.npy"\ny = "y.npy"')
HDF5, TABLE = "`.h5`, `.hdf5`", "`.csv`, `.parquet`"
SAVED, RECORD, IMAGES = "a folder of `tf.data.Dataset.save`", "`.tfrecord`", "a folder of images, `class/*.png`"
FUNCTION = "a function"
COLUMNS = 'x = ["a", "b", "c", "d"]\ny = "kind"'
FEATURES = 'features = { x = { shape = [4] }, y = { dtype = "int64" }, png = { dtype = "image" } }\n'
SIZE = "images = { size = [8, 8], range = [0, 1] }\n"
BOTH = 'x = { left = "left", right = "right" }\ny = { kind = "kind", size = "size" }\nweight = "weight"'
OF_TABLES = BOTH.replace('"left"', '["a", "b"]').replace('"right"', '["c", "d"]')
OF_ELEMENTS = (
    BOTH.replace('= "left"', '= "x/left"')
    .replace('= "right"', '= "x/right"')
    .replace('= "kind"', '= "y/kind"')
    .replace('= "size"', '= "y/size"')
)
NAMED = 'features = { left = { shape = [2] }, right = { shape = [2] }, kind = { dtype = "int64" }, size = {}, weight = {} }\n'
SPECS: dict[str, tuple[str, str, tuple[Origin, Origin, Origin]]] = {
    "arrays": (
        "dense",
        "",
        (NPY, Origin(HDF5, 'path = "rows.h5"\nx = "test/x"\ny = "test/y"'), Origin(TABLE, f'path = "rows.csv"\n{COLUMNS}')),
    ),
    "tables": (
        "dense",
        "",
        (Origin(TABLE, f'path = "rows.parquet"\n{COLUMNS}'), NPZ, Origin(HDF5, 'path = "rows.hdf5"\nx = "x"\ny = "y"')),
    ),
    "tensors": (
        "dense",
        FEATURES.replace(', png = { dtype = "image" }', ""),
        (
            Origin(SAVED, 'path = "saved"'),
            Origin(RECORD, 'path = "rows.tfrecord"'),
            Origin(FUNCTION, 'function = "./rows.py:dataset"\nx = "x"\ny = "y"'),
        ),
    ),
    "functions": (
        "dense",
        "",
        (
            Origin(FUNCTION, 'function = "./rows.py:arrays"'),
            Origin(FUNCTION, 'function = "./rows.py:batches"'),
            Origin(SAVED, 'path = "batched"\nx = "x"\ny = "y"'),
        ),
    ),
    "pictures": (
        "convolution",
        FEATURES + SIZE + 'class_names = ["zero", "one", "two"]\n',
        (
            Origin(IMAGES, 'path = "pictures"'),
            Origin(RECORD, 'path = "rows.tfrecord"\nx = "png"'),
            Origin(FUNCTION, 'function = "./rows.py:pictures"\nx = "x"\ny = "y"'),
        ),
    ),
    "named arrays": (
        "pair",
        "",
        (Origin(NPZ.row, f'path = "named.npz"\n{BOTH}'), Origin(HDF5, f'path = "named.h5"\n{BOTH}'), Origin(TABLE, f'path = "named.csv"\n{OF_TABLES}')),
    ),
    "named tensors": (
        "pair",
        NAMED,
        (
            Origin(SAVED, f'path = "named"\n{OF_ELEMENTS}'),
            Origin(RECORD, f'path = "named.tfrecord"\n{BOTH}'),
            Origin(FUNCTION, f'function = "./rows.py:named"\n{BOTH}'),
        ),
    ),
}  # fmt: skip
"""By name: the model, the keys of ``[data]``, and the test, validation and training data."""
SPLITS = ("test", "validation", "train")
CODE = """
from pathlib import Path
import keras
import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent

def arrays():
    with np.load(HERE / "rows.npz") as file:
        return file["x"], file["y"]

def dataset():
    return tf.data.Dataset.from_tensor_slices(arrays()).batch(7)

class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 12
    def __getitem__(self, index):
        return tuple(array[5 * index : 5 * index + 5] for array in arrays())

def batches():
    return Batches()

def pictures():
    with np.load(HERE / "pictures.npz") as file:
        return {"x": file["x"], "y": file["y"]}

def named():
    with np.load(HERE / "named.npz") as file:
        return dict(file)
"""


def spec(name: str) -> str:
    """Return a spec with its three sources."""
    model, shared, origins = SPECS[name]
    text = f'schema_version = 1\n[report]\ntitle = "Sources"\n[models.m]\npath = "{model}.keras"\n[data]\n{shared}'
    for split, origin in zip(SPLITS, origins, strict=True):
        text += f"[data.{split}]\n{origin.keys}\n"
        text += f'[[sections]]\nkind = "performance"\nid = "on_{split}"\nsplit = "{split}"\n'
    return text


def _tables(folder: Path, x: Array, y: Array) -> None:
    import h5py
    import numpy as np
    import pandas as pd

    np.savez(folder / "rows.npz", x=x, y=y)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    for name, group in (("rows.h5", "test/"), ("rows.hdf5", "")):
        with h5py.File(folder / name, "w") as file:
            file[f"{group}x"], file[f"{group}y"] = x, y
    table = pd.DataFrame(x, columns=list("abcd")).assign(kind=y)
    table.to_csv(folder / "rows.csv", index=False)
    table.to_parquet(folder / "rows.parquet")


def _tensors(folder: Path, x: Array, y: Array, pixels: Array) -> None:
    import tensorflow as tf

    rows = tf.data.Dataset.from_tensor_slices((x, y))
    rows.save(str(folder / "saved"))
    rows.batch(7).save(str(folder / "batched"))
    with tf.io.TFRecordWriter(str(folder / "rows.tfrecord")) as file:
        for row, label, image in zip(x, y, pixels, strict=True):
            png = tf.io.encode_png(image).numpy()
            place = folder / "pictures" / ("zero", "one", "two")[label] / f"{len(list(folder.rglob('*.png'))):03}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(png)
            feature = {
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=row)),
                "y": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
                "png": tf.train.Feature(bytes_list=tf.train.BytesList(value=[png])),
            }
            file.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def _named(folder: Path, arrays: dict[str, Array]) -> None:
    """Write the rows of a model with two inputs and two outputs, each of which counts as much as its weight says."""
    import h5py
    import numpy as np
    import pandas as pd
    import tensorflow as tf

    np.savez(folder / "named.npz", **arrays)  # type: ignore[arg-type]
    with h5py.File(folder / "named.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = array
    columns = np.concatenate([arrays["left"], arrays["right"]], axis=1)
    rest = {name: arrays[name] for name in ("kind", "size", "weight")}
    pd.DataFrame(columns, columns=list("abcd")).assign(**rest).to_csv(folder / "named.csv", index=False)
    parts = [{name: arrays[name] for name in names} for names in (("left", "right"), ("kind", "size"))]
    tf.data.Dataset.from_tensor_slices((*parts, arrays["weight"])).save(str(folder / "named"))
    with tf.io.TFRecordWriter(str(folder / "named.tfrecord")) as file:
        for row in range(len(columns)):
            kind = tf.train.Feature(int64_list=tf.train.Int64List(value=[arrays["kind"][row]]))
            others = {
                name: tf.train.Feature(float_list=tf.train.FloatList(value=np.atleast_1d(array[row])))
                for name, array in arrays.items()
                if name != "kind"
            }
            feature = {"kind": kind, **others}
            file.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def _pair(folder: Path, arrays: dict[str, Array]) -> list[tuple[str, str | None, float]]:
    """Save a model with two inputs and two outputs; return what scikit-learn says of it."""
    import keras
    import numpy as np
    from sklearn import metrics

    inputs = {name: keras.Input((2,), name=name) for name in ("left", "right")}
    joined = keras.layers.Concatenate()([inputs["left"], keras.layers.Dense(2)(inputs["right"])])
    outputs = {
        "kind": keras.layers.Dense(3, activation="softmax", name="kind")(joined),
        "size": keras.layers.Dense(1, name="size")(joined),
    }
    model = keras.Model(inputs, outputs)
    model.compile(loss={"kind": "sparse_categorical_crossentropy", "size": "mse"})
    model.save(folder / "pair.keras")
    found = model.predict({name: arrays[name] for name in inputs}, verbose=0)
    weight = arrays["weight"].astype(np.float64)
    accuracy = metrics.accuracy_score(arrays["kind"], found["kind"].argmax(axis=1), sample_weight=weight)
    mae = metrics.mean_absolute_error(arrays["size"], found["size"][:, 0].astype(np.float64), sample_weight=weight)
    return [("accuracy", "head:kind", float(accuracy)), ("mae", "head:size", float(mae))]


def main(folder: Path) -> None:
    """Write everything."""
    import keras
    import numpy as np
    from sklearn import metrics

    random, n = np.random.default_rng(2), 60
    x, y = random.normal(size=(n, 4)).astype(np.float32), np.arange(n) % 3
    pixels = random.integers(0, 256, (n, 8, 8, 3), np.uint8)
    scaled = (pixels / 255).astype(np.float32)
    _tables(folder, x, y)
    _tensors(folder, x, y, pixels)
    np.savez(folder / "pictures.npz", x=scaled, y=y)
    (folder / "rows.py").write_text(CODE, "utf-8")
    keras.utils.set_random_seed(0)
    head = keras.layers.Dense(3, activation="softmax")
    models = {
        "dense": (keras.Sequential([keras.Input((4,)), head]), x),
        "convolution": (
            keras.Sequential(
                [
                    keras.Input((8, 8, 3)),
                    keras.layers.Conv2D(4, 3, activation="relu"),
                    keras.layers.Flatten(),
                    keras.layers.Dense(3, activation="softmax"),
                ]
            ),
            scaled,
        ),
    }
    expected: dict[str, list[tuple[str, str | None, float]]] = {}
    for name, (model, rows) in models.items():
        model.save(folder / f"{name}.keras")
        p = model.predict(rows, verbose=0).astype(np.float64)
        p /= p.sum(axis=1, keepdims=True)
        accuracy, nll = metrics.accuracy_score(y, p.argmax(axis=1)), metrics.log_loss(y, p, labels=[0, 1, 2])
        expected[name] = [("accuracy", None, float(accuracy)), ("nll", None, float(nll))]
    weight, size = (random.uniform(0.5, 2, n).astype(np.float32) for _ in range(2))
    named = {"left": x[:, :2], "right": x[:, 2:], "kind": y, "size": size, "weight": weight}
    _named(folder, named)
    expected["pair"] = _pair(folder, named)
    (folder / "expected.json").write_text(json.dumps(expected), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
