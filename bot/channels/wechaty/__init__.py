"""WeChat through a Wechaty gateway, over gRPC; an extra that is imported only where a wechaty channel is configured.

`channel` ties the rest together; `line` is one live connection and `gateway` its calls, `intake` and `incoming` read,
`sends` and `outcomes` write and judge, `rooms` and `people` remember names, `login` shows the QR code. `compat` makes
packages of 2022 work today. This module itself needs none of them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.channels.wechaty.limits import LIMITS
from bot.config import Wechaty
from bot.errors import Problem, ProblemsFound

if TYPE_CHECKING:
    from bot.channels.wechaty.channel import WechatyChannel

__all__ = ["LIMITS", "create"]

_PACKAGES = ("wechaty", "grpclib", "betterproto", "pyee", "requests", "qrcode")


def create(name: str, config: Wechaty, *, base: Path, media_root: Path) -> "WechatyChannel":
    """The channel, not yet started; `ca_file` is relative to `base`. Raises ProblemsFound: no extra, no certificate."""
    try:
        from bot.channels.wechaty.channel import WechatyChannel
        from bot.channels.wechaty.gateway import trust
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(_PACKAGES):
            raise
        remedy = "运行 sh tools/setup.sh wechat 装上，再启动；不用微信就写 enabled = false"
        raise ProblemsFound([Problem("config.toml", 0, f"渠道“{name}”要用的 wechaty 没有安装", remedy)]) from None
    try:
        context = trust(config, base)
    except (OSError, ValueError):
        remedy = "ca_file 写签发网关证书的那个 CA 的 PEM 文件"
        raise ProblemsFound([Problem("config.toml", 0, f"渠道“{name}”的 ca_file 读不出来", remedy)]) from None
    return WechatyChannel(name, config, context, media_root=media_root)
