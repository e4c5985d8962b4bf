"""Runs Python programs in processes that have their libraries already: a build of a small model takes half a second, not six.

Most of that time is TensorFlow's import. ``python warm.py SOCKET`` is a server that imports it once, and forks a process for every
program that it is asked to run; there ``reportgen`` forks its worker in the same way. All else is as ever: each is a process of its
own, a child of the one that asked for it, with its environment, folder, pipes and exit code. Only the interpreter is not taken apart
at the end. What is about starting processes is tested with ``subprocess``.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any, NoReturn

import reportgen
from reportgen.contract import foreign
from reportgen.evaluation import process

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = Path(__file__).parents[1]
PDF = "reportgen.render.pdf_process"
LIBRARIES = ("keras", "matplotlib.pyplot", "scipy.stats", "jinja2", "markdown_it", "ruamel.yaml")
CAN_FORK = sys.platform == "linux"
_SUBREAPER = 36
"""``PR_SET_CHILD_SUBREAPER`` of ``prctl``: whoever has set it becomes the parent of descendants whose parent ends."""


def python(*arguments: object, cwd: Path = TOP, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``python -m MODULE …``, ``-c PROGRAM …`` or ``FILE …``, with ``-P`` before it or not, and return what it said."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Popen(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=env, text=True, encoding="utf-8", **pipes
    ) as running:
        said = running.communicate()
    return subprocess.CompletedProcess(running.args, running.returncode, *said)


class Popen(subprocess.Popen[Any]):
    """Starts such a program in a process that is like any other to who started it."""

    if CAN_FORK:

        def _execute_child(self, *given: Any) -> None:
            """Have the server fork twice: when the process between ends, this process is the parent of the program."""
            (_, *command), _, before, _, passed, cwd, env, _, _, shell, *pipes = given[:16]
            assert (before, passed, shell) == (None, (), False), "what these do is not done here"
            p2cread, _, _, c2pwrite, _, errwrite = pipes
            job = {"command": list(map(str, command)), "cwd": str(cwd or Path.cwd()), "env": dict(env or os.environ)}
            files = [own if file == -1 else file for own, file in enumerate((p2cread, c2pwrite, errwrite))]
            prctl = ctypes.CDLL(None).prctl
            with _ASKING:
                server, said = _server(PDF in command)
                prctl(_SUBREAPER, 1, 0, 0, 0)
                socket.send_fds(server, [json.dumps(job).encode()], files)
                self.pid, _ = int(server.recv(_MOST) or said.read()), server.recv(_MOST)
                prctl(_SUBREAPER, 0, 0, 0, 0)
            self._child_created = True
            self._close_pipe_fds(*pipes)


_ASKING = threading.Lock()
_MOST = 2**17
"""Bytes of a message."""


@cache
def _server(pdf: bool) -> tuple[socket.socket, IO[str]]:
    """Start a server, which ends when this process does; return what it listens to, and what it says when it fails."""
    here, there = socket.socketpair(type=socket.SOCK_SEQPACKET)
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with there:
        line = [sys.executable, "-P", __file__, str(there.fileno()), *(["pdf"] if pdf else [])]
        env = {**os.environ, **({"PYTHONHASHSEED": "0"} if pdf else {})}
        server = subprocess.Popen(line, pass_fds=[there.fileno()], env=env, **pipes, text=True, encoding="utf-8")
    atexit.register(server.__exit__, None, None, None)
    atexit.register(here.close)
    assert server.stderr is not None
    return here, server.stderr


# ------------------------------------------------------------------------------------------------ the server


def main(number: str, *pdf: str) -> None:
    """Import the libraries as the worker does, or as the process of a PDF, and run what is asked for."""
    if pdf:
        importlib.import_module("weasyprint")
    else:
        _load()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    asked = socket.socket(fileno=int(number))
    while True:
        job, files, _, _ = socket.recv_fds(asked, _MOST, 3)
        if not job:
            return
        between = os.fork()
        if not between:
            program = os.fork()
            if not program:
                _leave(partial(_run, files, **json.loads(job)))
            asked.send(str(program).encode())
            os._exit(0)
        os.waitpid(between, 0)
        asked.send(b"ended")
        for file in files:
            os.close(file)


def _load() -> None:
    """Import Keras and all of the program, whose workers are forked."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(process._environment(Path(home), None))
        own = (
            one.name for one in pkgutil.walk_packages(reportgen.__path__, "reportgen.") if "__main__" not in one.name
        )
        for name in (*LIBRARIES, *own):
            importlib.import_module(name)
    process.subprocess = SimpleNamespace(Popen=_worker, PIPE=subprocess.PIPE)  # type: ignore[assignment]


def _run(files: list[int], command: list[str], cwd: str, env: dict[str, str]) -> None:
    """Run a program in this process."""
    for number, file in enumerate(files):
        os.dup2(file, number)
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
        if not hasattr(sys.modules.get(arguments[0]), "__path__"):
            sys.modules.pop(arguments[0], None)  # it is run, not imported
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    elif how == "-c":
        exec(arguments[0], {"__name__": "__main__"})  # noqa: S102 as the interpreter does
    else:
        runpy.run_path(how, run_name="__main__")


def _leave(program: Callable[[], object]) -> NoReturn:
    """Run a program and end as the interpreter does, but for its modules, which it would take a third of a second to take apart."""
    code = 0
    try:
        program()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else error.code is not None
        if not isinstance(error.code, int | None):
            sys.stderr.write(f"{error.code}\n")
    except BaseException:  # noqa: BLE001 whatever it raises
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


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
    main(*sys.argv[1:])
