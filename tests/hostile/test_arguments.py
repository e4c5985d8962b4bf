"""The Python interface with arguments of every wrong type: the product's own exception, one sentence."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from handmade import results

import reportgen
from reportgen import AnalysisConfig, ArgumentError, DataInput, ModelAnalyzer, ReportgenError
from reportgen.interface.model_analyzer import _dataset
from reportgen.interface.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[], Any]

X, Y = np.zeros((4, 3), np.float32), np.arange(4) % 2


class Evil:
    """An object that nothing can be asked of."""

    def _fail(self, *_: Any, **__: Any) -> Any:
        raise SystemExit(0)

    __array__ = __float__ = __len__ = __iter__ = __fspath__ = _fail


class Sly:
    """An object that ends the program when it becomes an array."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise SystemExit(0)


def refused(call: Call, words: str, kind: type[Exception] = ReportgenError) -> None:
    """Say that a call is refused in one sentence."""
    with pytest.raises(kind) as error:
        call()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


PATHS: dict[str, Any] = {
    "None": None,
    "int": 3,
    "bytes": b"folder",
    "list": ["folder"],
    "dict": {},
    "array": np.zeros(2),
    "empty": "",
    "NUL": "a\0b",
    "bytes path": type("P", (), {"__fspath__": lambda _: b"x"})(),
}
TAKING_PATHS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "output_dir": (lambda path: ModelAnalyzer({"a": "a.keras"}, output_dir=path), "output_dir must be a path (found "),
    "spec": (reportgen.build, "spec must be a path (found "),
    "results": (reportgen.load_results, "path must be a path (found "),
    "save_json": (lambda path: Report(results()).save_json(path), "path must be a path (found "),
    "callback": (lambda path: reportgen.ReportCallback(output_dir=path), "output_dir must be a path (found "),
}


@pytest.mark.parametrize("given", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize(("call", "words"), TAKING_PATHS.values(), ids=TAKING_PATHS)
def test_paths(call: Callable[[Any], Any], words: str, given: Any) -> None:
    """Where a path is expected, nothing else is."""
    refused(lambda: call(given), words, ArgumentError)


CALLS: dict[str, tuple[Call, str]] = {
    "models None": (lambda: ModelAnalyzer(None), "models must be a dict keyed by model name (found NoneType)"),  # type: ignore[arg-type]
    "models list": (lambda: ModelAnalyzer(["a"]), "models must be a dict keyed by model name (found list)"),  # type: ignore[arg-type]
    "models empty": (lambda: ModelAnalyzer({}), "models must contain at least one model"),
    "models int key": (lambda: ModelAnalyzer({1: "a"}), "model names must be strings (found 1)"),  # type: ignore[dict-item]
    "config dict": (lambda: ModelAnalyzer({"a": "a"}, {}), "config must be an AnalysisConfig (found dict)"),  # type: ignore[arg-type]
    "config int": (lambda: ModelAnalyzer({"a": "a"}, 3), "config must be an AnalysisConfig (found int)"),  # type: ignore[arg-type]
    "history list": (lambda: ModelAnalyzer({"a": "a"}, None, []), "training_history must be a dict"),  # type: ignore[arg-type]
    "history of nobody": (lambda: ModelAnalyzer({"a": "a"}, None, {"b": {}}), "unknown models: b"),
    "unknown option": (lambda: AnalysisConfig(bins=3), "AnalysisConfig.bins: extra inputs are not permitted"),  # type: ignore[call-arg]
    "wrong option": (lambda: AnalysisConfig(dpi="many"), "AnalysisConfig.dpi: input should be a valid integer"),  # type: ignore[arg-type]
    "option below": (lambda: AnalysisConfig(calibration_bins=1), "AnalysisConfig.calibration_bins: "),
    "option NaN": (lambda: AnalysisConfig(n_samples=float("nan")), "AnalysisConfig.n_samples: "),  # type: ignore[arg-type]
    "data int": (
        lambda: ModelAnalyzer({"a": "a"}).analyze(3),
        "data must be a DataInput, a tuple (x, y), or None (found int)",
    ),  # type: ignore[arg-type]
    "data triple": (lambda: ModelAnalyzer({"a": "a"}).analyze((X, Y, Y)), "(found a tuple of 3)"),  # type: ignore[arg-type]
    "data frame": (lambda: ModelAnalyzer({"a": "a"}).analyze(pd.DataFrame(X)), "(found DataFrame)"),  # type: ignore[arg-type]
    "from_tuple": (lambda: DataInput.from_tuple(3), "(found int)"),  # type: ignore[arg-type]
    "report of a path": (lambda: Report("results.json"), "to read a file, use load_results"),  # type: ignore[arg-type]
    "report of None": (lambda: Report(None), "results must be Results (found NoneType)"),  # type: ignore[arg-type]
    "templates": (lambda: Report(results(), 3), "templates must be a path (found int)"),  # type: ignore[arg-type]
    "overrides text": (
        lambda: reportgen.build("a.toml", overrides="a=b"),
        "overrides must be a list of text (found str)",
    ),
    "overrides int": (lambda: reportgen.build("a.toml", overrides=3), "overrides must be a list of text (found int)"),  # type: ignore[arg-type]
    "overrides of int": (
        lambda: reportgen.build("a.toml", overrides=[3]),
        "overrides must be a list of text (found int)",
    ),  # type: ignore[list-item]
    "no such spec": (lambda: reportgen.build("nowhere.toml"), "nowhere.toml: no such file"),
    "no such results": (lambda: reportgen.load_results("nowhere.json"), "nowhere.json: "),
    "sections_from": (
        lambda: reportgen.load_results("a.json", sections_from=3),
        "sections_from must be a path (found int)",
    ),  # type: ignore[arg-type]
    "every 0": (lambda: reportgen.ReportCallback(every=0), "every must be a number of epochs, at least 1 (found 0)"),
    "every text": (
        lambda: reportgen.ReportCallback(every="2"),
        "every must be a number of epochs, at least 1 (found '2')",
    ),  # type: ignore[arg-type]
    "callback formats": (lambda: reportgen.ReportCallback(formats=3), "formats must be a list of text (found int)"),  # type: ignore[arg-type]
    "callback format": (
        lambda: reportgen.ReportCallback(formats=["docx"]),
        "formats must be among html, pdf, archive, json, markdown",
    ),
    "callback spec": (lambda: reportgen.ReportCallback(3), "spec must be a path (found int)"),  # type: ignore[arg-type]
    "callback dict": (lambda: reportgen.ReportCallback({}), "spec must be a path (found dict)"),  # type: ignore[arg-type]
}


@pytest.mark.keras
@pytest.mark.parametrize(("call", "words"), CALLS.values(), ids=CALLS)
def test_calls(call: Call, words: str) -> None:
    """Which argument, and what was found."""
    refused(call, words)


DATA: dict[str, tuple[Any, Any, str]] = {
    "x None": (None, Y, "x_data: must be an array of rows (found None)"),
    "x int": (3, Y, "x_data: must be an array of rows (found int)"),
    "x text": ("abc", Y, "x_data: must be an array of rows (found str)"),
    "x set": ({1, 2}, Y, "x_data: must be an array of rows (found set)"),
    "x generator": ((i for i in range(4)), Y, "x_data: must be an array of rows (found generator)"),
    "x empty dict": ({}, Y, "x_data: contains no arrays"),
    "x dict of None": ({"a": None}, Y, "x_data.a: must be an array of rows (found None)"),
    "x dict by number": ({1: X}, Y, "x_data: names must be text (found 1)"),
    "x ragged": ([[1, 2], [3]], Y, "x_data: cannot be read as an array ("),
    "x mixed": ([X, None], Y, "x_data: cannot be read as an array ("),
    "x empty list": ([], Y, "x_data: the arrays have different numbers of rows: x_data has 0, y_data has 4"),
    "x evil": (Evil(), Y, "x_data: "),
    "x sly": (Sly(), Y, "x_data: cannot be read as an array (0)"),
    "x dates": (np.array(["2020-01-01"] * 4, "M8[D]"), Y, "x_data: must be numbers (found dtype datetime64[D])"),
    "x objects": (np.array([object()] * 4), Y, "x_data: "),
    "x complex": (X.astype(complex), Y, "x_data: must be numbers (found dtype complex128)"),
    "x records": (np.zeros(4, [("a", int)]), Y, "x_data: must be numbers"),
    "x text array": (np.array(["a"] * 4), Y, "x_data: must be numbers"),
    "x infinite": (X + np.inf, Y, "x_data: has NaN or infinite values in 4 rows"),
    "x shorter": (X[:3], Y, "x_data: the arrays have different numbers of rows: x_data has 3, y_data has 4"),
    "x unequal": ({"a": X, "b": X[:2]}, Y, "x_data.b: the arrays have different numbers of rows"),
    "x no rows": (X[:0], Y[:0], "x_data: contains no rows"),
    "x frame of text": (pd.DataFrame({"a": ["x"] * 4}), Y, "x_data: must be numbers"),
    "y int": (X, 3, "y_data: must be an array of rows (found int)"),
    "y text": (X, "abc", "y_data: must be an array of rows (found str)"),
    "y set": (X, {1, 2}, "y_data: must be an array of rows (found set)"),
    "y empty dict": (X, {}, "y_data: contains no arrays"),
    "y dict of None": (X, {"a": None}, "y_data.a: must be an array of rows (found None)"),
    "y dict by number": (X, {1: Y}, "y_data: names must be text (found 1)"),
    "y ragged": (X, [[1], [1, 2], [3], [4]], "y_data: cannot be read as an array ("),
    "y evil": (X, {"a": Sly()}, "y_data.a: cannot be read as an array (0)"),
    "y date objects": (X, [dt.date(2020, 1, 1)] * 4, "y_data: must be numbers or text"),
    "y objects": (X, [object()] * 4, "y_data: must be numbers or text"),
    "y None": (X, [None] * 4, "y_data: has no label in 4 rows"),
}


@pytest.mark.parametrize(("x", "y", "words"), DATA.values(), ids=DATA)
def test_data(x: Any, y: Any, words: str) -> None:
    """Which argument, and why."""
    refused(lambda: _dataset(DataInput(x, y)), words)


@pytest.mark.parametrize("option", ["groups", "weights"])
@pytest.mark.parametrize("given", [3, {}, Sly(), [1, 2], [None] * 4, np.zeros((4, 2)), [object()] * 4], ids=range(7))
def test_groups_and_weights(option: str, given: Any) -> None:
    """One value per row."""
    refused(lambda: _dataset(DataInput(X, Y, **{option: given})), f"{option}: ")


def test_what_is_right() -> None:
    """A data frame and a series, lists, arrays by name."""
    for x, y in ((pd.DataFrame(X), pd.Series(Y)), (X.tolist(), Y.tolist()), ({"a": X}, {"b": Y}), ([X, X], None)):
        assert _dataset(DataInput(x, y)).n == 4
    assert Path("a") == reportgen.interface.arguments.path("p", Path("a"))  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------ the callback

LOGS: dict[str, Any] = {
    "None": None,
    "a vector": {"f1": np.zeros(3)},
    "text": {"loss": "low"},
    "an object": {"loss": object()},
    "an evil object": {"loss": Evil()},
    "None as value": {"loss": None},
    "a complex number": {"loss": 1j},
    "NaN": {"loss": float("nan"), "val_loss": float("inf")},
    "a key that is a number": {3: 0.5},
    "a key that is hostile": {"<b>\0\n": 0.5},
    "a list": [("loss", 0.5)],
    "a number": 3,
    "evil": Evil(),
    "a huge number": {"loss": 10**400},
    "a nested dict": {"loss": {"a": 1}},
}


@pytest.mark.keras
@pytest.mark.parametrize("logs", LOGS.values(), ids=LOGS)
def test_the_callback_never_stops_a_training(
    logs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the logs are, and whatever the report raises."""
    one = reportgen.ReportCallback(output_dir=tmp_path)
    for raised in (None, SystemExit(0), GeneratorExit(), BaseException("bare"), MemoryError(), Evil):
        error = raised

        def write(error: Any = error) -> None:
            if error is not None:
                raise error

        monkeypatch.setattr(one, "_write", write)
        one.on_train_begin(logs)
        one.on_epoch_end(0, logs)
        one.on_train_end(logs)
    assert "no report of epoch 1: SystemExit: 0" in caplog.text or not isinstance(logs, dict | None)


@pytest.mark.keras
def test_the_user_can_stop_a_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interruption while a report is written is the user's."""
    one = reportgen.ReportCallback(output_dir=tmp_path)

    def write() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(one, "_write", write)
    own = signal.signal(signal.SIGINT, lambda *_: None)  # as of an event loop
    try:
        with pytest.raises(KeyboardInterrupt):
            one.on_epoch_end(0, {"loss": 1.0})
    finally:
        signal.signal(signal.SIGINT, own)
    with pytest.raises(KeyboardInterrupt):
        one.on_epoch_end(0, {"loss": 1.0})


FIT = """
import keras, logging, numpy as np, sys
from reportgen import ReportCallback

logging.basicConfig(stream=sys.stdout, format="%(message)s")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
model.compile("sgd", "categorical_crossentropy", metrics=[keras.metrics.F1Score(average=None)])


class Hostile(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs.update({"own": object(), "vector": np.zeros(3), "text": "x"})


callbacks = [Hostile(), ReportCallback(output_dir="out", formats=["json"]), ReportCallback(output_dir="/dev/null/x")]
history = model.fit(np.eye(8, 4), np.eye(8, 3), epochs=2, verbose=0, callbacks=callbacks)
print("epochs", len(history.history["loss"]))
"""


@pytest.mark.hostile
@pytest.mark.keras
def test_a_fit_with_everything_in_its_logs(tmp_path: Path) -> None:
    """A metric for each class, objects and text, and a folder that cannot be: two epochs are trained, one report is written."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", FIT]
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[-1] == "epochs 2"
    assert all("no report of epoch" in line and "/dev/null/x" in line for line in lines[:-1]), lines
    assert (tmp_path / "out" / "results.json").exists()
