"""Every interval of the WeCom line in one place, so that tests can shorten them and readers can find them."""

from msgspec import Struct


class Timing(Struct, frozen=True):
    """Seconds."""

    minute: float = 60.0  # the span in which a robot may send twenty
    probe: float = 300.0  # how often the line is looked at while it is fine
    backoff_first: float = 1.0
    backoff_max: float = 30.0
    media: float = 2.5 * 24 * 3600  # an uploaded file is good for three days


NORMAL = Timing()
