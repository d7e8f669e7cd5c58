"""The fake Microsoft Teams: it does what Teams does and refuses what Teams refuses."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
import jwt
import pytest

from tests.fakes.teams import (
    TOKEN_CASES,
    Answer,
    ClientRefusedError,
    Conversation,
    FakeTeams,
    Fault,
    Message,
    Person,
)
from tests.fakes.teams.__main__ import act, parse, serve
from tests.fakes.teams.answers import press_faults
from tests.fakes.teams.delivery import Scope
from tests.fakes.teams.limits import SEND, Clock, Limiter
from tests.fakes.test_adaptivecards import card, choices, execute, submit
from tests.fakes.test_adaptivecards import field as text_field

JSON = dict[str, Any]
ADAPTIVE = "application/vnd.microsoft.card.adaptive"


def attachment(content: JSON) -> JSON:
    return {"contentType": ADAPTIVE, "content": content}


def message(content: JSON | None = None, **more: object) -> JSON:
    shown = {"attachments": [attachment(content)]} if content else {"text": "hello"}
    return {"type": "message", **shown, **more}


def reply(kind: str, value: object, code: int = 200) -> JSON:
    return {"statusCode": code, "type": kind, "value": value}


def dialog(content: JSON, **more: object) -> JSON:
    return {
        "task": {
            "type": "continue",
            "value": {"title": "Your comment", "card": attachment(content), **more},
        }
    }


@dataclass
class Bot:
    """A bot of a few lines: answers what the test says, and sends through the connector."""

    teams: FakeTeams
    session: aiohttp.ClientSession
    answer: tuple[int, object] = (202, None)
    heard: list[JSON] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    token: str = ""

    async def __call__(
        self,
        scope: Scope,
        receive: Callable[[], Awaitable[Scope]],
        send: Callable[[Scope], Awaitable[None]],
    ) -> None:
        self.heard.append(json.loads((await receive())["body"]))
        self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
        status, content = self.answer
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        kind = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        body = b"" if content is None else raw
        await send({"type": "http.response.body", "body": body})

    async def ask_token(self, **changed: str) -> tuple[int, JSON]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.teams.app_id,
            "client_secret": "app-password",
            "scope": "https://api.botframework.com/.default",
        }
        async with self.session.post(self.teams.token_url, data=form | changed) as got:
            body = await got.json()
            self.token = body.get("access_token", self.token)
            return got.status, body

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        status, content, _ = await self.call_in_full(method, path, body)
        return status, content

    async def call_in_full(
        self, method: str, path: str, body: object = None
    ) -> tuple[int, Any, dict[str, str]]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.teams.service_url}v3/conversations{path}"
        async with self.session.request(method, url, json=body, headers=headers) as got:
            raw = await got.read()
            content = json.loads(raw) if got.content_type == "application/json" else raw.decode()
            return got.status, content, dict(got.headers)

    async def send(self, place: str | Conversation, body: object) -> tuple[int, Any]:
        return await self.call("POST", f"{path_of(place)}/activities", body)

    async def post(self, place: str | Conversation, body: object) -> Message:
        status, content = await self.send(place, body)
        assert status == 201, content
        return self.teams.message(content["id"])


def path_of(place: str | Conversation) -> str:
    return "/" + quote(place if isinstance(place, str) else place.id, safe="")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def teams() -> AsyncIterator[FakeTeams]:
    async with FakeTeams() as teams:
        yield teams


@pytest.fixture
async def bot(teams: FakeTeams, session: aiohttp.ClientSession) -> Bot:
    bot = Bot(teams, session)
    teams.connect(bot)
    await bot.ask_token()
    return bot


@pytest.fixture
def ada(teams: FakeTeams) -> Person:
    return teams.user("ada")


# --- the bot sends -------------------------------------------------------------------------------


async def test_the_bot_sends_edits_and_deletes(bot: Bot, ada: Person) -> None:
    """A message appears, changes and goes, and its history stays readable."""
    sent = await bot.post(ada.chat, message(card(), summary="A question"))
    assert (await ada.receives()) is sent
    assert (sent.card, sent.summary) == (card(), "A question")
    path = f"{path_of(ada.chat)}/activities/{sent.id}"
    assert await bot.call("PUT", path, message()) == (200, {"id": sent.id})
    assert (sent.text, sent.card, len(sent.edits)) == ("hello", None, 1)
    assert await bot.call("DELETE", path) == (200, "")
    assert ada.inbox == []
    status, body = await bot.call("PUT", path, message())
    assert (status, body["error"]["code"]) == (404, "ActivityNotFoundInConversation")


async def test_the_bot_opens_a_chat_once(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """Opening a chat gives its id, and the same id the next time."""
    request = opening(ada, activity=message())
    first = await bot.call("POST", "", request)
    again = await bot.call("POST", "", opening(ada))
    assert (first[0], again[0]) == (201, 200)
    assert first[1]["id"] == again[1]["id"] == ada.chat.id
    assert [m.id for m in ada.inbox] == [first[1]["activityId"]]
    assert [call.status for call in teams.calls_of("create")] == [201, 200]


def opening(person: Person, **more: object) -> JSON:
    tenant = person.tenant
    return {
        "members": [{"id": person.id}],
        "tenantId": tenant,
        "channelData": {"tenant": {"id": tenant}},
        **more,
    }


@pytest.mark.parametrize("state", ["not installed", "blocked", "unknown", "another tenant"])
async def test_the_bot_reaches_only_who_has_it(
    bot: Bot, ada: Person, teams: FakeTeams, state: str
) -> None:
    """Chats with people who do not have the app, or are unknown, are refused with 403."""
    request = opening(ada)
    ada.account.installed = state != "not installed"
    ada.account.blocked = state == "blocked"
    if state == "unknown":
        request["members"] = [{"id": "29:nobody"}]
    if state == "another tenant":
        request = opening(ada, tenantId="t", channelData={"tenant": {"id": "t"}})
    assert (await bot.call("POST", "", request))[0] == 403
    assert teams.state.conversations == {}


async def test_a_team_makes_its_members_reachable(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """The app in a team lets the bot open chats with the team's members."""
    ada.account.installed = False
    teams.team("Sales", ada)
    assert (await bot.call("POST", "", opening(ada)))[0] == 201


async def test_who_left_gets_nothing(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """Sending to an uninstalled chat, group or team is refused with the documented code."""
    await ada.uninstall()
    status, body = await bot.send(ada.chat, message())
    assert (status, body["error"]["code"]) == (403, "MessageWritesBlocked")
    for place in (teams.group("Lunch", ada), teams.team("Sales", ada)):
        await ada.uninstall(place)
        chat = place if isinstance(place, Conversation) else place.general
        status, body = await bot.send(chat, message())
        assert (status, body["error"]["code"]) == (403, "BotNotInConversationRoster")


async def test_threads_stay_threads(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """In a channel a post opens a thread, and what is sent to the thread stays in it."""
    news = teams.channel(teams.team("Sales", ada), "News")
    root = await bot.post(news, message())
    assert root.thread == root.id
    inside = await bot.post(root.conversation_id, message())
    assert (inside.thread, inside.conversation) == (root.id, news)
    request = {"isGroup": True, "channelData": {"channel": {"id": news.id}}, "activity": message()}
    status, made = await bot.call("POST", "", request)
    assert (status, made["id"]) == (201, f"{news.id};messageid={made['activityId']}")
    delivery = await ada.mention("results", news, inside)
    assert delivery.activity["conversation"]["id"] == root.conversation_id
    path = f"{path_of(root.conversation_id)}/activities/{delivery.activity['id']}"
    status, answered = await bot.call("POST", path, message())
    assert (status, teams.message(answered["id"]).thread) == (201, root.id)


async def test_typing_is_counted_and_not_kept(bot: Bot, ada: Person) -> None:
    """A typing indicator is no message."""
    assert (await bot.send(ada.chat, {"type": "typing"}))[0] == 202
    assert (ada.chat.typing, ada.chat.messages) == (1, {})


@pytest.mark.parametrize(
    "path", ["/19%3Anowhere%40thread.v2/activities", "/a%3A1{chat};messageid=5/activities"]
)
async def test_unknown_conversations(bot: Bot, ada: Person, path: str) -> None:
    """A conversation that does not exist, or a thread of a chat, is not found."""
    status, body = await bot.call("POST", path.replace("{chat}", ada.chat.id[3:]), message())
    assert (status, body["error"]["code"]) == (404, "ConversationNotFound")


BAD_SENDS: dict[str, tuple[object, str]] = {
    "no object": (["hello"], "not a JSON object"),
    "no type": ({"text": "x"}, "type None"),
    "an unknown key": (message(tenant="x"), "unknown keys ['tenant']"),
    "the SDK's spelling of tenantId": (
        message(conversation={"tenantID": "x"}),
        "unknown keys ['tenantID'] in conversation",
    ),
    "a conversation that is a word": (message(conversation="x"), "conversation is not an object"),
    "another sender": (message(**{"from": {"id": "28:other"}}), "from.id '28:other' is not"),
    "another conversation": (message(conversation={"id": "19:x"}), "not the conversation of"),
    "another platform": (message(channelId="slack"), "channelId is 'slack'"),
    "an invoke": ({"type": "invoke"}, "type 'invoke' is not sent by bots"),
    "nothing": ({"type": "message"}, "needs text or a card"),
    "a number as text": (message(text=4), "must be strings"),
    "an unknown text format": (message(textFormat="html"), "textFormat 'html'"),
    "no list of attachments": (message(attachments={}), "attachments is not a list"),
    "another attachment": (message(attachments=[{"contentType": "image/png"}]), "not an Adaptive"),
    "an unknown key in an attachment": (
        message(attachments=[attachment(card()) | {"size": 1}]),
        "unknown keys ['size']",
    ),
    "a card that is text": (message(attachments=[attachment("x")]), "not an object"),  # type: ignore[arg-type]
    "a card with a mistake": (message(card(version="1.2")), "version must be"),
    "an entity without type": (message(entities=[{}]), "no type"),
    "a mention of nothing": (
        message(entities=[{"type": "mention", "text": "<at>Bo</at>", "mentioned": {}}]),
        "mention's text is not in the message",
    ),
    "a mention of a stranger": (
        message(
            text="<at>Bo</at>",
            entities=[{"type": "mention", "text": "<at>Bo</at>", "mentioned": {"id": "29:bo"}}],
        ),
        "who is not in the conversation",
    ),
    "a made-up replyToId": (message(replyToId="made-up"), "never was in this conversation"),
}


@pytest.mark.parametrize("name", BAD_SENDS)
async def test_bad_messages_are_refused_and_noted(
    bot: Bot, ada: Person, teams: FakeTeams, name: str
) -> None:
    """What Teams does not know is refused with 400, is not shown, and fails the test later."""
    body, said = BAD_SENDS[name]
    status, answer = await bot.send(ada.chat, body)
    assert (status, answer["error"]["code"]) == (400, "BadArgument")
    assert ada.inbox == []
    assert said in "\n".join(teams.violations)
    teams.violations.clear()


BAD_OPENINGS: dict[str, tuple[JSON, str]] = {
    "an unknown key": ({"people": []}, "unknown keys ['people']"),
    "another bot": ({"bot": {"id": "28:other"}}, "bot.id is not the bot"),
    "no channelData": ({"channelData": None}, "channelData is missing"),
    "no tenant": ({"tenantId": None}, "must both name the person's tenant"),
    "two people": ({"members": [{"id": "29:a"}, {"id": "29:b"}]}, "exactly one person"),
    "a group": ({"isGroup": True}, "exactly one person"),
    "no person": ({"members": [{}]}, "members[0].id is missing"),
    "a thread without post": ({"channelData": {"channel": {"id": "x"}}}, "its first activity"),
}


@pytest.mark.parametrize("name", BAD_OPENINGS)
async def test_bad_openings_are_refused_and_noted(
    bot: Bot, ada: Person, teams: FakeTeams, name: str
) -> None:
    """A request for a chat must be complete."""
    changed, said = BAD_OPENINGS[name]
    assert (await bot.call("POST", "", opening(ada) | changed))[0] == 400
    assert said in "\n".join(teams.violations)
    teams.violations.clear()


async def test_the_rest_that_is_refused(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """Unknown routes, queries, replies and changes of others' messages are violations."""
    chat = path_of(ada.chat)
    await ada.say("hi")
    (said,) = ada.chat.messages
    path = f"{chat}/activities/{said}"
    known = message(replyToId="other")
    assert (await bot.call("POST", "/x/y/z"))[0] == 404
    assert (await bot.call("GET", f"{chat}/members?top=5"))[0] == 400
    assert (await bot.call("POST", f"{chat}/activities/made-up", message()))[0] == 400
    assert (await bot.call("POST", path, known))[0] == 400
    assert (await bot.call("PUT", path, message()))[0] == 400
    mine = await bot.post(ada.chat, message())
    assert (await bot.call("PUT", f"{chat}/activities/{mine.id}", {"type": "typing"}))[0] == 400
    assert (await bot.call("POST", "", ["x"]))[0] == 400
    async with bot.session.post(f"{teams.url}/v3/conversations") as got:
        assert got.status == 404  # the path of the service URL was dropped
    assert len(teams.violations) == 8
    teams.violations.clear()


async def test_threads_are_of_channels(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """A thread opens in a channel that exists, not in a chat, and not under an unknown root."""
    news = teams.team("Sales", ada).general
    for place in (teams.group("Lunch", ada).id, f"{news.id};messageid=5", "19:nowhere"):
        data = {"channel": {"id": place}}
        request = {"isGroup": True, "channelData": data, "activity": message()}
        assert (await bot.call("POST", "", request))[0] == 404
    root = await bot.post(news, message())
    path = f"{path_of(news)}/activities/{root.id}"
    status, answered = await bot.call("POST", path, message())
    assert (status, teams.message(answered["id"]).thread) == (201, root.id)


async def test_bodies_that_are_no_json(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """Whatever bytes come, the answer is 400 and a violation, not a crash."""
    url = f"{teams.service_url}v3/conversations{path_of(ada.chat)}/activities"
    headers = {"Authorization": f"Bearer {bot.token}"}
    for raw in (b"{", b"\xff\xfe"):
        async with bot.session.post(url, data=raw, headers=headers) as got:
            assert got.status == 400
    assert ["not a JSON object" in said for said in teams.violations] == [True, True]
    teams.violations.clear()


async def test_leaving_with_a_violation_fails() -> None:
    """A test cannot overlook what its bot did wrong, unless it says so."""
    with pytest.raises(AssertionError, match="unknown route GET /nowhere"):
        async with FakeTeams() as teams, aiohttp.ClientSession() as session:
            await session.get(f"{teams.url}/nowhere")
    async with FakeTeams(strict=False) as lenient:
        lenient.violations.append("known")


async def test_messages_have_a_size(bot: Bot, ada: Person) -> None:
    """About 100 KB of UTF-16 fit; more is answered with 413."""
    assert (await bot.send(ada.chat, message(text="x" * 50_000)))[0] == 201
    status, body = await bot.send(ada.chat, message(text="x" * 52_000))
    assert (status, body["error"]["code"]) == (413, "MessageSizeTooBig")


# --- rosters -------------------------------------------------------------------------------------


async def test_the_roster_of_a_team_has_pages(bot: Bot, teams: FakeTeams) -> None:
    """Pages of the asked size, a token while there is more, and everybody exactly once."""
    people = [teams.user(f"p{n}") for n in range(120)]
    roster = f"{path_of(teams.team('All', *people).general)}/pagedmembers"
    seen: list[str] = []
    token = ""
    for expected in (50, 50, 20):
        status, page = await bot.call("GET", f"{roster}?pageSize=50{token}")
        assert (status, len(page["members"])) == (200, expected)
        seen += [member["id"] for member in page["members"]]
        token = f"&continuationToken={quote(page.get('continuationToken', ''), safe='')}"
    assert seen == [person.id for person in people]
    assert token == "&continuationToken="
    assert (await bot.call("GET", roster))[1]["members"][0]["email"] == "p0@example.com"
    for wrong in (
        "?pageSize=49",
        "?pageSize=501",
        "?pageSize=x",
        "?continuationToken=",
        "?continuationToken=abc",
    ):
        assert (await bot.call("GET", roster + wrong))[0] == 400
    assert len(teams.violations) == 5
    teams.violations.clear()


async def test_chats_have_one_page_and_one_member_can_be_asked(
    bot: Bot, ada: Person, teams: FakeTeams
) -> None:
    """A chat returns all its people; a member is found by either id."""
    chat = path_of(teams.group("Lunch", ada, teams.user("bo")))
    assert len((await bot.call("GET", f"{chat}/pagedmembers"))[1]["members"]) == 2
    assert len((await bot.call("GET", f"{chat}/members"))[1]) == 2
    by_id = await bot.call("GET", f"{chat}/members/{quote(ada.id, safe='')}")
    by_directory = await bot.call("GET", f"{chat}/members/{ada.aad_id}")
    assert by_id == by_directory
    assert by_id[1]["name"] == "Ada Example"
    status, body = await bot.call("GET", f"{chat}/members/29%3Ax")
    assert (status, body["error"]["code"]) == (404, "MemberNotFoundInConversation")


# --- tokens and keys -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"grant_type": "password"}, "AADSTS70003"),
        ({"client_id": "x"}, "AADSTS700016"),
        ({"client_secret": "x"}, "AADSTS7000215"),
        ({"scope": "https://graph.microsoft.com/.default"}, "AADSTS1002012"),
    ],
)
async def test_tokens_are_given_to_the_right_app_only(
    bot: Bot, teams: FakeTeams, changed: dict[str, str], said: str
) -> None:
    """A wrong request gets the identity provider's numbered sentence."""
    status, body = await bot.ask_token(**changed)
    assert status in {400, 401}
    assert body["error_description"].startswith(said)
    assert teams.token_calls == 2


async def test_tokens_end(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """A call without token, with an old one or a revoked one is refused."""
    assert (await bot.send(ada.chat, message()))[0] == 201
    teams.clock.advance(3_600)
    assert (await bot.send(ada.chat, message()))[0] == 401
    teams.tokens.expires_in = 60
    assert (await bot.ask_token())[1]["expires_in"] == 60
    assert (await bot.send(ada.chat, message()))[0] == 201
    teams.tokens.revoke()
    status, body = await bot.send(ada.chat, message())
    assert (status, body) == (401, {"message": "Authorization has been denied for this request."})


async def test_another_tenant_gives_no_tokens(bot: Bot, teams: FakeTeams) -> None:
    """An unknown tenant, and an ordered refusal, are told as the identity provider tells them."""
    async with bot.session.post(f"{teams.url}/nobody/oauth2/v2.0/token") as got:
        assert "AADSTS90002" in (await got.json())["error_description"]
    teams.fail_next("token", Fault.aadsts(50034, "The account does not exist."))
    status, body = await bot.ask_token()
    assert (status, body["error_codes"]) == (400, [50034])


async def published_keys(bot: Bot) -> dict[str, Any]:
    async with bot.session.get(bot.teams.openid_url) as got:
        metadata = await got.json()
    async with bot.session.get(metadata["jwks_uri"]) as got:
        keys = (await got.json())["keys"]
    assert metadata["issuer"] == "https://api.botframework.com"
    return {key["kid"]: key for key in keys}


def accepts(keys: dict[str, Any], header: str | None, audience: str, url: str) -> bool:
    """Check a header as the Bot Framework's documentation asks for."""
    scheme, _, token = (header or "").partition(" ")
    if scheme != "Bearer":
        return False
    try:
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(
            token,
            jwt.PyJWK(key).key,
            algorithms=["RS256"],
            audience=audience,
            issuer="https://api.botframework.com",
            leeway=300,
            options={"require": ["exp", "iss", "aud", "serviceurl"]},
        )
    except (jwt.InvalidTokenError, KeyError, UnicodeError):
        return False
    right_url: bool = claims["serviceurl"].rstrip("/") == url.rstrip("/")
    return right_url and "msteams" in key["endorsements"]


async def test_every_header_is_what_its_name_says(bot: Bot, ada: Person) -> None:
    """A validator written by the book accepts and refuses exactly the cases that say so."""
    teams, keys = bot.teams, await published_keys(bot)
    for name, case in TOKEN_CASES.items():
        await teams.deliver_as(name, ada.activity("message", ada.chat))
        sent = bot.headers[-1].get("authorization")
        assert accepts(keys, sent, teams.app_id, teams.service_url) == case.accepted, name


async def test_keys_roll_over(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """After a rollover new tokens need the new key set; the old key may stay for a while."""
    before = await published_keys(bot)
    teams.issuer.rollover(keep_old=True)
    both = await published_keys(bot)
    teams.issuer.rollover()
    after = await published_keys(bot)
    await ada.say("hi")
    known = [
        accepts(keys, bot.headers[-1]["authorization"], teams.app_id, teams.service_url)
        for keys in (before, both, after)
    ]
    assert known == [False, False, True]
    assert (len(before), len(both), len(after)) == (2, 3, 2)


async def test_metadata_can_be_down(bot: Bot, teams: FakeTeams) -> None:
    """Metadata and keys fail on order and come back."""
    teams.fail_always("openid", Fault.unavailable())
    for _ in range(2):
        async with bot.session.get(teams.openid_url) as got:
            assert got.status == 503
    teams.heal()
    assert len(await published_keys(bot)) == 2


# --- faults and limits ---------------------------------------------------------------------------

FAULTS: dict[str, tuple[Fault, int, str]] = {
    "blocked": (Fault.blocked(), 403, "MessageWritesBlocked"),
    "not found": (Fault.conversation_not_found(), 404, "ConversationNotFound"),
    "not in the roster": (Fault.not_in_roster(), 404, "BotNotInConversationRoster"),
    "precondition": (Fault.precondition_failed(), 412, "PreconditionFailed"),
    "too large": (Fault.too_large(), 413, "<html>"),
    "throttled": (Fault.rate_limited(), 429, "Throttled"),
    "unavailable": (Fault.unavailable(), 503, "ServiceError"),
    "bad gateway": (Fault.unavailable(502, html=True), 502, "<html>"),
    "lost answer": (Fault.unavailable(504, after_effect=True), 504, "ServiceError"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_faults_happen_once(bot: Bot, ada: Person, teams: FakeTeams, name: str) -> None:
    """An ordered fault meets one call, before or after its effect; the next one works."""
    fault, expected, said = FAULTS[name]
    teams.fail_next("send", fault)
    status, body, headers = await bot.call_in_full(
        "POST", f"{path_of(ada.chat)}/activities", message()
    )
    assert (status, said in str(body)) == (expected, True)
    assert headers.get("Retry-After") == ("2" if expected == 429 else None)
    assert len(ada.inbox) == int(fault.after_effect)
    assert (await bot.send(ada.chat, message()))[0] == 201


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("way", [Fault.timeout, Fault.cut])
async def test_answers_can_be_missing(
    bot: Bot, ada: Person, teams: FakeTeams, way: Callable[..., Fault], after: bool
) -> None:
    """A call hangs or is cut, and the message may be there nevertheless."""
    teams.fail_next("post", way(after_effect=after), conversation=ada.chat.id)
    call = asyncio.create_task(bot.send(ada.chat, message()))
    await teams.until(lambda: bool(teams.calls_of("send")))
    if way == Fault.timeout:
        await asyncio.wait([call], timeout=0.05)
        assert not call.done()
        call.cancel()
    with pytest.raises((aiohttp.ClientError, asyncio.CancelledError)):
        await call
    assert (len(ada.inbox), teams.calls_of("send")[0].status) == (int(after), 0)


async def test_slow_calls_work(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """Latency is a fault that succeeds; several may be ordered at once."""
    teams.fail_next("connector", Fault.slow(0.02), times=2)
    start = asyncio.get_running_loop().time()
    assert (await bot.send(ada.chat, message()))[0] == 201
    assert (await bot.call("GET", f"{path_of(ada.chat)}/members"))[0] == 200
    assert asyncio.get_running_loop().time() - start >= 0.04


def test_windows_slide() -> None:
    """7 a second, 8 in two, 60 in thirty, 1,800 an hour, and waiting helps."""
    clock = Clock()
    clock.freeze()
    limiter = Limiter(clock)
    gone = 0
    while (wait := limiter.wait("chat", SEND)) is None:
        limiter.count("chat")
        gone += 1
    assert (gone, wait) == (7, 1.0)
    clock.advance(1.0)
    assert limiter.wait("chat", SEND) is None
    limiter.count("chat")
    assert limiter.wait("chat", SEND) == 1.0
    assert limiter.wait("another chat", SEND) is None
    for _ in range(52):
        clock.advance(0.3)
        limiter.count("chat")
    assert limiter.wait("chat", SEND) == pytest.approx(30 - 1 - 52 * 0.3)


async def test_limits_answer_429(session: aiohttp.ClientSession) -> None:
    """With limits on, a conversation, the roster and the whole app are throttled separately."""
    async with FakeTeams(signed=False, rate_limits=True, app_limit=12) as teams:
        teams.clock.freeze()
        bot, ada, bo = Bot(teams, session), teams.user("ada"), teams.user("bo")
        got = [await bot.send(ada.chat, message()) for _ in range(8)]
        assert [status for status, _ in got] == [201] * 7 + [429]
        assert (await bot.send(bo.chat, message()))[0] == 201
        path = f"{path_of(bo.chat)}/members"
        assert [(await bot.call("GET", path))[0] for _ in range(5)] == [200] * 4 + [429]
        teams.clock.advance(1.0)
        assert (await bot.call("GET", path))[0] == 200
        status, _, headers = await bot.call_in_full("GET", path)
        assert (status, headers["Retry-After"]) == (429, "59")
        for each in (opening(ada), opening(bo)):
            assert (await bot.call("POST", "", each))[0] == 200


async def test_connections_are_counted(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """One session that sends one after the other opens one connection."""
    for _ in range(3):
        await bot.post(ada.chat, message())
    assert teams.connections == 1


# --- people act ----------------------------------------------------------------------------------


async def test_words_arrive_in_the_real_shape(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """A message in a chat carries who, where and which tenant, signed for this bot."""
    assert (await ada.say("My laptop is slow")).status == 202
    (heard,) = bot.heard
    assert (heard["text"], heard["channelId"]) == ("My laptop is slow", "msteams")
    assert heard["from"]["aadObjectId"] == ada.aad_id
    assert heard["conversation"] == {
        "conversationType": "personal",
        "tenantId": teams.tenant,
        "id": ada.chat.id,
    }
    assert heard["channelData"] == {"tenant": {"id": teams.tenant}}
    assert heard["recipient"]["id"] == teams.bot_id
    assert heard["entities"][0]["timezone"] == "Europe/London"


async def test_mentions_arrive_in_the_real_shape(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """In groups and channels the text names the bot, and the channel names team and thread."""
    await ada.mention("help", teams.group("Lunch", ada))
    group = bot.heard[-1]
    assert group["text"] == "<at>Groundswell</at> help"
    assert group["entities"][0]["mentioned"]["id"] == teams.bot_id
    assert (group["conversation"]["isGroup"], "team" in group["channelData"]) == (True, False)
    team = teams.team("Sales", ada)
    await ada.mention("help", team.general)
    channel = bot.heard[-1]
    assert channel["conversation"]["id"] == f"{team.id};messageid={channel['id']}"
    assert channel["channelData"]["team"] == {"id": team.id}


async def test_pressing_replaces_the_card_for_the_clicker(
    bot: Bot, ada: Person, teams: FakeTeams
) -> None:
    """The answer's card is shown to who pressed, until the client reloads or the bot edits."""
    bo = teams.user("bo")
    asked = card(text_field(), choices("4", "5", value="4"), actions=[execute("answer", wave=7)])
    shown = await bot.post(teams.group("Lunch", ada, bo), message(asked))
    thanks = card(lang="de")
    bot.answer = (200, reply(ADAPTIVE, thanks))
    result = await ada.press(shown, "Send", {"why": "slow"})
    heard = bot.heard[-1]
    assert (heard["name"], heard["replyToId"]) == ("adaptiveCard/action", shown.id)
    assert heard["value"] == {
        "action": {
            "type": "Action.Execute",
            "title": "Send",
            "verb": "answer",
            "data": {"wave": 7, "why": "slow", "score": "4"},
        },
        "trigger": "manual",
    }
    assert (result.card, ada.sees(shown), bo.sees(shown)) == (thanks, thanks, asked)
    ada.reload()
    assert ada.sees(shown) == asked
    await ada.press(shown, "answer")
    path = f"{path_of(shown.conversation)}/activities/{shown.id}"
    await bot.call("PUT", path, message(card(lang="fr")))
    assert ada.sees(shown) == bo.sees(shown) == card(lang="fr")


async def test_a_press_may_show_words_or_an_error(bot: Bot, ada: Person) -> None:
    """A message leaves the card as it is, and so does an error."""
    shown = await bot.post(ada.chat, message(card(actions=[execute("v")])))
    bot.answer = (200, reply("application/vnd.microsoft.activity.message", "Thanks"))
    assert (await ada.press(shown, "v")).message == "Thanks"
    error = {"code": "Late", "message": "This pulse is closed."}
    bot.answer = (200, reply("application/vnd.microsoft.error", error, 400))
    assert (await ada.press(shown, "v")).error == error
    bot.answer = (403, None)
    assert (await ada.press(shown, "v")).card is None
    assert ada.buttons(shown) == ["Send"]


MESSAGE = "application/vnd.microsoft.activity.message"
BAD_PRESSES: dict[str, tuple[tuple[int, object], str]] = {
    "nothing": ((200, None), "Unable to reach app"),
    "a server error": ((500, None), "answered 500"),
    "no JSON": ((200, b"ok"), "no JSON object"),
    "a list": ((200, []), "no JSON object"),
    "a bare card": ((200, card()), "in place of statusCode, type and value"),
    "a code that is a word": ((200, reply(MESSAGE, "x") | {"statusCode": "200"}), "no number"),
    "an unknown type": ((200, reply("text/plain", "x")), "type 'text/plain' is unknown"),
    "a card with a mistake": ((200, reply(ADAPTIVE, card(version="1"))), "version must be"),
    "a card that is text": ((200, reply(ADAPTIVE, "x")), "not an object"),
    "an empty message": ((200, reply(MESSAGE, " ")), "a message without words"),
    "an error that is fine": (
        (200, reply("application/vnd.microsoft.error", {"code": "x", "message": "y"})),
        "statusCode 200 does not go",
    ),
    "an error without words": (
        (200, reply("application/vnd.microsoft.error", "x", 400)),
        "without code and message",
    ),
}


def test_late_answers_are_noted() -> None:
    """An answer that takes longer than the client waits is a violation, however good it is."""
    good = json.dumps(reply(MESSAGE, "Thanks")).encode()
    for seconds, faults in ((0.2, 0), (6.0, 1)):
        assert len(press_faults(Answer(200, "application/json", good, seconds))) == faults


@pytest.mark.parametrize("name", BAD_PRESSES)
async def test_bad_answers_to_presses_are_noted(bot: Bot, ada: Person, name: str) -> None:
    """What the client cannot show is a violation."""
    shown = await bot.post(ada.chat, message(card(actions=[execute("v")])))
    bot.answer, said = BAD_PRESSES[name]
    await ada.press(shown, "v")
    assert said in "\n".join(bot.teams.violations)
    bot.teams.violations.clear()


async def test_the_client_refuses_what_a_person_cannot_do(bot: Bot, ada: Person) -> None:
    """No button, two of them, a missing or impossible input: nothing reaches the bot."""
    needed = text_field(isRequired=True, errorMessage="Say why.", maxLength=5)
    asked = card(
        needed,
        choices("4", "5"),
        actions=[execute("a"), execute("b"), submit(msteams={"type": "task/fetch"})],
    )
    shown = await bot.post(ada.chat, message(asked))
    bot.answer = (200, reply(MESSAGE, "Thanks"))
    for button, inputs, said in (
        ("nowhere", {}, "no button 'nowhere'"),
        ("Send", {}, "2 buttons have the title"),
        ("a", {}, "Say why."),
        ("a", {"why": "too long"}, "longer than 5"),
        ("a", {"why": "x", "score": "9"}, "not among"),
        ("a", {"why": "x", "mood": "9"}, "no input ['mood']"),
        ("Comment", {"why": "x"}, "not Action.Execute"),
    ):
        with pytest.raises(ClientRefusedError, match=said.replace("[", r"\[")):
            await ada.press(shown, button, inputs)
    with pytest.raises(ClientRefusedError, match="does not open a dialog"):
        await ada.fetch_dialog(shown, "a", {"why": "x"})
    with pytest.raises(ClientRefusedError, match="shows no card"):
        ada.sees(await bot.post(ada.chat, message()))
    assert bot.heard == []


async def test_old_clients_send_the_fallback_as_a_message(bot: Bot, ada: Person) -> None:
    """The Submit behind an Execute arrives as a message with a value and no text."""
    asked = card(text_field(), actions=[execute("answer", wave=7)])
    shown = await bot.post(ada.chat, message(asked))
    await ada.submit_fallback(shown, "answer", {"why": "slow"})
    heard = bot.heard[-1]
    assert (heard["type"], heard["replyToId"], "text" in heard) == ("message", shown.id, False)
    assert heard["value"] == {"verb": "answer", "wave": 7, "why": "slow"}
    silent = {**execute("answer", wave=7), "associatedInputs": "None"}
    silent["fallback"] |= {"associatedInputs": "none"}
    quiet = await bot.post(ada.chat, message(card(text_field(), actions=[silent])))
    await ada.submit_fallback(quiet, "answer")
    assert bot.heard[-1]["value"] == {"verb": "answer", "wave": 7}
    link = {"type": "Action.OpenUrl", "title": "View", "url": "https://example.com"}
    with pytest.raises(ClientRefusedError, match="no fallback for old clients"):
        await ada.submit_fallback(await bot.post(ada.chat, message(card(actions=[link]))), "View")


async def test_a_dialog_from_button_to_thanks(bot: Bot, ada: Person) -> None:
    """A button opens a dialog, its form is sent, and the answer may be a dialog or words."""
    opener = submit(msteams={"type": "task/fetch"}, wave=7)
    shown = await bot.post(ada.chat, message(card(actions=[opener])))
    form = card(text_field(), actions=[submit(verb="comment")])
    bot.answer = (200, dialog(form, width="medium", height=400))
    opened = await ada.fetch_dialog(shown, "Comment")
    assert (opened.title, opened.card) == ("Your comment", form)
    fetched = bot.heard[-1]
    assert (fetched["name"], fetched["value"]["data"]["wave"]) == ("task/fetch", 7)
    again = await ada.submit_dialog(opened, {"why": "slow"})
    sent = bot.heard[-1]
    assert (sent["name"], sent["replyToId"]) == ("task/submit", shown.id)
    assert sent["value"] == {
        "data": {"verb": "comment", "why": "slow"},
        "context": {"theme": "default"},
    }
    bot.answer = (200, {"task": {"type": "message", "value": "Thanks"}})
    thanks = await ada.submit_dialog(again, {"why": "slow"}, "Comment")
    assert thanks.message == "Thanks"
    with pytest.raises(ClientRefusedError, match="shows no card"):
        await ada.submit_dialog(thanks)


async def test_a_dialog_opens_with_any_data(bot: Bot, ada: Person) -> None:
    """Raw data may be sent, and a form with two buttons needs one named."""
    form = card(actions=[submit(verb="a"), submit(verb="b") | {"title": "Other"}])
    bot.answer = (200, dialog(form))
    opened = await ada.fetch_dialog({"wave": 8})
    assert bot.heard[-1]["value"]["data"] == {"wave": 8}
    assert "replyToId" not in bot.heard[-1]
    with pytest.raises(ClientRefusedError, match="2 buttons; say which"):
        await ada.submit_dialog(opened)
    await ada.submit_dialog(opened, button="Other")
    assert bot.heard[-1]["value"]["data"] == {"verb": "b"}


BAD_DIALOGS: dict[str, tuple[object, str]] = {
    "nothing": (None, "Unable to reach app"),
    "an empty object": ({}, "in place of task"),
    "another key": ({"task": {"type": "message", "value": "x"}, "x": 1}, "in place of task"),
    "an unknown type": ({"task": {"type": "close"}}, "task type 'close'"),
    "an empty message": ({"task": {"type": "message", "value": ""}}, "without words"),
    "no window": ({"task": {"type": "continue", "value": "x"}}, "a dialog without value"),
    "no title": (dialog(card(), title=""), "a dialog without title"),
    "an unknown key": (dialog(card(), depth=3), "unknown keys ['depth']"),
    "an unknown size": (dialog(card(), width="huge"), "width 'huge'"),
    "no card": (dialog(card(), card=None), "not an Adaptive Card"),
    "an Execute in a dialog": (dialog(card(actions=[execute("v")])), "no task/submit"),
}


@pytest.mark.parametrize("name", BAD_DIALOGS)
async def test_bad_answers_to_dialogs_are_noted(bot: Bot, ada: Person, name: str) -> None:
    """What the client cannot show as a dialog is a violation."""
    content, said = BAD_DIALOGS[name]
    bot.answer = (200, content)
    await ada.fetch_dialog({})
    assert said in "\n".join(bot.teams.violations)
    bot.teams.violations.clear()


async def test_coming_and_going_are_two_events(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """An installation tells the bot twice, for a person as for a team, and so does a removal."""
    team = teams.team("Sales", ada, installed=False)
    for place, does, action, members in (
        (None, ada.uninstall, "remove", "membersRemoved"),
        (None, ada.install, "add", "membersAdded"),
        (team, ada.install, "add", "membersAdded"),
    ):
        bot.heard.clear()
        await does(place)
        by_type = {heard["type"]: heard for heard in bot.heard}
        assert by_type["installationUpdate"]["action"] == action
        assert by_type["conversationUpdate"][members][0]["id"] == teams.bot_id
    assert bot.heard[0]["channelData"]["team"]["id"] == team.id
    assert (ada.account.installed, team.installed) == (True, True)


async def test_people_join_and_react(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """Several people joining are one event; a reaction names its message."""
    team, bo, cy = teams.team("Sales", ada), teams.user("bo"), teams.user("cy")
    await teams.join(team, bo, cy)
    assert [m["id"] for m in bot.heard[-1]["membersAdded"]] == [bo.id, cy.id]
    assert team.members == [ada.account, bo.account, cy.account]
    shown = await bot.post(ada.chat, message())
    await ada.react(shown)
    assert bot.heard[-1]["reactionsAdded"] == [{"type": "like"}]
    assert bot.heard[-1]["replyToId"] == shown.id


async def test_the_same_again_four_at_once(bot: Bot, ada: Person) -> None:
    """A redelivery is the very same activity with a fresh token."""
    first = await ada.say("hi")
    again = await bot.teams.redeliver(first)
    assert [delivery.status for delivery in again] == [202] * 4
    assert bot.heard == [bot.heard[0]] * 5


async def test_a_stranger_is_of_another_tenant(bot: Bot, teams: FakeTeams) -> None:
    """People of other organisations carry their own tenant everywhere."""
    eve = teams.stranger()
    await eve.say("hi")
    tenants = {
        bot.heard[-1]["conversation"]["tenantId"],
        bot.heard[-1]["channelData"]["tenant"]["id"],
    }
    assert tenants == {eve.tenant}
    assert eve.tenant != teams.tenant


async def test_local_mode_knows_no_tokens(session: aiohttp.ClientSession) -> None:
    """Unsigned, neither side sends a token; the settings say so."""
    teams = FakeTeams(signed=False)
    bot, ada = Bot(teams, session), teams.user("ada")
    teams.connect(bot)  # as well before the start as after it
    async with teams:
        await ada.say("hi")
        assert "authorization" not in bot.headers[-1]
        await bot.post(ada.chat, message())
        assert teams.settings["GROUNDSWELL_TEAMS_LOCAL"] == "1"


async def test_anything_can_be_delivered(bot: Bot, teams: FakeTeams) -> None:
    """Bytes and headers reach the bot as they are."""
    delivery = await teams.deliver_raw(b'{"odd": true}', {"X-Odd": "1"})
    assert (bot.heard, bot.headers[-1]["x-odd"], delivery.activity) == ([{"odd": True}], "1", {})


async def test_the_bot_may_listen_on_a_socket(teams: FakeTeams) -> None:
    """A URL is as good as an application; the path is added where it is missing."""
    heard: list[str] = []

    async def handle(request: aiohttp.web.Request) -> aiohttp.web.Response:
        heard.append(request.path)
        return aiohttp.web.Response(status=202)

    app = aiohttp.web.Application()
    app.router.add_post("/{tail:.*}", handle)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    for target in (url, f"{url}/", f"{url}/elsewhere"):
        teams.connect(target)
        assert (await teams.user("ada").say("hi")).status == 202
    await runner.cleanup()
    assert heard == ["/api/messages", "/api/messages", "/elsewhere"]


def test_a_thread_of_its_own() -> None:
    """From code without a loop the fake runs in a thread, and checks itself at the end."""
    with FakeTeams.in_thread(signed=False) as teams:

        async def ask() -> int:
            async with aiohttp.ClientSession() as session:
                return (await Bot(teams, session).send(teams.user("ada").chat, message()))[0]

        assert teams.run(ask()) == 201
        assert len(teams.user("ada").inbox) == 1
    with pytest.raises(AssertionError, match="known"), FakeTeams.in_thread() as teams:
        teams.violations.append("known")


class Terminal(io.StringIO):
    """An output that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.loop, self.written = asyncio.get_running_loop(), asyncio.Event()

    def flush(self) -> None:
        self.loop.call_soon_threadsafe(self.written.set)

    async def shows(self, words: str) -> None:
        async with asyncio.timeout(5):
            while words not in self.getvalue():
                self.written.clear()
                await self.written.wait()


@pytest.mark.parametrize("mode", [[], ["--local"]])
async def test_it_runs_alone(mode: list[str]) -> None:
    """As a program it prints the settings to use, lets people act, and tells of violations."""
    typed = io.StringIO("ada?\nada: hi\nada! needs.send\n")
    out, stopped = Terminal(), asyncio.Event()
    arguments = parse(["--bot", "http://127.0.0.1:9", *mode])
    running = asyncio.create_task(serve(arguments, typed, out, stopped))
    await out.shows("IndexError")  # there is no message with a button
    text = out.getvalue()
    assert "ClientConnectorError" in text  # there is no bot
    url = text.partition("Teams listens on ")[2].partition(" ")[0]
    async with aiohttp.ClientSession() as session:
        await session.get(f"{url}/nowhere")
    stopped.set()
    await running
    assert "# violation: unknown route GET /nowhere" in out.getvalue()
    names = {line.partition("=")[0] for line in text.splitlines()}
    wanted = {"TENANT_ID", "SERVICE_HOSTS"}
    signed = {"APP_ID", "APP_PASSWORD", "OPENID_URL", "TOKEN_URL"}
    wanted |= {"LOCAL"} if mode else signed
    assert names >= {f"export GROUNDSWELL_TEAMS_{name}" for name in wanted}


async def test_people_act_by_lines(bot: Bot, ada: Person, teams: FakeTeams) -> None:
    """A line writes, another shows what the person sees, a third presses."""
    assert await act(teams, "ada: hi: there") == "202"
    assert bot.heard[-1]["text"] == "hi: there"
    await bot.post(ada.chat, message(card(actions=[execute("v")]), summary="A question"))
    assert "A question" in await act(teams, "ada?")
    bot.answer = (200, reply(MESSAGE, "Thanks"))
    assert "Thanks" in await act(teams, "ada! v")
