"""What to say on the phone: the script of the round, else the one for such a family, else the one for all."""

from bot.content import Library
from bot.events import Text

FOR_ALL = "scripts/care"
BY_CATEGORY = {"工亡遗属": "scripts/bereaved", "孤寡老人": "scripts/elder", "留守儿童": "scripts/child"}


def script(texts: Library, key: str, *, category: str, name: str, relation: str, caller: str) -> str:
    """The words, several lines. `key` is the round's own script, "" when it has none."""
    key = key or BY_CATEGORY.get(category, FOR_ALL)
    key = key if key in texts.messages else FOR_ALL
    parts = texts.render(key, name=name, relation=relation, caller=caller)
    return "\n".join(one.text for one in parts if isinstance(one, Text))
