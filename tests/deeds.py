"""What is done to a request on its page, as a browser would send it: with the mark of what was shown."""

import re

from tests.people import CHAIR
from tests.web import Console, Page

SEEN = re.compile(r'data-seen="(\d+)"')


async def seen(site: Console, who: str = CHAIR, number: int = 1) -> str:
    page = await site.get(f"/requests/{number}", as_=who)
    found = SEEN.search(page.html)
    assert page.status == 200 and found, page.text
    return found[1]


async def do(
    site: Console, deed: str, *fields: tuple[str, str], who: str = CHAIR, at: str = "", hx: bool = True
) -> Page:
    """A deed by somebody who has just looked, or who looked when the page said `at`."""
    sent = [("seen", at or await seen(site, who)), *fields]
    return await site.post(f"/requests/1/{deed}", sent, as_=who, hx=hx)


def thing(item: str, amount: str, measure: str, yuan: str = "") -> list[tuple[str, str]]:
    return [("item", item), ("amount", amount), ("measure", measure), ("yuan", yuan)]
