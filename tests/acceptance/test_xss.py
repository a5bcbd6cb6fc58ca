"""Whatever somebody writes, wherever it is kept and wherever it is shown: it stays text. Played in a real Chromium.

Three ways in: families write it, colleagues type it into every field of every form, and it stands in every column
that holds people's words, whoever let it in. Then every page is opened, and every answer of a form looked at.
"""

import re
from datetime import timedelta
from itertools import cycle
from pathlib import Path

from playwright.async_api import Dialog, Page, Request
from tortoise.fields import CharField, TextField
from tortoise.models import Model

import bot.web
from bot import clock, models
from bot.models import (
    Audit,
    Broadcast,
    Consent,
    FollowUp,
    Group,
    HelpRequest,
    Household,
    HouseholdDate,
    Label,
    Member,
    OwnSchedule,
    OwnText,
    Relief,
    RequestStep,
    Round,
    Session,
    Staff,
    Unit,
)  # fmt: skip
from bot.models.fields import EncryptedText
from tests import markup, people
from tests.browsing import browsing
from tests.integration.test_web_rights import addresses, routes
from tests.room import Room
from tests.web import Console, console

# What people type. Everything else is a code, a number or made by the bot: a new column has to be put on either side.
TYPED: dict[type[Model], tuple[str, ...]] = {
    Audit: (),  # its reasons are written by `_scene`
    Broadcast: ("title",),
    Consent: ("purpose", "words"),
    FollowUp: ("note",),
    Group: ("name",),
    HelpRequest: ("nickname", "words", "why"),
    Household: ("address", "note", "best_time", "may_tell"),
    HouseholdDate: ("title",),
    Label: ("words",),
    Member: ("name", "relation"),
    OwnSchedule: (),  # its name is in `spec`, which `_scene` writes
    OwnText: ("title", "topic", "source", "body", "remark"),
    Relief: ("item", "note"),
    RequestStep: ("words",),
    Round: ("name",),
    Session: ("device",),
    Staff: ("name",),
    Unit: ("name",),
}
ROWS = 12  # of each kind
TEMPLATES = Path(bot.web.__file__).parent / "templates"
AT_ONCE = 30  # strings in one message
FOUND = """() => {
  const bad = [];
  const foreign = ["iframe", "object", "embed", "base", "style", "math", "marquee", "audio", "video", "frame", "xss"];
  const places = ["href", "src", "action", "formaction", "xlink:href", "hx-get", "hx-post"];
  for (const one of document.querySelectorAll("*")) {
    const names = one.getAttributeNames();
    const script = one.localName === "script" && !one.getAttribute("src")?.startsWith("/static/");
    const leads = (name) => /^\\s*(javascript|data|vbscript):|^\\/xss/i.test(one.getAttribute(name) ?? "");
    if (script || foreign.includes(one.localName) || places.some(leads)
        || names.some((name) => name.startsWith("on") || name.includes("xss"))) bad.push(one.outerHTML.slice(0, 200));
  }
  return bad;
}"""
PARSED = f"""(html) => {{
  const document = new DOMParser().parseFromString(html, "text/html");
  return ({FOUND})();
}}"""
TEXT = """() => {
  const typed = [...document.querySelectorAll("input, textarea")].map((one) => one.value);
  return [document.body.textContent, ...typed].join("\\n");
}"""


def test_every_column_of_text_is_known() -> None:
    """A column that people's words get into is filled below. This says when there is a new one."""
    free = {model for model in vars(models).values() if isinstance(model, type) and issubclass(model, Model)} - {Model}
    sealed = {
        (model, name)
        for model in free
        for name, field in model._meta.fields_map.items()
        if isinstance(field, EncryptedText) and model.__name__ not in ("Secret", "Password", "Delivery")
    }
    known = {(model, name) for model, names in TYPED.items() for name in names}
    assert sealed - known == {(Member, "phone"), (Audit, "reason")}, (
        "an encrypted column is one that people's words get into"
    )
    assert all(isinstance(model._meta.fields_map[name], CharField | TextField | EncryptedText) for model, name in known)


async def _scene() -> None:
    """Some of everything, in unit M1. The audit refuses to be changed, so it has its strings from the start."""
    texts = markup.strings()
    unit, now = await Unit.get(code="M1"), clock.now()
    caller, admin = await people.staff_id(people.VOLUNTEER), await people.staff_id(people.ADMIN)
    turn = await Round.create(name="x", unit=unit, starts_at=now)
    for at in range(ROWS):
        home = await Household.create(code=f"H9{at:03}", unit=unit, category="困难职工", next_call_at=now)
        member = await Member.create(household=home, name="x", phone="13800000999")
        request = await HelpRequest.create(
            household=home, unit=unit, source="message", urgency="normal", kinds=["food"], opened_at=now, words="x",
            state="assigned", assigned_to_id=caller,
        )  # fmt: skip
        await RequestStep.create(request=request, at=now, staff_id=caller, step="acknowledged", words="x")
        await Relief.create(
            request=request, household=home, unit=unit, staff_id=caller, kind="goods", item="x",
            quantity=1000, measure="袋", state="delivered", at=now, delivered_at=now, note="x",
        )  # fmt: skip
        await FollowUp.create(household=home, staff_id=caller, outcome="call_later", note="x", at=now)
        await Consent.create(household=home, member=member, purpose="x", words="x", given_at=now)
        await HouseholdDate.create(household=home, kind="remember", month=1, day=2, title="x")
        await models.Assignment.create(round_id=turn.id, household=home, staff_id=caller, held_household_id=home.id)
        await Audit.create(at=now, staff_id=caller, action="view.clear", subject="household", subject_id=home.id,
                           detail={"what": ["phone"]}, reason=texts[at])  # fmt: skip
        await OwnText.create(key=f"tips/own-{at}", title="x", body="x", written_by_id=admin, written_at=now,
                             state="waiting")  # fmt: skip
        await Broadcast.create(schedule_key="x", slot=now - timedelta(minutes=at), fired_at=now, outcome="fired",
                               message_key=f"tips/own-{at}", title="x")  # fmt: skip


async def _poison() -> None:
    """Every column of TYPED, every row: a string that fits. The long columns take many at once."""
    texts = markup.strings()
    many = cycle("\n".join(texts[at : at + AT_ONCE]) for at in range(0, len(texts), AT_ONCE))
    small = markup.short()
    for model, names in TYPED.items():
        for row in await model.all().order_by("id") if names else ():
            for name in names:
                longest = getattr(model._meta.fields_map[name], "max_length", None)
                fitting = next(many) if longest is None else next(one for one in small if len(one) <= longest)
                setattr(row, name, fitting)
            await row.save(update_fields=list(names))


async def _families_write() -> None:
    room, texts = Room(), markup.strings()
    for at in range(0, len(texts), AT_ONCE):
        await room.say(people.NEED + "\n".join(texts[at : at + AT_ONCE]), people.LIU)


class _Watched:
    """A page, and all that happened on it which must not."""

    def __init__(self, page: Page) -> None:
        self.page, self.seen = page, ""
        self.happened: list[str] = []
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def _request(self, request: Request) -> None:
        if "/xss/" in request.url:
            self.happened.append(request.url)

    async def _dialog(self, dialog: Dialog) -> None:
        self.happened.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    async def prepare(self) -> None:
        await self.page.add_init_script(
            "window.ran = []; window.xss = () => window.ran.push('script');"
            "addEventListener('securitypolicyviolation', (event) => window.ran.push(event.violatedDirective));"
        )

    async def open(self, path: str) -> None:
        await self.page.goto(path, wait_until="domcontentloaded")
        bad = [*await self.page.evaluate(FOUND), *await self.page.evaluate("window.ran")]
        assert bad == [] and self.happened == [], (path, bad, self.happened)
        self.seen += await self.page.evaluate(TEXT)


def _plain(text: str) -> str:
    """Without what a browser or a form may make of white space."""
    return re.sub(r"[\s\x00-\x1f\u2028]+", "", text)


async def _tour(site: Console, chromium: str, who: str) -> str:
    """All pages that the person may open; returns every word that stood there."""
    paths = await addresses(site)
    for number in await HelpRequest.all().order_by("-id").limit(16).values_list("id", flat=True):
        paths[f"/requests/{number}"] = f"/requests/{number}"
    chosen = [paths[one.path] for one in routes() if one.kind in ("page", "fragment") and one.path != "/sandbox"]
    chosen += [path for path in paths if path.startswith("/requests/") and "{" not in path]
    chosen += ["/requests?view=board", "/requests?mine=1", "/figures/rows?what=opened", "/roster?show=promised"]
    async with browsing(chromium, site, who, width=1440) as page:
        watched = _Watched(page)
        await watched.prepare()
        for path in dict.fromkeys(chosen):
            await watched.open(path)
        return watched.seen


async def _type_everywhere(site: Console, chromium: str) -> int:
    """Every field that any page has, sent to every form; the answers are parsed as a browser parses them."""
    paths = await addresses(site)
    written = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    names = sorted(set(re.findall(r'(?: name=|(?:field|select|chips|check)\()"([\w-]+)"', written)) - {"_token"})
    texts, answers = cycle(markup.strings()), []
    for route in routes():
        if route.kind == "form" and route.path not in ("/sign-out", "/staff/{id}/leave"):
            typed = dict(zip(names, texts, strict=False))
            answers.append((await site.post(paths[route.path], typed, as_=people.ADMIN)).html)
    async with browsing(chromium, site, people.ADMIN) as page:
        await page.goto("/me")
        for html in dict.fromkeys(answers):
            assert await page.evaluate(PARSED, html) == []
    return len(answers)


async def test_what_anybody_writes_stays_text(database: str, chromium: str) -> None:
    async with console(database, sandbox="play", alone=True) as site:
        await _families_write()
        await _scene()
        await _poison()
        seen = _plain(await _tour(site, chromium, people.ADMIN) + await _tour_of_calls(site, chromium))
        missing = [text for text in markup.strings() if _plain(text) not in seen]
        assert missing == [], "these were shown nowhere, so nothing is proved of them"
        assert await _type_everywhere(site, chromium) > 40


async def _tour_of_calls(site: Console, chromium: str) -> str:
    async with browsing(chromium, site, people.VOLUNTEER) as page:
        watched = _Watched(page)
        await watched.prepare()
        for path in ("/calls", "/calls/H9001", "/print/calls", "/requests", "/me"):
            await watched.open(path)
        return watched.seen
