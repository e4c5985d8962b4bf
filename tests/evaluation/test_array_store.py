"""Records on disk that are read in place."""

from __future__ import annotations

import json
import math
import os
import tracemalloc
import zipfile
from dataclasses import fields, is_dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from factory import evaluation, head, history, layer, model, noisy, outputs, probed, weight
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from reportgen.contract.records.classification import ClassHistogram
from reportgen.contract.records.history import History
from reportgen.evaluation import array_store
from reportgen.resources import __version__


def exact(value: Any) -> Any:
    """Describe a value to the last bit, with its types, dtypes, shapes and orders."""
    parts: Any = repr(value)
    if isinstance(value, np.ndarray | np.generic):
        parts = (value.dtype.str, value.shape, value.tobytes(), value.flags.f_contiguous)
    elif isinstance(value, tuple):
        parts = [exact(item) for item in value]
    elif isinstance(value, dict):
        parts = [(exact(key), exact(item)) for key, item in value.items()]
    elif is_dataclass(value):
        parts = [exact(getattr(value, field.name)) for field in fields(value)]
    return type(value), parts


def again(value: Any) -> Any:
    """Write a value, read it, and remove the files."""
    with TemporaryDirectory() as folder:
        array_store.write(value, Path(folder) / "value")
        return array_store.read(Path(folder) / "value")


DTYPES = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(endianness="?"),
    arrays.floating_dtypes(endianness="?"),
    arrays.complex_number_dtypes(endianness="?"),
    arrays.unicode_string_dtypes(endianness="?"),
    arrays.byte_string_dtypes(),
    arrays.datetime64_dtypes(),
)
ARRAYS = arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, min_side=0, max_side=4))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), ARRAYS, ARRAYS.map(lambda one: one.T)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.integers()), inner, max_size=4),
        st.builds(History, st.text(), st.text(), inner, inner),
        st.builds(ClassHistogram, inner, inner, inner),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_is_read(value: Any) -> None:
    """Values of every kind come back exactly, after the files are gone."""
    assert exact(again(value)) == exact(value)


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(12).reshape(3, 4)),
        np.arange(24).reshape(2, 3, 4)[:, ::2],
        np.empty((0, 4), np.float32),
        np.array(["ant", "b\u00e9e", ""]),
        np.ones(5, ">f4"),
        np.array(3.0),
    ],
    ids=["fortran", "strided", "empty", "text", "big-endian", "no axis"],
)
def test_arrays_of_every_kind(array: Any) -> None:
    """Values, dtype and shape."""
    found = again(array)
    assert np.array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)


@given(st.one_of(ARRAYS, ARRAYS.map(lambda one: one.T), ARRAYS.filter(np.ndim).map(lambda one: one[::-2])))
def test_pieces_of_an_array_are_what_numpy_writes(array: Any) -> None:
    """However it lies in memory, and however small the pieces are."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(array_store, "_PIECE", 16)
        array_store.write(array, Path(folder) / "value")
        with zipfile.ZipFile(Path(folder) / "value.npz") as archive:
            found = archive.read("0.npy")
    wanted = BytesIO()
    np.lib.format.write_array(wanted, array, (1, 0))
    assert found == wanted.getvalue()


def test_a_large_array_is_copied_in_small_pieces(tmp_path: Path) -> None:
    """Memory does not grow with what is written."""
    array = np.zeros(2**23, np.uint8)
    tracemalloc.start()
    array_store.write(array, tmp_path / "value")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


def test_a_model_of_every_record() -> None:
    """Heads, histories, weights and activations come back as they were."""
    logits, labels = noisy(50, 3)
    classified = evaluation(head(outputs(logits, labels)), head(outputs(logits, labels, keep_limit=10)))
    inside = model(
        "c",
        history=history(loss=[1.0, math.nan]),
        weights=(weight(np.ones((3, 4))),),
        activations=probed(layer(np.ones((5, 2)))),
    )
    value = (*classified.models, inside, classified.data)
    assert exact(again(value)) == exact(value)


def test_numpy_scalars_keep_their_type() -> None:
    """A float64 of numpy is no float of Python's."""
    value = (np.float32(2), np.float64(0.1), np.bool_(True), np.str_("a"), 0.1)
    assert exact(again(value)) == exact(value)


def test_every_record_is_known() -> None:
    """Whatever module of the records it stands in."""
    assert {"ModelEvaluation", "HeadEvaluation", "WeightTensor", "Activations", "History"} <= set(
        array_store.record_classes()
    )


def test_arrays_cannot_be_changed() -> None:
    """An analyzer must not change the evaluation."""
    found = again(np.arange(3))
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_arrays_are_read_in_place(tmp_path: Path) -> None:
    """Each is a view of the stored file, aligned for its numbers."""
    array_store.write((np.ones(3, bool), np.arange(1000.0)), tmp_path / "value")
    for array in array_store.read(tmp_path / "value"):
        assert not array.flags.owndata
        assert array.ctypes.data % 64 == 0


def test_writing_needs_little_memory(tmp_path: Path) -> None:
    """Arrays go to the file piece by piece, whatever their order in memory."""
    array = np.zeros((4000, 4000)).T[::2]
    tracemalloc.start()
    array_store.write(array, tmp_path / "value")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < array.nbytes


def test_the_arrays_are_an_npz_without_pickles(tmp_path: Path) -> None:
    """NumPy reads them by itself, uncompressed."""
    array_store.write({"a": np.arange(3), "b": np.ones((2, 2))}, tmp_path / "value")
    with np.load(tmp_path / "value.npz", allow_pickle=False) as stored:
        assert [stored[name].shape for name in stored] == [(3,), (2, 2)]
    with zipfile.ZipFile(tmp_path / "value.npz") as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (np.array([None]), "found object"),
        (np.array([(None, 1)], [("a", "O"), ("b", "i4")]), "found \\["),
        ([1], "found list"),
        (Path(), "found PosixPath" if os.name == "posix" else "found WindowsPath"),
        (np.ma.masked_array([1, 2], [True, False]), "found MaskedArray"),
    ],
    ids=["object array", "object field", "list", "class", "masked array"],
)
def test_what_cannot_be_kept_as_it_is_is_refused(value: Any, found: str) -> None:
    """Instead of coming back as something else."""
    with pytest.raises(TypeError, match=found):
        again(value)


@pytest.mark.parametrize(
    ("key", "other", "found"), [("format", 99, "format 99 of"), ("reportgen", "0.0.0", "of reportgen 0.0.0")]
)
def test_another_version_is_refused(tmp_path: Path, key: str, other: Any, found: str) -> None:
    """In one sentence that says what was found."""
    array_store.write((), tmp_path / "value")
    content = json.loads((tmp_path / "value.json").read_text("utf-8"))
    (tmp_path / "value.json").write_text(json.dumps(content | {key: other}), "utf-8")
    with pytest.raises(array_store.ArrayStoreError, match=found):
        array_store.read(tmp_path / "value")


def _npz(folder: Path, member: bytes) -> None:
    with zipfile.ZipFile(folder / "value.npz", "w") as archive:
        archive.writestr("0.npy", member)


def _tree(folder: Path, value: Any) -> None:
    tree = {"format": array_store.FORMAT, "reportgen": __version__, "value": value}
    (folder / "value.json").write_text(json.dumps(tree), "utf-8")


def _objects(folder: Path) -> None:
    content = BytesIO()
    np.lib.format.write_array(content, np.array([{}]), (1, 0))
    _npz(folder, content.getvalue())


def _too_long(folder: Path) -> None:
    content = BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)})
    _npz(folder, content.getvalue() + bytes(64))


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "value.npz").write_bytes(b""),
        lambda folder: (folder / "value.npz").write_bytes(b"garbage"),
        lambda folder: (folder / "value.npz").write_bytes((folder / "value.npz").read_bytes()[:-40]),
        lambda folder: _npz(folder, b""),
        lambda folder: _npz(folder, b"no array"),
        _objects,
        _too_long,
        lambda folder: _tree(folder, {"record": "History", "fields": []}),
        lambda folder: _tree(folder, {"record": "Popen", "fields": {}}),
        lambda folder: _tree(folder, {"array": "7"}),
        lambda folder: _tree(folder, {"array": []}),
        lambda folder: _tree(folder, {"dict": [1]}),
        lambda folder: (folder / "value.json").write_text("[]", "utf-8"),
        lambda folder: (folder / "value.json").write_bytes(b"\xff"),
        lambda folder: (folder / "value.json").write_text("[" * 10**5, "utf-8"),
    ],
)
def test_what_is_damaged_or_foreign_is_one_error(tmp_path: Path, harm: Any) -> None:
    """Whatever the list of the store says of it, and from whichever worker it came."""
    array_store.write(np.arange(3.0), tmp_path / "value")
    harm(tmp_path)
    with pytest.raises(array_store.ArrayStoreError):
        array_store.read(tmp_path / "value")


def test_another_type_is_an_error(tmp_path: Path) -> None:
    """It is not taken for the wanted one."""
    array_store.write(np.arange(3.0), tmp_path / "value")
    assert len(array_store.read_as(np.ndarray, tmp_path / "value")) == 3
    with pytest.raises(array_store.ArrayStoreError, match=r"value: must be tuple \(found ndarray\)"):
        array_store.read_as(tuple, tmp_path / "value")
