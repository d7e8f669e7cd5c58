"""How Teams brings an activity to the bot, over HTTP or straight into an ASGI application."""

import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout

from tests.fakes.teams.state import JSON

Scope: TypeAlias = MutableMapping[str, Any]
ASGI: TypeAlias = Callable[
    [Scope, Callable[[], Awaitable[Scope]], Callable[[Scope], Awaitable[None]]], Awaitable[None]
]

PATH: Final = "/api/messages"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered."""

    status: int
    content_type: str
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:  # noqa: ANN401 - tests look inside
        """Return the body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An activity with the bot's answer to it."""

    activity: JSON
    answer: Answer

    @property
    def status(self) -> int:
        """Return the HTTP status of the answer."""
        return self.answer.status


class Door(Protocol):
    """A way to the bot's message endpoint."""

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Deliver one request."""
        ...


@dataclass(frozen=True, slots=True)
class HTTPDoor:
    """The endpoint on a socket."""

    session: ClientSession
    url: str

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Deliver one request."""
        start = time.perf_counter()
        limit = ClientTimeout(total=30)
        async with self.session.post(self.url, data=body, headers=headers, timeout=limit) as got:
            content = await got.read()
            return Answer(got.status, got.content_type, content, time.perf_counter() - start)


@dataclass(frozen=True, slots=True)
class ASGIDoor:
    """The endpoint of an application in this very loop, without a socket."""

    app: ASGI
    path: str = PATH

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Deliver one request."""
        start = time.perf_counter()
        sent: list[Scope] = []
        pending: list[Scope] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Scope:
            return pending.pop() if pending else {"type": "http.disconnect"}

        async def send(message: Scope) -> None:
            sent.append(message)

        await self.app(self._scope(body, headers), receive, send)
        content = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
        found = {k.lower(): v for k, v in sent[0].get("headers", ())}
        kind = found.get(b"content-type", b"").decode().partition(";")[0]
        return Answer(sent[0]["status"], kind, content, time.perf_counter() - start)

    def _scope(self, body: bytes, headers: dict[str, str]) -> Scope:
        sent = {"host": "127.0.0.1", "content-length": str(len(body)), **headers}
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(k.lower().encode(), v.encode()) for k, v in sent.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
            "state": {},
        }


def door_to(session: ClientSession, target: str | ASGI) -> Door:
    """Find the way to a base URL, a full URL or an ASGI application."""
    if not isinstance(target, str):
        return ASGIDoor(target)
    bare = urlsplit(target).path in {"", "/"}
    return HTTPDoor(session, target.rstrip("/") + PATH if bare else target)
