"""Runs Python programs in processes that have their libraries already: a build of a small model takes one second, not six.

Most of that time is TensorFlow's import. ``python warm.py`` is a server that imports it once, and forks a process for every program
that it is asked to run; there ``reportgen`` forks its worker in the same way. All else is as ever: each is a process of its own, with
its environment, folder, pipes and exit code. What is about starting processes is tested with ``subprocess``.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from reportgen.contract import foreign
from reportgen.evaluation import process

TOP = Path(__file__).parents[1]
LIBRARIES = ("keras", "matplotlib.pyplot", "scipy.stats", "jinja2", "reportgen.cli.commands", "reportgen.pipeline.flow")
CAN_FORK = sys.platform == "linux"


def python(*arguments: object, cwd: Path = TOP, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``python -m MODULE …``, ``-c PROGRAM …`` or ``FILE …``, with ``-P`` before it or not, and return what it said."""
    command, env = list(map(str, arguments)), dict(os.environ if env is None else env)
    if not CAN_FORK:
        line = [sys.executable, *command]
        return subprocess.run(line, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stderr is not None
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder, name) for name in ("stdout", "stderr")]
        job = {"command": command, "cwd": str(cwd), "env": env, "said": list(map(str, said))}
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        code = server.stdout.readline() or server.stderr.read()
        return subprocess.CompletedProcess(command, int(code), *(path.read_text("utf-8") for path in said))


@cache
def _server() -> subprocess.Popen[str]:
    """Start the server, which ends with this process."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    server = subprocess.Popen([sys.executable, "-P", __file__], **pipes, text=True, encoding="utf-8")
    atexit.register(server.__exit__, None, None, None)
    return server


# ------------------------------------------------------------------------------------------------ the server


def main() -> None:
    """Import the libraries as the worker does, and run what is asked for."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(process._environment(Path(home), None))
        for name in LIBRARIES:
            importlib.import_module(name)
    process.subprocess = SimpleNamespace(Popen=_worker, PIPE=subprocess.PIPE)  # type: ignore[assignment]
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(**json.loads(line))
            return
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _run(command: list[str], cwd: str, env: dict[str, str], said: list[str]) -> None:
    """Run a program in this process."""
    files = [(os.devnull, os.O_RDONLY), *((path, os.O_CREAT | os.O_WRONLY) for path in said)]
    for number, (path, flags) in enumerate(files):
        os.dup2(os.open(path, flags), number)
    os.chdir(cwd)
    _become(env)
    safe, (how, *arguments) = command[0] == "-P", command[command[0] == "-P" :]
    if how == "-m":
        here, sys.argv = cwd, arguments
    elif how == "-c":
        here, sys.argv = "", ["-c", *arguments[1:]]
    else:
        here, sys.argv = str(Path(how).parent), [how, *arguments]
    if not safe:
        sys.path.insert(0, here)
    if how == "-m":
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    elif how == "-c":
        exec(arguments[0], {"__name__": "__main__"})  # noqa: S102 as the interpreter does
    else:
        runpy.run_path(how, run_name="__main__")


def _worker(command: list[str], env: dict[str, str], **options: Any) -> subprocess.Popen[str]:
    """Start a worker as ``subprocess.Popen`` does, with a fork in the place of a new interpreter."""

    def work() -> NoReturn:
        for one in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_DFL)
        gc.enable()
        foreign.watch(lambda _part: None)
        _become(env)
        process.main(Path(command[-1]))
        os._exit(0)

    return subprocess.Popen(command, env=env, preexec_fn=work, **options)  # noqa: PLW1509 it is forked on purpose


def _become(env: dict[str, str]) -> None:
    """Take the environment of a new process, and close the files of the old one."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    tempfile.tempdir = None


if __name__ == "__main__":
    main()
