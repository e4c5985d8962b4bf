"""Detached signatures of a report, judged by the tools that made them: minisign and GPG. Nothing is signed or judged here.

The only key that counts is the one that the reader names; a key that lies beside the report could be anybody's.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reportgen.errors import ResultsError
from reportgen.resources import private_folder
from reportgen.spec.files import FileError, read_bytes, unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUFFIXES = {"minisign": (".minisig",), "gpg": (".asc", ".sig")}
"""What the tools add to the name of a file."""
_SECONDS = 30.0
_MEGABYTES = 1
_MINISIGN_BYTES, _MINISIGN_NAME = 42, slice(2, 10)
"""Length of a public key of minisign, and where in it its name is, least significant byte first."""
_PUBLIC_PACKETS = b"\x98\x99\x9a\x9b\xc6"
"""First byte of an OpenPGP public key, in the old and the new format (RFC 4880, section 4.2)."""
_ARMOR = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_JUDGED = {
    "BADSIG": "is not a signature of this file",
    "NO_PUBKEY": "is of another key than the one of --key",
    "ERRSIG": "is of a kind that gpg does not know",
    "EXPSIG": "has expired",
    "EXPKEYSIG": "is of a key that has expired",
    "REVKEYSIG": "is of a key that was revoked",
}
"""What GPG says of a signature that does not count (its file doc/DETAILS), and what that means."""


@dataclass(frozen=True)
class Signature:
    """A signature of a report, or its absence; ``reason`` says by whom, or what is wrong."""

    file: str
    state: Literal["unchanged", "changed", "missing"]
    reason: str


@dataclass(frozen=True)
class _Key:
    """A public key that the reader named: its tool, its content, and whether it lies beside the report."""

    tool: Literal["minisign", "gpg"]
    content: bytes
    beside: bool


class _UnavailableError(Exception):
    """A tool cannot be run; the message says why."""


def signatures(report: Path, key: Path | None) -> tuple[Signature, ...]:
    """Judge the signatures beside a report.

    Parameters
    ----------
    report
        The signed file; signatures are ``report.pdf.minisig``, ``report.pdf.asc`` and ``report.pdf.sig`` beside it.
    key
        A public key of minisign, or of GPG, as exported. Without a key nothing is judged, only said that signatures are there.

    Returns
    -------
    tuple of Signature
        ``unchanged`` if the key signed the file as it is, ``changed`` if it did not, ``missing`` if there is no signature or
        it could not be judged. Without a key and a signature, none.

    Raises
    ------
    ResultsError
        The key cannot be read, or is none.
    """
    named = None if key is None else _read(key, report)
    tools = _SUFFIXES if named is None else (named.tool,)
    paths = [report.with_name(report.name + suffix) for tool in tools for suffix in _SUFFIXES[tool]]
    found = [path for path in paths if unusable(path) is None]
    if named is None:
        return tuple(Signature(path.name, "missing", "name the public key with --key to judge it") for path in found)
    if not found:
        return (Signature(paths[0].name, "missing", "the report is not signed"),)
    return tuple(_judged(report, path, named) for path in found)


def _read(path: Path, report: Path) -> _Key:
    try:
        content = read_bytes(path, _MEGABYTES)
    except FileError as error:
        raise ResultsError(f"{path}: {error}") from error
    beside = path.resolve().parent == report.resolve().parent
    if _ARMOR in content or (content and content[0] in _PUBLIC_PACKETS):
        return _Key("gpg", content, beside)
    line = content.strip().rpartition(b"\n")[2].strip()
    try:
        raw = base64.b64decode(line, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != _MINISIGN_BYTES or not raw.startswith(b"Ed"):
        raise ResultsError(f"{path}: is neither a public key of minisign nor one of GPG")
    return _Key("minisign", line, beside)


def _judged(report: Path, path: Path, key: _Key) -> Signature:
    """Judge one signature by the tool of the key."""
    try:
        judge = _by_minisign if key.tool == "minisign" else _by_gpg
        wrong, words = judge(report.absolute(), path.absolute(), key.content)
    except _UnavailableError as error:
        return Signature(path.name, "missing", str(error))
    note = "; that key lies beside the report, where anybody could have put it" if key.beside else ""
    return Signature(path.name, "changed" if wrong else "unchanged", f"{words}{note}")


def _by_minisign(report: Path, path: Path, key: bytes) -> tuple[bool, str]:
    """Return whether a signature is bad, and by which key it is or is not."""
    name = base64.b64decode(key)[_MINISIGN_NAME][::-1].hex().upper()
    done = _run("minisign", ["-V", "-Q", "-m", str(report), "-x", str(path), "-P", key.decode("ascii")])
    if done.returncode:
        return True, f"is not a signature of this file by the minisign key {name}"
    comment = done.stdout.decode("utf-8", "replace").strip()
    return False, f"signed by the minisign key {name}, with the comment {comment!r}"


def _by_gpg(report: Path, path: Path, key: bytes) -> tuple[bool, str]:
    """Return whether a signature is bad, and by whom it is; only the given key is known to GPG, and nothing is fetched."""
    with private_folder() as home:
        home.chmod(0o700)
        (home / "key").write_bytes(key)
        common = ["--homedir", str(home), "--batch", "--no-options", "--no-auto-key-retrieve", "--status-fd", "1"]
        imported = _run("gpg", [*common, "--import", str(home / "key")])
        if "IMPORT_OK" not in _statuses(imported):
            return True, "cannot be judged: gpg finds no public key in the file of --key"
        done = _run("gpg", [*common, "--trust-model", "always", "--verify", "--", str(path), str(report)])
    said = _statuses(done)
    bad = next((words for name, words in _JUDGED.items() if name in said), None)
    if done.returncode or bad is not None or not {"GOODSIG", "VALIDSIG"} <= said.keys():
        return True, bad or "is not a signature that gpg can read"
    whom = said["GOODSIG"].partition(" ")[2]
    return False, f"signed by {whom}, GPG key {said['VALIDSIG'].split()[-1]}"


def _statuses(done: subprocess.CompletedProcess[bytes]) -> dict[str, str]:
    """Return what GPG says in lines for programs, by keyword."""
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    words = (line.removeprefix("[GNUPG:] ").partition(" ") for line in lines if line.startswith("[GNUPG:] "))
    return {keyword: rest for keyword, _, rest in words}


def _run(tool: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    found = shutil.which(tool)
    if found is None or not Path(found).is_absolute():
        raise _UnavailableError(f"{tool} is not installed")
    try:
        return subprocess.run(  # noqa: S603 a tool that is installed, with arguments of our own
            [found, *arguments],
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _UnavailableError(f"{tool} did not answer within {_SECONDS:g} s") from None
    except OSError:
        raise _UnavailableError(f"{tool} cannot be run") from None
