"""Results files of earlier releases that ``diff`` and a spec must not trust, and what lies beside them."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from hostile.case import Case
from hostile.cases.results import CREATED, KINDS, NO_RESULTS, OLD, changed, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SPEC = """\
schema_version = 1
[report]
title = "t"
[models.cnn]
path = "cnn.keras"
[decision]
baseline = { results = "r.json" }
[data]
path = "test.npz"
[[sections]]
kind = "performance"
"""
PLACES: dict[tuple[str | int, ...], Any] = {
    ("models",): [],
    ("models", 0): 7,
    ("models", 0, "name"): None,
    ("models", 0, "heads"): "x",
    ("data",): [],
    ("data", "files"): 7,
    ("spec",): "x",
    ("report", "title"): None,
    ("versions",): [],
    ("checks",): [None],
    ("output", "style"): "evil",
    ("decision",): {"candidate": 7},
    ("predictions",): {"file": 7},
    ("sections", 1, "id"): None,
}
ODD: tuple[Any, ...] = (
    7,
    [7],
    [{"model": "mlp", "layers": 7}],
    [{"model": "mlp", "layers": [7]}],
    [{"model": "mlp", "layers": [{"name": "x"}]}],
    {"model": "mlp"},
)
"""What the overview has in place of the layers of models."""


ELSEWHERE = ("sections", "result", "long name")
"""Cases that a spec adds nothing to, or that name their own file."""


def compared(case: Case) -> Case:
    """Compare the file of another case with itself."""

    def arguments(folder: Path) -> Sequence[str]:
        _, file = case.arguments(folder)
        return ["diff", file, file]

    return Case(case.name.replace("metrics: ", ""), arguments, case.code, case.says)


def in_a_spec(case: Case) -> Case:
    """Name the file of another case as the baseline."""

    def arguments(folder: Path) -> Sequence[str]:
        case.arguments(folder)
        for name in ("cnn.keras", "test.npz"):
            (folder / name).touch()
        (folder / "spec.toml").write_text(SPEC, "utf-8")
        return ["check", "spec.toml"]

    return Case(f"baseline: {case.name.replace('metrics: ', '')}", arguments, 2, case.says.removeprefix("r.json: "))


def not_compared() -> Iterator[Case]:
    """Yield what ``diff`` reads beyond the metrics, and refuses."""

    def case(name: str, at: tuple[str | int, ...], value: Any, says: str = NO_RESULTS) -> Case:
        return compared(Case(name, changed("metrics", at, value), 2, says))

    for value in KINDS:
        yield case(f"kind {value!r}", ("sections", 1, "kind"), value, "the kind of a section must be text")
    for value in CREATED:
        yield case(f"created {value!r}", ("created",), value, "created: ")
    for at, value in PLACES.items():
        yield case(f"{'.'.join(map(str, at))} is {value!r}", at, value)
    for value in ODD:
        overview = {**OLD["sections"][1], "kind": "overview", "result": {"measurements": [], "models": value}}
        yield case(f"layers {value!r}", ("sections", 1), overview)


def no_code_runs() -> Iterator[Case]:
    """Yield files that name code: it is not imported, and their numbers are compared."""
    for kind in ("./evil.py:S", "/evil.py:S", "../../evil.py:S", "evil"):
        case = Case(f"kind {kind}", changed("metrics", ("sections", 1, "kind"), kind), 0, "then")
        yield compared(case)


def beside(name: str, write: Callable[[Path], object], digest: str, says: str, n: int = 600) -> Case:
    """Make a case of what lies beside a results file as its predictions."""

    def arguments(folder: Path) -> Sequence[str]:
        raw = json.loads(json.dumps(OLD)) | {"predictions": {"file": "../../etc/passwd", "sha256": digest}}
        raw["data"]["n"] = n
        (folder / "r.json").write_text(json.dumps(raw), "utf-8")
        write(folder / "predictions.parquet")
        return ["diff", "r.json", "r.json"]

    return Case(f"predictions: {name}", arguments, 2, says)


def written(name: str, says: str, code: int = 2, **columns: Any) -> Case:
    """Make a case of predictions with the right types, but other values, in some columns."""

    def arguments(folder: Path) -> Sequence[str]:
        table = parquet_of(**columns)
        return beside(name, lambda at: at.write_bytes(table), _digest(table), says).arguments(folder)

    return Case(f"predictions: {name}", arguments, code, says)


def answers() -> dict[str, Any]:
    """Return answers of every model that are all right, as no model of the results is."""
    import numpy as np

    types = {"prediction": "int32", "label": "int32", "confidence": "float32", "nll": "float32", "brier": "float32"}
    heads = [f"{model['name']}/{head['name']}" for model in OLD["models"] for head in model["heads"]]
    return {f"{head}/{name}": np.zeros(600, kind) for head in heads for name, kind in types.items()}


def parquet_of(**columns: Any) -> bytes:
    """Return predictions of 600 rows."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table({"row": np.arange(600), **columns}), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


POSITIONS = "predictions.parquet: the column 'row' must have positions, each once"
WEIGHTS = "predictions.parquet: the column 'weight' must not be negative, with a finite sum above 0"
CASES = [
    *map(compared, refused("metrics")),
    *(in_a_spec(case) for case in refused("metrics") if not any(word in case.name for word in ELSEWHERE)),
    *not_compared(),
    *no_code_runs(),
    beside("other file", lambda at: at.write_bytes(b"x"), "0" * 64, "its digest differs"),
    beside(
        "no parquet", lambda at: at.write_bytes(b"x"), _digest(b"x"), "predictions.parquet: cannot be read as parquet"
    ),
    beside("pipe", os.mkfifo, "0" * 64, "predictions.parquet: is not a regular file"),
    beside("device", lambda at: at.symlink_to("/dev/zero"), "0" * 64, "predictions.parquet: is not a regular file"),
    beside("folder", lambda at: at.mkdir(), "0" * 64, "predictions.parquet: is a folder"),
    written("no positions", POSITIONS, row=[-1, *range(599)]),
    written("a position twice", POSITIONS, row=[0, *range(599)]),
    written("negative weights", WEIGHTS, weight=[-1.0, *[1.0] * 599]),
    written("no weights", WEIGHTS, weight=[0.0] * 600),
    written("weights without a sum", WEIGHTS, weight=[1e308] * 600),
    written(
        "a weight that is none", "the column 'weight' has numbers that are not finite", weight=[float("nan")] * 600
    ),
    written(
        "answers that are not those of the results",
        "(unpaired: the stored rows do not give both values)",
        0,
        **answers(),
    ),
]
