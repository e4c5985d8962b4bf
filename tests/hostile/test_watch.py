"""What ``--watch`` finds in the place of its files; nothing is built."""

from __future__ import annotations

import os
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from reportgen.errors import ArgumentError
from reportgen.pipeline import flow
from reportgen.pipeline.run import Run
from reportgen.pipeline.watch import watch
from reportgen.spec.tables.output import OutputSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def watched(folder: Path, meanwhile: Callable[[int], object], port: int = 0) -> list[str]:
    """Watch a spec for three looks, and return what is said."""
    said: list[str] = []
    looks = iter(range(4))

    def stop() -> bool:
        look = next(looks)
        meanwhile(look)
        return look == 3

    planned: Any = SimpleNamespace(sections=(), folder=folder, spec=SimpleNamespace(output=OutputSpec()))
    watch(folder / "a.toml", lambda: planned, folder, Run(), said.append, port=port, stop=stop)
    return said


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a spec and templates, of which every change fails to render."""

    def fails(*_: Any) -> None:
        raise ArgumentError("it was rendered")

    (tmp_path / "a.toml").touch()
    (tmp_path / "own" / "sections").mkdir(parents=True)
    monkeypatch.setattr(flow, "templates_of", lambda _: tmp_path / "own")
    monkeypatch.setattr(flow, "build", fails)
    return tmp_path


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda at: at.symlink_to("/dev/zero")])
def test_a_page_that_is_no_file_is_not_read(folder: Path, make: Callable[[Path], object]) -> None:
    """It would be read forever."""
    make(folder / "report.html")
    (line,) = watched(folder, lambda _: None)
    assert "the report is at http://127.0.0.1:" in line


def test_a_folder_that_is_removed_while_it_is_looked_through(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an editor does; what is left is watched on."""
    scan = os.scandir

    def gone(path: Any) -> Any:
        if str(path).endswith("sections"):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", gone)
    said = watched(folder, lambda look: (folder / "own" / "a.j2").write_text("x" * look, "utf-8"))
    assert said[1:] == ["reportgen: it was rendered"] * 3


def test_a_port_that_is_taken(folder: Path) -> None:
    """The key and the reason, with the exit code of arguments."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ArgumentError, match=rf"--port: {port} cannot be used \(Address already in use\)") as error:
            watched(folder, lambda _: None, port)
    assert error.value.exit_code == 2
