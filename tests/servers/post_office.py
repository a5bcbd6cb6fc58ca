"""A real SMTP server on loopback: with STARTTLS or TLS, with a password, and it can refuse."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "songnuan", "warm-post"


class PostOffice:
    """`letters` are (subject, text, to). While `closed` is set every letter is refused with it."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, list[str]]] = []
        self.closed = ""
        self.port = 0

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        if self.closed:
            return self.closed
        assert isinstance(envelope.content, bytes)
        letter: Message = message_from_bytes(envelope.content)
        body = letter.get_payload(decode=True)
        assert isinstance(body, bytes)
        subject = str(make_header(decode_header(letter["Subject"])))
        self.letters.append((subject, body.decode().replace("\r\n", "\n"), list(envelope.rcpt_tos)))
        return "250 OK"

    def authenticate(self, server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=isinstance(data, LoginPassword) and data == right, handled=False)


@asynccontextmanager
async def post_office(context: ssl.SSLContext | None = None, *, at_once: bool = False) -> AsyncIterator[PostOffice]:
    """With a `context` letters are taken over TLS only (`at_once`: from the first byte), and only with the password."""
    office = PostOffice()
    options: dict[str, Any] = {}
    if context is not None:
        options = {"authenticator": office.authenticate, "auth_required": True, "auth_require_tls": not at_once}
        options |= {} if at_once else {"tls_context": context, "require_starttls": True}
    loop = asyncio.get_running_loop()

    def desk() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it does not see that TLS is there from the first byte
            return SMTP(office, hostname="localhost", loop=loop, enable_SMTPUTF8=True, **options)

    server = await loop.create_server(desk, "127.0.0.1", 0, ssl=context if at_once else None)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()
