"""`reportgen mail`: what is in the mail, which bytes, who gets it; real SMTP servers on loopback, with and without TLS."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
from contextlib import closing
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.policy import default
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
import trustme
from browser import CHROMIUM, MISSING, Browser
from handmade import results
from hypothesis import example, given, settings, strategies as st
from postbox import encrypted, server

from reportgen.cli import commands
from reportgen.pipeline import mail, smtp
from reportgen.pipeline.present import page_one, present
from reportgen.pipeline.verify import verify
from reportgen.render import mail as body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reportgen.analysis.results import Results

pytestmark = pytest.mark.usefixtures("warm_processes")
ARGUMENTS = ("--to", "Zoë Müller <zoe@example.org>", "--to", "b@example.org", "--from", "ci@example.org")
WRITTEN = "report.eml"
BLOCKS = {"table", "tr", "th", "td", "div", "h1", "h2", "p", "ul", "li"}


@pytest.fixture(scope="module")
def made() -> tuple[Results, dict[str, bytes]]:
    """Render a report with a candidate whose title is hostile."""
    found = results()
    return found, present(found, ("html", "pdf", "json")).files


@pytest.fixture
def folder(tmp_path: Path, made: tuple[Results, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the report into a folder; a home without netrc, and no password."""
    built = tmp_path / "built"
    built.mkdir()
    for name, content in made[1].items():
        (built / name).write_bytes(content)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    monkeypatch.delenv(smtp.PASSWORD, raising=False)
    return built


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what runs the command: exit code, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["reportgen", "mail", *map(str, arguments)])
        capfd.readouterr()
        code = commands.run()
        return code, *capfd.readouterr()

    return run


def read(content: bytes) -> Any:
    """Parse a mail."""
    return message_from_bytes(content, policy=default)


def written(folder: Path) -> Any:
    """Parse the mail in a folder."""
    return read((folder / WRITTEN).read_bytes())


class Page(HTMLParser):
    """What is in a page: its text, its elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


# ------------------------------------------------------------------------------------------------ what is written


def test_what_is_in_the_mail(folder: Path, made: tuple[Results, dict[str, bytes]], call: Any) -> None:
    """The statements of page one twice, the whole PDF, and who it is for; nothing is sent."""
    code, out, err = call(folder, *ARGUMENTS)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == str(folder / WRITTEN)
    found = written(folder)
    assert found["From"] == "ci@example.org"
    assert [str(one) for one in found["To"].addresses] == ["Zoë Müller <zoe@example.org>", "b@example.org"]
    assert found["Subject"] == "Hand <made> & $x$ 1.0: No release decision: 3 models are compared"
    assert found["Date"].datetime.isoformat() == "2026-01-01T00:00:00+00:00"
    assert found["MIME-Version"] == "1.0"
    assert found.get_content_type() == "multipart/mixed"
    assert not [part.defects for part in found.walk() if part.defects]
    (pdf,) = found.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == ("report.pdf", "application/pdf")
    assert pdf.get_content() == made[1]["report.pdf"]
    front = page_one(made[0])
    said = [item.statement.text for topic in front.points for item in topic]
    said += [front.verdict.headline, front.verdict.sentence, front.basis]
    said += [item.finding.message for item in front.findings]
    assert len(said) > 5
    text, page = (found.get_body((kind,)).get_content() for kind in ("plain", "html"))
    whole = Page(made[1]["report.html"].decode()).text
    for sentence in said:
        assert sentence in text
        assert " ".join(sentence.split()) in Page(page).text
        assert " ".join(sentence.split()) in whole
    digest = hashlib.sha256(made[1]["results.json"]).hexdigest()
    assert digest in text
    assert digest in page


def test_the_size_is_said(folder: Path, made: tuple[Results, dict[str, bytes]], call: Any) -> None:
    """Of the mail to whoever sends it, of the PDF to whoever receives it."""
    _, out, _ = call(folder, *ARGUMENTS)
    pdf = f"{len(made[1]['report.pdf']) / 1000:.0f}\u202fkB"
    eml = f"{(folder / WRITTEN).stat().st_size / 1000:.0f}\u202fkB"
    assert out.splitlines()[1] == f"{eml}, with report.pdf of {pdf}"
    found = written(folder)
    assert f"report.pdf ({pdf})" in found.get_body(("plain",)).get_content()
    assert f"({pdf})" in found.get_body(("html",)).get_content()


def test_the_page_is_one_that_mail_clients_show(folder: Path, call: Any) -> None:
    """Tables and inline styles: nothing that is fetched, drawn or run, no style sheet; what is hostile is text."""
    call(folder, *ARGUMENTS)
    html = written(folder).get_body(("html",)).get_content()
    page = Page(html)
    assert page.tags <= {"html", "head", "meta", "title", "body"} | BLOCKS | {"b", "br", "sup", "span"}
    assert not page.attributes & {"class", "id", "src", "href", "background"}
    assert "var(" not in html
    assert "url(" not in html
    assert "Hand <made> & $x$" in page.text


@pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
@pytest.mark.parametrize("width", [600, 380])
def test_the_page_fits_a_phone(folder: Path, tmp_path: Path, call: Any, width: int) -> None:
    """Nothing is wider than the screen, and nothing is requested."""
    call(folder, *ARGUMENTS)
    path = tmp_path / "mail.html"
    path.write_text(written(folder).get_body(("html",)).get_content(), "utf-8")
    with Browser(tmp_path / "profile") as browser:
        browser.show(path, width)
        assert browser.value("document.documentElement.scrollWidth") <= width
        assert [one for one in browser.requested if not one.startswith("file:")] == []


def test_the_same_report_gives_the_same_bytes(folder: Path, tmp_path: Path, call: Any) -> None:
    """Boundaries and Message-ID follow from the content: another recipient, subject or date gives others."""
    call(folder, *ARGUMENTS, "-o", tmp_path / "one")
    call(folder, *ARGUMENTS, "-o", tmp_path / "two")
    first = (tmp_path / "one" / WRITTEN).read_bytes()
    assert first == (tmp_path / "two" / WRITTEN).read_bytes()
    call(folder, *ARGUMENTS, "--subject", "Another", "-o", tmp_path / "two")
    call(folder, *ARGUMENTS, "--to", "c@example.org", "-o", tmp_path / "three")
    ids = {written(tmp_path / name)["Message-ID"] for name in ("one", "two", "three")}
    assert len(ids) == 3
    assert all(re.fullmatch(r"<[0-9a-f]{32}@example\.org>", one) for one in ids)
    body_of = first.partition(b"\r\n\r\n")[2]
    boundary = written(tmp_path / "one").get_boundary().encode()
    assert body_of.count(b"--" + boundary) == 3
    assert all(len(line) <= 78 for line in first.decode("ascii").splitlines())
    assert b"\n" not in first.replace(b"\r\n", b"")


def test_nothing_around_changes_the_bytes(folder: Path, tmp_path: Path) -> None:
    """Neither the time zone nor the seed of hashes nor the working directory."""
    for number, zone in enumerate(("UTC", "Pacific/Auckland")):
        surroundings = {"TZ": zone, "PYTHONHASHSEED": str(number), "PYTHONPATH": os.pathsep.join(sys.path)}
        place = tmp_path / zone.replace("/", "-")
        place.mkdir()
        command = [sys.executable, "-P", "-m", "reportgen", "mail", str(folder), *ARGUMENTS, "-o", "."]
        subprocess.run(command, cwd=place, env={**os.environ, **surroundings}, capture_output=True, check=True)
    first, second = tmp_path.glob(f"*/{WRITTEN}")
    assert first.read_bytes() == second.read_bytes()


def test_a_mail_of_others_is_not_replaced(folder: Path, call: Any) -> None:
    """Only what reportgen has written is; a mail that quotes one of its mails is not its own."""
    assert call(folder, *ARGUMENTS)[0] == 0
    own = (folder / WRITTEN).read_bytes()
    assert call(folder, *ARGUMENTS, "--subject", "Another")[0] == 0
    (folder / WRITTEN).write_bytes(b"From: a@b\r\nContent-Type: message/rfc822\r\n\r\n" + own)
    code, out, err = call(folder, *ARGUMENTS)
    assert (code, out) == (3, "")
    assert "report.eml: was not written by reportgen and would be replaced" in err
    assert (folder / WRITTEN).read_bytes().endswith(own)


# ------------------------------------------------------------------------------------------------ headers


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--to", "a@b\nBcc: all@example.org"),
        ("--to", "a@b\r\nBcc: all@example.org"),
        ("--to", "Ann\u2028Bcc: x <a@b>"),
        ("--to", "=?utf-8?q?Ann=0D=0ABcc:_x?= <a@b>"),
        ("--to", "a@b, c@d"),
        ("--to", "all: a@b, c@d;"),
        ("--to", "a"),
        ("--to", "a@"),
        ("--to", "@b"),
        ("--to", "a@b c"),
        ("--to", ""),
        ("--to", f"{'long, ' * 12} <a@b>"),
        ("--to", f"a@{'long.' * 60}org"),
        ("--from", "a@b\nX: y"),
        ("--subject", "Subject\nBcc: all@example.org"),
        ("--subject", "Subject\x85Bcc: x"),
        ("--subject", " "),
        ("--smtp", "localhost"),
        ("--smtp", "localhost:0"),
        ("--smtp", "localhost:x"),
        ("--smtp", "::1:25"),
    ],
)
def test_what_is_no_header_is_refused(folder: Path, call: Any, option: str, value: str) -> None:
    """With exit code 2, and nothing is written."""
    code, out, err = call(folder, *ARGUMENTS, option, value)
    assert (code, out) == (2, "")
    assert f"Invalid value for '{option}'" in err
    assert not (folder / WRITTEN).exists()


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(' ,;<>@"\\()'), max_size=60
)


@settings(max_examples=150, deadline=None)
@given(names=st.lists(NAMES.map(str.strip), min_size=1, max_size=4), subject=NAMES.map(str.strip).filter(bool))
@example(names=["Müller, Zoë", "Doe, John " * 5, "ä,ë,ü,ö " * 7], subject="Größe " * 30)
def test_names_come_through(names: list[str], subject: str) -> None:
    """Whatever is in a name or a subject: every recipient has its own, and there is no further header or recipient."""
    recipients = tuple(Address(name, f"user{number}", "example.org") for number, name in enumerate(names))
    envelope = mail.Envelope(Address("Größe, X", "ci", "example.org"), recipients)
    content = mail._message(envelope, subject, ("text\n", "<p>page</p>\n"), b"%PDF").as_bytes()
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = head.replace("\r\n ", " ").split("\r\n")
    assert [line.partition(":")[0] for line in unfolded] == [
        "From", "To", "Subject", "Date", "Message-ID", "X-Mailer", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    to = unfolded[1].removeprefix("To: ")
    parts = re.split(r"(?<=example\.org>), |(?<=example\.org), ", to)
    assert len(parts) == len(names)
    for number, (part, name) in enumerate(zip(parts, names, strict=True)):
        shown, _, address = part.rpartition(" ")
        assert address.strip("<>") == f"user{number}@example.org"
        quoted = re.fullmatch(r'"(.*)"', shown)
        plain = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else str(make_header(decode_header(shown)))
        assert plain == name
    assert "".join(read(content)["Subject"].split()) == "".join(subject.split())


def test_addresses_outside_of_ascii(folder: Path, call: Any) -> None:
    """Make the headers UTF-8 (RFC 6532)."""
    call(folder, "--to", "Zoë <zoë@exämple.org>", "--from", "ci@exämple.org")
    head = (folder / WRITTEN).read_bytes().partition(b"\r\n\r\n")[0].decode()
    assert 'To: "Zoë" <zoë@exämple.org>' in head
    assert re.search(r"Message-ID: <[0-9a-f]{32}@exämple\.org>", head)


def test_a_title_is_one_line_of_the_subject(made: tuple[Results, dict[str, bytes]]) -> None:
    """And cannot become another header or another line of the text, whatever a results file says."""
    report = made[0].report.model_copy(update={"title": "A\r\nBcc: x@y\u2028z\x00"})
    found = made[0].model_copy(update={"report": report})
    front = page_one(made[0])
    assert body.subject(found, front).startswith("A Bcc: x@y z\ufffd 1.0: ")
    text = body.text(found, front, body.Attachment("report.pdf", 1, "0"))
    assert text.startswith("A Bcc: x@y z\ufffd 1.0\n")


# ------------------------------------------------------------------------------------------------ what cannot be mailed


def changed(folder: Path, _: Any) -> None:
    """Change the results in the PDF."""
    writer = pypdf.PdfWriter(clone_from=folder / "report.pdf")
    for one in writer.attachment_list:
        if one.name == "results.json":
            one.content = one.content.replace(b"2026-01-02T", b"2026-01-03T")
    writer.write(folder / "report.pdf")


WRONG: dict[str, Any] = {
    "no PDF": (lambda folder, _: (folder / "report.pdf").unlink(), "has no report.pdf to attach"),
    "no report": (lambda folder, _: [path.unlink() for path in folder.iterdir()], "is not the folder of a report"),
    "no folder": (lambda folder, _: folder.rename(folder.with_name("gone")), "no such folder"),
    "a file": (
        lambda folder, _: [path.unlink() for path in folder.iterdir()] and (folder.rmdir() or folder.touch()),
        "is not a folder: name the one of the report",
    ),
    "no PDF of a report": (lambda folder, _: (folder / "report.pdf").write_bytes(b"%PDF"), "cannot be read as a PDF"),
    "changed results": (changed, "the results in it were changed"),
    "PDF is a folder": (
        lambda folder, _: [(folder / "report.pdf").unlink(), (folder / "report.pdf").mkdir()],
        "report.pdf: is a folder, not a file",
    ),
    "a date that is none": (lambda _, patch: patch.setenv("SOURCE_DATE_EPOCH", "x"), "SOURCE_DATE_EPOCH: must be"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_report_gets_one_sentence(
    folder: Path, call: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, nothing written."""
    change, says = WRONG[name]
    change(folder, monkeypatch)
    code, out, err = call(folder, *ARGUMENTS)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1
    assert not (folder / WRITTEN).exists()


# ------------------------------------------------------------------------------------------------ sending


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Make an authority that nobody knows."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Write its certificate."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


def test_the_mail_arrives(folder: Path, call: Any, tmp_path: Path) -> None:
    """Byte for byte the file that was written; the PDF in it is the report."""
    with server() as (received, address):
        code, out, err = call(folder, *ARGUMENTS, "--smtp", address)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "sent to zoe@example.org, b@example.org"
    (envelope,) = received.mails
    assert envelope.mail_from == "ci@example.org"
    assert envelope.rcpt_tos == ["zoe@example.org", "b@example.org"]
    assert envelope.content == (folder / WRITTEN).read_bytes()
    assert received.logins == []
    (pdf,) = read(envelope.content).iter_attachments()
    (tmp_path / "received.pdf").write_bytes(pdf.get_content())
    own = [row for row in verify(tmp_path / "received.pdf", tmp_path) if row.what.endswith("in the report")]
    assert [row.state for row in own] == ["unchanged", "unchanged"]


def test_over_tls_with_a_password_of_the_environment(
    folder: Path, call: Any, authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is in no argument, no output and no mail."""
    monkeypatch.setenv(smtp.PASSWORD, "secret")
    with server(**encrypted(authority), auth_required=True) as (received, address):
        found = call(folder, *ARGUMENTS, "--smtp", address, "--starttls", "--ca-file", ca_file, "--user", "ci")
    assert found[0] == 0, found
    assert received.logins == [(b"ci", b"secret")]
    assert len(received.mails) == 1
    assert "secret" not in found[1] + found[2]
    assert b"secret" not in received.mails[0].content


def test_over_tls_from_the_first_byte(
    folder: Path, call: Any, authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on port 465, with a password; the certificate is verified as well."""
    monkeypatch.setenv(smtp.PASSWORD, "secret")
    options = encrypted(authority, at_once=True)
    with server(**options) as (received, address):
        sent = ("--smtp", address, "--tls", "--user", "ci")
        failed(call(folder, *ARGUMENTS, *sent), folder, f"{address}: its certificate is not trusted")
        assert (received.mails, received.logins) == ([], [])
        found = call(folder, *ARGUMENTS, *sent, "--ca-file", ca_file)
    assert found[0] == 0, found
    assert received.logins == [(b"ci", b"secret")]
    assert received.mails[0].content == (folder / WRITTEN).read_bytes()


def test_tls_before_and_after_the_greeting_are_two_things(
    folder: Path, call: Any, authority: trustme.CA, ca_file: Path
) -> None:
    """The sentence names the other one; both at once are a mistake."""
    with server(**encrypted(authority)) as (received, address):
        failed(
            call(folder, *ARGUMENTS, "--smtp", address, "--tls", "--ca-file", ca_file), folder, "it may need --starttls"
        )
    assert received.mails == []
    code, _, err = call(folder, *ARGUMENTS, "--smtp", "localhost:1", "--tls", "--starttls")
    assert code == 2
    assert "exclude each other" in err


def netrc(tmp_path: Path, text: str, mode: int = 0o600) -> None:
    """Write a netrc file into the home."""
    path = tmp_path / "home" / ".netrc"
    path.write_text(text, "utf-8")
    path.chmod(mode)


@pytest.mark.parametrize("user", [(), ("--user", "ci")])
def test_over_tls_with_a_password_of_netrc(
    folder: Path, call: Any, authority: trustme.CA, ca_file: Path, tmp_path: Path, user: tuple[str, ...]
) -> None:
    """With or without saying who: netrc knows the user of the host."""
    netrc(tmp_path, "machine localhost login ci password secret\n")
    with server(**encrypted(authority), auth_required=True) as (received, address):
        found = call(folder, *ARGUMENTS, "--smtp", address, "--starttls", "--ca-file", ca_file, *user)
    assert found[0] == 0, found
    assert received.logins == [(b"ci", b"secret")]


def test_no_password_is_sent_in_the_clear(
    folder: Path, call: Any, tmp_path: Path, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that is asked for, nor one of netrc."""
    netrc(tmp_path, "machine localhost login ci password secret\n")
    with server(auth_require_tls=False) as (received, address):
        for more in (("--user", "ci"), ("--ca-file", ca_file)):
            code, _, err = call(folder, *ARGUMENTS, "--smtp", address, *more)
            assert code == 2
            assert f"{more[0]}: use --starttls or --tls; a password is only sent over TLS" in err
        assert call(folder, *ARGUMENTS, "--smtp", address)[0] == 0
        monkeypatch.setenv(smtp.PASSWORD, "secret")
        assert call(folder, *ARGUMENTS, "--smtp", address)[0] == 2
    assert received.logins == []
    assert len(received.mails) == 1


@pytest.mark.parametrize(
    ("arguments", "text", "mode", "says"),
    [
        (("--user", "ci"), None, 0o600, "--user: there is no password for ci at localhost"),
        (("--user", "ci"), "machine localhost login ann password secret", 0o600, "no password for ci at localhost"),
        (("--user", "ci"), "default login ci password secret", 0o600, "no password for ci at localhost"),
        ((), "machine localhost login ci password secret", 0o644, "~/.netrc access too permissive"),
        ((), "machine localhost login ci\npasswd secret", 0o600, "~/.netrc: line 2 cannot be read"),
        ((), "machine localhost login ci password sëcret", 0o600, "must be ASCII"),
        (("--ca-file", "gone.pem"), None, 0o600, "--ca-file: gone.pem: no such file"),
        (("--ca-file", __file__), None, 0o600, "cannot be read (is not a PEM file)"),
    ],
)
def test_what_cannot_log_in_is_said_before_anything_is_written(
    folder: Path, call: Any, tmp_path: Path, arguments: tuple[str, ...], text: str | None, mode: int, says: str
) -> None:
    """Exit code 2; the message has no password."""
    if text is not None:
        netrc(tmp_path, text, mode)
    code, out, err = call(folder, *ARGUMENTS, "--smtp", "localhost:1", "--starttls", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "secret" not in err
    assert len(err.splitlines()) == 1
    assert not (folder / WRITTEN).exists()


@pytest.mark.parametrize("make", [os.mkfifo, lambda at: at.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_a_netrc_without_end_is_not_read(
    folder: Path, call: Any, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    """It would be read forever."""
    make(tmp_path / "home" / ".netrc")
    code, _, err = call(folder, *ARGUMENTS, "--smtp", "localhost:1", "--starttls")
    assert (code, err) == (2, "reportgen: ~/.netrc: is not a regular file\n")


def test_without_a_server_nothing_is_sent(folder: Path, call: Any) -> None:
    """So what is about sending is a mistake."""
    code, _, err = call(folder, *ARGUMENTS, "--starttls")
    assert code == 2
    assert "need --smtp" in err


def failed(found: tuple[int, str, str], folder: Path, says: str) -> None:
    """Assert that a mail was written, and in one sentence why it was not sent."""
    code, out, err = found
    assert code == 3
    assert says in err
    assert err.rstrip().endswith(f"the mail is in {folder / WRITTEN}")
    assert len(err.splitlines()) == 1
    assert "sent to" not in out
    assert (folder / WRITTEN).exists()


def test_a_certificate_that_is_not_trusted(folder: Path, call: Any, authority: trustme.CA, ca_file: Path) -> None:
    """Neither an unknown authority nor the certificate of another host."""
    with server(**encrypted(authority)) as (received, address):
        found = call(folder, *ARGUMENTS, "--smtp", address, "--starttls")
        failed(found, folder, f"{address}: its certificate is not trusted (unable to get local issuer certificate)")
    with server(**encrypted(authority, "other.example.org")) as (_, address):
        found = call(folder, *ARGUMENTS, "--smtp", address, "--starttls", "--ca-file", ca_file)
        failed(found, folder, "Hostname mismatch, certificate is not valid for 'localhost'")
    assert received.mails == []


def test_a_server_without_tls(folder: Path, call: Any) -> None:
    """Is not taken for one that has it."""
    with server() as (received, address):
        failed(call(folder, *ARGUMENTS, "--smtp", address, "--starttls"), folder, "STARTTLS extension not supported")
    assert received.mails == []


def test_a_wrong_password(
    folder: Path, call: Any, authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is a failure of authentication."""
    monkeypatch.setenv(smtp.PASSWORD, "wrong-password")
    with server(**encrypted(authority), auth_required=True) as (received, address):
        found = call(folder, *ARGUMENTS, "--smtp", address, "--starttls", "--ca-file", ca_file, "--user", "ci")
    failed(found, folder, "authentication failed (535")
    assert "wrong-password" not in found[2]
    assert received.mails == []


def test_a_server_that_cannot_be_reached(folder: Path, call: Any) -> None:
    """Nobody listens; no such host."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    failed(call(folder, *ARGUMENTS, "--smtp", f"127.0.0.1:{port}"), folder, "cannot be reached (Connection refused)")
    failed(call(folder, *ARGUMENTS, "--smtp", "no..host:25"), folder, "no..host:25: cannot be reached (")


def test_who_is_refused_is_named(folder: Path, call: Any) -> None:
    """The others get the mail; the server's words are one line without control characters."""
    with server() as (received, address):
        received.refused = "b@example.org"
        found = call(folder, *ARGUMENTS, "--smtp", address)
        failed(found, folder, "refuses b@example.org (550 no such user")
        assert "the mail was sent to the others" in found[2]
        assert "\x1b" not in found[2]
        assert [one.rcpt_tos for one in received.mails] == [["zoe@example.org"]]
        found = call(folder, "--to", "b@example.org", "--from", "a@b", "--smtp", address)
        failed(found, folder, "refuses b@example.org (550 no such user")
        assert "others" not in found[2]


def test_a_mail_that_is_refused(folder: Path, call: Any) -> None:
    """Because of its content, or of its size, which is said first."""
    with server() as (received, address):
        received.answer = "554 looks like a report"
        failed(call(folder, *ARGUMENTS, "--smtp", address), folder, "refuses the mail (554 looks like a report)")
    with server(data_size_limit=1000) as (received, address):
        found = call(folder, *ARGUMENTS, "--smtp", address)
        failed(found, folder, "refuses the mail of ci@example.org (552")
    assert received.mails == []


def test_international_addresses_need_a_server_that_knows_them(folder: Path, call: Any) -> None:
    """RFC 6531: with SMTPUTF8 they are sent as they are, without it they are not sent."""
    arguments = ("--to", "zoë@example.org", "--from", "ci@example.org")
    with server(enable_SMTPUTF8=True) as (received, address):
        assert call(folder, *arguments, "--smtp", address)[0] == 0
    assert received.mails[0].rcpt_tos == ["zoë@example.org"]
    with server(enable_SMTPUTF8=False) as (received, address):
        failed(call(folder, *arguments, "--smtp", address), folder, "addresses outside of ASCII")
    assert received.mails == []
