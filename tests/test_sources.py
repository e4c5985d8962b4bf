"""Data sources that need TensorFlow or run code: the same rows as ``.npz``, in the same order, and what is refused."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reportgen.errors import InputError
from reportgen.inputs.digest import of_folder, sha256
from reportgen.inputs.sources.elements import batches_rule, parts
from reportgen.inputs.sources.records import require_frames
from reportgen.inputs.sources.registry import source_of, unknown_names, unusable_data
from reportgen.inputs.sources.rows import Rows, digest_of
from reportgen.spec.tables.data import DataSpec
from reportgen.spec.tables.output import LimitsSpec

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.inputs.dataset import Dataset

N = 11
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4)).astype(np.float32)
Y = np.arange(N) % 3
W = np.linspace(1, 2, N)
GROUPS = np.array([f"p{index // 2} é" for index in range(N)])


def load(folder: Path, **data: Any) -> Dataset:
    """Open the data set of a data table."""
    return source_of(DataSpec(**data), folder).open()


def same(found: Dataset, *, weights: bool = False, groups: bool = False) -> None:
    """Compare with the arrays of this file, batch by batch."""
    assert found.n == N
    whole = list(found.batches(4))
    for name in whole[0]:
        assert np.array_equal(np.concatenate([batch[name] for batch in whole]), X)
        assert whole[0][name].dtype == np.float32
    assert np.array_equal(found.labels(None), Y)  # type: ignore[arg-type]
    assert (found.weights is not None) == weights
    assert not weights or np.array_equal(found.weights, W)  # type: ignore[arg-type]
    assert (found.groups is not None) == groups
    assert not groups or np.array_equal(found.groups, GROUPS)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ elements


def test_parts_have_names() -> None:
    """Those of Keras' fit; dicts and tuples add theirs."""
    assert parts(1) == parts((1,)) == {"x": 1}
    assert parts((1, 2, 3)) == {"x": 1, "y": 2, "weight": 3}
    assert parts((1, 2, None)) == {"x": 1, "y": 2}
    assert parts(({"a": 1, "b": (2, 3)}, [4])) == {"x/a": 1, "x/b/0": 2, "x/b/1": 3, "y/0": 4}
    assert parts({"image": 1, "label": 2}) == {"image": 1, "label": 2}
    with pytest.raises(ValueError, match="4 parts"):
        parts((1, 2, 3, 4))


@pytest.mark.parametrize(
    ("shapes", "declared", "batched", "rule"),
    [
        ({"x": (32, 4), "y": (32,)}, True, True, "data.batched = true"),
        ({"x": (None, 4), "y": (None,)}, False, False, "data.batched = false"),
        ({"x": (4,), "y": ()}, None, False, "y is a single value in every element"),
        ({"x": None, "y": ()}, None, False, "y is a single value in every element"),
        ({"x": (None, 4), "y": (None,)}, None, True, "the first dimension of every part has no fixed size"),
    ],
)
def test_what_a_row_is(shapes: Any, declared: bool | None, batched: bool, rule: str) -> None:
    """The first rule that applies."""
    assert batches_rule(shapes, declared) == (batched, rule)


@pytest.mark.parametrize("shapes", [{"x": (32, 4), "y": (32,)}, {"x": None}, {"x": (None, 4), "y": (3,)}])
def test_what_a_row_is_must_be_said_where_no_rule_applies(shapes: Any) -> None:
    """With the shapes that leave it open."""
    with pytest.raises(ValueError, match=r"cannot be told from their shapes \(x .*: set data.batched"):
        batches_rule(shapes, None)


# ------------------------------------------------------------------------------------------------ rows


def test_rows_are_joined() -> None:
    """Numbers are mapped from disk, texts of any width are one array; bytes are UTF-8."""
    with Rows() as rows:
        for start in range(0, N, 3):
            rows.add({"x": X[start : start + 3], "t": [text.encode() for text in GROUPS[start : start + 3]]})
        found = rows.arrays()
    assert isinstance(found["x"], np.memmap)
    assert np.array_equal(found["x"], X)
    assert np.array_equal(found["t"], GROUPS)
    assert digest_of(found) == digest_of({"t": GROUPS, "x": X})


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"x": np.zeros((2, 3))}, {"x": np.zeros((2, 4))}, "'x' has rows of different shapes"),
        ({"x": np.zeros((2, 3))}, {"x": np.zeros((2, 3), int)}, "'x' has rows of different types"),
        ({"x": np.zeros(2), "y": np.zeros(3)}, {}, "different numbers of rows: x has 2, y has 3"),
        ({"x": 1.0}, {}, "'x' is a single value"),
        ({"x": [b"\xff"]}, {}, "can't decode byte"),
        ({"x": [{}]}, {}, "must be numbers or text, found dict"),
    ],
)
def test_rows_that_do_not_fit(first: Any, second: Any, words: str) -> None:
    """One sentence."""
    with Rows() as rows, pytest.raises(ValueError, match=words):  # noqa: PT012 the first or the second
        rows.add(first)
        rows.add(second)


def test_frames_are_counted_before_anything_is_read(tmp_path: Path) -> None:
    """A length that claims too much, and a file that ends within a record, are told without an allocation."""
    file = tmp_path / "d.tfrecord"
    frame = struct.pack("<QI", 3, 0) + b"abc" + bytes(4)
    for content, words in (
        (frame + frame[:5], "record 1 is cut off"),
        (struct.pack("<QI", 2**62, 0) + bytes(9), "record 0 should have 4,611,686,018,427,387,904 bytes"),
        (frame[:-1], "record 0 should have 3 bytes"),
    ):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=words):
            require_frames(file)
    empty = struct.pack("<QI", 0, 0x07980329) + bytes(4)
    file.write_bytes(frame * 3 + empty)
    assert require_frames(file) == 4


# ------------------------------------------------------------------------------------------------ tf.data


def _records(file: Path) -> list[int]:
    """Return the positions at which the records of a file start."""
    content, places = file.read_bytes(), [0]
    while places[-1] < len(content):
        places.append(places[-1] + 16 + struct.unpack_from("<Q", content, places[-1])[0])
    return places


@pytest.mark.keras
def test_saved_data_sets(tmp_path: Path) -> None:
    """Of rows, of batches, of several shards, of dicts, of unknown length: the same rows; the rule is recorded."""
    import tensorflow as tf

    rows = tf.data.Dataset.from_tensor_slices((X, Y, W))
    for dataset, options, rule in (
        (rows, {}, "elements are rows: y is a single value in every element"),
        (rows.batch(4), {}, "elements are batches: the first dimension of every part has no fixed size"),
        (rows.batch(N, drop_remainder=True), {"batched": True}, "elements are batches: data.batched = true"),
        (rows.filter(lambda *_: True), {}, "elements are rows: y is a single value in every element"),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        dataset.save(str(folder))
        found = load(tmp_path, path=folder.name, weight="weight", **options)
        same(found, weights=True)
        assert found.reading == rule
        assert found.files == ((f"{folder.name}/", of_folder(folder)),)
        assert load(tmp_path, path=folder.name, **options).weights is None
    named = {"left": X, "kind": Y, "patient": GROUPS}
    tf.data.Dataset.from_tensor_slices(named).save(str(tmp_path / "dict"), shard_func=lambda one: one["kind"] * 0)
    found = load(tmp_path, path="dict", x={"a": "left", "b": "left"}, y="kind", group="patient")
    assert found.layout == "by name"
    same(found, groups=True)
    assert source_of(DataSpec(path="dict"), tmp_path).names() is None
    with pytest.raises(InputError, match=r"data\.x: dict: has no 'x' \(it has"):
        load(tmp_path, path="dict", y="kind")


@pytest.mark.keras
def test_saved_data_sets_that_cannot_be_read(tmp_path: Path) -> None:
    """Sparse parts, rows of different shapes, shapes that leave open what a row is, damaged files, lies, bombs, links."""
    import tensorflow as tf
    from tensorflow.core.framework.tensor_pb2 import TensorProto

    ragged = tf.data.Dataset.from_generator(
        lambda: (np.zeros(n, np.float32) for n in (2, 3)), output_signature=tf.TensorSpec((None,), tf.float32)
    )
    for name, dataset in {
        "sparse": tf.data.Dataset.from_tensors(tf.sparse.from_dense([[1.0]])),
        "shapes": tf.data.Dataset.from_tensor_slices((X, Y)).batch(5, drop_remainder=True),
        "ragged": tf.data.Dataset.zip(ragged, tf.data.Dataset.range(2)),
        "empty": tf.data.Dataset.from_tensor_slices((X, Y)).take(0),
        "cut": tf.data.Dataset.from_tensor_slices((X, Y)),
        "link": tf.data.Dataset.from_tensor_slices((X, Y)),
        "spec": tf.data.Dataset.from_tensor_slices((X, Y)),
        "short": tf.data.Dataset.from_tensor_slices((X, Y)),
        "out": tf.data.Dataset.from_tensor_slices((X, Y)),
        "lies": tf.data.Dataset.from_tensor_slices((X, Y)),
        "else": tf.data.Dataset.from_tensor_slices((X, Y)),
        "bomb": tf.data.Dataset.from_tensor_slices((X, Y)),
    }.items():
        dataset.save(str(tmp_path / name))
    (shard,) = (tmp_path / "lies").rglob("*.snapshot")
    tensor = TensorProto(dtype=1, float_val=[0.0])
    for size in (10**9, 4):
        tensor.tensor_shape.dim.add(size=size)
    with tf.io.TFRecordWriter(str(shard)) as file:
        file.write(tensor.SerializeToString())
    (shard,) = (tmp_path / "else").rglob("*.snapshot")
    with tf.io.TFRecordWriter(str(shard)) as file:
        file.write(b"no tensor")
    (shard,) = (tmp_path / "bomb").rglob("*.snapshot")
    with gzip.open(shard, "wb") as packed:
        packed.write(struct.pack("<QI", 2**40, 0) + bytes(2**20))
    (shard,) = (tmp_path / "cut").rglob("*.snapshot")
    shard.write_bytes(shard.read_bytes()[:-7])
    (shard,) = (tmp_path / "link").rglob("*.snapshot")
    shard.rename(tmp_path / "elsewhere")
    shard.symlink_to(tmp_path / "elsewhere")
    (shard,) = (tmp_path / "short").rglob("*.snapshot")
    shard.write_bytes(shard.read_bytes()[: _records(shard)[2 * 7]])
    metadata = tmp_path / "out" / "snapshot.metadata"
    content = metadata.read_bytes()
    metadata.write_bytes(content.replace(content[2 : 2 + content[1]], b"../../../.".ljust(content[1], b"/")))
    (tmp_path / "spec" / "dataset_spec.pb").write_bytes(b"\xff" * 100)
    for name, words in {
        "sparse": "'x' is a SparseTensor: make it dense",
        "shapes": "cannot be told from their shapes",
        "ragged": "cannot be read as a saved tf.data data set",
        "empty": "contains no rows",
        "cut": r"0\.snapshot: record 21 should have \d+ bytes, but the file has",
        "lies": "0.snapshot: a tensor should have 4,000,000,000 values, but its record has ",
        "else": "0.snapshot: a record is no tensor",
        "bomb": "0.snapshot: has 1,024 GiB of values, more than the memory of this machine",
        "link": "is a link that leaves the folder",
        "spec": "cannot be read as a saved tf.data data set",
        "short": r"should have 11 elements, but has 7",
        "out": "its metadata name the folder '../../../.*, which is not in it",
    }.items():
        with pytest.raises(InputError, match=words) as caught:
            load(tmp_path, path=name, compression="GZIP" if name == "bomb" else None)
        assert str(caught.value).startswith(f"data.path: {name}: ")
        assert "\n" not in str(caught.value)
    (tmp_path / "nothing").mkdir()
    ((location, _, reason),) = unusable_data(DataSpec(path="nothing"), tmp_path)
    assert location == ("data", "path")
    assert reason == "is not a folder of tf.data.Dataset.save (dataset_spec.pb: no such file)"


# ------------------------------------------------------------------------------------------------ TFRecord


def _example(tf: Any, **values: Any) -> bytes:
    kinds = {"f": ("float_list", tf.train.FloatList), "i": ("int64_list", tf.train.Int64List)}
    features = {}
    for name, value in values.items():
        flat = np.asarray(value).reshape(-1)
        key, made = kinds.get(flat.dtype.kind, ("bytes_list", tf.train.BytesList))
        items = [value] if isinstance(value, bytes) else [value.encode()] if isinstance(value, str) else flat.tolist()
        features[name] = tf.train.Feature(**{key: made(value=items)})
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


@pytest.mark.keras
def test_tfrecord(tmp_path: Path) -> None:
    """Lists, text, raw bytes and encoded images; only the features that the data table names must be there."""
    import tensorflow as tf

    pixels = RNG.integers(0, 256, (N, 5, 6, 3), np.uint8)
    with tf.io.TFRecordWriter(str(tmp_path / "d.tfrecord")) as file:
        for x, y, w, group, image in zip(X, Y, W.astype(np.float32), GROUPS, pixels, strict=True):
            png = tf.io.encode_png(image).numpy()
            file.write(_example(tf, x=x, y=y, w=w, g=str(group), bytes=x.tobytes(), png=png))
    features: dict[str, Any] = {
        "x": {"shape": (4,)},
        "y": {"dtype": "int64"},
        "w": {},
        "g": {"dtype": "string"},
        "bytes": {"raw": True, "shape": (4,)},
        "png": {"dtype": "image"},
        "gone": {},
    }
    data = {"path": "d.tfrecord", "features": features, "images": {"size": (5, 6), "range": (0, 1)}}
    found = load(tmp_path, **data, x={"a": "x", "b": "bytes"}, group="g", weight="w")
    assert np.allclose(found.weights, W)  # type: ignore[arg-type]
    assert found.files == (("d.tfrecord", sha256(tmp_path / "d.tfrecord")),)
    same(load(tmp_path, **data, x={"a": "x", "b": "bytes"}, group="g"), groups=True)
    (batch,) = load(tmp_path, **data, x="png").batches(N)
    assert np.array_equal(batch["x"], pixels * np.float32(1 / 255))
    assert next(unknown_names(DataSpec(**data, x="z"), tmp_path))[:2] == (("data", "x"), "z")
    for changed, words in (
        ({"x": "gone"}, "cannot be read as TFRecord"),
        ({"features": features | {"x": {"shape": (5,)}}}, "cannot be read as TFRecord"),
        (
            {"features": features | {"x": {"shape": (10**9,)}}},
            r"data\.features\.x\.shape: .* 1,000,000,000 values, more",
        ),
        ({"features": features | {"x": {"raw": True, "shape": (4,)}}}, "cannot be read as TFRecord"),
        (
            {"x": "bytes", "features": features | {"bytes": {"raw": True, "shape": (5,)}}},
            "16 bytes in a row, not the 20",
        ),
        (
            {"x": "png", "features": features | {"png": {"dtype": "image"}, "g": {"dtype": "image"}}, "group": "g"},
            "g is not a PNG",
        ),
    ):
        with pytest.raises(InputError, match=words) as caught:
            load(tmp_path, **(data | changed))
        assert "\n" not in str(caught.value)
    content = bytearray((tmp_path / "d.tfrecord").read_bytes())
    content[20] ^= 255
    (tmp_path / "d.tfrecord").write_bytes(content)
    with pytest.raises(InputError, match=r"data\.path: d\.tfrecord: cannot be read as TFRecord \(DataLossError"):
        load(tmp_path, **data)
    (tmp_path / "d.tfrecord").write_bytes(b"")
    with pytest.raises(InputError, match="contains no rows"):
        load(tmp_path, **data)


@pytest.mark.keras
def test_compressed_data(tmp_path: Path) -> None:
    """The same rows as without compression; what is compressed otherwise than the spec says is one sentence."""
    import tensorflow as tf

    features = {"x": {"shape": (4,)}, "y": {"dtype": "int64"}}
    (tmp_path / "shards").mkdir()
    for name, rows in (
        ("d.tfrecord", range(N)),
        ("shards/d.tfrecord-0-of-2", range(5)),
        ("shards/d.tfrecord-1-of-2", range(5, N)),
    ):
        with tf.io.TFRecordWriter(str(tmp_path / name), "GZIP") as file:
            for row in rows:
                file.write(_example(tf, x=X[row], y=Y[row]))
    (tmp_path / "shards" / "notes.txt").write_text("no records", "utf-8")
    for path in ("d.tfrecord", "shards"):
        same(load(tmp_path, path=path, features=features, compression="GZIP"))
    found = load(tmp_path, path="shards", features=features, compression="GZIP")
    assert found.reading == "2 files by folder and name"
    assert found.files == (("shards/", of_folder(tmp_path / "shards")),)
    data = tf.data.Dataset.from_tensor_slices((X, Y))
    for compression in ("GZIP", "SNAPPY", "NONE"):
        data.save(str(tmp_path / compression), compression=compression)
    for compression in ("GZIP", "SNAPPY"):
        same(load(tmp_path, path=compression, compression=compression))
    whole = (tmp_path / "d.tfrecord").read_bytes()
    (tmp_path / "cut.tfrecord").write_bytes(whole[:-40])
    (tmp_path / "more.tfrecord").write_bytes(whole[:-2] + b"??")
    (tmp_path / "empty").mkdir()
    for spec, words in (
        (
            {"path": "d.tfrecord", "features": features},
            r'TFRecord \(it is compressed with GZIP: set data.compression = "GZIP"',
        ),
        ({"path": "GZIP"}, r'0\.snapshot: it is compressed with GZIP: set data.compression = "GZIP"'),
        ({"path": "SNAPPY"}, "cannot be read as a saved tf.data data set"),
        ({"path": "SNAPPY", "compression": "GZIP"}, r"0\.snapshot: Not a gzipped file"),
        ({"path": "NONE", "compression": "SNAPPY"}, "cannot be read as a saved tf.data data set"),
        (
            {"path": "cut.tfrecord", "features": features, "compression": "GZIP"},
            "ended before the end-of-stream marker",
        ),
        ({"path": "more.tfrecord", "features": features, "compression": "GZIP"}, "Incorrect length of data produced"),
        ({"path": "empty", "features": features}, r"cannot be read as TFRecord \(it has no \.tfrecord files\)"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            load(tmp_path, **spec)
        assert str(caught.value).startswith(f"data.path: {spec['path']}: ")
        assert "\n" not in str(caught.value)


def test_a_compressed_record_of_any_length_is_judged_before_it_is_unpacked(tmp_path: Path) -> None:
    """By the limit of the spec; none of its bytes are kept meanwhile."""
    file = tmp_path / "d.tfrecord"
    with gzip.open(file, "wb") as packed:
        packed.write(struct.pack("<QI", 2**27, 0))
        packed.write(bytes(2**27 + 4))
    assert file.stat().st_size < 2**18
    assert require_frames(file, "GZIP") == 1
    with pytest.raises(ValueError, match=r"has 0.125 GiB of values, more than limits.data_memory = 0.1"):
        require_frames(file, "GZIP", 0.1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"path": "d.tfrecord"}, "needs a table features"),
        ({"path": "d.npz", "features": {"x": {}}}, "features describe the examples of a .tfrecord file"),
        ({"path": "d.tfrecord", "features": {"x": {"dtype": "image"}}}, "a table images must say its size and range"),
        ({"path": "d.tfrecord", "features": {"x": {"dtype": "uint8"}}}, "set raw = true"),
        ({"path": "d.tfrecord", "features": {"x": {"dtype": "string", "raw": True}}}, "raw values are numbers"),
        ({"path": "d.npz", "function": "a:b"}, "leave out one of them"),
        ({"function": "data.py"}, "must be 'package.module:Name'"),
        ({"path": "d.npz", "compression": "GZIP"}, "compression is that of .tfrecord files"),
        (
            {"path": "d.tfrecord", "features": {"x": {}}, "compression": "SNAPPY"},
            "compressed with 'GZIP' or not at all",
        ),
        ({"path": "d", "images": {"size": (0, 1), "range": (0, 1)}}, "greater than or equal to 1"),
        ({"path": "d", "images": {"size": (1, 1)}}, "Field required"),
    ],
)
def test_tables_that_contradict_themselves(data: Any, words: str) -> None:
    """Before anything is opened."""
    with pytest.raises(ValueError, match=words):
        DataSpec(**data)


# ------------------------------------------------------------------------------------------------ images


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Make a folder of images: two classes, four formats, two sizes, a folder in a class, another file."""
    from PIL import Image

    root = tmp_path / "images"
    for index, name in enumerate(("dog/b.png", "dog/a.PNG", "cat/z.bmp", "cat/deep/a.jpg", "cat/y.gif", "dog/c.png")):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        size = (7, 9) if index == 5 else (6, 5)
        mode = "L" if index == 0 else "RGB"
        noise = RNG.integers(0, 256, (size[1], size[0], *((3,) if mode == "RGB" else ())), np.uint8)
        Image.fromarray(noise).save(path)
    (root / "cat" / "notes.txt").write_text("no image", "utf-8")
    (root / ".DS_Store").write_bytes(b"")
    return tmp_path


@pytest.mark.keras
@pytest.mark.parametrize("color", ["rgb", "grayscale", "rgba"])
def test_images_are_those_of_keras(images: Path, color: str) -> None:
    """Bit by bit: order, decoding, resizing; the class is the name of the folder. What TensorFlow cannot decode into these channels is told."""
    import keras

    undecoded = {"rgb": (), "grayscale": ("cat/y.gif", "cat/z.bmp"), "rgba": ("cat/y.gif", "cat/deep/a.jpg")}
    for name in undecoded[color]:
        with pytest.raises(InputError, match=f"{name} cannot be decoded"):
            load(images, path="images", images={"size": (5, 6), "range": (0, 1), "color": color})
        (images / "images" / name).unlink()
    theirs = keras.utils.image_dataset_from_directory(
        images / "images", shuffle=False, image_size=(5, 6), color_mode=color, batch_size=None, verbose=False
    )
    rescale = keras.layers.Rescaling(1 / 127.5, -1)
    expected = np.stack([rescale(image).numpy() for image, _ in theirs])
    spec = {"size": (5, 6), "range": (-1, 1), "color": color}
    found = load(images, path="images", images=spec, text="file")
    (batch,) = found.batches(100)
    assert np.allclose(batch["x"], expected, rtol=0, atol=1e-6)
    (plain,) = load(images, path="images", images=spec | {"range": (0, 255)}).batches(100)
    assert np.array_equal(plain["x"], np.stack([image.numpy() for image, _ in theirs]))
    names = np.array(theirs.class_names)[[int(label) for _, label in theirs]]
    assert np.array_equal(found.labels(None), names)  # type: ignore[arg-type]
    assert [str(images / "images" / text) for text in found.texts] == list(theirs.file_paths)  # type: ignore[union-attr]
    assert found.reading == "images by class, folder and name, 1 other files left out"
    assert found.files == (("images/", of_folder(images / "images")),)


def _bomb(folder: Path) -> None:
    """Write a PNG that claims 50,000 × 50,000 pixels."""
    import zlib

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    chunk += struct.pack(">I", 2**20) + b"IDAT" + bytes(64)
    (folder / "images" / "cat" / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "images" / "cat" / "bad.png").write_bytes(b"no image"), "cat/bad.png is not a PNG, JPEG"),
        (lambda f: (f / "images" / "cat" / "bad.png").write_bytes(b""), "cat/bad.png is not a PNG, JPEG"),
        (
            lambda f: (f / "images" / "dog" / "b.png").write_bytes((f / "images" / "dog" / "b.png").read_bytes()[:60]),
            "dog/b.png cannot be decoded",
        ),
        (_bomb, "cat/bomb.png is larger than 100,000,000 pixels"),
        (lambda f: (f / "images" / "cat" / "out.png").symlink_to("/etc/hostname"), "out.png is a link that leaves"),
        (lambda f: (f / "images" / "out").symlink_to(f), "out is a link to a folder, which is not followed"),
        (lambda f: __import__("os").mkfifo(f / "images" / "cat" / "pipe.png"), "pipe.png is not a regular file"),
        (lambda f: (f / "images" / "stray.png").write_bytes(b""), "stray.png is not in the folder of a class"),
    ],
)
def test_folders_of_images_that_are_refused(images: Path, spoil: Any, words: str) -> None:
    """One sentence that names the file; nothing outside of the folder is opened."""
    spoil(images)
    with pytest.raises(InputError, match=words) as caught:
        load(images, path="images", images={"size": (5, 6), "range": (0, 1)})
    assert str(caught.value).startswith("data.path: images: cannot be read as a folder of images")


def test_a_folder_of_images_is_known_without_tensorflow(images: Path) -> None:
    """Its names, and that it is a folder, are told by ``check``."""
    spec: dict[str, Any] = {"images": {"size": (5, 6), "range": (0, 1)}}
    assert not list(unusable_data(DataSpec(path="images", **spec), images))
    assert [one[1] for one in unknown_names(DataSpec(path="images", y="kind", **spec), images)] == ["kind"]
    assert [one[2] for one in unusable_data(DataSpec(path="gone", **spec), images)] == ["no such file"]
    (images / "empty").mkdir()
    with pytest.raises(InputError, match="it has no PNG, JPEG, BMP or GIF files"):
        load(images, path="empty", **spec)


# ------------------------------------------------------------------------------------------------ code

DATA = """
import numpy as np, keras, tensorflow as tf
X, Y, W, G = (np.load(f"{HOME}/{name}.npy") for name in "xywg")
def pair(): return X, Y, W
def table(): return {"left": X, "kind": Y, "patient": G.astype(object)}
def rows(): return tf.data.Dataset.from_tensor_slices((X, Y, W))
def batches(): return rows().batch(4)
def endless(): return rows().repeat()
class Batches(keras.utils.PyDataset):
    def __len__(self): return 3
    def __getitem__(self, index): return X[index * 4 : index * 4 + 4], Y[index * 4 : index * 4 + 4]
def py(): return Batches()
class Endless(Batches):
    @property
    def num_batches(self): return None
def py_endless(): return Endless()
def generator(): yield X
def of(*items):
    def each():
        for one in items:
            if isinstance(one, Exception): raise one
            yield one
    shapes = tf.TensorSpec((None, None), tf.float32), tf.TensorSpec((None,), tf.int64)
    return tf.data.Dataset.from_generator(each, output_signature=shapes)
class Of(Batches):
    def __init__(self, *items): super().__init__(); self.items = items
    def __len__(self): return len(self.items)
    def __getitem__(self, index):
        if isinstance(self.items[index], Exception): raise self.items[index]
        return self.items[index]
def stops(): return of((X, Y), KeyError("half way"))
def wider(): return of((X, Y), (X[:, :3], Y))
def words(): return of((X, Y), (X, ["a"] * len(X)))
def shorter(): return of((X, Y), (X, Y[:2]))
def no_batch(): return of()
def on_and_on(): return tf.data.Dataset.from_generator(lambda: iter(lambda: (X, Y), None), output_signature=of().element_spec)
def py_stops(): return Of((X, Y), KeyError("half way"))
def py_wider(): return Of((X, Y), (X[:, :3], Y))
def py_doubles(): return Of((X, Y), (X.astype("f8"), Y))
def py_words(): return Of((X, Y), (X, np.array(["a"] * len(X))))
def py_numbers(): return Of((X, np.array(["a"] * len(X))), (X, Y))
def py_shorter(): return Of((X, Y), (X, Y[:2]))
def py_no_batch(): return Of()
def py_none(): return Of((X, Y), None)
def py_no_labels(): return Of((X, Y), (X,))
def py_labels(): return Of((X,), (X, Y))
def text(): return "x"
def nothing(): return None
def uneven(): return X, Y[:3]
def nan(): return X * np.nan, Y
def fails(): raise KeyError("no such thing")
def leaves(): raise SystemExit(0)
def needs(argument): return X
value = 3
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Write functions, and the arrays that they read."""
    for name, array in zip("xywg", (X, Y, W, GROUPS), strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "data.py").write_text(f"HOME = {str(tmp_path)!r}\n{DATA}", "utf-8")
    return tmp_path


@pytest.mark.keras
def test_functions(code: Path) -> None:
    """Arrays, ``tf.data`` and ``PyDataset``: the same rows; the digest of the code, and of the rows."""
    own = (("./data.py", sha256(code / "data.py")),)
    for name, weights, reading in (
        ("pair", True, "arrays x, y, weight"),
        ("rows", True, "elements are rows: y is a single value in every element"),
        ("batches", True, "elements are batches: the first dimension of every part has no fixed size"),
        ("py", False, "elements are batches: a PyDataset"),
    ):
        found = load(code, function=f"./data.py:{name}", weight="weight" if weights else None)
        same(found, weights=weights)
        assert (found.reading, found.code) == (reading, own)
        arrays = {"x": X, "y": Y} | ({"weight": W} if weights else {})
        assert found.files == ((f"./data.py:{name}", digest_of(arrays)),)
    found = load(code, function="./data.py:table", x={"a": "left"}, y="kind", group="patient")
    same(found, groups=True)
    assert source_of(DataSpec(function="./data.py:table"), code).names() is None


@pytest.mark.keras
def test_functions_that_cannot_be_used(code: Path) -> None:
    """Whatever they return or raise is one sentence with their name; those that do not end are not read."""
    for name, words in {
        "endless": "does not end: leave out repeat",
        "py_endless": "does not end: __len__ must return",
        "generator": "it must return arrays, a tf.data.Dataset or a keras.utils.PyDataset .x is generator",
        "text": "it must return arrays, .* .x is str",
        "nothing": "keras.utils.PyDataset .it is NoneType",
        "fails": "no such thing",
        "leaves": "SystemExit: 0",
        "needs": "missing 1 required positional argument",
        "value": "'int' object is not callable",
        "gone": "cannot be imported .AttributeError",
        "stops": "KeyError: 'half way'",
        "wider": r"'x' has rows of different shapes: \(4,\) and \(3,\)",
        "words": "an element that could not be converted to the expected type",
        "shorter": "different numbers of rows: x has 11, y has 2",
        "no_batch": "contains no rows",
        "py_stops": "KeyError: 'half way'",
        "py_wider": r"'x' has rows of different shapes: \(4,\) and \(3,\)",
        "py_doubles": "'x' has rows of different types: float32 and float64",
        "py_words": "'y' has rows of different types: text and numbers",
        "py_numbers": "'y' has rows of different types: text and numbers",
        "py_shorter": "different numbers of rows: x has 11, y has 2",
        "py_no_batch": "contains no rows",
        "py_none": "a batch has no parts, not x, y",
        "py_no_labels": "a batch has x, not x, y",
        "py_labels": "a batch has x, y, not x",
    }.items():
        with pytest.raises(InputError, match=words) as caught:
            load(code, function=f"./data.py:{name}")
        assert str(caught.value).startswith(f"data.function: ./data.py:{name}: cannot be ")
        assert "\n" not in str(caught.value)
    spec, limits = DataSpec(function="./data.py:on_and_on"), LimitsSpec(data_memory=0.001)
    with pytest.raises(InputError, match=r"cannot be used \(ValueError: has 0\.001 GiB of values, more than limits"):
        source_of(spec, code, limits).open()
    with pytest.raises(InputError, match=r"data\.x: .* different numbers of rows"):
        load(code, function="./data.py:uneven")
    with pytest.raises(InputError, match=r"data\.x: \./data\.py:nan: has NaN or infinite values in 11 rows"):
        load(code, function="./data.py:nan")


PREPARE = """
import numpy as np
def double(x): return x * np.float32(2)
def named(x): return {"a": x[:, :1], "b": x[:, 1:]}
def joined(inputs): return inputs["left"] + inputs["right"]
def words(x): return np.array([[len(text)] for text in x], np.float32)
def fewer(x): return x[:1]
def nothing(x): return None
def fails(x): return x.gone
"""


@pytest.mark.keras
def test_preprocess(code: Path) -> None:
    """Batches of the inputs, single or by name, numbers or text; its code has a digest."""
    (code / "prepare.py").write_text(PREPARE, "utf-8")
    np.savez(code / "d.npz", x=X, y=Y, left=X, right=X, g=GROUPS)
    for name, x, expected in (
        ("double", "x", {"x": X * 2}),
        ("named", "x", {"a": X[:, :1], "b": X[:, 1:]}),
        ("joined", {"left": "left", "right": "right"}, {"x": X * 2}),
        ("words", "g", {"x": np.array([[len(text)] for text in GROUPS])}),
    ):
        found = load(code, path="d.npz", x=x, preprocess=f"./prepare.py:{name}", batch_size=4)
        (batch,) = found.batches(100)
        assert {key: array.tolist() for key, array in batch.items()} == {k: a.tolist() for k, a in expected.items()}
        assert found.code == (("./prepare.py", sha256(code / "prepare.py")),)
        assert found.files == (("d.npz", sha256(code / "d.npz")),)
    for name, words in {
        "fewer": r"returned shape \(1, 4\) for 4 rows",
        "nothing": r"returned shape \(\) for 4 rows",
        "fails": "AttributeError",
        "gone": "cannot be imported",
    }.items():
        with pytest.raises(InputError, match=words) as caught:
            load(code, path="d.npz", preprocess=f"./prepare.py:{name}", batch_size=4)
        assert str(caught.value).startswith(f"data.preprocess: ./prepare.py:{name}: ")


def test_the_files_of_a_folder_say_what_it_is(tmp_path: Path) -> None:
    """Features and images are described once for all splits, also where only one of them has such rows."""
    for name in ("saved/dataset_spec.pb", "shards/part/a.tfrecord-00000-of-00002", "pictures/cat/1.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    features = {"x": {"shape": (4,)}}
    both = {"features": features, "images": {"size": (8, 8), "range": (0, 1)}}

    def kind(path: str, **tables: Any) -> str:
        return type(source_of(DataSpec(path=path, x="x", y=None, **tables), tmp_path)).__name__

    assert [kind(name, **both) for name in ("shards", "pictures")] == ["TfRecord", "ImageFolder"]
    assert [kind(name, features=features) for name in ("saved", "shards")] == ["SavedDataset", "TfRecord"]
    assert kind("pictures") == "SavedDataset"
