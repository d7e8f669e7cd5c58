"""Who is let in: tokens, addresses, tenants, and the keys to check them with."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.config import WrongSettings
from adapters.ears import Ears
from adapters.teams import limits
from adapters.teams.app import TeamsPlatform
from adapters.teams.auth import Hosts, KeySet
from storage import open_storage
from tests.adapters.teams.conftest import Build, House, settings_for, tools
from tests.fakes.teams import TOKEN_CASES, FakeTeams, Fault


@pytest.mark.parametrize("case", sorted(TOKEN_CASES))
async def test_every_kind_of_token(house: House, case: str) -> None:
    """Genuine tokens open the door; every other is refused with 401 or 403, never with 5xx."""
    ada = house.teams.user("ada")
    delivery = await house.teams.deliver_as(case, ada.activity("message", ada.chat, {"text": "hi"}))
    wanted = {202} if TOKEN_CASES[case].accepted else {401, 403}
    assert delivery.status in wanted
    assert delivery.answer.body == b""


async def test_the_first_request_after_a_key_rollover_is_accepted(house: House) -> None:
    """An unknown key makes us ask again at once, not in a day."""
    ada = house.teams.user("ada")
    assert (await ada.say("before")).status == 202
    house.teams.issuer.rollover()
    assert (await ada.say("after")).status == 202
    assert len(house.teams.calls_of("keys")) == 2


async def test_a_stranger_cannot_make_us_fetch_keys_all_day(house: House) -> None:
    """Unknown keys are asked for once in a while, however many tokens name them."""
    ada = house.teams.user("ada")
    await ada.say("hello")
    for _ in range(5):
        activity = ada.activity("message", ada.chat, {"text": "hi"})
        assert (await house.teams.deliver_as("unknown kid", activity)).status == 401
    assert len(house.teams.calls_of("keys")) == 2


async def test_all_who_wait_for_keys_wait_for_the_same_fetch(house: House) -> None:
    """Twenty first requests at once read the key set once."""
    people = [house.teams.user(f"p{number}") for number in range(20)]
    deliveries = await asyncio.gather(*(person.say("hello") for person in people))
    assert {delivery.status for delivery in deliveries} == {202}
    assert len(house.teams.calls_of("keys")) == 1


async def test_without_any_keys_everybody_is_refused(house: House) -> None:
    """A metadata server that is down or talks nonsense gives 401, and the operator hears of it."""
    house.teams.fail_next("openid", Fault.unavailable(html=True))
    delivery = await house.teams.user("ada").say("hello")
    assert delivery.status == 401
    assert "keys could not be fetched" in house.platform.health()["teams"]


class Days:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def keys_of(teams: FakeTeams, clock: Callable[[], float], house: House) -> KeySet:
    return KeySet(house.platform._open_session, teams.openid_url, clock=clock)


async def test_old_keys_serve_while_new_ones_cannot_be_had(house: House) -> None:
    """A day later nobody waits for the fetch, and its failure takes nothing away."""
    clock = Days()
    keys = await keys_of(house.teams, clock, house)
    kid = house.teams.issuer.current.kid
    assert await keys.get(kid) is not None
    clock.now = limits.KEYS_LIVE + 1
    house.teams.fail_next("openid", Fault.unavailable())
    assert await keys.get(kid) is not None
    await house.teams.until(lambda: len(house.teams.calls_of("openid")) == 2)
    await keys.close()
    assert await keys.get(kid) is not None


async def test_a_hanging_metadata_server_does_not_stop_the_loop(build: Build) -> None:
    """While one request waits for keys, the loop goes on and others are served."""
    house = await build()
    house.teams.fail_next("openid", Fault.timeout())
    waiting = asyncio.create_task(house.teams.user("ada").say("hello"))
    await house.teams.until(lambda: bool(house.teams.calls_of("openid")))
    started = time.perf_counter()
    refused = await house.teams.deliver_raw({"type": "message"}, {})
    assert refused.status == 401
    assert time.perf_counter() - started < 1.0
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_people_of_other_tenants_are_refused(house: House) -> None:
    """The token does not say whose tenant it is: the activity does, outside the SDK's model."""
    eve = house.teams.stranger("eve")
    assert (await eve.say("let me in")).status == 403
    assert eve.inbox == []


@pytest.mark.parametrize(
    "changed",
    [
        {"channelData": {}, "conversation": {"id": "a:1", "conversationType": "personal"}},
        {"from": {"id": "29:1", "aadObjectId": "x-1", "tenantId": "another-tenant"}},
        {"from": {"id": "29:1", "aadObjectId": "x-1", "userRole": "guest"}},
        {"serviceUrl": None},
        {"serviceUrl": 7},
    ],
)
async def test_guests_and_activities_without_tenant_or_address_are_refused(
    house: House, changed: dict[str, object]
) -> None:
    """What does not say where it belongs does not belong here."""
    ada = house.teams.user("ada")
    activity = ada.activity("message", ada.chat, {"text": "hi"}) | changed
    token = house.teams.issuer.token(str(activity["serviceUrl"]))
    delivery = await house.teams.deliver_raw(activity, {"Authorization": f"Bearer {token}"})
    assert delivery.status == 403


async def test_a_genuine_token_for_a_foreign_address_is_refused(house: House) -> None:
    """Answers, and our own token, go to addresses of the Bot Connector only."""
    ada = house.teams.user("ada")
    activity = ada.activity("message", ada.chat, {"text": "hi"})
    activity["serviceUrl"] = "https://smba.trafficmanager.net.evil.example/"
    assert (await house.teams.deliver(activity)).status == 403


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://smba.trafficmanager.net/emea/", True),
        ("https://SMBA.trafficmanager.net:443/emea/", True),
        ("https://x.botframework.com/", True),
        ("https://botframework.com/", False),
        ("https://evilbotframework.com/", False),
        ("https://smba.trafficmanager.net.evil.example/", False),
        ("https://smba.trafficmanager.net@evil.example/", False),
        ("https://smba.trafficmanager.net:8443/", False),
        ("http://smba.trafficmanager.net/", False),
        ("https://smba.trafficmanager.net/?x=1", False),
        ("http://127.0.0.1:3978/", False),
        ("https://[::1", False),
        ("ftp://smba.trafficmanager.net/", False),
        ("", False),
    ],
)
def test_addresses_on_the_list(url: str, *, trusted: bool) -> None:
    """Host names count whole, over TLS, on the usual port."""
    hosts = Hosts(("smba.trafficmanager.net", "*.botframework.com"), local=False)
    assert hosts.trusted(url) is trusted


@pytest.mark.parametrize(
    ("names", "local", "trusted"),
    [((), True, True), (("127.0.0.1",), False, True), (("127.0.0.1:3978",), False, True),
     (("127.0.0.1:1",), False, False), ((), False, False)],
)  # fmt: skip
def test_this_machine_is_trusted_when_it_was_named(
    names: tuple[str, ...], *, local: bool, trusted: bool
) -> None:
    """Loopback without TLS is for the local mode, or for whoever lists it."""
    assert Hosts(names, local=local).trusted("http://127.0.0.1:3978/emea/") is trusted


async def test_local_mode_needs_no_token(build: Build) -> None:
    """On loopback the whole way works without tokens in either direction."""
    async with FakeTeams(signed=False) as teams:
        house = await build(teams=teams)
        ada = teams.user("ada")
        assert (await ada.say("My laptop is slow")).status == 202
        await ada.receives()
        assert teams.token_calls == 0
        assert {call.authorization for call in teams.calls} == {None}
        assert house.platform.health() == {"teams": "ok"}


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "rebound.example"},
        {"host": "rebound.example:8080"},
        {"Origin": "https://evil.example"},
        {"X-Forwarded-For": "203.0.113.7"},
    ],
)
async def test_local_mode_refuses_what_came_through_a_browser_or_a_proxy(
    build: Build, headers: dict[str, str]
) -> None:
    """A page open on this machine, or a tunnel to it, is not this machine."""
    async with FakeTeams(signed=False) as teams:
        await build(teams=teams)
        ada = teams.user("ada")
        delivery = await teams.deliver(ada.activity("message", ada.chat, {"text": "hi"}), **headers)
        assert delivery.status == 403


async def test_local_mode_refuses_to_start_beyond_loopback() -> None:
    """The settings refuse it, and so does the platform for settings made some other way."""
    async with FakeTeams(signed=False) as teams:
        settings = settings_for(teams, Path("unused"))
        with pytest.raises(WrongSettings):
            settings_for(teams, Path("unused"), host="0.0.0.0")  # noqa: S104 - to be refused
        open_to_all = settings.model_copy(update={"host": "0.0.0.0"})  # noqa: S104 - same
        ears = Ears(open_storage("memory:").units, tools(settings))
        platform = TeamsPlatform(open_to_all, ears, key=b"k" * 32)
        with pytest.raises(WrongSettings):
            await platform.start()
        await platform.stop()
        await platform.sender.close()
        ears.close()
