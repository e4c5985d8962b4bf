"""Records on disk, read in place: a JSON tree, and beside it an uncompressed ``.npz`` with its arrays.

The tree stores plain values directly, tuples as lists, and everything else as an object with one key that names its
kind: ``record`` (a dataclass of ``reportgen.contract.records``), ``dict``, ``array`` or ``scalar`` (a numpy scalar). Reading
never runs code: only record classes are instantiated, and object arrays are rejected.
"""

from __future__ import annotations

import importlib
import json
import mmap
import pkgutil
import struct
import zipfile
from dataclasses import fields, is_dataclass
from functools import cache
from typing import IO, TYPE_CHECKING, Any, TypeVar

import numpy as np

from reportgen.contract import records
from reportgen.errors import ReportgenError, summary
from reportgen.resources import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

_Kind = TypeVar("_Kind")

FORMAT = 1
_PLAIN = (type(None), bool, int, float, str)
_ARRAYS = (np.ndarray, np.memmap)
_ALIGNMENT = 64
_PIECE = 2**20
"""Bytes of an array that are copied at a time; numpy's ``write_array`` copies 16 times as many."""
_LOCAL_HEADER, _ZIP64_EXTRA, _EXTRA_HEAD = 30, 20, 4
"""Bytes before a zip member's name, of its 64-bit sizes, and of the head of an extra field."""


_DAMAGES = (
    zipfile.BadZipFile,
    struct.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


class ArrayStoreError(ReportgenError):
    """Stored records cannot be read; the message gives the reason."""


def write(value: Any, path: Path) -> None:
    """Write a value as ``path.json`` and ``path.npz``.

    Parameters
    ----------
    value
        Records, tuples, dicts, arrays, numpy scalars and JSON values.
    path
        Without a suffix.

    Raises
    ------
    TypeError
        It contains something else, or an array that ``.npy`` cannot store exactly.
    """
    with path.with_suffix(".npz").open("wb") as file, zipfile.ZipFile(file, "w") as archive:

        def put(array: NDArray[Any]) -> str:
            name = str(len(archive.filelist))
            member = _aligned(f"{name}.npy", file.tell())
            with archive.open(member, "w", force_zip64=True) as target:
                _write_array(target, array)
            return name

        content = {"format": FORMAT, "reportgen": __version__, "value": _encoded(value, put)}
    path.with_suffix(".json").write_text(json.dumps(content), "utf-8")


def read(path: Path) -> Any:
    """Read what :func:`write` wrote; its arrays are read-only.

    The files can be deleted while the value is in use: arrays are memory-mapped and loaded on access.

    Raises
    ------
    ArrayStoreError
        It was written in another format or by another version of reportgen, or it is damaged.
    """
    try:
        content = json.loads(path.with_suffix(".json").read_text("utf-8"))
        if (content["format"], content["reportgen"]) != (FORMAT, __version__):
            found = f"found format {content['format']} of reportgen {content['reportgen']}"
            message = f"must be in format {FORMAT} of reportgen {__version__} ({found})"
            raise ArrayStoreError(f"{path.name}.json: {message}: use one installation of reportgen")
        return _decoded(content["value"], _arrays(path.with_suffix(".npz")))
    except _DAMAGES as error:
        raise ArrayStoreError(f"{path.name}: is damaged ({type(error).__name__}: {summary(error)})") from error


def read_as(kind: type[_Kind], path: Path) -> _Kind:
    """Read what :func:`write` wrote of a value of a type.

    Raises
    ------
    ArrayStoreError
        As :func:`read` does; or it is of another type.
    """
    value = read(path)
    if not isinstance(value, kind):
        raise ArrayStoreError(f"{path.name}: must be {kind.__name__} (found {type(value).__name__})")
    return value


@cache
def record_classes() -> dict[str, type[Any]]:
    """Return every dataclass of the modules of ``reportgen.contract.records``, by its name."""
    found: dict[str, type[Any]] = {}
    for module in pkgutil.walk_packages(records.__path__, f"{records.__name__}."):
        for name, item in vars(importlib.import_module(module.name)).items():
            if not is_dataclass(item) or not isinstance(item, type) or item.__module__ != module.name:
                continue
            if name in found:
                message = f"records must have unique names (found {name} in {module.name} and {found[name].__module__})"
                raise TypeError(message)
            found[name] = item
    return found


def _write_array(target: IO[bytes], array: NDArray[Any]) -> None:
    """Write an array as ``.npy``, version 1.0, piece by piece."""
    header = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(target, header)
    pieces = np.nditer(
        array,
        ["external_loop", "buffered", "zerosize_ok"],
        buffersize=max(_PIECE // max(array.itemsize, 1), 1),
        order="F" if header["fortran_order"] else "C",
    )
    for piece in pieces:
        target.write(np.asarray(piece).tobytes())


# ------------------------------------------------------------------------------------------------ values


def _encoded(value: Any, put: Callable[[NDArray[Any]], str]) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return [_encoded(item, put) for item in value]
    if kind is dict:
        return {"dict": [[_encoded(key, put), _encoded(item, put)] for key, item in value.items()]}
    if record_classes().get(kind.__name__) is kind:
        parts = {field.name: _encoded(getattr(value, field.name), put) for field in fields(value)}
        return {"record": kind.__name__, "fields": parts}
    if kind in _ARRAYS or isinstance(value, np.generic):
        _require_storable(value.dtype)
        return {"array" if kind in _ARRAYS else "scalar": put(np.asarray(value))}
    message = f"an evaluation can contain records, tuples, dicts, arrays and plain values (found {kind.__name__})"
    raise TypeError(message)


def _require_storable(dtype: np.dtype[Any]) -> None:
    """Reject object arrays, and dtypes that ``.npy`` would change."""
    descr = np.lib.format.dtype_to_descr(dtype)
    if dtype.hasobject or np.lib.format.descr_to_dtype(descr) != dtype:
        message = f"arrays must have a dtype that .npy files can store (found {dtype})"
        raise TypeError(message)


def _decoded(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(item, arrays) for item in value)
    if not isinstance(value, dict):
        return value
    if "record" in value:
        parts = {key: _decoded(item, arrays) for key, item in value["fields"].items()}
        return record_classes()[value["record"]](**parts)
    if "dict" in value:
        return {_decoded(key, arrays): _decoded(item, arrays) for key, item in value["dict"]}
    return arrays[value["array"]] if "array" in value else arrays[value["scalar"]][()]


# ------------------------------------------------------------------------------------------------ arrays


def _aligned(name: str, offset: int) -> zipfile.ZipInfo:
    """Return a zip member that starts at an offset and whose content starts at a multiple of 64 bytes."""
    member = zipfile.ZipInfo(name)
    start = offset + _LOCAL_HEADER + len(name) + _ZIP64_EXTRA + _EXTRA_HEAD
    padding = -start % _ALIGNMENT
    member.extra = b"\0\0" + padding.to_bytes(2, "little") + bytes(padding)
    return member


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Map the members of an uncompressed ``.npz`` into memory."""
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return {member.filename.removesuffix(".npy"): _mapped(content, member) for member in archive.infolist()}


def _mapped(content: mmap.mmap, member: zipfile.ZipInfo) -> NDArray[Any]:
    lengths = content[member.header_offset + _LOCAL_HEADER - 4 : member.header_offset + _LOCAL_HEADER]
    name, extra = int.from_bytes(lengths[:2], "little"), int.from_bytes(lengths[2:], "little")
    content.seek(member.header_offset + _LOCAL_HEADER + name + extra)
    np.lib.format.read_magic(content)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(content)
    if dtype.hasobject:
        message = "contains Python objects, which are not loaded"
        raise ValueError(message)
    return np.ndarray(shape, dtype, content, content.tell(), order="F" if fortran else "C")
