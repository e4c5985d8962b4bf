"""Data that is damaged, foreign, endless or of the wrong type."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hostile.readers import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[Path], object]

X, Y = np.zeros((4, 2)), np.array([0, 1, 0, 1])
PETABYTE = 2**50
SPARSE = 50 * 2**30
BARE = {"x": "x.npy", "y": "y.npy"}
TABLE = {"x": ("a", "b"), "y": "kind"}


def header(shape: str, descr: str = "'<f8'", values: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """Return an array by its header."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + version + length + text + values


def saved(array: Any) -> bytes:
    """Return an array as a file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


ARRAYS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "cannot be read"),
    "a magic word only": (b"\x93NUMPY", "cannot be read"),
    "text": (b"hello", "cannot be read"),
    "version 9": (header("(4,)", version=b"\x09\x00"), "cannot be read"),
    "version 3": (header("(4,)", version=b"\x03\x00"), "format version 3.0 is not supported"),
    "a header that does not end": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 100, "cannot be read"),
    "a header of a megabyte": (header("(4,)" + " " * 2**20, version=b"\x02\x00"), "cannot be read"),
    "a header of code": (header("__import__('os').system('id')"), "cannot be read"),
    "a nested header": (header("(" * 2000 + ")" * 2000), "cannot be read"),
    "no header": (b"\x93NUMPY\x01\x00\x02\x00{}", "cannot be read"),
    "a shape of text": (header("'4'"), "cannot be read"),
    "a shape below zero": (header("(-4,)"), "has the impossible shape"),
    "a shape of fractions": (header("(4.5,)"), "cannot be read"),
    "a dtype of nothing": (header("(4,)", "'nothing'"), "cannot be read"),
    "a dtype of code": (header("(4,)", "lambda: 1"), "cannot be read"),
    "petabytes": (header(f"({PETABYTE},)"), "more than the memory of this machine"),
    "exabytes in many axes": (header(f"({', '.join(['65536'] * 20)})"), "more than the memory of this machine"),
    "missing values": (header("(4,)", values=b"\0" * 31), "should have 32 bytes of values by its header, but has 31"),
    "objects": (saved(np.array([{}, {}], dtype=object)), "contains Python objects, which are not loaded"),
    "a pickle": (b"\x80\x04K\x01.", "cannot be read"),
}
DATES = np.array(["2026-01-01"] * 4, "datetime64[D]")
OF_X = {
    "text": np.array(["a"] * 4),
    "numbers as text": np.array(["1", "2", "3", "4"]),
    "bytes": np.array([b"a"] * 4),
    "dates": DATES,
    "durations": DATES - DATES,
    "complex": np.zeros((4, 2), complex),
    "structs": np.zeros(4, [("a", "f8"), ("b", "i4")]),
    "voids": np.zeros(4, "V8"),
    "no columns": np.zeros((4, 0)),
    "no pixels": np.zeros((4, 3, 0)),
    "a single value": np.array(1.0),
    "no rows": np.zeros((0, 2)),
    "other rows": np.zeros((5, 2)),
    "NaN": np.array([[0, 1], [np.nan, 1], [0, 1], [0, 1]]),
    "infinity": np.array([[0, 1], [0, 1], [0, -np.inf], [0, 1]]),
}
OF_Y = {
    "bytes": np.array([b"cat", b"dog", b"cat", b"dog"]),
    "dates": DATES,
    "durations": DATES - DATES,
    "complex": Y.astype(complex),
    "structs": np.zeros(4, [("a", "f8"), ("b", "i4")]),
    "voids": np.zeros(4, "V8"),
    "objects": np.array([{}, {}, {}, {}], dtype=object),
    "no columns": np.zeros((4, 0)),
    "a single value": np.array(1),
    "other rows": np.zeros(3),
    "NaN": np.array([0, np.nan, 1, 0]),
    "infinity": np.array([[0, 1], [0, 1], [0, np.inf], [0, 1]]),
}
SAYS = {
    "no columns": "has rows without values",
    "no pixels": "has rows without values",
    "a single value": "different numbers of rows",
    "no rows": "different numbers of rows",
    "other rows": "different numbers of rows",
    "NaN": "has NaN or infinite",
    "infinity": "has NaN or infinite",
    "objects": "contains Python objects, which are not loaded",
}


def npz(members: dict[str, bytes | np.ndarray[Any, Any]], **options: Any) -> Write:
    """Write an archive."""

    def write(folder: Path) -> None:
        with zipfile.ZipFile(folder / "d.npz", "w", **options) as archive:
            for name, content in members.items():
                archive.writestr(f"{name}.npy", content if isinstance(content, bytes) else saved(content))

    return write


def npy(x: Any, y: Any) -> Write:
    """Write two arrays."""

    def write(folder: Path) -> None:
        for name, content in (("x", x), ("y", y)):
            (folder / f"{name}.npy").write_bytes(content if isinstance(content, bytes) else saved(content))

    return write


def spoiled(start: int, end: int, by: bytes = b"\xff") -> Write:
    """Write a compressed archive and overwrite a part of it, counted from its end if it is below zero."""

    def write(folder: Path) -> None:
        npz({"x": np.random.default_rng(0).normal(size=(4, 200)), "y": Y}, compression=zipfile.ZIP_DEFLATED)(folder)
        content = bytearray((folder / "d.npz").read_bytes())
        content[start:end] = by * len(content[start:end])
        (folder / "d.npz").write_bytes(content)

    return write


def flagged(folder: Path) -> None:
    """Write an archive that says it is encrypted."""
    npz({"x": X, "y": Y})(folder)
    content = (folder / "d.npz").read_bytes()
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(sign) + at
        content = content[:place] + b"\x01\x00" + content[place + 2 :]
    (folder / "d.npz").write_bytes(content)


def twice(folder: Path) -> None:
    """Write an archive with two arrays of one name."""
    npz({"x": X, "y": Y})(folder)
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(folder / "d.npz", "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("x.npy", saved(X + 1))


def csv(text: str | bytes) -> Write:
    """Write a text table."""
    return lambda folder: (folder / "d.csv").write_bytes(text if isinstance(text, bytes) else text.encode())


def parquet(**columns: Any) -> Write:
    """Write a table of columns."""
    return lambda folder: pd.DataFrame(columns).to_parquet(folder / "d.parquet")


def latin_parquet(folder: Path) -> None:
    """Write a table whose text is not UTF-8."""
    text = pa.StringArray.from_buffers(2, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"a\xe9"))
    table = pa.table({"a": [1.0, 2.0], "b": [1, 2], "kind": text})
    pq.write_table(table, folder / "d.parquet")


def hdf5(fill: Callable[[h5py.File, Path], object]) -> Write:
    """Write an HDF5 file."""

    def write(folder: Path) -> None:
        with h5py.File(folder / "d.h5", "w") as file:
            fill(file, folder)

    return write


def stored(x: Any = None, y: Any = None) -> Write:
    """Write an HDF5 file with two data sets."""
    return hdf5(
        lambda file, _: (
            file.create_dataset("x", data=X if x is None else x),
            file.create_dataset("y", data=Y if y is None else y),
        )
    )


def elsewhere(file: h5py.File, folder: Path) -> None:
    """Put the values of a data set into another file."""
    (folder / "secret").write_bytes(bytes(8 * X.size))
    file.create_dataset("x", X.shape, "f8", external=[("secret", 0, 8 * X.size)])
    file["y"] = Y


def linked(file: h5py.File, folder: Path) -> None:
    """Link to another file."""
    with h5py.File(folder / "other.h5", "w") as other:
        other["x"] = X
    file["x"] = h5py.ExternalLink("other.h5", "/x")
    file["y"] = Y


def virtual(file: h5py.File, folder: Path) -> None:
    """Make a data set of the parts of another file."""
    with h5py.File(folder / "other.h5", "w") as other:
        other["x"] = X
    layout = h5py.VirtualLayout(X.shape, "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", X.shape)
    file.create_virtual_dataset("x", layout)
    file["y"] = Y


def spoiled_hdf5(start: int, end: int | None, by: bytes = b"\xff") -> Write:
    """Overwrite bytes of a good file, or cut it off."""

    def write(folder: Path) -> None:
        stored()(folder)
        content = bytearray((folder / "d.h5").read_bytes())
        content[start:end] = b"" if end is None else by * len(content[start:end])
        (folder / "d.h5").write_bytes(bytes(content))

    return write


def raw(name: str, content: bytes) -> Write:
    """Write a file of bytes."""
    return lambda folder: (folder / name).write_bytes(content)


def sparse(name: str) -> Write:
    """Write fifty gigabytes of nothing."""
    return lambda folder: ((folder / name).touch(), os.truncate(folder / name, SPARSE))


def sparse_array(folder: Path) -> None:
    """Write a sparse array whose header claims even more."""
    npy(header(f"({PETABYTE},)"), Y)(folder)
    os.truncate(folder / "x.npy", SPARSE)


HDF5S: dict[str, tuple[Write, str | None]] = {
    "good": (stored(), None),
    "text labels": (stored(y=["b", "a", "b", "a"]), None),
    "empty": (raw("d.h5", b""), "cannot be read as HDF5"),
    "a text": (raw("d.h5", b"a,b,kind\n"), "cannot be read as HDF5"),
    "signature only": (raw("d.h5", b"\x89HDF\r\n\x1a\n"), "cannot be read as HDF5"),
    "cut off": (spoiled_hdf5(900, None), "cannot be read as HDF5"),
    "broken root": (spoiled_hdf5(96, 400), "cannot be read as HDF5"),
    "no data sets": (hdf5(lambda file, _: file.create_group("x")), "has no 'x'"),
    "values in another file": (hdf5(elsewhere), "its values are in other files, which are not read"),
    "a link to another file": (hdf5(linked), "has no 'x'"),
    "parts of another file": (hdf5(virtual), "its values are in other files, which are not read"),
    "a petabyte": (
        hdf5(
            lambda file, _: (
                file.create_dataset("x", (PETABYTE,), "f8", chunks=(1024,)),
                file.create_dataset("y", data=Y),
            )
        ),
        "more than the memory of this machine",
    ),
    "a petabyte of text": (
        hdf5(
            lambda file, _: (
                file.create_dataset("x", data=X),
                file.create_dataset("y", (2**20,), f"S{2**30}", chunks=(1,), compression="gzip"),
            )
        ),
        "'y' cannot be read (has 1,048,576 GiB of values, more than the memory of this machine)",
    ),
    "references": (
        hdf5(lambda file, _: (file.create_dataset("x", (4,), h5py.ref_dtype), file.create_dataset("y", data=Y))),
        "must be numbers (found dtype object)",
    ),
    "lists": (
        hdf5(lambda file, _: (file.create_dataset("x", (4,), h5py.vlen_dtype("f8")), file.create_dataset("y", data=Y))),
        "must be numbers (found dtype object)",
    ),
    "records": (stored(x=np.zeros(4, [("a", "f8")])), "must be numbers"),
    "text as numbers": (stored(x=["1", "2", "3", "4"]), "must be numbers"),
    "text that is not UTF-8": (stored(y=np.array([b"\xff", b"a", b"b", b"c"])), "'y' cannot be read"),
    "a single value": (stored(x=3.0), "x has 0, y has 4"),
    "sparse": (sparse("d.h5"), "cannot be read as HDF5"),
}
CSVS: dict[str, tuple[str | bytes, str | None]] = {
    "good": ("a,b,kind\n1,2,x\n3,4,y\n", None),
    "with a blank line": ("a,b,kind\n1,2,x\n\n3,4,y\n", None),
    "quoted line ends": ('a,b,kind\n1,2,"x\ny"\n3,4,y\n', None),
    "empty": ("", "cannot be read as csv"),
    "head only": ("a,b,kind\n", "contains no rows"),
    "decimal commas": ("a,b,kind\n1,5,2,5,x\n3,5,4,5,y\n", "line 2 has 5 cells, but the first line has 3"),
    "one decimal comma": ("a,b,kind\n1,2,x\n3,5,4,y\n", "line 3 has 4 cells, but the first line has 3"),
    "an index without a name": ("a,b,kind\n0,1,2,x\n1,3,4,y\n", "line 2 has 4 cells, but the first line has 3"),
    "a narrow row": ("a,b,kind\n1,2,x\n3,4\n", "line 3 has 2 cells, but the first line has 3"),
    "a narrow row after a text of two lines": ('a,b,kind\n1,2,"x\ny"\n3,4\n', "line 4 has 2 cells"),
    "a trailing comma": ("a,b,kind\n1,2,x,\n", "line 2 has 4 cells"),
    "semicolons": ("a;b;kind\n1;2;x\n", "has no 'a' (it has a;b;kind)"),
    "a long field": ("a,b,kind\n1,2," + "x" * 140_000 + "\n", "line 2: field larger than field limit (131072)"),
    "a long line": (b"a,b,kind\n" + b"1," * 2**23, "has a line of more than 16,777,216 characters"),
    "an open quote": ('a,b,kind\n1,2,"x\n3,4,y\n', "cannot be read as csv"),
    "zeros": (b"\0" * 10_000, "has no 'a'"),
    "Latin-1": ("a,b,kind\n1,2,é\n".encode("latin-1"), "cannot be read as csv"),
    "UTF-16": ("a,b,kind\n1,2,x\n".encode("utf-16"), "cannot be read as csv"),
    "text as numbers": ("a,b,kind\n1,x,x\n", "must be numbers"),
    "decimal commas in quotes": ('a,b,kind\n"1,5","2,5",x\n', "must be numbers"),
    "a missing number": ("a,b,kind\n1,,x\n", "has NaN or infinite values in 1 rows"),
    "a missing label": ("a,b,kind\n1,2,\n", "has no label in 1 rows"),
    "infinite": ("a,b,kind\n1,inf,x\n", "has NaN or infinite values"),
    "two columns of one name": ("a,b,b,kind\n1,2,3,x\n", "has 2 arrays or columns named 'b'"),
    "no such column": ("a,c,kind\n1,2,x\n", "has no 'b'"),
    "an archive": (b"PK\x03\x04" + b"\0" * 100, "has no 'a'"),
}
PARQUETS: dict[str, tuple[Write, str | None]] = {
    "good": (parquet(a=[1.0, 2.0], b=[1, 2], kind=["x", "y"]), None),
    "text that is not UTF-8": (latin_parquet, "cannot be read as parquet (In column 2: Invalid: Invalid UTF8"),
    "decimals as numbers": (parquet(a=[Decimal("1.5"), Decimal(2)], b=[1, 2], kind=["x", "y"]), None),
    "categories": (parquet(a=[1.0, 2.0], b=[1, 2], kind=pd.Categorical(["x", "y"])), None),
    "dates as numbers": (
        parquet(a=[date(2026, 1, 1)] * 2, b=[1, 2], kind=["x", "y"]),
        "must be numbers or text, found date",
    ),
    "dates as labels": (
        parquet(a=[1.0, 2.0], b=[1, 2], kind=[date(2026, 1, 1)] * 2),
        "must be numbers or text, found date",
    ),
    "times as numbers": (parquet(a=pd.to_datetime(["2026-01-01"] * 2), b=[1, 2], kind=["x", "y"]), "must be numbers"),
    "times as labels": (
        parquet(a=[1.0, 2.0], b=[1, 2], kind=pd.to_datetime(["2026-01-01"] * 2)),
        "must be numbers or text",
    ),
    "durations as labels": (parquet(a=[1.0, 2.0], b=[1, 2], kind=pd.to_timedelta([1, 2])), "must be numbers or text"),
    "bytes as labels": (parquet(a=[1.0, 2.0], b=[1, 2], kind=[b"x", b"y"]), "must be numbers or text, found bytes"),
    "lists as labels": (parquet(a=[1.0, 2.0], b=[1, 2], kind=[[1], [2, 3]]), "its lists have different lengths"),
    "structs as labels": (parquet(a=[1.0, 2.0], b=[1, 2], kind=[{"c": 1}] * 2), "must be numbers or text, found dict"),
    "text as numbers": (parquet(a=["1", "2"], b=["3", "4"], kind=["x", "y"]), "must be numbers"),
    "nothing as labels": (parquet(a=[1.0, 2.0], b=[1, 2], kind=[None, None]), "has no label in 2 rows"),
    "no rows": (parquet(a=[], b=[], kind=[]), "contains no rows"),
    "empty": (raw("d.parquet", b""), "cannot be read as parquet"),
    "signs only": (raw("d.parquet", b"PAR1PAR1"), "cannot be read as parquet"),
    "a footer that claims gigabytes": (
        raw("d.parquet", b"PAR1" + b"\xff\xff\xff\x7fPAR1"),
        "cannot be read as parquet",
    ),
    "a damaged footer": (
        raw("d.parquet", b"PAR1" + b"\xff" * 50 + struct.pack("<I", 50) + b"PAR1"),
        "cannot be read as parquet",
    ),
    "a text": (raw("d.parquet", b"a,b,kind\n1,2,x\n"), "cannot be read as parquet"),
}


def filled(name: str, *more: tuple[str, Callable[[Path], object]]) -> Write:
    """Write a folder of files that were never looked at, and what is done to some of them."""

    def write(folder: Path) -> None:
        for file in ("cat/a.png", "dog/b.png", "dataset_spec.pb", "snapshot.metadata", "1/00000000.shard/0.snapshot"):
            path = folder / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        for file, spoil in more:
            path = folder / name / file
            path.unlink(missing_ok=True)
            path.parent.mkdir(exist_ok=True)
            spoil(path)

    return write


def frame(length: int, content: bytes) -> bytes:
    """Return a record that claims a length."""
    return struct.pack("<QI", length, 0) + content + bytes(4)


RECORD = {"path": "d.tfrecord", "features": {"x": {"shape": (2,)}, "y": {"dtype": "int64"}}}
IMAGES = {"path": "images", "images": {"size": (8, 8), "range": (0, 1)}}
SAVED = {"path": "saved"}
RECORDS: dict[str, tuple[Write, str]] = {
    "empty": (raw("d.tfrecord", b""), "cannot be read as TFRecord (contains no rows)"),
    "text": (raw("d.tfrecord", b"a,b\n"), "cannot be read as TFRecord (record 0 is cut off)"),
    "cut off": (raw("d.tfrecord", frame(3, b"abc") + b"\0" * 7), "record 1 is cut off"),
    "exabytes": (raw("d.tfrecord", frame(2**62, b"")), "should have 4,611,686,018,427,387,904 bytes"),
    "compressed": (raw("d.tfrecord", b"\x1f\x8b\x08\0" + bytes(40)), "it is compressed with GZIP"),
    "sparse": (sparse("d.tfrecord"), "record 0 is empty, but its checksum is that of another length"),
    "a pipe": (lambda folder: os.mkfifo(folder / "d.tfrecord"), "is not a regular file"),
    "a folder": (lambda folder: (folder / "d.tfrecord").mkdir(), "it has no .tfrecord files"),
}
FOLDERS: dict[str, tuple[dict[str, Any], Write, str]] = {
    "images: none": (IMAGES, lambda _: None, "no such file"),
    "images: a file": (IMAGES, raw("images", b"x"), "is a file, not a folder of images"),
    "images: a pipe": (IMAGES, lambda folder: os.mkfifo(folder / "images"), "is not a regular file"),
    "images: empty": (IMAGES, lambda folder: (folder / "images").mkdir(), "it has no PNG, JPEG, BMP or GIF files"),
    "images: a pipe in it": (IMAGES, filled("images", ("cat/c.png", os.mkfifo)), "cat/c.png is not a regular file"),
    "images: a device": (
        IMAGES,
        filled("images", ("cat/c.png", lambda path: path.symlink_to("/dev/zero"))),
        "cat/c.png is a link that leaves the folder",
    ),
    "images: a secret": (
        IMAGES,
        filled("images", ("cat/c.png", lambda path: path.symlink_to("/etc/passwd"))),
        "cat/c.png is a link that leaves the folder",
    ),
    "images: a way up": (
        IMAGES,
        filled("images", ("cat/up", lambda path: path.symlink_to(".."))),
        "cat/up is a link to a folder, which is not followed",
    ),
    "images: a loop": (
        IMAGES,
        filled("images", ("cat/c.png", lambda path: path.symlink_to("c.png"))),
        "cannot be read as a folder of images",
    ),
    "images: a name in another encoding": (
        IMAGES,
        filled("images", (os.fsdecode(b"cat/\xe9.png"), Path.touch)),
        "the name '\N{REPLACEMENT CHARACTER}.png' is not UTF-8",
    ),
    "images: a class in another encoding": (
        IMAGES,
        filled("images", (os.fsdecode(b"\xe9/a.png"), Path.touch)),
        "the name '\N{REPLACEMENT CHARACTER}' is not UTF-8",
    ),
    "images: no class": (IMAGES, filled("images", ("e.png", Path.touch)), "e.png is not in the folder of a class"),
    "saved: another folder": (SAVED, lambda folder: (folder / "saved").mkdir(), "dataset_spec.pb: no such file"),
    "saved: no metadata": (
        SAVED,
        filled("saved", ("snapshot.metadata", Path.mkdir)),
        "snapshot.metadata: is a folder, not a file",
    ),
    "saved: a pipe": (SAVED, filled("saved", ("dataset_spec.pb", os.mkfifo)), "dataset_spec.pb: is not a regular file"),
    "saved: a pipe for a shard": (
        SAVED,
        filled("saved", ("1/00000000.shard/0.snapshot", os.mkfifo)),
        "0.snapshot is not a regular file",
    ),
    "saved: a link": (
        SAVED,
        filled("saved", ("1/00000000.shard/0.snapshot", lambda path: path.symlink_to("/dev/zero"))),
        "0.snapshot is a link that leaves the folder",
    ),
}

CASES = [
    *(Reading(f"tfrecord: {name}", write, RECORD, says) for name, (write, says) in RECORDS.items()),
    *(Reading(name, write, data, says) for name, (data, write, says) in FOLDERS.items()),
    Reading("good npz", npz({"x": X, "y": Y}), {"path": "d.npz"}, None),
    Reading("good npy", npy(X, Y), BARE, None),
    *(Reading(f"npy: {name}", npy(content, Y), BARE, says) for name, (content, says) in ARRAYS.items()),
    *(
        Reading(f"npz: {name}", npz({"x": content, "y": Y}), {"path": "d.npz"}, says)
        for name, (content, says) in ARRAYS.items()
    ),
    *(
        Reading(
            f"inputs: {name}", npz({"x": x, "y": Y}), {"path": "d.npz"}, SAYS.get(name, "must be numbers (found dtype")
        )
        for name, x in OF_X.items()
    ),
    *(
        Reading(f"labels: {name}", npy(X, y), BARE, SAYS.get(name, "must be numbers or text (found dtype"))
        for name, y in OF_Y.items()
    ),
    *(
        Reading(f"{key}: {name}", npz({"x": X, "y": Y, "z": array}), {"path": "d.npz", key: "z"}, says)
        for key, name, array, says in (
            ("text", "dates", DATES, "must be text or numbers"),
            ("text", "bytes", np.array([b"a"] * 4), "must be text or numbers"),
            ("text", "matrix", X, "must have one value for each of the 4 rows (found 4 × 2)"),
            ("group", "complex", Y.astype(complex), "must be numbers or text"),
            ("group", "voids", np.zeros(4, "V8"), "must be numbers or text"),
            ("group", "short", Y[:3], "must have one value for each of the 4 rows (found 3)"),
            ("weight", "text", np.array(["1"] * 4), "must be numbers"),
            ("weight", "complex", Y.astype(complex), "must be numbers"),
            ("weight", "dates", DATES, "must be numbers"),
            ("weight", "NaN", np.array([1, np.nan, 1, 1]), "has no weight in 1 rows"),
            ("weight", "infinite", np.array([1, np.inf, 1, 1]), "must not be negative or infinite"),
            ("weight", "zeros", np.zeros(4), "is 0 in every row"),
        )
    ),
    Reading("npz: empty", raw("d.npz", b""), {"path": "d.npz"}, "cannot be read as npz"),
    Reading("npz: no arrays", npz({}), {"path": "d.npz"}, "has no 'x'"),
    Reading("npz: a single array", raw("d.npz", saved(X)), {"path": "d.npz"}, "cannot be read as npz"),
    Reading("npz: broken deflate", spoiled(80, 400), {"path": "d.npz"}, "'x' cannot be read"),
    Reading("npz: broken checksum", spoiled(1000, 1001), {"path": "d.npz"}, "'x' cannot be read"),
    Reading("npz: broken directory", spoiled(-120, -90), {"path": "d.npz"}, "data."),
    Reading("npz: broken end", spoiled(-20, -10), {"path": "d.npz"}, "cannot be read as npz"),
    Reading("npz: cut off", spoiled(-500, -1, b"\0"), {"path": "d.npz"}, "cannot be read as npz"),
    Reading("npz: encrypted", flagged, {"path": "d.npz"}, "is encrypted"),
    Reading("npz: two arrays of one name", twice, {"path": "d.npz"}, "has 2 arrays or columns named 'x'"),
    Reading(
        "npz: columns of different lengths",
        npz({"a": Y, "b": Y[:2], "y": Y}),
        {"path": "d.npz", "x": ("a", "b")},
        "cannot be read",
    ),
    Reading(
        "npz: a bomb",
        npz({"x": header("(2000000000000,)") + b"\0" * 10**6, "y": Y}, compression=8),
        {"path": "d.npz"},
        "of values",
    ),
    Reading("npz: sparse", sparse("d.npz"), {"path": "d.npz"}, "cannot be read as npz"),
    Reading(
        "csv: sparse", sparse("d.csv"), {"path": "d.csv", **TABLE}, "has a line of more than 16,777,216 characters"
    ),
    Reading("parquet: sparse", sparse("d.parquet"), {"path": "d.parquet", **TABLE}, "cannot be read as parquet"),
    Reading("npy: sparse", sparse_array, BARE, "more than the memory of this machine"),
    *(Reading(f"csv: {name}", csv(text), {"path": "d.csv", **TABLE}, says) for name, (text, says) in CSVS.items()),
    *(
        Reading(f"parquet: {name}", write, {"path": "d.parquet", **TABLE}, says)
        for name, (write, says) in PARQUETS.items()
    ),
    *(
        Reading(f"pipe {name}", lambda folder, name=name: os.mkfifo(folder / name), data, "is not a regular file")  # type: ignore[misc]
        for name, data in (
            ("d.npz", {"path": "d.npz"}),
            ("d.csv", {"path": "d.csv"}),
            ("d.parquet", {"path": "d.parquet"}),
            ("d.h5", {"path": "d.h5"}),
            ("x.npy", BARE),
        )
    ),
    Reading("no file", lambda _: None, {"path": "d.npz"}, "no such file"),
    Reading("folder", lambda folder: (folder / "d.npz").mkdir(), {"path": "d.npz"}, "is a folder, not a file"),
    *(Reading(f"hdf5: {name}", write, {"path": "d.h5"}, says) for name, (write, says) in HDF5S.items()),
    Reading(
        "unknown suffix",
        raw("d.txt", b"x"),
        {"path": "d.txt"},
        "must be an .npz, .csv, .parquet, .h5, .hdf5, .tfrecord or .tfrecords file, or a folder",
    ),
]
