"""The pages in Chinese and in English: what is written in the code is Chinese, a catalogue says it in English.

The catalogue is a text file and is compiled at the first use, so nothing that was built lies in the repository.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CHINESE = "zh"
NAMES = {CHINESE: "中文", "en": "English"}
TAGS = {CHINESE: "zh-CN", "en": "en"}


def N_(text: str) -> str:
    """Marks a text of a table for the catalogue; whoever shows it says `_(text)`."""
    return text


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations of a language; those of Chinese give back what they are given."""
    if language == CHINESE:
        return NullTranslations()
    source = files("bot.web").joinpath("locale", language, "LC_MESSAGES", "console.po").read_text("utf-8")
    compiled = BytesIO()
    write_mo(compiled, read_po(source.splitlines(), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
