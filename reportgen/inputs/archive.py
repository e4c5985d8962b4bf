"""Reads what a ``.keras`` archive says about itself, without building the model or trusting what it declares."""

from __future__ import annotations

import json
import lzma
import os
import struct
import zipfile
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from reportgen.errors import InputError, summary
from reportgen.inputs.sources.headers import memory
from reportgen.spec.files import MEGABYTE, unusable
from reportgen.spec.tables.output import NO_LIMITS_NAMED

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.spec.problems import Location
    from reportgen.spec.tables.output import LimitsSpec

WEIGHTS = "model.weights.h5"
_MEMBERS = ("config.json", "metadata.json", WEIGHTS)
_FREE = 2**30
_EXPANSION = 100
"""A member may be larger than ``_FREE`` bytes only if it is at most this many times its compressed size: Keras does not compress."""
_ENCRYPTED = 1
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    OverflowError,
    RecursionError,
)


def config_of(path: Path, location: Location, file: str, limits: LimitsSpec = NO_LIMITS_NAMED) -> dict[str, Any]:
    """Return the content of ``config.json``, after the declared sizes and the checksums have been checked.

    Raises
    ------
    InputError
        It is not a readable Keras archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            reason = _wrong(archive, limits.config_size)
            if reason is None:
                damaged = archive.testzip()
                reason = f"is corrupt (the checksum of {damaged} does not match)" if damaged else None
            if reason is not None:
                raise InputError(location, file, reason)
            json.loads(archive.read("metadata.json").decode("utf-8"))
            config = json.loads(archive.read("config.json").decode("utf-8"))
            reason = malformed(config, "config.json")
    except FileNotFoundError as error:
        raise InputError(location, file, "no such file") from error
    except RecursionError as error:
        raise InputError(location, file, "has a config.json that is nested too deeply") from error
    except _DAMAGES as error:
        raise InputError(location, file, f"is not a readable Keras archive ({summary(error)})") from error
    if reason is not None:
        raise InputError(location, file, f"is not a readable Keras archive ({reason})")
    found: dict[str, Any] = config
    return found


def outputs_of(path: Path, limits: LimitsSpec = NO_LIMITS_NAMED) -> tuple[str, ...] | None:
    """Return the names of a model's outputs; None if only Keras can tell, or if it is not a readable archive."""
    if unusable(path) is not None:
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            if _wrong(archive, limits.config_size) is not None:
                return None
            names = _output_names(json.loads(archive.read("config.json").decode("utf-8")))
    except _DAMAGES:
        return None
    return names if len(set(names)) == len(names) > 0 else None


def _output_names(config: Any) -> tuple[str, ...]:
    """Return the names that Keras gives the outputs: the keys of a dict, otherwise the names of the last layers."""
    match config:
        case {"class_name": "Functional", "config": {"output_layers": dict(heads)}}:
            return tuple(heads)
        case {"class_name": "Functional", "config": {"output_layers": [str(name), *_]}}:
            return (name,)
        case {"class_name": "Functional", "config": {"output_layers": [*heads]}}:
            names = [head[0] for head in heads if isinstance(head, list) and head and isinstance(head[0], str)]
            return tuple(names) if len(names) == len(heads) else ()
        case {"class_name": "Sequential", "config": {"layers": [*_, {"config": {"name": str(name)}}]}}:
            return (name,)
    return ()


def objects_in(config: Any) -> list[dict[str, Any]]:
    """Return every serialized object of an architecture."""
    found, left = [], [config]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            found += [one] if "class_name" in one else []
            left += reversed(one.values())
        elif isinstance(one, list):
            left += reversed(one)
    return found


def is_read(path: Path, limits: LimitsSpec = NO_LIMITS_NAMED) -> bool:
    """Return whether all bytes of a model are read; not of an archive above 1 GiB whose directory tells that it is no model."""
    if path.suffix != ".keras":
        return True
    if unusable(path) is not None:
        return False
    try:
        if path.stat().st_size <= _FREE:
            return True
        with zipfile.ZipFile(path) as archive:
            return _wrong(archive, limits.config_size) is None
    except _DAMAGES:
        return False


def _wrong(archive: zipfile.ZipFile, megabytes: float) -> str | None:
    """Return what is wrong with the directory of an archive, before anything in it is read."""
    for one in archive.infolist():
        if one.flag_bits & _ENCRYPTED:
            return f"is an encrypted archive ({one.filename}): save the model again, without a password"
        if one.filename in _MEMBERS[:2] and one.file_size > megabytes * MEGABYTE:
            return f"has a {one.filename} of more than {megabytes:g} MB (limits.config_size): this is not a Keras model"
        if one.file_size > max(_FREE, _EXPANSION * one.compress_size):
            declared, stored = one.file_size / 2**30, one.compress_size / 2**20
            return f"is not loaded: {one.filename} unpacks {stored:,.1f} MiB to {declared:,.1f} GiB, which no Keras model does"
        if one.file_size > memory():
            return f"is not loaded: {one.filename} has {one.file_size / 2**30:,.1f} GiB, more than the memory of this machine"
    return _incomplete(archive)


def _incomplete(archive: zipfile.ZipFile) -> str | None:
    """Return which members an archive lacks, or has that do not belong to it."""
    members = archive.infolist()
    foreign = _size(archive) - sum(one.compress_size for one in members)
    if foreign > _FREE:
        return f"is a malformed archive ({foreign / 2**30:,.1f} GiB are in none of its files)"
    counts = Counter(one.filename for one in members)
    missing = [name for name in _MEMBERS if name not in counts]
    if missing:
        return f"is an incomplete Keras archive ({missing[0]} is missing)"
    twice = [name for name, count in counts.items() if count > 1]
    return f"is a malformed archive (it contains {twice[0]} {counts[twice[0]]} times)" if twice else None


def _size(archive: zipfile.ZipFile) -> int:
    """Return the size of an archive in bytes."""
    return 0 if archive.fp is None else archive.fp.seek(0, os.SEEK_END)


def malformed(config: Any, name: str) -> str | None:
    """Return what is wrong with the configuration of a model, which is the content of ``name``."""
    if not isinstance(config, dict):
        return f"{name} is not an object"
    for item in objects_in(config):
        for key in ("class_name", "module", "registered_name"):
            if not isinstance(item.get(key), str | None) or item["class_name"] is None:
                return f"{key} in {name} is not text"
    if not isinstance(config.get("compile_config"), dict | None):
        return f"compile_config in {name} is not an object"
    return None
