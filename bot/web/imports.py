"""Rosters that people have uploaded: each is looked at, tried, and brought in by a task, while its page asks how far.

A sheet is full of families' data. It lies in a folder of its own that only this process may read, and is gone when
its owner is done with it, after two hours, or with the process. What was cut off is simply uploaded again.
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from bot import clock, sheets
from bot.actions.roster import columns as roster_columns
from bot.actions.roster import importing as roster
from bot.actions.roster import report as roster_report
from bot.actions.roster.importing import Report
from bot.errors import ActionError, BadInput, Conflict, NotFound
from bot.web.passing import Place

log = logging.getLogger(__name__)

LIFE = timedelta(hours=2)
MOST, EACH = 20, 3  # sheets at a time: of everybody, of one person
ENDINGS = (".xlsx", ".xls", ".ods", ".csv", ".xlsm", ".txt")
State = Literal["mapping", "trying", "tried", "running", "done", "failed"]
BUSY: tuple[State, ...] = ("trying", "running")
BROKEN = "没有办完：服务器上出了错，请再试一次；还不行请告诉管理员。"


@dataclass(slots=True)
class Sheet:
    """One upload. `chosen` is by the sheet's own column name: one of our fields, "" for none."""

    id: str
    staff_id: int
    path: Path
    folder: TemporaryDirectory[str]
    header: list[str]
    chosen: dict[str, str]
    at: datetime
    keep: bool = False
    state: State = "mapping"
    progress: tuple[str, int, int] = ("read", 0, 0)
    report: Report | None = None
    trouble: str = ""
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def mapping(self) -> roster_columns.Saved:
        return roster_columns.Saved("", {roster_columns.folded(name): ours for name, ours in self.chosen.items()})

    def watch(self, what: str, done: int, of: int) -> None:
        """Called from other threads too: one assignment."""
        self.progress = (what, done, of)


class Imports:
    """All uploads of this process. One is worked on at a time; the next one waits for it."""

    def __init__(self, place: Place | None = None) -> None:
        self._place = place or Place()
        self._sheets: dict[str, Sheet] = {}
        self._turn = asyncio.Lock()

    async def take(self, name: str, content: bytes, staff_id: int, saved: Sequence[roster_columns.Saved]) -> Sheet:
        """Keep an upload and read its header. Raises BadInput for what is no table."""
        ending = Path(name).suffix.lower()
        if ending not in ENDINGS:
            raise BadInput("这个文件不是表格，请上传 Excel（xlsx、xls）、WPS 另存的 xlsx、ODS 或 CSV。")
        self._sweep(staff_id)
        folder = self._place.folder()
        try:
            path = Path(folder.name) / f"sheet{ending}"
            header = await asyncio.to_thread(_header, path, content)
        except BaseException:
            folder.cleanup()
            raise
        chosen = roster_columns.guess(header, saved)
        made = Sheet(secrets.token_urlsafe(9), staff_id, path, folder, header, chosen, clock.now())
        self._sheets[made.id] = made
        self._expire_later(made)
        return made

    def _expire_later(self, sheet: Sheet) -> None:
        """Whether or not anybody comes again; what is being worked on at that moment gets as long once more."""
        asyncio.get_running_loop().call_later(LIFE.total_seconds(), self._expire, sheet)

    def _expire(self, sheet: Sheet) -> None:
        if self._sheets.get(sheet.id) is not sheet:
            return
        if sheet.state in BUSY:
            self._expire_later(sheet)
        else:
            self._drop(sheet)

    def _sweep(self, staff_id: int) -> None:
        """Room for one more: what is old goes, and of this person the oldest that is not being worked on."""
        old = [one for one in self._sheets.values() if one.at < clock.now() - LIFE]
        mine = [one for one in self._sheets.values() if one.staff_id == staff_id and one not in old]
        for one in [*old, *mine[: max(0, len(mine) - EACH + 1)]]:
            if one.state not in BUSY:
                self._drop(one)
        if len(self._sheets) >= MOST:
            raise Conflict("现在导入的人太多了，请过几分钟再来。")

    def find(self, sheet_id: str, staff_id: int) -> Sheet:
        """One's own; NotFound for anybody else's."""
        found = self._sheets.get(sheet_id)
        if found is None or found.staff_id != staff_id:
            raise NotFound("这份表格不在了：放了两小时，或者送暖重启过。请再上传一次，已经收下的不会重复。")
        return found

    def drop(self, sheet: Sheet) -> None:
        """Forget it. Conflict while it is being worked on."""
        if sheet.state in BUSY:
            raise Conflict("还在导入，请等它做完。")
        self._drop(sheet)

    def _drop(self, sheet: Sheet) -> None:
        self._sheets.pop(sheet.id, None)
        sheet.folder.cleanup()

    def start(self, sheet: Sheet, *, dry_run: bool) -> None:
        """Try it, or bring it in. Conflict when that is under way or done already."""
        if sheet.state in BUSY or (sheet.state == "done" and not dry_run):
            raise Conflict("已经在做了，不用再点一次。")
        roster_columns.check(sheet.chosen)
        sheet.state, sheet.report, sheet.trouble = "trying" if dry_run else "running", None, ""
        sheet.progress = ("read", 0, 0)
        sheet.task = asyncio.create_task(self._work(sheet, dry_run))

    async def _work(self, sheet: Sheet, dry_run: bool) -> None:
        try:
            async with self._turn:
                sheet.report = await roster.import_roster(
                    sheet.path, sheet.staff_id, dry_run=dry_run, mappings=[sheet.mapping], watch=sheet.watch
                )
            sheet.state = "tried" if dry_run else "done"
        except ActionError as error:
            sheet.state, sheet.trouble = "failed", error.sentence
        except Exception:
            log.exception("an uploaded roster could not be brought in")
            sheet.state, sheet.trouble = "failed", BROKEN

    async def refused(self, sheet: Sheet) -> bytes:
        """The person's own sheet with a reason beside every row that was refused, as XLSX."""
        if sheet.report is None:
            raise Conflict("还没有结果，请等它做完。")
        target = sheet.path.with_name(f"report-{secrets.token_hex(4)}.xlsx")
        try:
            await asyncio.to_thread(roster_report.write_report, sheet.path, sheet.report.refused, target)
            return target.read_bytes()
        finally:
            target.unlink(missing_ok=True)

    async def close(self) -> None:
        """Let what is under way stop between two transactions, and leave no sheet behind."""
        tasks = [one.task for one in self._sheets.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in list(self._sheets.values()):
            self._drop(one)


def _header(path: Path, content: bytes) -> list[str]:
    path.write_bytes(content)
    return [" ".join(name.split()) for name in sheets.read_rows(path).header]
