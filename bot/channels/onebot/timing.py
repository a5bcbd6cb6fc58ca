"""Every interval of the QQ line in one place, so that tests can shorten them and readers can find them."""

from msgspec import Struct


class Timing(Struct, frozen=True):
    """Seconds, unless said otherwise."""

    backoff_first: float = 1.0
    backoff_max: float = 60.0
    stable: float = 30.0  # a line that held this long starts the backoff afresh
    refused: float = 300.0  # after a wrong token: dialling fast would only fill the other side's log
    ping: float = 30.0  # websocket ping; catches a dead host when the implementation sends no heartbeat
    silent_beats: float = 3.0  # heartbeats that may be missed before the line is given up
    refresh: float = 600.0  # how often the list of groups is asked for
    refresh_gap: float = 5.0  # and how often at most, when notices ask for it
    drain: float = 10.0  # what stop() grants to events that were read but not handled yet
    close: float = 1.0  # what a closing handshake may take


NORMAL = Timing()
