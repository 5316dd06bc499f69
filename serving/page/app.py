"""ASGI application of the page at `/ui/`: static files with strict security headers and content-addressed caching."""

import hashlib
import json
import mimetypes
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types retail-brain-offline",  # js/offline.js makes it once; it lets the one worker through and no more
    )
)
_SECURITY_HEADERS = {
    "content-security-policy": _CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_FIRST_SCRIPT = "js/main.js"
_WORKER = "offline_worker.js"
"""The service worker of a guide's phone. It lies beside the first file: its folder is what it answers for."""
_VIEWS_OFFLINE = ("js/views/guide.js", "js/views/person.js")
"""Views that a guide's key opens without shops."""
_MODULES = "<!-- modules -->"
"""Where `index.html` names the scripts that the browser asks for at once."""
_IMPORT = re.compile(r'^(?:import|export)\b[^;"]*\bfrom "([^"]+)"', re.MULTILINE)
_REVALIDATE = "no-cache"
_CACHE_A_YEAR = "public, max-age=31536000, immutable"


class _PageHeaders:
    """ASGI middleware that adds security and cache headers to every file.

    Files under `v/VERSION/` of the present version may be cached for a year; everything else is asked for again with
    its ETag, so that an upgrade shows at once.
    """

    def __init__(self, app: ASGIApp, version: str) -> None:
        self.app = app
        self._cacheable = f"/v/{version}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and completes the headers of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_SECURITY_HEADERS)
                # a page loaded before an upgrade asks for an older version: it gets the present files, not to be cached
                is_cacheable = message["status"] in {200, 304} and self._cacheable in scope["path"]
                headers["cache-control"] = _CACHE_A_YEAR if is_cacheable else _REVALIDATE
            await send(message)

        await self.app(scope, receive, send_with_headers)


class _TrailingSlash:
    """ASGI middleware that redirects `/ui` to `/ui/`, by a relative address so that a proxy's prefix stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirects the mount point without its slash; passes everything else on."""
        root = scope.get("root_path", "")
        if scope["type"] == "http" and root and scope["path"] in {root, ""}:
            folder = root.rsplit("/", 1)[-1] + "/"
            query = scope.get("query_string", b"").decode("latin-1")  # such as the language
            folder += f"?{query}" if query else ""
            await Response(status_code=307, headers={"location": folder})(scope, receive, send)
            return
        await self.app(scope, receive, send)


def content_version(folder: Path) -> str:
    """Sixteen hex digits that change when any file of a folder does."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def create_app() -> Starlette:
    """The page as an app to mount, usually at `/ui`. It holds no data: the page's scripts ask the service's routes.

    The first file names the others by a version made of their content, so browsers keep them and ask for nothing again
    until they change.
    """
    mimetypes.add_type("text/javascript", ".js")  # some machines map it otherwise, and nosniff makes that matter
    version = content_version(STATIC)
    files = StaticFiles(directory=STATIC)
    return Starlette(
        routes=[
            Route("/", _first_file(version)),
            Route(f"/{_WORKER}", _worker(version)),
            Mount("/v/{version}", files),
            Mount("/", files),
        ],
        middleware=[
            Middleware(_PageHeaders, version=version),
            Middleware(_TrailingSlash),
            Middleware(GZipMiddleware, minimum_size=1000),
        ],
    )


def needed_modules(folder: Path, script: str) -> list[str]:
    """The modules that a module imports, and those that they import, as paths inside the folder; without itself.

    Imports inside functions do not count: those come when they are called for.
    """
    found: dict[str, None] = {}
    waiting = [script]
    while waiting:
        at = folder / waiting.pop()
        for name in _IMPORT.findall(at.read_text(encoding="utf-8")):
            path = (at.parent / name).resolve().relative_to(folder.resolve()).as_posix()
            if path not in found and path != script:
                found[path] = None
                waiting.append(path)
    return sorted(found)


def _named_modules(folder: Path) -> str:
    """Tells the browser of every module of the first script, and what each view needs beside them.

    Asked for one after another, as imports are found, each level of them would wait for the one before.
    """
    first = needed_modules(folder, _FIRST_SCRIPT)
    lines = [f'<link rel="modulepreload" href="{path}">' for path in first]
    for view in sorted((folder / "js" / "views").glob("*.js")):
        name = view.relative_to(folder).as_posix()
        more = [path for path in needed_modules(folder, name) if path not in first and path != _FIRST_SCRIPT]
        if more:
            lines.append(f'<meta name="needs:{name}" content="{" ".join(more)}">')
    return "\n  ".join(lines)


def _first_file(version: str) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for `index.html` with the addresses of the other files versioned."""
    return _unchanging(_first_text(version), "text/html")


def _first_text(version: str) -> str:
    page = (STATIC / "index.html").read_text(encoding="utf-8").replace(_MODULES, _named_modules(STATIC))
    return re.sub(r'\b(href|src)="', rf'\1="v/{version}/', page)


def _worker(version: str) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for the service worker, told the version and the files that it keeps: those of a guide's views."""
    linked = re.findall(r'\b(?:href|src)="([^"]+)"', _first_text(version))
    scripts = {path for view in _VIEWS_OFFLINE for path in (view, *needed_modules(STATIC, view))}
    texts = [path.relative_to(STATIC).as_posix() for path in (STATIC / "i18n").glob("*.json")]
    files = sorted({*linked, *(f"v/{version}/{path}" for path in (*scripts, *texts))})
    told = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(files)};\n"
    text = (STATIC / "js" / _WORKER).read_text(encoding="utf-8")
    return _unchanging(told + text, "text/javascript")


def _unchanging(text: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'

    async def file(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        return Response(text, headers={"etag": etag}, media_type=media_type)

    return file
