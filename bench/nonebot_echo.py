"""The best-known bot of this kind, as its manual sets it up: NoneBot2 with the OneBot v11 adapter and its echo plugin.

Forward websocket by its aiohttp driver; no database. Its log is at WARNING, which is kinder than its default.
"""

import argparse
import logging


def main(port: int) -> None:
    import nonebot
    from nonebot.adapters.onebot.v11 import Adapter

    logging.getLogger("nonebot").setLevel(logging.WARNING)
    nonebot.init(
        _env_file=None,
        driver="~aiohttp",
        log_level="WARNING",
        command_start={"/", ""},
        onebot_ws_urls=[f"ws://127.0.0.1:{port}/"],
    )
    nonebot.get_driver().register_adapter(Adapter)
    nonebot.load_builtin_plugin("echo")
    nonebot.run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    main(parser.parse_args().port)
