"""One plain letter by SMTP: the road that does not depend on any chat network."""

import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import aiosmtplib

from bot import clock
from bot.config import Mail
from bot.errors import SongnuanError

TIMEOUT_SECONDS = 20.0


class NotMailed(SongnuanError):
    """The server did not take the letter. `str()` is the kind of error, never the server's words."""


async def send(mail: Mail, subject: str, text: str, context: ssl.SSLContext | None = None) -> None:
    """To everybody in `mail.to`; raises NotMailed. `context` is what the server is trusted by (default: the system's).

    Where STARTTLS is configured, a server (or somebody in between) that does not offer it gets nothing.
    """
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = mail.sender, ", ".join(mail.to), subject
    letter["Date"] = formatdate(clock.now().timestamp())
    domain = mail.sender.rpartition("@")[2]
    letter["Message-ID"] = make_msgid(domain=domain)
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
    letter.set_content(text)
    try:
        await aiosmtplib.send(
            letter,
            hostname=mail.host,
            port=mail.port,
            username=mail.user or None,
            password=mail.password or None,
            use_tls=mail.encryption == "tls",
            start_tls=mail.encryption == "starttls",
            tls_context=context,
            local_hostname=domain,  # else the library asks the network for our name, and may wait long for it
            timeout=TIMEOUT_SECONDS,
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise NotMailed(type(error).__name__) from None
