"""The Bot Connector's REST calls: one session, whole ids, tokens to trusted hosts only.

An answer is its status; bodies are read defensively because gateways answer with pages.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from adapters.teams import limits
from adapters.teams.auth import Hosts
from adapters.teams.text import JSON
from adapters.teams.tokens import Tokens


class NotSent(Exception):  # noqa: N818 - named as the fact it states
    """No connection: nothing has reached Teams."""


class NoAnswer(Exception):  # noqa: N818 - named as the fact it states
    """It was sent, and then nothing came back: Teams may have acted on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the connector answered; ``code`` is the word in its error body."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Tell whether it worked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers

    @property
    def code(self) -> str:
        """Return the word for what went wrong."""
        error = self.body.get("error")
        return str(error.get("code", "")) if isinstance(error, dict) else ""


class Connector:
    """Speaks HTTP to the service address of a conversation."""

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        tokens: Tokens | None,
        hosts: Hosts,
        *,
        seconds: float = limits.ANSWER_SECONDS,
    ) -> None:
        """Take the session and the token source; without tokens this is the local mode."""
        self._session = session
        self._tokens = tokens
        self._hosts = hosts
        self._timeout = aiohttp.ClientTimeout(
            total=seconds, sock_connect=min(limits.CONNECT_SECONDS, seconds)
        )

    async def create(self, service_url: str, body: JSON) -> Reply:
        """Open a conversation."""
        return await self._call("POST", service_url, ("conversations",), body)

    async def post(self, service_url: str, conversation: str, body: JSON) -> Reply:
        """Write into a conversation or a thread."""
        path = ("conversations", conversation, "activities")
        return await self._call("POST", service_url, path, body)

    async def put(self, service_url: str, conversation: str, activity: str, body: JSON) -> Reply:
        """Replace a message."""
        path = ("conversations", conversation, "activities", activity)
        return await self._call("PUT", service_url, path, body)

    async def member(self, service_url: str, conversation: str, user: str) -> Reply:
        """Ask who somebody in a conversation is."""
        path = ("conversations", conversation, "members", user)
        return await self._call("GET", service_url, path, None)

    async def _call(
        self, method: str, service_url: str, path: tuple[str, ...], body: JSON | None
    ) -> Reply:
        if not self._hosts.trusted(service_url):
            return Reply(status=400, body={"error": {"code": "UntrustedServiceUrl"}})
        whole = "/".join(quote(part, safe="") for part in path)
        url = URL(f"{service_url.rstrip('/')}/v3/{whole}", encoded=True)
        content = None if body is None else _written(body)
        token = await self._tokens.get() if self._tokens else ""
        reply = await self._once(method, url, content, token)
        if reply.status == 401 and self._tokens:  # noqa: PLR2004 - HTTP's own number
            self._tokens.forget(token)
            reply = await self._once(method, url, content, await self._tokens.get())
        return reply

    async def _once(self, method: str, url: URL, content: bytes | None, token: str) -> Reply:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if content is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        try:
            async with self._session().request(
                method,
                url,
                data=content,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,  # a redirect must not carry the token elsewhere
            ) as response:
                read = await response.content.read(limits.ANSWER_BYTES)
                return Reply(
                    status=response.status,
                    body=_object(read),
                    retry_after=_seconds(response.headers.get("Retry-After", "")),
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NoAnswer(type(error).__name__) from error


def _written(body: JSON) -> bytes:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(header: str) -> float | None:
    try:
        return min(max(float(header), 0.0), limits.LONGEST_RETRY_AFTER)
    except ValueError:
        return None
