"""A Keras callback that writes reports on weights and training during training."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import keras

from reportgen.analysis.analyze import analyze
from reportgen.contract.records.evaluation import Evaluation
from reportgen.errors import ArgumentError, ReportgenError, ends_program, summary
from reportgen.inputs.given import Objects
from reportgen.interface import arguments
from reportgen.interface.config import IN_MEMORY, AnalysisConfig
from reportgen.pipeline import files, present
from reportgen.pipeline.run import Run, now
from reportgen.plan.make import make
from reportgen.spec import source
from reportgen.spec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.formats import Format

_LOG = logging.getLogger("reportgen")


class ReportCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Write a report on the weights and the training history at the end of epochs.

    A failed report never stops the training: the error is logged as a warning.

    Parameters
    ----------
    spec
        A spec, of which the sections ``weights``, ``training_dynamics`` and ``overview`` are used, or an
        :class:`AnalysisConfig`; None for its defaults. The models and data of the spec do not have to exist.
    every
        Number of epochs between reports; the last epoch always gets one.
    output_dir
        Output folder; each report replaces the previous one.
    formats
        Which files are written.

    Attributes
    ----------
    seconds
        Seconds that each report took.
    """

    SECTIONS = ("summary", "overview", "training_dynamics", "weights")
    """Sections that need only the model and its history."""

    def __init__(
        self,
        spec: str | Path | AnalysisConfig | None = None,
        *,
        every: int = 1,
        output_dir: str | Path = "training_report",
        formats: Sequence[Format] = ("html", "json"),
    ) -> None:
        super().__init__()
        if not isinstance(every, int) or every < 1:
            raise ArgumentError(f"every must be a number of epochs, at least 1 (found {every!r})")
        self.every, self.output_dir = every, arguments.path("output_dir", output_dir)
        self.formats = present.known(formats if isinstance(formats, str) else arguments.words("formats", formats))
        self.seconds: list[float] = []
        self._title, self._sections, self._style = _wanted(spec)
        self._curves: dict[str, list[float]] = {}
        self._epochs: list[int] = []
        self._written = -1

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 Keras' signature
        """Start with an empty history."""
        self._curves, self._epochs, self._written = {}, [], -1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the epoch's logs, and write a report if one is due."""
        with _kept_from_training(epoch):
            self._epochs.append(epoch)
            for key, value in (logs or {}).items():
                number = _number(value)
                if number is not None:
                    curve = self._curves.setdefault(str(key), [])
                    curve += [float("nan")] * (len(self._epochs) - 1 - len(curve)) + [number]
            if len(self._epochs) % self.every == 0:
                self._report(epoch)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002 Keras' signature
        """Write the last report, unless the last epoch already has one."""
        if self._epochs and self._written != self._epochs[-1]:
            with _kept_from_training(self._epochs[-1]):
                self._report(self._epochs[-1])

    def _report(self, epoch: int) -> None:
        start = time.perf_counter()
        self._written = epoch
        try:
            self._write()
        finally:
            self.seconds.append(time.perf_counter() - start)

    def _write(self) -> None:
        from reportgen.evaluation.collect import collect

        name = self.model.name
        data = {
            "schema_version": 1,
            "report": {"title": self._title},
            "models": {name: {"path": IN_MEMORY, "history": IN_MEMORY}},
            "sections": self._sections,
            "output": {"style": self._style},
        }
        planned = make(Source("ReportCallback", str(data), "yaml", data), Path(), in_memory=True)
        inputs = Objects({name: self.model}, None, {name: SimpleNamespace(history=self._curves, epoch=self._epochs)})
        found = collect(planned.spec, inputs, planned.request, lambda *_: None)
        model, failure = found.evaluate(name)
        if failure is not None:
            raise failure
        evaluation = Evaluation((model,), None, found.versions)
        results = analyze(planned, evaluation, now(), keep_going=True)
        made = present.present(results, self.formats, Run(keep_going=True))
        files.write(made.files, self.output_dir)


@contextmanager
def _kept_from_training(epoch: int) -> Iterator[None]:
    """Log whatever is raised: a report must not cost a training run, which only the user stops."""
    try:
        yield
    except ReportgenError as error:
        _LOG.warning("no report of epoch %d: %s", epoch + 1, error)
    except BaseException as error:
        if ends_program(error):
            raise
        _LOG.warning("no report of epoch %d: %s: %s", epoch + 1, type(error).__name__, summary(error))


def _number(value: Any) -> float | None:
    """Return a number in an epoch's logs; None for anything else, such as a vector metric."""
    try:
        return float(value)
    except BaseException as error:
        if ends_program(error):
            raise
        return None


def _wanted(spec: str | Path | AnalysisConfig | None) -> tuple[str, list[dict[str, Any]], str]:
    """Return title, style and the sections that need no data."""
    if spec is not None and not isinstance(spec, AnalysisConfig):
        path = arguments.path("spec", spec)
        planned = make(source.read(path, str(path)), path.parent, in_memory=True)
        sections = [item.spec.model_dump(exclude_none=True) for item in planned.sections]
        title, style = planned.spec.report.title, planned.spec.output.style
    else:
        config = spec or AnalysisConfig()
        title, sections, style = "Training", config.sections(), config.plot_style
    kept = [one | {"optional": True} for one in sections if one["kind"] in ReportCallback.SECTIONS]
    return title, kept, style
