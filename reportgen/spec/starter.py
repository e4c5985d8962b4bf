"""The output of ``reportgen init``: a commented spec, or the digits example with its models and data."""

from __future__ import annotations

import zipfile
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.errors import ReportgenError
from reportgen.resources import missing_folders, remove_empty, share
from reportgen.spec.files import unusable
from reportgen.text.matching import STAR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tomlkit.items import Table

SPEC_NAME = "report.toml"
_EXAMPLE = ("release.toml", "reportgen.schema.json")


class StarterError(ReportgenError):
    """A file to be written already exists, or cannot be written."""

    exit_code = 2


@dataclass(frozen=True)
class Written:
    """The files that were written, and the models and data that a spec cannot name, each with the reason."""

    files: tuple[Path, ...]
    unnamed: tuple[tuple[str, str], ...] = ()


def write_spec(directory: Path) -> Written:
    """Write a commented spec for the models and data in the folder.

    Raises
    ------
    StarterError
        The spec already exists, or the folder cannot be written.
    """
    import tomlkit

    target = directory / SPEC_NAME
    with _refusals(directory):
        _require_absent(target)
    models, unnamed = _files(directory, ".keras", patterns=True)
    data, more = _files(directory, ".npz", patterns=False)
    spec = tomlkit.parse((share("specs") / "starter.toml").read_text("utf-8"))
    spec["models"] = _model_tables(models or ["model.keras"])
    test = next((name for name in data if "test" in name), data[0] if data else "test.npz")
    x, y = _array_names(directory / test)
    spec["data"].update({"path": test, "x": x, "y": y})
    _write(directory, {target: tomlkit.dumps(spec).encode()})
    return Written((target,), (*unnamed, *more))


def write_example(directory: Path) -> Written:
    """Copy the digits example: its spec, models, histories and data.

    Raises
    ------
    StarterError
        One of the files already exists, or the folder cannot be written.
    """
    specs = share("specs")
    sources = [specs / name for name in _EXAMPLE] + sorted(
        path for path in (specs / "digits").iterdir() if path.is_file()
    )
    targets = {directory / path.relative_to(specs): path.read_bytes() for path in sources}
    with _refusals(directory):
        for target in targets:
            _require_absent(target)
    _write(directory, targets)
    return Written(tuple(targets))


def _write(directory: Path, files: Mapping[Path, bytes]) -> None:
    """Write files that do not exist, all or none."""
    with _refusals(directory), ExitStack() as undo:
        for path, content in files.items():
            undo.callback(remove_empty, missing_folders(path.parent))
            path.parent.mkdir(parents=True, exist_ok=True)
            undo.callback(path.unlink, missing_ok=True)
            path.write_bytes(content)
        undo.pop_all()


@contextmanager
def _refusals(directory: Path) -> Iterator[None]:
    """Turn what the system says of a folder into one sentence."""
    try:
        yield
    except OSError as error:
        raise StarterError(f"{directory}: cannot be written ({error.strerror})") from error


def _require_absent(path: Path) -> None:
    if path.exists():
        raise StarterError(f"{path} already exists; nothing was written")


def _files(directory: Path, suffix: str, *, patterns: bool) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the files with a suffix, relative to the folder, and those that a spec cannot name, with the reason.

    With ``patterns``, a ``*`` in a name would be read as a pattern.
    """
    found: list[str] = []
    unnamed: list[tuple[str, str]] = []
    for path in sorted(path for path in directory.rglob(f"{STAR}{suffix}") if path.is_file()):
        name = path.relative_to(directory).as_posix()
        reason = _why_unnameable(name, patterns=patterns)
        if reason is None:
            found.append(name)
        else:
            unnamed.append((name, reason))
    return found, unnamed


def _why_unnameable(name: str, *, patterns: bool) -> str | None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    return "its name has a *, which a spec reads as a pattern" if patterns and STAR in name else None


def _model_tables(files: Sequence[str]) -> Table:
    """Return a table for each model, with its most useful other keys as comments."""
    import tomlkit

    tables = tomlkit.table(is_super_table=True)
    for key, file in zip(_keys(files), files, strict=True):
        table = tomlkit.table()
        table.add("path", file)
        history = f"{file.removesuffix('.keras')}_history.json"
        table.add(tomlkit.comment(f"history = {tomlkit.item(history).as_string()}"))
        table.add(tomlkit.comment('outputs = "probabilities"   # or "logits", "values"; inferred when possible'))
        table.add(tomlkit.nl())
        tables.add(key, table)
    return tables


def _keys(files: Sequence[str]) -> list[str]:
    """Return a key for each model: the name of its file, with as many of its parent folders as make it unique.

    >>> _keys(["best.keras", "runs/1/model.keras", "runs/2/model.keras"])
    ['best', '1-model', '2-model']
    """
    candidates = [
        ["-".join(_parts(file)[start:]) for start in reversed(range(len(_parts(file))))] + [f"./{file}"]
        for file in files
    ]
    owners = Counter(one for several in candidates for one in set(several))
    return [next(one for one in several if one and owners[one] == 1) for several in candidates]


def _parts(file: str) -> list[str]:
    return file.removesuffix(".keras").split("/")


def _array_names(path: Path) -> tuple[str, str]:
    """Guess which arrays are inputs and labels: by the usual names, otherwise the first and the last."""
    if unusable(path) is not None:
        return "x", "y"
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile):
        return "x", "y"
    x = next((name for name in names if name.lower().startswith("x")), names[0] if names else "x")
    y = next((name for name in names if name.lower().startswith(("y", "label"))), names[-1] if names else "y")
    return x, y
