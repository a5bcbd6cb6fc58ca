"""TLS to the gateway: whom we believe, under which name, and what is said when it does not fit."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.channels.wechaty.line import Ending
from bot.events import Line
from tests import npm
from tests.servers.certificates import Authority
from tests.servers.onebot_rig import eventually
from tests.servers.wechaty_rig import gateway, wechat

NAME = "gateway.example.test"


@pytest.fixture
def authority() -> Authority:
    return Authority()


def kept(folder: Path, pem: str) -> str:
    (folder / "ca.pem").write_text(pem)
    return str(folder / "ca.pem")


async def test_our_own_authority_and_a_pinned_name(tmp_path: Path, authority: Authority) -> None:
    ca_file = kept(tmp_path, authority.pem)
    async with gateway(certificate=authority.issue(NAME)) as peer:
        async with wechat(peer, tls=True, ca_file=ca_file, server_name=NAME) as rig:
            await rig.ready()
            await rig.send("加密的")
            assert [sent.text for sent in peer.sent] == ["加密的"]
        wrongs: list[dict[str, Any]] = [
            {"ca_file": ca_file, "server_name": "other.example.test"},
            {"ca_file": ca_file},
            {"ca_file": kept(tmp_path, Authority().pem), "server_name": NAME},
            {"server_name": NAME},
        ]
        for wrong in wrongs:
            async with wechat(peer, tls=True, **wrong) as rig:
                await rig.until(Line.REFUSED)
                assert rig.channel.health().detail == Ending.WRONG_CERTIFICATE.value
        async with wechat(peer, tls=False) as rig:
            await rig.until(Line.OFFLINE)


async def test_the_certificate_that_gateways_bring_along(tmp_path: Path) -> None:
    """Its key is in the npm package, so it proves nothing; but many gateways have no other."""
    source = npm.find("wechaty-puppet-service/dist/cjs/src/auth/ca.js").read_text()
    found = re.search(r"TLS_CA_CERT = `?'?(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)", source, re.DOTALL)
    assert found
    async with gateway(built_in_certificate=True) as peer:
        ca_file = kept(tmp_path, found[1] + "\n")
        async with wechat(peer, tls=True, ca_file=ca_file, server_name="insecure") as rig:
            await rig.ready()
            await rig.send()


async def test_a_gateway_that_speaks_in_clear(tmp_path: Path, authority: Authority) -> None:
    async with gateway() as peer, wechat(peer, tls=True, ca_file=kept(tmp_path, authority.pem)) as rig:
        await rig.until(Line.REFUSED)
        await eventually(lambda: rig.channel.health().detail == Ending.WRONG_CERTIFICATE.value)
