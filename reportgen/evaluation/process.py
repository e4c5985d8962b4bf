"""Runs the evaluation in a worker process, isolated from TensorFlow's memory and output.

Run as ``python -m reportgen.evaluation.process JOB``, this module is the worker. It writes one JSON line per progress
step to its standard output, and the evaluation to a private temporary folder, one file per model, so that the worker
has the numbers of one model in memory at a time, and the program only those that it accesses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from reportgen.contract.records.evaluation import Evaluation
from reportgen.errors import InputError, ReportgenError
from reportgen.evaluation import array_store
from reportgen.resources import module_path

if TYPE_CHECKING:
    from types import TracebackType

    from reportgen.contract.needs import Request
    from reportgen.evaluation.collect import ProgressCallback
    from reportgen.spec.model import ReportSpec


class WorkerError(ReportgenError):
    """The worker process died; the message contains the end of its standard error."""


class EvaluationProcess:
    """A worker that evaluates a spec; it starts immediately, so that the caller can do other work meanwhile.

    Parameters
    ----------
    spec, folder
        The spec and the folder that its paths are relative to.
    request
        What the sections need.
    """

    def __init__(self, spec: ReportSpec, folder: Path, request: Request) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="reportgen-")
        self._home = Path(self._temporary.name)
        self._n_models = len(spec.models)
        job = {
            "spec": spec.model_dump(mode="json"),
            "folder": str(folder.resolve()),
            "request": request.model_dump(mode="json"),
        }
        (self._home / "job.json").write_text(json.dumps(job), "utf-8")
        self._noise = (self._home / "stderr").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "reportgen.evaluation.process", str(self._home)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            env=_environment(self._home),
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._noise.close()
        self._temporary.cleanup()

    def result(self, report: ProgressCallback) -> Evaluation:
        """Wait for the evaluation, passing on the progress.

        A model that failed lacks the parts that failed and has the reason.

        Raises
        ------
        InputError
            The data or a history cannot be used, or no model could be evaluated; then the error of the first one.
        WorkerError
            The worker ended without a result.
        """
        failures: list[InputError] = []
        for line in self._process.stdout or ():
            step = json.loads(line)
            if "error" in step:
                raise _input_error(step["error"])
            if "failure" in step:
                failures.append(_input_error(step["failure"]))
            else:
                report(step["what"], step["done"], step["total"])
        code = self._process.wait()
        if code != 0:
            raise WorkerError(f"the evaluation process ended with code {code}; its last output:\n{self._last_words()}")
        if len(failures) == self._n_models:
            raise failures[0]
        data, versions = array_store.read(self._home / "data")
        examples = array_store.read(self._home / "examples")
        models = tuple(array_store.read(_model_file(self._home, index)) for index in range(self._n_models))
        return Evaluation(models, data, versions, examples=examples)

    def _last_words(self) -> str:
        self._noise.seek(0)
        return "\n".join(self._noise.read().decode("utf-8", "replace").splitlines()[-25:])


def _environment(home: Path) -> dict[str, str]:
    """Return the environment of the worker: quiet, and with the default Keras configuration."""
    keras_home = home / "keras"
    keras_home.mkdir()
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("KERAS_")}
    own = {"KERAS_HOME": str(keras_home), "KERAS_BACKEND": "tensorflow", "PYTHONPATH": module_path()}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
    return {**inherited, **own, **quiet}


def main(home: Path) -> None:
    """Run the worker: evaluate the job in a folder, and write the evaluation next to it."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(message: dict[str, object]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    from reportgen.contract.needs import Request
    from reportgen.evaluation.collect import collect
    from reportgen.inputs.given import Files
    from reportgen.spec.model import ReportSpec

    job = json.loads((home / "job.json").read_text("utf-8"))
    spec = ReportSpec.model_validate(job["spec"])
    try:
        found = collect(
            spec,
            Files(Path(job["folder"])),
            Request.model_validate(job["request"]),
            lambda what, done, total: send({"what": what, "done": done, "total": total}),
        )
    except InputError as error:
        send({"error": _message(error)})
        return
    array_store.write((found.data, found.versions), home / "data")
    for index, name in enumerate(found.models):
        model, failure = found.evaluate(name)
        array_store.write(model, _model_file(home, index))
        if failure is not None:
            send({"failure": _message(failure)})
    array_store.write(found.examples(), home / "examples")


def _message(error: InputError) -> dict[str, object]:
    return {"location": list(error.location), "file": error.file, "message": error.message}


def _input_error(message: dict[str, Any]) -> InputError:
    return InputError(tuple(message["location"]), message["file"], message["message"])


def _model_file(home: Path, index: int) -> Path:
    return home / f"model-{index}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
