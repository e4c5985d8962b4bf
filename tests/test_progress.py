"""Progress: rows, rate and time left, in a log as on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.pipeline.progress import Pace, _Log

if TYPE_CHECKING:
    import pytest


def ticks(*seconds: float) -> object:
    """Return a clock that shows these seconds one after another."""
    return iter(seconds).__next__


def test_the_rate_is_that_of_the_step() -> None:
    """A new step, and a step that is run once more, begin anew."""
    pace = Pace(ticks(0, 4, 100, 102, 110, 120))  # type: ignore[arg-type]
    assert pace.said("a", 0, 1000) == "0 of 1,000"
    assert pace.said("a", 1000, 1000) == "1,000 of 1,000, 250/s"
    assert pace.said("b", 100, 10_000) == "100 of 10,000"
    assert pace.said("b", 300, 10_000) == "300 of 10,000, 100/s, 97 s left"
    assert pace.said("b", 0, 10_000) == "0 of 10,000"
    assert pace.said("b", 5, 10_000) == "5 of 10,000, 5 h 33 min left"


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
