"""The parent of the program: exit codes that the program did not declare, signals, and processes that outlive nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hostile.cases.plugins import EXAMPLE, SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).parents[2]
REPORTGEN = [sys.executable, "-P", "-m", "reportgen"]
SLEEPY = "import time, pathlib\npathlib.Path('started').touch()\ntime.sleep(60)\n"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Provide an empty folder with a temporary folder, which must be empty afterwards."""
    (tmp_path / "temporary").mkdir()
    yield tmp_path
    assert not list((tmp_path / "temporary").iterdir())


def started(project: Path, *arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start the program."""
    environment = {**os.environ, "PYTHONPATH": str(TOP), "TMPDIR": str(project / "temporary")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*REPORTGEN, *map(str, arguments)], cwd=project, env=environment, **(pipes | options))  # type: ignore[call-overload, no-any-return]


def run(project: Path, *arguments: object) -> tuple[int, str, str]:
    """Run the program: exit code, standard output, standard error."""
    with started(project, *arguments) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def checked(project: Path, code: str) -> list[str]:
    """Write a spec with a section that runs some code when it is imported, and return what checks it."""
    (project / "s.py").write_text(EXAMPLE + code, "utf-8")
    (project / "spec.toml").write_text(SPEC, "utf-8")
    (project / "a.keras").write_bytes(b"")
    np.savez(project / "test.npz", x=np.zeros((2, 3)), y=np.zeros(2, int))
    return ["check", "spec.toml"]


def appears(*paths: Path) -> None:
    """Wait until files are there."""
    for _ in range(300):
        if all(path.exists() for path in paths):
            return
        time.sleep(0.05)
    pytest.fail(f"{paths} did not appear")


def emptied(folder: Path) -> None:
    """Wait until the processes that end with the program have removed their files."""
    for _ in range(200):
        if not list(folder.glob("reportgen-*")):
            return
        time.sleep(0.05)
    pytest.fail(f"there is still {next(folder.iterdir())}")


def ends(pid: int) -> None:
    """Wait until a process has ended."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} is still there")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(0)\n", "the program ended with exit code 0, in the code of the section './s.py:SECTION'"),
        ("import os; os._exit(1)\n", "the program ended with exit code 1, in the code of the section './s.py:SECTION'"),
        ("import os; os.kill(os.getpid(), 9)\n", "was killed (signal 9), perhaps out of memory, in the code of the"),
        ("import os; os.abort()\n", "the program was killed (signal 6), in the code of the section './s.py:SECTION'"),
        ("import ctypes; ctypes.string_at(0)\n", "the program was killed (signal 11), in the code of the section"),
        ("import faulthandler; faulthandler._sigsegv()\n", "the program was killed (signal 11)"),
    ],
    ids=["exit 0", "exit 1", "kill", "abort", "null pointer", "segmentation fault"],
)
def test_a_section_that_ends_the_process(project: Path, code: str, words: str) -> None:
    """Whatever it ends with, nothing was declared: exit 3, and its name in one line."""
    returned, out, err = run(project, *checked(project, code))
    assert (returned, out) == (3, "")
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import atexit, os; atexit.register(os._exit, 7)\n",
        "import threading, os, time; threading.Timer(0.5, os._exit, [7]).start()\n",
        "import sys; sys.exit = lambda code: None\n",
    ],
    ids=["at exit", "a thread that lives on", "no sys.exit"],
)
def test_what_is_declared_stays(project: Path, code: str) -> None:
    """What a section leaves behind does not change the exit code."""
    assert run(project, *checked(project, code))[0] == 0


def test_what_a_section_leaves_open_is_written(project: Path) -> None:
    """The interpreter ends as ever where code of others was imported."""
    assert run(project, *checked(project, "left = open('left.txt', 'w'); left.write('everything')\n"))[0] == 0
    assert (project / "left.txt").read_text("utf-8") == "everything"


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "interrupted by SIGTERM"),
        (signal.SIGHUP, 129, "interrupted by SIGHUP"),
    ],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
@pytest.mark.parametrize("to", ["parent", "group"])
def test_signals(project: Path, number: int, code: int, words: str, to: str) -> None:
    """To the parent alone, and to all as from a terminal: one line, and 128 more than the signal."""
    with started(project, *checked(project, SLEEPY), start_new_session=True) as process:
        appears(project / "started")
        (os.killpg if to == "group" else os.kill)(process.pid, number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (code, "", f"{words}\n")


def test_a_section_that_ignores_signals(project: Path) -> None:
    """The first is lost in it; a further one kills it."""
    stubborn = f"{SLEEPY.splitlines()[0]}\nfor _ in range(60):\n  try:\n    pathlib.Path('started').touch(); time.sleep(60)\n  except BaseException: pass\n"
    with started(project, *checked(project, stubborn)) as process:
        appears(project / "started")
        process.terminate()
        time.sleep(3.2)
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "was killed (signal 9)" in err


def test_ignored_signals_stay_ignored(project: Path) -> None:
    """As under ``nohup``."""
    code = "import pathlib, time\npathlib.Path('started').touch()\nwhile not pathlib.Path('go').exists(): time.sleep(0.02)\n"

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with started(project, *checked(project, code), preexec_fn=ignore) as process:
        appears(project / "started")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        (project / "go").touch()
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_the_program_ends_with_its_parent(project: Path) -> None:
    """After ``kill -9`` of the parent, the child ends as by a signal."""
    code = "import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\n" + SLEEPY
    with started(project, *checked(project, code)) as process:
        appears(project / "started")
        process.kill()
        ends(int((project / "pid").read_text("utf-8")))


def test_standard_input_and_terminal_are_the_program_s(project: Path) -> None:
    """The child reads and writes what the parent was given."""
    import pty

    code = "import sys\nprint(sys.stdin.isatty(), sys.stderr.isatty(), sys.stdin.readline(), file=sys.stderr)\n"
    ours, theirs = pty.openpty()
    with started(project, *checked(project, code), stdin=theirs, stderr=theirs) as process:
        os.write(ours, b"typed\n")
        process.wait(timeout=30)
        os.close(theirs)
        assert b"True True typed" in os.read(ours, 1000)
    os.close(ours)
    assert process.returncode == 0
