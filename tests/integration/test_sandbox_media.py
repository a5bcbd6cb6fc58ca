"""What /sandbox/media gives out: harmless kinds of files below the content folder, and nothing beside it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from bot.channels.sandbox.media import Media

Ask = Callable[[str], Awaitable[tuple[int, str]]]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    messages = tmp_path / "messages"
    (messages / "tips").mkdir(parents=True)
    for name in ("messages/tips/a.png", "messages/b.PDF", "messages/tips/t.md", "messages/x.svg", "secret.png"):
        (tmp_path / name).write_bytes(b"data")
    (messages / "link.png").symlink_to(tmp_path / "secret.png")
    return messages


async def served(root: Path | None) -> AsyncIterator[Ask]:
    app = web.Application()
    app.router.add_get("/media/{path:.+}", Media(root).serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with ClientSession() as client:

        async def ask(path: str) -> tuple[int, str]:
            async with client.get(URL(f"http://127.0.0.1:{port}/media/{path}", encoded=True)) as got:
                return got.status, got.headers.get("Content-Disposition", "")

        yield ask
    await runner.cleanup()


@pytest.fixture
async def ask(content: Path) -> AsyncIterator[Ask]:
    async for ask in served(content):
        yield ask


@pytest.fixture
async def ask_without_folder() -> AsyncIterator[Ask]:
    async for ask in served(None):
        yield ask


async def test_pictures_are_shown_and_documents_are_downloads(ask: Ask) -> None:
    assert await ask("tips/a.png") == (200, "")
    assert await ask("b.PDF") == (200, "attachment")


OUTSIDE = "%2e%2e/secret.png ..%2Fsecret.png tips/%2e%2e/%2e%2e/secret.png link.png"


@pytest.mark.parametrize("path", f"tips/t.md x.svg none.png tips a%00.png {OUTSIDE}".split())
async def test_everything_else_is_not_found(ask: Ask, path: str) -> None:
    assert (await ask(path))[0] == 404


async def test_without_a_folder_there_are_no_files(ask_without_folder: Ask) -> None:
    assert (await ask_without_folder("tips/a.png"))[0] == 404
