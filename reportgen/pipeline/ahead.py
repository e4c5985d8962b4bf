"""Figures drawn by several processes, at once or while the program goes on, which leave them where the program finds them.

The processes are forks of the program, which has the results and the libraries that draw in memory already. They run the program's own
code alone, and answer with entries of a store: what one of them could not draw is drawn by the program, which says why it cannot be.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Self

from reportgen.resources import private_folder, when_closed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.process import BaseProcess

    from reportgen.pipeline.store import Store

_MOST = 4
"""Maximum number of processes, the program included: more wait for the last figure."""
_FEWEST = 2
"""Number of processes that are several."""


def cores() -> int:
    """Return the number of processes that can draw: one per core, on systems where a fork of the program can draw."""
    return min(len(os.sched_getaffinity(0)), _MOST) if sys.platform == "linux" else 1


@contextmanager
def store_for(store: Store | None, processes: int) -> Iterator[Store | None]:
    """Provide the store that figures are drawn into: the user's, or a temporary one where several processes draw."""
    if store is not None or processes < _FEWEST:
        yield store
        return
    from reportgen.pipeline.store import Store

    with ExitStack() as opened:
        home = None
        with suppress(OSError):  # without a temporary folder the program draws alone
            home = opened.enter_context(private_folder())
        yield None if home is None else Store(home / "figures")


class Drawers:
    """The processes that draw for a program, which is one of them; as a context it ends them.

    What a task raises is nobody's business here: its result is missing, and asking for it raises the same again.

    Parameters
    ----------
    processes
        How many may be at work at a time, the program included.
    """

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self.seconds: dict[str, float] = {}
        """How long what was noted took."""
        self._shared = os.memfd_create("times") if processes >= _FEWEST else None
        """What the processes noted, one line each: they write at the same place of it."""
        self._is_child = False
        self._children: list[tuple[BaseProcess, frozenset[str]]] = []
        self._lives, self._keep = os.pipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for child, _ in self._children:
            child.kill()
            child.join()
        os.close(self._keep)
        os.close(self._lives)
        if self._shared is not None:
            self._gather()
            os.close(self._shared)
            self._shared = None

    def note(self, what: str, seconds: float) -> None:
        """Note how long something took, in whichever process."""
        if self._is_child and self._shared is not None:
            os.write(self._shared, f"{json.dumps([what, seconds])}\n".encode())
        else:
            self.seconds[what] = seconds

    def _gather(self) -> None:
        """Take over what the other processes noted."""
        if self._shared is not None:
            noted = os.pread(self._shared, os.fstat(self._shared).st_size, 0)
            self.seconds |= dict(map(json.loads, noted.splitlines()))

    @property
    def has_room(self) -> bool:
        """Whether one more process can be at work beside the program."""
        return len(self._at_work) + 1 < self.processes

    @property
    def _at_work(self) -> list[frozenset[str]]:
        return [sections for child, sections in self._children if child.is_alive()]

    def is_at_work(self, section: str) -> bool:
        """Return whether a process was started for a section that has not ended."""
        return any(section in sections for sections in self._at_work)

    def was_begun(self, section: str) -> bool:
        """Return whether a process was started for a section."""
        return any(section in sections for _, sections in self._children)

    def start(self, task: Callable[[], object], sections: Iterable[str]) -> None:
        """Have a process of its own run a task for some sections while the program goes on."""
        self._fork((task,), sections)

    def run(self, tasks: Sequence[Callable[[], object]]) -> None:
        """Run tasks, each of which leaves its result in a store; return when these and those that were started have ended."""
        at_work = len(self._at_work)
        count = min(self.processes - at_work, len(tasks) - 1)
        if count < _FEWEST and at_work:
            _run(tasks)  # beside these
        elif count >= _FEWEST:
            _run(tasks[:1])  # what the first one imports and measures, all of them have
            own, *others = (tasks[1 + index :: count] for index in range(count))
            for share in others:
                self._fork(share)
            _run(own)
        for child, _ in self._children:
            child.join()
        self._gather()

    def _fork(self, tasks: Sequence[Callable[[], object]], sections: Iterable[str] = ()) -> None:
        from multiprocessing import get_context

        gc.freeze()  # a look for garbage would copy the memory that the processes share
        try:
            child = get_context("fork").Process(target=self._child, args=(tasks,), daemon=True)
            child.start()
            self._children.append((child, frozenset(sections)))
        except OSError:  # no more processes: the program draws alone
            return
        finally:
            gc.unfreeze()

    def _child(self, tasks: Sequence[Callable[[], object]]) -> None:
        os.close(self._keep)
        self._is_child = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program's to handle
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        when_closed(self._lives, lambda: os._exit(1))
        _run(tasks)


def _run(tasks: Sequence[Callable[[], object]]) -> None:
    for task in tasks:
        try:
            task()
        except Exception:  # noqa: BLE001 drawn again by the program, which says what is wrong
            return
