"""Runs the program for ``bench.py``: what a build costs, over all of its processes."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

QUIET = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
UNCACHED = QUIET | {"REPORTGEN_NO_CACHE": "1"}
_EVERY = 0.05


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of CPU, the largest sum of anonymous memory of all processes at a time, in MB, and seconds of the evaluation if ``-v`` tells them."""

    seconds: float
    cpu: float
    peak: float
    evaluation: float | None


def ran(*arguments: object, environment: Mapping[str, str] = UNCACHED) -> Cost:
    """Run the program to its end; exit codes are not looked at, because some examples fail their checks."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "reportgen", *map(str, arguments)]
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(command, env=environment, stdout=said, stderr=said) as process,
    ):
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, sum(map(anonymous, _family(process.pid))))
            time.sleep(_EVERY)
        said.seek(0)
        told = re.search(r"^evaluation +([\d.]+) s", said.read(), re.MULTILINE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - start, cpu, peak, None if told is None else float(told[1]))


def built(folder: Path, text: str, *options: object, environment: Mapping[str, str] = UNCACHED) -> Cost:
    """Build a report of a spec; JSON alone, unless the options say which formats."""
    (folder / "spec.toml").write_text(text, "utf-8")
    formats = () if "--format" in options else ("--format", "json")
    return ran("build", folder / "spec.toml", "-o", folder / "out", "-q", *formats, *options, environment=environment)


def spec(model: str, data: str, sections: Iterable[str]) -> str:
    """Return a spec of some models, named by a path or a pattern, with some sections."""
    kinds = "".join(f'[[sections]]\nkind = "{kind}"\n' for kind in sections)
    table = f"[data]\n{data}\n"
    return f'schema_version = 1\n[report]\ntitle = "Bench"\n[models.m]\npath = "{model}"\n{table}{kinds}'


def _family(pid: int) -> list[int]:
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                found += _family(int(child))
    except OSError:
        return found
    return found


def anonymous(pid: int | str) -> float:
    """Return RssAnon of a process in MB; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon")), 0.0)
