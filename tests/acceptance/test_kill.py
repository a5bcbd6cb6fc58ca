"""No message vanishes and none goes twice, however the bot is stopped. `make torture` does the same at length."""

from collections import Counter
from pathlib import Path

from bot.models import db
from tests.torture.kills import WINDOW, torture, yard


async def test_twelve_kills(tmp_path: Path) -> None:
    verdict = await torture(tmp_path, kills=12, groups=300, seed=20)
    assert verdict.problems == []
    assert verdict.counts["kills that cut sends"] >= 3, "the kills came when nothing was going on"


async def test_four_kills_over_a_wechat_gateway(tmp_path: Path) -> None:
    verdict = await torture(tmp_path, kills=4, groups=80, seed=21, network="wechat")
    assert verdict.problems == []
    assert verdict.counts["kills that cut sends"] >= 1, "the kills came when nothing was going on"


async def test_a_stop_in_the_middle_of_a_broadcast_leaves_nothing_in_doubt(tmp_path: Path) -> None:
    async with yard(tmp_path, groups=300, texts=2) as place:
        await place.peer.order("faults", delay=0.5)
        await place.plan()
        bot = await place.start()
        await place.peer.reaches(WINDOW + 1)  # the second window is out, its answers are not
        assert await bot.stop() == 0
        arrived = len(place.peer.ledger())
        assert await _states() == {"sent": arrived, "queued": 300 - arrived}
        assert WINDOW < arrived < 300
        await place.peer.order("faults", delay=0.0)
        assert await place.finish() == 0
        assert (await place.audit(most_unknown=0)).problems == []


async def _states() -> Counter[str]:
    return Counter(row["status"] for row in await db.fetch("SELECT status FROM delivery"))
