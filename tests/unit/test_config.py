"""Settings: the file, the environment over it, and all problems of both in one run."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from bot.config import (
    AnyChannel,
    Calendar,
    Config,
    Database,
    OneBot,
    Pacing,
    Sandbox,
    is_loopback,
    load,
)
from bot.errors import Problem, ProblemsFound
from bot.settings_channels import UNPACED

SHIPPED = Path(__file__).parents[2] / "config.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def loaded(file: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    file.write_text(text)
    return load(file, environ or {})


def refused(file: Path, text: str, environ: Mapping[str, str] | None = None) -> list[Problem]:
    with pytest.raises(ProblemsFound) as caught:
        loaded(file, text, environ)
    assert all(problem.what and problem.remedy for problem in caught.value.problems)
    return caught.value.problems


def channel(config: Config, name: str) -> AnyChannel:
    return config.channels[name]


# the file


def test_without_a_file_the_defaults_hold() -> None:
    assert load(None, {}).at(Path("/x")) == Config().at(Path("/x"))


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound, match="打不开"):
        load(tmp_path / "none.toml", {})


def test_a_channel_keeps_its_own_pacing_where_the_file_is_silent(file: Path) -> None:
    text = '[channels.sandbox]\ntype = "sandbox"\n[channels.sandbox.pacing]\nwindow = 8\n'
    text += '[channels.qq]\ntype = "onebot"\npacing.per_minute = 3'
    config = loaded(file, text)
    silent = UNPACED.model_copy(update={"window": 8})
    assert channel(config, "sandbox").pacing == silent
    assert channel(config, "qq").pacing == Pacing(per_minute=3)


def test_paths_start_at_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.parent.joinpath("sub").mkdir()
    file.write_text("")
    monkeypatch.chdir(file.parent / "sub")
    config = load(Path("../config.toml"), {})
    assert config.resolve("a/b").resolve() == (file.parent / "a/b").resolve()
    assert config.resolve("/etc/x") == Path("/etc/x")
    assert config.sqlite_path is not None and config.sqlite_path.is_absolute()


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("sqlite://data/x.db", "sqlite:///base/data/x.db"),
        ("sqlite:///var/x.db?journal_mode=WAL", "sqlite:///var/x.db?journal_mode=WAL"),
        ("sqlite://:memory:", "sqlite://:memory:"),
        ("postgres://u:p@db:5432/songnuan", "postgres://u:p@db:5432/songnuan"),
    ],
)
def test_the_address_of_the_database(url: str, absolute: str) -> None:
    config = Config(database=Database(url=url)).at(Path("/base"))
    assert config.database_url == absolute
    assert (config.sqlite_path is None) == ("/base" not in absolute and "/var" not in absolute)


def test_secrets_are_not_shown() -> None:
    config = Config(
        database=Database(url="postgres://u:hush@h/d"), channels={"qq": OneBot(type="onebot", token="hush")}
    )
    assert "hush" not in repr(config)


# the environment


def test_the_environment_goes_over_the_file(file: Path) -> None:
    (file.parent / "token").write_text("from-a-file\n")
    text = '[web]\nport = 1\n[channels.qq]\ntype = "onebot"\ntoken = "old"\n'
    environ = {
        "SONGNUAN_WEB__PORT": "8000",
        "SONGNUAN_UNION__NAME": "123",
        "SONGNUAN_CALENDAR__HOLIDAYS": '["2027-02-06"]',
        "SONGNUAN_DATABASE__KEY_FILE": "keys/k",
        "SONGNUAN_CHANNELS__QQ__TOKEN_FILE": str(file.parent / "token"),
        "SONGNUAN_CHANNELS__QQ__PACING__GAP_SECONDS": "[1, 2.5]",
        "SONGNUAN_CHANNELS__ROOM__TYPE": "sandbox",
        "SONGNUAN_CHANNELS__ROOM__ENABLED": "false",
        "OTHER_WEB__PORT": "x",
    }
    config = loaded(file, text, environ)
    qq, room = channel(config, "qq"), channel(config, "room")
    assert isinstance(qq, OneBot) and isinstance(room, Sandbox)
    assert (config.web.port, config.union.name, config.database.key_file) == (8000, "123", "keys/k")
    assert config.calendar.holidays == [date(2027, 2, 6)]
    assert (qq.token, qq.pacing.gap_seconds, qq.pacing.per_minute) == ("from-a-file", (1, 2.5), 12)
    assert not room.enabled


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("SONGNUAN_WEB__PROT", "1", "不认识的环境变量"),
        ("SONGNUAN_WEB", "1", "不认识的环境变量"),
        ("SONGNUAN_", "1", "不认识的环境变量"),
        ("SONGNUAN_CHANNELS__QQ__TOKKEN", "1", "不认识的环境变量"),
        ("SONGNUAN_CHANNELS__NEW__TOKEN", "1", "不认识的环境变量"),
        ("SONGNUAN_WEB__PORT", "many", "“port”要写整数"),
        ("SONGNUAN_WEB__PORT", "1\nx = 2", "“port”要写整数"),
        ("SONGNUAN_CHANNELS__QQ__TYPE", "oneboot", "“channels.qq”不能写“oneboot”"),
        ("SONGNUAN_CHANNELS__QQ__TOKEN_FILE", "none", "读不了文件“none”"),
    ],
)
def test_a_wrong_variable_is_named(file: Path, name: str, value: str, what: str) -> None:
    problems = refused(file, '[channels.qq]\ntype = "onebot"\n', {name: value})
    assert [problem.file for problem in problems] == [f"环境变量 {name}"]
    assert what in problems[0].what


def test_a_misspelt_variable_gets_a_suggestion(file: Path) -> None:
    [problem] = refused(file, '[channels.qq]\ntype = "onebot"', {"SONGNUAN_CHANNELS__QQ__TOKKEN": "s3cret"})
    assert problem.remedy == "是不是想写“token”？"
    assert "s3cret" not in str(problem)


def test_a_value_and_a_file_for_one_key(file: Path) -> None:
    (file.parent / "t").write_text("x")
    name = "SONGNUAN_CHANNELS__QQ__TOKEN"
    [problem] = refused(file, '[channels.qq]\ntype = "onebot"', {name: "a", f"{name}_FILE": str(file.parent / "t")})
    assert name in problem.what


# rules across sections

OPEN = "却不限于本机"


@pytest.mark.parametrize(
    ("web", "extra", "open_"),
    [
        ("127.0.0.1", "", False),
        ("0.0.0.0", "", True),
        ("::", "", True),
        ("192.168.1.5", "", True),
        ("localhost", 'allow_from = "anywhere"', True),
        ("0.0.0.0", 'token = "x"', False),
        ("0.0.0.0", "enabled = false", False),
        ("127.0.0.1", 'mode = "forward"\nurl = "ws://127.0.0.1:3001"', False),
        ("127.0.0.1", 'mode = "forward"\nurl = "ws://[::1]:3001"', False),
        ("0.0.0.0", 'mode = "forward"\nurl = "ws://localhost:3001/"', False),
        ("127.0.0.1", 'mode = "forward"\nurl = "ws://napcat.example:3001"', True),
        ("127.0.0.1", 'mode = "forward"\nurl = "wss://napcat.example"\ntoken = "x"', False),
    ],
)
def test_no_channel_is_open_to_others_without_a_token(file: Path, web: str, extra: str, open_: bool) -> None:
    text = f'[web]\nhost = "{web}"\n[channels.qq]\ntype = "onebot"\n{extra}\n'
    if not open_:
        assert isinstance(channel(loaded(file, text), "qq"), OneBot)
        return
    [problem] = refused(file, text)
    assert (problem.line, OPEN in problem.what) == (3, True)
    assert "SONGNUAN_CHANNELS__QQ__TOKEN" in problem.remedy


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("127.9.9.9", True), ("[::1]", True), ("localhost", True), ("", False)]
)
def test_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize("url", ["", "http://x", "ws://", "ws://[::1"])
def test_forward_needs_an_address(file: Path, url: str) -> None:
    [problem] = refused(file, f'[channels.qq]\ntype = "onebot"\nmode = "forward"\nurl = "{url}"')
    assert "少了 url" in problem.what


def test_a_day_is_either_work_or_rest(file: Path) -> None:
    text = '[calendar]\nworkdays = ["2026-10-10", 2026-10-11]\nholidays = [\n"2026-10-01",\n"2026-10-11"]\n'
    [problem] = refused(file, text)
    assert (problem.line, problem.what) == (5, "2026-10-11 既是工作日又是假日")


@pytest.mark.parametrize("day", ['"2026-13-01"', '"20261001"', '"国庆"', "20261001", "2026-10-01T08:00:00"])
def test_a_day_is_written_as_a_day(file: Path, day: str) -> None:
    [problem] = refused(file, f"[calendar]\nholidays = [{day}]")
    assert (problem.line, "不是一个日期" in problem.what) == (2, True)


def test_a_day_with_and_without_quotes(file: Path) -> None:
    config = loaded(file, '[calendar]\nholidays = ["2026-10-01", 2026-10-02]')
    assert config.calendar == Calendar(holidays=[date(2026, 10, 1), date(2026, 10, 2)])


def test_every_problem_in_one_run(file: Path) -> None:
    text = """[union]
timezone = "Mars/North"
[web]
prot = 1
host = "0.0.0.0"
[broadcasts]
quiet_hours = "late"
[database]
url = "mysql://x"
[channels.qq]
type = "onebot"
[channels.q2]
type = "onebot"
pacing.gap_seconds = [8, 3]
[wbe]
"""
    problems = refused(file, text, {"SONGNUAN_LOG__LEVEL": "LOUD", "SONGNUAN_X__Y": ""})
    places = {(problem.file.rpartition("/")[2], problem.line) for problem in problems}
    in_file = {("config.toml", line) for line in (2, 4, 7, 9, 10, 14, 15)}
    assert places == in_file | {("环境变量 SONGNUAN_LOG__LEVEL", 0), ("环境变量 SONGNUAN_X__Y", 0)}
    assert next(problem for problem in problems if problem.line == 15).remedy == "是不是想写“web”？"
