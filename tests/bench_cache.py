"""What is never computed twice, and what several workers save, for ``bench.py``."""

from __future__ import annotations

import shutil
from operator import attrgetter
from pathlib import Path

from bench_runs import QUIET, UNCACHED, built, ran, spec

SPECS = Path(__file__).parents[1] / "specs"
DIGITS = SPECS / "digits"
SECTIONS = ("overview", "performance", "calibration", "weights", "information_flow")
_MANY, _FEW = 24, 2


def store(folder: Path) -> None:
    """Build ``specs/release.toml`` cold and again, with another sentence, and many models of which all but one are known."""
    environment = QUIET | {"REPORTGEN_CACHE": str(folder / "cache"), "REPORTGEN_NO_CACHE": ""}
    release, out = SPECS / "release.toml", ("-o", folder / "release", "-q")
    cold = ran("build", release, *out, environment=environment)
    evaluation = ran("build", release, *out, "--format", "json", environment=UNCACHED)
    unchanged = ran("build", release, *out, "--format", "html,json,markdown", environment=environment)
    sentence = ran("build", release, *out, "--set", "report.description=Another one.", environment=environment)
    again = ("render", folder / "release" / "results.json", "-o", folder / "again", "-q", "--format")
    page = ran(*again, "html", environment=environment)
    both = ran(*again, "html,pdf", environment=environment)
    alone = ran(*again, "pdf", environment=environment)
    print(f"unchanged, without PDF: {unchanged.cpu:.1f} s of CPU")
    for what in ("seconds", "cpu"):
        seconds, unit = attrgetter(what), "s of CPU" if what == "cpu" else "s"
        pdf = seconds(both) - seconds(page)
        print(
            f"release.toml cold, all formats: {seconds(cold):.1f} {unit}, {(seconds(cold) - pdf) / seconds(evaluation):.2f} times "
            f"evaluation and JSON ({seconds(evaluation):.1f} {unit}), and the PDF ({pdf:.1f} {unit})"
        )
        print(
            f"another sentence, with PDF: {seconds(sentence):.1f} {unit}, {seconds(sentence) / seconds(alone):.2f} times rendering the PDF alone, "
            f"{seconds(sentence) / pdf:.2f} times what it adds to the page"
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
