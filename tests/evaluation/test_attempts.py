"""What goes wrong with one model is kept as that model's failure."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from reportgen.errors import InputError, Interrupted, Mistakes
from reportgen.evaluation import process
from reportgen.evaluation.attempts import Attempts
from reportgen.spec.tables.models import ModelSpec


def attempts() -> Attempts:
    """Begin the attempts of a model ``m``."""
    return Attempts("m", ModelSpec(path="m.keras"))


def raising(error: BaseException) -> Any:
    """Return a part of an evaluation that raises."""

    def part() -> None:
        raise error

    return part


def test_a_part_that_succeeds_is_returned() -> None:
    """Nothing went wrong."""
    model = attempts()
    assert model.attempt(lambda: 3) == 3
    assert model.failure is None


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("no such device"), "cannot be evaluated (RuntimeError: no such device)"),
        (KeyError("x"), "cannot be evaluated (KeyError: 'x')"),
        (MemoryError(), "cannot be evaluated (MemoryError: MemoryError)"),
        (SystemExit(0), "cannot be evaluated (SystemExit: 0)"),
        (GeneratorExit(), "cannot be evaluated (GeneratorExit: GeneratorExit)"),
        (BaseException("bare"), "cannot be evaluated (BaseException: bare)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_any_exception_is_the_model_s_failure(error: BaseException, message: str) -> None:
    """In its own words, with its type, at the model's entry in the spec."""
    model = attempts()
    assert model.attempt(raising(error)) is None
    assert str(model.failure) == f"models.m.path: m.keras: {message}"


def test_an_input_error_is_kept_as_it_is() -> None:
    """With its place in the spec."""
    model, error = attempts(), InputError(("data", "y"), "test.npz", "has no labels")
    model.attempt(raising(error))
    assert model.failure is error


def test_the_first_failure_is_the_one_that_is_told() -> None:
    """What fails later follows from it."""
    model = attempts()
    model.attempt(raising(ValueError("first")))
    model.attempt(lambda: sys.exit("second"))
    assert "first" in str(model.failure)


def test_an_interruption_is_no_failure() -> None:
    """The user's word ends the program, and a signal's."""
    with pytest.raises(KeyboardInterrupt):
        attempts().attempt(raising(KeyboardInterrupt()))
    with pytest.raises(Interrupted):
        attempts().attempt(raising(Interrupted(15)))


def test_several_errors_are_one() -> None:
    """In their order, each once; a worker tells them all."""
    errors = [InputError(("data", key), "test.npz", "has no rows") for key in "xyx"]
    both = InputError.of([InputError.of(errors[:2]), errors[2]])
    assert both.every[0].others == ()
    assert [one.location[1] for one in both.every] == ["x", "y"]
    assert str(both).splitlines() == ["data.x: test.npz: has no rows", "data.y: test.npz: has no rows"]
    told = process.input_error(json.loads(json.dumps(process.message_of(both))))
    assert str(told) == str(both)
    assert [one.location for one in told.every] == [one.location for one in both.every]


def test_nothing_wrong_is_no_error() -> None:
    """What is noted is raised at the end, whatever else is raised goes through."""
    mistakes = Mistakes()
    mistakes.require_none()
    with pytest.raises(ValueError, match="other"), mistakes.noted():
        raising(ValueError("other"))()
    for key in "xy":
        with mistakes.noted():
            raising(InputError(("data", key), "", "is empty"))()
    with pytest.raises(InputError, match=r"data\.x: is empty\ndata\.y: is empty"):
        mistakes.require_none()


def test_no_model_can_be_evaluated() -> None:
    """What is wrong with the data is said once, with the models that it is wrong for; of a single model it goes without saying."""
    wrong = InputError(("data", "y"), "test.npz", "has 5 columns")
    damaged = InputError(("models", "c", "path"), "c.keras", "is not a model")
    assert str(process.of_all({"a": wrong})) == "data.y: test.npz: has 5 columns"
    found = process.of_all({"a": wrong, "b": wrong, "c": damaged})
    assert str(found) == "data.y: test.npz: has 5 columns (for the models a, b)\nmodels.c.path: c.keras: is not a model"
