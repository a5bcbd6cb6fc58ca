"""What a person sees when something does not go: a page, or for htmx a note in the corner. It says what to do.

No word of a family and nothing of the request stands in it.
"""

from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

from bot.errors import ActionError, Conflict, NotAllowed, NotFound
from bot.web.languages import N_
from bot.web.visit import Visit, status_of


class Trouble(NamedTuple):
    status: int
    title: str
    words: str


REFUSALS = {
    "elsewhere": Trouble(403, N_("这里进不来"), N_("这些页面只能在装送暖的这台电脑上看（http://127.0.0.1）。")),
    "unknown": Trouble(401, N_("请先进入"), N_("您还没有进入，或者离开太久了。请给送暖私聊发“登录”，点它回的链接。")),
    "role": Trouble(403, N_("这一页不归您"), N_("您的角色看不了这一页。要看请找管理员。")),
    "origin": Trouble(403, N_("没有照办"), N_("这个请求不是从送暖的页面发出来的。请回到送暖的页面再做一次。")),
    "token": Trouble(403, N_("没有照办"), N_("这个页面打开太久了。请刷新页面，再做一次。")),
}
NOT_FOUND = Trouble(404, N_("没有这一页"), N_("请核对网址，或者从下面回到开始的地方。"))
BY_STATUS = {
    404: NOT_FOUND,
    405: NOT_FOUND,
    413: Trouble(413, N_("太大了"), N_("发来的内容太大了，请换一个小一些的文件。")),
}
BROKEN = Trouble(500, N_("出了问题"), N_("这一步没有做成，什么都没有改动。请再试一次；还不行就请管理员看日志。"))
TITLES: dict[type[ActionError], str] = {
    NotAllowed: N_("没有权限"),
    NotFound: N_("没有找到"),
    Conflict: N_("有人先了一步"),
}


def refusal(visit: Visit, reason: str) -> web.StreamResponse:
    """The answer to a request that did not come through the gate."""
    if reason == "unknown":
        return _to_sign_in(visit)
    return show(visit, REFUSALS[reason])


def _to_sign_in(visit: Visit) -> web.StreamResponse:
    """Somebody who opens a page is led to the way in."""
    if visit.request.method in ("GET", "HEAD") and not visit.hx:
        return visit.go("/sign-in")
    if visit.hx:
        return web.Response(status=401, headers={"HX-Redirect": "/sign-in"})
    return show(visit, REFUSALS["unknown"])


def of_action(visit: Visit, error: ActionError) -> web.StreamResponse:
    """An action said no and the page did not show it itself; the sentence is meant for the person."""
    title = next((words for kind, words in TITLES.items() if isinstance(error, kind)), N_("没有做成"))
    return show(visit, Trouble(status_of(error), title, error.sentence))


def of_status(visit: Visit, error: web.HTTPException) -> web.StreamResponse:
    """A refusal of aiohttp's own."""
    known = BY_STATUS.get(error.status)
    return show(visit, known or Trouble(error.status, N_("没有做成"), HTTPStatus(error.status).phrase))


def show(visit: Visit, trouble: Trouble) -> web.StreamResponse:
    if not visit.hx:
        return visit.render("trouble.html", status=trouble.status, trouble=trouble)
    answer = visit.render("parts/_note.html", status=trouble.status, trouble=trouble)
    answer.headers.update({"HX-Retarget": "#notes", "HX-Reswap": "beforeend"})
    return answer
