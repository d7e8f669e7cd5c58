"""Teams in a process of its own: people with signed messages, and a connector to write to."""

import json
import time
from typing import Any

from tests.fakes.teams import FakeTeams

JSON = dict[str, Any]
PATH = "/api/messages"
LIMIT = 1_000_000


class FakeTeamsSide:
    """The fake service; messages are made here and delivered by whoever asked for them."""

    async def start(
        self, people: int, *, latency: float = 0.0, signed: bool = True
    ) -> dict[str, Any]:
        """Listen; return the settings of the product and who there is."""
        # Cards are judged by the tests; here the connector must not be what limits.
        self.teams = FakeTeams(
            latency=latency, judged=False, strict=False, signed=signed, app_limit=LIMIT
        )
        await self.teams.start()
        self._people = [self.teams.user(f"p{number}") for number in range(people)]
        self._began = (time.process_time(), time.perf_counter())
        return {
            "settings": self.teams.settings,
            "tenant": self.teams.tenant,
            "service_url": self.teams.service_url,
            "token_url": self.teams.token_url,
            "openid_url": self.teams.openid_url,
            "app_id": self.teams.app_id,
            "password": self.teams.tokens.password,
            "bot_id": self.teams.bot_id,
            "people": [one.aad_id for one in self._people],
            "users": [one.id for one in self._people],
            "chats": [one.chat.id for one in self._people],
        }

    async def stop(self) -> None:
        """Stop listening."""
        await self.teams.stop()

    async def words(self, said: list[tuple[int, str]]) -> list[JSON]:
        """Make a direct message for each person and sentence; one token serves all, as there."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.teams.signed:
            token = self.teams.issuer.token(self.teams.service_url)
            headers["Authorization"] = f"Bearer {token}"
        return [
            {"path": PATH, "headers": headers, "body": json.dumps(self._said(*one))} for one in said
        ]

    async def used(self) -> dict[str, float]:
        """Return CPU and wall seconds since this was last asked, and forget what was received."""
        now = (time.process_time(), time.perf_counter())
        before, self._began = self._began, now
        received = len(self.teams.calls_of("send"))
        self.teams.server.calls.clear()
        for place in self.teams.state.conversations.values():
            place.messages.clear()
        return {"cpu": now[0] - before[0], "wall": now[1] - before[1], "received": received}

    def _said(self, number: int, words: str) -> JSON:
        person = self._people[number]
        body = {"text": words, "textFormat": "plain"}
        made = self.teams.state.add(person.chat, body, author=person.account)
        return person.activity("message", person.chat, {**body, "id": made.id})
