"""Whatever people write, are called, or put into a roster: it leaves as plain text, forges and breaks nothing."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.actions.roster import importing as roster
from bot.actions.staff import directory
from bot.actions.staff import people as acts
from bot.channels.onebot.frames import MAX_EVENT
from bot.handlers.callparse import household_and_call
from bot.models import FollowUp, HelpRequest, Household, Identity, Member, Staff
from bot.triage import fold
from tests import people
from tests.hostile import COUNT, strings
from tests.people import CHAIR, FAMILY_GROUP, NEED, STRANGER, URGENT, VOLUNTEER
from tests.stage import Stage, logged, stage

LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (DEBUG|INFO|WARNING|ERROR) +[\w.]+  \S|    \| )")
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
COMMANDS = [(STRANGER, "绑定"), (VOLUNTEER, "回访"), (VOLUNTEER, "回访 H0123"), (CHAIR, "收到")]
FIRST_STRANGER, FIRST_MEMBER = 34_000_000, 35_000_000


@pytest.fixture
async def scene(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    async with stage(tmp_path, database_url) as scene:
        yield scene


async def push(scene: Stage, text: str, who: str, group: str | None = None, nickname: str = "小赵") -> None:
    """As JSON with escapes, the only way half a surrogate can travel."""
    await scene.peer.raw(json.dumps(scene.frame(text, who, group, nickname)).encode())


def only_text(scene: Stage) -> bool:
    return {segment["type"] for sent in scene.peer.sent for segment in sent.segments} == {"text"}


def alerts(scene: Stage) -> list[str]:
    return [text for text in scene.heard(f"direct:{CHAIR}") if text.startswith("【")]


def test_the_list_is_long_and_always_the_same() -> None:
    assert len(strings()) == COUNT and strings() == strings()


@pytest.mark.parametrize("as_json", [False, True])
async def test_names_and_needs_of_strangers(scene: Stage, as_json: bool) -> None:
    """Each string once as a nickname, and once behind a need."""
    async with logged(as_json=as_json) as log:
        for number, text in enumerate(strings()[as_json::2]):
            await push(scene, f"{URGENT} {text}", str(FIRST_STRANGER + number), FAMILY_GROUP, nickname=text)
        await scene.settled(FAMILY_GROUP)
    assert only_text(scene)
    told = alerts(scene)
    assert len(told) == await HelpRequest.all().count() == COUNT // 2
    for text in told:
        lines = text.split("\n")
        assert lines[0].startswith("【求助 ") and lines[1].startswith("名册外：")
        assert lines[2].startswith(f"原话：{URGENT}") and lines[3].startswith("需要：")
        assert re.fullmatch(r"您来管，就回：收到 \d+", lines[4])
        assert len(text) < 900 and not UNSEEN.search(text)
    assert len({text.count("\n") for text in told}) == 1, "nobody adds a line to ours"
    whole = "\n".join(told)
    assert "{{ 70007*7 }}" in whole and "490049" not in whole, "shown as it was written"
    check_log(log.getvalue(), as_json)
    assert "有难处直接写给我" in await scene.ask("帮助", STRANGER)


def check_log(log: str, as_json: bool) -> None:
    assert "假" not in log and "断粮" not in log
    for line in log.splitlines():
        if as_json:
            assert set(json.loads(line)) <= {"time", "level", "logger", "message"}, "no exception was logged"
        else:
            assert LINE.match(line), line
            assert "Traceback" not in line


async def test_commands_with_anything_behind_them(scene: Stage) -> None:
    async with logged() as log:
        for number, text in enumerate(strings()):
            who, words = COMMANDS[number % len(COMMANDS)]
            await push(scene, f"{words} {text}", who)
        for who in (STRANGER, VOLUNTEER, CHAIR):
            await scene.ask("帮助", who)
            await scene.until(lambda who=who: "您可以这样写" in scene.heard(f"direct:{who}")[-1] or who == STRANGER)  # type: ignore[misc]
    assert only_text(scene)
    check_log(log.getvalue(), as_json=False)
    assert await Identity.filter(user_id=STRANGER).count() == 0
    assert {row.outcome for row in await FollowUp.all()} <= {household_and_call(fold("H1 平安"))[1].outcome}


async def test_a_volunteers_words_about_a_family(scene: Stage) -> None:
    some = strings()[::4]
    for text in some:
        await push(scene, f"回访 H0123 需帮助 米 {text}", VOLUNTEER)
    await scene.ask("求助", CHAIR)
    await scene.until(lambda: len(scene.heard(f"direct:{VOLUNTEER}")) == len(some))
    assert only_text(scene) and await HelpRequest.all().count() == 1 and await FollowUp.all().count() == len(some)
    assert all(text.startswith("已记：H0123 接通-需帮助。\n") for text in scene.heard(f"direct:{VOLUNTEER}"))


async def test_roster_cells(scene: Stage, tmp_path: Path) -> None:
    """A roster whose cells are hostile (without NUL and half letters, no table program writes those)."""
    rows = ["户编号,姓名,关系,电话,单位,类别,地址,备注"]
    for number, text in enumerate(strings()):
        cell = '"' + CONTROLS.sub("", text)[:1000].replace('"', '""') + '"'
        rows.append(f"R{number},{cell},{cell},,M1,困难职工,{cell},{cell}")
    file = tmp_path / "roster.csv"
    file.write_text("\n".join(rows), encoding="utf-8", newline="")
    report = await roster.import_roster(file)
    assert report.created > 100, "short ones are names like any other"
    members = await Member.filter(household__code__startswith="R").order_by("id").limit(150)
    for number, member in enumerate(members):
        await acts.bind_member("qq", str(FIRST_MEMBER + number), member.id)
    await directory.refresh()
    async with logged() as log:
        for number in range(len(members)):
            await push(scene, NEED, str(FIRST_MEMBER + number))
        await scene.until(lambda: len(alerts(scene)) == len(members))
    assert only_text(scene)
    for text in alerts(scene):
        lines = text.split("\n")
        assert len(lines) == 5 and re.match(r"R\d+ ", lines[1]) and lines[1].endswith("，困难职工，向阳煤矿")
    check_log(log.getvalue(), as_json=False)
    assert await Household.filter(code__startswith="R").count() == report.created


async def test_names_of_staff_and_groups(scene: Stage) -> None:
    """Those come from the command line and from the network; they are nobody's template either."""
    await Staff.filter(name="王秀兰").update(name="{{ 70007*7 }}\x1b[31m")
    await directory.changed()
    await directory.refresh()
    assert (await scene.ask("帮助", CHAIR)).startswith("{{ 70007*7 }}")


async def test_a_megabyte(scene: Stage) -> None:
    for size in (MAX_EVENT - 2000, MAX_EVENT + 2000):
        await push(scene, URGENT + "长" * (size // 6), STRANGER)  # six bytes each, as an escape
        await push(scene, "x" * size, STRANGER, FAMILY_GROUP)
    await scene.settled(FAMILY_GROUP)
    assert "有难处直接写给我" in await scene.ask("帮助", STRANGER)
    assert await HelpRequest.all().count() == 1 and only_text(scene), "what is too long to be a person's is dropped"


async def test_a_megabyte_of_a_real_need_is_heard(scene: Stage) -> None:
    await push(scene, f"{URGENT} " + "长" * 100_000, people.LIU)
    alert = await scene.hears(f"direct:{CHAIR}", "【求助 1 号】")
    assert len(alert) < 900 and URGENT in alert
