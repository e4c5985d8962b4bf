"""Values that are read in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportgen.evaluation import spill

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Arrays of every kind come back, also empty ones and those that are not contiguous, after the file is gone."""
    value = {
        "a": np.arange(6).reshape(2, 3).T,
        "b": np.empty((0, 4)),
        "c": (np.float32(2), "text"),
        "d": np.ones(5, ">f4"),
    }
    spill.write(value, tmp_path / "value")
    found = spill.read(tmp_path / "value")
    (tmp_path / "value").unlink()
    assert found["c"] == value["c"]
    for key in "abd":
        assert np.array_equal(found[key], value[key])
        assert found[key].dtype == value[key].dtype
        assert found[key].shape == value[key].shape


def test_arrays_cannot_be_changed(tmp_path: Path) -> None:
    """An analyzer must not change the evaluation."""
    spill.write(np.arange(3), tmp_path / "value")
    with pytest.raises(ValueError, match="read-only"):
        spill.read(tmp_path / "value")[0] = 1
