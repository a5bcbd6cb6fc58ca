"""A union whose key is changed by the real command, a process of its own, under a working bot; every byte is read."""

import asyncio
import csv
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tortoise import Tortoise

from bot.actions.delivery import outbox
from bot.actions.households import lookup, phones
from bot.actions.privacy import audit, keyed, rekeying
from bot.actions.roster import importing as roster
from bot.events import Chat, Text
from bot.models import Household, Member, db, keyfile, keys
from tests import people
from tests.database import TEST_KEY
from tests.stage import ROOT, Stage

FIRST_PHONE = 13800001000
HEAD = ("户编号", "姓名", "关系", "电话", "单位", "类别", "地址", "备注")
OLD_ID = keys.Keyring(TEST_KEY).key_id
LATEST = 600.0  # seconds for one line of the command

# Kills the command as soon as it says that it is nearly half-way. A process of its own, because the test's is busy.
GUILLOTINE = """
import re, subprocess, sys
command = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
for line in command.stdout:
    progress = re.search(r"已换 (\\d+) / (\\d+)", line)
    if progress and 5 * int(progress[1]) >= 2 * int(progress[2]):
        command.kill()
    sys.stdout.write(line)
sys.exit(command.wait() != -9)
"""


class Rotation:
    """`songnuan key rotate` as its own process; `cut`: one that is killed half-way, and ends with 0 if it was."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []

    @classmethod
    async def start(cls, folder: Path, *words: str, cut: bool = False) -> "Rotation":
        command = [sys.executable, "-u", "-m", "bot", "--config", str(folder / "config.toml"), "key", "rotate", *words]
        if cut:
            command = [sys.executable, "-u", "-c", GUILLOTINE, *command]
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdout=pipe, stderr=asyncio.subprocess.STDOUT, start_new_session=True
            )
        )

    async def says(self, words: str) -> None:
        """Waits for a line with these words."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LATEST):
            while words not in (line := (await self.process.stdout.readline()).decode()):
                assert line, f"it ended without saying {words}:\n{''.join(self.said)}"
                self.said.append(line)
        self.said.append(line)

    async def ends(self) -> int:
        assert self.process.stdout is not None
        async with asyncio.timeout(LATEST):
            self.said.append((await self.process.stdout.read()).decode())
            return await self.process.wait()

    async def kill(self) -> None:
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


class Union:
    """`size` households of two, and what is known of them; the first tenth is changed all the time."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.phones = {(number, who): str(FIRST_PHONE + 2 * number + who) for number in range(size) for who in (0, 1)}
        self.addresses = {number: f"向阳街{number}号" for number in range(size)}
        self.changing = max(1, min(size // 10, 200))
        self.next_phone = FIRST_PHONE + 2 * size
        self.done: Counter[str] = Counter()
        self.slowest = 0.0

    async def settle(self) -> None:
        report = await roster.import_roster(self.sheet(range(self.size)))
        assert (report.created, report.refused) == (self.size, [])

    def sheet(self, numbers: range) -> Path:
        path = self.folder / "roster.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(HEAD)
            for number in numbers:
                for who, name in enumerate(("甲", "乙")):
                    phone, home = self.phones[number, who], self.addresses[number]
                    out.writerow((code(number), f"{name}{number}", "", phone, "M1", "孤寡老人", home, "腿脚不便"))
        return path

    @asynccontextmanager
    async def lives(self, scene: Stage) -> AsyncIterator[None]:
        """Families are looked up, sheets come in, people write, reasons are noted, until the block ends."""
        caller = await people.staff_id(people.VOLUNTEER)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in (self._read(caller), self._import(), self._talk(scene))]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def _read(self, caller: int) -> None:
        """Every phone finds its family at any moment."""
        choose = random.Random(7)
        while True:
            number = choose.randrange(self.changing, self.size)
            began = time.monotonic()
            found = await lookup.find(self.phones[number, 1], caller)
            assert (found.code, found.address) == (code(number), self.addresses[number])
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.done["read"] += 1
            await asyncio.sleep(0.005)

    async def _import(self) -> None:
        while True:
            for number in range(0, self.changing, 3):
                self.addresses[number] = f"清河路{self.next_phone}号"
                self.phones[number, 0] = str(self.next_phone)
                self.next_phone += 1
            sheet = self.sheet(range(self.changing))
            report = await asyncio.shield(roster.import_roster(sheet))
            assert report.updated == len(range(0, self.changing, 3)), report
            self.done["import"] += 1

    async def _talk(self, scene: Stage) -> None:
        while True:
            self.done["talk"] += 1
            answer = await scene.ask(f"收到 {700_000 + self.done['talk']}", people.CHAIR)
            assert "求助单" in answer
            async with db.transaction():
                await audit.note("phone.view", "household", reason=f"第{self.done['talk']}次联系")

    async def check(self) -> None:
        """Everything is readable and says what it should, and all of it is found."""
        homes = {one.code: one async for one in Household.filter(code__startswith="R")}
        members = {(one.household_id, one.name): one async for one in Member.filter(household__code__startswith="R")}
        assert len(homes) == self.size and len(members) == 2 * self.size
        for (number, who), phone in self.phones.items():
            home = homes[code(number)]
            member = members[home.id, f"{'甲乙'[who]}{number}"]
            assert (member.phone, home.address, home.note) == (phone, self.addresses[number], "腿脚不便")
            assert member.phone_index == phones.index(phone)
            assert member.phone_ending == phones.ending_index(phone)


def code(number: int) -> str:
    return f"R{number:06}"


def key_ids(file: Path) -> list[int]:
    return [keyfile.key_id(keyfile.fingerprint(one)) for one in keyfile.read(file)[0].masters]


async def ids_in_database() -> Counter[int]:
    """The second byte of every encrypted value, read without our own code."""
    found: Counter[int] = Counter()
    for table in keyed.tables():
        for column in table.sealed:
            statement = f'SELECT "{column}" AS it FROM "{table.name}" WHERE "{column}" IS NOT NULL'
            found.update(row["it"][1] for row in await db.fetch(statement))
    return found


async def every_text() -> int:
    """Decrypts all there is; returns how many values."""
    count = 0
    for table in keyed.tables():
        model = next(one for one in (Tortoise.apps or {})["models"].values() if one._meta.db_table == table.name)
        for row in await model.all().values(*table.sealed):
            count += sum(value is not None for value in row.values())
    return count


async def under_the_test_key(folder: Path) -> Path:
    """A union with people, words, a message and a reason in the open database; returns its key file."""
    path = folder / "songnuan.key"
    path.write_text(TEST_KEY.hex())
    path.chmod(0o600)
    keys.use(keys.load(path, create=False))
    await people.settle()
    await Household.filter(code="H0123").update(address="向阳街3号", note="腿脚不便")
    for member in await Member.all():
        await Member.filter(id=member.id).update(phone_ending=phones.ending_index(member.phone or ""))
    await outbox.enqueue([outbox.Draft("k", "reply", "qq", Chat("direct", people.LIU), (Text("送米"),))])
    async with db.transaction():
        await audit.note("phone.view", "household", 1, reason="送米要联系")
    return path


async def renew(file: Path) -> list[Path]:
    """All of it, as the command does it, where no other process has to be waited for."""
    if not keys.current().changing:
        await rekeying.begin(file)
    assert await rekeying.walk() == []
    await rekeying.void()
    return await rekeying.end(file)


async def found(who: str) -> str:
    return (await lookup.find(who, await people.staff_id(people.VOLUNTEER))).code
