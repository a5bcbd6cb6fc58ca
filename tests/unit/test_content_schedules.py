"""Files in schedules/: what is accepted, and the sentence for what is not."""

from datetime import datetime
from pathlib import Path

import pytest

from bot.content import Schedule, load_schedules
from bot.content.schedules import read_schedules
from bot.errors import Problem, ProblemsFound

GOOD = """name = "每日提示"
[when]
{when}
[audience]
tags = ["family"]
[send]
pick = "season"
messages = ["tips/*"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "schedules"
    folder.mkdir()
    return folder


def loaded(root: Path, when: str) -> Schedule:
    (root / "daily.toml").write_text(GOOD.format(when=when), encoding="utf-8")
    return load_schedules(root)["daily"]


def problems(root: Path, text: str) -> list[Problem]:
    (root / "daily.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsFound) as caught:
        load_schedules(root)
    return caught.value.problems


def test_a_schedule_with_its_defaults(root: Path) -> None:
    plan = loaded(root, 'cron = "30 8 * * mon-fri"')
    assert (plan.key, plan.name, plan.note, plan.when.cron) == ("daily", "每日提示", "", "30 8 * * mon-fri")
    assert (plan.when.late_hours, plan.when.workdays_only, plan.when.quiet_hours) == (3, False, None)
    assert (plan.audience.tags, plan.audience.units) == (["family"], [])
    assert (plan.send.pick, plan.send.messages) == ("season", ["tips/*"])


def test_dates_as_text_and_as_toml_writes_them(root: Path) -> None:
    plan = loaded(root, 'dates = ["2026-12-21 08:00", 2026-12-22T09:30:00]')
    assert plan.when.dates == [datetime(2026, 12, 21, 8), datetime(2026, 12, 22, 9, 30)]  # noqa: DTZ001


@pytest.mark.parametrize(
    "cron", ["*/5 * * * *", "0,5,10 6-22/2 1-7 jan,jul MON", "0 8 last * *", "55 23 * * sat,sun", "3-58/5 8 * * *"]
)
def test_crons_that_are_accepted(root: Path, cron: str) -> None:
    assert loaded(root, f'cron = "{cron}"').when.cron == cron


@pytest.mark.parametrize(
    ("when", "what", "remedy"),
    [
        ('cron = "30 8 * *"', "这里有 4 段", "30 8 * * mon-fri"),
        ('cron = "30 8 * * 1-5"', "星期“1-5”不要用数字", "mon tue"),
        ('cron = "30 8 * * 0"', "星期“0”不要用数字", "mon tue"),
        ('cron = "30 8 * * moon"', "星期“moon”看不懂", "mon-fri"),
        ('cron = "61 8 * * *"', "分钟“61”看不懂", "30 8"),
        ('cron = "0 24 * * *"', "小时“24”看不懂", "30 8"),
        ('cron = "0 8 32 * *"', "日“32”看不懂", "30 8"),
        ('cron = "0 8 * 13 *"', "月“13”看不懂", "30 8"),
        ('cron = "* * * * *"', "太密", "*/5"),
        ('cron = "*/4 * * * *"', "太密", "*/5"),
        ('cron = "0,58 * * * *"', "太密", "*/5"),
        ("cron = 8", "“cron”要写文字", "引号"),
        ("late_hours = 1", "cron 和 dates 要写一个", "定期的写 cron"),
        ('cron = "0 8 * * *"\ndates = ["2026-12-21 08:00"]', "cron 和 dates 要写一个", "定期的写 cron"),
        ('dates = ["2026-12-21 08:00", "2026-12-21 08:00"]', "dates 里有重复的时间", "删掉"),
        ('dates = ["2026-12-21"]', "“2026-12-21”不是一个时间", "2026-12-21 08:00"),
        ('dates = ["2026-02-30 08:00"]', "不是一个时间", "2026-12-21 08:00"),
        ("dates = [2026-12-21T08:00:00Z]", "不是一个时间", "2026-12-21 08:00"),
        ('cron = "0 8 * * *"\nquiet_hours = "night"', "看不懂安静时段", "21:30-07:00"),
        ('cron = "0 8 * * *"\nlate_hours = -1', "“late_hours”不能小于 0", "0 或更大"),
        ('cron = "0 8 * * *"\nlate_hour = 1', "不认识的项“late_hour”", "late_hours"),
    ],
)
def test_each_wrong_time_in_plain_words(root: Path, when: str, what: str, remedy: str) -> None:
    [problem] = problems(root, GOOD.format(when=when))
    assert problem.file == "schedules/daily.toml"
    assert 2 <= problem.line <= 4
    assert what in problem.what
    assert remedy in problem.remedy


def test_all_problems_of_a_file_and_what_is_still_right(root: Path) -> None:
    text = 'nam = "x"\n[when]\ncron = "x"\n[send]\npick = "any"\nmessages = []\n[audience]\ntags = ["a"]\n'
    found = problems(root, text)
    assert sorted(problem.line for problem in found) == [1, 1, 3, 5, 6]
    [draft], _ = read_schedules(root)
    assert (draft.schedule, draft.when, draft.send) == (None, None, None)
    assert draft.audience is not None and draft.audience.tags == ["a"]


def test_a_name_used_twice(root: Path) -> None:
    (root / "old").mkdir()
    text = GOOD.format(when='cron = "0 8 * * *"')
    (root / "old" / "daily.toml").write_text(text, encoding="utf-8")
    [problem] = problems(root, text)
    assert (problem.file, problem.what) == ("schedules/old/daily.toml", "排期名“daily”用了两次")


def test_no_folder(root: Path) -> None:
    with pytest.raises(ProblemsFound, match="没有这个文件夹"):
        load_schedules(root / "none")
