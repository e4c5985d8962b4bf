"""Progress: rows, rate and time left, in a log as on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reportgen.cli.listing import steps
from reportgen.evaluation.processes import OneByOne, _Joined, _JoinedParts
from reportgen.evaluation.seldom import Seldom
from reportgen.inputs.sources import columns, hdf5
from reportgen.inputs.sources.registry import source_of
from reportgen.pipeline.progress import Pace, _Log
from reportgen.pipeline.run import Run
from reportgen.spec.tables.data import DataSpec
from reportgen.spec.tables.output import NO_LIMITS_NAMED

if TYPE_CHECKING:
    from pathlib import Path


def ticks(*seconds: float) -> object:
    """Return a clock that shows these seconds one after another."""
    return iter(seconds).__next__


def test_the_rate_is_that_of_the_step() -> None:
    """A new step, and a step that is run once more, begin anew."""
    pace = Pace(ticks(0, 4, 100, 102, 110, 120))  # type: ignore[arg-type]
    assert pace.said(0, 1000) == "0 of 1,000"
    assert pace.said(1000, 1000) == "1,000 of 1,000, 250/s"
    assert pace.said(100, 10_000) == "100 of 10,000"
    assert pace.said(300, 10_000) == "300 of 10,000, 100/s, 97 s left"
    assert pace.said(0, 10_000) == "0 of 10,000"
    assert pace.said(5, 10_000) == "5 of 10,000, 5 h 33 min left"


def test_the_running_models_change_and_the_time_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    """A log of many models has a line for every quarter, not for every model, with the time that is left."""
    clock = [0.0]
    log = _Log(lambda: clock[0])
    for done in range(400):
        clock[0] = done / 10
        log(f"evaluating m{done}, m{done + 1}", done, 400)
    assert capsys.readouterr().err.splitlines() == [
        "evaluating m0, m1 ...",
        "evaluating m100, m101: 100 of 400, 10/s, 30 s left",
        "evaluating m200, m201: 200 of 400, 10/s, 20 s left",
        "evaluating m300, m301: 300 of 400, 10/s, 10 s left",
    ]


def test_models_one_after_the_other_are_one_step() -> None:
    """Its rows are those of all; those of other splits do not count, and a single model is told as it is."""
    steps = [("reading", 0, 1), ("loading a", 0, 1), ("evaluating a", 0, 50), ("evaluating a", 50, 50)]
    more = [("evaluating a on the train split", 7, 90), ("loading b", 0, 1), ("evaluating b", 20, 50)]
    alone: list[tuple[str, int, int]] = []
    told: list[tuple[str, int, int]] = []
    for progress in (OneByOne(lambda *step: alone.append(step), 1), OneByOne(lambda *step: told.append(step), 2)):
        for step in steps + more:
            progress(*step)
    assert alone == steps + more
    assert told == [
        ("reading", 0, 1),
        ("loading a (1 of 2)", 0, 1),
        ("evaluating a (1 of 2)", 0, 100),
        ("evaluating a (1 of 2)", 50, 100),
        ("evaluating a on the train split (1 of 2)", 50, 100),
        ("loading b (2 of 2)", 50, 100),
        ("evaluating b (2 of 2)", 70, 100),
    ]


def test_a_log_has_a_line_for_every_quarter_and_every_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """So that a run of hours is seen to go on."""
    clock = [0.0]
    log = _Log(lambda: clock[0])
    for second, done in ((0, 0), (10, 100), (60, 600), (130, 1300), (150, 1500), (1000, 10_000), (1001, 10_000)):
        clock[0] = float(second)
        log("evaluating cnn", done, 40_000)
    assert capsys.readouterr().err.splitlines() == [
        "evaluating cnn ...",
        "evaluating cnn: 600 of 40,000, 10/s, 1 h 6 min left",
        "evaluating cnn: 1,300 of 40,000, 10/s, 1 h 4 min left",
        "evaluating cnn: 10,000 of 40,000, 10/s, 50 min left",
    ]


def test_rows_of_an_unknown_number_have_a_rate(capsys: pytest.CaptureFixture[str]) -> None:
    """And a line a minute in a log, but no time that is left."""
    clock = [0.0]
    log = _Log(lambda: clock[0])
    log("reading the data", 0, 1)
    for second in range(1, 151):
        clock[0] = float(second)
        log("reading the data", 100 * second, 0)
    assert capsys.readouterr().err.splitlines() == [
        "reading the data ...",
        "reading the data: 100 so far",
        "reading the data: 6,100 so far, 100/s",
        "reading the data: 12,100 so far, 100/s",
    ]


def test_what_is_told_of_every_batch_is_passed_on_once_a_second() -> None:
    """With the words for the rows."""
    told: list[tuple[str, int, int]] = []
    tell = Seldom(lambda *step: told.append(step), " the train split", ticks(0, 0.4, 0.9, 1.2, 1.9, 2.3))  # type: ignore[arg-type]
    for done in range(5):
        tell("reading", done, 9)
    assert told == [("reading the train split", 2, 9), ("reading the train split", 4, 9)]


class _Worker:
    """A worker that tells steps when it is followed."""

    finished: tuple[str, ...] = ()

    def __init__(self, *steps: tuple[str, int, int]) -> None:
        self.steps = steps

    def failures(self, report: Any) -> dict[str, Any]:
        """Tell the steps."""
        for step in self.steps:
            report(*step)
        return {}


def test_workers_that_read_the_same_data_are_told_of_once() -> None:
    """Of the one that tells something first, until a model has begun."""
    first = _Worker(("reading the data", 0, 1), ("reading the data", 5, 9))
    for joined, last in ((_Joined, ("loading m", 0, 1)), (_JoinedParts, ("evaluating m", 1, 2))):
        told: list[tuple[str, int, int]] = []
        both = joined(lambda *step: told.append(step), *([2] if joined is _Joined else []))  # noqa: B023 used at once
        for worker in (first, _Worker(("reading the data", 4, 9), last, ("reading the data", 8, 9))):
            both.follow(worker)  # type: ignore[arg-type]
        assert told == [*first.steps, ("evaluating m", 0, 2) if joined is _Joined else last]


def test_sources_tell_how_many_rows_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables, arrays in archives and in HDF5, and rows that a function prepares."""
    import h5py
    import pyarrow as pa
    from pyarrow import parquet

    x = np.arange(10.0)
    np.savez(tmp_path / "d.npz", x=x)
    (tmp_path / "d.csv").write_text("x\n" + "".join(f"{one}\n" for one in x), "utf-8")
    parquet.write_table(pa.table({"x": x}), tmp_path / "d.parquet")
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.create_dataset("x", data=x, chunks=(2,))
    monkeypatch.setattr(columns, "CHUNK", 4)
    monkeypatch.setattr(hdf5, "_BYTES_AT_ONCE", 5 * x.itemsize)
    of_table = [("reading", 4, 10), ("reading", 8, 10), ("reading", 10, 10)]
    for name, expected in {
        "d.npz": [("reading", 10, 10)],
        "d.csv": [("reading", 4, 0), ("reading", 8, 0), *of_table],
        "d.parquet": of_table,
        "d.h5": of_table,
    }.items():
        told: list[tuple[str, int, int]] = []
        spec = DataSpec(path=name, x="x", y=None)
        found = source_of(spec, tmp_path, NO_LIMITS_NAMED, lambda *step: told.append(step)).open()  # noqa: B023 used at once
        assert (name, told) == (name, expected)
        assert np.array_equal(next(found.batches(10))["x"], x)


@pytest.mark.keras
def test_rows_that_are_prepared_are_told(tmp_path: Path) -> None:
    """Of rows that were read, and that a function has prepared."""
    np.save(tmp_path / "x.npy", np.ones((5, 2)))
    (tmp_path / "p.py").write_text("def half(x):\n    return x / 2\n", "utf-8")
    told: list[tuple[str, int, int]] = []
    spec = DataSpec(x="x.npy", y=None, preprocess="./p.py:half", batch_size=2)
    source_of(spec, tmp_path, NO_LIMITS_NAMED, lambda *step: told.append(step)).open()
    assert told == [("preprocessing", 2, 5), ("preprocessing", 4, 5), ("preprocessing", 5, 5)]


def test_the_parts_of_a_step_are_below_it() -> None:
    """What steps within a step take is theirs alone; parts are in its time too, and add up where they are repeated."""
    run = Run()
    with run.step("evaluation"), run.part("evaluation", "model a"):
        pass
    run.seconds["analysis"] = 2.5
    run.parts.update({("evaluation", "model a"): 1.25, ("analysis", "slices"): 2.0})
    with run.part("analysis", "slices"):
        pass
    assert 2.0 < run.parts["analysis", "slices"] < 2.5
    run.seconds["evaluation"] = 1.5
    assert [" ".join(line.split()) for line in steps(run)] == [
        "evaluation 1.50 s",
        "model a 1.25 s",
        "analysis 2.50 s",
        "slices 2.00 s",
    ]
