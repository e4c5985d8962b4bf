"""Progress: rows, rate and time left, in a log as on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.cli.listing import steps
from reportgen.evaluation.processes import OneByOne
from reportgen.pipeline.progress import Pace, _Log
from reportgen.pipeline.run import Run

if TYPE_CHECKING:
    import pytest


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
