"""One request of a person: who they are, what they sent, and how it is answered.

Handlers take a Visit and nothing else. What cannot be understood raises BadInput or NotFound, which become pages.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.web_request import FileField
from markupsafe import Markup
from multidict import MultiDictProxy

from bot.actions.staff.sessions import Me
from bot.errors import ActionError, BadInput, Conflict, NotAllowed, NotFound
from bot.web import languages, navigation
from bot.web.rendering import PERSONAL, html
from bot.web.site import SITE, Site

LARGEST = 2**31 - 1  # of an id in the database
STATUS: dict[type[ActionError], int] = {BadInput: 422, NotAllowed: 403, NotFound: 404, Conflict: 409}
Shown = Mapping[str, object]
NOTHING: Shown = {}
TOKEN_FIELD, TOKEN_HEADER = "_token", "X-Form-Token"


def status_of(error: ActionError) -> int:
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)


class Form:
    """What was typed. A field that was not sent is empty, and so is one of blanks."""

    def __init__(self, fields: MultiDictProxy[str | bytes | bytearray | FileField]) -> None:
        self._fields = fields

    def text(self, name: str, longest: int = 4000) -> str:
        """One field, without blanks around it. BadInput when it is longer than `longest`."""
        value = self._fields.get(name, "")
        text = clean(value).replace("\r\n", "\n").strip() if isinstance(value, str) else ""
        if len(text) > longest:
            raise BadInput(f"写得太长了，最多 {longest} 个字。")
        return text

    def secret(self, name: str) -> str:
        """A password, exactly as it was typed."""
        value = self._fields.get(name, "")
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        """Every value of boxes that were ticked."""
        return [clean(value) for value in self._fields.getall(name, []) if isinstance(value, str)]

    def on(self, name: str) -> bool:
        return bool(self.text(name))

    def number(self, name: str, what: str = "数字") -> int:
        """A whole number from 0 on; BadInput otherwise."""
        return whole(self.text(name, 20), what)

    def file(self, name: str) -> tuple[str, bytes] | None:
        """Name and content of an uploaded file; None when none was chosen. The name is only for showing."""
        value = self._fields.get(name)
        if not isinstance(value, FileField) or not value.filename:
            return None
        with value.file as content:
            return value.filename, content.read()

    def typed(self) -> dict[str, str]:
        """Every text field, to be shown again beside an error."""
        return {
            name: clean(value) for name, value in self._fields.items() if isinstance(value, str) and name != TOKEN_FIELD
        }


def clean(text: str) -> str:
    """Without the NUL that PostgreSQL takes for an error."""
    return text.replace("\0", "")


def whole(text: str, what: str) -> int:
    """Also in the full-width digits of a Chinese keyboard; BadInput for anything else."""
    text = unicodedata.normalize("NFKC", text)
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= LARGEST):
        raise BadInput(f"{what}要写成一个整数。")
    return int(text)


class Visit:
    """`visit.me` is who is signed in; on routes for everybody ask `visit.who`, which may be None."""

    def __init__(self, request: web.Request, who: Me | None, token: str) -> None:
        self.request = request
        self.site: Site = request.app[SITE]
        self.who = who
        self._token = token
        self._form: Form | None = None
        cookie = request.cookies.get("lang", "")
        self.language = cookie if cookie in languages.NAMES else languages.CHINESE

    @property
    def me(self) -> Me:
        assert self.who is not None, "a route for everybody has no `me`"
        return self.who

    @property
    def hx(self) -> bool:
        """htmx asks, and wants a fragment."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def path(self) -> str:
        return self.request.path

    def _(self, text: str, **values: object) -> str:
        """A text in the language of the person; `values` fill its %(name)s."""
        said = languages.catalogue(self.language).gettext(text)
        return said % values if values else said

    # --- what was asked -----------------------------------------------------------------------------------------

    def number(self, name: str) -> int:
        """A number in the path; NotFound when it is none."""
        text = self.request.match_info[name]
        if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= LARGEST):
            raise NotFound("没有这一页，请核对网址。")
        return int(text)

    def word(self, name: str) -> str:
        """A word in the path, for example the code of a household."""
        return clean(self.request.match_info[name])

    def asked(self, name: str, longest: int = 200) -> str:
        """A word behind the question mark of the address, "" when it is not there."""
        return clean(self.request.query.get(name, "")).strip()[:longest]

    def asked_all(self, name: str) -> list[str]:
        return [clean(value) for value in self.request.query.getall(name, [])]

    def asked_number(self, name: str, default: int = 0) -> int:
        text = self.asked(name, 20)
        return whole(text, name) if text else default

    def asked_day(self, name: str) -> date | None:
        """A day as 2026-12-01; BadInput for anything else, None when it is not there."""
        text = self.asked(name, 20)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise BadInput(f"日期要写成 2026-12-01 这样，不能是“{text}”。") from None

    async def form(self) -> Form:
        """BadInput when what was sent is no form."""
        if self._form is None:
            try:
                self._form = Form(await self.request.post())
            except (ValueError, LookupError, BadHttpMessage):
                raise BadInput("发来的内容看不懂，请刷新页面再试一次。") from None
        return self._form

    # --- how it is answered -------------------------------------------------------------------------------------

    def render(self, template: str, shown: Shown = NOTHING, /, *, status: int = 200, **more: object) -> web.Response:
        """A page or a fragment from a template, which sees `shown` and `more`."""
        around = {
            "visit": self,
            "me": self.who,
            "token_field": Markup('<input type="hidden" name="_token" value="{}">').format(self.form_token),
            "nav": navigation.of(self.who, self.path, self.site.paths),
            "error": "",
        }
        return html(self.language, template, status, {**around, **shown, **more})

    def refuse(self, error: ActionError, template: str, shown: Shown = NOTHING, /, **more: object) -> web.Response:
        """The form once more, with the sentence of the error (as `error`) and its status."""
        return self.render(template, {**shown, **more, "error": error.sentence}, status=status_of(error))

    def go(self, path: str) -> web.Response:
        """On to another page: a redirect, or what makes htmx load the page."""
        if self.hx:
            return web.Response(status=204, headers={"HX-Redirect": path, **PERSONAL})
        return web.Response(status=303, headers={"Location": path, **PERSONAL})

    def download(self, name: str, body: bytes, media_type: str) -> web.Response:
        """A file to keep. `name` must be harmless ASCII."""
        headers = {"Content-Disposition": f'attachment; filename="{name}"', **PERSONAL}
        return web.Response(body=body, content_type=media_type, headers=headers)

    def json(self, value: Any, status: int = 200) -> web.Response:
        return web.json_response(value, status=status, headers=PERSONAL)

    # --- the form token -----------------------------------------------------------------------------------------

    @property
    def form_token(self) -> str:
        """Bound to the session, and of no use to find out the session's own token."""
        return digest(self._token.encode(), b"songnuan form", sha256).hex() if self.who is not None else ""

    async def has_form_token(self) -> bool:
        """Did the page itself send this? True for who is not signed in: there is no session to misuse."""
        if self.who is None:
            return True
        given = self.request.headers.get(TOKEN_HEADER)
        if given is None:
            given = (await self.form()).text(TOKEN_FIELD, 100)
        return compare_digest(given.encode("utf-8", "surrogatepass"), self.form_token.encode())
