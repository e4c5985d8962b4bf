"""Disks that are full, files and memory that are limited: one sentence, nothing half written, nothing left behind."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from handmade import SPEC, results
from hostile.test_launch import REPORTGEN, TOP
from hostile.test_surroundings import project

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform != "linux":
    pytest.skip("limits are those of Linux", allow_module_level=True)

pytestmark = pytest.mark.hostile
__all__ = ["project"]
SMALL = SPEC.partition("[[sections]]")[0] + '[[sections]]\nkind = "performance"\n'


def limited(project: Path, kind: int, most: int, *arguments: str) -> tuple[int, list[str]]:
    """Run a command with a limit of the system: exit code and the lines of standard error, which is a pipe."""
    found = subprocess.run(
        [*REPORTGEN, *arguments],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(TOP),
            "TMPDIR": str(project / "temporary"),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(kind, (most, most)),
    )
    return found.returncode, found.stderr.splitlines()


@pytest.mark.keras
@pytest.mark.parametrize("most", [0, 100, 4_000, 100_000])
def test_a_build_that_may_write_little(project: Path, most: int) -> None:
    """At whatever stage it ends: starting, evaluating, writing, where each file fails alone."""
    code, lines = limited(project, resource.RLIMIT_FSIZE, most, "build", "spec.toml", "-o", "out", "-q")
    assert code == 3
    if most == 100_000:
        assert lines == ["reportgen: report.html was not written: File too large"]
        assert {path.name for path in (project / "out").iterdir()} == {"results.json", "report.pdf", "model_card.md"}
    else:
        (line,) = lines
        assert ("File too large" if most else "No usable temporary directory found") in line
        assert not (project / "out").exists()


@pytest.mark.keras
def test_a_store_that_may_write_little_costs_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build is that without one, and what could not be kept is not there in part."""
    disk = project / "cache"
    disk.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        monkeypatch.setenv("REPORTGEN_NO_CACHE", "")
        monkeypatch.setenv("REPORTGEN_CACHE", str(disk))
        for _ in range(2):
            most = resource.RLIM_INFINITY
            code, lines = limited(
                project, resource.RLIMIT_FSIZE, most, "build", "spec.toml", "-o", "out", "-v", "--format", "json,html"
            )
            assert code == 0
            assert any("No space left on device" in line for line in lines), lines
            assert not list(disk.glob(".reportgen-*"))
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("most", [0, 4_000])
def test_a_rendering_that_may_write_little(project: Path, most: int) -> None:
    """The folder that was made for it is gone."""
    (project / "results.json").write_text(results(SMALL).to_json(), "utf-8")
    arguments = ("render", "results.json", "-o", "made/out", "-q", "--format", "html,pdf")
    code, lines = limited(project, resource.RLIMIT_FSIZE, most, *arguments)
    assert (code, len(lines)) == (3, 1), lines
    words = "made/out: cannot be written (File too large)" if most else "No usable temporary directory found"
    assert words in lines[0]
    assert not (project / "made").exists()


@pytest.mark.parametrize("more", [(), ("--example", "digits")])
@pytest.mark.parametrize("most", [0, 100])
def test_a_start_that_may_write_little(project: Path, most: int, more: tuple[str, ...]) -> None:
    """Nothing of it is there."""
    code, lines = limited(project, resource.RLIMIT_FSIZE, most, "init", "new/folder", *more)
    assert (code, lines) == (2, ["reportgen: new/folder: cannot be written (File too large)"])
    assert not (project / "new").exists()


@pytest.mark.parametrize("megabytes", [60, 600])
@pytest.mark.parametrize("command", ["check", "build"])
def test_little_address_space(project: Path, megabytes: int, command: str) -> None:
    """Whichever library cannot be loaded, it is memory that is missing, not the library."""
    code, lines = limited(project, resource.RLIMIT_AS, megabytes * 2**20, command, "spec.toml", "-q")
    said = "\n".join(lines)
    assert "Traceback" not in said
    assert "pip install" not in said
    if megabytes == 60:
        assert (code, lines) == (3, ["reportgen: there is not enough memory"])
    elif command == "build":
        assert (code, lines) == (3, ["reportgen: there is not enough memory to load tensorflow"])
    else:
        assert (code, lines) == (0, [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts a small disk")
@pytest.mark.keras
def test_a_small_disk(project: Path) -> None:
    """A temporary folder and an output folder on it: what cannot be written is said, and the disk is empty again."""
    disk = project / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        build = ("build", "spec.toml", "-o", "disk/out", "-q", "--format", "html,json")
        assert limited(project, resource.RLIMIT_CORE, 0, *build) == (
            3,
            ["reportgen: report.html was not written: No space left on device"],
        )
        assert [path.name for path in (disk / "out").iterdir()] == ["results.json"]
        code, lines = limited(project, resource.RLIMIT_CORE, 0, "init", "disk/new", "--example", "digits")
        assert (code, len(lines)) == (2, 1), lines
        assert "cannot be written (No space left on device)" in lines[0]
        assert not (disk / "new").exists()
    finally:
        subprocess.run(["umount", disk], check=True)
