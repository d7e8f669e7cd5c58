"""Ours behind `/api/messages`: the whole instance, or the adapter alone with nobody listening."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette

from adapters.ears import Ears
from adapters.teams.app import TeamsPlatform
from adapters.wiring import Instance, storage, tools
from bot.heard import AccountId, Heard
from bot.messages import NOTHING, Answer
from bot.people.model import Account, Person, PersonId
from bot.ports import UnitOfWork
from storage import open_storage
from tests.bench.asgi import JSON, measured
from tests.bench.side import loaded
from tests.bench.workspace import KEY


class Deaf(Ears):
    """Hears nothing and stores nothing: an empty handler, as the baselines have one."""

    async def hear(self, event: Heard) -> Answer:  # noqa: ARG002 - nothing is done with it
        """Return no answer."""
        return NOTHING


class OursTeams:
    """Both applications in one process; only one works at a time."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        named = loaded(settings)
        store = storage(named)
        store.migrate()
        self.instance = Instance(named, store)
        self.app = self.instance.app()
        deaf = Deaf(open_storage("memory:").units, tools(named))
        self.adapter = TeamsPlatform(named, deaf, key=KEY)
        self.empty = Starlette(routes=self.adapter.routes)

    async def start(self, tenant: str, people: list[str]) -> None:
        """Make the people known."""
        await self.instance.platforms[0].start()
        await self.adapter.start()
        await self.instance.ears.run(lambda uow: _seed(uow, tenant, people))

    async def stop(self) -> None:
        """Close what is open."""
        for platform in (*self.instance.platforms, self.adapter):
            await platform.stop()
            await platform.sender.close()
        self.instance.ears.close()
        self.instance.store.close()

    async def round(self, requests: list[JSON], *, empty: bool) -> JSON:
        """Answer requests and measure it."""
        return await measured(self.empty if empty else self.app, requests, (200, 202))

    async def stored(self, tenant: str, people: list[str]) -> int:
        """Count whose words have become a draft."""

        def count(uow: UnitOfWork) -> int:
            known = [uow.people.by_account(AccountId(_account(tenant, one))) for one in people]
            return sum(uow.dialogues.get(one.id) is not None for one in known if one is not None)

        return await self.instance.ears.run(count)


def _account(tenant: str, directory_id: str) -> str:
    return f"teams:{tenant}:{directory_id}"


def _seed(uow: UnitOfWork, tenant: str, people: list[str]) -> None:
    for number, one in enumerate(people):
        person, name = PersonId(f"{number:032x}"), AccountId(_account(tenant, one))
        uow.people.save(Person(id=person, preferred=name))
        uow.people.save_account(Account(id=name, person=person, known=True))


def environment(url: str, room: str, teams: dict[str, Any]) -> dict[str, str]:
    """Return the settings of an instance that the fake talks to."""
    named: dict[str, str] = teams["settings"]
    return named | {
        "GROUNDSWELL_DATABASE_URL": url,
        "GROUNDSWELL_KEYS": room,
        "GROUNDSWELL_SECRET_KEY": "benchmark-secret-0123456789abcdef",
    }
