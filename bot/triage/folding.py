"""One spelling for what looks the same: commands and triage read the folded text, never the raw one.

People paste from PDFs and other apps, type with full-width keyboards, and a few hide words with invisible
characters. Folding is idempotent, never raises, and keeps spaces and line breaks (commands need them).
"""

import re
import unicodedata

# Zero-width and bidi controls, fillers, variation selectors, tags, free combining marks, control characters.
_DROP = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20d0-\u20f0\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
_SURROGATE = re.compile("[\ud800-\udfff]")

_LATIN = (
    "АA ВB СC ЕE НH ІI ЈJ КK МM ОO РP ЅS ТT ХX УY аa сc еe һh іi јj оo рp ѕs хx уy "
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX οo νv"
)
_RADICALS = (
    "⺟母 ⺠民 ⻄西 ⻅见 ⻆角 ⻉贝 ⻋车 ⻓长 ⻔门 ⻘青 ⻚页 "
    "⻛风 ⻜飞 ⻝食 ⻢马 ⻣骨 ⻤鬼 ⻥鱼 ⻦鸟 ⻨麦 ⻩黄 ⻮齿 ⻰龙 ⻳龟"
)
_MARKS = "“\" ”\" ‘' ’' ‐- ‑- ‒- –- —- ―- −- \u2028\n \u2029\n"
# Traditional characters of the words that triage and the commands know; not a general converter.
_TRADITIONAL = (
    "飢饥 餓饿 藥药 幫帮 醫医 錢钱 糧粮 麼么 斷断 沒没 還还 給给 們们 來来 個个 這这 裡里 裏里 媽妈 爺爷 孫孙 "
    "兒儿 門门 車车 電电 氣气 煤煤 麵面 雞鸡 魚鱼 鹽盐 飯饭 麥麦 過过 請请 誰谁 謝谢 聯联 繫系 難难 發发 燒烧 "
    "頭头 傷伤 歲岁 關关 開开 點点 塊块 買买 賣卖 費费 債债 貧贫 緊紧 時时 間间 會会 對对 說说 話话 聽听 見见 "
    "訂订 閱阅 綁绑 實实 認认 單单 戶户 訪访 號号 碼码 轉转 領领 無无 滅灭 暈晕 殺杀 輕轻 樓楼 結结 農农 遺遗 "
    "書书 後后 淚泪 熱热 凍冻 衛卫 養养 變变 壞坏 處处 從从 應应 該该 讓让 屍尸 絕绝 為为 樣样 嗎吗 雖虽 體体"
)
_PAIRS = [*f"{_LATIN} {_RADICALS} {_TRADITIONAL}".split(), *_MARKS.split(" ")]
_ALIKE = {ord(pair[0]): pair[1] for pair in _PAIRS}
_HAS_ALIKE = re.compile("[" + "".join(re.escape(chr(code)) for code in _ALIKE) + "]")
# All but plain ASCII, 、 to 】, common Chinese characters and faces; these fold to themselves, in any order.
_UNUSUAL = re.compile(
    f"[\x00-\x09\x0b-\x1f\x7f-\u3000\u3012-\u4dff\u9fa6-\U0001f2ff\U0001f650-\U0010ffff{_HAS_ALIKE.pattern[1:-1]}]"
)


def fold(text: str) -> str:
    """The text as a reader sees it: half-width, no invisible characters, look-alikes made alike."""
    if not _UNUSUAL.search(text):
        return text  # nearly every line of a chat
    text = _once(_SURROGATE.sub("\ufffd", text))
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def _once(text: str) -> str:
    text = unicodedata.normalize("NFKC", _DROP.sub("", text))
    text = _DROP.sub("", text)
    return text.translate(_ALIKE) if _HAS_ALIKE.search(text) else text
