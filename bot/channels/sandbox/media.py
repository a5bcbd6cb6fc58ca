"""Pictures and documents that messages show: files below the content folder, by a list of harmless kinds."""

from pathlib import Path

from aiohttp.web import FileResponse, HTTPNotFound, Request

from bot.channels.common.media import locate

# No SVG or HTML: they could carry a script. No Markdown or TOML: those are the editors' sources.
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}
DOCUMENTS = {".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".txt", ".zip"}


class Media:
    """Serves what stands below `root`, and nothing else; no root, no files."""

    def __init__(self, root: Path | None) -> None:
        self._root = root.resolve() if root else None

    async def serve(self, request: Request) -> FileResponse:
        path = self._find(request.match_info["path"])
        if path is None:
            raise HTTPNotFound(text="没有这个文件")
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        if path.suffix.lower() in DOCUMENTS:
            headers["Content-Disposition"] = "attachment"
        return FileResponse(path, headers=headers)

    def _find(self, asked: str) -> Path | None:
        if self._root is None or "\0" in asked:
            return None
        try:
            path = locate(self._root, asked)
        except ValueError:
            return None
        return path if path.suffix.lower() in PICTURES | DOCUMENTS and path.is_file() else None
