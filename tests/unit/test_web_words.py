"""The words of the pages: each has its English, none is written twice, and what it fills in is filled in both."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from bot.web.languages import CHINESE, NAMES, catalogue
from bot.web.rendering import environment

WEB = Path(__file__).parents[2] / "bot" / "web"
PLACE = re.compile(r"%\((\w+)\)[sd]")


def of_templates() -> Iterator[tuple[str, str]]:
    """(where, msgid) of every _("…") in a template, also inside of expressions."""
    parser = Environment(extensions=["jinja2.ext.i18n"])
    for path in sorted((WEB / "templates").rglob("*.html")):
        where = path.relative_to(WEB).as_posix()
        for call in parser.parse(path.read_text("utf-8")).find_all(nodes.Call):
            first = call.args[0] if call.args else None
            if isinstance(call.node, nodes.Name) and call.node.name == "_" and isinstance(first, nodes.Const):
                yield where, str(first.value)


def of_sources() -> Iterator[tuple[str, str]]:
    for path in sorted(WEB.rglob("*.py")):
        for line, words, *_ in extract("python", BytesIO(path.read_bytes()), keywords={"_": None, "N_": None}):
            yield f"{path.relative_to(WEB)}:{line}", str(words)


def english() -> Catalog:
    source = (WEB / "locale/en/LC_MESSAGES/console.po").read_bytes()
    return read_po(BytesIO(source), locale="en", abort_invalid=True)


def wanted() -> dict[str, str]:
    return {words: where for where, words in [*of_templates(), *of_sources()]}


def test_every_word_has_its_english() -> None:
    known = {str(one.id): str(one.string) for one in english() if one.id}
    missing = [f'{where}: msgid "{words}"' for words, where in wanted().items() if not known.get(words)]
    assert not missing, "write them into console.po:\n" + "\n".join(missing)
    assert len(wanted()) > 50


def test_no_word_is_written_twice() -> None:
    lines = (WEB / "locale/en/LC_MESSAGES/console.po").read_text("utf-8").splitlines()
    ids = [line for line in lines if line.startswith("msgid ") and line != 'msgid ""']
    assert sorted({line for line in ids if ids.count(line) > 1}) == []


def test_what_is_filled_in_is_the_same_in_both() -> None:
    for one in english():
        assert set(PLACE.findall(str(one.id))) >= set(PLACE.findall(str(one.string))), one.id
        assert str(one.string).count("%%") == str(one.id).count("%%"), one.id
        assert str(one.string) != str(one.id), one.id


def test_templates_can_be_read_in_every_language() -> None:
    for language in NAMES:
        for name in environment(language).list_templates():
            environment(language).get_template(name)
    assert catalogue(CHINESE).gettext("求助") == "求助" and catalogue("en").gettext("求助") == "Requests"
