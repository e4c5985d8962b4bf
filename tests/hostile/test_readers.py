"""Data and histories that are damaged, foreign or of the wrong type: the product's exception and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hostile import data_cases, history_cases

from reportgen.errors import InputError
from reportgen.inputs import histories
from reportgen.inputs.sources.registry import source_of, unknown_names
from reportgen.spec.tables.data import DataSpec
from reportgen.spec.tables.output import LimitsSpec

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


@pytest.mark.parametrize("name", history_cases.MAPPED)
def test_history_of_named_columns(name: str, tmp_path: Path) -> None:
    """One sentence says what is wrong with it."""
    text, says = history_cases.MAPPED[name]
    (tmp_path / "h.json").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        histories.load(("models", "m", "history"), "h.json", tmp_path, history_cases.MAPPING)
    assert str(caught.value).startswith("models.m.history: h.json: is not a training history (")
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["kind", "a.b"])
def test_text_counts_as_it_is_unpacked(tmp_path: Path, name: str) -> None:
    """A few kilobytes of a parquet file can be gigabytes of text; columns that are not named do not count."""
    table = pd.DataFrame({"x": np.arange(4.0), name: [letter * 2**21 for letter in "abcd"], "y": np.arange(4)})
    table.to_parquet(tmp_path / "d.parquet", compression="zstd")
    assert (tmp_path / "d.parquet").stat().st_size < 2**15
    limits = LimitsSpec(data_memory=0.002)
    with pytest.raises(InputError, match=r"has 0\.008 GiB of values, more than limits\.data_memory = 0\.002"):
        source_of(DataSpec(path="d.parquet", y=name), tmp_path, limits).open()
    assert source_of(DataSpec(path="d.parquet"), tmp_path, limits).open().n == 4
