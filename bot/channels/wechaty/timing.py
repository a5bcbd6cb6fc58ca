"""Every interval of the WeChat line in one place, so that tests can shorten them and readers can find them."""

from msgspec import Struct


class Timing(Struct, frozen=True):
    """Seconds. A gateway that hangs is noticed after `ding` and two of `dong` at most."""

    backoff_first: float = 1.0
    backoff_max: float = 10.0
    stable: float = 30.0  # a line that held this long starts the backoff afresh
    refused: float = 300.0  # after a wrong token or certificate: dialling fast would only fill the other side's log
    start: float = 20.0  # the gateway itself gives its puppet 15 s to start
    ding: float = 10.0  # how often the gateway is asked for a sign of life
    dong: float = 6.0  # and how long it may take
    login: float = 1.0  # a gateway that is logged in says so at once; after this it counts as logged out
    names: float = 5.0  # a nickname that takes longer is left out: the family's words are not held up by it
    refresh: float = 600.0  # how often the rooms are asked for
    refresh_gap: float = 5.0  # and how often at most, when events ask for it
    fetch: float = 600.0  # how long the words of a message that was announced are tried for, over broken lines
    fetch_gap: float = 0.5  # pause before they are tried again
    drain: float = 10.0  # what stop() grants to messages that were announced but not handled yet


NORMAL = Timing()
