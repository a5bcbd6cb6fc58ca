"""Which column of an office's sheet means what: the names that are known, and the mappings that were saved.

A mapping is a small TOML file: the sheet's own column name on the left, ours on the right. Those in the
folder of saved mappings are used by themselves when the sheet has all of their columns.
"""

import json
import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from bot.errors import BadInput

# The first name is ours: it stands in exports and on the right side of a mapping.
COLUMNS = {
    "code": "户编号 编号 户号 家庭编号 档案编号 code",
    "name": "姓名 户主 联系人 家庭成员 成员姓名 户主姓名",
    "relation": "关系 与户主关系 家庭关系 称谓",
    "phone": "电话 手机 联系电话 手机号 手机号码 电话号码 联系方式",
    "under_14": "未满14岁 14岁以下 未满十四岁",
    "guardian": "监护人 监护人姓名",
    "unit": "单位 单位编号 所属单位 工作单位",
    "category": "类别 困难类别 帮扶类别 人员类别",
    "grade": "等级 困难等级 困难程度 帮扶等级",
    "address": "地址 住址 家庭住址 家庭地址 现住址",
    "best_time": "方便接听时间 方便时间 联系时间 最佳联系时间 接听时间",
    "may_tell": "可告知的人 可以告诉谁 可告知 知情人",
    "avoid": "回避日子 回避日期 避开日期 忌日",
    "remember": "纪念日子 纪念日 要记住的日子 重要日子",
    "do_not_call": "请勿致电 请勿再打 不要打电话 免打扰",
    "messages_off": "退订消息 退订 不收消息",
    "consent_by": "同意人 授权人",
    "consent_at": "同意日期 同意时间 授权日期",
    "consent_to": "同意事项 授权事项",
    "consent_words": "同意原话 同意内容 授权内容",
    "note": "备注 说明 情况说明",
}
LABELS = {field: names.split()[0] for field, names in COLUMNS.items()}
UNUSED = "不用"  # on the right side of a mapping: a column that would be known, but means something else here
FIELDS = tuple(COLUMNS)
IN_BRACKETS = re.compile(r"\(.*?\)|[\s*:]")
MAPPING_MAX = 64 * 1024
HEADING_MAX = 200  # letters; so the columns of the widest sheet fit into a mapping

Places = dict[str, list[int]]


class Columns(NamedTuple):
    """Where each field stands in a row (the first filled cell counts), and the columns that nobody asked for."""

    places: Places
    unused: list[str]


class Saved(NamedTuple):
    """A mapping: folded names of a sheet's columns, and the fields that they mean."""

    name: str
    fields: dict[str, str]


def folded(name: str) -> str:
    """A column name without blanks, stars, colons and what is in brackets."""
    return IN_BRACKETS.sub("", unicodedata.normalize("NFKC", name)).lower()


_KNOWN = {folded(name): (field, rank) for field, names in COLUMNS.items() for rank, name in enumerate(names.split())}


def find(header: Sequence[str], mappings: Iterable[Saved] = ()) -> Columns:
    """Raises BadInput when the header cannot be that of a roster."""
    names = [folded(cell) for cell in header]
    mapped = _fitting(names, mappings)
    found: dict[str, list[tuple[int, int]]] = {field: [] for field in FIELDS}
    unused = []
    for at, name in enumerate(names):
        field, rank = (mapped[name], -1) if name in mapped else _KNOWN.get(name, ("", 0))
        if field:
            found[field].append((rank, at))
        elif name:
            unused.append(header[at])
    places = {field: [at for _, at in sorted(ranked)] for field, ranked in found.items() if ranked}
    _refuse_unusable(places)
    return Columns(places, unused)


def _fitting(names: Collection[str], mappings: Iterable[Saved]) -> dict[str, str]:
    return next((one.fields for one in mappings if one.fields.keys() <= set(names)), {})


def _refuse_unusable(places: Mapping[str, object]) -> None:
    if "name" not in places:
        raise BadInput("表头里没有“姓名”这一列，请把第一行改成：户编号、姓名、关系、电话、单位、类别、地址、备注")
    if "code" not in places and "phone" not in places:
        raise BadInput("表头里既没有“户编号”也没有“电话”，认不出是哪一户，请补上一列")


def load(path: Path) -> Saved:
    """Read one mapping. Raises BadInput for what is none."""
    try:
        with path.open("rb") as file:
            pairs = tomllib.loads(file.read(MAPPING_MAX).decode("utf-8-sig"))
    except OSError:
        raise BadInput(f"找不到列名对照 {path.name}，请核对文件名") from None
    except ValueError:
        raise BadInput(f'列名对照 {path.name} 看不懂，每行写成 "表里的列名" = "姓名" 这样') from None
    ours = {folded(label): field for field, label in LABELS.items()} | {folded(UNUSED): ""}
    fields = {folded(theirs): ours.get(folded(str(label)), "") for theirs, label in pairs.items()}
    if wrong := [str(label) for label in pairs.values() if folded(str(label)) not in ours]:
        raise BadInput(f"列名对照 {path.name} 里没有“{wrong[0][:20]}”这一列，可用的是：{'、'.join(LABELS.values())}")
    if not fields:
        raise BadInput(f'列名对照 {path.name} 是空的，每行写成 "表里的列名" = "姓名" 这样')
    return Saved(path.stem, fields)


def saved(folder: Path) -> list[Saved]:
    """All mappings of the folder; those that name more columns come first."""
    found = [load(path) for path in sorted(folder.glob("*.toml"))]
    return sorted(found, key=lambda one: -len(one.fields))


def save(path: Path, folder: Path) -> None:
    """Keep a mapping, under the name of its file, for the next sheet with these columns."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.with_suffix(".toml").name
    if target.resolve() != path.resolve():
        target.write_bytes(path.read_bytes())


def guess(header: Iterable[str], mappings: Iterable[Saved] = ()) -> dict[str, str]:
    """What each column of a sheet means by itself or by a mapping that fits; "" for nothing. A person may change it."""
    names = [name for name in header if folded(name)]
    mapped = _fitting([folded(name) for name in names], mappings)
    return {name: mapped.get(folded(name), _KNOWN.get(folded(name), ("", 0))[0]) for name in names}


def check(chosen: Mapping[str, str]) -> None:
    """Raises BadInput when these columns make no roster."""
    if wrong := [field for field in chosen.values() if field and field not in FIELDS]:
        raise BadInput(f"没有“{wrong[0][:20]}”这一列，请刷新页面再选。")
    _refuse_unusable({field: True for field in chosen.values() if field})


def keep(chosen: Mapping[str, str], folder: Path) -> Path:
    """Write a mapping that a person made on a page; the same columns again replace it."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {name: ours for name, ours in chosen.items() if len(name) <= HEADING_MAX}
    mark = sha256("\n".join(sorted(map(folded, known))).encode()).hexdigest()[:8]
    path = folder / f"page-{mark}.toml"
    lines = [f'{json.dumps(name, ensure_ascii=False)} = "{LABELS.get(ours, UNUSED)}"' for name, ours in known.items()]
    part = path.with_suffix(".part")
    part.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    part.replace(path)
    return path
