"""QQ through an OneBot v11 implementation (NapCat, LLBot) over a websocket, dialled by us or dialling us.

`channel` ties the rest together; `forward` and `reverse` bring a socket up, `link` is one live socket,
`frames` and `incoming` read, `segments` writes, `outcomes` judges an answer, `lanes` keeps order in a chat.
"""

from bot.channels.onebot.channel import OneBotChannel
from bot.channels.onebot.timing import Timing

__all__ = ["OneBotChannel", "Timing"]
