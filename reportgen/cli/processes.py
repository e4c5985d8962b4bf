"""The program as a parent, which runs no foreign code, and a child, which runs the command.

The parent exits with the exit code that the child declares as its last act. However a section's code ends the child, the
child has declared nothing by then, and the exit code is 3. Both are one interpreter, forked before anything is imported:
this costs a millisecond, and the terminal, the arguments and the process group stay the same. Systems without ``fork``
have no parent.
"""

from __future__ import annotations

import gc
import mmap
import os
import signal
import sys
import time
from atexit import _run_exitfuncs as run_exit_functions
from contextlib import suppress
from threading import enumerate as threads, main_thread
from typing import TYPE_CHECKING, NoReturn

from reportgen.cli.streams import prepare
from reportgen.contract import foreign
from reportgen.errors import Interrupted, interrupt
from reportgen.resources import ending, when_closed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

_GRACE = 3.0
"""Seconds that an interrupted child has to clean up, before a further signal kills it."""
_FAILED = 3
_YOUNG = 100_000
"""Number of new objects after which garbage is looked for: nearly all that a command makes lasts until its end."""


class _Ledger:
    """Memory that parent and child share: the declared exit code, and whose code is running."""

    _size = 1024

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._size)

    def declare(self, code: int) -> None:
        """Note the exit code."""
        self._memory[:2] = bytes((1, code))

    @property
    def code(self) -> int | None:
        """The declared exit code; None if there is none."""
        declared, code = self._memory[:2]
        return code if declared else None

    def note(self, part: str) -> None:
        """Note whose code starts to run; an empty text is the program itself."""
        self._memory[2:] = part.encode("utf-8", "replace")[: self._size - 2].ljust(self._size - 2, b"\0")

    @property
    def part(self) -> str:
        """Whose code was running last."""
        return self._memory[2:].rstrip(b"\0").decode("utf-8", "replace")


def run(handled: Sequence[int], received: Sequence[int]) -> int:
    """Run the command in ``sys.argv`` and return its exit code.

    Parameters
    ----------
    handled
        The signals that end the program; others are ignored by whoever started it.
    received
        Those that have arrived, also while this runs, until another handler is set.
    """
    prepare()
    if not hasattr(os, "fork"):
        return _command(handled, received)
    ledger, (parent_lives, keep) = _Ledger(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(keep)
        _as_child(handled, received, ledger, parent_lives)
    os.close(parent_lives)
    forward = _Forward(child)
    for one in handled:
        signal.signal(one, forward)
    for number in received:
        forward(number)
    os._exit(_ended(os.waitpid(child, 0)[1], ledger))  # there is nothing to clean up, which takes longer than the rest


# ------------------------------------------------------------------------------------------------ the parent


class _Forward:
    """Passes signals on to the child; one that still runs after a while is killed."""

    def __init__(self, child: int) -> None:
        self._child = child
        self._since: float | None = None

    def __call__(self, number: int, _frame: FrameType | None = None) -> None:
        now = time.monotonic()
        kills = self._since is not None and now - self._since > _GRACE
        self._since = now if self._since is None else self._since
        with suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL if kills else number)


def _ended(status: int, ledger: _Ledger) -> int:
    """Return the declared exit code; without one, say how the child ended."""
    if ledger.code is not None:
        return ledger.code
    where = f", in the code of {ledger.part}" if ledger.part else ""
    _say(f"reportgen: the program {ending(os.waitstatus_to_exitcode(status))}{where}, before it had finished")
    return _FAILED


# ------------------------------------------------------------------------------------------------ the child


def _as_child(handled: Sequence[int], received: Sequence[int], ledger: _Ledger, parent_lives: int) -> NoReturn:
    """Run the command and declare its exit code; what foreign code does at exit no longer changes it."""
    foreign.watch(ledger.note)
    when_closed(parent_lives, _end)
    code = _command(handled, received)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    ledger.declare(code)
    if not foreign.has_admitted() and all(one.daemon for one in threads() if one is not main_thread()):
        run_exit_functions()
        os._exit(code)  # taking everything apart, which the system does at once, takes a tenth of the time of a command
    sys.exit(code)


def _command(handled: Sequence[int], received: Sequence[int]) -> int:
    gc.set_threshold(_YOUNG)
    try:
        for one in handled:
            signal.signal(one, interrupt)
        for number in received:
            interrupt(number)
        from reportgen.cli import commands

        return commands.run()
    except Interrupted as end:
        _say(str(end))
        return end.exit_code


def _end() -> None:
    """End the child, whose parent was killed, as a signal would."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(_FAILED)


def _say(line: str) -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
