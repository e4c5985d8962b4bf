"""Runs the evaluation in a worker process, isolated from TensorFlow's memory and output.

Run as ``python -m reportgen.evaluation.process JOB``, this module is the worker. It writes one JSON line per progress
step to its standard output, and the evaluation to a private temporary folder, one file per model, so that the worker
has the numbers of one model in memory at a time, and the program only those that it accesses.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, Self

from reportgen.contract.records.evaluation import Evaluation
from reportgen.errors import InputError, ReportgenError, cause, temporary_files
from reportgen.evaluation import array_store
from reportgen.evaluation.watchdog import Watchdog
from reportgen.inputs.code import LibraryError, load_less
from reportgen.resources import end_with_parent, ending, environment, private_folder
from reportgen.text.formatting import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from reportgen.contract.needs import Request
    from reportgen.contract.records.evaluation import ModelEvaluation
    from reportgen.contract.records.pieces import ModelPiece
    from reportgen.evaluation.parts import RowsPart
    from reportgen.evaluation.seldom import ProgressCallback
    from reportgen.spec.model import ReportSpec


LOADING, EVALUATING = "loading ", "evaluating "
"""Beginnings of the steps of a model."""
_PACKAGE = Path(__file__).parents[1]
_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Variables that limit the threads of TensorFlow and NumPy."""


class WorkerError(ReportgenError):
    """The worker process ended without a result; the message says what it was doing."""


class EvaluationProcess:
    """A worker that evaluates a spec; it starts immediately, so that the caller can do other work meanwhile.

    Parameters
    ----------
    spec, folder
        The spec and the folder that its paths are relative to.
    request
        What the sections need.
    known
        Models that were evaluated before, with the place of their records: they are not evaluated again.
    threads
        Of the worker; None for as many as there are processors.
    part
        The rows to evaluate: what is found are pieces of the models. None for all.
    pieces
        Of models whose rows other workers have evaluated: the places of the pieces of all parts, in order.
    """

    def __init__(
        self,
        spec: ReportSpec,
        folder: Path,
        request: Request,
        known: Mapping[str, Path] | None = None,
        threads: int | None = None,
        part: RowsPart | None = None,
        pieces: Mapping[str, Sequence[Path]] | None = None,
    ) -> None:
        self._models = tuple(spec.models)
        self._done: dict[str, Path] = {}
        self.seconds: dict[str, float] = {}
        """How long what it told took: until the first step it starts TensorFlow; then steps by name, and models."""
        self._began = perf_counter()
        self.ended = False
        """Whether all that it will tell is known."""
        job = {
            "spec": spec.model_dump(mode="json"),
            "folder": str(folder.resolve()),
            "request": request.model_dump(mode="json"),
            "known": {name: str(path) for name, path in (known or {}).items()},
            "part": None if part is None else [part.index, part.of],
            "pieces": {name: list(map(str, paths)) for name, paths in (pieces or {}).items()},
        }
        with temporary_files(), ExitStack() as opened:
            self._home = opened.enter_context(private_folder())
            (self._home / "job.json").write_text(json.dumps(job), "utf-8")
            noise = opened.enter_context((self._home / "stderr").open("wb"))
            environment_ = _environment(self._home, threads)
            self._open = opened.pop_all()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "reportgen.evaluation.process", str(self._home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            env=environment_,
            cwd=self._home,
            text=True,
            encoding="utf-8",
        )
        self._watchdog = Watchdog(self._process, spec.limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._watchdog.stop()
        self.kill()
        self._process.__exit__(kind, error, traceback)
        self._open.close()

    def kill(self) -> None:
        """End the worker, whatever it does."""
        if self._process.poll() is None:
            self._process.kill()

    def result(self, report: ProgressCallback) -> Evaluation:
        """Wait for the evaluation, passing on the progress.

        A model that failed lacks the parts that failed and has the reason.

        Raises
        ------
        InputError
            The data or a history cannot be used, the worker is above a limit of the spec, or no model could be evaluated; then the errors of all.
        WorkerError
            The worker ended without a result.
        """
        failures = self.failures(report)
        if len(failures) == len(self._models):
            raise of_all(failures)
        data, splits, versions = array_store.read(self.file_of("data"))
        examples, others = array_store.read(self.file_of("examples"))
        models = tuple(array_store.read(self.file_of("model", name)) for name in self._models)
        return Evaluation(models, data, versions, examples=examples, splits=splits, split_examples=others)

    def file_of(self, what: Literal["data", "examples", "model"], model: str = "") -> Path:
        """Return the place of the records of the data, of the examples, or of a model, until this process is closed."""
        return _model_file(self._home, self._models.index(model)) if what == "model" else self._home / what

    @property
    def finished(self) -> dict[str, Path]:
        """The models that it has evaluated so far, with the place of their records until this process is closed."""
        return dict(self._done)

    def failures(self, report: ProgressCallback) -> dict[str, InputError]:
        """Follow the worker until it has finished; return the failures by model."""
        failures: dict[str, InputError] = {}
        what, self.ended = "starting", True
        stage = "starting TensorFlow"
        for line in self._process.stdout or ():
            ((kind, content),) = json.loads(line).items()
            stage = self._timed(stage, kind, content)
            if kind == "finished":
                return failures
            if kind == "error":
                raise input_error(content)
            if kind == "library":
                raise LibraryError(content)
            if kind == "crash":
                raise WorkerError(f"the evaluation failed while {what} ({content})")
            if kind == "done":
                self._done[content["model"]] = self.file_of("model", content["model"])
                if content["failure"] is not None:
                    failures[content["model"]] = input_error(content["failure"])
            else:
                what, done, total = content
                report(what, done, total)
        code = self._process.wait()
        self._watchdog.require_within(what)
        raise WorkerError(f"the evaluation process {ending(code)}, while {what}")

    def _timed(self, stage: str, kind: str, content: Any) -> str:
        """Add the time since the last message to a stage; return the one that begins: a model is one, until it is done."""
        now = perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._began
        self._began = now
        if kind == "done":
            return "examples"
        if kind != "step" or content[0].startswith(EVALUATING):
            return stage
        return f"model {content[0].removeprefix(LOADING)}" if content[0].startswith(LOADING) else str(content[0])


def _environment(home: Path, threads: int | None) -> dict[str, str]:
    """Return the environment of the worker: quiet, and with the default configuration of Keras, and of matplotlib, which Keras imports."""
    (home / "matplotlibrc").touch()
    keras_home = home / "keras"
    keras_home.mkdir()
    own = {"KERAS_HOME": str(keras_home), "KERAS_BACKEND": "tensorflow"}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "JOBLIB_MULTIPROCESSING": "0"}
    few = {} if threads is None else dict.fromkeys(_THREADS, str(threads))
    return {**environment(home), **own, **quiet, **few}


def main(home: Path) -> None:
    """Run the worker: evaluate the job in a folder, and write the evaluation next to it."""
    end_with_parent(home)
    _end_first()
    socket.has_ipv6 = False  # urllib3, which TensorFlow imports, would open a socket to find out
    load_less()
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(message: dict[str, object]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    try:
        _evaluate(home, send)
        send({"finished": True})
        Event().wait()  # for the program, which ends this process; should it be killed, its files are removed here
    except InputError as error:
        send({"error": message_of(error)})
    except LibraryError as error:
        send({"library": str(error)})
    except BaseException as error:  # noqa: BLE001 whatever a model's code or a library raises
        send({"crash": cause(error, _PACKAGE)})


def _end_first() -> None:
    """Have the system end this process, not the user's others, when it runs out of memory."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def _evaluate(home: Path, send: Callable[[dict[str, object]], None]) -> None:
    from reportgen.contract.needs import Request
    from reportgen.contract.records.evaluation import ModelEvaluation
    from reportgen.evaluation.collect import collect
    from reportgen.evaluation.parts import RowsPart
    from reportgen.inputs.given import Files
    from reportgen.spec.model import ReportSpec

    job = json.loads((home / "job.json").read_text("utf-8"))
    spec = ReportSpec.model_validate(job["spec"])
    found = collect(
        spec,
        Files(Path(job["folder"]), spec.limits),
        Request.model_validate(job["request"]),
        lambda *step: send({"step": step}),
    )
    part = None if job["part"] is None else RowsPart(*job["part"])
    if found.described:
        array_store.write((found.data, found.splits, found.versions), home / "data")
    for index, name in enumerate(found.models):
        model: ModelEvaluation | ModelPiece | None = _known(job["known"].get(name))
        failure = None
        if isinstance(model, ModelEvaluation):
            found.take(model)
        elif part is not None:
            model = found.evaluate_part(name, part)
        else:
            model, failure = found.join(name, _pieces(job["pieces"].get(name, ())))
        array_store.write(model, _model_file(home, index))
        send({"done": {"model": name, "failure": None if failure is None else message_of(failure)}})
    if found.described:
        array_store.write((found.examples(), found.split_examples()), home / "examples")


def _known(path: str | None) -> ModelEvaluation | None:
    """Return what is known of a model; None if there is nothing, or if it was removed meanwhile."""
    try:
        return None if path is None else array_store.read(Path(path))
    except OSError:
        return None


def _pieces(paths: Sequence[str]) -> list[ModelPiece]:
    """Return the pieces of a model; none, so that it is evaluated as a whole, if one was removed meanwhile."""
    try:
        return [array_store.read(Path(path)) for path in paths]
    except OSError:
        return []


def of_all(failures: Mapping[str, InputError]) -> InputError:
    """Return one error for the failures of all models, by model; what is wrong with the data names the models that it is wrong for, if there are several."""
    models: dict[str, list[str]] = {}
    for name, error in failures.items():
        models.setdefault(str(error), []).append(name)
    told = []
    for error in failures.values():
        names = models.pop(str(error), [])
        if names and len(failures) > 1 and error.location[:1] == ("data",):
            which = f"(for the model{'s' * (len(names) > 1)} {listed(names)})"
            told.append(InputError(error.location, error.file, f"{error.message} {which}"))
        elif names:
            told.append(error)
    return InputError.of(told)


def message_of(error: InputError) -> dict[str, object]:
    """Return an error as JSON."""
    others = [message_of(one) for one in error.others]
    return {"location": list(error.location), "file": error.file, "message": error.message, "others": others}


def input_error(message: dict[str, Any]) -> InputError:
    """Return an error that was JSON."""
    others = tuple(map(input_error, message["others"]))
    return InputError(tuple(message["location"]), message["file"], message["message"], others)


def _model_file(home: Path, index: int) -> Path:
    return home / f"model-{index}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
