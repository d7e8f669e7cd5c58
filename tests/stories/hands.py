"""What a person can do on any platform, in the same words, so that one story runs on all."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from storage import Storage
from tests.fakes.slack import FakeSlack
from tests.fakes.slack import Message as SlackMessage
from tests.fakes.teams import FakeTeams
from tests.fakes.teams import Message as TeamsMessage
from tests.stories.served import serve

Shown: TypeAlias = Any  # the message object of whichever platform's fake
# What opens a dialog in Teams has no verb, so people find it by its title.
TITLES = {
    "need.change": "Change",
    "pulse.compose": "Start a pulse",
    "announcement.compose": "Announce",
}
CHANNEL = "general"
COLLEAGUES = ("ben", "chloe", "dan", "eva", "finn", "gil")


class Hands(Protocol):
    """One platform with a CIO called "cio", colleagues and one channel with the bot in it."""

    async def say(self, who: str, words: str) -> None:
        """Write to the bot directly."""
        ...

    async def read(self, who: str, containing: str) -> Shown:
        """Wait for a direct message with these words in it as it stands now."""
        ...

    async def read_channel(self, containing: str) -> Shown:
        """Wait for such a message in the channel."""
        ...

    async def press(
        self,
        who: str,
        message: Shown,
        action: str,
        value: str = "",
    ) -> str:
        """Press a button or a point of a scale; return what is shown to this person then."""
        ...

    async def fill(
        self,
        who: str,
        message: Shown,
        action: str,
        values: Mapping[str, str],
    ) -> str:
        """Press what opens a dialog, fill it and send it; return the errors, empty if none."""
        ...

    @property
    def violations(self) -> list[Any]:
        """Return what the platform would have refused."""
        ...


class SlackHands:
    """Slack, over HTTP or Socket Mode."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self.ids = {"cio": "U1"}
        for number, name in enumerate(COLLEAGUES):
            self.ids[name] = slack.state.add_user(f"U9{number}", name).id

    async def greet_channel(self) -> None:
        """Let the bot know the channel."""
        await self.slack.user("U1").say(f"<@{self.slack.state.bot_user_id}> help", channel="C1")

    async def say(self, who: str, words: str) -> None:
        answer = await self.slack.user(self.ids[who]).say(words)
        assert answer.ok

    async def read(self, who: str, containing: str) -> SlackMessage:
        return await self.slack.user(self.ids[who]).hears(containing, timeout=15)

    async def read_channel(self, containing: str) -> SlackMessage:
        return await self.slack.user("U1").hears(containing, channel="C1", timeout=15)

    async def press(self, who: str, message: SlackMessage, action: str, value: str = "") -> str:
        person = self.slack.user(self.ids[who])
        before = {m.ts: m.text for m in person.heard(message.channel)}
        if value:
            action = f"{action}:score:{value}"
        answer = await person.press(message, action)
        assert answer.ok

        def changed() -> str:
            new = [m.text for m in person.heard(message.channel) if before.get(m.ts, "") != m.text]
            return new[-1] if new else ""

        return await self.slack.until(changed, timeout=15)

    async def fill(
        self, who: str, message: SlackMessage, action: str, values: Mapping[str, str]
    ) -> str:
        person = self.slack.user(self.ids[who])
        assert (await person.press(message, action)).ok
        view = await person.sees_view()
        answer = await person.submit(view, dict(values))
        assert answer.ok
        return answer.text if "errors" in answer.text else ""

    @property
    def violations(self) -> list[Any]:
        return list(self.slack.violations)


class TeamsHands:
    """Teams, signed or local."""

    def __init__(self, teams: FakeTeams) -> None:
        self.teams = teams
        people = [teams.user(name) for name in ("cio", *COLLEAGUES)]
        self.channel = teams.channel(teams.team("Everyone", *people), CHANNEL)

    async def say(self, who: str, words: str) -> None:
        assert (await self.teams.user(who).say(words)).status == 202

    async def read(self, who: str, containing: str) -> TeamsMessage:
        person = self.teams.user(who)

        def newest() -> TeamsMessage | None:
            fits = [m for m in person.inbox if containing in _words(person.sees(m))]
            return fits[-1] if fits else None

        await self.teams.until(lambda: newest() is not None, 15)
        found = newest()
        assert found is not None
        return found

    async def read_channel(self, containing: str) -> TeamsMessage:
        def newest() -> TeamsMessage | None:
            fits = [
                message
                for message in self.teams.state.everything()
                if message.conversation is self.channel
                and message.author is None
                and containing in _words(message.card)
            ]
            return fits[-1] if fits else None

        await self.teams.until(lambda: newest() is not None, 15)
        found = newest()
        assert found is not None
        return found

    async def press(self, who: str, message: TeamsMessage, action: str, value: str = "") -> str:
        person = self.teams.user(who)
        button = f"{value} of 10" if value else action
        done = await person.press(message, button)
        assert done.error is None
        return _words(done.card) or str(done.message)

    async def fill(
        self, who: str, message: TeamsMessage, action: str, values: Mapping[str, str]
    ) -> str:
        person = self.teams.user(who)
        dialog = await person.fetch_dialog(message, TITLES[action])
        done = await person.submit_dialog(dialog, values)
        return _words(done.card) if done.card is not None else ""

    @property
    def violations(self) -> list[Any]:
        return list(self.teams.violations)


def _words(card: object) -> str:
    return json.dumps(card, ensure_ascii=False) if card else ""


@asynccontextmanager
async def slack_over_http(store: Storage, keys: Path) -> AsyncIterator[Hands]:
    """Serve Slack by signed requests."""
    async with FakeSlack() as slack:
        hands = SlackHands(slack)
        named = {"GROUNDSWELL_SLACK_SIGNING_SECRET": slack.signing_secret, **_slack(slack)}
        async with serve(store, keys, named) as (address, _):
            slack.deliver_to(address)
            await hands.greet_channel()
            yield hands


@asynccontextmanager
async def slack_over_socket(store: Storage, keys: Path) -> AsyncIterator[Hands]:
    """Serve Slack by Socket Mode."""
    async with FakeSlack() as slack:
        hands = SlackHands(slack)
        named = {"GROUNDSWELL_SLACK_APP_TOKEN": slack.app_token, **_slack(slack)}
        async with serve(store, keys, named):
            slack.over_socket()
            await slack.until(lambda: slack.links)
            await hands.greet_channel()
            yield hands


@asynccontextmanager
async def teams_signed(store: Storage, keys: Path) -> AsyncIterator[Hands]:
    """Serve Teams with signed requests and tokens."""
    async with _teams(store, keys, signed=True) as hands:
        yield hands


@asynccontextmanager
async def teams_local(store: Storage, keys: Path) -> AsyncIterator[Hands]:
    """Serve Teams unsigned on loopback."""
    async with _teams(store, keys, signed=False) as hands:
        yield hands


@asynccontextmanager
async def _teams(store: Storage, keys: Path, *, signed: bool) -> AsyncIterator[TeamsHands]:
    async with FakeTeams(signed=signed) as teams:
        hands = TeamsHands(teams)
        cio = teams.user("cio")
        named = {**teams.settings, "GROUNDSWELL_CIO": f"teams:{cio.tenant}:{cio.aad_id}"}
        async with serve(store, keys, named) as (address, _):
            teams.connect(address)
            await cio.mention("help", hands.channel)
            yield hands


def _slack(slack: FakeSlack) -> dict[str, str]:
    return {
        "GROUNDSWELL_SLACK_API_URL": slack.api_url,
        "GROUNDSWELL_SLACK_BOT_TOKEN": slack.token,
        "GROUNDSWELL_CIO": f"slack:{slack.state.team_id}:U1",
    }


PLATFORMS = {
    "Slack (HTTP)": slack_over_http,
    "Slack (Socket Mode)": slack_over_socket,
    "Teams (signed)": teams_signed,
    "Teams (local)": teams_local,
}
