"""Ours: the instance's ASGI application, without the relay, whose sends are not the request's."""

from collections.abc import Mapping
from typing import Any

from adapters.slack.app import SlackPlatform
from adapters.wiring import Instance, storage
from bot.actions import Action
from bot.heard import AccountId, ChannelId, Said, Submitted
from bot.people.model import Account, Person, PersonId
from bot.ports import UnitOfWork
from bot.pulses import cards as pulses
from bot.pulses.model import WaveId, WaveState
from tests.bench.asgi import JSON, measured
from tests.bench.side import loaded
from tests.bench.workspace import CIO, QUESTION, SEND, account, granted


class OursSlack:
    """One instance with one installed workspace."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        named = loaded(settings)
        store = storage(named)
        store.migrate()
        self.instance = Instance(named, store)
        self.app = self.instance.app()
        self._keys = 0

    async def start(self, users: list[str]) -> None:
        """Install the workspace and make the people known."""
        platform = self.instance.platforms[0]
        assert isinstance(platform, SlackPlatform)
        await platform.start()
        await platform.tokens.install(granted())
        await self.instance.ears.run(lambda uow: _seed(uow, [CIO, *users]))

    async def stop(self) -> None:
        """Close what is open."""
        for platform in self.instance.platforms:
            await platform.stop()
            await platform.sender.close()
        self.instance.ears.close()
        self.instance.store.close()

    async def wave(self) -> int:
        """Let the CIO ask everyone; return the wave's number."""
        values = {pulses.QUESTION: (QUESTION,), pulses.DAYS: ("7",), pulses.CHANNEL: ("-",)}
        await self.instance.ears.hear(
            Submitted(**self._common(CIO), action=Action.PULSE_LAUNCH, values=values)
        )
        waves = await self.instance.ears.run(lambda uow: uow.pulses.waves(WaveState.OPEN))
        return int(waves[0].id)

    async def drafts(self, users: list[str]) -> list[str]:
        """Let people say what they need; return the names of their drafts."""
        return [await self._draft(user) for user in users]

    async def round(self, requests: list[JSON]) -> JSON:
        """Answer requests and measure it."""
        return await measured(self.app, requests, (200,))

    async def stored(self, action: str, acts: list[tuple[str, str, str]], keys: list[str]) -> int:
        """Count how many of a round's presses have left their effect."""

        def count(uow: UnitOfWork) -> int:
            match action:
                case "pulse.answer":
                    return sum(
                        uow.pulses.answered(WaveId(int(one))) for one in {a[2] for a in acts}
                    )
                case "need.send":
                    return sum(uow.needs.by_draft(act[2]) is not None for act in acts)
                case _:
                    return sum(bool(uow.outbox.state(f"reply:slack:{key}")) for key in keys)

        return await self.instance.ears.run(count)

    async def _draft(self, user: str) -> str:
        ears = self.instance.ears
        await ears.hear(Said(**self._common(user), words=f"{SEND}: my laptop is slow"))

        def find(uow: UnitOfWork) -> str:
            person = uow.people.by_account(AccountId(account(user)))
            dialogue = person and uow.dialogues.get(person.id)
            assert dialogue, user
            return dialogue.notes["draft"]

        return await ears.run(find)

    def _common(self, user: str) -> dict[str, Any]:
        self._keys += 1
        return {
            "key": f"bench:{self._keys}",
            "account": AccountId(account(user)),
            "place": ChannelId(account(f"D{user[1:]}")),
            "private": True,
            "route": f"D{user[1:]}",
        }


def _seed(uow: UnitOfWork, users: list[str]) -> None:
    for number, user in enumerate(users):
        person = PersonId(f"{number:032x}")
        name = AccountId(account(user))
        uow.people.save(Person(id=person, name=f"Person {number}", preferred=name))
        uow.people.save_account(Account(id=name, person=person, route=f"D{user[1:]}", known=True))
