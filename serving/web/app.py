"""The page at `/ui/` as an ASGI app: files of this package with strict security and cache headers."""

import mimetypes
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
REVALIDATE = "no-cache"
KEEP_A_YEAR = "public, max-age=31536000, immutable"


class PageHeaders:
    """Adds the security headers to every answer, and says how long a browser may keep it.

    Files in a folder named by version (`vendor/NAME-VERSION/`) may be kept; everything else is asked for again with
    its ETag, so that an upgrade shows at once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and completes the headers of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                kept = message["status"] in {200, 304} and "/vendor/" in scope["path"]
                headers["cache-control"] = KEEP_A_YEAR if kept else REVALIDATE
            await send(message)

        await self.app(scope, receive, send_with_headers)


class TrailingSlash:
    """Leads `/ui` to `/ui/`, by an address relative to the one asked for so that a proxy's prefix stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirects the mount point without its slash; passes everything else on."""
        root = scope.get("root_path", "")
        if scope["type"] == "http" and root and scope["path"] in {root, ""}:
            folder = root.rsplit("/", 1)[-1] + "/"
            await Response(status_code=307, headers={"location": folder})(scope, receive, send)
            return
        await self.app(scope, receive, send)


def create_app() -> Starlette:
    """The page as an app to mount, usually at `/ui`. It holds no data: the page's scripts ask the service's routes."""
    mimetypes.add_type("text/javascript", ".js")  # some machines map it otherwise, and nosniff makes that matter
    middleware = [Middleware(PageHeaders), Middleware(TrailingSlash), Middleware(GZipMiddleware, minimum_size=1000)]
    return Starlette(routes=[Mount("/", StaticFiles(directory=STATIC, html=True))], middleware=middleware)
