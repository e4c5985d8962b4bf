"""Sends a mail over SMTP: with TLS whose certificate is verified, and a password only over TLS."""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reportgen.errors import ArgumentError, SendError
from reportgen.spec.files import MISSING, unusable
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.pipeline.mail import Mail

PASSWORD = "REPORTGEN_SMTP_PASSWORD"  # noqa: S105 the name of a variable
"""The environment variable with the password."""
_SECONDS = 30.0
"""How long one answer of the server may take."""


@dataclass(frozen=True)
class Server:
    """An SMTP server, and how to connect to it.

    Attributes
    ----------
    host, port
        Its address.
    encryption
        ``starttls``: the connection is encrypted after the greeting, which the server must support; ``tls``: from the first
        byte on (RFC 8314); None: not at all.
    ca_file
        Certificates of the authorities to trust, PEM; None for those of the system.
    user
        Who logs in; None for the user whom netrc names for the host, if there is one.
    """

    host: str
    port: int
    encryption: Literal["starttls", "tls"] | None = None
    ca_file: Path | None = None
    user: str | None = None

    def __str__(self) -> str:
        """Return the address as it is typed."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@dataclass(frozen=True)
class Login:
    """A user and a password."""

    user: str
    password: str

    def __repr__(self) -> str:
        """Return the user only."""
        return f"Login({self.user!r})"


@dataclass(frozen=True)
class Session:
    """What is needed to talk to a server: found before a mail is written, because it may be missing."""

    server: Server
    context: ssl.SSLContext | None
    login: Login | None


def prepare(server: Server) -> Session:
    """Find the certificates and the password for a server; nothing is sent.

    Raises
    ------
    ArgumentError
        A file cannot be read, or a password is missing or would be sent in the clear.
    """
    if server.encryption is None:
        named = {"--ca-file": server.ca_file, "--user": server.user, PASSWORD: os.environ.get(PASSWORD)}
        needless = [name for name, value in named.items() if value is not None]
        if needless:
            raise ArgumentError(
                f"{formatting.listed(needless)}: use --starttls or --tls; a password is only sent over TLS"
            )
        return Session(server, None, None)
    return Session(server, _context(server.ca_file), _login(server))


def send(mail: Mail, session: Session) -> None:
    """Send a mail.

    Raises
    ------
    SendError
        The server cannot be reached or trusted, or refuses the login, the mail or one of its recipients.
    """
    server = session.server
    try:
        refused = _sent(mail, session)
    except ssl.SSLCertVerificationError as error:
        raise SendError(
            f"{server}: its certificate is not trusted ({error.verify_message}); --ca-file names other authorities"
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        raise SendError(f"{server}: authentication failed ({_answer(error.smtp_code, error.smtp_error)})") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise SendError(f"{server}: refuses {_refusals(error.recipients)}") from error
    except smtplib.SMTPSenderRefused as error:
        answer = _answer(error.smtp_code, error.smtp_error)
        raise SendError(f"{server}: refuses the mail of {error.sender} ({answer})") from error
    except smtplib.SMTPResponseException as error:
        raise SendError(f"{server}: refuses the mail ({_answer(error.smtp_code, error.smtp_error)})") from error
    except smtplib.SMTPServerDisconnected as error:
        raise SendError(f"{server}: closed the connection") from error
    except smtplib.SMTPException as error:
        raise SendError(f"{server}: {_line(str(error)).rstrip('.')}") from error
    except (OSError, UnicodeError) as error:
        raise SendError(f"{server}: {_unreached(error, server)}") from error
    if refused:
        raise SendError(f"{server}: refuses {_refusals(refused)}; the mail was sent to the others")


def _sent(mail: Mail, session: Session) -> dict[str, tuple[int, bytes]]:
    """Send a mail, and return who was refused."""
    envelope, server = mail.envelope, session.server
    encrypted = server.encryption == "tls"
    smtp = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=session.context)
        if encrypted
        else smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    )
    try:
        if session.context is not None and not encrypted:
            smtp.starttls(context=session.context)
        if session.login is not None:
            smtp.login(session.login.user, session.login.password)
        smtp.ehlo_or_helo_if_needed()
        if envelope.international and not smtp.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError("does not support addresses outside of ASCII (SMTPUTF8)")
        options = ("SMTPUTF8", "BODY=8BITMIME") if envelope.international else ()
        recipients = [one.addr_spec for one in envelope.recipients]
        refused = smtp.sendmail(envelope.sender.addr_spec, recipients, mail.content, options)
        with suppress(OSError):  # the server has the mail, however it says good-bye
            smtp.quit()
        return refused
    finally:
        smtp.close()


def _unreached(error: OSError | UnicodeError, server: Server) -> str:
    """Return why there is no connection to a server."""
    if isinstance(error, ssl.SSLError):
        other = "--starttls" if server.encryption == "tls" else "--tls"
        return f"TLS failed ({_line(error.reason or str(error))}); it may need {other}"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"cannot be reached ({_line(reason)})"


def _context(ca_file: Path | None) -> ssl.SSLContext:
    reason = None if ca_file is None else unusable(ca_file)
    if reason is not None:
        raise ArgumentError(f"--ca-file: {ca_file}: {reason}")
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        reason = error.strerror if not isinstance(error, ssl.SSLError) and error.strerror else "is not a PEM file"
        raise ArgumentError(f"--ca-file: {ca_file}: cannot be read ({reason})") from error


def _login(server: Server) -> Login | None:
    """Return the login: the password of the environment, else of netrc; None where netrc has none and no user is named."""
    password = os.environ.get(PASSWORD)
    if password is not None and server.user is None:
        raise ArgumentError(f"{PASSWORD} is set, but --user is missing")
    found = _of_netrc(server.host) if password is None or server.user is None else Login(server.user, password)
    if server.user is not None and (found is None or found.user != server.user):
        raise ArgumentError(
            f"--user: there is no password for {server.user} at {server.host}: set {PASSWORD}, or add it to ~/.netrc"
        )
    if found is not None and not (found.user + found.password).isascii():
        raise ArgumentError(f"the user and the password for {server.host} must be ASCII, which SMTP requires")
    return found


def _of_netrc(host: str) -> Login | None:
    """Return what ``~/.netrc`` has for a host; its default entry is for no mail server."""
    reason = unusable(Path(os.path.expanduser("~/.netrc")))  # noqa: PTH111 without a home it stays, and is no file
    if reason == MISSING:
        return None
    if reason is not None:
        raise ArgumentError(f"~/.netrc: {reason}")
    try:
        entry = netrc().hosts.get(host)
    except NetrcParseError as error:  # its message may quote a password if it has a line
        raise ArgumentError(
            f"~/.netrc: {error.msg if error.lineno is None else f'line {error.lineno} cannot be read'}"
        ) from None
    except (OSError, UnicodeError) as error:
        raise ArgumentError(f"~/.netrc: cannot be read ({getattr(error, 'strerror', 'not UTF-8')})") from None
    if entry is None or not entry[0] or entry[2] is None:
        return None
    return Login(entry[0], entry[2])


def _refusals(recipients: Mapping[str, tuple[int, bytes]]) -> str:
    return formatting.listed([f"{who} ({_answer(*answer)})" for who, answer in recipients.items()])


def _answer(code: int, said: bytes | str) -> str:
    """Return what a server answered, in one line."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return _line(f"{code} {words}")


def _line(words: str) -> str:
    return " ".join(words.split())
