"""Patterns in ``[models]``: an entry with a ``*`` in its path covers every file that matches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.spec.plain import is_unicode
from reportgen.spec.problems import Problem
from reportgen.text.matching import STAR, expression, matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reportgen.spec.tables.models import ModelSpec

_DERIVED = ("name", "history", "series")


def files(pattern: str, folder: Path) -> list[str]:
    """Return the files that a path with ``*`` matches, relative to a folder and in natural order; OSError if it cannot be searched."""
    return [path for path, _ in _matches(pattern, folder)]


def expand(models: Mapping[str, ModelSpec], folder: Path) -> tuple[dict[str, ModelSpec], dict[str, str], list[Problem]]:
    """Replace each pattern with the models that it matches.

    Parameters
    ----------
    models
        The models of the spec, by key.
    folder
        The folder that paths are relative to.

    Returns
    -------
    tuple
        The models by name, in the order of the spec, and within a pattern in natural order (``run2`` before ``run10``);
        for each name the key of its entry; and the errors.
    """
    found: dict[str, ModelSpec] = {}
    entries: dict[str, str] = {}
    problems: list[Problem] = []
    for key, model in models.items():
        matched: list[tuple[str, ModelSpec]] = []
        try:
            wrong = list(_mistakes(key, model))
            matched = [] if wrong else list(_models(key, model, folder))
            wrong += _unnameable(key, matched)
        except OSError as error:
            wrong = [Problem(("models", key, "path"), f"cannot be searched ({error.strerror})", repr(model.path))]
        problems += wrong
        for name, one in matched:
            if name in found:
                message = f"two models are named {name!r}: {found[name].origin} and {one.origin}"
                problems.append(Problem(("models", key, "name" if model.name else "path"), message))
            found.setdefault(name, one)
            entries.setdefault(name, key)
        if not wrong and not matched:
            problems.append(Problem(("models", key, "path"), "no file matches", repr(model.path)))
    return found, entries, problems


def _mistakes(key: str, model: ModelSpec) -> Iterator[Problem]:
    stars = model.origin.count(STAR)
    if "**" in model.origin:
        yield Problem(
            ("models", key, "path"),
            "** is not supported: a * matches part of a single file or folder name",
            repr(model.path),
        )
        return
    for field in _DERIVED:
        value = getattr(model, field)
        if value is None:
            continue
        if not stars and (field == "name" or STAR in value):
            yield Problem(("models", key, field), "requires a path with a *", repr(value))
        elif value.count(STAR) not in {0, stars} or (field == "name" and STAR not in value):
            message = f"must have as many * as path ({stars})"
            yield Problem(("models", key, field), message, repr(value))
    if model.recipe is not None and stars and STAR in model.recipe:
        message = "must not have a *: it applies to every file that matches"
        yield Problem(("models", key, "recipe"), message, repr(model.recipe))


def _unnameable(key: str, matched: list[tuple[str, ModelSpec]]) -> Iterator[Problem]:
    """Yield files whose names no report can show."""
    for _, model in matched:
        if not is_unicode(model.origin):
            yield Problem(("models", key, "path"), "matches a file whose name is not UTF-8", repr(model.path))


def _models(key: str, model: ModelSpec, folder: Path) -> Iterator[tuple[str, ModelSpec]]:
    if model.path is None or STAR not in model.path:
        yield key, model
        return
    for path, parts in _matches(model.path, folder):
        name = "-".join(parts) if model.name is None else _filled(model.name, parts)
        changed = {"path": path, "name": None}
        changed |= {field: _filled(value, parts) for field in ("history", "series") if (value := getattr(model, field))}
        yield name, model.model_copy(update=changed)


def _matches(pattern: str, folder: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Return the files that match, and the text that each ``*`` matches; names that start with a dot are excluded."""
    whole = expression(pattern, "([^/]*)")
    base = "/" if pattern.startswith("/") else ""
    paths = [base]
    for piece in filter(None, pattern.split("/")):
        paths = [path for before in paths for path in _children(before, piece, folder)]
    found = [(path, match.groups()) for path in paths if (match := whole.fullmatch(path))]
    return sorted(found, key=lambda one: [_natural(part) for part in one[1]])


def _children(before: str, piece: str, folder: Path) -> list[str]:
    if STAR not in piece:
        path = f"{before}{piece}"
        return [path if (folder / path).is_file() else f"{path}/"] if (folder / path).exists() else []
    here = folder / before
    if not here.is_dir():
        return []
    names = [item for item in here.iterdir() if not item.name.startswith(".") and matches(item.name, piece)]
    return [f"{before}{item.name}" + ("/" if item.is_dir() else "") for item in names]


def _natural(text: str) -> list[tuple[int, str]]:
    """Return a sort key that compares digits as numbers."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", text)]


def _filled(template: str, parts: tuple[str, ...]) -> str:
    pieces = template.split(STAR)
    if len(pieces) == 1:
        return template
    return "".join(f"{piece}{part}" for piece, part in zip(pieces, (*parts, ""), strict=True))
