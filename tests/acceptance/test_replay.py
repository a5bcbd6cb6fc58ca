"""The news report once more at a fiftieth of its size; `make replay` does all 3,700 households."""

from pathlib import Path

from tests.database import TEST_KEY
from tests.replay import totals
from tests.replay.families import shares
from tests.replay.story import Story

HOUSEHOLDS, IN_NEED, FEN = 74, 11, 352_000
WRITTEN = "下一户 未接 没人接 占线 关机 错号 平安 需帮助 拒访 晚上再打 改 回访 收到 派 送达 更正 回访确认 1 2".split()


async def test_called_flagged_brought_and_confirmed_to_the_fen(database: str, tmp_path: Path) -> None:
    key_file = tmp_path / "replay.key"
    key_file.touch(mode=0o600)
    key_file.write_text(TEST_KEY.hex())
    days: list[str] = []
    story = Story(HOUSEHOLDS, 1, tmp_path, days.append)
    await story.play()
    assert story.problems == [] and await totals.kept() == []
    assert not [word for word in WRITTEN if not story.hall.counts[word]], "a part of the story was not told"

    found = await totals.totals(database, key_file)
    assert totals.wrong(found, story.families) == []
    assert (found["needing"]["households"], found["confirmed"]["fen"]) == (IN_NEED, FEN)
    assert "救助·确认    11  11    3,520.00" in await totals.command(database, key_file)

    found["confirmed"]["rows"][0]["fen"] += 1
    assert len(totals.wrong(found, story.families)) == 2, "neither its total nor the parcel of its family agrees"
    found["confirmed"]["fen"] += 1
    assert totals.wrong(found, story.families)[0] == "yuan that they said came differs"


def test_an_amount_is_divided_without_a_rest() -> None:
    for parts in (1, 2, 11, 567):
        found = shares(17_600_000, parts)
        assert sum(found) == 17_600_000 and len(found) == parts and min(found) > 0
