"""Installations: encrypted, refreshed once, forgotten when they end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from adapters.ears import Ears
from adapters.slack.api import Failed
from adapters.slack.app import INSTALL, RETURN, SlackPlatform
from adapters.slack.limits import Pace
from adapters.slack.tokens import Authorized
from bot.delivery import Delivered, Op, Outgoing, Revoked
from bot.heard import ChannelId
from bot.messages import Card, ToChannel
from bot.ports import Installation
from storage import Storage, open_storage
from tests.adapters.slack.conftest import KEY, House, at_once, running, settings_for, tools
from tests.fakes.slack import FakeSlack, Fault

OAUTH = {
    "slack_bot_token": "",
    "slack_client_id": "111.222",
    "slack_client_secret": "client-secret",
}
POST = Outgoing(
    id=1,
    op=Op.POST,
    to=ToChannel(channel=ChannelId("slack:T1:C1")),
    card=Card(name="tests.card", summary="Hello", parts=()),
)


@dataclass(frozen=True, slots=True)
class Shop:
    """The product's way out, installed over OAuth with rotating tokens."""

    slack: FakeSlack
    store: Storage
    make: Callable[[], SlackPlatform]

    def row(self) -> Installation:
        with self.store.units() as uow:
            (row,) = uow.installations.all("slack")
        return row

    async def install(self, platform: SlackPlatform) -> None:
        code = {"client_id": "111.222", "client_secret": "client-secret"}
        code["code"] = self.slack.oauth_code()
        answer = await platform._api.call("oauth.v2.access", code, form=True)
        assert await platform.tokens.install(answer) == "T1"


@pytest.fixture(params=["memory:", "sqlite"])
async def shop(
    request: pytest.FixtureRequest, slack: FakeSlack, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[Shop]:
    """Connect the way out, with tokens that last twelve hours."""
    slack.state.rotation = True
    store = open_storage(sqlite_url if request.param == "sqlite" else request.param)
    settings = settings_for(slack, tmp_path, **OAUTH)
    ears = Ears(store.units, tools(settings))
    made: list[SlackPlatform] = []

    def now() -> datetime:
        return datetime.fromtimestamp(slack.clock.now(), UTC)

    def make() -> SlackPlatform:
        made.append(SlackPlatform(settings, ears, key=KEY, pace=Pace(sleep=at_once), now=now))
        return made[-1]

    yield Shop(slack, store, make)
    for platform in made:
        await platform.sender.close()
    ears.close()
    store.close()


async def test_no_token_is_stored_as_it_is(shop: Shop) -> None:
    """Trap 16: encrypted, with an aware time; installing again changes the one row."""
    platform = shop.make()
    await shop.install(platform)
    await shop.install(platform)
    row = shop.row()
    assert b"xox" not in row.secrets
    assert row.expires_at is not None
    assert row.expires_at.tzinfo is not None
    assert row.facts["bot_user"] == "UBOT"
    assert (row.facts["name"], row.active) == ("Acme", True)


async def test_fifty_at_once_refresh_once(shop: Shop) -> None:
    """Trap 8: refresh tokens work once; two processes share one row."""
    first, second = shop.make(), shop.make()
    await shop.install(first)
    before = shop.row().secrets
    shop.slack.clock.advance(11 * 3600)
    platforms = [first, second] * 25
    found = await asyncio.gather(*(one.tokens.authorized("T1") for one in platforms))
    assert len({one.token for one in found if one}) == 1
    assert None not in found
    assert len(shop.slack.calls("oauth.v2.access")) == 2
    assert shop.row().secrets != before
    assert await first.sender.send(POST) != Revoked(reason="token_expired")


async def test_a_broadcast_after_a_quiet_night_still_posts(shop: Shop) -> None:
    """Trap 9: nobody wrote for thirteen hours; tokens are refreshed for what we send as well."""
    platform = shop.make()
    await shop.install(platform)
    assert isinstance(await platform.sender.send(POST), Delivered)
    shop.slack.clock.advance(13 * 3600)
    assert isinstance(await platform.sender.send(POST), Delivered)


async def test_a_token_that_slack_calls_expired_is_refreshed_and_used_again(shop: Shop) -> None:
    """Once; the copy is sent."""
    platform = shop.make()
    await shop.install(platform)
    shop.slack.fail_next("chat.postMessage", Fault.refused("token_expired"))
    assert isinstance(await platform.sender.send(POST), Delivered)
    assert len(shop.slack.calls("oauth.v2.access")) == 2
    assert platform.health() == {"slack": "ok"}


async def test_a_refresh_that_fails_is_told_to_the_operator(shop: Shop) -> None:
    """The used-up refresh token cannot be had again, so the health page says what to do."""
    platform = shop.make()
    await shop.install(platform)
    shop.slack.clock.advance(13 * 3600)
    shop.slack.fail_next("oauth.v2.access", Fault.refused("invalid_refresh_token"))
    outcome = await platform.sender.send(POST)
    assert not isinstance(outcome, Delivered)
    assert platform.health()["slack"] == "reinstall needed: T1: invalid_refresh_token"
    assert isinstance(await platform.sender.send(POST), Delivered)
    assert platform.health() == {"slack": "ok"}


async def test_a_revoked_token_is_not_refreshed(shop: Shop) -> None:
    """Whoever revoked it meant it; installing again mends it."""
    platform = shop.make()
    await shop.install(platform)
    shop.slack.fail_next("chat.postMessage", Fault.refused("token_revoked"))
    assert await platform.sender.send(POST) == Revoked(reason="token_revoked")
    assert len(shop.slack.calls("oauth.v2.access")) == 1
    assert platform.health()["slack"] == "reinstall needed: T1: token_revoked"
    await shop.install(platform)
    assert platform.health() == {"slack": "ok"}


async def test_a_removed_installation_is_nobodys(shop: Shop) -> None:
    """Its token is gone from the database, too; removing what is not there changes nothing."""
    platform = shop.make()
    await shop.install(platform)
    await platform.tokens.remove("T1")
    await platform.tokens.remove("T9")
    assert (shop.row().active, shop.row().secrets) == (False, b"")
    assert await platform.tokens.authorized("T1") is None
    assert await platform.sender.send(POST) == Revoked(reason="not_installed")


async def test_another_secret_key_cannot_read_the_tokens(
    shop: Shop, slack: FakeSlack, tmp_path: Path
) -> None:
    """The operator is told; nothing is guessed."""
    await shop.install(shop.make())
    settings = settings_for(slack, tmp_path, **OAUTH, secret_key="t" * 40)
    ears = Ears(shop.store.units, tools(settings))
    other = SlackPlatform(settings, ears, key=KEY, pace=Pace(sleep=at_once))
    assert await other.sender.send(POST) == Revoked(reason="key_changed")
    assert other.health()["slack"] == "reinstall needed: T1: key_changed"
    await other.sender.close()
    ears.close()


async def test_a_token_without_rotation_is_read_again_when_it_is_refused(shop: Shop) -> None:
    """There is no other: the copy waits for a reinstallation."""
    shop.slack.state.rotation = False
    platform = shop.make()
    await shop.install(platform)
    assert shop.row().expires_at is None
    shop.slack.fail_next("chat.postMessage", Fault.refused("token_expired"))
    assert await platform.sender.send(POST) == Revoked(reason="token_expired")
    fine = await platform.tokens.authorized("T1")
    assert isinstance(fine, Authorized)


async def test_the_fixed_token_is_asked_about_again_after_it_was_refused(house: House) -> None:
    """It may have been mended at Slack; until then the health page names it."""
    house.slack.fail_next("chat.postMessage", Fault.refused("token_revoked"))
    assert await house.platform.sender.send(POST) == Revoked(reason="token_revoked")
    assert house.platform.health()["slack"] == "reinstall needed: T1: token_revoked"
    assert isinstance(await house.platform.sender.send(POST), Delivered)
    assert house.platform.health() == {"slack": "ok"}
    assert len(house.slack.calls("auth.test")) == 2


async def test_slack_may_be_away_when_we_start(
    slack: FakeSlack, memory: Storage, tmp_path: Path
) -> None:
    """Events are sent again later, a person is told, and then everything works."""
    slack.fail_next("auth.test", Fault.server_error(503, times=3))
    async with running(slack, memory, tmp_path):
        ben = slack.user("U2")
        first = await ben.say("The VPN drops")
        assert first.status == 503
        assert (await ben.command("/groundswell", "", "C1")).ok
        assert (await slack.redeliver(first)).ok
        await ben.hears("The VPN drops")


async def test_a_dialog_is_not_closed_while_slack_does_not_say_who_we_are(
    slack: FakeSlack, memory: Storage, tmp_path: Path
) -> None:
    """An empty answer would throw away what was typed, and a press would end in silence."""
    async with running(slack, memory, tmp_path):
        ben = slack.user("U2")
        await ben.say("The VPN drops")
        card = await ben.hears("This is what I understood")
        await ben.press(card, "need.change")
        view = await ben.sees_view()
    slack.fail_next("auth.test", Fault.server_error(503, times=3))
    async with running(slack, memory, tmp_path) as house:
        assert (await ben.submit(view, {"words": " "})).json["response_action"] == "errors"
        assert (await ben.press(card, "need.send")).ok
        await house.settled()
        assert house.needs() == ["The VPN drops"]


# --- installing over the web ---------------------------------------------------------------


@pytest.fixture
async def door(slack: FakeSlack, memory: Storage, tmp_path: Path) -> AsyncIterator[House]:
    """Run the product for many workspaces."""
    async with running(slack, memory, tmp_path, **OAUTH) as made:
        yield made


async def browse(session: aiohttp.ClientSession, url: str, **more: Any) -> tuple[int, str, str]:  # noqa: ANN401
    async with session.get(url, allow_redirects=False, **more) as response:
        return response.status, response.headers.get("location", ""), await response.text()


async def test_an_administrator_installs_the_app(door: House) -> None:
    """To Slack and back; the state works once."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        status, there, _ = await browse(browser, door.address + INSTALL)
        assert status == 302
        assert "users%3Aread.email" in there
        _, back, _ = await browse(browser, there)
        returned = f"{door.address}{RETURN}?{urlsplit(back).query}"
        status, _, page = await browse(browser, returned)
        assert (status, "is installed" in page) == (200, True)
        assert (await browse(browser, returned))[0] == 400
    who = await door.platform.tokens.authorized("T1")
    assert who is not None
    assert (who.bot_id, who.bot_user) == ("B1", "UBOT")
    assert isinstance(await door.platform.sender.send(POST), Delivered)


async def test_a_state_of_another_browser_or_an_old_one_installs_nothing(door: House) -> None:
    """A link that somebody sends around must not install into the wrong hands."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        _, there, _ = await browse(browser, door.address + INSTALL)
        state = parse_qs(urlsplit(there).query)["state"][0]
        back = f"{door.address}{RETURN}?code={door.slack.oauth_code()}&state={state}"
        async with aiohttp.ClientSession() as stranger:
            assert (await browse(stranger, back))[0] == 400
        _, there, _ = await browse(browser, door.address + INSTALL)
        state = parse_qs(urlsplit(there).query)["state"][0]
        door.slack.clock.advance(timedelta(minutes=11).total_seconds())
        late = f"{door.address}{RETURN}?code={door.slack.oauth_code()}&state={state}"
        assert (await browse(browser, late))[0] == 400
        assert (await browse(browser, door.address + RETURN))[0] == 400
    assert door.slack.calls("oauth.v2.access") == []


async def test_slack_may_refuse_the_code(door: House) -> None:
    """The administrator reads that it did not work, and nothing is stored."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        _, there, _ = await browse(browser, door.address + INSTALL)
        state = parse_qs(urlsplit(there).query)["state"][0]
        status, _, page = await browse(browser, f"{door.address}{RETURN}?code=wrong&state={state}")
        assert (status, "start it again" in page) == (502, True)
    with door.units() as uow:
        assert uow.installations.all("slack") == ()


async def test_without_a_secret_nothing_is_taken(
    slack: FakeSlack, memory: Storage, tmp_path: Path
) -> None:
    """In Socket Mode there is no route to forge a request on."""
    settings = settings_for(
        slack, tmp_path, slack_signing_secret="", slack_app_token=slack.app_token
    )
    ears = Ears(memory.units, tools(settings))
    platform = SlackPlatform(settings, ears, key=KEY)
    assert platform.routes == []
    with pytest.raises(Failed):
        await platform._api.call("chat.postMessage", {"channel": "C1", "text": "x"}, token="wrong")
    await platform.sender.close()
    ears.close()
