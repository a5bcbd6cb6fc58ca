"""`songnuan person`, `songnuan retention` and `songnuan staff leave` as typed, beside the sandbox's own file."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.channels.sandbox.frames import Said
from bot.channels.sandbox.journal import Journal
from bot.cli import main
from bot.events import Chat, Text
from bot.models import Delivery, HelpRequest, Household, Identity, Label, db, keys
from tests.database import TEST_KEY
from tests.kept import SECRETS, lived
from tests.people import CHANNEL, LIU, VOLUNTEER, WU

pytestmark = pytest.mark.db
ROOT = Path(__file__).parents[2]
CONFIG = """
[channels.box]
type = "sandbox"
[channels.qq]
type = "onebot"
[escalation]
counsellors = ["陈小满"]
"""

Run = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def home(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with its config, a key, and a database in which a family was helped."""
    (tmp_path / "config.toml").write_text(CONFIG)
    for name in ("messages", "schedules"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "songnuan.key").write_text(TEST_KEY.hex())
    (tmp_path / "songnuan.key").chmod(0o600)
    monkeypatch.setenv("SONGNUAN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("SONGNUAN_DATABASE__URL", database_url)
    monkeypatch.setenv("SONGNUAN_DATABASE__KEY_FILE", "songnuan.key")
    await inside(database_url, lived)
    return tmp_path


@pytest.fixture
def songnuan(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    async def run(*argv: object) -> tuple[int, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(main, [str(word) for word in argv])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


async def inside(url: str, work: Callable[[], Awaitable[object]]) -> None:
    keys.use(keys.Keyring(TEST_KEY))
    await db.open_(url, upgrade=False)
    try:
        await work()
    finally:
        await db.close()


def answer(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr("builtins.input", lambda _: said)


async def test_erased_by_the_command(
    songnuan: Run, home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = await songnuan("report")
    assert (await songnuan("backup"))[0] == 0
    answer(monkeypatch, "不")
    code, said = await songnuan("person", "erase", "H0123", "--reason", "本人来电要求")
    assert code == 1 and "求助单 1 张。删了找不回来" in said and "什么都没有改动" in said
    answer(monkeypatch, "删除")
    code, said = await songnuan("person", "erase", "H0123", "--reason", "本人来电要求")
    assert code == 0 and "已删除：整户，以后只叫 E1。" in said and "1 份备份里还有" in said
    assert [secret for secret in SECRETS if secret in said] == []
    assert await songnuan("report") == report
    if db.is_sqlite(database_url):
        raw = b"".join(
            [path.read_bytes() for path in await asyncio.to_thread(lambda: list(home.glob("songnuan*.db*")))]
        )
        assert [secret for secret in [*SECRETS, "H0123"] if secret.encode() in raw] == []
    code, said = await songnuan("person", "erase", "H0123", "--reason", "本人来电要求", "--yes")
    assert code == 1 and "没有 H0123 这一户" in said


async def test_the_sandbox_forgets_as_well(songnuan: Run, home: Path, database_url: str) -> None:
    async def bound() -> None:
        await Identity.filter(user_id=LIU).update(channel="box")
        await HelpRequest.filter(sender_id=LIU).update(channel="box")
        await Delivery.filter(chat_id=LIU).update(channel="box")

    await inside(database_url, bound)
    path = home / "data/sandbox.jsonl"
    journal = Journal(path)
    await asyncio.to_thread(journal.open)
    told = [
        (Chat("direct", LIU), LIU, "家里没米了"),
        (Chat("direct", LIU), "", "已经告诉工会"),
        (Chat("group", "g1"), LIU, "大家好"),
        (Chat("direct", "chair"), "", "求助单 1：H0123 刘桂芳"),
        (Chat("direct", WU), WU, "我家还好"),
    ]
    for number, (chat, by, words) in enumerate(told, 1):
        journal.append(Said(number, f"s{number}", chat, by, (Text(words),)))
    before = (await asyncio.to_thread(path.stat)).st_size
    assert (await songnuan("person", "erase", "H0123", "--reason", "本人来电要求", "--yes"))[0] == 0
    journal.append(Said(6, "s6", Chat("direct", WU), WU, (Text("又写"),)))  # the bot that runs goes on
    raw = await asyncio.to_thread(path.read_bytes)
    assert len(raw) > before and not [word for word in (LIU, "刘桂芳", "已经告诉工会") if word.encode() in raw]
    assert [said.id for said in await asyncio.to_thread(Journal(path).open)] == ["s5", "s6"]


async def test_a_copy_for_the_person(songnuan: Run, home: Path) -> None:
    path = home / "liu.json"
    code, said = await songnuan("person", "export", "H0123", path, "--reason", "本人来要")
    assert code == 0 and "1 人，求助单 1 张，回访 1 次" in said
    assert (await asyncio.to_thread(path.stat)).st_mode & 0o777 == 0o600
    assert json.loads(await asyncio.to_thread(path.read_text))["户"]["户编号"] == "H0123"
    code, said = await songnuan("person", "export", "H0123", home / "no/liu.json", "--reason", "本人来要")
    assert code == 1 and "写不了文件" in said
    with pytest.raises(SystemExit):
        await songnuan("person", "export", "H0123", path)


async def test_what_is_due_and_when_it_was_seen_to(songnuan: Run, home: Path, database_url: str) -> None:
    async def age() -> None:
        await Label.all().delete()
        await Label.create(day=clock.now() - timedelta(days=800), words="家里没米", ask=True)

    await inside(database_url, age)
    code, said = await songnuan("retention")
    rows: dict[str, list[str]] = {line.split()[0]: line.split()[1:] for line in said.splitlines() if line}
    assert code == 0 and rows["改正判断的例句"] == ["24", "个月", "1"] and rows["备份"] == ["30", "天", "0"]
    assert "上次清理：还没有" in said
    assert (await songnuan("retention", "--now"))[1] == "改正判断的例句：1\n清理好了，删掉备份 0 份。\n"
    found: dict[str, Any] = json.loads((await songnuan("retention", "--json"))[1])
    assert found["last"] and {one["due"] for one in found["kinds"]} == {0}


async def test_who_leaves(songnuan: Run, home: Path, database_url: str) -> None:
    async def in_hand() -> None:
        volunteer = await Identity.get(channel=CHANNEL, user_id=VOLUNTEER)
        house = await Household.get(code="H0124")
        await HelpRequest.filter(household=house).update(state="assigned", assigned_to_id=volunteer.staff_id)

    await inside(database_url, in_hand)
    code, said = await songnuan("staff", "leave", "陈小满", "--to", "赵志强")
    assert code == 0 and "手上的 1 张求助单交给了赵志强。" in said and "counsellors" in said
    (home / "messages").unlink()  # a text that cannot be read keeps nobody in
    code, said = await songnuan("staff", "leave", "赵志强")
    assert code == 0 and "赵志强 已停用" in said and "1 张求助单已退回" in said
    assert (await songnuan("staff", "leave", "赵志强"))[0] == 1
