"""Which requests come from our own pages.

The demo has no sign-in: who can reach it can be anybody in a fictional organisation. Three checks
keep other web sites out of it. The ``Host`` must be a loopback name, which defeats a foreign name
that resolves to this machine. A post must come from our own origin by the browser's word. And it
must carry a token that only a page of ours could read.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters import metrics, signing

COOKIE = "groundswell_page"
_LONGEST_COOKIE = 64

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def on_loopback(host: str) -> bool:
    """Tell whether a ``Host`` header names this machine itself."""
    if "@" in host:
        return False
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def same_origin(headers: Mapping[str, str]) -> bool:
    """Tell whether the browser says that a post comes from a page of this very address.

    Every browser sends ``Origin`` with a post; those that send ``Sec-Fetch-Site`` must agree.
    """
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    try:
        return urlsplit(headers.get("origin", "")).netloc == headers.get("host", "") != ""
    except ValueError:
        return False


def new_cookie() -> str:
    """Return the random text that ties a browser to its tokens."""
    return secrets.token_urlsafe(24)


def token(key: bytes, cookie: str) -> str:
    """Return the token for the pages of one browser."""
    return signing.sign(key, "page", cookie)


def is_token(key: bytes, cookie: str, given: str) -> bool:
    """Tell whether a post carries the token of its own browser."""
    if not cookie or len(cookie) > _LONGEST_COOKIE or not given.isascii():
        return False
    return hmac.compare_digest(token(key, cookie), given)


class Guard:
    """Refuse what cannot come from our own pages, before anything is read; harden every answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what is guarded."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check host and origin, then go on."""

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                # Pages hold tokens and change at any time; only static files say otherwise.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        reason = _refused(scope)
        if reason:
            metrics.refused.labels("web", reason).inc()
            answer = PlainTextResponse("This page answers only on its own machine.", 403)
            await answer(scope, receive, hardened)
            return
        try:
            await self._app(scope, receive, hardened)
        except HTTPException as missing:  # static files say so when there is no such file
            answer = PlainTextResponse(missing.detail, missing.status_code)
            await answer(scope, receive, hardened)


def _refused(scope: Scope) -> str:
    headers = Headers(scope=scope)
    if not on_loopback(headers.get("host", "")):
        return "host"
    if scope["method"] not in {"GET", "HEAD"} and not same_origin(headers):
        return "origin"
    return ""
