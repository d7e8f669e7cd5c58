"""A Microsoft Teams on loopback: Bot Connector, identity provider and the people in it.

Reading order: `state` (what Teams knows), `wire` (what it accepts), `connector` (what it does),
`tokens` and `issuer` (who may talk), `faults` and `limits`, `server` (HTTP); then the other
direction: `delivery`, `cards` and `answers` (what a client does), `person` (who does it).

    async with FakeTeams() as teams:
        teams.connect("http://127.0.0.1:8080")  # or an ASGI application
        ada = teams.user("ada")
        await ada.say("My laptop is slow")
        await ada.press(await ada.receives(), "needs.send")

Whatever the bot does that Teams or its reviewers would not like stands in `violations`, and leaving
the block with a violation fails the test.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from aiohttp import ClientSession, TCPConnector

from tests.fakes.teams.answers import Dialog, Pressed, answer_faults
from tests.fakes.teams.cards import ClientRefusedError
from tests.fakes.teams.connector import Connector
from tests.fakes.teams.delivery import ASGI, Answer, Delivery, Door, door_to
from tests.fakes.teams.faults import Fault
from tests.fakes.teams.issuer import TOKEN_CASES, Issuer, TokenCase
from tests.fakes.teams.limits import APP_PER_SECOND, Clock
from tests.fakes.teams.person import Person
from tests.fakes.teams.server import METADATA, Server
from tests.fakes.teams.state import (
    JSON,
    Account,
    Call,
    Conversation,
    Message,
    State,
    Team,
    guid,
    opaque,
)
from tests.fakes.teams.tokens import Tokens

__all__ = [
    "TOKEN_CASES",
    "Answer",
    "Call",
    "ClientRefusedError",
    "Conversation",
    "Delivery",
    "Dialog",
    "FakeTeams",
    "Fault",
    "Message",
    "Person",
    "Pressed",
    "Team",
    "TokenCase",
]

T = TypeVar("T")

APP_ID: Final = guid("groundswell/app")
PASSWORD: Final = "app-password"
TENANT: Final = guid("groundswell/tenant")
FOREIGN_TENANT: Final = guid("elsewhere/tenant")
AT_ONCE: Final = 4  # deliveries of one activity that a bot must survive together


class FakeTeams:
    """The whole service for one bot; `signed=False` is the local mode without tokens."""

    def __init__(
        self,
        *,
        signed: bool = True,
        app_id: str = APP_ID,
        password: str = PASSWORD,
        tenant: str = TENANT,
        rate_limits: bool = False,
        app_limit: int = APP_PER_SECOND,
        judged: bool = True,
        strict: bool = True,
        latency: float = 0.0,
        port: int = 0,
    ) -> None:
        self.signed, self.strict, self.port = signed, strict, port
        self.tenant = tenant
        self.clock = Clock()
        self.issuer = Issuer(app_id)
        self.connector = Connector(
            app_id,
            judged=judged,
            rate_limits=rate_limits,
            app_limit=app_limit,
            clock=self.clock,
        )
        tenants = frozenset({tenant, "botframework.com"})
        self.tokens = Tokens(app_id, password, tenants, self.clock)
        self.server = Server(self.connector, self.tokens, self.issuer, signed, latency)
        self.deliveries: list[Delivery] = []
        self._people: dict[tuple[str, str], Person] = {}
        self._session: ClientSession | None = None
        self._door: Door | None = None
        self._target: str | ASGI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen."""
        await self.server.start(self.port)
        self._loop = asyncio.get_running_loop()
        self._session = ClientSession(connector=TCPConnector(limit=0))
        if self._target is not None:
            self.connect(self._target)

    async def stop(self) -> None:
        """Close everything."""
        if self._session is not None:
            await self._session.close()
        await self.server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.stop()
        if error is None:
            self.check()

    @classmethod
    @contextmanager
    def in_thread(cls, **settings: Any) -> Iterator[Self]:  # noqa: ANN401 - those of __init__
        """Run in a thread of its own, for programs that hold the main one; see `run`."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="fake-teams")
        thread.start()
        teams = cls(**settings)
        teams._loop = loop
        try:
            teams.run(teams.start())
            yield teams
            teams.check()
        finally:
            teams.run(teams.stop())
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the fake's own loop, from another thread, and wait for it."""
        assert self._loop is not None, "not started"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def check(self) -> None:
        """Fail if the bot has done anything that Teams does not accept."""
        if self.strict and self.violations:
            raise AssertionError("the bot broke rules of Teams:\n" + "\n".join(self.violations))

    def connect(self, target: str | ASGI) -> None:
        """Tell where the bot listens: a URL (of the host or of the endpoint) or an ASGI app."""
        self._target = target
        if self._session is not None:
            self._door = door_to(self._session, target)

    # --- addresses and settings -----------------------------------------------------------------

    @property
    def url(self) -> str:
        """Return the address of the server, without a path."""
        return self.server.url

    @property
    def service_url(self) -> str:
        """Return the `serviceUrl` of activities."""
        return self.connector.service_url

    @property
    def openid_url(self) -> str:
        """Return the address of the OpenID metadata."""
        return f"{self.url}{METADATA}"

    @property
    def token_url(self) -> str:
        """Return the address of the token endpoint for the home tenant."""
        return f"{self.url}/{self.tenant}/oauth2/v2.0/token"

    @property
    def app_id(self) -> str:
        """Return the bot's app id."""
        return self.connector.app_id

    @property
    def bot_id(self) -> str:
        """Return the bot's id in conversations."""
        return self.connector.bot_id

    @property
    def settings(self) -> dict[str, str]:
        """Return the environment with which the product talks to this fake."""
        common = {
            "GROUNDSWELL_TEAMS_TENANT_ID": self.tenant,
            "GROUNDSWELL_TEAMS_TENANTS": self.tenant,
            "GROUNDSWELL_TEAMS_SERVICE_HOSTS": "127.0.0.1",
        }
        if not self.signed:
            return {"GROUNDSWELL_TEAMS_LOCAL": "1"} | common
        signed = {
            "GROUNDSWELL_TEAMS_APP_ID": self.app_id,
            "GROUNDSWELL_TEAMS_APP_PASSWORD": self.tokens.password,
            "GROUNDSWELL_TEAMS_OPENID_URL": self.openid_url,
            "GROUNDSWELL_TEAMS_TOKEN_URL": self.token_url,
        }
        return signed | common

    # --- what happened --------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Return people, conversations and messages."""
        return self.connector.state

    @property
    def calls(self) -> list[Call]:
        """Return every request so far."""
        return self.server.calls

    @property
    def violations(self) -> list[str]:
        """Return what the bot should not have done."""
        return self.connector.violations

    @property
    def token_calls(self) -> int:
        """Return how many tokens were asked for, refused ones included."""
        return len(self.calls_of("token"))

    @property
    def connections(self) -> int:
        """Return how many connections the bot has opened to the connector."""
        return len(self.server.connections)

    def calls_of(self, *ops: str) -> list[Call]:
        """Return the requests of some operations."""
        return [call for call in self.calls if call.op in ops]

    def message(self, name: str) -> Message:
        """Find a message by its id."""
        return next(m for m in self.state.everything() if m.id == name)

    async def until(self, holds: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something is true; looked at again after every request."""
        async with asyncio.timeout(seconds):
            await self.server.until(holds)

    async def next_post(self, place: Conversation, seconds: float = 5.0) -> Message:
        """Wait for the bot's next message in a conversation; each is given once."""
        await self.until(lambda: len(self._untaken(place)) > 0, seconds)
        place.taken += 1
        return self._posted(place)[place.taken - 1]

    def _posted(self, place: Conversation) -> list[Message]:
        return [m for m in place.messages.values() if m.author is None]

    def _untaken(self, place: Conversation) -> list[Message]:
        return self._posted(place)[place.taken :]

    # --- faults ---------------------------------------------------------------------------------

    def fail_next(
        self, op: str, fault: Fault, *, times: int = 1, conversation: str | None = None
    ) -> None:
        """Let the next calls of an operation ("send", "post", "token", "any" ...) fail."""
        self.server.faults.add(op, fault, times=times, conversation=conversation)

    def fail_always(self, op: str, fault: Fault, *, conversation: str | None = None) -> None:
        """Let an operation fail until `heal`."""
        self.server.faults.add(op, fault, times=None, conversation=conversation)

    def heal(self) -> None:
        """Let everything work again."""
        self.server.faults.clear()

    # --- the cast -------------------------------------------------------------------------------

    def user(
        self,
        handle: str,
        *,
        name: str | None = None,
        tenant: str | None = None,
        email: str | None = None,
        installed: bool = True,
        locale: str = "en-GB",
        timezone: str = "Europe/London",
    ) -> Person:
        """Find or add a person."""
        home = tenant or self.tenant
        if (home, handle) not in self._people:
            account = Account(
                handle=handle,
                name=name or f"{handle.title()} Example",
                tenant=home,
                email=email or f"{handle}@example.com",
                installed=installed,
                locale=locale,
                timezone=timezone,
            )
            self.state.people[account.id] = account
            self._people[home, handle] = Person(self, account)
        return self._people[home, handle]

    def stranger(self, handle: str = "eve") -> Person:
        """Find or add a person of another organisation."""
        return self.user(handle, tenant=FOREIGN_TENANT)

    def group(self, name: str, *people: Person) -> Conversation:
        """Find or open a group chat that the bot is part of."""
        return self.state.group(name, [person.account for person in people])

    def team(self, name: str, *people: Person, installed: bool = True) -> Team:
        """Add a team with its channel "General"."""
        name_id = f"19:{opaque(f'team {name}', 40)}@thread.tacv2"
        members = [person.account for person in people]
        team = Team(name_id, name, self.tenant, members, installed)
        self.state.teams.append(team)
        self.state.channel(team, "General")
        return team

    def channel(self, team: Team, name: str) -> Conversation:
        """Find or add a channel of a team."""
        return self.state.channel(team, name)

    async def join(self, place: Team | Conversation, *people: Person) -> Delivery:
        """Add people to a team or group chat; Teams tells the bot in one event."""
        chat = place.general if isinstance(place, Team) else place
        chat.members.extend(person.account for person in people)
        added = [{"id": p.id, "aadObjectId": p.aad_id} for p in people]
        activity = people[0].activity("conversationUpdate", chat, {"membersAdded": added})
        if chat.team is not None:
            activity["channelData"]["eventType"] = "teamMemberAdded"
        return await self.deliver(activity)

    # --- delivery to the bot --------------------------------------------------------------------

    async def deliver(self, activity: Mapping[str, Any], **headers: str) -> Delivery:
        """Bring an activity to the bot with a fresh token, or without one in local mode."""
        if self.signed:
            token = self.issuer.token(str(activity.get("serviceUrl", self.service_url)))
            headers = {"Authorization": f"Bearer {token}", **headers}
        return await self.deliver_raw(activity, headers)

    async def deliver_as(self, case: str, activity: Mapping[str, Any]) -> Delivery:
        """Bring an activity with one of the headers of `TOKEN_CASES`."""
        header = TOKEN_CASES[case].header(self.issuer, str(activity.get("serviceUrl")))
        return await self.deliver_raw(activity, {"Authorization": header} if header else {})

    async def deliver_raw(
        self, content: Mapping[str, Any] | bytes, headers: Mapping[str, str]
    ) -> Delivery:
        """Bring anything, with exactly these headers."""
        assert self._door is not None, "connect the fake to a bot first"
        activity = {} if isinstance(content, bytes) else dict(content)
        self._remember(activity)
        body = content if isinstance(content, bytes) else json.dumps(activity).encode()
        answer = await self._door.post(body, {"Content-Type": "application/json", **headers})
        delivery = Delivery(activity, answer)
        self.deliveries.append(delivery)
        self.violations.extend(answer_faults(delivery))
        self.server.change()
        return delivery

    def _remember(self, activity: JSON) -> None:
        """Let the bot reply to what it has heard."""
        key = (activity.get("conversation") or {}).get("id")
        place = self.state.conversations.get(str(key).partition(";")[0])
        if place is not None and "id" in activity:
            place.heard.add(str(activity["id"]))

    async def redeliver(self, delivery: Delivery, times: int = AT_ONCE) -> list[Delivery]:
        """Bring the very same activity again, several times at once, each freshly signed."""
        again = (self.deliver(delivery.activity) for _ in range(times))
        return list(await asyncio.gather(*again))
