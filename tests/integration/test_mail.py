"""Letters to a real SMTP server on loopback: encrypted or not at all."""

import ssl
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot import mail
from bot.config import Mail
from tests.servers.certificates import Authority
from tests.servers.post_office import PASSWORD, USER, post_office


def settings(port: int, **changes: object) -> Mail:
    facts = {"host": "localhost", "port": port, "sender": "bot@example.cn", "to": ["chair@example.cn", "it@example.cn"]}
    return Mail.model_validate(facts | changes)


@pytest.fixture
def certificates(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(the server's, the client's)"""
    authority = Authority()
    certificate, key = authority.issue("localhost")
    (tmp_path / "c.pem").write_text(certificate)
    (tmp_path / "k.pem").write_text(key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")
    return server, ssl.create_default_context(cadata=authority.pem)


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
async def test_a_letter_goes_out_encrypted_and_signed_in(
    certificates: tuple[ssl.SSLContext, ssl.SSLContext], encryption: str
) -> None:
    server, client = certificates
    async with post_office(server, at_once=encryption == "tls") as office:
        right = settings(office.port, encryption=encryption, user=USER, password=PASSWORD)
        await mail.send(right, "送暖有事", "渠道 qq 连不上。", client)
        assert office.letters == [("送暖有事", "渠道 qq 连不上。\n", ["chair@example.cn", "it@example.cn"])]
        wrong = right.model_copy(update={"password": "guessed"})
        with pytest.raises(mail.NotMailed) as caught:
            await mail.send(wrong, "x", "y", client)
        assert "guessed" not in str(caught.value)
        with pytest.raises(mail.NotMailed):  # a server that nobody vouches for
            await mail.send(right, "x", "y")
        assert len(office.letters) == 1


async def test_without_starttls_nothing_is_said() -> None:
    async with post_office() as office:
        with pytest.raises(mail.NotMailed):
            await mail.send(settings(office.port, encryption="starttls"), "x", "y")
        await mail.send(settings(office.port, encryption="none"), "x", "y")
        office.closed = "451 try again later"
        with pytest.raises(mail.NotMailed):
            await mail.send(settings(office.port, encryption="none"), "x", "y")
        assert len(office.letters) == 1
    with pytest.raises(mail.NotMailed):
        await mail.send(settings(office.port, encryption="none"), "x", "y")


@pytest.mark.parametrize(
    "wrong",
    [{"to": []}, {"sender": ""}, {"to": ["no address"]}, {"host": "mail.example.cn", "encryption": "none"},
     {"sender": "a@b\nBcc: c@d"}],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="→"):
        settings(25, **wrong)
    assert Mail().host == ""
