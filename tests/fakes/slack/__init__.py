"""A strict, stateful Slack on this machine, with the people who use it.

    async with FakeSlack() as slack:
        slack.deliver_to("http://127.0.0.1:8000")       # or: slack.over_socket()
        ada = slack.user("U1")
        await ada.say("The VPN drops every hour")
        card = await ada.hears("VPN")
        await ada.press(card, "need.send")
        assert not slack.violations

`server.py` is what an app calls, `methods.py` the table of the Web API, `person.py` what people
do, `delivery.py` how Slack tells the app, `state.py` what it remembers.
"""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any, Self, TypeVar

import aiohttp

from . import shapes
from .clock import Clock
from .delivery import (
    Answer,
    Delivery,
    DeliveryKind,
    RawAnswer,
    Send,
    SignedRequest,
    Tamper,
    resigned,
    signature,
    stale,
)
from .faults import Fault, FaultKind
from .methods import Method
from .person import Person
from .server import Server
from .state import (
    JSON,
    Call,
    Channel,
    Message,
    OpenView,
    SlackError,
    State,
    User,
)

__all__ = [
    "Answer",
    "Call",
    "Channel",
    "Clock",
    "Delivery",
    "DeliveryKind",
    "FakeSlack",
    "Fault",
    "FaultKind",
    "InThread",
    "Message",
    "Method",
    "OpenView",
    "Person",
    "SignedRequest",
    "SlackError",
    "State",
    "User",
    "resigned",
    "signature",
    "stale",
]

T = TypeVar("T")

ACK_SECONDS = 3.0
"""Slack waits three seconds for an acknowledgement."""


class FakeSlack(Server):
    """One workspace with one installed app."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        rate_limits: bool = False,
        channel_burst: int = 1,
        seed: bool = True,
        ack_seconds: float = ACK_SECONDS,
    ) -> None:
        super().__init__(
            State(clock=clock or Clock()), rate_limits=rate_limits, channel_burst=channel_burst
        )
        self.ack_seconds = ack_seconds
        self._send: Send | None = None
        self._socket = False
        self._tampers: list[Tamper] = []
        self._session: aiohttp.ClientSession | None = None
        if seed:
            people(self.state)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        await super().stop()

    @classmethod
    @contextmanager
    def in_thread(cls, **options: Any) -> Iterator["InThread"]:  # noqa: ANN401
        """Run a fake in a thread of its own, for programs that are not async."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="fake-slack", daemon=True)
        thread.start()
        slack = cls(**options)
        held = InThread(slack, loop)
        try:
            held.run(slack.start())
            yield held
        finally:
            held.run(slack.stop())
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    # --- what tests look at ----------------------------------------------------------------

    @property
    def violations(self) -> list[str]:
        """Return what the app did wrong; a good test ends with none."""
        return self.state.violations

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @property
    def token(self) -> str:
        """Return the bot token of the installation."""
        return self.state.bot_token

    @property
    def app_token(self) -> str:
        return self.state.app_token

    @property
    def signing_secret(self) -> str:
        return self.state.signing_secret

    def calls(self, method: str | None = None) -> list[Call]:
        """Return the calls so far, of one method or all."""
        return [call for call in self.state.calls if method in {None, call.method}]

    def messages(self, channel: str) -> list[Message]:
        """Return what everybody sees in a channel, oldest first."""
        return self.state.visible(channel)

    def user(self, id_: str) -> Person:
        """Return the person who can act."""
        return Person(self, id_)

    async def until(
        self,
        check: Callable[[], T | None],
        *,
        timeout: float = 5.0,  # noqa: ASYNC109 - callers name a limit, as with wait_for
    ) -> T:
        """Wait until something is true at Slack, and return it."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    changed = self._changed
                    found = check()
                    if found:
                        return found
                    await changed.wait()
        except TimeoutError:
            last = [f"{call.method}={call.outcome}" for call in list(self.state.calls)[-10:]]
            said = f"nothing came in {timeout} s; last calls: {last}; {self.violations}"
            raise AssertionError(said) from None

    async def called(
        self,
        method: str,
        times: int = 1,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109
    ) -> list[Call]:
        """Wait until a method was called this often."""
        await self.until(lambda: self.counts[method] >= times, timeout=timeout)
        return self.calls(method)

    # --- the way to the app ----------------------------------------------------------------

    def deliver_to(self, base_url: str, path: str = "/slack/events") -> None:
        """Send everything as signed requests to this address."""
        url = base_url.rstrip("/") + path
        self._socket = False

        async def post(request: SignedRequest) -> RawAnswer:
            if self._session is None:
                self._session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=0), auto_decompress=True
                )
            async with self._session.post(
                url, data=request.body, headers=dict(request.headers)
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return response.status, headers, await response.read()

        self._send = post

    def deliver_by(self, send: Send) -> None:
        """Hand every signed request to a function, such as an ASGI application's client."""
        self._socket = False
        self._send = send

    def over_socket(self) -> None:
        """Send everything over the open Socket Mode connections."""
        self._socket = True

    @contextmanager
    def tampering(self, *changes: Tamper) -> Iterator[None]:
        """Change every request within: timestamp, signature or body."""
        self._tampers += changes
        try:
            yield
        finally:
            del self._tampers[-len(changes) :]

    async def deliver(self, delivery: Delivery) -> Answer:
        """Tell the app something once, and return what it answered."""
        started = time.perf_counter()
        if self._socket:
            answer = await self._over_socket(delivery)
        else:
            request = delivery.signed(self.state.signing_secret, self.clock.now())
            for change in self._tampers:
                request = change(request)
            answer = await self.post(request, delivery)
        answer = replace(answer, seconds=time.perf_counter() - started)
        person_waits = delivery.kind != DeliveryKind.EVENT and not self._tampers
        if person_waits and not answer.ok:
            kind = delivery.payload.get("type", delivery.payload.get("command", "ssl_check"))
            self.state.violate(f"{kind}: not acknowledged ({answer.status} {answer.reason})")
        return answer

    async def post(self, request: SignedRequest, delivery: Delivery) -> Answer:
        """Send a request just as it is."""
        if self._send is None:
            raise AssertionError("no app is known: deliver_to, deliver_by or over_socket first")
        try:
            async with asyncio.timeout(self.ack_seconds):
                status, headers, body = await self._send(request)
        except TimeoutError:
            return Answer(delivery=delivery, status=0, reason="http_timeout")
        except aiohttp.ClientError as error:
            reason = f"connection_failed: {type(error).__name__}"
            return Answer(delivery=delivery, status=0, reason=reason)
        return Answer(delivery=delivery, status=status, headers=headers, body=body)

    async def _over_socket(self, delivery: Delivery) -> Answer:
        accepts = delivery.kind != DeliveryKind.EVENT
        link, id_, future = await self.send_envelope(
            str(delivery.kind), delivery.payload, accepts=accepts, retry=delivery.retry
        )
        try:
            async with asyncio.timeout(self.ack_seconds):
                ack = await future
        except TimeoutError:
            link.waiting.pop(id_, None)
            return Answer(delivery=delivery, status=0, reason="http_timeout")
        except asyncio.CancelledError:
            if not future.cancelled():
                raise
            return Answer(delivery=delivery, status=0, reason="connection_failed")
        if "payload" in ack and not accepts:
            self.state.violate("socket: an event was answered with a payload")
        payload = ack.get("payload")
        body = b"" if payload is None else json.dumps(payload).encode()
        headers = {"content-type": "application/json"}
        return Answer(delivery=delivery, status=200, headers=headers, body=body)

    async def redeliver(
        self, answer: Answer, number: int = 1, reason: str = "http_timeout"
    ) -> Answer:
        """Tell the app the same again, as Slack does with `x-slack-retry-num`."""
        return await self.deliver(answer.delivery.again(number, reason))

    async def deliver_at_once(self, delivery: Delivery, times: int = 4) -> list[Answer]:
        """Tell the app the same several times at the same moment."""
        return list(await asyncio.gather(*(self.deliver(delivery) for _ in range(times))))

    # --- events ----------------------------------------------------------------------------

    def event_delivery(self, event: JSON) -> Delivery:
        """Wrap an event as the Events API does."""
        state = self.state
        payload: JSON = {
            "token": state.verification_token,
            "team_id": state.team_id,
            "context_team_id": state.team_id,
            "context_enterprise_id": None,
            "api_app_id": state.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": state.new_id("Ev"),
            "event_time": int(self.clock.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": state.team_id,
                    "user_id": state.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-{state.new_id('ec')}",
        }
        return Delivery(kind=DeliveryKind.EVENT, payload=payload)

    async def event(self, event: JSON, *, subscription: str | None = None) -> Answer:
        """Send an event if the app subscribed to it; status 204 says that it did not."""
        delivery = self.event_delivery(event)
        if (subscription or event["type"]) not in self.state.subscriptions:
            return Answer(delivery=delivery, status=204, reason="not subscribed")
        return await self.deliver(delivery)

    async def echo(self, message: Message) -> Answer:
        """Tell the app of its own message, as Slack does for every one in a direct message."""
        event = shapes.message(self.state, message) | {
            "channel": message.channel,
            "channel_type": "im",
            "event_ts": message.ts,
        }
        return await self.event(event, subscription="message.im")

    async def verify_url(self, challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWM") -> Answer:
        """Ask the app to prove its address, as when the URL is saved in the settings."""
        payload: JSON = {
            "token": self.state.verification_token,
            "challenge": challenge,
            "type": "url_verification",
        }
        return await self.deliver(Delivery(kind=DeliveryKind.EVENT, payload=payload))

    async def check_ssl(self) -> Answer:
        """Probe the certificate of the command's address."""
        payload: JSON = {"ssl_check": "1", "token": self.state.verification_token}
        return await self.deliver(Delivery(kind=DeliveryKind.COMMAND, payload=payload))

    async def limit_events(self) -> Answer:
        """Tell the app that events of this minute were dropped."""
        payload: JSON = {
            "token": self.state.verification_token,
            "type": "app_rate_limited",
            "team_id": self.state.team_id,
            "minute_rate_limited": int(self.clock.now()) // 60 * 60,
            "api_app_id": self.state.app_id,
        }
        return await self.deliver(Delivery(kind=DeliveryKind.EVENT, payload=payload))

    async def bot_says(self, channel: str, text: str) -> Answer:
        """Let another app write into a channel."""
        ts = self.state.new_ts()
        event = {
            "type": "message",
            "subtype": "bot_message",
            "text": text,
            "ts": ts,
            "username": "Other app",
            "bot_id": "BOTHER",
            "channel": channel,
            "event_ts": ts,
            "channel_type": "im" if channel.startswith("D") else "channel",
        }
        subscription = "message.im" if channel.startswith("D") else "message.channels"
        return await self.event(event, subscription=subscription)

    async def change_user(self, id_: str, **changes: Any) -> Answer:  # noqa: ANN401
        """Change a member (zone, locale, deactivation); the app hears `user_change`."""
        self.state.users[id_] = replace(self.state.users[id_], **changes)
        shown = shapes.user(self.state, self.state.users[id_], locale=True)
        now = self.state.new_ts()
        event = {"type": "user_change", "user": shown, "cache_ts": 0, "event_ts": now}
        return await self.event(event)

    async def welcome(self, id_: str, name: str, **more: Any) -> Answer:  # noqa: ANN401
        """Let somebody join the workspace; the app hears `team_join`."""
        user = self.state.add_user(id_, name, **more)
        shown = shapes.user(self.state, user, locale=True)
        now = self.state.new_ts()
        return await self.event({"type": "team_join", "user": shown, "event_ts": now})

    async def archive(self, channel: str, by: str = "U1") -> Answer:
        """Archive a channel."""
        self.state.channels[channel] = replace(self.state.channels[channel], archived=True)
        now = self.state.new_ts()
        event = {"type": "channel_archive", "channel": channel, "user": by, "event_ts": now}
        return await self.event(event)

    async def rename(self, channel: str, name: str) -> Answer:
        """Rename a channel."""
        self.state.channels[channel] = replace(self.state.channels[channel], name=name)
        now = self.state.new_ts()
        shown = {"id": channel, "name": name, "created": 1_700_000_000}
        return await self.event({"type": "channel_rename", "channel": shown, "event_ts": now})

    async def revoke_tokens(self) -> Answer:
        """Revoke the bot's tokens; every further call answers `token_revoked`."""
        for value, token in self.state.tokens.items():
            self.state.tokens[value] = replace(token, revoked="token_revoked")
        tokens = {"oauth": [], "bot": [self.state.bot_user_id]}
        now = self.state.new_ts()
        return await self.event({"type": "tokens_revoked", "tokens": tokens, "event_ts": now})

    async def uninstall(self) -> Answer:
        """Remove the app; every further call answers `account_inactive`."""
        for value, token in self.state.tokens.items():
            self.state.tokens[value] = replace(token, revoked="account_inactive")
        now = self.state.new_ts()
        return await self.event({"type": "app_uninstalled", "event_ts": now})


class InThread:
    """A fake that runs in another thread, with a way to let its people act."""

    def __init__(self, slack: FakeSlack, loop: asyncio.AbstractEventLoop) -> None:
        self.slack = slack
        self._loop = loop

    @property
    def api_url(self) -> str:
        return self.slack.api_url

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 30.0) -> T:
        """Do something in the fake's loop and return the result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[FakeSlack]:  # noqa: ANN401
    """Run a fake; for fixtures that end with the demand that nothing was violated."""
    async with FakeSlack(**options) as slack:
        yield slack
        assert not slack.violations, slack.violations


def people(state: State) -> None:
    """Add a small firm: a CIO, a head of department, people, and a few channels."""
    state.add_user("U1", "maria.cio", real_name="Maria Lopez", title="CIO", is_admin=True)
    state.add_user("U2", "ben", real_name="Ben Okafor", title="Head of Sales", tz="Europe/London")
    state.add_user("U3", "chloe", real_name="Chloé Martin", locale="de-DE")
    state.add_user("U4", "dan", real_name="Dan Reyes", tz="America/New_York", tz_offset=-18000)
    state.add_user("U5", "eva", real_name="Eva Novak", deleted=True)
    everybody = ("U1", "U2", "U3", "U4")
    state.add_channel("C1", "it-and-business", members=everybody)
    state.add_channel("C2", "payload-team", members=everybody)
    state.add_channel("C3", "elsewhere", members=everybody, bot=False)
    state.add_channel("C4", "long-ago", members=everybody, archived=True)
    state.add_channel("C5", "board", members=("U1",), bot=False, kind="private")
