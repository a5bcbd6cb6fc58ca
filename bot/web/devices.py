"""What a browser calls itself, short enough for its owner to know it by: “Chrome, Android”."""

BROWSERS = {"MicroMessenger": "微信", "QQ/": "QQ", "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome"}
BROWSERS |= {"Safari": "Safari"}
SYSTEMS = {"Harmony": "鸿蒙", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows"}
SYSTEMS |= {"Mac OS": "Mac", "Linux": "Linux"}


def named(user_agent: str) -> str:
    """Only words of our own, so nothing that a browser claims is kept or shown."""
    found = (next((word for mark, word in table.items() if mark in user_agent), "") for table in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found)) or "浏览器"
