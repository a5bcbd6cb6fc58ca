"""`songnuan sample`: a synthetic roster, as a file or straight into a database that has none."""

from argparse import Namespace
from pathlib import Path

from bot.actions.roster import synthetic
from bot.cli.loading import in_database
from bot.cli.printing import say
from bot.cli.roster import Progress
from bot.config import Config


def sample(args: Namespace) -> int:
    if args.into_database:
        return in_database(args, _into_database, create=True)
    path = Path(args.out or "sample-roster.csv")
    rows = synthetic.write(path, args.households, args.seed)
    say(f"已写好 {args.households} 户、{rows} 人的虚构名册：{path}")
    say("导入前要先有这些单位（或者用 --into-database 一次做好）：")
    for code, name, parent in synthetic.UNITS:
        say(f"  songnuan unit add {code} {name}" + (f" --parent {parent}" if parent else ""))
    return 0


async def _into_database(config: Config, args: Namespace) -> int:
    report = await synthetic.put_in(args.households, args.seed, watch=Progress())
    say(f"虚构名册已在数据库里：新增 {report.created} 户，没有变化 {report.unchanged} 户。")
    return 0
