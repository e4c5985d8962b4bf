"""Training curves: oracles of pandas, scipy and pymannkendall, the fourteen histories, and properties."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from oracle import ORACLES, oracle

from reportgen.metrics import training
from reportgen.sections.training_dynamics.history_keys import parse_key

HISTORIES: dict[str, dict[str, list[Any]]] = json.loads((ORACLES / "histories.json").read_text("utf-8"))
NAMES = json.loads((ORACLES / "keras_names.json").read_text("utf-8"))


def curve(name: str, key: str = "val_loss") -> np.ndarray:
    """Return a curve of one of the histories."""
    return np.array([np.nan if value is None else value for value in HISTORIES[name][key]], float)


def status(loss: Any, trained: Any = None) -> str:
    """Classify a curve."""
    values = np.asarray(loss, float)
    return training.classify(
        values, np.arange(1, len(values) + 1), None if trained is None else np.asarray(trained, float)
    )[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("converged", "converged"),
        ("overfit", "overfitting"),
        ("diverged_nan", "diverged"),
        ("plateau_from_start", "no measurable learning"),
        ("still_improving", "still improving"),
        ("oscillating", "unstable"),
        ("regression", "still improving"),
        ("multi_output", "still improving"),
        ("one_epoch", "too few epochs"),
        ("lengths_differ", "too few epochs"),
        ("negative_loss", "converged"),
    ],
)
def test_what_became_of_the_runs(name: str, expected: str) -> None:
    """Each history has the status that its maker gave it."""
    trained = curve(name, "loss")
    assert status(curve(name), trained if len(trained) == len(curve(name)) else None) == expected


def test_runs_without_validation() -> None:
    """The training loss decides where there is nothing else."""
    assert status(curve("no_val", "loss")) == "converged"
    assert status([]) == "no loss"


def test_overfitting_is_no_divergence() -> None:
    """A validation loss far above its start while the training loss falls is overfitting; together they are divergence."""
    down, up = np.geomspace(0.6, 0.01, 30), np.concatenate([np.linspace(0.6, 0.5, 5), np.linspace(0.5, 3.2, 25)])
    assert status(up, down) == "overfitting"
    assert status(up, up) == "diverged"


def test_fine_tuning_is_not_unstable() -> None:
    """Noise that is small against the loss is no instability, however little there was to gain."""
    generator = np.random.default_rng(0)
    assert status(np.linspace(0.2, 0.195, 30) + generator.normal(0, 0.0008, 30)) != "unstable"


@pytest.mark.parametrize("name", ["converged", "overfit", "still_improving", "plateau_from_start"])
def test_trends(name: str) -> None:
    """Theil-Sen and Mann-Kendall agree with scipy and pymannkendall."""
    tail = curve(name)[-20:]
    slope, _, low, high = oracle(f"hist/{name}/theilsen_last20/scipy")
    assert training.theil_sen(tail) == pytest.approx((slope, low, high))
    assert training.mann_kendall(tail) == pytest.approx(
        oracle(f"hist/{name}/mannkendall_last20/pymannkendall")[1], rel=1e-6
    )


def test_the_running_median() -> None:
    """It is pandas' centred one with shrinking windows."""
    assert np.allclose(
        training.running_median(curve("converged")), oracle("hist/converged/val_loss_rolling_median5_center/pandas")
    )


@given(st.floats(-5, 5), st.floats(0.1, 100))
def test_shift_and_scale_leave_the_epochs(shift: float, scale: float) -> None:
    """Best epoch, epochs to the improvement and what was lost depend on the shape alone."""
    loss = curve("overfit")
    one, other = training.progress(loss), training.progress(loss * scale + shift)
    assert training.best(loss) == training.best(loss * scale + shift)
    assert one.reached == other.reached
    assert other.deterioration == pytest.approx(one.deterioration)


def test_a_curve_that_only_falls_lost_nothing() -> None:
    """Whatever the windows, the end is the best."""
    for n in (4, 6, 12, 60):
        found = training.progress(np.linspace(3, 1, n))
        assert found.deterioration == 0
        assert found.reached is not None
        assert found.reached >= 1


def test_a_schedule_is_no_drop() -> None:
    """A cosine falls in every epoch; a plateau's end is a drop."""
    assert training.rate_drops(1 + np.cos(np.linspace(0, np.pi, 60))) == ()
    assert training.rate_drops(np.array([1e-3] * 5 + [1e-4] * 5)) == (5,)


# ------------------------------------------------------------------------------------------------ keys


@pytest.mark.parametrize("variant", [name for name in NAMES if name != "directions"])
def test_the_keys_of_keras_are_understood(variant: str) -> None:
    """Every key that ten ways to compile leave has a meaning, and val_ is never the training curve."""
    for key in NAMES[variant]:
        found = parse_key(key, ["cls", "reg"], {})
        assert not found.unknown or key.removeprefix("val_") == "top1", key
        assert (found.split == "validation") == key.startswith("val_")


def test_directions_are_those_of_keras() -> None:
    """What Keras says of its metrics, by their default names."""
    for name, one in NAMES["directions"].items():
        expected = {"up": True, "down": False}.get(one["direction"])
        if expected is not None:
            assert parse_key(one["default_name"], [], {}).higher_is_better is expected, name


@pytest.mark.parametrize(
    ("key", "higher"),
    [("top_5_error", False), ("dice_loss", False), ("val_balanced_acc", True), ("raccoon", None), ("wobble", None)],
)
def test_words_decide_whole(key: str, higher: bool | None) -> None:
    """The last telling word decides; a part of a word tells nothing."""
    assert parse_key(key, [], {}).higher_is_better is higher


def test_outputs_and_declarations() -> None:
    """An output's prefix is taken off, and the spec has the last word."""
    found = parse_key("val_kind_accuracy_1", ["kind", "kind_of"], {})
    assert (found.metric, found.head, found.split) == ("accuracy", "kind", "validation")
    assert parse_key("val_wobble", [], {"wobble": "lower"}).higher_is_better is False
    assert parse_key("wobble", [], {"wobble": "accuracy"}).metric == "accuracy"
    assert parse_key("lr", [], {}).is_learning_rate
    assert not parse_key("test_loss", [], {}).is_loss
