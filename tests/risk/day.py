"""A simulated day on one account: the real outbox, pacing, breaker and lane, with a clock that is moved by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pytest import MonkeyPatch

from bot import clock
from bot.actions.broadcasting import broadcasts, groups
from bot.actions.broadcasting.broadcasts import Firing
from bot.actions.delivery import outbox
from bot.actions.staff import directory, people
from bot.app import building
from bot.config import Config, Pacing
from bot.events import GroupInfo, Text
from bot.models import Group, db
from bot.models.fields import from_ms
from bot.sender.lane import POLL_SECONDS, LaneWorker
from bot.sender.pacing import Breaker, Pacer
from tests.risk.model import Account, Day, Rules

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC) - timedelta(hours=8)  # in Shanghai
TIPS = ("08:30", "12:00", "17:30")
DAY = 24 * 3600


class Time:
    """Both clocks of the bot, moved together."""

    def __init__(self, patch: MonkeyPatch) -> None:
        self.passed = 0.0
        patch.setattr(clock, "monotonic", lambda: self.passed)
        clock.use(lambda: MIDNIGHT + timedelta(seconds=self.passed))

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


def shipped(channel: str) -> tuple[Pacing, str, timedelta]:
    """Pacing, quiet hours and a tip's life, as the shipped settings have them."""
    config = Config.model_validate({"channels": {"x": {"type": channel}}})
    life = timedelta(hours=config.broadcasts.expire_hours)
    return building.pacing(config)["x"], building.quiet_by_channel(config)["x"], life


async def prepare(number: int, *, days_old: int) -> None:
    """So many groups of one union, all switched on, and an account of that age."""
    await people.add_unit("M1", "向阳煤矿")
    unit = (await people.unit_by_code("M1")).id
    await groups.learnt("x", [GroupInfo(f"{7_000_000 + n}", f"家属群{n}") for n in range(number)])
    await Group.all().update(enabled=True, unit_id=unit)
    await db.fetch(
        "INSERT INTO setting (key, value) VALUES (?, ?) RETURNING key",
        "since.x",
        (MIDNIGHT - timedelta(days=days_old)).isoformat(),
    )
    async with db.transaction():
        await directory.changed()
    await directory.refresh()


async def play(
    time: Time, pacing: Pacing, quiet: str, life: timedelta, *, seed: int = 1, tips: Sequence[str] = TIPS,
    restart_at: str = "", rules: Rules | None = None,
) -> Day:  # fmt: skip
    """From midnight to midnight; with `restart_at` a new process goes on from then."""
    account = Account("x", rules or Rules(), time.sleep, seed)
    lane = _lane(account, pacing)
    due = [(_seconds(at), True) for at in tips] + ([(_seconds(restart_at), False)] if restart_at else [])
    due = sorted(due)
    last = 0.0
    while time.passed < DAY and not account.frozen:
        while due and due[0][0] <= time.passed:
            if due.pop(0)[1]:
                await _fire(life, quiet)
            else:  # killed and started again, the way the app does it
                await outbox.sweep(all_sending=True)
                lane = _lane(account, pacing)
        before, pause = time.passed, await lane.turn()
        await lane.landed()
        last = time.passed if time.passed > before else last
        if pause:
            time.sleep(min(await _until_work(pause), (due[0][0] if due else DAY) - time.passed + 0.001))
    await lane.turn()
    counts = await db.fetch("SELECT status, count(*) AS n FROM delivery GROUP BY status")
    return Day(
        account.frozen,
        len(account.arrived),
        sum(count - len(tips) for count in account.arrived.values() if count > len(tips)),
        {row["status"]: int(row["n"]) for row in counts},
        timedelta(seconds=round(last)),
    )


def _lane(account: Account, pacing: Pacing) -> LaneWorker:
    return LaneWorker(account, pacing, Pacer("x", pacing, urgent=False), Breaker(), "simulated", urgent=False)


async def _until_work(pause: float) -> float:
    """The lane's own pause; longer while nothing can be due, for a clock that is moved by hand."""
    if pause != POLL_SECONDS:
        return pause
    rows = await db.fetch("SELECT min(not_before) AS at FROM delivery WHERE status = 'queued'")
    if rows[0]["at"] is None:
        return float(DAY)
    return max(pause, (from_ms(rows[0]["at"]) - clock.now()).total_seconds())


async def _fire(life: timedelta, quiet: str) -> None:
    now = clock.now()
    key = f"tip-{now:%H%M}"
    await broadcasts.plan(key, "x", now)
    firing = Firing(key, now, None, "tips/x", "提示", lambda _: (Text(f"提示 {key}"),), False, now + life)
    await broadcasts.fire(firing, directory.groups_for([], []), {"x": quiet})


def _seconds(at: str) -> float:
    hour, minute = map(int, at.split(":"))
    return hour * 3600.0 + minute * 60
