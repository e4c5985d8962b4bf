"""A real SMTP server on loopback, which keeps what it gets."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme


@dataclass
class Received:
    """What a server got: commands' envelopes and contents, and the logins that were tried."""

    mails: list[Any] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    refused: str = ""
    answer: str = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 the library's name
        """Refuse one recipient."""
        if address == self.refused:
            return "550 no such user\x1b[31m"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 the library's name
        """Keep a mail."""
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        return self.answer

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        """Know one user."""
        self.logins.append((data.login, data.password))
        return AuthResult(success=(data.login, data.password) == (b"ci", b"secret"), handled=False)


@contextmanager
def server(**options: Any) -> Iterator[tuple[Received, str]]:
    """Run a server on loopback; yield what it gets, and its address."""
    received = Received()
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    controller = Controller(received, hostname="127.0.0.1", port=port, authenticator=received.authenticate, **options)
    controller.start()
    try:
        yield received, f"localhost:{port}"
    finally:
        controller.stop()


def encrypted(authority: trustme.CA, name: str = "localhost", *, at_once: bool = False) -> dict[str, Any]:
    """Return the options of a server that has a certificate for a name and takes nothing without TLS, perhaps not even a greeting."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    if at_once:
        return {"ssl_context": context, "auth_require_tls": False}  # it does not know that it is encrypted
    return {"tls_context": context, "require_starttls": True}
