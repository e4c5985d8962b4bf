"""Detached signatures: made by minisign and GPG, judged by them; the key is the one that the reader names."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from reports import write

from reportgen.cli import commands
from reportgen.errors import ResultsError
from reportgen.pipeline.signatures import signatures

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = ("minisign", "gpg")
NEEDS_GPG = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
SUFFIX = {"minisign": ".minisig", "gpg": ".asc"}


def call(*words: str) -> None:
    """Run a tool."""
    subprocess.run(words, check=True, capture_output=True, stdin=subprocess.DEVNULL)


@dataclass(frozen=True)
class Signer:
    """Somebody with a key pair."""

    tool: str
    home: Path
    key: Path

    def sign(self, file: Path, suffix: str = "") -> Path:
        """Write a detached signature beside a file."""
        path = file.with_name(file.name + (suffix or SUFFIX[self.tool]))
        if self.tool == "minisign":
            words = ["-S", "-s", str(self.home / "secret"), "-m", str(file), "-x", str(path), "-t", "release 1.2.0"]
            call("minisign", *words)
        else:
            armor = ["--armor"] if path.suffix == ".asc" else []
            call("gpg", *self.common, *armor, "--yes", "--output", str(path), "--detach-sign", str(file))
        return path

    @property
    def common(self) -> list[str]:
        """The options of GPG."""
        return ["--homedir", str(self.home), "--batch", "--passphrase", "", "--pinentry-mode", "loopback"]


def signer(tool: str, home: Path, name: str) -> Signer:
    """Make a key pair."""
    made = Signer(tool, home, home / "public")
    if tool == "minisign":
        call("minisign", "-G", "-W", "-p", str(made.key), "-s", str(home / "secret"))
    else:
        call("gpg", *made.common, "--quick-generate-key", f"{name} <{name}@example.org>", "ed25519", "sign", "never")
        call("gpg", *made.common, "--output", str(made.key), "--armor", "--export")
    return made


@pytest.fixture(scope="module")
def signers() -> Iterator[dict[tuple[str, str], Signer]]:
    """Ann and Bob, each with the keys of the tools that are installed; their folders have short names, as GPG's agent needs."""
    made: dict[tuple[str, str], Signer] = {}
    with tempfile.TemporaryDirectory(prefix="keys-", ignore_cleanup_errors=True) as folder:
        for tool in (one for one in TOOLS if shutil.which(one)):
            for name in ("ann", "bob"):
                home = Path(folder, tool[0] + name)
                home.mkdir(mode=0o700)
                made[tool, name] = signer(tool, home, name)
        yield made
        for (tool, _), one in made.items():
            if tool == "gpg":
                subprocess.run(["gpgconf", "--homedir", one.home, "--kill", "gpg-agent"], check=False)


@pytest.fixture(params=TOOLS)
def pair(request: pytest.FixtureRequest, signers: dict[tuple[str, str], Signer]) -> tuple[Signer, Signer]:
    """Ann and Bob, of one tool."""
    if (request.param, "ann") not in signers:
        pytest.skip(f"{request.param} is not installed")
    return signers[request.param, "ann"], signers[request.param, "bob"]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Return a file to sign: what is in it is all the same to a signature."""
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF")
    return path


def test_who_signed(pair: tuple[Signer, Signer], report: Path) -> None:
    """The key that the reader names, and nobody else; without one nothing is judged."""
    ann, bob = pair
    path = ann.sign(report)
    (found,) = signatures(report, ann.key)
    assert (found.file, found.state) == (path.name, "unchanged")
    assert found.reason.startswith("signed by ")
    assert ("release 1.2.0" if ann.tool == "minisign" else "ann <ann@example.org>") in found.reason
    (found,) = signatures(report, bob.key)
    assert found.state == "changed"
    assert ("is not a signature of this file by" if ann.tool == "minisign" else "is of another key") in found.reason
    (found,) = signatures(report, None)
    assert (found.file, found.state) == (path.name, "missing")
    assert "--key" in found.reason


def test_a_file_that_was_changed(pair: tuple[Signer, Signer], report: Path) -> None:
    """Its signature is bad; so is one that is no signature at all."""
    path = pair[0].sign(report)
    report.write_bytes(b"%PDG")
    (found,) = signatures(report, pair[0].key)
    assert found.state == "changed"
    assert "is not a signature of this file" in found.reason
    path.write_bytes(b"nothing\n")
    (found,) = signatures(report, pair[0].key)
    assert found.state == "changed"


def test_a_report_that_is_not_signed(pair: tuple[Signer, Signer], report: Path) -> None:
    """A signature by another tool is none of this key."""
    report.with_name("report.pdf.asc" if pair[0].tool == "minisign" else "report.pdf.minisig").write_text("x", "utf-8")
    (found,) = signatures(report, pair[0].key)
    assert (found.file, found.state) == (f"report.pdf{SUFFIX[pair[0].tool]}", "missing")
    assert found.reason == "the report is not signed"


def test_a_key_beside_the_report_is_said(pair: tuple[Signer, Signer], report: Path) -> None:
    """Whoever changed the report could have put it there."""
    pair[0].sign(report)
    beside = report.with_name("key.pub")
    shutil.copy(pair[0].key, beside)
    (found,) = signatures(report, beside)
    assert found.reason.endswith("that key lies beside the report, where anybody could have put it")


def test_without_the_tool(pair: tuple[Signer, Signer], report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is missing, not bad."""
    pair[0].sign(report)
    monkeypatch.setenv("PATH", "/nowhere")
    (found,) = signatures(report, pair[0].key)
    assert (found.state, found.reason) == ("missing", f"{pair[0].tool} is not installed")


@NEEDS_GPG
def test_keys_and_signatures_of_gpg_have_two_forms(
    signers: dict[tuple[str, str], Signer], report: Path, tmp_path: Path
) -> None:
    """Armored and binary; of two signatures each is judged."""
    ann, bob = signers["gpg", "ann"], signers["gpg", "bob"]
    bob.sign(report)
    ann.sign(report, ".sig")
    binary = tmp_path / "keys" / "ann.gpg"
    binary.parent.mkdir()
    call("gpg", *ann.common, "--output", str(binary), "--export")
    states = {one.file: one.state for one in signatures(report, binary)}
    assert states == {"report.pdf.asc": "changed", "report.pdf.sig": "unchanged"}


@NEEDS_GPG
def test_a_revoked_key(report: Path, tmp_path: Path) -> None:
    """Its signatures do not count."""
    with tempfile.TemporaryDirectory(prefix="keys-", ignore_cleanup_errors=True) as folder:
        eve = signer("gpg", Path(folder), "eve")
        eve.sign(report)
        (certificate,) = Path(folder, "openpgp-revocs.d").glob("*.rev")
        text = certificate.read_text("utf-8").replace(":-----BEGIN", "-----BEGIN")
        call("gpg", *eve.common[:3], "--import", "/dev/stdin") if not text else None
        (tmp_path / "revoke").write_text(text, "utf-8")
        call("gpg", *eve.common, "--import", str(tmp_path / "revoke"))
        eve.key.unlink()
        call("gpg", *eve.common, "--output", str(eve.key), "--armor", "--export")
        (found,) = signatures(report, eve.key)
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "gpg-agent"], check=False)
    assert (found.state, found.reason) == ("changed", "is of a key that was revoked")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file"),
        (b"", "is neither a public key of minisign nor one of GPG"),
        (b"RWQ\n", "is neither a public key of minisign nor one of GPG"),
        (b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n", "is neither a public key of minisign nor one of GPG"),
        (bytes(2 * 2**20), "is larger than 1 MB"),
    ],
)
def test_what_is_no_key_gets_one_sentence(report: Path, tmp_path: Path, content: bytes | None, says: str) -> None:
    """Private keys included."""
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(ResultsError, match=f"key: {says}"):
        signatures(report, key)


@NEEDS_GPG
def test_a_key_that_gpg_cannot_read(signers: dict[tuple[str, str], Signer], report: Path, tmp_path: Path) -> None:
    """Nothing is signed by it."""
    signers["gpg", "ann"].sign(report)
    key = tmp_path / "elsewhere" / "key"
    key.parent.mkdir()
    key.write_bytes(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nnothing\n-----END PGP PUBLIC KEY BLOCK-----\n")
    (found,) = signatures(report, key)
    assert (found.state, found.reason) == ("changed", "cannot be judged: gpg finds no public key in the file of --key")


def test_the_command(
    pair: tuple[Signer, Signer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With --key only a good signature is a success; without one a signature is only named."""
    folder = write(tmp_path)
    monkeypatch.chdir(folder)
    ann, bob = pair

    def verify(*more: object) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["reportgen", "verify", "report.pdf", *map(str, more)])
        return commands.run(), capfd.readouterr().out

    code, out = verify("--key", ann.key)
    assert code == 1
    assert "the report is not signed" in out
    path = ann.sign(folder / "report.pdf")
    code, out = verify("--key", ann.key)
    assert code == 0
    assert out.splitlines()[0].split()[:3] == ["unchanged", "signature", path.name]
    assert verify("--key", bob.key)[0] == 1
    code, out = verify()
    assert code == 0
    assert out.splitlines()[0].split()[:3] == ["missing", "signature", path.name]
    assert verify("--strict")[0] == 1


def test_the_readers_own_keyring_is_not_asked(
    pair: tuple[Signer, Signer], report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that they have, but did not name, does not count, and nothing is written into their folder."""
    ann, bob = pair
    ann.sign(report)
    before = sorted(ann.home.iterdir())
    monkeypatch.setenv("GNUPGHOME", str(ann.home))
    (found,) = signatures(report, bob.key)
    assert found.state == "changed"
    assert sorted(ann.home.iterdir()) == before
