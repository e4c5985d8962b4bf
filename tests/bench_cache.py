"""What is never computed twice, and what several workers save, for ``bench.py``."""

from __future__ import annotations

import shutil
import statistics
from collections import defaultdict
from operator import attrgetter
from pathlib import Path

from bench_runs import QUIET, UNCACHED, built, ran, spec

SPECS = Path(__file__).parents[1] / "specs"
DIGITS = SPECS / "digits"
SECTIONS = ("overview", "performance", "calibration", "weights", "information_flow")
_MANY, _FEW = 24, 2
_TIMES = 5


def store(folder: Path) -> None:
    """Build ``specs/release.toml`` cold and again, with another sentence, and many models of which all but one are known."""
    environment = QUIET | {"REPORTGEN_CACHE": str(folder / "cache"), "REPORTGEN_NO_CACHE": ""}
    release, out = SPECS / "release.toml", ("-o", folder / "release", "-q")
    again = ("render", folder / "release" / "results.json", "-o", folder / "again", "-q", "--format")
    costs = defaultdict(list)
    for number in range(_TIMES):
        shutil.rmtree(folder / "cache", ignore_errors=True)
        costs["cold"].append(ran("build", release, *out, environment=environment))
        costs["evaluation"].append(ran("build", release, *out, "--format", "json", environment=UNCACHED))
        formats = ("--format", "html,json,markdown")
        costs["unchanged"].append(ran("build", release, *out, *formats, environment=environment))
        other = ("--set", f"report.description=Sentence {number}.")
        costs["sentence"].append(ran("build", release, *out, *other, environment=environment))
        for some in ("html", "html,pdf", "pdf"):
            costs[some].append(ran(*again, some, environment=environment))
    for what in ("seconds", "cpu"):
        unit = "s of CPU" if what == "cpu" else "s"
        median = {name: statistics.median(map(attrgetter(what), found)) for name, found in costs.items()}
        pdf = median["html,pdf"] - median["html"]
        least, most = (end(map(attrgetter(what), costs["unchanged"])) for end in (min, max))
        print(f"release.toml, medians of {_TIMES}, in {unit}:")
        print(f"  unchanged, without PDF: {median['unchanged']:.2f} ({least:.2f} to {most:.2f})")
        print(
            f"  evaluation and JSON: {median['evaluation']:.1f}; the PDF alone: {median['pdf']:.1f}; what it adds to the page: {pdf:.1f}"
        )
        cold, sentence = median["cold"], median["sentence"]
        print(
            f"  cold, all formats: {cold:.1f}, without the PDF alone {(cold - median['pdf']) / median['evaluation']:.2f} times evaluation and JSON, "
            f"without what it adds {(cold - pdf) / median['evaluation']:.2f} times"
        )
        print(
            f"  another sentence: {sentence:.1f}, {sentence / median['pdf']:.2f} times the PDF alone, {sentence / pdf:.2f} times what it adds"
        )
    models = folder / "stored"
    models.mkdir()
    shutil.copy(DIGITS / "cnn.keras", models / "alone.keras")
    single = built(folder, spec("stored/alone.keras", _digits(), SECTIONS), environment=environment)
    (models / "alone.keras").unlink()
    for index in range(26):
        shutil.copy(DIGITS / "mlp.keras", models / f"m{index}.keras")
    built(folder, spec("stored/*.keras", _digits(), SECTIONS), environment=environment)
    shutil.copy(DIGITS / "cnn.keras", models / "m26.keras")
    one_more = built(folder, spec("stored/*.keras", _digits(), SECTIONS), environment=environment)
    print(
        f"27 models, 26 of them stored: {one_more.seconds:.1f} s, {one_more.seconds / single.seconds:.2f} times "
        f"one alone ({single.seconds:.1f} s)"
    )


def jobs(folder: Path) -> None:
    """Compare the evaluation by one worker with that by two, what they need to start excluded: many models, and many rows of one."""
    for count in (_FEW, _MANY):
        (folder / f"jobs-{count}").mkdir()
        for index in range(count):
            shutil.copy(DIGITS / "cnn.keras", folder / f"jobs-{count}" / f"m{index}.keras")
    _compare(
        folder,
        f"{_MANY} models",
        *(spec(f"jobs-{count}/*.keras", _digits() + "\nbatch_size = 32", SECTIONS) for count in (_FEW, _MANY)),
    )
    _compare(
        folder,
        "a million rows of one model",
        *(spec("deep.keras", f'x = "x{n}.npy"\ny = "y{n}.npy"', ("performance",)) for n in (10**4, 10**6)),
    )


def _compare(folder: Path, what: str, small: str, large: str) -> None:
    seconds = {}
    for options in ((), ("--jobs", 1), ("--jobs", 2)):
        few, many = (built(folder, text, "-v", *options).evaluation or 0.0 for text in (small, large))
        seconds[options] = many - few
    default, one, two = seconds.values()
    print(
        f"{what}, start-up excluded: --jobs 1 {one:.1f} s, --jobs 2 {two:.1f} s, {one / two:.2f} times as fast; "
        f"the default, one process with all threads, {default:.1f} s"
    )


def _digits() -> str:
    return f'path = "{DIGITS / "test.npz"}"'
