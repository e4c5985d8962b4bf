"""Names of outputs that no model has."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

from hostile.case import Case
from hostile.specs import fill

if TYPE_CHECKING:
    from pathlib import Path

    from hostile.specs import Arguments

SINGLE = {"class_name": "Functional", "config": {"output_layers": ["size", 0, 0]}}
SEVERAL = {"class_name": "Functional", "config": {"output_layers": [["kind", 0, 0], ["size", 0, 0]]}}
NAMED = {"class_name": "Functional", "config": {"output_layers": {"kind": ["a", 0, 0], "size": ["b", 0, 0]}}}
SEQUENTIAL = {
    "class_name": "Sequential",
    "config": {"layers": [{"config": {"name": "a"}}, {"config": {"name": "size"}}]},
}
OWN = {"class_name": "MyModel", "config": {}}


def declared(config: Any, *, model: str = "", data: str = "") -> Arguments:
    """Check a spec of a model with this architecture."""

    def write(folder: Path) -> list[str]:
        fill(folder, model=model, data=f'path = "d.npz"\n{data}')
        with zipfile.ZipFile(folder / "m.keras", "w") as archive:
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("metadata.json", "{}")
            archive.writestr("model.weights.h5", "")
        return ["check", "a.toml"]

    return write


NONE_HERE, NONE_ANYWHERE = "the model has no output of this name", "no model has an output of this name"
CONFIGS = {"single": SINGLE, "several": SEVERAL, "named": NAMED, "sequential": SEQUENTIAL}
UNKNOWN: tuple[Any, ...] = (
    OWN,
    None,
    [],
    7,
    {},
    {"class_name": "Functional"},
    {"class_name": "Functional", "config": {"output_layers": [7]}},
    {"class_name": "Functional", "config": {"output_layers": {}}},
    {"class_name": "Sequential", "config": {"layers": []}},
)

CASES = [
    *(
        Case(
            f"{name}: {line}",
            declared(config, model=line),
            2,
            f"models.m.{line.partition('.')[0]}.sise: {NONE_HERE}; did you",
        )
        for name, config in CONFIGS.items()
        for line in ('outputs.sise = "logits"', 'task.sise = "binary"')
    ),
    *(
        Case(f"{name}: {line}", declared(config, data=line), 2, f"data.{line.partition('.')[0]}.sise: {NONE_ANYWHERE}")
        for name, config in CONFIGS.items()
        for line in ('class_names.sise = ["a", "b"]', 'value_names.sise = ["a", "b"]', 'y.sise = "y"')
    ),
    *(
        Case(f"{name}: right", declared(config, model='outputs.size = "logits"'), 0, "ok")
        for name, config in CONFIGS.items()
    ),
    *(
        Case(f"only Keras can tell: {config!r}", declared(config, model='outputs.sise = "logits"'), 0, "ok")
        for config in UNKNOWN
    ),
]
