"""Where the program's own processes look for modules."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.resources import module_path

if TYPE_CHECKING:
    import pytest

TOP = str(Path(__file__).parents[1])


def folders(monkeypatch: pytest.MonkeyPatch, here: Path, path: list[str], named: str = "") -> list[str]:
    """Return the folders for a working folder, a search path and a ``PYTHONPATH``."""
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "path", path)
    monkeypatch.setenv("PYTHONPATH", named)
    return module_path().split(os.pathsep)


def test_the_working_folder_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it came into the search path: by ``-m``, by ``-c``, by ``PYTHONPATH=.``, by a link."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path, target_is_directory=True)
    path = [str(tmp_path), "", ".", "relative", str(link), TOP, "/elsewhere"]
    assert folders(monkeypatch, tmp_path, path, ".") == [TOP, "/elsewhere"]


def test_a_folder_that_pythonpath_names_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its absolute path, it was chosen on purpose."""
    assert folders(monkeypatch, tmp_path, [str(tmp_path), TOP], str(tmp_path)) == [str(tmp_path), TOP]


def test_the_program_itself_is_always_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before other installations of it, also where it was found in the working folder."""
    assert folders(monkeypatch, Path(TOP), [TOP, str(tmp_path)]) == [TOP, str(tmp_path)]
