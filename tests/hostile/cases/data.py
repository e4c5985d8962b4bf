"""Data that a build cannot use: the line of the spec, exit code 3, and no folder. The readers' own table is ``data_cases.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hostile import data_cases
from hostile.case import Case
from hostile.specs import fill

if TYPE_CHECKING:
    from pathlib import Path

    from hostile.data_cases import Write
    from hostile.specs import Arguments


def built(write: Write, data: str) -> Arguments:
    """Build a report on this data; the model is never looked at."""

    def prepare(folder: Path) -> list[str]:
        fill(folder, data=data)
        write(folder)
        return ["build", "a.toml"]

    return prepare


def arrays(**changed: Any) -> Write:
    """Write good data but for some arrays."""
    return data_cases.npz({"x": data_cases.X, "y": data_cases.Y, **changed})


NPZ, CSV = 'path = "d.npz"', 'path = "d.csv"\nx = ["a", "b"]\ny = "kind"'

CASES = [
    Case(
        "NaN labels",
        built(arrays(y=np.full(4, np.nan)), NPZ),
        3,
        "data.y: d.npz: has NaN or infinite labels",
        slow=True,
    ),
    Case(
        "dates as labels",
        built(arrays(y=data_cases.DATES), NPZ),
        3,
        "data.y: d.npz: must be numbers or text",
        slow=True,
    ),
    Case(
        "labels of no column", built(arrays(y=np.zeros((4, 0))), NPZ), 3, "data.y: d.npz: has rows without", slow=True
    ),
    Case("other rows", built(arrays(y=np.zeros(3)), NPZ), 3, "x has 4, data.y has 3", slow=True),
    Case(
        "no archive",
        built(data_cases.raw("d.npz", b"x" * 50), NPZ),
        3,
        "a.toml:8:8: data.path: d.npz: cannot be read",
        slow=True,
    ),
    Case(
        "decimal commas",
        built(data_cases.csv("a,b,kind\n1,5,2,x\n"), CSV),
        3,
        "data.path: d.csv: cannot be read as csv (line 2",
        slow=True,
    ),
]
