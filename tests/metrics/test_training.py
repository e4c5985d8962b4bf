"""Training curves: oracles of pandas, scipy and pymannkendall, the fourteen histories, and properties."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from oracle import ORACLES, oracle
from training_curves import CASES, Case, fall, noisy, turned, wobble

from reportgen.metrics import curves, outcomes, training
from reportgen.sections.training_dynamics.history_keys import parse_key

HISTORIES: dict[str, dict[str, list[Any]]] = json.loads((ORACLES / "histories.json").read_text("utf-8"))
NAMES = json.loads((ORACLES / "keras_names.json").read_text("utf-8"))


def curve(name: str, key: str = "val_loss") -> np.ndarray:
    """Return a curve of one of the histories."""
    return np.array([np.nan if value is None else value for value in HISTORIES[name][key]], float)


def status(loss: Any, trained: Any = None) -> str:
    """Classify a curve."""
    values = np.asarray(loss, float)
    return outcomes.classify(
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_synthetic_runs(case: Case) -> None:
    """Each curve has the status that its maker gave it, and its last epoch is worse than its best only where it is."""
    assert status(case.loss, case.trained) == case.status
    if np.isfinite(case.loss).all() and len(case.loss) >= training.NOISE_EPOCHS:
        assert training.rise(case.loss).last_is_worse is case.last_is_worse


def test_there_are_enough_synthetic_runs() -> None:
    """No name twice, and every status of a run with a loss."""
    assert len({case.name for case in CASES}) == len(CASES) >= 36
    assert len({case.status for case in CASES}) == 7


@pytest.mark.parametrize("correlation", [0.0, 0.7])
@pytest.mark.parametrize("n", [20, 50])
def test_noise_is_no_rise(n: int, correlation: float) -> None:
    """At most 5 of 100 runs of stationary noise overfit, end worse than their best, or improve."""
    runs = [1 + 0.03 * wobble(n, correlation, seed) for seed in range(100)]
    found = [status(run) for run in runs]
    assert found.count("overfitting") <= 5
    assert found.count("still improving") <= 5
    assert sum(training.rise(run).last_is_worse for run in runs) <= 5


@pytest.mark.parametrize(("best", "factor"), [(0.3, 1.2), (0.3, 1.5), (0.1, 2), (0.02, 5)])
def test_a_rise_from_a_low_loss_is_overfitting(best: float, factor: float) -> None:
    """At least 19 of 20 noisy runs from 2.3 that rise to a multiple of their best are found."""
    runs = [noisy(turned(best, factor), 0.02, 0.5, seed) for seed in range(20)]
    assert sum(status(run) == "overfitting" for run in runs) >= 19


@pytest.mark.parametrize(("factor", "expected"), [(1.049, "converged"), (1.058, "overfitting")])
def test_a_rise_must_matter(factor: float, expected: str) -> None:
    """It is above 5 % of the best loss; the median of the last five epochs lags by two of 35."""
    assert status(turned(0.3, factor)) == expected


@pytest.mark.parametrize(("times", "expected"), [(0.97, False), (1.03, True)])
def test_a_rise_must_be_above_the_noise(times: float, expected: bool) -> None:
    """The last window is worse than the best only above its multiple of the noise."""
    end = 1 + times * training.RISE_LIMIT * 0.1
    assert training.Rise(5, 1.0, end, end, 0.1, 0.05).sustained is expected
    assert not training.Rise(5, 1.0, end, end, 0.1, 1.0).sustained


@pytest.mark.parametrize(("times", "expected"), [(0.97, False), (1.03, True)])
def test_the_last_epoch_must_be_above_the_noise(times: float, expected: bool) -> None:
    """It is worse than the best only above its multiple of the noise."""
    curve = noisy(fall(60))
    found = training.rise(curve)
    curve[-1] = found.best + times * training.LAST_LIMIT * found.noise
    assert training.rise(curve).noise == pytest.approx(found.noise, rel=0.02)
    assert training.rise(curve).last_is_worse is expected


@pytest.mark.parametrize(("epochs", "expected"), [(24, "converged"), (40, "overfitting")])
def test_a_rise_must_last_longer_than_one_that_was_recovered(epochs: int, expected: str) -> None:
    """After a bump of 20 epochs, a rise of 24 epochs can be the next bump; one of 40 is not."""
    bump = 0.3 + 0.2 * np.sin(np.linspace(0, np.pi, 20))
    rising = np.linspace(0.28, 0.45, epochs)
    assert status(np.concatenate([fall(30, 0.3, 3), bump, np.full(5, 0.28), rising])) == expected


def test_a_resumed_run_at_its_plateau_has_learned_before() -> None:
    """Where the first epochs are not in the file, no decrease is no failure to learn."""
    flat = noisy(fall(60))[30:]
    assert outcomes.classify(flat, np.arange(1, 31))[0] == "no measurable learning"
    assert outcomes.classify(flat, np.arange(31, 61))[0] == "converged"
    assert outcomes.classify(flat, np.arange(5, 155, 5))[0] == "no measurable learning"


def test_an_improvement_must_be_new() -> None:
    """A cycle that falls again to where the last one ended brought nothing; one that ends lower by 1 % of all 2.0 did."""
    down = np.linspace(0.5, 0.3, 15)
    assert status(np.concatenate([fall(30, 0.4, 3), down, down])) == "converged"
    assert status(np.concatenate([fall(30, 0.4, 3), down, down - 0.019])) == "converged"
    assert status(np.concatenate([fall(30, 0.4, 3), down, down - 0.021])) == "still improving"


def test_the_epochs_of_an_improvement_are_counted() -> None:
    """A validation every fifth epoch has five values in 25 epochs, and the share is never above the whole."""
    curve = np.linspace(2.3, 1.0, 20)
    words = outcomes.classify(curve, np.arange(5, 101, 5))[1]
    assert "the last 25 epochs brought" in words
    words = outcomes.classify(np.array([2.0, 1.5, 1.0, 0.5]), np.arange(31, 35))[1]
    assert "the last 4 epochs brought" in words
    assert float(words.split("brought ")[1].split("\N{NARROW NO-BREAK SPACE}")[0]) <= 100


@pytest.mark.parametrize("epochs", [2, 3, 5, 10])
def test_the_robust_best_epoch_does_not_favor_the_end(epochs: int) -> None:
    """In runs that patience stopped, its loss without the noise is rarely worse than that of the raw best epoch."""
    truth = fall(200, 0.3, 6) + 0.004 * np.clip(np.arange(200) - 20, 0, None)
    worse = 0
    for seed in range(100):
        curve = truth + 0.02 * wobble(200, seed=seed)
        stop = next(n for n in range(12, 200) if n - 1 - int(curve[:n].argmin()) >= epochs)
        raw, robust = curves.best(curve[:stop])
        worse += truth[robust] > truth[raw]
    assert worse <= 25


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
    assert curves.theil_sen(tail) == pytest.approx((slope, low, high))
    assert curves.mann_kendall(tail) == pytest.approx(
        oracle(f"hist/{name}/mannkendall_last20/pymannkendall")[1], rel=1e-6
    )


@pytest.mark.parametrize("name", ["converged", "still_improving", "regression"])
def test_autocorrelated_trends(name: str) -> None:
    """The variance of Hamed and Rao is that of pymannkendall."""
    assert curves.mann_kendall_autocorrelated(curve(name)) == pytest.approx(
        oracle(f"hist/{name}/hamedrao/pymannkendall"), rel=1e-6
    )


def test_autocorrelation_never_makes_a_trend_surer() -> None:
    """Noise that alternates would shrink the variance; a straight line and a constant have no autocorrelation."""
    alternating = np.arange(20) * 0.1 + (-1.0) ** np.arange(20)
    assert curves.mann_kendall_autocorrelated(alternating) == pytest.approx(curves.mann_kendall(alternating))
    assert curves.mann_kendall_autocorrelated(np.arange(10.0)) == pytest.approx(curves.mann_kendall(np.arange(10.0)))
    assert curves.mann_kendall_autocorrelated(np.ones(10)) == 1.0


def test_the_running_median() -> None:
    """It is pandas' centred one with shrinking windows."""
    assert np.allclose(
        curves.running_median(curve("converged")), oracle("hist/converged/val_loss_rolling_median5_center/pandas")
    )


@given(st.floats(-5, 5), st.floats(0.1, 100))
def test_shift_and_scale_leave_the_epochs(shift: float, scale: float) -> None:
    """Best epoch, epochs to the improvement and what was lost depend on the shape alone."""
    loss = curve("overfit")
    one, other = training.progress(loss), training.progress(loss * scale + shift)
    assert curves.best(loss) == curves.best(loss * scale + shift)
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
