"""February 2020 once more: roster in, rounds of calls, 567 flags, parcels, and every family asked.

Everything that volunteers, chairs and families do goes through chat; only the office's own work (roster,
rounds, bind codes) uses the actions behind `songnuan import` and `songnuan round`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import clock, sheets
from bot.actions.outreach import assignments, rounds
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.outreach.rounds import Plan, Segment
from bot.actions.roster import importing as roster
from bot.actions.roster import synthetic
from bot.actions.roster.importing import Report
from bot.actions.staff import directory, people
from bot.jobs import confirmation, escalation, releases
from bot.models import FollowUp, HelpRequest, Household, Member, Staff, Unit
from bot.sample.synthetic import HEADER, OLD, SURNAMES, UNITS, WORKPLACES, rows
from tests.replay.cast import NEXT, VISITED, Chair, Hall, Listener, Person, Relative, Volunteer
from tests.replay.families import Family
from tests.replay.families import roster as truth

BEGIN = datetime(2020, 2, 3, 8, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
LONGEST = timedelta(days=90)
LAST_CALL = (19, 45)  # a call that begins later would end after calling hours
ENOUGH, CAP = 100, 40  # households of a volunteer in all; calls a day
NOT_REACHED = tuple(code for code, outcome in OUTCOMES.items() if outcome.ends == "roster_fix" or code == "off")
Say = Callable[[str], None]


class Story:
    def __init__(self, households: int, seed: int, folder: Path, say: Say) -> None:
        self.households, self.seed, self.folder, self.say = households, seed, folder, say
        self.families: dict[str, Family] = truth(households, seed)
        self.hall, self.now, self.today = Hall(), BEGIN, BEGIN.date()
        self.volunteers: dict[str, list[Volunteer]] = {}
        self.top = Listener("40000000", "郑国强")
        self.problems: list[str] = []

    async def play(self) -> None:
        clock.use(lambda: self.now.astimezone(UTC))
        await self._roster()
        await self._people()
        await self._round("疫情期间回访", Segment())
        await self._visit_the_silent()
        await self._too_early()
        await self._live()
        await self._mend_numbers()
        await self._round("换了号码再打", Segment(outcomes=NOT_REACHED))
        await self._live()
        self._expect("messages that failed", self.hall.metrics.errors, 0)
        self._expect(f"lines refused {self.hall.refused[:3]}", len(self.hall.refused), 0)
        alerts = [text for text in self.top.heard if "【" in text]
        self._expect("alerts that climbed past a chair", len(alerts), 0)

    async def _roster(self) -> None:
        """In, and once more the same file: which changes nothing."""
        first = await synthetic.put_in(self.households, self.seed)
        again = await synthetic.put_in(self.households, self.seed)
        self._expect("households imported", first.created, self.households)
        self._expect("unchanged when imported again", again.unchanged, self.households)
        self.say(f"imported {first.created} households, {await Member.all().count()} people; again: no change")

    async def _people(self) -> None:
        """Volunteers and a chair for each mine, a chair above; everybody binds an account with a code."""
        names = [surname + given for given in OLD for surname in SURNAMES]
        each = max(1, round(self.households / len(WORKPLACES) / ENOUGH))
        cast: list[Person] = [self.top]
        codes = [await people.issue_code((await people.add_staff(self.top.name, "chair", UNITS[0][0])).id)]
        for place, mine in enumerate(WORKPLACES):
            chair = Chair(f"401{place:05d}", f"{names.pop(0)}", self.families)
            helpers = [Volunteer(f"402{place:03d}{one:02d}", names.pop(0), self.families) for one in range(each)]
            chair.helpers = [one.name for one in helpers]
            self.volunteers[mine] = helpers
            for person in (chair, *helpers):
                staff = await people.add_staff(person.name, "chair" if person is chair else "volunteer", mine)
                codes.append(await people.issue_code(staff.id))
                cast.append(person)
        for family in self.families.values():
            if family.has_account:
                member = await Member.filter(household__code=family.code).order_by("id").first()
                assert member is not None
                codes.append(await people.issue_member_code(member.id))
                cast.append(Relative(family))
        await directory.refresh()
        self.hall.enter(cast)
        answers = await self.hall.say([(who, f"绑定 {code}") for who, code in zip(cast, codes, strict=True)])
        self._expect("accounts bound", sum(text.startswith("绑定好了") for _, text in answers), len(cast))
        self.say(f"{len(cast)} people bound their accounts, {await Staff.all().count()} of them the union's")

    async def _round(self, name: str, segment: Segment) -> None:
        made = await rounds.create(Plan(name, UNITS[0][0], segment, cap_per_day=CAP))
        given = await assignments.assign(made.round.id)
        self._expect("households without a volunteer", given.left, 0)
        who = f"{len(given.counts)} volunteers, {given.again} with whoever called them before"
        self.say(f"round {made.round.id}: {made.total} households for {who}")
        for one in self._everybody():
            one.asks(self.now)

    def _everybody(self) -> list[Volunteer]:
        return [one for helpers in self.volunteers.values() for one in helpers]

    async def _visit_the_silent(self) -> None:
        """Whoever wants no calls is in no round: somebody of the mine knocks at the door instead."""
        units = {unit.id: unit.code for unit in await Unit.all()}
        quiet = await Household.filter(do_not_call=True).order_by("code")
        for place, household in enumerate(quiet):
            helpers = self.volunteers[units[household.unit_id]]
            words = self.families[household.code].words
            line = f"回访 {household.code} {words}，{VISITED}"
            helpers[place % len(helpers)].later(timedelta(hours=1 + place % 8), line)
        self.say(f"{len(quiet)} households want no calls and are visited")

    async def _too_early(self) -> None:
        """Before calling hours nobody gets a number to dial."""
        self.now = BEGIN.replace(hour=7)
        eager = self._everybody()[0]
        refused = await self.hall.say([(eager, NEXT)])
        self._expect("refused before calling hours", sum("现在不是打电话的时候" in text for _, text in refused), 1)
        self.now = BEGIN
        eager.asks(BEGIN)

    async def _mend_numbers(self) -> None:
        """The roster comes back with the right numbers: the same sheet, edited and imported."""
        wrong = [row.household_id for row in await FollowUp.filter(undone_at=None, outcome__in=NOT_REACHED)]
        codes = {one.code for one in await Household.filter(id__in=wrong)}
        phone, seen = HEADER.index("电话"), set[str]()
        table = [row for row in rows(self.households, self.seed) if row[0] in codes]
        for row in table:
            if row[0] not in seen:  # the first of a family is the one to ask for
                seen.add(row[0])
                row[phone] = f"1381{int(row[0][1:]):07d}"
        path = self.folder / "mended.csv"
        sheets.write(path, [list(HEADER), *table])
        done: Report = await roster.import_roster(path)
        self._expect("numbers mended", done.updated, len(codes))
        self.say(f"{done.updated} wrong numbers mended on the roster")

    async def _live(self) -> None:
        """Hour by hour, until nobody has anything to do any more."""
        until = self.now + LONGEST
        while self.now < until and not await self._over():
            await self._jobs()
            while await self.hall.speak():
                pass
            await self._move_on()
        self._expect(f"left to do on {self.now:%Y-%m-%d}", int(not await self._over()), 0)

    async def _over(self) -> bool:
        if any(line != NEXT for person in self.hall.people.values() for _, line in person.todo):
            return False
        waiting = sum(one.free + one.held for one in await rounds.overview())
        return not waiting and not await HelpRequest.exclude(state="closed").exists()

    async def _jobs(self) -> None:
        rules = self.hall.room.rules
        await escalation.tick(rules)
        await confirmation.tick(rules)
        await releases.tick(rules, self.hall.room.desk.calling)
        await self.hall.listen()

    async def _move_on(self) -> None:
        """To the next moment at which somebody wants to write, or to the hour at which families are asked."""
        local = self.now
        if (local.hour, local.minute) >= LAST_CALL:
            for one in self._everybody():
                one.goes_home()
        opening = local.replace(hour=8, minute=30) + timedelta(days=int((local.hour, local.minute) >= (8, 30)))
        asking = opening.replace(hour=9, minute=1) if local.hour >= 9 else local.replace(hour=9, minute=1)
        wanted = self.hall.next_moment() or asking
        self.now = max(local + timedelta(minutes=5), min(wanted.astimezone(local.tzinfo), asking))
        if self.now.date() != self.today:
            await self._tell_day()

    async def _tell_day(self) -> None:
        calls = FollowUp.filter(undone_at=None)
        needing = await calls.filter(outcome="needs_help").count()
        closed = await HelpRequest.filter(state="closed").count()
        self.say(f"{self.today}  calls {await calls.count():5}  in need {needing:4}  helped {closed:4}")
        self.today = self.now.date()

    def _expect(self, what: str, found: int, wanted: int) -> None:
        if found != wanted:
            self.problems.append(f"{what}: {found} instead of {wanted}")
