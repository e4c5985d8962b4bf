"""Arguments of the Python interface: the product's own exception for whatever has the wrong type."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.errors import ArgumentError, InputError, ends_program, summary


def path(option: str, given: Any) -> Path:
    """Return a path; ArgumentError for anything else."""
    text = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if not isinstance(text, str):
        raise ArgumentError(f"{option} must be a path (found {_named(given)})")
    if not text or "\0" in text:
        raise ArgumentError(f"{option} must be a path (found {text!r})")
    return Path(text)


def words(option: str, given: Any) -> tuple[str, ...]:
    """Return several texts; ArgumentError for anything else, a single text included."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise ArgumentError(f"{option} must be a list of text (found {_named(given)})")
    found = tuple(given)
    wrong = [one for one in found if not isinstance(one, str)]
    if wrong:
        raise ArgumentError(f"{option} must be a list of text (found {_named(wrong[0])})")
    return found


def array(option: str, given: Any) -> Any:
    """Return an array of rows; InputError for what is none, such as rows of different lengths."""
    try:
        found = np.asarray(given)
    except BaseException as error:
        if ends_program(error):
            raise
        raise InputError((option,), "", f"cannot be read as an array ({summary(error)})") from error
    if found.ndim == 0:
        raise InputError((option,), "", f"must be an array of rows (found {_named(given)})")
    return found


def arrays(option: str, given: Any) -> Any:
    """Return an array, or arrays by name."""
    if not isinstance(given, Mapping):
        return array(option, given)
    if not given:
        raise InputError((option,), "", "contains no arrays")
    wrong = [name for name in given if not isinstance(name, str)]
    if wrong:
        raise InputError((option,), "", f"names must be text (found {wrong[0]!r})")
    return {name: array(f"{option}.{name}", one) for name, one in given.items()}


def _named(given: Any) -> str:
    return "None" if given is None else type(given).__name__
