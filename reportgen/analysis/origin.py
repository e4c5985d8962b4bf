"""Where results come from: the platform, the command, and the commit of the repository that holds the spec."""

from __future__ import annotations

import platform
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.analysis.results import OriginRecord
from reportgen.inputs import repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.plan.plan import Plan

_ABSOLUTE = re.compile(r"""(?<![^\s="'\[,{])(?:[A-Za-z]:[\\/]|[\\/~])[^"',\]}]*[\\/]""")
"""The folders of an absolute path in the value of an override."""
_FILES = {"output.archive", "output.directory", "output.formats"}
"""What chooses files, and where they are written."""


def origin(plan: Plan, *, keep_going: bool) -> OriginRecord:
    """Return where the results of a plan come from, the same for the same state of the repository in every folder."""
    state = repository.state(Path(plan.source.name))
    return OriginRecord(
        platform=f"{platform.system()} {platform.machine()}",
        command=shlex.join(_command(plan, keep_going=keep_going)),
        commit=state.commit,
        dirty=state.dirty,
        reason=state.reason,
    )


def _command(plan: Plan, *, keep_going: bool) -> Iterator[str]:
    """Yield the words of the shortest command that has these results: what chooses files and where they are written is no part of it."""
    yield from ("reportgen", "build", plan.source.name.replace("\\", "/").rpartition("/")[2])
    for override in plan.overrides:
        if override.partition("=")[0].strip() not in _FILES:
            yield from ("--set", _ABSOLUTE.sub("…/", override))
    if plan.left_out:
        yield from ("--skip", ",".join(item.address for item in plan.left_out))
    if keep_going:
        yield "--keep-going"
