"""The command ``mail``: page one and the PDF of a report as a mail, written and, with ``--smtp``, sent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reportgen.cli.streams import say
from reportgen.errors import SendError
from reportgen.text.formatting import number

if TYPE_CHECKING:
    from email.headerregistry import Address

    from reportgen.pipeline.smtp import Session

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MOST_PORTS = 65_535
_LONGEST_NAME = 60
"""Longest name beside an address, so that it is on one line of the header."""
_LONGEST_ADDRESS = 254
"""Longest address (RFC 5321, 4.5.3.1.3, without its brackets)."""


class _Line(click.ParamType[str]):
    """A header of a mail: one line."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse characters that would begin another header."""
        text = str(value).strip()
        if not text or _CONTROL.search(text):
            self.fail(f"{value!r} must be one line of text, without control characters", param, ctx)
        return text


class _Address(click.ParamType[Any]):
    """An address with or without a name."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse it as the header of a mail does."""
        if not isinstance(value, str):
            return value
        found = None if _CONTROL.search(value) else _parsed(value)
        if found is None:
            self.fail(
                f"{value!r} is not an address (ann@example.org, or 'Ann <ann@example.org>' with a name)", param, ctx
            )
        return found


def _parsed(text: str) -> Address | None:
    """Return the one address in a text; None if there is none, more than one, or a mistake in it."""
    from email.errors import NonASCIILocalPartDefect
    from email.policy import SMTP

    try:
        header: Any = SMTP.header_factory("To", text)
    except (IndexError, ValueError):  # of the parser, where the text ends early or encodes a line break
        return None
    if len(header.addresses) != 1 or any(group.display_name is not None for group in header.groups):
        return None
    (found,) = header.addresses
    wrong = [one for one in header.defects if not isinstance(one, NonASCIILocalPartDefect)]
    short = len(found.display_name) <= _LONGEST_NAME and len(found.addr_spec) <= _LONGEST_ADDRESS
    whole = found.username and found.domain and short
    return None if wrong or not whole or _CONTROL.search(str(found)) else found


class _Server(click.ParamType[Any]):
    """The host and the port of a server."""

    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Split them; an IPv6 address is in brackets."""
        if not isinstance(value, str):
            return value
        host, _, port = value.rpartition(":")
        right = port.isascii() and port.isdigit() and 0 < int(port) <= _MOST_PORTS
        bracketed = host.startswith("[") and host.endswith("]")
        if not host or not right or _CONTROL.search(host) or (":" in host and not bracketed):
            self.fail(f"{value!r} is not host:port (smtp.example.org:587)", param, ctx)
        return host.strip("[]"), int(port)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--to", "recipients", multiple=True, required=True, type=_Address(), help="Recipient; can be repeated.")
@click.option("--from", "sender", required=True, type=_Address(), help="Sender.")
@click.option("--subject", type=_Line(), help="By default title, version and verdict.")
@click.option("-o", "--output-dir", type=click.Path(path_type=Path), help="Output folder, by default FOLDER.")
@click.option(
    "--sections-from",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the spec, if it used section files. They are imported and run; without this option, no section file is.",
)
@click.option("--smtp", type=_Server(), help="Send the mail with this server. Without this option nothing is sent.")
@click.option(
    "--starttls", is_flag=True, help="Encrypt the connection to the server (port 587) and verify its certificate."
)
@click.option("--tls", is_flag=True, help="The same for a server that encrypts from the first byte (port 465).")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="Certificates of the authorities to trust (PEM), by default those of the system.",
)
@click.option(
    "--user", type=_Line(), help="Log in as this user, with the password in REPORTGEN_SMTP_PASSWORD or ~/.netrc."
)
def mail(
    folder: Path,
    recipients: tuple[Address, ...],
    sender: Address,
    subject: str | None,
    output_dir: Path | None,
    sections_from: Path | None,
    **server: Any,
) -> None:
    """Write the report in FOLDER as a mail, report.eml: page one as text and HTML, with report.pdf attached.

    With --smtp the mail is sent as well. No password is ever on the command line, and none is sent without --starttls or --tls.
    """
    from reportgen.pipeline import mail as mails, smtp
    from reportgen.plan.registry import Registry

    session = _session(**server)
    envelope = mails.Envelope(sender, recipients, subject)
    composed = mails.compose(folder, envelope, Registry(sections_from))
    path = mails.write(composed, output_dir or folder)
    say(str(path))
    say(f"{number(len(composed.content), 'bytes')}, with {mails.ATTACHED} of {number(composed.attached, 'bytes')}")
    if session is None:
        return
    try:
        smtp.send(composed, session)
    except SendError as error:
        raise SendError(f"{error}; the mail is in {path}") from error
    say(f"sent to {', '.join(one.addr_spec for one in recipients)}")


def _session(
    *, smtp: tuple[str, int] | None, starttls: bool, tls: bool, ca_file: Path | None, user: str | None
) -> Session | None:
    """Return what is needed to send, None where nothing is to be sent."""
    from reportgen.pipeline.smtp import Server, prepare

    if smtp is None:
        if starttls or tls or ca_file is not None or user is not None:
            raise click.UsageError("--starttls, --tls, --ca-file and --user need --smtp: without it nothing is sent")
        return None
    if starttls and tls:
        raise click.UsageError(
            "--starttls and --tls exclude each other: a server encrypts after its greeting or before it"
        )
    return prepare(Server(*smtp, "tls" if tls else "starttls" if starttls else None, ca_file, user))
