"""Patterns in ``[models]``: an entry with ``*`` or ``{field}`` in its path covers every file that matches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.spec.plain import is_unicode
from reportgen.spec.problems import Problem
from reportgen.spec.values import is_finite, typed
from reportgen.spec.wildcards import AmbiguousError, Wildcards
from reportgen.text.matching import STAR, matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reportgen.contract.params import Value
    from reportgen.spec.tables.models import ModelSpec

_DERIVED = ("name", "history", "series", "recipe", "params_from")
_Match = tuple[str, tuple[str, ...]]


def files(pattern: str, folder: Path) -> list[str]:
    """Return the files that a path with ``*`` matches, relative to a folder and in natural order; OSError if it cannot be searched."""
    return [path for path, _ in _matches(Wildcards.of(pattern), folder)]


def files_with_fields(pattern: str, folder: Path) -> list[tuple[str, dict[str, Value]]]:
    """Return the files that a path with wildcards matches as :func:`files`, each with the values of its fields; AmbiguousError where a text could be split in several ways."""
    wildcards = Wildcards.of(pattern)
    return [(path, _named(texts, wildcards)) for path, texts in _matches(wildcards, folder)]


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
            wrong += [*_unnameable(key, matched), *_not_finite(key, matched)]
        except AmbiguousError as error:
            wrong = [Problem(("models", key, "path"), str(error), repr(model.path))]
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
    path = Wildcards.of(model.origin)
    if "**" in model.origin:
        yield Problem(
            ("models", key, "path"),
            "** is not supported: a * matches part of a single file or folder name",
            repr(model.path),
        )
        return
    if path.mistake is not None:
        yield Problem(("models", key, "path"), path.mistake, repr(model.path))
        return
    for field, value in _templates(model):
        mistake = _mistake(field, Wildcards.of(value), path)
        if mistake is not None:
            yield Problem(("models", key, field), mistake, repr(value))
    for name in path.fields:
        if name in (model.params or {}):
            message = "is a field of path too: name the parameter in one of them"
            yield Problem(("models", key, "params", name), message)


def _templates(model: ModelSpec) -> Iterator[tuple[str, str]]:
    """Yield the keys that can have the wildcards of the path, with their text."""
    for field in _DERIVED:
        value = getattr(model, field)
        text = value if value is None or isinstance(value, str) else value.path
        if text is not None:
            yield field, text


def _mistake(field: str, template: Wildcards, path: Wildcards) -> str | None:
    """Return what is wrong with the wildcards of a key that follow those of the path."""
    if field == "recipe":
        if path.names and template.stars:
            return "must not have a *: it applies to every file that matches"
        template = Wildcards(template.literals[: len(template.fields) + 1], template.fields)
    if not path.names and (template.names or field == "name"):
        return None if field == "recipe" else "requires a path with a *, or with {fields}"
    unknown = [name for name in template.fields if name not in path.fields]
    if unknown:
        return f"path has no field {{{unknown[0]}}}"
    if template.stars not in {0, path.stars} or (field == "name" and path.names and not template.names):
        return f"must have as many * as path ({path.stars})"
    return None


def _unnameable(key: str, matched: list[tuple[str, ModelSpec]]) -> Iterator[Problem]:
    """Yield files whose names no report can show."""
    for _, model in matched:
        if not is_unicode(model.origin):
            yield Problem(("models", key, "path"), "matches a file whose name is not UTF-8", repr(model.path))


def _not_finite(key: str, matched: list[tuple[str, ModelSpec]]) -> Iterator[Problem]:
    """Yield parameters in a path that are NaN or infinite: no model is trained with them."""
    for _, model in matched:
        for name, value in (model.params or {}).items():
            if isinstance(value, str) and not is_finite(value):
                message = f"gives the parameter {name} of {model.origin} no finite number"
                yield Problem(("models", key, "path"), message, repr(value))


def _models(key: str, model: ModelSpec, folder: Path) -> Iterator[tuple[str, ModelSpec]]:
    pattern = Wildcards.of(model.path or "")
    if model.path is None or not pattern.names:
        yield key, model
        return
    for path, texts in _matches(pattern, folder):
        name = _name(path, texts, pattern) if model.name is None else Wildcards.of(model.name).filled(texts, pattern)
        changed: dict[str, object] = {"path": path, "name": None, "params": _params(model, texts, pattern)}
        for field, value in _templates(model):
            if field != "name":
                filled = Wildcards.of(value).filled(texts, pattern)
                own = getattr(model, field)
                changed[field] = filled if isinstance(own, str) else own.model_copy(update={"path": filled})
        yield name, model.model_copy(update=changed)


def _params(model: ModelSpec, texts: tuple[str, ...], pattern: Wildcards) -> dict[str, Value] | None:
    """Return the parameters of a model: those of its entry, and those that the fields of the path name."""
    return {**(model.params or {}), **_named(texts, pattern)} or None


def _named(texts: tuple[str, ...], pattern: Wildcards) -> dict[str, Value]:
    """Return the values of the fields of a path."""
    return {name: typed(text) for name, text in zip(pattern.names, texts, strict=True) if name is not None}


def _name(path: str, texts: tuple[str, ...], pattern: Wildcards) -> str:
    """Return the default name of a model: the text that each ``*`` matches; with fields the file and folder names that have wildcards."""
    if not pattern.fields:
        return "-".join(texts)
    pieces = zip(path.split("/"), pattern.starred.split("/"), strict=True)
    named = [piece for piece, starred in pieces if STAR in starred]
    if STAR in pattern.starred.rpartition("/")[2]:
        named[-1] = named[-1].rpartition(".")[0] or named[-1]
    return "-".join(named)


def _matches(pattern: Wildcards, folder: Path) -> list[_Match]:
    """Return the files that match, and the text that each wildcard matches; names that start with a dot are excluded."""
    starred = pattern.starred
    base = "/" if starred.startswith("/") else ""
    paths = [base]
    for piece in filter(None, starred.split("/")):
        paths = [path for before in paths for path in _children(before, piece, folder)]
    found = [(path, texts) for path in sorted(paths) if (texts := pattern.match(path)) is not None]
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
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", text)]
