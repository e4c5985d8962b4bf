"""What ``reportgen init`` writes: a commented spec, or the digits example with its models and data."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

from reportgen.errors import ReportgenError
from reportgen.resources import share

if TYPE_CHECKING:
    from pathlib import Path

SPEC_NAME = "report.toml"
_EXAMPLE = ("release.toml", "reportgen.schema.json")


class StarterError(ReportgenError):
    """The folder already holds what would be written."""

    exit_code = 2


def write_spec(directory: Path) -> tuple[Path, ...]:
    """Write a commented spec that names the models and the data that lie in the folder.

    Raises
    ------
    StarterError
        There is a spec already.
    """
    target = directory / SPEC_NAME
    _require_absent(target)
    directory.mkdir(parents=True, exist_ok=True)
    models = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*.keras"))
    data = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*.npz"))
    test = next((name for name in data if "test" in name), data[0] if data else "test.npz")
    x, y = _array_names(directory / test)
    text = (share("specs") / "starter.toml").read_text("utf-8")
    tables = "\n".join(_model_table(name) for name in models or ["model.keras"])
    for key, value in {"MODELS": tables, "DATA": test, "X": x, "Y": y}.items():
        text = text.replace(f"@{key}@", value)
    target.write_text(text, "utf-8")
    return (target,)


def write_example(directory: Path) -> tuple[Path, ...]:
    """Copy the digits example: its spec, models, histories and data.

    Raises
    ------
    StarterError
        One of the files is there already.
    """
    specs = share("specs")
    sources = [specs / name for name in _EXAMPLE] + sorted(
        path for path in (specs / "digits").iterdir() if path.is_file()
    )
    targets = [directory / path.relative_to(specs) for path in sources]
    for target in targets:
        _require_absent(target)
    for source, target in zip(sources, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return tuple(targets)


def _require_absent(path: Path) -> None:
    if path.exists():
        raise StarterError(f"{path} exists already; nothing was written")


def _model_table(name: str) -> str:
    stem = name.rpartition("/")[2].removesuffix(".keras")
    key = stem if stem.replace("_", "").replace("-", "").isalnum() and stem.isascii() else f'"{stem}"'
    return f'[models.{key}]\npath = "{name}"\n# history = "{stem}_history.json"\n# outputs = "probabilities"   # or "logits", "values"; found out where the model tells\n'


def _array_names(path: Path) -> tuple[str, str]:
    """Guess which arrays are inputs and labels: by the usual names, else the first two."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile):
        return "x", "y"
    x = next((name for name in names if name.lower().startswith("x")), names[0] if names else "x")
    y = next((name for name in names if name.lower().startswith(("y", "label"))), names[-1] if names else "y")
    return x, y
