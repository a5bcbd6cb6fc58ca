"""What an error of a send means: certainly not sent, or nobody knows. Error texts of the gateway are never passed on.

They may repeat the token, or our own words. What is certain is what the gateway or gRPC says before anything is done:

    no connection could be made, TLS failed     Retryable  it never left
    UNAUTHENTICATED                             Retryable  our token is not taken: nothing was looked at
    "not logged in"                             Retryable  the puppet refuses before it does anything
    UNIMPLEMENTED                               Permanent  no such call over there
    RESOURCE_EXHAUSTED, "larger than max"       Permanent  gRPC's own limit, before the puppet saw it
    INVALID_ARGUMENT                            Permanent  the request was not understood
    any other answer, a broken line, silence    Unknown    a duplicate is worse than asking a person
"""

import logging
import ssl

from grpclib.const import Status
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError

from bot.errors import Permanent, Retryable, SendError, Unknown

_log = logging.getLogger(__name__)
WAITED = "等不到回应，可能已经发出"


class Broken(Exception):
    """The line ended while a call was open."""


BROKEN = (Broken, StreamTerminatedError, ProtocolError, OSError)  # OSError: a TimeoutError too


def judge(error: Exception) -> SendError:
    """The outcome of a send that raised `error`."""
    if isinstance(error, GRPCError):
        return _answered(error)
    if isinstance(error, TimeoutError):
        return Unknown("timeout", WAITED)
    if isinstance(error, ConnectionRefusedError | ssl.SSLError):
        return Retryable("offline", "没有连接")
    if isinstance(error, BROKEN):
        return Unknown("dropped", "发出时连接断了，可能已经发出")
    _log.error("a send failed in a way that is not foreseen: %s", type(error).__name__)
    return Unknown("bug")


def _answered(error: GRPCError) -> SendError:
    said = (error.message or "").casefold()
    if error.status is Status.UNAUTHENTICATED:
        return Retryable("refused", "访问口令不对")
    if "not logged in" in said:
        return Retryable("logged_out", "微信没有登录")
    if error.status is Status.UNIMPLEMENTED:
        return Permanent("unsupported", "网关不支持这个动作")
    if error.status is Status.RESOURCE_EXHAUSTED and "larger than max" in said:
        return Permanent("bad_media", "超过网关一次能收的大小")
    if error.status is Status.INVALID_ARGUMENT:
        return Permanent("bad_request", "网关看不懂这条消息")
    return Unknown(f"failed_{error.status.name.lower()}", "网关说失败，但没有说明是否已发出")
