"""WeCom (企业微信) by group robots: one robot, one group, one webhook. It only speaks, it hears nothing.

`channel` ties the rest together; `robots` reads who there is, `payloads` says what is sent, `calls` and `outcomes` send
and judge, `budget` keeps to twenty a minute.
"""

from bot.channels.wecom.channel import WeComChannel
from bot.channels.wecom.payloads import LIMITS
from bot.channels.wecom.robots import read
from bot.channels.wecom.timing import Timing

__all__ = ["LIMITS", "Timing", "WeComChannel", "read"]
