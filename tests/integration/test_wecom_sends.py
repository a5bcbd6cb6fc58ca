"""The WeCom channel against a server that keeps the real one's rules: what is sent, and what each answer means."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.channels.wecom import LIMITS, Timing, WeComChannel, read
from bot.channels.wecom.budget import A_MINUTE, SPARE, Budget
from bot.channels.wecom.outcomes import judge
from bot.config import WeCom
from bot.content.parts import degrade
from bot.errors import Permanent, ProblemsFound, Retryable, SendError, Unknown
from bot.events import Chat, File, Image, Limits, Line, Link, Mention, Outgoing, Part, Text
from tests.servers.onebot_rig import Recorder, eventually
from tests.servers.wecom_server import WeComServer, wecom
from tests.stage import logged

KEY, OTHER = "11111111-aaaa-bbbb-cccc-000000000001", "11111111-aaaa-bbbb-cccc-000000000002"
GROUP, STAFF = "向阳家属群", "工作群"
FAST = Timing(minute=60, probe=5, backoff_first=0.02, backoff_max=0.05)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


class Rig:
    def __init__(self, channel: WeComChannel, server: WeComServer, inbox: Recorder, root: Path) -> None:
        self.channel, self.server, self.inbox, self.root = channel, server, inbox, root

    async def send(self, *parts: Part, to: Chat | None = None, request: int | None = None) -> None:
        chat = to or Chat("group", GROUP)
        receipt = await self.channel.send(Outgoing("1", chat, degrade(parts, LIMITS), request))
        assert receipt.message_id is None  # robots name none

    async def until(self, state: Line) -> None:
        await eventually(lambda: self.channel.health().state is state)


@asynccontextmanager
async def rig(folder: Path, *, known: tuple[str, ...] = (KEY, OTHER), patience: float = 5) -> AsyncIterator[Rig]:
    names = {KEY: GROUP, OTHER: STAFF}
    async with wecom({key: names[key] for key in known}) as server:
        config = WeCom(type="wecom", url=server.url, timeout_seconds=patience)
        robots = {name: key for key, name in names.items()}
        channel = WeComChannel("wecom", config, robots, media_root=folder, timing=FAST)
        inbox = Recorder()
        await channel.start(inbox)
        try:
            yield Rig(channel, server, inbox, folder)
        finally:
            await channel.stop()


async def refused(line: Rig, kind: type[SendError], code: str, *parts: Part) -> None:
    with pytest.raises(kind) as caught:
        await line.send(*(parts or (Text("天冷添衣"),)))
    assert caught.value.code == code
    assert KEY not in str(caught.value) and KEY not in repr(caught.value.__cause__)


async def test_groups_are_known_from_the_file_and_the_line_is_looked_at_without_a_word(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await line.until(Line.ONLINE)
        assert [[group.id for group in groups] for groups in line.inbox.groups] == [[GROUP, STAFF]]
        assert line.server.taken == [] and line.server.probes == 1


async def test_each_part_is_a_message_of_its_kind(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 empty")
    link = Link("https://example.cn/nuan", "冬季用电安全" * 20)
    parts = (Mention("li.si"), Text("明早降温"), Image("a.png"), File("b.pdf", "须知"), link)
    async with rig(tmp_path) as line:
        await line.send(*parts)
        await line.send(Mention("13800000000"), Text("请看"))
        await line.send(File("b.pdf", "须知"))
        taken = line.server.taken
        assert [one.kind for one in taken] == ["text", "image", "file", "news", "text", "file"]
        assert (taken[0].text, taken[0].mentions, taken[4].mentions) == ("明早降温", ["li.si"], ["13800000000"])
        assert line.server.refused == [93000]  # only the look without a key
        assert len(line.server._media) == 1  # the file went up once


async def test_a_long_text_is_cut_between_lines_and_never_within_a_letter(tmp_path: Path) -> None:
    text = "\n".join(f"{number}. 天冷了，请给老人和孩子添衣，夜里关好煤气。" for number in range(60))
    async with rig(tmp_path) as line:
        await line.send(Text(text))
        pieces = line.server.texts(GROUP)
        assert len(pieces) == 2 and "\n".join(pieces) == text
        await line.send(Text("暖" * 1000))
        assert "".join(line.server.texts(GROUP)[2:]) == "暖" * 1000


async def test_what_is_meant_for_one_person_is_never_written_into_the_group(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await line.send(Text("H0123 刘桂芳：家里没米了"), to=Chat("direct", f"{STAFF}/wang"), request=12)
        await line.send(Text("您的登录链接"), Image("x.png"), to=Chat("direct", f"{STAFF}/wang"))
        assert [(one.robot, one.text, one.mentions) for one in line.server.taken] == [
            (STAFF, "有一条求助在等您（12 号），请到送暖里看。", ["wang"]),
            (STAFF, "有一条给您的消息，请到送暖里看。", ["wang"]),
        ]


async def test_what_cannot_be_sent_says_why(tmp_path: Path) -> None:
    (tmp_path / "big.png").write_bytes(PNG + bytes(LIMITS.image_max))
    (tmp_path / "fake.png").write_bytes(b"GIF89a not a picture of the kind")
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    async with rig(tmp_path) as line:
        await refused(line, Permanent, "bad_media", Image("big.png"))
        await refused(line, Permanent, "bad_media", Image("fake.png"))
        await refused(line, Permanent, "bad_media", Image("a.gif"))
        await refused(line, Permanent, "bad_media", Image("../secret.png"))
        await refused(line, Permanent, "too_long", Text("暖" * 5000))
        await refused(line, Permanent, "empty", Text(" \n"))
        with pytest.raises(Permanent, match="no_such_chat"):
            await line.send(Text("喂"), to=Chat("group", "没有的群"))
        with pytest.raises(Permanent, match="bad_target"):
            await line.send(Text("喂"), to=Chat("direct", GROUP))
        assert line.server.taken == []
        assert line.channel.health().state is Line.ONLINE


async def test_a_lost_answer_is_a_doubt_and_a_refusal_is_none(tmp_path: Path) -> None:
    async with rig(tmp_path, patience=0.5) as line:
        for fault, code in (
            ("swallow", "dropped"), ("hang", "timeout"), ("502", "failed_http_502"), ("busy", "failed_-1"),
            ("nonsense", "async"),
        ):  # fmt: skip
            line.server.fault.append(fault)  # type: ignore[arg-type]
            await refused(line, Unknown, code)
        assert len(line.server.taken) == 3  # they stood in the group indeed
        await line.send(Text("还在"))


async def test_a_line_that_never_gets_ready_is_no_doubt(tmp_path: Path) -> None:
    """Somebody takes the call and never says a word of TLS: nothing of ours can have left."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = WeCom(type="wecom", url=f"https://127.0.0.1:{port}", timeout_seconds=0.4)
    channel = WeComChannel("wecom", config, {GROUP: KEY}, media_root=tmp_path, timing=FAST)
    await channel.start(Recorder())
    with pytest.raises(Retryable, match="offline"):
        await channel.send(Outgoing("1", Chat("group", GROUP), (Text("喂"),)))
    await channel.stop()
    server.close()


async def test_an_answer_in_pieces_is_read_to_its_end(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        line.server.fault.append("pieces")
        await line.send(Text("天冷添衣"))


async def test_what_breaks_off_in_the_middle_is_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "fake.png").write_bytes(b"GIF89a not a picture of the kind")
    async with rig(tmp_path) as line:
        await refused(line, Unknown, "partly", Text("先"), Link("https://example.cn", ""), Image("fake.png"))
        assert [one.kind for one in line.server.taken] == ["text", "news"]


async def test_a_file_that_did_not_go_up_may_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 empty")
    async with rig(tmp_path) as line:
        line.server.fault.append("swallow")
        await refused(line, Retryable, "offline", File("b.pdf"))
        await line.send(File("b.pdf"))


async def test_no_server_is_no_doubt_and_it_comes_back_by_itself(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        await line.until(Line.ONLINE)
        await line.server.stop()
        await refused(line, Retryable, "offline")
        assert line.channel.health().state is Line.OFFLINE
        await line.server.start()
        await line.until(Line.ONLINE)
        await line.send(Text("回来了"))


async def test_a_robot_that_was_removed_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    async with rig(tmp_path, known=(OTHER,)) as line:
        await refused(line, Permanent, "bad_robot")
        health = line.channel.health()
        assert health.state is Line.ONLINE and GROUP in health.detail and KEY not in health.detail
        await line.send(Text("在"), to=Chat("group", STAFF))
        line.server.robots.clear()
        with pytest.raises(Permanent, match="bad_robot"):
            await line.send(Text("在"), to=Chat("group", STAFF))
        assert line.channel.health().state is Line.REFUSED


async def test_a_robot_never_sends_more_than_twenty_a_minute(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        for number in range(A_MINUTE - SPARE):
            await line.send(Text(f"第 {number} 条"))
        await refused(line, Retryable, "too_often")
        for _ in range(SPARE):
            await line.send(Text("x"), to=Chat("direct", f"{GROUP}/wang"), request=3)
        with pytest.raises(Retryable) as caught:
            await line.send(Text("x"), to=Chat("direct", f"{GROUP}/wang"), request=3)
        assert 50 < (caught.value.retry_after or 0) <= 60
        await line.send(Text("别的群"), to=Chat("group", STAFF))
        assert 45009 not in line.server.refused


async def test_somebody_else_who_uses_the_robot_costs_patience_only(tmp_path: Path) -> None:
    async with rig(tmp_path) as line:
        other = WeComChannel("other", WeCom(type="wecom", url=line.server.url), {GROUP: KEY}, timing=FAST)
        await other.start(Recorder())
        for _ in range(A_MINUTE - SPARE):
            await other.send(Outgoing("1", Chat("group", GROUP), (Text("别人"),)))
        for _ in range(SPARE):
            await line.send(Text("我们"))
        await refused(line, Retryable, "too_often")
        await other.stop()


async def test_the_key_is_in_no_log_and_in_no_state(tmp_path: Path) -> None:
    async with logged() as log, rig(tmp_path, known=(), patience=0.3) as line:
        await line.until(Line.ONLINE)
        await refused(line, Permanent, "bad_robot")
        for fault in ("swallow", "hang", "502"):
            line.server.fault.append(fault)
            await refused(line, Unknown, {"swallow": "dropped", "hang": "timeout"}.get(fault, "failed_http_502"))
        await line.server.stop()
        await refused(line, Retryable, "offline")
        assert "->" in log.getvalue() and KEY not in log.getvalue()
        assert KEY not in repr(line.channel.health())


def test_the_budget_counts_from_the_answer() -> None:
    at = [0.0]
    budget = Budget(60, lambda: at[0])
    assert budget.take(16, urgent=False) == 0
    assert budget.take(1, urgent=False) == 60  # nobody has answered: nothing better is known
    at[0] = 5
    budget.done(16)
    assert budget.take(5, urgent=True) == 60
    assert budget.take(4, urgent=True) == 0
    at[0] = 64.9
    assert budget.take(1, urgent=True) == pytest.approx(0.1)
    at[0] = 65
    assert budget.take(16, urgent=False) > 0 and budget.take(12, urgent=False) == 0


@pytest.mark.parametrize(
    "answer", [None, [], "ok", {}, {"errcode": "0"}, {"errcode": True}, {"errcode": 99999}, {"errcode": -1}]
)
def test_what_is_not_understood_is_a_doubt(answer: object) -> None:
    assert isinstance(judge(answer), Unknown)


def test_robots_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "wecom.toml"
    path.write_text(f'"{GROUP}" = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"\nstaff = "{OTHER}"\n')
    assert read(path, "secrets/wecom.toml") == {GROUP: KEY, "staff": OTHER}
    path.write_text(f'a = "{KEY}"\nb = "{KEY}"\n"c d" = "{OTHER}"\ne = "hush"\nf = 3\n')
    with pytest.raises(ProblemsFound) as caught:
        read(path, "secrets/wecom.toml")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 5]
    assert KEY not in str(caught.value) and "hush" not in str(caught.value)
    path.write_text("")
    with pytest.raises(ProblemsFound, match="一个群机器人也没有写"):
        read(path, "secrets/wecom.toml")


def test_a_cut_never_splits_a_letter() -> None:
    limits = Limits(7, "bytes", frozenset({"text"}), most=9)
    parts = degrade([Text("暖a暖暖\n暖")], limits)
    assert [part.text for part in parts if isinstance(part, Text)] == ["暖a暖", "暖\n暖"]
