"""The files of a report on the disk: put in place all at once, nothing of others, nothing left behind."""

from __future__ import annotations

import os
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from reportgen.errors import InputError
from reportgen.pipeline import files

OWN = b"<!-- reportgen 0.1.0 -->\n"
NEW = {"report.html": b"new" + OWN, "model_card.md": b"new" + OWN, "figures/a.svg": b"<dc:title>reportgen</dc:title>"}


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("fails_at", range(1, 6))
def test_what_was_there_is_put_back(fails_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the moves fails: two old files go, three new ones come."""
    old = {"report.html": b"old" + OWN, "model_card.md": b"old" + OWN, "results.json": b"kept"}
    for name, text in old.items():
        (tmp_path / name).write_bytes(text)
    real, calls = Path.replace, []

    def replace(self: Path, target: Any) -> Path:
        calls.append(target)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        files.write(NEW, tmp_path)
    assert content(tmp_path) == old


def full(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Have a disk on which some files find no room."""
    real = Path.write_bytes

    def write_bytes(self: Path, data: Any) -> int:
        if self.name in names:
            real(self, data[:3])
            raise OSError(28, "No space left on device", str(self))
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


def test_a_file_without_room_is_left_out_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what an earlier run wrote in its place goes: it would show other results."""
    (tmp_path / "report.html").write_bytes(b"old" + OWN)
    with monkeypatch.context() as patched:
        full(patched, "report.html")
        written = files.write({**NEW, "results.json": b"{}"}, tmp_path, ["report.html", "results.json"])
    assert [path.name for path in written.files] == ["results.json", "model_card.md", "a.svg"]
    assert written.failures == ("report.html was not written: No space left on device",)
    assert set(content(tmp_path)) == {"model_card.md", "results.json", "figures/a.svg"}


@pytest.mark.parametrize("names", [("results.json",), ("results.json", *(name.rpartition("/")[2] for name in NEW))])
def test_without_room_for_the_results_nothing_is_written(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there stays."""
    (tmp_path / "report.html").write_bytes(b"old" + OWN)
    with monkeypatch.context() as patched:
        full(patched, *names)
        with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
            files.write({**NEW, "results.json": b"{}"}, tmp_path, ["report.html"])
    assert content(tmp_path) == {"report.html": b"old" + OWN}


def test_all_files_are_replaced(tmp_path: Path) -> None:
    """In the order of the formats; an outdated file goes if it is the program's own."""
    for name in ("report.html", "report.pdf"):
        (tmp_path / name).write_bytes(b"/Creator (reportgen 0.1.0)" if name.endswith("pdf") else OWN)
    (tmp_path / "notes.md").write_bytes(b"mine")
    written = files.write(NEW, tmp_path, ["report.pdf", "notes.md", "junit.xml"])
    assert [path.name for path in written.files] == ["report.html", "model_card.md", "a.svg"]
    assert content(tmp_path) == {**NEW, "notes.md": b"mine"}


def test_a_long_report_is_the_programs_own(tmp_path: Path) -> None:
    """The mark of a PDF is found wherever it stands in a stream, at the border of two parts, too."""
    for before in (0, 2**20 - 9, 3 * 2**20):
        packed = zlib.compress(bytes(before) + b"/Creator (reportgen 0.1.0)")
        (tmp_path / "report.pdf").write_bytes(b"stream\n" + packed + b"\nendstream")
        files.require_writable(tmp_path, {"report.pdf": b""})
    (tmp_path / "report.pdf").write_bytes(b"stream\n" + zlib.compress(b"/Creator (other)") + b"\nendstream")
    with pytest.raises(InputError, match=r"report\.pdf: was not written by reportgen"):
        files.require_writable(tmp_path, {"report.pdf": b""})


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    """But not what a run that lives works on, nor what is young: it may be of another machine."""
    gone = next(number for number in range(2**22, 2**22 + 1000) if not Path(f"/proc/{number}").exists())
    folders = {name: tmp_path / f".reportgen-{number}-x" for name, number in {"gone": gone, "own": os.getpid()}.items()}
    folders["young"] = tmp_path / f".reportgen-{gone}-y"
    before = time.time() - 7200
    for name, folder in folders.items():
        folder.mkdir()
        if name != "young":
            os.utime(folder, (before, before))
    files.write(NEW, tmp_path)
    assert {name for name, folder in folders.items() if folder.exists()} == {"own", "young"}


def test_trying_leaves_nothing(tmp_path: Path) -> None:
    """Neither the folder nor a file."""
    files.require_writable(tmp_path / "a" / "b", NEW)
    assert not list(tmp_path.iterdir())
    (tmp_path / "report.html").write_text("mine", "utf-8")
    with pytest.raises(InputError, match=r"report\.html: was not written by reportgen"):
        files.require_writable(tmp_path, NEW)


@pytest.mark.parametrize("name", ["../a.svg", "figures/../../a.svg", "/elsewhere/a.svg"])
def test_no_name_leaves_the_folder(name: str, tmp_path: Path) -> None:
    """Whoever made it."""
    with pytest.raises(InputError, match="is outside the output folder"):
        files.write({name: b""}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A folder of figures that is a link elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "figures").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is outside the output folder"):
        files.write(NEW, tmp_path / "out")
    assert not list((tmp_path / "elsewhere").iterdir())
