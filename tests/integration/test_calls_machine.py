"""Any lines by several people in any order, with hours and days between: what must hold about calls always holds."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot import clock
from bot.actions.households.viewing import CLEAR
from bot.actions.outreach import assignments, rounds
from bot.actions.outreach.calling import Calling
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.outreach.rounds import Plan
from bot.actions.staff import people
from bot.errors import ActionError
from bot.jobs import releases
from bot.models import Assignment, Audit, Delivery, FollowUp, Household, HouseholdDate, Round, db, keys
from tests import people as cast
from tests.database import TEST_KEY, empty_audit, fresh
from tests.people import CHAIR, LIU, OUTSIDER, STAFF_GROUP, STRANGER, VOLUNTEER
from tests.room import Room
from tests.rounds import SECOND, households, second_volunteer, sound

T = TypeVar("T")
MORNING = datetime(2026, 12, 1, 1, tzinfo=UTC)  # 09:00 in Shanghai
WHO = (VOLUNTEER, SECOND, CHAIR, OUTSIDER, LIU, STRANGER)
WHOM = ("H0123", "H0124", "H0201", "H0301", "张秀英", "刘桂芳", "尾号0301", "H0999", "马素英")
WORDS = "平安 未接 占线 关机 晚上再打19:00 明天上午再打 稍后 需帮助，米 错号 拒访 勿打 已故".split()
BARE = ("下一户", "我的回访", "撤销", "未接", "平安", "晚上再打 19:00", "退回", "1", "2", "求助")
TABLES = ("follow_up", "assignment", '"round"', "request_step", "delivery", "help_request", "seen")
SETTINGS = settings(
    max_examples=12,
    stateful_step_count=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)


class CallsMachine(RuleBasedStateMachine):
    runner: asyncio.Runner  # with the database open in it

    def __init__(self) -> None:
        super().__init__()
        self.at = MORNING
        clock.use(lambda: self.at)
        self.do(self._empty())
        self.room = Room()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _empty(self) -> None:
        for table in TABLES:
            await db.fetch(f"DELETE FROM {table}")
        await empty_audit()
        await Household.all().update(next_call_at=None, do_not_call=False)
        await db.fetch("DELETE FROM setting WHERE key = 'call-notes'")

    def say(self, text: str, who: str, group: bool) -> None:
        self.at += timedelta(minutes=1)
        self.do(self.room.say(text, who, STAFF_GROUP if group else None))

    @rule(whom=st.sampled_from(WHOM), words=st.sampled_from(WORDS), who=st.sampled_from(WHO), group=st.booleans())
    def a_line(self, whom: str, words: str, who: str, group: bool) -> None:
        self.say(f"回访 {whom} {words}", who, group)

    @rule(words=st.sampled_from(BARE), who=st.sampled_from(WHO), group=st.booleans())
    def a_word(self, words: str, who: str, group: bool) -> None:
        self.say(words, who, group)

    @rule(words=st.sampled_from(WORDS), who=st.sampled_from(WHO))
    def a_change(self, words: str, who: str) -> None:
        self.say(f"改 {words}", who, False)

    @rule(whom=st.sampled_from(WHOM), who=st.sampled_from(WHO))
    def given_back(self, whom: str, who: str) -> None:
        self.say(f"退回 {whom}", who, False)

    @rule(number=st.integers(1, 3), who=st.sampled_from(WHO))
    def taken(self, number: int, who: str) -> None:
        self.say(f"收到 {number}", who, False)

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)
        self.do(releases.tick(self.room.rules, Calling()))

    @rule(unit=st.sampled_from(("M1", "G", "M2")), cap=st.integers(0, 3))
    def a_round(self, unit: str, cap: int) -> None:
        async def open_() -> None:
            made = await rounds.create(Plan("轮", unit, cap_per_day=cap))
            await assignments.assign(made.round.id)

        self._may_refuse(open_())

    @rule()
    def the_oldest_round_ends(self) -> None:
        async def close() -> None:
            oldest = await Round.filter(closed_at=None).order_by("id").first()
            if oldest is not None:
                await rounds.close(oldest.id)

        self._may_refuse(close())

    @rule(who=st.sampled_from((VOLUNTEER, SECOND)))
    def moved(self, who: str) -> None:
        async def move() -> None:
            await assignments.move(await cast.staff_id(who))

        self._may_refuse(move())

    def _may_refuse(self, work: Coroutine[Any, Any, None]) -> None:
        with suppress(ActionError):
            self.do(work)

    @invariant()
    def it_holds(self) -> None:
        self.do(_it_holds())


async def _it_holds() -> None:
    await sound()
    calls = await FollowUp.all().order_by("at", "id").select_related("household__unit", "staff__unit")
    for row in await Assignment.all():
        assert row.attempts == sum(one.assignment_id == row.id and one.undone_at is None for one in calls)
    for one in calls:
        assert one.household.unit.path.startswith(one.staff.unit.path), "somebody called a household of another mine"
        assert one.staff.role in ("volunteer", "chair", "admin")
    for household in await Household.all().prefetch_related("dates"):
        _next_call_is_right(household, [one for one in calls if one.household_id == household.id])
    noted = [row.action for row in await Audit.filter(subject="household")]
    assert noted.count("callback.recorded") == len(calls)
    assert noted.count("callback.undone") == sum(one.undone_at is not None for one in calls)
    await _nothing_leaks()


def _next_call_is_right(household: Household, calls: list[FollowUp]) -> None:
    standing = [one for one in calls if one.undone_at is None]
    never_again = any(one.outcome in ("do_not_call", "deceased") for one in standing)
    assert household.do_not_call == never_again
    if household.next_call_at is None:
        return
    last = standing[-1]
    assert not OUTCOMES[last.outcome].final, "a call is planned although the last one settled it"
    local, called = clock.local(household.next_call_at), clock.local(last.at)
    assert Calling().open(household.next_call_at) and local > called
    assert last.outcome == "call_later" or local.date() > called.date(), "twice in a day"
    assert (local.month, local.day) not in {(day.month, day.day) for day in household.dates}  # type: ignore[attr-defined]


async def _nothing_leaks() -> None:
    shown = await Audit.filter(action=CLEAR).count()
    told = 0
    for row in await Delivery.all():
        body = row.body or ""
        told += row.purpose == "reply" and "1380000" in body
        if row.chat_kind == "group":
            assert not any(secret in body for secret in ("1380000", "张秀英", "刘桂芳", "吴德顺", "马素英", "米")), body
        if row.chat_id in (STRANGER, LIU):
            assert "H0" not in body
    assert told == shown, "a phone number was shown without a trace"


@pytest.mark.db
def test_calls_keep_their_promises(template: str, tmp_path: Path) -> None:
    keys.use(keys.Keyring(TEST_KEY))

    async def prepare() -> None:
        await db.open_(await fresh(template, tmp_path), upgrade=False)
        await cast.settle()
        await second_volunteer()
        await households("H0301", "H0302")
        await people.add_staff("钱多", "volunteer", "M2")
        household = await Household.get(code="H0301")
        for day in (2, 3):
            await HouseholdDate.create(household=household, kind="avoid", month=12, day=day)

    with asyncio.Runner() as runner:
        runner.run(prepare())
        CallsMachine.runner = runner
        try:
            run_state_machine_as_test(CallsMachine, settings=SETTINGS)
        finally:
            runner.run(db.close())
            clock.use(None)
