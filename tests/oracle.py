"""Values of independent libraries; library, version and call stand beside each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

ORACLES = Path(__file__).parent / "oracles"
EXPECTED = json.loads((ORACLES / "expected.json").read_text("utf-8"))


def oracle(key: str) -> Any:
    """Return the value of an oracle that is right."""
    assert "KNOWN-WRONG" not in (EXPECTED[key]["note"] or "")
    return EXPECTED[key]["value"]


def close(found: Any, key: str, rtol: float | None = None, part: slice = slice(None)) -> bool:
    """Compare with an oracle at its own tolerance; with a part of it where it holds several values."""
    wanted = oracle(key)
    return bool(
        np.allclose(
            found, wanted[part] if isinstance(wanted, list) else wanted, rtol=rtol or EXPECTED[key]["rtol"], atol=1e-15
        )
    )


def load(name: str) -> dict[str, np.ndarray]:
    """Return the arrays of an input."""
    with np.load(ORACLES / f"{name}.npz") as file:
        return {key: file[key] for key in file}
