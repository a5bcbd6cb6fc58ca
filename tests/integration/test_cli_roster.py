"""`songnuan import`, `export` and `sample` in this process, on every database."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.staff import people
from bot.cli import main
from bot.cli.roster import Progress
from bot.models import Audit, Delivery, Household, Identity, Member, db, keys
from bot.sheets import all_rows
from tests.database import TEST_KEY

pytestmark = pytest.mark.db
ROOT = Path(__file__).parents[2]

Run = Callable[..., Awaitable[tuple[int, str]]]
GOOD = "户编号,姓名,电话,单位,类别\nH0001,刘桂芳,13800000001,M1,工亡遗属\n"


@pytest.fixture
def here(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.toml").write_text("[web]\nport = 1\n")
    for name in ("messages", "schedules"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "songnuan.key").write_text(TEST_KEY.hex())
    (tmp_path / "songnuan.key").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SONGNUAN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("SONGNUAN_DATABASE__URL", database_url)
    monkeypatch.setenv("SONGNUAN_DATABASE__KEY_FILE", "songnuan.key")
    return tmp_path


@pytest.fixture
def songnuan(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    async def run(*argv: object) -> tuple[int, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(main, [str(word) for word in argv])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


@asynccontextmanager
async def inside(url: str) -> AsyncIterator[None]:
    keys.use(keys.Keyring(TEST_KEY))
    await db.open_(url, upgrade=False)
    try:
        yield
    finally:
        await db.close()


async def test_refused_rows_come_back_in_the_same_sheet(songnuan: Run, here: Path) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    roster, report = here / "roster.csv", here / "report.xlsx"
    roster.write_text(GOOD + "H0002,,13800000002,M1,工亡遗属\n")
    code, said = await songnuan("import", roster, "--report", report)
    assert code == 1 and "第 3 行：没有姓名" in said and "report.xlsx" in said
    assert [row.cells[0] for row in all_rows(report)] == ["没有收下的原因", "", "没有姓名，请补上"]
    code, said = await songnuan("import", roster, "--report", roster)
    assert code == 1 and "同名" in said and roster.read_text().startswith("户编号")


async def test_a_mapping_is_remembered(songnuan: Run, here: Path) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    roster, mapping = here / "theirs.csv", here / "人力.toml"
    roster.write_text("家庭代码,职工,在哪个矿,性质,血型\nH0001,刘桂芳,向阳煤矿,工亡遗属,A\n")
    assert (await songnuan("import", roster))[0] == 1
    mapping.write_text('"家庭代码" = "户编号"\n"职工" = "姓名"\n"在哪个矿" = "单位"\n"性质" = "类别"\n')
    code, said = await songnuan("import", roster, "--mapping", mapping, "--dry-run")
    assert (code, "新增 1 户" in said, "没有用到的列：血型" in said) == (0, True, True)
    assert not (here / "mappings").exists(), "a dry run keeps nothing"
    assert "新增 1 户" in (await songnuan("import", roster, "--mapping", mapping))[1]
    mapping.unlink()
    for again in ((), ("--mapping", "人力")):
        code, said = await songnuan("import", roster, *again)
        assert (code, "没有变化 1 户" in said) == (0, True)
    code, said = await songnuan("import", roster, "--mapping", "没有的")
    assert code == 1 and "找不到列名对照" in said


async def test_out_masked_or_with_a_reason(songnuan: Run, here: Path, database_url: str) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    (here / "roster.csv").write_text(GOOD)
    await songnuan("import", "roster.csv")
    code, said = await songnuan("export", "out.csv")
    assert code == 0 and "1 户、1 人" in said and "13800000001" not in (here / "out.csv").read_text()
    for wrong in (("--clear",), ("--reason", "上门慰问核对地址"), ("--clear", "--reason", "看")):
        code, said = await songnuan("export", "clear.csv", *wrong)
        assert code == 1 and ("原因" in said) and not (here / "clear.csv").exists()
    code, said = await songnuan("export", "clear.csv", "--clear", "--reason", "上门慰问核对地址")
    assert code == 0 and "不要发到群里" in said and "13800000001" in (here / "clear.csv").read_text()
    async with inside(database_url):
        notes = await Audit.filter(action="roster.export").order_by("id")
        assert [note.reason for note in notes] == [None, "上门慰问核对地址"]
    assert await songnuan("import", "out.csv") == (0, "新增 0 户，更新 0 户，没有变化 1 户。\n")


async def test_the_admins_hear_of_a_roster_that_a_command_took_out_in_clear(
    songnuan: Run, here: Path, database_url: str
) -> None:
    for unit in (("G", "北岭集团"), ("M1", "向阳煤矿", "--parent", "G"), ("M2", "清河煤矿", "--parent", "G")):
        await songnuan("unit", "add", *unit)
    (here / "roster.csv").write_text(GOOD)
    await songnuan("import", "roster.csv")
    async with inside(database_url):
        for name, code in (("周文静", "G"), ("何雨晴", "M1"), ("孙立新", "M2")):
            staff = await people.add_staff(name, "admin", code)
            await Identity.create(channel="sandbox", user_id=name, staff=staff, bound_at=clock.now())
    await songnuan("export", "masked.csv", "--unit", "M1")
    told: list[int] = []
    for narrowed in (("--unit", "M1"), ()):
        assert (await songnuan("export", "out.csv", "--clear", "--reason", "上门慰问核对地址", *narrowed))[0] == 0
        async with inside(database_url):
            news = await Delivery.filter(key__startswith="n:export:").order_by("chat_id").exclude(id__in=told)
            told += [one.id for one in news]
            assert [one.chat_id for one in news] == (["何雨晴", "周文静"] if narrowed else ["周文静"])
            for one in news:
                said = outbox.plain(outbox.decode(one.body or ""))
                assert "有人在送暖的电脑上用命令导出了完整的名册，1户" in said
                assert "刘桂芳" not in said and "138" not in said


async def test_a_broken_text_does_not_keep_the_roster_in(songnuan: Run, here: Path) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    (here / "messages").unlink()
    code, said = await songnuan("export", "out.csv", "--clear", "--reason", "上门慰问核对地址")
    assert code == 0 and "没有告诉管理员" in said


async def test_a_sample_as_a_file_and_in_the_database(songnuan: Run, here: Path, database_url: str) -> None:
    code, said = await songnuan("sample", "--households", 5, "--seed", 3, "--out", "five.csv")
    assert code == 0 and "songnuan unit add N1 东岭矿区 --parent N" in said
    code, said = await songnuan("sample", "--households", 5, "--seed", 3, "--into-database")
    assert code == 0 and "新增 5 户" in said
    assert await songnuan("import", "five.csv") == (0, "新增 0 户，更新 0 户，没有变化 5 户。\n")
    async with inside(database_url):
        assert await Household.all().count() == 5
        phones = [member.phone for member in await Member.all() if member.phone]
        assert phones and all("13800000000" <= phone < "13800000100" for phone in phones)
    await songnuan("unit", "add", "M1", "向阳煤矿")
    (here / "roster.csv").write_text(GOOD.replace("H0001", "H9001"))
    await songnuan("import", "roster.csv")
    code, said = await songnuan("sample", "--into-database")
    assert code == 1 and "已经有名册" in said


def test_the_bar_is_for_terminals_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    Progress()("write", 1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = Progress()
    bar("read", 3000, 0)
    bar("write", 1500, 3000)
    bar("write", 3000, 3000)
    shown = capsys.readouterr().err
    assert "正在读表：3,000 行" in shown and "1,500/3,000" in shown and shown.endswith("3,000/3,000 行\n")
