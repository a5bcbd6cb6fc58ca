"""The QQ peer as a program: its arguments, and its control door at POST /_control for other processes.

Body: {"do": VERB, …}. Verbs: say, push, raw, faults (sets any field of Faults; `answer` with `times`),
freeze, thaw, kill, online, release, token, stats, quit. The answer is the state as JSON.
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from tests.servers.onebot_peer import OneBotPeer


def control_routes(peer: "OneBotPeer") -> list[web.RouteDef]:
    async def control(request: web.Request) -> web.Response:
        order = await request.json()
        await obey(peer, order.pop("do"), order)
        return web.json_response(state(peer))

    async def stats(_: web.Request) -> web.Response:
        return web.json_response(state(peer))

    return [web.post("/_control", control), web.get("/_stats", stats)]


def state(peer: "OneBotPeer") -> dict[str, Any]:
    return {
        "port": peer.port,
        "connections": len(peer.sessions),
        "sent": len(peer.sent),
        "ledger": peer.ledger.count,
        "held": len(peer.faults.held),
        "refusals": peer.refusals,
        "dials": peer.dials[-5:],
        "frozen": peer.faults.frozen,
    }


async def obey(peer: "OneBotPeer", verb: str, order: dict[str, Any]) -> None:
    match verb:
        case "say":
            await peer.say(order.pop("text"), **order)
        case "push":
            await peer.push(order["frame"])
        case "raw":
            await peer.raw(order["text"].encode(), binary=order.get("binary", False))
        case "faults":
            _set_faults(peer, order)
        case "freeze":
            peer.freeze()
        case "thaw":
            peer.thaw()
        case "kill":
            peer.kill_connections()
        case "online":
            await peer.set_online(order["online"])
        case "release":
            await peer.release()
        case "token":
            peer.token = order["token"]
        case "stats":
            pass
        case "quit":
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
        case _:
            raise web.HTTPBadRequest(text=f"no such verb: {verb}")


def _set_faults(peer: "OneBotPeer", order: dict[str, Any]) -> None:
    if "answer" in order:
        peer.faults.set(order.pop("answer"), order.pop("times", None))
    for key, value in order.items():
        if not hasattr(peer.faults, key):
            raise web.HTTPBadRequest(text=f"no such fault: {key}")
        setattr(peer.faults, key, value)


def main(kind: type["OneBotPeer"]) -> None:
    parser = argparse.ArgumentParser(description="A OneBot v11 implementation to test against")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", choices=["forward", "reverse"], default="forward")
    parser.add_argument("--dial", default="", help="reverse mode: ws://127.0.0.1:8420/onebot/<name>")
    parser.add_argument("--redial", type=float, default=3.0)
    parser.add_argument("--token", default="")
    parser.add_argument("--self-id", default="10000001")
    parser.add_argument("--groups", type=int, default=3)
    parser.add_argument("--heartbeat", type=float, default=0.0)
    parser.add_argument("--ledger", type=Path, default=None)
    asyncio.run(_serve(kind, vars(parser.parse_args())))


async def _serve(kind: type["OneBotPeer"], options: dict[str, Any]) -> None:
    port = options.pop("port")
    peer = kind(**options)
    peer.port = port
    done = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, done.set)
    await peer.start()
    print(json.dumps({"port": peer.port, "url": peer.url, "self_id": peer.self_id}), flush=True)
    await done.wait()
    await peer.close()
