"""The network tells everything again, ten thousand times: nothing new is written, and nobody hears anything twice."""

from pathlib import Path
from typing import Any

import pytest

from bot.models import Audit, Delivery, FollowUp, HelpRequest, Identity, RequestStep, Seen
from tests.people import CHAIR, FAMILY_GROUP, LIU, NEED, OTHER_NEED, STAFF_GROUP, STRANGER, VOLUNTEER, WU
from tests.stage import Stage, stage

pytestmark = pytest.mark.db
TIMES = 10_000
SAID = [
    (NEED, LIU, FAMILY_GROUP),
    (NEED, LIU, None),
    (OTHER_NEED, STRANGER, FAMILY_GROUP),
    ("收到 1", CHAIR, None),
    ("派 1 陈小满", CHAIR, STAFF_GROUP),
    ("送达 1 米10斤 186元", VOLUNTEER, None),
    ("回访 H0124 需帮助 药", VOLUNTEER, None),
    ("退订", WU, None),
    ("帮助", STRANGER, None),
    ("看电话 1 送米要联系", CHAIR, None),
]


async def rows() -> dict[str, int]:
    kept = (Audit, Delivery, FollowUp, HelpRequest, Identity, RequestStep, Seen)
    return {model.__name__: await model.all().count() for model in kept}


async def again(scene: Stage, frames: list[dict[str, Any]]) -> None:
    for number in range(TIMES):
        await scene.peer.push(frames[number % len(frames)])
    await scene.settled()


async def test_ten_thousand_replayed_events_do_nothing(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database_url) as scene:
        frames = [scene.frame(*said) for said in SAID]
        for frame in frames:
            await scene.peer.push(frame)
            await scene.settled()
        before, heard = await rows(), len(scene.peer.sent)
        assert before["HelpRequest"] == 3 and before["FollowUp"] == 1
        await again(scene, frames)
        await scene.restart()
        await again(scene, frames)
        asked = 2 * 2  # the two questions by which the scene finds out that all is handled: a mark and an answer each
        assert await rows() == before | {"Seen": before["Seen"] + 2, "Delivery": before["Delivery"] + asked - 2}
        assert len(scene.peer.sent) == heard + 2
