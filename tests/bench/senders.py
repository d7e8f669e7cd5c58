"""The two senders to Teams: our connector, and plain aiohttp with the same messages."""

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

import aiohttp

from adapters.ears import Ears
from adapters.teams import render
from adapters.teams.app import TeamsPlatform
from adapters.teams.pace import Pace
from adapters.teams.proactive import Route
from adapters.teams.send import ADAPTIVE_CARD
from adapters.wiring import tools
from bot.delivery import Delivered, Op, Outgoing
from bot.examples import examples
from bot.heard import AccountId
from bot.messages import Card, ToPerson
from storage import open_storage
from tests.bench.asgi import JSON
from tests.bench.fake_slack import VOICE
from tests.bench.side import loaded
from tests.bench.workspace import KEY

AT_ONCE = 100
UNLIMITED = 1e9
"""The pace that we keep is switched off: what is measured is what our code can do."""


def card() -> Card:
    """Return an announcement as people get it."""
    shown = examples(VOICE)["announcements.announcement"]
    assert isinstance(shown, Card)
    return shown


def body() -> JSON:
    """Return the message in which the connector sends that card."""
    content = render.message(card(), key=KEY)
    attachment = {"contentType": ADAPTIVE_CARD, "content": content}
    return {"type": "message", "summary": card().summary, "attachments": [attachment]}


async def _sent(jobs: Iterable[Callable[[], Awaitable[bool]]]) -> JSON:
    """Do jobs, a hundred at a time; return seconds, CPU, latencies and how many failed."""
    taken: list[float] = []
    failed = 0
    left: Iterator[Callable[[], Awaitable[bool]]] = iter(jobs)

    async def worker() -> None:
        nonlocal failed
        for job in left:
            began = time.perf_counter()
            failed += not await job()
            taken.append(time.perf_counter() - began)

    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "taken": taken,
        "failed": failed,
    }


class ConnectorSide:
    """Ours: from an outgoing copy to its outcome, the card drawn each time."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        named = loaded(settings)
        self._ears = Ears(open_storage("memory:").units, tools(named))
        pace = Pace(per_second=UNLIMITED)
        self.platform = TeamsPlatform(named, self._ears, key=KEY, pace=pace)

    async def start(self, teams: JSON) -> None:
        """Make the copies to send."""
        await self.platform.start()
        self._items = [self._item(teams, number) for number in range(len(teams["chats"]))]

    async def stop(self) -> None:
        """Close connections."""
        await self.platform.stop()
        await self.platform.sender.close()
        self._ears.close()

    async def round(self, messages: int) -> JSON:
        """Send messages to the people in turn."""

        def job(item: Outgoing) -> Callable[[], Awaitable[bool]]:
            async def send() -> bool:
                return isinstance(await self.platform.sender.send(item), Delivered)

            return send

        return await _sent(job(self._items[n % len(self._items)]) for n in range(messages))

    def _item(self, teams: JSON, number: int) -> Outgoing:
        route = Route(
            service_url=teams["service_url"],
            conversation=teams["chats"][number],
            tenant=teams["tenant"],
            bot=teams["bot_id"],
            user=teams["users"][number],
        )
        account = AccountId(f"teams:{teams['tenant']}:{teams['people'][number]}")
        to = ToPerson(account=account)
        return Outgoing(id=number, op=Op.POST, to=to, card=card(), route=route.dump())


class PlainSide:
    """The baseline: one session, the same body written as JSON for each message."""

    async def start(self, teams: JSON) -> None:
        """Open the session and fetch a token."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))
        form = {
            "grant_type": "client_credentials",
            "client_id": teams["app_id"],
            "client_secret": teams["password"],
            "scope": "https://api.botframework.com/.default",
        }
        async with self._session.post(teams["token_url"], data=form) as response:
            token = (await response.json())["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        base = teams["service_url"].rstrip("/")
        self._urls = [f"{base}/v3/conversations/{chat}/activities" for chat in teams["chats"]]
        self._body = body()

    async def stop(self) -> None:
        """Close connections."""
        await self._session.close()

    async def round(self, messages: int) -> JSON:
        """Send messages to the people in turn."""

        def job(url: str) -> Callable[[], Awaitable[bool]]:
            async def send() -> bool:
                data = json.dumps(self._body).encode()
                headers = self._headers | {"Content-Type": "application/json"}
                async with self._session.post(url, data=data, headers=headers) as response:
                    await response.read()
                    return response.status < 300

            return send

        return await _sent(job(self._urls[n % len(self._urls)]) for n in range(messages))
