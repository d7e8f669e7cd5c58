"""What becomes of one copy: every answer of the connector, and of nobody."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.teams import ids, limits, render
from adapters.teams.auth import Hosts
from adapters.teams.connector import Connector
from adapters.teams.pace import Pace
from adapters.teams.proactive import Atlas, Route
from adapters.teams.send import TeamsSender
from adapters.teams.tokens import TokenRefused, Tokens
from bot.delivery import (
    Defect,
    Delivered,
    Found,
    Gone,
    Op,
    Outcome,
    Outgoing,
    RateLimited,
    Refused,
    Revoked,
    Unanswered,
    Unreachable,
)
from bot.heard import AccountId, ChannelId, MessageRef, Said
from bot.messages import Card, Text, ToChannel, ToPerson
from tests.fakes.teams import FakeTeams, Fault, Person

KEY = b"k" * 32
ERROR_PAGE = Fault.unavailable(502, html=True)


class Hand:
    """A clock that moves when somebody waits, or when a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waited: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


@dataclass
class Desk:
    """A sender on its own, without relay or core."""

    teams: FakeTeams
    session: aiohttp.ClientSession
    seconds: float = 2.0
    clock: Hand = field(default_factory=Hand)
    pace: Pace | None = None
    sender: TeamsSender = field(init=False)
    tokens: Tokens = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = Tokens(
            lambda: self.session,
            url=self.teams.token_url.replace(self.teams.tenant, "{tenant}"),
            tenant=self.teams.tenant,
            app_id=self.teams.app_id,
            password=self.teams.tokens.password,
            clock=self.clock,
        )
        hosts = Hosts(("127.0.0.1",), local=False)
        connector = Connector(lambda: self.session, self.tokens, hosts, seconds=self.seconds)
        pace = self.pace or Pace(per_second=100_000)
        bot = self.teams.bot_id
        self.sender = TeamsSender(connector, Atlas(), key=KEY, bot=bot, pace=pace)

    async def send(self, item: Outgoing) -> Outcome:
        return await self.sender.send(item)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with FakeTeams() as teams, aiohttp.ClientSession() as session:
        yield Desk(teams, session)


def route_to(person: Person) -> Route:
    return Route(
        service_url=person.teams.service_url,
        conversation=person.chat.id,
        tenant=person.tenant,
        bot=person.teams.bot_id,
        user=person.id,
    )


def account(person: Person) -> AccountId:
    return ids.account_id(person.tenant, person.aad_id)


def card(words: str = "Hello") -> Card:
    return Card(name="test", summary=words, parts=(Text(words=words),))


def post(person: Person, **more: Any) -> Outgoing:  # noqa: ANN401 - fields of Outgoing
    made = Outgoing(
        id=1, op=Op.POST, to=ToPerson(account=account(person)), card=card(),
        route=route_to(person).dump(),
    )  # fmt: skip
    return replace(made, **more)


async def update_of(desk: Desk, person: Person, **more: Any) -> Outgoing:  # noqa: ANN401 - same
    sent = await desk.send(post(person))
    assert isinstance(sent, Delivered)
    return post(person, op=Op.UPDATE, message=sent.message, **more)


async def test_a_message_is_sent_and_changed(desk: Desk) -> None:
    """The reference names the message for good; ids stay whole in paths."""
    ada = desk.teams.user("ada")
    change = await update_of(desk, ada, card=card("Changed"))
    assert await desk.send(change) == Delivered(message=change.message)
    assert [message.summary for message in ada.inbox] == ["Changed"]
    assert all(ada.chat.id not in call.path or ":" not in ada.chat.id for call in desk.teams.calls)
    body = desk.teams.calls_of("send")[0].body
    assert "replyToId" not in body
    assert body["from"] == {"id": desk.teams.bot_id}


async def test_a_conversation_is_opened_where_none_is_known(desk: Desk) -> None:
    """The new route comes back and is good for the next message."""
    ada = desk.teams.user("ada")
    bare = Route(service_url=desk.teams.service_url, user=ada.id)
    opened = await desk.send(post(ada, route=bare.dump()))
    assert isinstance(opened, Delivered)
    assert Route.load(opened.route).conversation == ada.chat.id
    again = await desk.send(post(ada, route=opened.route))
    assert isinstance(again, Delivered)
    assert again.route == ""
    assert len(desk.teams.calls_of("create")) == 1


async def test_a_reply_stays_in_its_thread(desk: Desk) -> None:
    """A channel's thread is part of the path, not of the channel's id."""
    ada = desk.teams.user("ada")
    team = desk.teams.team("Sales", ada)
    place = ids.channel_id(ada.tenant, team.general.id)
    way = Route(service_url=desk.teams.service_url, bot=desk.teams.bot_id).dump()
    top = await desk.send(post(ada, to=ToChannel(channel=place), route=way))
    assert isinstance(top, Delivered)
    root = ids.split_message(top.message)[2]
    below = await desk.send(post(ada, to=ToChannel(channel=place, thread=root), route=way))
    assert isinstance(below, Delivered)
    assert [m.thread for m in team.general.posts] == [root, root]
    change = post(ada, op=Op.UPDATE, to=ToChannel(channel=place), route=way, message=below.message)
    assert isinstance(await desk.send(change), Delivered)


CASES: list[tuple[str, Fault, type[Outcome], type[Outcome]]] = [
    ("429", Fault.rate_limited(7), RateLimited, RateLimited),
    ("412", Fault.precondition_failed(), RateLimited, RateLimited),
    ("413 with a page", Fault.too_large(), Defect, Defect),
    ("502 with a page", ERROR_PAGE, Unanswered, Unanswered),
    ("503 after the effect", Fault.unavailable(after_effect=True), Unanswered, Unanswered),
    ("500", Fault.unavailable(500), Unanswered, Unanswered),
    ("504", Fault.unavailable(504), Unanswered, Unanswered),
    ("599", Fault.unavailable(599), Unanswered, Unanswered),
    ("408", Fault(status=408), Unanswered, Unanswered),
    ("connection cut", Fault.cut(), Unanswered, Unanswered),
    ("blocked, first time", Fault.blocked(), Unreachable, Unreachable),
    ("not found, first time", Fault.conversation_not_found(), Unreachable, Unreachable),
    ("400", Fault(status=400, code="BadSyntax"), Refused, Refused),
    ("302", Fault(status=302), Refused, Refused),
]


@pytest.mark.parametrize(("_name", "fault", "posted", "updated"), CASES, ids=[c[0] for c in CASES])
async def test_answers_of_the_connector(
    desk: Desk, _name: str, fault: Fault, posted: type[Outcome], updated: type[Outcome]
) -> None:
    """One answer, one outcome; the relay decides what to repeat."""
    ada = desk.teams.user("ada")
    change = await update_of(desk, ada)
    before = len(desk.teams.calls_of("send"))
    desk.teams.fail_always("send", fault)
    assert type(await desk.send(post(ada))) is posted
    assert len(desk.teams.calls_of("send")) == before + 1
    desk.teams.fail_always("update", fault)
    assert type(await desk.send(change)) is updated


async def test_retry_after_is_believed_within_reason(desk: Desk) -> None:
    """The whole lane waits as long as Teams says, or two seconds where it does not say."""
    ada = desk.teams.user("ada")
    desk.teams.fail_next("send", Fault.rate_limited(7))
    assert await desk.send(post(ada)) == RateLimited(after=7.0)
    desk.teams.fail_next("send", Fault.rate_limited(None))
    assert await desk.send(post(ada)) == RateLimited(after=limits.DEFAULT_RETRY_AFTER)
    desk.teams.fail_next("send", Fault.rate_limited(10_000_000))
    assert await desk.send(post(ada)) == RateLimited(after=limits.LONGEST_RETRY_AFTER)


async def test_blocked_twice_is_gone(desk: Desk) -> None:
    """After one delayed retry the person counts as unreachable."""
    ada = desk.teams.user("ada")
    ada.account.blocked = True
    assert isinstance(await desk.send(post(ada)), Unreachable)
    assert await desk.send(post(ada, attempt=1)) == Gone(reason="MessageWritesBlocked")


async def test_a_lost_conversation_is_opened_again_once(desk: Desk) -> None:
    """404 twice: the reference is dropped, a new one learned; the person stays subscribed."""
    ada = desk.teams.user("ada")
    desk.teams.fail_next("send", Fault.conversation_not_found())
    assert isinstance(await desk.send(post(ada)), Unreachable)
    desk.teams.fail_next("send", Fault.conversation_not_found())
    again = await desk.send(post(ada, attempt=1))
    assert isinstance(again, Delivered)
    assert Route.load(again.route).conversation == ada.chat.id
    assert len(ada.inbox) == 1


async def test_who_cannot_be_opened_again_is_gone(desk: Desk) -> None:
    """The app is neither with the person nor in a team of theirs."""
    ada = desk.teams.user("ada", installed=False)
    lost = route_to(ada)
    gone = replace(lost, conversation="a:1nowhere")
    assert isinstance(await desk.send(post(ada, route=gone.dump())), Unreachable)
    assert isinstance(await desk.send(post(ada, route=gone.dump(), attempt=1)), Gone)


async def test_a_deleted_message_is_not_a_lost_person(desk: Desk) -> None:
    """An update that finds nothing says nothing about the one it was for."""
    ada = desk.teams.user("ada")
    change = await update_of(desk, ada, attempt=1)
    ada.inbox[0].deleted = True
    assert isinstance(await desk.send(change), Refused)


async def test_a_removed_channel_is_gone(desk: Desk) -> None:
    """There is no second way to a channel."""
    ada = desk.teams.user("ada")
    team = desk.teams.team("Sales", ada, installed=False)
    place = ToChannel(channel=ids.channel_id(ada.tenant, team.general.id))
    item = post(ada, to=place, route=Route(service_url=desk.teams.service_url).dump())
    assert isinstance(await desk.send(item), Unreachable)
    assert isinstance(await desk.send(replace(item, attempt=1)), Gone)


async def test_nobody_listens(desk: Desk) -> None:
    """No connection: nothing was sent, and it is safe to try again."""
    ada = desk.teams.user("ada")
    nowhere = replace(route_to(ada), service_url="http://127.0.0.1:9/emea/")
    assert isinstance(await desk.send(post(ada, route=nowhere.dump())), Unreachable)


async def test_no_answer_is_not_known_to_be_lost() -> None:
    """A post that runs into the timeout may have arrived; opening a chat may be repeated."""
    async with FakeTeams() as teams, aiohttp.ClientSession() as session:
        desk = Desk(teams, session, seconds=0.2)
        ada = teams.user("ada")
        teams.fail_next("send", Fault.timeout(after_effect=True))
        assert isinstance(await desk.send(post(ada)), Unanswered)
        teams.fail_next("create", Fault.timeout())
        bare = Route(service_url=teams.service_url, user=ada.id).dump()
        assert isinstance(await desk.send(post(ada, route=bare)), Unreachable)
        teams.fail_next("create", Fault.unavailable())
        assert isinstance(await desk.send(post(ada, route=bare)), Unreachable)


async def test_tokens_go_to_the_bot_connector_only(desk: Desk) -> None:
    """A route to anywhere else sends nothing at all."""
    ada = desk.teams.user("ada")
    evil = replace(route_to(ada), service_url="https://smba.trafficmanager.net.evil.example/")
    assert await desk.send(post(ada, route=evil.dump())) == Refused(reason="UntrustedServiceUrl")
    assert desk.teams.calls == []


async def test_a_refused_token_is_refreshed_once(desk: Desk) -> None:
    """401 with an old token costs one more request; 401 with a new one is for the operator."""
    ada = desk.teams.user("ada")
    await desk.send(post(ada))
    desk.teams.tokens.revoke()
    assert isinstance(await desk.send(post(ada)), Delivered)
    assert desk.teams.token_calls == 2
    desk.teams.fail_next("send", Fault(status=401), times=2)
    assert isinstance(await desk.send(post(ada)), Revoked)
    assert desk.teams.token_calls == 3


async def test_the_identity_providers_sentence_reaches_the_operator(desk: Desk) -> None:
    """Not a KeyError: AADSTS and what to do about it, in outcome and health."""
    ada = desk.teams.user("ada")
    desk.teams.fail_next("token", Fault.aadsts(7000215, "Invalid client secret provided."))
    refused = await desk.send(post(ada))
    assert isinstance(refused, Revoked)
    assert "AADSTS7000215: Invalid client secret" in refused.reason
    assert "AADSTS7000215" in desk.tokens.fault
    assert isinstance(await desk.send(post(ada)), Revoked)
    assert desk.teams.token_calls == 1
    desk.clock.now += limits.TOKEN_COOLDOWN + 1
    assert isinstance(await desk.send(post(ada)), Delivered)
    assert desk.tokens.fault == ""


@pytest.mark.parametrize("fault", [ERROR_PAGE, Fault.cut(after_effect=False), Fault(status=429)])
async def test_an_identity_provider_that_is_down_is_tried_again(desk: Desk, fault: Fault) -> None:
    """Nothing was sent, so the copy waits."""
    ada = desk.teams.user("ada")
    desk.teams.fail_next("token", fault)
    assert isinstance(await desk.send(post(ada)), Unreachable)


async def test_one_token_serves_an_hour_of_sends(desk: Desk) -> None:
    """A hundred at once ask once; five minutes before the end it is renewed."""
    people = [desk.teams.user(f"p{number}") for number in range(100)]
    outcomes = await asyncio.gather(*(desk.send(post(person)) for person in people))
    assert {type(outcome) for outcome in outcomes} == {Delivered}
    assert desk.teams.token_calls == 1
    desk.clock.now += 3_599 - limits.TOKEN_EARLY - 1
    await desk.tokens.get()
    assert desk.teams.token_calls == 1
    desk.clock.now += 2
    await desk.tokens.get()
    assert desk.teams.token_calls == 2


async def test_a_failed_early_refresh_keeps_the_good_token(desk: Desk) -> None:
    """Nobody notices an identity provider that is down for a minute."""
    first = await desk.tokens.get()
    desk.clock.now += 3_599 - limits.TOKEN_EARLY + 1
    desk.teams.fail_next("token", Fault.unavailable())
    assert await desk.tokens.get() == first
    desk.clock.now += limits.TOKEN_EARLY
    desk.teams.fail_next("token", Fault.aadsts(700016, "Application not found"))
    with pytest.raises(TokenRefused):
        await desk.tokens.get()


async def test_lookups(desk: Desk) -> None:
    """Name and address of a member; nobody for who left; a channel's name from its route."""
    ada = desk.teams.user("ada", name="Ada L", email="ada@example.com")
    found = await desk.send(post(ada, op=Op.LOOKUP, card=None))
    assert isinstance(found, Found)
    assert (found.profile.name, found.profile.email) == ("Ada L", "ada@example.com")
    other = replace(route_to(ada), user="29:nobody")
    gone = await desk.send(post(ada, op=Op.LOOKUP, card=None, route=other.dump()))
    assert isinstance(gone, Found)
    assert gone.profile.gone
    unknown = await desk.send(post(ada, op=Op.LOOKUP, card=None, route=""))
    assert isinstance(unknown, Refused)
    place = ToChannel(channel=ids.channel_id(ada.tenant, "19:x@thread.tacv2"))
    named = Route(service_url=desk.teams.service_url, name="Deals").dump()
    assert await desk.send(post(ada, op=Op.LOOKUP, card=None, to=place, route=named)) == Found(
        profile=found.profile.__class__(), channel_name="Deals"
    )
    desk.teams.fail_next("member", Fault.unavailable())
    assert isinstance(await desk.send(post(ada, op=Op.LOOKUP, card=None)), Unanswered)


async def test_a_guests_address_is_not_vouched_for(desk: Desk) -> None:
    """People merge by address, so only the home tenant's word counts."""
    ada = desk.teams.user("ada", email="ada_x.com#EXT#@example.com")
    found = await desk.send(post(ada, op=Op.LOOKUP, card=None))
    assert isinstance(found, Found)
    assert found.profile.email == ""


@pytest.mark.parametrize(
    "item",
    [
        Outgoing(id=1, op=Op.POST, to=ToPerson(account=AccountId("slack:T1:U1")), card=card()),
        Outgoing(id=1, op=Op.POST, to=ToChannel(channel=ChannelId("teams:t:%")), card=card()),
        Outgoing(
            id=1, op=Op.UPDATE, to=ToPerson(account=AccountId("teams:t:a")), card=card(),
            message=MessageRef("slack:T1:C1:1"),
        ),
    ],
)  # fmt: skip
async def test_ids_of_another_platform_are_our_defect(desk: Desk, item: Outgoing) -> None:
    """They never come here; if they do, nothing is guessed."""
    assert isinstance(await desk.send(item), Defect)


async def test_there_is_no_home_surface(desk: Desk) -> None:
    """Teams shows none for a bot."""
    ada = desk.teams.user("ada")
    assert isinstance(await desk.send(post(ada, op=Op.HOME)), Refused)


async def test_five_hundred_sends_share_a_hundred_connections() -> None:
    """The stock SDK opens one connection and fetches one token for each."""
    connector = aiohttp.TCPConnector(limit=limits.CONNECTIONS)
    async with (
        FakeTeams(latency=0.02, judged=False) as teams,
        aiohttp.ClientSession(connector=connector) as session,
    ):
        desk = Desk(teams, session, seconds=20)
        people = [teams.user(f"p{number}") for number in range(500)]
        gate = asyncio.Semaphore(100)

        async def one(person: Person) -> Outcome:
            async with gate:
                return await desk.send(post(person))

        outcomes = await asyncio.gather(*(one(person) for person in people))
        assert {type(outcome) for outcome in outcomes} == {Delivered}
        assert teams.connections <= limits.CONNECTIONS
        assert teams.token_calls == 1


async def test_a_tenant_gets_forty_a_second() -> None:
    """After a second's worth of burst, sends are spread evenly."""
    clock = Hand()
    pace = Pace(clock=clock, sleep=clock.sleep)
    for number in range(200):
        assert await pace.turn("t1", f"c{number}") == 0.0
    assert 3.9 < clock.now - 1_000.0 <= 4.1
    assert await pace.turn("t2", "c1") == 0.0
    assert len(clock.waited) <= 165


async def test_one_conversation_never_exceeds_its_windows() -> None:
    """7 in one second, 8 in two, 60 in thirty; what would wait too long goes back."""
    clock = Hand()
    pace = Pace(clock=clock, sleep=clock.sleep)
    times = []
    for _ in range(300):
        wait = await pace.turn("t1", "c1")
        if wait:
            assert wait > limits.LONGEST_WAIT
            clock.now += wait
            continue
        times.append(clock.now)
    for most, seconds in limits.CONVERSATION[:3]:
        windows = zip(times, times[most:], strict=False)
        assert all(later - first >= seconds - 1e-6 for first, later in windows)


async def test_a_sender_that_would_wait_too_long_tells_the_relay(desk: Desk) -> None:
    """The copy goes back to the queue instead of holding a lease."""
    clock = Hand()
    paced = Desk(desk.teams, desk.session, pace=Pace(clock=clock, sleep=clock.sleep))
    ada = desk.teams.user("ada")
    outcomes = [await paced.send(post(ada)) for _ in range(62)]
    assert isinstance(outcomes[-1], RateLimited | Delivered)
    assert any(isinstance(outcome, RateLimited) for outcome in outcomes)


def test_the_newest_addresses_of_this_process_help_where_none_was_saved() -> None:
    """A person met in a channel only is written to by the id heard there."""
    atlas = Atlas()
    way = Route(service_url="https://smba.trafficmanager.net/emea/", tenant="t1", bot="28:b",
                conversation="19:c", user="29:u")  # fmt: skip
    atlas.learn(
        Said(
            key="k",
            account=AccountId("teams:t1:p1"),
            place=ids.channel_id("t1", "19:c"),
            private=False,
            route=way.dump(),
            words="",
        )
    )
    found = atlas.to_person(ToPerson(account=AccountId("teams:t1:p1")), "", "28:x")
    assert (found.user, found.service_url, found.conversation) == ("29:u", way.service_url, "")
    stranger = atlas.to_person(ToPerson(account=AccountId("teams:t1:p2")), "", "28:x")
    assert (stranger.user, stranger.service_url) == ("p2", way.service_url)
    nowhere = atlas.to_person(ToPerson(account=AccountId("teams:t9:p2")), "not json", "28:x")
    assert nowhere.service_url.startswith("https://smba.trafficmanager.net/")


async def test_a_lane_that_is_behind_gives_everything_back(desk: Desk) -> None:
    """No operation waits longer than a lease allows."""
    clock = Hand()
    slow = Desk(desk.teams, desk.session, pace=Pace(clock=clock, sleep=clock.sleep, per_second=0.1))
    ada = desk.teams.user("ada")
    change = await update_of(desk, ada)
    bare = Route(service_url=desk.teams.service_url, user=ada.id).dump()
    lookup = post(ada, op=Op.LOOKUP, card=None)
    for item in (post(ada), post(ada, route=bare), change, lookup):
        assert isinstance(await slow.send(item), RateLimited)


async def test_a_card_is_needed_to_write(desk: Desk) -> None:
    """A copy without one is our own mistake."""
    ada = desk.teams.user("ada")
    change = await update_of(desk, ada)
    assert isinstance(await desk.send(post(ada, card=None)), Defect)
    assert isinstance(await desk.send(replace(change, card=None)), Defect)


async def test_parts_left_out_are_logged_by_name(desk: Desk) -> None:
    """The operator hears which card was too long, not what it said."""
    ada = desk.teams.user("ada")
    parts = tuple(Text(words=f"secret {number} " * 40) for number in range(400))
    with capture_logs() as logs:
        await desk.send(post(ada, card=Card(name="test.long", summary="Long", parts=parts)))
    assert [(e["event"], e["card"]) for e in logs] == [("teams.parts_left_out", "test.long")]


async def test_an_old_clients_answer_that_cannot_be_sent_is_let_go(desk: Desk) -> None:
    """The effect is stored; the person presses again."""
    ada = desk.teams.user("ada")
    event = Said(
        key="k", account=account(ada), place=ids.channel_id(ada.tenant, ada.chat.id), private=True,
        route=route_to(ada).dump(), words="",
    )  # fmt: skip
    content = render.message(card(), key=KEY)
    assert isinstance(await desk.sender.show(event, content, "Hello"), Delivered)
    desk.teams.fail_next("send", Fault.cut())
    assert isinstance(await desk.sender.show(event, content, "Hello"), Unanswered)
