"""The outbox as Hypothesis plays with it: any order of claims, crashes, late news and people, on a real database.

The machine keeps its own small book of what it did and checks the real rows against it after each step.
"""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot import clock
from bot.actions.delivery import claiming, outbox, resending
from bot.errors import Permanent, Retryable, SendError, Unknown
from bot.events import Chat, OwnMessage, Receipt, Text
from bot.models import Group, db, keys
from bot.models.fields import to_ms
from tests.database import TEST_KEY, fresh

T = TypeVar("T")
LEASE = timedelta(minutes=4)
MORNING = datetime(2026, 12, 1, 2, tzinfo=UTC)  # 10:00 in Shanghai
QUIET = "21:30-07:00"
CHATS = "123"
OWNERS = ("a", "b")
LANES = ((0, outbox.URGENT), (outbox.URGENT + 1, 9))
OUTCOMES = ("sent", "retry", "later", "never", "unknown")

# What may follow on what; everything else is a broken promise. By a person: `resend`.
ALLOWED = {
    "queued": {"sending", "expired", "held"},
    "sending": {"sent", "failed", "unknown", "queued"},
    "unknown": {"sent", "failed"},
}  # and nothing on sent, failed, expired, held
PERSON = {"unknown", "held", "failed", "expired"}
Row = dict[str, Any]
DRAFT = st.tuples(
    st.sampled_from(["tip", "reply", "alert"]), st.sampled_from(CHATS), st.booleans(), st.sampled_from([None, 1, 12])
)
# Not shrunk: on a database that takes minutes, and the messages of the asserts say enough.
SETTINGS = settings(
    max_examples=80,
    stateful_step_count=50,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)


class Attempt(NamedTuple):
    """A claimed delivery in somebody's hands."""

    ready: outbox.Ready
    owner: str
    number: int  # counts all claims of the delivery, over resends too


class OutboxMachine(RuleBasedStateMachine):
    runner: asyncio.Runner  # with the database open in it

    def __init__(self) -> None:
        super().__init__()
        self.at = MORNING
        clock.use(lambda: self.at)
        self.rows: dict[int, Row] = {}
        self.hands: list[Attempt] = []  # being sent by owners that live
        self.ghosts: list[Attempt] = []  # of owners that hang: they may still come back with an outcome
        self.claims: dict[int, int] = {}
        self.free: dict[int, bool] = {}  # may go (again) as far as the outside world is concerned
        self.enabled = dict.fromkeys(CHATS, True)
        self.drafts = 0
        self.do(self._empty())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _empty(self) -> None:
        await db.fetch("DELETE FROM delivery")
        await db.fetch("UPDATE chat_group SET enabled = ?", True)

    # what people, families and the clock do

    @rule(drafts=st.lists(DRAFT, min_size=1, max_size=4))
    def write(self, drafts: list[tuple[outbox.Purpose, str, bool, int | None]]) -> None:
        first = self.drafts + 1
        self.drafts += len(drafts)
        rows = [self._draft(first + n, *draft) for n, draft in enumerate(drafts)]
        self.do(outbox.enqueue([*rows, self._draft(1, "tip", CHATS[0], False, None)]))  # the same key, over and over

    def _draft(self, number: int, purpose: outbox.Purpose, chat: str, quiet: bool, hours: int | None) -> outbox.Draft:
        return outbox.Draft(
            f"k{number}",
            purpose,
            "qq",
            Chat("group", chat),
            (Text(f"text k{number}"),),
            group_id=int(chat),
            quiet_hours=QUIET if quiet else "",
            expires_at=None if hours is None else self.at + timedelta(hours=hours),
        )

    @rule(minutes=st.sampled_from([1, 5, 60, 8 * 60]))
    def wait(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(chat=st.sampled_from(CHATS))
    def switch(self, chat: str) -> None:
        self.enabled[chat] = not self.enabled[chat]
        self.do(db.fetch("UPDATE chat_group SET enabled = ? WHERE id = ?", self.enabled[chat], int(chat)))

    @precondition(lambda self: any(row["status"] in PERSON for row in self.rows.values()))
    @rule(data=st.data())
    def resend(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from([id_ for id_, row in self.rows.items() if row["status"] in PERSON]))
        assert self.do(resending.resend([id_])) == 1
        self.free[id_] = True
        self.rows[id_]["status"] = "queued"  # the one way back

    # what senders do

    @rule(owner=st.sampled_from(OWNERS), limit=st.integers(1, 3))
    def claim(self, owner: str, limit: int) -> None:
        for first, last in LANES:
            for ready in self.do(claiming.claim(claiming.Lane("qq", first, last, owner, LEASE), limit)):
                self._may_go(ready)
                self.claims[ready.id] = self.claims.get(ready.id, 0) + 1
                self.free[ready.id] = False
                self.hands.append(Attempt(ready, owner, self.claims[ready.id]))

    def _may_go(self, ready: outbox.Ready) -> None:
        row = next(row for row in self.do(_rows()) if row["id"] == ready.id)
        assert row["status"] == "sending", "given out, but not committed"
        assert ready.parts == (Text(f"text {row['key']}"),)
        assert self.free.get(ready.id, True) or ready.purpose == "alert", "a second send that nobody asked for"
        assert self.enabled[row["chat_id"]] and row["not_before"] <= to_ms(self.at)
        assert row["expires_at"] is None or row["expires_at"] >= to_ms(self.at)
        assert not row["quiet_hours"] or 7 <= clock.local(self.at).hour < 22
        for other in self.do(_rows()):
            if other["status"] == "queued" and other["chat_id"] == row["chat_id"] and other["id"] < row["id"]:
                put_off = other["reason"] == "quiet_hours" and other["not_before"] > to_ms(self.at)
                assert put_off or other["priority"] > row["priority"], "overtook an earlier one of the same chat"

    @rule(owner=st.sampled_from(OWNERS), outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=3))
    def work(self, owner: str, outcomes: list[str]) -> None:
        """The usual course: claim, send, record."""
        before = len(self.hands)
        self.claim(owner, len(outcomes))
        for attempt, outcome in zip(self.hands[before:], outcomes * 2, strict=False):
            self.promises()
            self._record(attempt, outcome)

    @precondition(lambda self: self.hands or self.ghosts)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def record(self, data: st.DataObject, outcome: str) -> None:
        self._record(data.draw(st.sampled_from(self.hands + self.ghosts)), outcome)

    def _record(self, attempt: Attempt, outcome: str) -> None:
        (self.hands if attempt in self.hands else self.ghosts).remove(attempt)
        id_, before = attempt.ready.id, self.rows[attempt.ready.id]
        ours = before["status"] == "sending" and attempt.number == self.claims[id_]
        self.do(outbox.record([_outcome(attempt, outcome, self.at)]))
        if not ours:
            assert self.do(_rows(id_)) == [before], "the outcome of an old attempt changed the row"
        elif outcome in ("retry", "later"):
            self.free[id_] = True

    @rule(owner=st.sampled_from(OWNERS), comes_back=st.booleans())
    def vanish(self, owner: str, comes_back: bool) -> None:
        """Killed; or its machine sleeps past the lease, and when it wakes up it still thinks that it holds its rows."""
        lost = [attempt for attempt in self.hands if attempt.owner == owner]
        self.hands = [attempt for attempt in self.hands if attempt.owner != owner]
        if comes_back:
            self.ghosts += lost
            self.at += LEASE + timedelta(seconds=1)
            self.do(outbox.sweep())

    @rule()
    def sweep(self) -> None:
        self.do(outbox.sweep())

    @precondition(lambda self: not self.hands and not self.ghosts)
    @rule()
    def start_alone(self) -> None:
        self.do(outbox.sweep(all_sending=True))
        assert not any(row["status"] == "sending" for row in self.do(_rows()))

    # what the network tells later

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), good=st.booleans(), unknown=st.booleans())
    def late_answer(self, data: st.DataObject, good: bool, unknown: bool) -> None:
        row = self._any(data, unknown)
        result = Receipt("late", self.at) if good else Permanent("late")
        changed = self.do(outbox.settle(str(row["id"]), result))
        assert changed == (row["status"] == "unknown")

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), unknown=st.booleans())
    def echo(self, data: st.DataObject, unknown: bool) -> None:
        row = self._any(data, unknown)
        message = OwnMessage(Chat("group", row["chat_id"]), f"text {row['key']}", "echo", self.at)
        fresh = row["settled_at"] is not None and row["settled_at"] >= to_ms(self.at - timedelta(days=1))
        assert self.do(outbox.settle_echo("qq", message)) == (row["status"] == "unknown" and fresh)

    def _any(self, data: st.DataObject, unknown: bool) -> Row:
        """Any row; when wanted, and if there is one, an unknown one."""
        ids = [id_ for id_, row in self.rows.items() if row["status"] == "unknown"] if unknown else []
        return self.rows[data.draw(st.sampled_from(ids or list(self.rows)))]

    # what must hold after each of these

    @invariant()
    def promises(self) -> None:
        now = {row["id"]: row for row in self.do(_rows())}
        assert self.rows.keys() <= now.keys(), "a row vanished"
        assert len(now) == self.drafts, "a key became two rows, or none"
        for id_, old in self.rows.items():
            self._check(old, now[id_])
        busy = [row["chat_id"] for row in now.values() if row["status"] == "sending"]
        assert len(busy) == len(set(busy)), "two on their way to one chat"
        self.rows = now

    def _check(self, old: Row, new: Row) -> None:
        step = (old["status"], new["status"])
        allowed = step[0] == step[1] or step[1] in ALLOWED.get(step[0], ())
        if old["purpose"] == "alert" and step == ("sending", "expired"):  # taken up again, and found too late
            allowed = True
        assert allowed, f"{step[0]} became {step[1]}"
        if step == ("sent", "sent"):
            assert old == new, "a row that was sent changed"
        if step == ("sending", "queued"):
            assert new["purpose"] == "alert" or self.free[new["id"]], "queued again, but it may have gone out"

    def teardown(self) -> None:
        """Everybody comes back and it is day: then everything must go out; nothing waits for ever."""
        for chat in [chat for chat, on in self.enabled.items() if not on]:
            self.switch(chat)
        self.hands, self.ghosts = [], []
        self.do(outbox.sweep(all_sending=True))
        for _ in range(24):
            self.at += timedelta(hours=1)
            while True:
                self.claim("a", 3)
                if not self.hands:
                    break
                self.do(outbox.record([_outcome(attempt, "sent", self.at) for attempt in self.hands]))
                self.hands = []
        left = {row["status"] for row in self.do(_rows())}
        assert left <= {"sent", "failed", "unknown", "expired", "held"}
        clock.use(None)


async def _rows(id_: int | None = None) -> list[Row]:
    where, values = ("", ()) if id_ is None else (" WHERE id = ?", (id_,))
    return await db.fetch(f"SELECT * FROM delivery{where} ORDER BY id", *values)


def _outcome(attempt: Attempt, name: str, at: datetime) -> outbox.Outcome:
    results: dict[str, Receipt | SendError] = {
        "sent": Receipt(f"m{attempt.ready.id}", at),
        "retry": Retryable("rate"),
        "later": Retryable("offline", retry_after=3600),
        "never": Permanent("muted"),
        "unknown": Unknown("timeout"),
    }
    return outbox.Outcome(
        attempt.ready.id, attempt.ready.purpose, attempt.ready.attempts, results[name], attempt.ready.lease
    )


@pytest.mark.db
def test_the_outbox_keeps_its_promises(template: str, tmp_path: Path) -> None:
    keys.use(keys.Keyring(TEST_KEY))

    async def prepare() -> None:
        await db.open_(await fresh(template, tmp_path), upgrade=False)
        for chat in CHATS:
            await Group.create(
                id=int(chat), channel="qq", chat_id=chat, name=chat, enabled=True, tags=[], learnt_at=MORNING
            )

    with asyncio.Runner() as runner:
        runner.run(prepare())
        OutboxMachine.runner = runner
        try:
            run_state_machine_as_test(OutboxMachine, settings=SETTINGS)
        finally:
            runner.run(db.close())
            clock.use(None)
