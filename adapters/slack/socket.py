"""Socket Mode: the same payloads over a WebSocket that we open, for servers without an address.

Slack says goodbye to every connection a few times a day; the next one is opened before the old
one is left. Quiet connections are given up: Slack pings at least every half minute.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import aiohttp
import structlog
from slack_bolt.response import BoltResponse

from adapters import metrics
from adapters.slack import parse
from adapters.slack.api import API, Failed
from adapters.slack.auth import repetition
from adapters.slack.dispatch import shown
from adapters.slack.parse import JSON, PLATFORM

log = structlog.get_logger()

Dispatch: TypeAlias = Callable[[JSON, Mapping[str, str]], Awaitable[BoltResponse]]

QUIET_SECONDS = 40.0
"""A connection on which nothing came for this long is dead; ours."""
PING_SECONDS = 10.0
_LONGEST_WAIT = 30.0
_DRAIN_SECONDS = 5.0
_PAYLOADS = {"events_api", "interactive", "slash_commands"}


class Socket:
    """Keep one connection open and hand on what comes over it."""

    def __init__(
        self,
        api: API,
        app_token: str,
        dispatch: Dispatch,
        *,
        quiet: float = QUIET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the app-level token, and where payloads go."""
        self._api = api
        self._token = app_token
        self._dispatch = dispatch
        self._quiet = quiet
        self._clock = clock
        self._heard_at = 0.0
        self._open = 0
        self._links: set[asyncio.Task[None]] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    def health(self) -> str:
        """Say whether a connection is open and when something last came over it."""
        if not self._open:
            return "not connected; trying again"
        return f"ok, last sign of life {self._clock() - self._heard_at:.0f} s ago"

    async def start(self) -> None:
        """Begin to keep a connection open."""
        self._keeper = asyncio.create_task(self._keep(), name="slack socket")

    async def stop(self) -> None:
        """Finish what came in, then close."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._work:
            await asyncio.wait(self._work, timeout=_DRAIN_SECONDS)
        for task in self._links:
            task.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _keep(self) -> None:
        """Open connections one after the other, each as soon as its forerunner is leaving."""
        failures = 0
        while True:
            leaving = asyncio.Event()
            try:
                socket = await self._connect()
            except (Failed, aiohttp.ClientError, TimeoutError) as error:
                failures += 1
                log.warning("slack socket not opened", error=type(error).__name__)
                wait = min(2.0 ** (failures - 1), _LONGEST_WAIT)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - only spreads load
                continue
            failures = 0
            task = asyncio.create_task(self._listen(socket, leaving))
            self._links.add(task)
            task.add_done_callback(self._links.discard)
            await leaving.wait()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        answer = await self._api.call("apps.connections.open", token=self._token)
        return await self._api.session.ws_connect(
            str(answer["url"]),
            autoping=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
        )

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, leaving: asyncio.Event
    ) -> None:
        """Read one connection until it ends, is told to go, or falls silent."""
        pings = asyncio.create_task(self._ping(socket))
        self._open += 1
        self._heard_at = self._clock()
        try:
            while True:
                frame = await socket.receive(timeout=self._quiet)
                self._heard_at = self._clock()
                if frame.type is aiohttp.WSMsgType.PING:
                    await socket.pong(frame.data)
                elif frame.type is aiohttp.WSMsgType.TEXT:
                    self._text(socket, frame.data, leaving)
                elif frame.type is not aiohttp.WSMsgType.PONG:
                    return
        except (TimeoutError, ConnectionError, aiohttp.ClientError):
            log.warning("slack socket fell silent")
        finally:
            self._open -= 1
            if not self._open:
                self.connected.clear()
            leaving.set()
            pings.cancel()
            await socket.close()

    async def _ping(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while not socket.closed:
            await asyncio.sleep(PING_SECONDS)
            try:
                await socket.ping()
            except (ConnectionError, aiohttp.ClientError):
                return

    def _text(
        self, socket: aiohttp.ClientWebSocketResponse, text: str, leaving: asyncio.Event
    ) -> None:
        try:
            envelope = json.loads(text)
        except (ValueError, RecursionError):
            envelope = None
        if not isinstance(envelope, dict):
            metrics.refused.labels(PLATFORM, "malformed").inc()
            return
        kind = envelope.get("type")
        if kind == "hello":
            self.connected.set()
        elif kind == "disconnect":
            leaving.set()
        elif kind in _PAYLOADS and isinstance(envelope.get("payload"), dict):
            task = asyncio.create_task(self._handle(socket, envelope))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
        else:
            metrics.unrouted.labels(PLATFORM, "envelope").inc()

    async def _handle(
        self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]
    ) -> None:
        """Handle an envelope, then acknowledge it; one that failed is left to be sent again."""
        body: JSON = envelope["payload"]
        number = envelope.get("retry_attempt") or ""
        headers = repetition(str(number), str(envelope.get("retry_reason") or ""))
        if not parse.well_formed(body):
            metrics.refused.labels(PLATFORM, "malformed").inc()
            return
        response = await self._dispatch(body, headers)
        if response.status != 200:  # noqa: PLR2004 - the one status that means handled
            return
        ack: dict[str, Any] = {"envelope_id": envelope.get("envelope_id")}
        content = shown(response)
        if content is not None and envelope.get("accepts_response_payload"):
            ack["payload"] = content
        try:
            await socket.send_json(ack)
        except (ConnectionError, aiohttp.ClientError):
            # It is handled; what Slack sends again finds its key.
            log.warning("slack socket closed before the acknowledgement")
