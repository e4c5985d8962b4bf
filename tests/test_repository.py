"""Where results come from: the commit of the spec's repository, read without running what it configures; the command."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from handmade import made_plan, results

from reportgen.analysis.origin import origin
from reportgen.analysis.results import OriginRecord
from reportgen.document.provenance import provenance
from reportgen.inputs import repository
from reportgen.inputs.repository import State, state

if TYPE_CHECKING:
    from collections.abc import Sequence

ISOLATED = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git."""
    return subprocess.run(
        ["git", "-C", folder, *arguments], env=ISOLATED, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Make a repository with a spec and a data file, both committed."""
    folder = tmp_path / "a b" / "specs"
    folder.mkdir(parents=True)
    git(folder.parent, "init", "-q")
    (folder / "release.toml").write_text("schema_version = 1\n", "utf-8")
    (folder / "data.csv").write_text("x,y\n", "utf-8")
    git(folder.parent, "add", ".")
    git(folder.parent, "commit", "-qm", "1")
    return folder / "release.toml"


def head(spec: Path) -> str:
    """Return the commit."""
    return git(spec.parent, "rev-parse", "HEAD")


def test_a_clean_repository(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by a relative name; what git does not track, such as an earlier report, changes nothing."""
    (spec.parent / "report.pdf").write_bytes(b"")
    assert state(spec) == State(head(spec), dirty=False)
    monkeypatch.chdir(spec.parent)
    assert state(Path("release.toml")) == State(head(spec), dirty=False)


@pytest.mark.parametrize("staged", [False, True])
def test_a_tracked_file_that_differs(spec: Path, *, staged: bool) -> None:
    """In the working tree or the index, and one that is gone."""
    (spec.parent / "data.csv").write_text("x,y,z\n", "utf-8")
    if staged:
        git(spec.parent, "add", ".")
    assert state(spec) == State(head(spec), dirty=True)
    git(spec.parent, "rm", "-qf", "data.csv")
    assert state(spec) == State(head(spec), dirty=True)


def test_what_has_no_commit(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing with the reason, which holds no path."""
    new = spec.with_name(":(top)new.toml")
    new.touch()
    assert state(new) == State(None, None, "the spec is not tracked by git")
    (tmp_path / "alone").mkdir()
    assert state(tmp_path / "alone" / "x.toml") == State(None, None, "the spec is not in a git repository")
    git(tmp_path / "alone", "init", "-q")
    (tmp_path / "alone" / "x.toml").touch()
    git(tmp_path / "alone", "add", ".")
    assert state(tmp_path / "alone" / "x.toml") == State(None, None, "the git repository has no commit")
    (spec.parents[1] / ".git" / "index").write_bytes(b"damaged")
    assert state(spec) == State(None, None, "git cannot read the repository")
    monkeypatch.setenv("PATH", "")
    assert state(spec) == State(None, None, "git is not installed")


def test_a_git_in_the_working_folder_does_not_run(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the path has an empty entry."""
    fake = spec.parent / "git"
    fake.write_text("#!/bin/sh\ntouch ran\n", "utf-8")
    fake.chmod(0o755)
    monkeypatch.chdir(spec.parent)
    monkeypatch.setenv("PATH", ".")
    assert state(spec).reason == "git is not installed"
    assert not (spec.parent / "ran").exists()


def test_git_that_does_not_answer(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended."""
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\nexec sleep 60\n", "utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(repository, "_SECONDS", 0.2)
    assert state(spec) == State(None, None, "git did not answer within 0.2 s")


def settings(mark: Path) -> dict[str, Sequence[tuple[str, str]]]:
    """Return settings of a repository that would run a command."""
    run = f"touch '{mark}'; cat"
    return {
        "filter": [("filter.own.clean", run), ("filter.own.required", "true")],
        "process": [("filter.own.process", run)],
        "monitor": [("core.fsmonitor", f"touch '{mark}'; false")],
        "hooks": [("core.hooksPath", "hooks")],
    }


@pytest.mark.parametrize("kind", ["filter", "process", "monitor", "hooks"])
def test_nothing_that_a_repository_configures_runs(spec: Path, tmp_path: Path, kind: str) -> None:
    """Its settings do run if git is called as usual, so the test would see it."""
    mark, top = tmp_path / "ran", spec.parents[1]
    for key, value in settings(mark)[kind]:
        git(top, "config", key, value)
    (top / ".git" / "info" / "attributes").write_text("* filter=own\n", "utf-8")
    hook = top / "hooks" / "post-index-change"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch '{mark}'\n", "utf-8")
    hook.chmod(0o755)
    (spec.parent / "data.csv").write_text("x,z\n", "utf-8")
    assert state(spec) == State(head(spec), dirty=True)
    assert not mark.exists()
    subprocess.run(["git", "-C", top, "status"], env=ISOLATED, capture_output=True, check=False)
    assert mark.exists()


def test_a_filter_whose_name_ends_a_setting_does_not_run(spec: Path, tmp_path: Path) -> None:
    """`-c filter.a=b.clean=` is the setting `filter.a`: such a filter cannot be turned off, so git is not asked."""
    mark, top = tmp_path / "ran", spec.parents[1]
    git(top, "config", "filter.a=b.clean", f"touch '{mark}'; cat")
    (top / ".git" / "info" / "attributes").write_text("* filter=a=b\n", "utf-8")
    (spec.parent / "data.csv").write_text("x,z\n", "utf-8")
    assert state(spec) == State(None, None, "the git repository names a filter that cannot be turned off")
    assert not mark.exists()
    subprocess.run(["git", "-C", top, "status"], env=ISOLATED, capture_output=True, check=False)
    assert mark.exists()


@pytest.mark.parametrize("extended", [True, False])
def test_extensions_of_git_lfs_do_not_run(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, extended: bool
) -> None:
    """The filter is the user's own, but runs what the repository says; without extensions it may run."""
    mark, top, own = tmp_path / "ran", spec.parents[1], tmp_path / "gitconfig"
    git(tmp_path, "config", "-f", str(own), "filter.lfs.clean", f"touch '{mark}'; cat")
    monkeypatch.setenv("HOME", str(tmp_path))
    own.rename(tmp_path / ".gitconfig")
    if extended:
        git(top, "config", "lfs.extension.own.clean", "touch me")
    (top / ".git" / "info" / "attributes").write_text("* filter=lfs\n", "utf-8")
    (spec.parent / "data.csv").write_text("x,z\n", "utf-8")
    assert state(spec) == State(head(spec), dirty=True)
    assert mark.exists() is not extended


def test_variables_of_a_hook_change_nothing(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git sets them where reportgen runs in a hook of another repository."""
    git(tmp_path, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert state(spec) == State(head(spec), dirty=False)


@pytest.mark.parametrize(
    ("override", "shown"),
    [
        ("data.split=dev", "--set data.split=dev"),
        ("output.directory=/home/me/out", ""),
        ("output.archive=true", ""),
        ('output.formats=["html"]', ""),
        ("models.a.path=/home/me/a.keras", "--set 'models.a.path=…/a.keras'"),
        ('models.a.path="/home/me/my runs/a.keras"', "--set 'models.a.path=\"…/a.keras\"'"),
        ("models.a.path=~/a.keras", "--set 'models.a.path=…/a.keras'"),
        ("models.a.path=C:\\me\\a.keras", "--set 'models.a.path=…/a.keras'"),
        ("models.a.path=../runs/a.keras", "--set models.a.path=../runs/a.keras"),
        ('models.a.custom_objects=["/me/own.py:Layer"]', "--set 'models.a.custom_objects=[\"…/own.py:Layer\"]'"),
    ],
)
def test_the_command_has_no_output_folder_and_no_absolute_path(
    tmp_path: Path, override: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made from the plan: the file's name, what was set, what was left out."""
    from dataclasses import replace

    (tmp_path / "specs").mkdir()
    monkeypatch.chdir(tmp_path)
    plan = replace(made_plan(tmp_path, skip=["calibration"]), overrides=(override,))
    found = origin(plan, keep_going=True)
    words = ["reportgen build handmade.toml", shown, "--skip calibration --keep-going"]
    assert found.command == " ".join(filter(None, words))
    assert found.commit is None
    assert found.reason == "the spec is not in a git repository"


@pytest.mark.parametrize(
    ("commit", "dirty", "reason", "shown"),
    [
        ("ab" * 20, False, None, "ab" * 20),
        ("ab" * 20, True, None, "ab" * 20 + ", with changes that are not committed"),
        (None, None, "git is not installed", "none: git is not installed"),
    ],
)
def test_provenance_says_it(commit: str | None, dirty: bool | None, reason: str | None, shown: str) -> None:
    """Commit, changes or the reason; command; platform."""
    made = OriginRecord(platform="Linux", command="reportgen build x.toml", commit=commit, dirty=dirty, reason=reason)
    rows = dict(provenance(results().model_copy(update={"origin": made}))[-1].rows)
    assert (rows["git commit"], rows["command"]) == (shown, "reportgen build x.toml")
    assert rows["software"].endswith(" on Linux")
