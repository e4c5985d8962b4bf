"""Output folders that cannot be written, and files of the user's that must not be replaced."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hostile.case import Case
from hostile.specs import fill, small_results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RENDER = ("render", "results.json", "--format", "html,markdown", "-q")


def rendered(prepare: Callable[[Path], object], *more: str) -> Callable[[Path], list[str]]:
    """Render results after the folder was prepared."""

    def write(folder: Path) -> list[str]:
        (folder / "results.json").write_text(small_results(), "utf-8")
        prepare(folder)
        return [*RENDER, *more]

    return write


def file(name: str, text: str = "mine") -> Callable[[Path], object]:
    """Write a file."""
    return lambda folder: (folder / name).write_text(text, "utf-8")


def nothing(_: Path) -> None:
    """Prepare nothing."""


def into_the_spec(folder: Path) -> list[str]:
    """Build, and append the summary to the spec."""
    fill(folder)
    return ["build", "a.toml", "--summary", "a.toml"]


INPUT = "is an input or a file of the report"
FOREIGN = "was not written by reportgen and would be replaced"
CASES = [
    Case("a card by hand", rendered(file("model_card.md", "# Mine, on reportgen")), 3, f"model_card.md: {FOREIGN}"),
    Case("a page by hand", rendered(file("report.html", "<p>reportgen</p>")), 3, f"report.html: {FOREIGN}"),
    Case("an empty page", rendered(file("report.html", "")), 3, f"report.html: {FOREIGN}"),
    Case("a folder named as the page", rendered(lambda at: (at / "report.html").mkdir()), 3, f"report.html: {FOREIGN}"),
    Case(
        "a link to nothing", rendered(lambda at: (at / "report.html").symlink_to("none")), 3, f"report.html: {FOREIGN}"
    ),
    Case(
        "a card of its own",
        rendered(file("model_card.md", "# Old\n<!-- reportgen 0.1.0 -->\n")),
        0,
        "",
        writes=frozenset({"report.html"}),
    ),
    Case(
        "the results themselves",
        rendered(nothing, "--format", "json"),
        3,
        "results.json: is an input and would be replaced: choose another output folder",
    ),
    Case(
        "a link to the results",
        rendered(lambda at: (at / "report.html").symlink_to("results.json")),
        3,
        "report.html: is an input and would be replaced",
    ),
    Case(
        "a sparse file of 50 GB named as the page",
        rendered(lambda at: ((at / "report.html").touch(), os.truncate(at / "report.html", 50 * 2**30))),
        3,
        f"report.html: {FOREIGN}",
        slow=True,
    ),
    Case("a pipe named as the page", rendered(lambda at: os.mkfifo(at / "report.html")), 3, f"report.html: {FOREIGN}"),
    Case("below a file", rendered(file("a"), "-o", "a/b"), 3, "output: a/b: cannot be written (Not a directory)"),
    Case("a file as folder", rendered(file("a"), "-o", "a"), 3, "output: a: cannot be written (File exists)"),
    Case("below /proc", rendered(nothing, "-o", "/proc/reportgen"), 3, "output: /proc/reportgen: cannot be written"),
    Case("below /dev/full", rendered(nothing, "-o", "/dev/full/a"), 3, "cannot be written (Not a directory)"),
    Case("a name too long", rendered(nothing, "-o", "a" * 300), 3, "cannot be written (File name too long)"),
    Case("a path too long", rendered(nothing, "-o", "a/" * 3000), 3, "cannot be written (File name too long)"),
    Case(
        "folders named as if something were prepared in them",
        rendered(lambda at: [(at / f".reportgen-{name}-x").mkdir() for name in ("1a", "9" * 30, "\u0663")]),
        0,
        "",
        writes=frozenset({"report.html", "model_card.md"}),
    ),
    Case("a summary into the results", rendered(nothing, "--summary", "results.json"), 2, f"results.json: {INPUT}"),
    Case(
        "a summary into a link to the results",
        rendered(lambda at: (at / "a.md").symlink_to("results.json"), "--summary", "a.md"),
        2,
        f"a.md: {INPUT}",
    ),
    Case(
        "a summary into a file of the report",
        rendered(nothing, "--summary", "./report.html"),
        2,
        f"report.html: {INPUT}",
    ),
    Case(
        "a summary below a file",
        rendered(nothing, "--summary", "results.json/a"),
        2,
        "--summary: results.json/a: cannot be written (Not a directory)",
    ),
    Case(
        "a summary of a name too long",
        rendered(nothing, "--summary", "a" * 300),
        2,
        "cannot be written (File name too long)",
    ),
    Case(
        "a summary into a pipe that nobody reads",
        rendered(lambda at: os.mkfifo(at / "pipe"), "--format", "summary", "--summary", "pipe"),
        3,
        "--summary: pipe: cannot be written (No such device or address)",
        writes=frozenset({"summary.md"}),
    ),
    Case(
        "a summary into the spec",
        into_the_spec,
        2,
        f"--summary: a.toml: {INPUT}",
    ),
]
