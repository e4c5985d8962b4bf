"""Data and histories that are damaged, foreign or of the wrong type: the product's exception and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hostile import data_cases, history_cases

from reportgen.errors import InputError
from reportgen.inputs import histories
from reportgen.inputs.sources.registry import source_of, unknown_names
from reportgen.spec.tables.data import DataSpec

if TYPE_CHECKING:
    from pathlib import Path

    from hostile.readers import Reading


@pytest.mark.parametrize("case", data_cases.CASES, ids=lambda case: case.name)
def test_data(case: Reading, tmp_path: Path) -> None:
    """What ``check`` reads raises nothing; what reads the values says what is wrong, with the key of the spec."""
    case.write(tmp_path)
    spec = DataSpec(**case.data)
    list(unknown_names(spec, tmp_path))
    if case.says is None:
        assert source_of(spec, tmp_path).open().n
        return
    with pytest.raises(InputError) as caught:
        source_of(spec, tmp_path).open()
    assert str(caught.value).startswith("data.")
    assert case.says in str(caught.value)


@pytest.mark.parametrize("case", history_cases.CASES, ids=lambda case: case.name)
def test_history(case: Reading, tmp_path: Path) -> None:
    """It is read, or one sentence says why not."""
    case.write(tmp_path)
    if case.says is None:
        assert histories.load(("models", "m", "history"), case.data, tmp_path).curves
        return
    with pytest.raises(InputError) as caught:
        histories.load(("models", "m", "history"), case.data, tmp_path)
    assert str(caught.value).startswith(f"models.m.history: {case.data}: ")
    assert case.says in str(caught.value)
