"""One person writes without end; another family's request reaches a chair all the same, at once."""

from pathlib import Path
from time import monotonic

import pytest

from bot.channels.common.lanes import PER_SENDER, TOGETHER, Lanes
from bot.models import HelpRequest
from tests.people import CHAIR, FAMILY_GROUP, LIU, NEED, OTHER_NEED, STRANGER, WU
from tests.stage import Stage, stage

pytestmark = pytest.mark.db
FLOOD = 1500  # more than seven seconds of two hundred a second, all at once
PATIENCE = 10.0
CHATTER = ["吃了吗", "哈哈哈", "明天几点的班", "[捂脸]", "路上滑，大家慢点"]


async def flood(scene: Stage, texts: list[str], who: str, group: str | None) -> None:
    frames = [scene.frame(texts[n % len(texts)] + "！" * (n % 7), who, group) for n in range(FLOOD)]
    for frame in frames:
        await scene.peer.push(frame)


async def alerted(scene: Stage, words: str, who: str, group: str | None) -> float:
    """Seconds from a family's sentence to the chair's alert."""
    begun = monotonic()
    await scene.say(words, who, group)
    await scene.hears(f"direct:{CHAIR}", words)
    return monotonic() - begun


@pytest.mark.parametrize("group", [FAMILY_GROUP, None])
async def test_one_who_asks_without_end_delays_nobody(tmp_path: Path, database_url: str, group: str | None) -> None:
    async with stage(tmp_path, database_url) as scene:
        await flood(scene, [NEED, "家里没吃的了"], LIU, group)
        assert await alerted(scene, OTHER_NEED, WU, group) < PATIENCE
        await scene.settled(group)
        assert await HelpRequest.all().count() == 2, "the flood is one request, and what came after it another"
        told = [text for text in scene.heard(f"direct:{CHAIR}") if text.startswith("【求助 1 号】")]
        assert len(told) == 1


async def test_chatter_without_end_delays_nobody(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database_url) as scene:
        await flood(scene, CHATTER, STRANGER, FAMILY_GROUP)
        assert await alerted(scene, NEED, LIU, FAMILY_GROUP) < PATIENCE


async def test_many_who_write_at_once(tmp_path: Path, database_url: str) -> None:
    """Fifty strangers, each of them faster than anybody types."""
    async with stage(tmp_path, database_url) as scene:
        for n in range(1000):
            await scene.peer.push(scene.frame(f"{OTHER_NEED}{'！' * (n % 3)}", str(34_000_000 + n % 50), FAMILY_GROUP))
        assert await alerted(scene, NEED, LIU, None) < PATIENCE


async def test_what_one_sender_piles_up_is_bounded() -> None:
    """Their first words are heard; what they pile up beyond that is let go and counted."""
    handled: list[int] = []

    async def handle(item: int) -> None:
        handled.append(item)

    lanes = Lanes(handle, lanes=1)
    for n in range(PER_SENDER + 10):
        lanes.put("chat", n, "a")
    lanes.put("chat", -1, "b")
    lanes.start()
    await lanes.idle()
    await lanes.stop(1)
    assert lanes.let_go == 10 and handled.index(-1) == TOGETHER, "the other one waits for eight of them at most"
    assert [item for item in handled if item >= 0] == list(range(PER_SENDER)), "their own order is kept"


async def test_what_waits_already_is_not_queued_again() -> None:
    handled: list[int] = []

    async def handle(item: int) -> None:
        handled.append(item)

    lanes = Lanes(handle, lanes=1)
    for n in range(9):
        lanes.put("chat", n, "a", f"m{n % 3}")
    lanes.start()
    await lanes.idle()
    lanes.put("chat", 9, "a", "m0")  # that one is no longer waiting: the database knows whether it is new
    await lanes.idle()
    await lanes.stop(1)
    assert handled == [0, 1, 2, 9] and lanes.let_go == 0
