"""The commit of the git repository that holds a file. Git runs; nothing that the repository configures does."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 10.0
_UNTRUSTED = ("local", "worktree", "command", "unknown")
"""Scopes of settings that are not the user's own."""
_LFS = "filter.lfs"
"""Git LFS is a filter of the user that runs the extensions of a repository."""
_FIXED = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "status.submoduleSummary=false",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
"""Nothing is fetched, no index is refreshed, nobody is asked."""
_SAID = {
    "not a git repository": "the spec is not in a git repository",
    "dubious ownership": "the git repository belongs to somebody else",
}


class _UnreadableError(Exception):
    """The state cannot be read; the message says why."""


@dataclass(frozen=True)
class State:
    """The commit of a repository, and whether its tracked files differ from it; None for both with the reason."""

    commit: str | None
    dirty: bool | None
    reason: str | None = None


def state(file: Path) -> State:
    """Return the state of the repository that holds a file.

    Files that git does not track change nothing, because the output of an earlier run is one of them. The filters that the repository
    itself sets for the content of files do not run, nor do hooks and file system monitors: a file that only a filter makes equal to the commit counts as
    changed.
    """
    try:
        git = _Git(file.parent)
        if git.run("--literal-pathspecs", "ls-files", "--", file.name) == "":
            return State(None, None, "the spec is not tracked by git")
        lines = git.run(
            "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=dirty"
        ).splitlines()
    except _UnreadableError as error:
        return State(None, None, str(error))
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if commit == "(initial)":
        return State(None, None, "the git repository has no commit")
    return State(commit, any(not line.startswith("#") for line in lines))


class _Git:
    """Runs git in a folder, without what the repository of the folder would have it run."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("git")
        if found is None or not Path(found).is_absolute():
            raise _UnreadableError("git is not installed")
        self._start = [found, "-C", str(folder.resolve())]
        self._settings = [*_FIXED]
        words = self.run("config", "--show-scope", "--null", "--name-only", "--list").split("\0")
        for scope, name in zip(words[::2], words[1::2], strict=False):
            driver = _LFS if name.startswith("lfs.extension.") else name.rpartition(".")[0]
            if driver.startswith("filter.") and scope in _UNTRUSTED:
                if "=" in driver:  # a setting on the command line ends its name with the first one
                    raise _UnreadableError("the git repository names a filter that cannot be turned off")
                self._settings += [f"{driver}.{key}=" for key in ("clean", "process")] + [f"{driver}.required=false"]

    def run(self, *arguments: str) -> str:
        """Return what git says."""
        settings = [word for setting in dict.fromkeys(self._settings) for word in ("-c", setting)]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        try:
            done = subprocess.run(  # noqa: S603 git, with arguments of our own
                [*self._start, *settings, *arguments],
                env={**inherited, **_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _UnreadableError(f"git did not answer within {_SECONDS:g} s") from None
        except OSError:
            raise _UnreadableError("git cannot be run") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace")
            raise _UnreadableError(
                next((reason for words, reason in _SAID.items() if words in said), "git cannot read the repository")
            )
        return done.stdout.decode("utf-8", "replace")
