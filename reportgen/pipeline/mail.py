"""Page one and the PDF of a report as a mail: an RFC 5322 message whose bytes depend on its content and date alone."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import quote
from typing import TYPE_CHECKING, Any

from reportgen.analysis import results_file
from reportgen.contract.formats import FILES, MAIL_MARK
from reportgen.errors import ResultsError
from reportgen.pipeline import files
from reportgen.pipeline.present import page_one
from reportgen.pipeline.report_file import read_pdf
from reportgen.pipeline.run import now
from reportgen.render import mail as body
from reportgen.resources import __version__
from reportgen.spec.files import is_folder

if TYPE_CHECKING:
    from email.headerregistry import Address
    from pathlib import Path

    from reportgen.plan.registry import Registry

FILE = "report.eml"
ATTACHED = FILES["pdf"]


@dataclass(frozen=True)
class Envelope:
    """Who sends a mail to whom, and under which subject; by default title, version and verdict."""

    sender: Address
    recipients: tuple[Address, ...]
    subject: str | None = None

    @property
    def international(self) -> bool:
        """Whether an address, not only a name, has letters outside of ASCII (RFC 6531)."""
        return not all(one.addr_spec.isascii() for one in (self.sender, *self.recipients))


class _Policy(EmailPolicy):
    """Folds addresses one to a line: where they do not fit, the library encodes the comma between two names, or loses quotes.

    Where it leaves the line of a header's name empty, which readers show as a blank, the first words go there.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as bytes."""
        if name not in {"From", "To"}:
            folded, empty = super().fold_binary(name, value), f"{name}:\r\n ".encode()
            space = folded.rfind(b" ", len(empty), self.max_line_length or None)
            if not folded.startswith(empty) or space < 0:
                return folded
            return f"{name}: ".encode() + folded[len(empty) : space] + b"\r\n" + folded[space:]
        lines = ",\r\n ".join(self._written(one) for one in value.addresses)
        return f"{name}: {lines}\r\n".encode()

    def _written(self, one: Address) -> str:
        """Return an address with its name, encoded as RFC 2047 asks for or, where addresses are international, in UTF-8."""
        if not one.display_name:
            return one.addr_spec
        plain = self.utf8 or one.display_name.isascii()
        name = f'"{quote(one.display_name)}"' if plain else Header(one.display_name, "utf-8").encode(linesep="\r\n")
        return f"{name} <{one.addr_spec}>"


@dataclass(frozen=True)
class Mail:
    """A mail as it is written and sent, and the size of the PDF in it in bytes."""

    envelope: Envelope
    content: bytes
    attached: int


def compose(folder: Path, envelope: Envelope, registry: Registry) -> Mail:
    """Make a mail of the report in a folder; the statements are those of its PDF, whatever lies beside it.

    Parameters
    ----------
    folder
        The folder that the report was built into.
    envelope
        From whom, to whom, subject.
    registry
        Finds the sections of the report.

    Raises
    ------
    ResultsError
        The folder has no report, no PDF, or one whose results were changed.
    """
    path = _pdf(folder)
    found = read_pdf(path)
    raw = found.attached[FILES["json"]]
    if hashlib.sha256(raw).hexdigest() != found.digest:
        raise ResultsError(f"{path}: the results in it were changed (reportgen verify compares them)")
    results = results_file.read(raw, path, registry)
    front = page_one(results)
    attachment = body.Attachment(path.name, len(found.content), found.digest)
    message = _message(
        envelope,
        envelope.subject or body.subject(results, front),
        (body.text(results, front, attachment), body.html(results, front, attachment)),
        found.content,
    )
    return Mail(envelope, message.as_bytes(), attachment.size)


def write(mail: Mail, folder: Path) -> Path:
    """Write a mail into a folder; never over a file that reportgen has not written."""
    (path,) = files.write({FILE: mail.content}, folder).files
    return path


def _pdf(folder: Path) -> Path:
    path = folder / ATTACHED
    if os.path.exists(path):  # noqa: PTH110 a name that is too long is none
        return path
    if not is_folder(folder):
        there = os.path.exists(folder)  # noqa: PTH110
        what = "is not a folder: name the one of the report" if there else "no such folder"
        raise ResultsError(f"{folder}: {what}")
    if any((folder / name).exists() for name in (FILES["json"], FILES["html"])):
        raise ResultsError(f"{folder}: has no {path.name} to attach; build or render the report with --format pdf")
    raise ResultsError(f"{folder}: is not the folder of a report (it has no {path.name})")


def _message(envelope: Envelope, subject: str, bodies: tuple[str, str], pdf: bytes) -> EmailMessage:
    """Return the message: boundaries and Message-ID are made of the content."""
    text, html = bodies
    date = datetime.fromisoformat(now())
    message = EmailMessage(policy=_Policy(linesep="\r\n", utf8=envelope.international))
    message["From"] = envelope.sender
    message["To"] = envelope.recipients
    message["Subject"] = subject
    message["Date"] = date
    digest = _digest(envelope.sender, *envelope.recipients, subject, date, text, html, hashlib.sha256(pdf).hexdigest())
    message["Message-ID"] = f"<{digest}@{envelope.sender.domain}>"
    field, program = MAIL_MARK.strip().split(": ")
    message[field] = f"{program} {__version__}"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=ATTACHED)
    alternatives = next(message.iter_parts())
    for part, name in ((message, "mixed"), (alternatives, "alternative")):
        part.set_boundary(f"=_{digest}_{name}")  # "=_" is in no text of these encodings
    return message


def _digest(*parts: object) -> str:
    """Return 32 hexadecimal digits made of some parts, whose order and limits count."""
    return hashlib.sha256(repr([str(part) for part in parts]).encode()).hexdigest()[:32]
