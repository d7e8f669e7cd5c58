"""The fake Slack is as strict as the real one, and its people act through real requests."""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.slack import (
    Clock,
    Delivery,
    FakeSlack,
    Fault,
    Message,
    Method,
    Person,
    SignedRequest,
    resigned,
    running,
    stale,
)
from tests.fakes.slack.state import JSON

BUTTONS: list[JSON] = [
    {
        "type": "actions",
        "block_id": "choices",
        "elements": [
            {
                "type": "button",
                "action_id": "need.send",
                "text": {"type": "plain_text", "text": "Send"},
                "value": "7",
            },
            {
                "type": "static_select",
                "action_id": "need.area",
                "options": [
                    {"text": {"type": "plain_text", "text": word}, "value": word.lower()}
                    for word in ("Network", "Laptop")
                ],
            },
        ],
    }
]


def modal(**more: Any) -> JSON:  # noqa: ANN401
    return {
        "type": "modal",
        "callback_id": "need.edit",
        "title": {"type": "plain_text", "text": "Your need"},
        "submit": {"type": "plain_text", "text": "Send"},
        "private_metadata": "opaque",
        "blocks": [
            {
                "type": "input",
                "block_id": "words",
                "label": {"type": "plain_text", "text": "What do you need?"},
                "element": {
                    "type": "plain_text_input",
                    "action_id": "text",
                    "min_length": 3,
                    "max_length": 200,
                },
            },
            {
                "type": "input",
                "block_id": "when",
                "optional": True,
                "label": {"type": "plain_text", "text": "Until when?"},
                "element": {"type": "datepicker", "action_id": "date"},
            },
        ],
    } | more


HOME: JSON = {"type": "home", "blocks": [*BUTTONS, {"type": "divider"}]}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """Run a workspace; the test fails when its app broke a rule that no test expected."""
    async with running() as fake:
        yield fake


@pytest.fixture
async def client(slack: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    """Slack's own client against the fake."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(token=slack.token, base_url=slack.api_url, session=session)


@dataclass(slots=True)
class App:
    """An app that checks signatures with Slack's SDK and answers what the test wants."""

    slack: FakeSlack
    status: int = 200
    answer: Any = None
    heard: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refused: int = 0

    async def receive(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        headers = dict(request.headers)
        verifier = SignatureVerifier(self.slack.signing_secret)
        if not verifier.is_valid_request(raw, headers):
            self.refused += 1
            return web.Response(status=401)
        self.headers.append(headers)
        if request.content_type == "application/json":
            self.heard.append(json.loads(raw))
        else:
            form = dict(await request.post())
            body = json.loads(str(form["payload"])) if "payload" in form else form
            self.heard.append(body)
        if isinstance(self.answer, str):
            return web.Response(status=self.status, text=self.answer)
        if self.answer is not None:
            return web.json_response(self.answer, status=self.status)
        return web.Response(status=self.status)


@pytest.fixture
async def app(slack: FakeSlack) -> AsyncIterator[App]:
    """Run an app that Slack knows."""
    told = App(slack)
    server = web.Application()
    server.router.add_post("/slack/events", told.receive)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield told
    await runner.cleanup()


async def refusal(call: Awaitable[Any]) -> str:
    """Return the error code with which Slack refused a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def expected_violation(slack: FakeSlack, words: str) -> None:
    """Take away the one violation this test provoked."""
    assert len(slack.violations) == 1
    assert words in slack.violations.pop()


async def card(client: AsyncWebClient, user: Person) -> Message:
    """Let the app send a card into somebody's direct message."""
    await client.chat_postMessage(channel=user.dm, text="Send or change?", blocks=BUTTONS)
    return user.heard()[-1]


# --- who calls -----------------------------------------------------------------------------


async def test_tokens_are_checked(slack: FakeSlack, client: AsyncWebClient) -> None:
    """No token, a wrong one, and the wrong kind each have their own error."""
    assert (await client.auth_test())["user_id"] == "UBOT"
    other = AsyncWebClient(base_url=slack.api_url, session=client.session)
    assert await refusal(other.auth_test()) == "not_authed"
    assert await refusal(other.auth_test(token="xoxb-wrong")) == "invalid_auth"
    assert await refusal(other.auth_test(token=slack.app_token)) == "not_allowed_token_type"
    opened = client.apps_connections_open(app_token=slack.token)
    assert await refusal(opened) == "not_allowed_token_type"
    assert await refusal(client.apps_connections_open(app_token="xapp-x")) == "invalid_auth"


async def test_scopes_are_checked(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A call without its scope says what is needed; addresses need a scope of their own."""
    info = await client.users_info(user="U2", include_locale=True)
    assert info["user"]["profile"]["email"] == "ben@example.com"
    assert info["user"]["tz"] == "Europe/London"
    assert info["user"]["locale"] == "en-US"
    slack.state.scopes -= {"users:read.email", "chat:write"}
    assert "email" not in (await client.users_info(user="U2"))["user"]["profile"]
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C1", text="hello")
    assert caught.value.response["needed"] == "chat:write"
    assert "users:read" in caught.value.response.headers["x-oauth-scopes"]


async def test_unknown_methods_and_arguments_are_violations(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    """Slack ignores some of it; a test must not."""
    assert await refusal(client.api_call("chat.shout")) == "unknown_method"
    expected_violation(slack, "unknown method")
    await client.api_call("auth.test", params={"verbose": "1"})
    expected_violation(slack, "unknown argument verbose")
    assert await refusal(client.api_call("users.info")) == "invalid_arguments"
    expected_violation(slack, "missing argument user")
    call = client.api_call("users.list", params={"limit": "many"})
    assert await refusal(call) == "invalid_arguments"
    expected_violation(slack, "limit is not of type int")
    call = client.api_call("chat.postMessage", json={"channel": "C1", "text": True})
    assert await refusal(call) == "invalid_arguments"
    expected_violation(slack, "text is not of type str")


async def test_the_table_of_methods_is_open(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A test adds a method with its scope and budget in one line."""
    slack.methods["pins.add"] = Method(
        handler=lambda _state, args: {"pinned": args["channel"]},
        required={"channel": "str"},
        scopes=("pins:write",),
    )
    assert await refusal(client.pins_add(channel="C1")) == "missing_scope"
    slack.state.scopes.add("pins:write")
    assert (await client.pins_add(channel="C1"))["pinned"] == "C1"


# --- messages ------------------------------------------------------------------------------


async def test_messages_are_kept_with_their_history(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    """Post, update (text alone removes blocks), link, delete."""
    posted = await client.chat_postMessage(channel="C1", text="one", blocks=BUTTONS)
    ts = posted["ts"]
    assert posted["message"]["blocks"][0]["block_id"] == "choices"
    await client.chat_update(channel="C1", ts=ts, text="two")
    (message,) = slack.messages("C1")
    assert (message.text, message.blocks, len(message.versions)) == ("two", (), 1)
    link = await client.chat_getPermalink(channel="C1", message_ts=ts)
    assert link["permalink"].endswith(f"/C1/p{ts.replace('.', '')}")
    reply = await client.chat_postMessage(channel="C1", text="more", thread_ts=ts)
    assert reply["message"]["thread_ts"] == ts
    lost = client.chat_postMessage(channel="C1", text="more", thread_ts="1.000000")
    assert await refusal(lost) == "cannot_reply_to_message"
    await client.chat_delete(channel="C1", ts=ts)
    assert [one.text for one in slack.messages("C1")] == ["more"]
    assert await refusal(client.chat_update(channel="C1", ts=ts, text="x")) == "message_not_found"
    assert await refusal(client.chat_getPermalink(channel="C1", message_ts=ts)) == (
        "message_not_found"
    )


async def test_times_of_messages_are_unique_and_rising(slack: FakeSlack) -> None:
    """Even when the clock stands still."""
    slack.clock.stop(1_800_000_000.0)
    made = [slack.state.new_ts() for _ in range(100)]
    assert made == sorted(set(made))
    assert made[0] == "1800000000.000000"


async def test_posting_needs_a_place(slack: FakeSlack, client: AsyncWebClient) -> None:
    """People, archives, private and foreign channels are each refused as Slack does."""

    async def post(channel: str) -> str:
        return await refusal(client.chat_postMessage(channel=channel, text="hello"))

    assert await post("C99") == "channel_not_found"
    assert await post("C3") == "not_in_channel"
    assert await post("C4") == "is_archived"
    assert await post("C5") == "channel_not_found"
    assert slack.violations == []
    assert await post("U1") == "channel_not_found"
    expected_violation(slack, "is a person")
    slack.state.scopes.add("chat:write.public")
    await client.chat_postMessage(channel="C3", text="hello")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "a", "markdown_text": "b"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"text": "a", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "a", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"text": "a", "username": "CEO"}, "missing_scope"),
    ],
)
async def test_bad_content_is_refused(client: AsyncWebClient, content: JSON, error: str) -> None:
    """Each with the code that Slack documents."""
    call = client.api_call("chat.postMessage", json={"channel": "C1"} | content)
    assert await refusal(call) == error


async def test_cards_are_judged(slack: FakeSlack, client: AsyncWebClient) -> None:
    """An invalid card is refused with its pointer; one without text is a violation."""
    bad = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C1", text="x", blocks=bad)
    assert caught.value.response["error"] == "invalid_blocks"
    (said,) = caught.value.response["response_metadata"]["messages"][:1]
    assert said == "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"
    assert len(slack.violations) == 2  # our limit and the SDK's say the same
    slack.violations.clear()
    long = [{"type": "section", "text": {"type": "plain_text", "text": "x" * 2_900}}] * 5
    posted = client.chat_postMessage(channel="C1", text="x", blocks=long)
    assert await refusal(posted) == "msg_blocks_too_long"
    expected_violation(slack, "characters in all blocks")
    await client.api_call("chat.postMessage", json={"channel": "C1", "blocks": BUTTONS})
    expected_violation(slack, "silent to screen readers")
    await client.chat_postMessage(channel="C1", text="x" * 40_001)
    expected_violation(slack, "is cut at 40000")


async def test_only_own_messages_change(slack: FakeSlack, client: AsyncWebClient, app: App) -> None:
    """People's words cannot be edited by an app."""
    await slack.user("U1").say("mine", "C1")
    (message,) = slack.messages("C1")
    assert app.heard == []  # message.channels is not subscribed
    call = client.chat_update(channel="C1", ts=message.ts, text="x")
    assert await refusal(call) == "cant_update_message"
    call = client.chat_delete(channel="C1", ts=message.ts)
    assert await refusal(call) == "cant_delete_message"


async def test_ephemeral_words_are_for_one(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Only members see them, only one sees them, and they cannot be updated."""
    sent = await client.chat_postEphemeral(channel="C1", user="U1", text="psst")
    assert [one.text for one in slack.user("U1").messages("C1")] == ["psst"]
    assert slack.user("U2").messages("C1") == []
    call = client.chat_update(channel="C1", ts=sent["message_ts"], text="x")
    assert await refusal(call) == "message_not_found"

    async def whisper(channel: str, user: str) -> str:
        call = client.chat_postEphemeral(channel=channel, user=user, text="x")
        return await refusal(call)

    assert await whisper("C1", "U5") == "user_not_in_channel"
    assert await whisper("C1", "U9") == "user_not_found"
    assert await whisper("C3", "U1") == "not_in_channel"
    assert await whisper("C4", "U1") == "is_archived"


# --- conversations and people --------------------------------------------------------------


async def test_direct_messages_are_opened_once(slack: FakeSlack, client: AsyncWebClient) -> None:
    """The same person has the same conversation; the gone and the bots have none."""
    first = await client.conversations_open(users="U2", return_im=True)
    again = await client.conversations_open(users="U2")
    assert first["channel"]["id"] == again["channel"]["id"] == slack.user("U2").dm
    assert first["channel"]["user"] == "U2"
    assert again["already_open"]
    same = await client.conversations_open(channel=again["channel"]["id"])
    assert same["no_op"]
    assert await refusal(client.conversations_open(users="U5")) == "user_disabled"
    assert await refusal(client.conversations_open(users="UBOT")) == "cannot_dm_bot"
    assert await refusal(client.conversations_open(users="U9")) == "user_not_found"
    assert await refusal(client.conversations_open(users="")) == "users_list_not_supplied"
    assert await refusal(client.conversations_open(users="U1,U2")) == "missing_scope"
    slack.state.scopes.add("mpim:write")
    group = await client.conversations_open(users="U1,U2")
    assert (await client.conversations_open(users="U2,U1"))["channel"] == group["channel"]


async def test_conversations_are_described(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Info, members and the list; private places stay unknown to a bot outside."""
    info = await client.conversations_info(channel="C1", include_num_members=True)
    assert info["channel"]["name"] == "it-and-business"
    assert info["channel"]["num_members"] == 5
    assert info["channel"]["is_member"] is True
    dm = slack.user("U1").dm
    assert await refusal(client.conversations_info(channel=dm)) == "missing_scope"
    members = await client.conversations_members(channel="C1", limit=3)
    cursor = members["response_metadata"]["next_cursor"]
    rest = await client.conversations_members(channel="C1", limit=3, cursor=cursor)
    assert members["members"] + rest["members"] == ["U1", "U2", "U3", "U4", "UBOT"]
    listed = await client.conversations_list(
        types="public_channel,private_channel", exclude_archived=True
    )
    assert [one["id"] for one in listed["channels"]] == ["C1", "C2", "C3"]
    assert await refusal(client.conversations_list(types="rooms")) == "invalid_types"
    assert await refusal(client.conversations_list(cursor="!")) == "invalid_cursor"
    assert await refusal(client.conversations_list(limit=1_001)) == "invalid_limit"


async def test_people_are_listed_page_by_page(client: AsyncWebClient) -> None:
    """The cursor leads through everybody, bots and the deactivated included."""
    pages = [page["members"] async for page in await client.users_list(limit=4)]
    assert [len(page) for page in pages] == [4, 2]
    people = {one["id"]: one for page in pages for one in page}
    assert people["UBOT"]["is_bot"]
    assert people["U5"]["deleted"]
    assert (await client.users_lookupByEmail(email="BEN@example.com"))["user"]["id"] == "U2"
    assert await refusal(client.users_lookupByEmail(email="x@y.z")) == "users_not_found"
    assert await refusal(client.users_lookupByEmail(email="eva@example.com")) == "users_not_found"
    assert await refusal(client.users_info(user="U9")) == "user_not_found"


# --- views ---------------------------------------------------------------------------------


async def test_triggers_are_short_and_single(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Three seconds, one use; an invented one opens nothing."""
    trigger = slack.state.new_trigger("U1").id
    opened = await client.views_open(trigger_id=trigger, view=modal())
    assert opened["view"]["state"] == {"values": {}}
    assert slack.user("U1").view is not None
    again = client.views_open(trigger_id=trigger, view=modal())
    assert await refusal(again) == "exchanged_trigger_id"
    late = slack.state.new_trigger("U1").id
    slack.clock.advance(3.0)
    assert await refusal(client.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"
    forged = client.views_open(trigger_id="1.2.3", view=modal())
    assert await refusal(forged) == "invalid_trigger_id"


async def test_views_stack_three_high(slack: FakeSlack, client: AsyncWebClient, app: App) -> None:
    """Push works from inside a modal only, and not a fourth time; closing goes back."""
    user = slack.user("U1")
    outside = slack.state.new_trigger("U1").id
    assert await refusal(client.views_push(trigger_id=outside, view=modal())) == (
        "invalid_trigger_id"
    )
    menu = modal(notify_on_close=True, blocks=BUTTONS)
    await client.views_open(trigger_id=slack.state.new_trigger("U1").id, view=menu)
    for _ in range(2):
        view = await user.sees_view()
        pressed = await user.press(view, "need.send")
        trigger = pressed.delivery.payload["trigger_id"]
        await client.views_push(trigger_id=trigger, view=menu)
    top = await user.sees_view()
    assert top.previous_id is not None
    assert top.root_id not in {top.id, top.previous_id}
    pressed = await user.press(top, "Send")
    trigger = pressed.delivery.payload["trigger_id"]
    assert await refusal(client.views_push(trigger_id=trigger, view=menu)) == "push_limit_reached"
    await user.close(top)
    assert app.heard[-1]["type"] == "view_closed"
    assert user.view is not None
    assert user.view.id == top.previous_id


async def test_hashes_guard_views(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A late update or publish with an old hash is refused."""
    trigger = slack.state.new_trigger("U1").id
    opened = await client.views_open(trigger_id=trigger, view=modal(external_id="e1"))
    old = opened["view"]["hash"]
    await client.views_update(external_id="e1", hash=old, view=modal())
    late = client.views_update(view_id=opened["view"]["id"], hash=old, view=modal())
    assert await refusal(late) == "hash_conflict"
    assert await refusal(client.views_update(view_id="V9", view=modal())) == "not_found"
    home = await client.views_publish(user_id="U1", view=HOME)
    await client.views_publish(user_id="U1", view=HOME, hash=home["view"]["hash"])
    late = client.views_publish(user_id="U1", view=HOME, hash=home["view"]["hash"])
    assert await refusal(late) == "hash_conflict"
    assert await refusal(client.views_publish(user_id="U9", view=HOME)) == "user_not_found"


async def test_bad_views_are_refused(slack: FakeSlack, client: AsyncWebClient) -> None:
    """By the judge, with the trigger unspent."""
    trigger = slack.state.new_trigger("U1").id
    bad = modal(title={"type": "plain_text", "text": "x" * 25})
    assert await refusal(client.views_open(trigger_id=trigger, view=bad)) == "invalid_blocks"
    assert slack.violations
    slack.violations.clear()
    await client.views_open(trigger_id=trigger, view=modal(external_id="e"))
    other = slack.state.new_trigger("U2").id
    taken = client.views_open(trigger_id=other, view=modal(external_id="e"))
    assert await refusal(taken) == "duplicate_external_id"


# --- limits and faults ---------------------------------------------------------------------


async def test_rate_limits_count_per_channel_and_method() -> None:
    """One message per second and channel, budgets per minute, and nothing taken by a refusal."""
    clock = Clock(stopped_at=1_800_000_000.0)
    async with (
        running(rate_limits=True, clock=clock) as slack,
        aiohttp.ClientSession() as session,
    ):
        client = AsyncWebClient(token=slack.token, base_url=slack.api_url, session=session)
        await client.chat_postMessage(channel="C1", text="1")
        await client.chat_postMessage(channel="C2", text="1")
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel="C1", text="2")
        assert caught.value.response.status_code == 429
        assert caught.value.response["error"] == "ratelimited"
        assert caught.value.response.headers["Retry-After"] == "1"
        clock.advance(1.0)
        await client.chat_postMessage(channel="C1", text="2")
        await client.apps_connections_open(app_token=slack.app_token)
        with pytest.raises(SlackApiError) as caught:
            await client.apps_connections_open(app_token=slack.app_token)
        assert caught.value.response.headers["Retry-After"] == "60"
        clock.advance(60.0)
        await client.apps_connections_open(app_token=slack.app_token)
        assert [one.text for one in slack.messages("C1")] == ["1", "2"]


SAD: list[tuple[Fault, str, bool]] = [
    (Fault.server_error(503), "SlackApiError", False),
    (Fault.server_error_after_effect(), "SlackApiError", True),
    (Fault.timeout(0.02), "ServerDisconnectedError", False),
    (Fault.reset_after_effect(), "ServerDisconnectedError", True),
    (Fault.refused("internal_error"), "SlackApiError", False),
    (Fault.refused("internal_error", after_effect=True), "SlackApiError", True),
    (Fault.rate_limited(7), "SlackApiError", False),
    (Fault.html(), "SlackApiError", False),
]


@pytest.mark.parametrize(("fault", "raised", "effect"), SAD, ids=lambda one: str(one)[:40])
async def test_faults_strike_before_or_after_the_effect(
    slack: FakeSlack, client: AsyncWebClient, fault: Fault, raised: str, effect: bool
) -> None:
    """The caller sees the failure; Slack has the message or not, and the next call is well."""
    client.retry_handlers = []
    slack.fail_next("chat.postMessage", fault)
    with pytest.raises((SlackApiError, aiohttp.ClientError)) as caught:
        await client.chat_postMessage(channel="C1", text="hello")
    assert type(caught.value).__name__ in {raised, "ClientOSError"}
    assert len(slack.messages("C1")) == int(effect)
    (call,) = slack.calls("chat.postMessage")
    assert call.effect is effect
    await client.chat_postMessage(channel="C1", text="again")
    assert slack.calls()[-1].outcome == "ok"


async def test_faults_choose_their_calls(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A fault can wait for certain arguments, strike twice, or only slow a call down."""
    only_c2 = Fault.refused("fatal_error", times=2, when=lambda args: args["channel"] == "C2")
    slack.fail_next("chat.postMessage", only_c2)
    await client.chat_postMessage(channel="C1", text="x")
    for _ in range(2):
        call = client.chat_postMessage(channel="C2", text="x")
        assert await refusal(call) == "fatal_error"
    await client.chat_postMessage(channel="C2", text="x")
    slack.fail_next("auth.test", Fault.latency(0.01))
    assert (await client.auth_test())["ok"]


async def test_connections_are_counted(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A shared session uses few; a client without one opens one per call."""
    for _ in range(5):
        await client.auth_test()
    assert slack.connections == 1
    alone = AsyncWebClient(token=slack.token, base_url=slack.api_url)
    for _ in range(3):
        await alone.auth_test()
    assert slack.connections == 4


# --- OAuth ---------------------------------------------------------------------------------


async def test_codes_and_refresh_tokens_work_once(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Install, rotate, expire: a refresh token used twice is invalid."""
    slack.state.rotation = True
    us = {"client_id": slack.state.client_id, "client_secret": slack.state.client_secret}

    async def access(**data: str) -> Any:  # noqa: ANN401
        return await client.api_call("oauth.v2.access", data=us | data)

    code = slack.oauth_code()
    installed = await access(code=code)
    assert installed["expires_in"] == 43_200
    assert await refusal(access(code=code)) == "invalid_code"
    assert (await client.auth_test(token=installed["access_token"]))["ok"]
    slack.clock.advance(43_200)
    late = client.auth_test(token=installed["access_token"])
    assert await refusal(late) == "token_expired"
    old = installed["refresh_token"]
    new = await access(grant_type="refresh_token", refresh_token=old)
    assert (await client.auth_test(token=new["access_token"]))["ok"]
    again = access(grant_type="refresh_token", refresh_token=old)
    assert await refusal(again) == "invalid_refresh_token"
    assert await refusal(access()) == "invalid_arguments"
    assert await refusal(access(client_secret="x", code="x")) == "bad_client_secret"
    assert await refusal(access(client_id="x", code="x")) == "invalid_client_id"
    basic = {"Authorization": aiohttp.encode_basic_auth(us["client_id"], us["client_secret"])}
    form = {"code": slack.oauth_code()}
    assert (await client.api_call("oauth.v2.access", data=form, headers=basic))["ok"]


async def test_the_install_page_goes_back_with_a_code(slack: FakeSlack) -> None:
    """The state travels along untouched."""
    page = f"{slack.origin}/oauth/v2/authorize"
    query = {
        "client_id": slack.state.client_id,
        "scope": "chat:write,commands",
        "state": "s&1",
        "redirect_uri": "http://127.0.0.1:1/slack/oauth_redirect",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(page, params=query, allow_redirects=False) as answer,
    ):
        assert answer.status == 302
        assert "state=s%261" in answer.headers["Location"]
    assert slack.state.scopes == {"chat:write", "commands"}
    async with aiohttp.ClientSession() as session, session.get(page) as answer:
        assert answer.status == 400


# --- people act ----------------------------------------------------------------------------


async def test_words_arrive_as_events(slack: FakeSlack, app: App) -> None:
    """A direct message and a mention, escaped and signed as Slack does."""
    user = slack.user("U2")
    await user.say("a < b & <@UBOT>")
    body = app.heard[-1]
    assert body["type"] == "event_callback"
    assert body["event"]["type"] == "message"
    assert body["event"]["channel_type"] == "im"
    assert body["event"]["text"] == "a &lt; b &amp; <@UBOT>"
    section = body["event"]["blocks"][0]["elements"][0]
    assert [one["type"] for one in section["elements"]] == ["text", "user"]
    assert body["authorizations"][0]["user_id"] == "UBOT"
    await user.say("<@UBOT> help", "C1", thread_ts="1.000000")
    event = app.heard[-1]["event"]
    assert (event["type"], event["channel"]) == ("app_mention", "C1")
    assert event["thread_ts"] == "1.000000"
    slack.state.subscriptions.add("message.channels")
    await user.say("<@UBOT> help", "C1")
    assert [one["event"]["type"] for one in app.heard[-2:]] == ["message", "app_mention"]
    with pytest.raises(AssertionError, match="is not in"):
        await user.say("x", "C5")
    with pytest.raises(AssertionError, match="nobody"):
        slack.user("U99")


async def test_other_events_arrive(slack: FakeSlack, client: AsyncWebClient, app: App) -> None:
    """Edits, deletions, other bots, reactions, membership, people, channels."""
    user = slack.user("U2")
    await user.say("one")
    mine = user.messages()[-1]
    await user.edit(mine, "two")
    await user.delete(mine)
    await slack.bot_says(user.dm, "beep")
    subtypes = [one["event"]["subtype"] for one in app.heard[1:]]
    assert subtypes == ["message_changed", "message_deleted", "bot_message"]
    assert user.messages() == []
    app.heard.clear()
    await user.react(await card(client, user), "thumbsup")
    await user.leave("C1")
    await user.join("C1")
    await slack.change_user("U2", tz="Asia/Tokyo")
    await slack.welcome("U6", "new.person")
    await slack.rename("C1", "it")
    await slack.archive("C1")
    assert [one["event"]["type"] for one in app.heard] == [
        "reaction_added",
        "member_left_channel",
        "member_joined_channel",
        "user_change",
        "team_join",
        "channel_rename",
        "channel_archive",
    ]
    assert app.heard[3]["event"]["user"]["tz"] == "Asia/Tokyo"


async def test_what_slack_asks_without_a_person(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """The proof of the address, the probe, the notice of dropped events, one's own words."""
    await slack.verify_url("prove it")
    await slack.check_ssl()
    await slack.limit_events()
    await slack.echo(await card(client, slack.user("U2")))
    first, second, third, fourth = app.heard
    assert (first["type"], first["challenge"]) == ("url_verification", "prove it")
    assert second == {"ssl_check": "1", "token": "verification-token"}
    assert third["type"] == "app_rate_limited"
    assert (fourth["event"]["bot_id"], fourth["event"]["channel_type"]) == ("B1", "im")


async def test_menus_can_be_filled_by_the_app(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """Typing asks for options; what comes back is judged like any menu."""
    user = slack.user("U2")
    menu = {"type": "external_select", "action_id": "need.owner"}
    held = [{"type": "actions", "block_id": "b", "elements": [menu]}]
    await client.chat_postMessage(channel=user.dm, text="Who?", blocks=held)
    message = user.heard()[-1]
    option = {"text": {"type": "plain_text", "text": "Ben"}, "value": "U2"}
    app.answer = {"options": [option]}
    assert await user.type_into(message, "need.owner", "be") == [option]
    body = app.heard[-1]
    assert (body["type"], body["value"], body["action_id"]) == (
        "block_suggestion",
        "be",
        "need.owner",
    )
    app.answer = {"options": []}
    assert await user.type_into(message, "need.owner", "x") == []
    app.answer = {"options": [{"text": {"type": "plain_text", "text": "x" * 76}, "value": "1"}]}
    await client.views_open(trigger_id=slack.state.new_trigger("U2").id, view=modal(blocks=held))
    await user.type_into(await user.sees_view(), "need.owner", "x")
    assert "must be less than 76 characters" in slack.violations[0]
    slack.violations.clear()
    wrong: list[Any] = ["nobody", {"people": []}]
    for nonsense in wrong:
        app.answer = nonsense
        await user.type_into(message, "need.owner", "x")
        expected_violation(slack, "options or option_groups are missing")


async def test_the_end_of_an_installation(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """After revocation and removal the token says so."""
    await slack.revoke_tokens()
    assert await refusal(client.auth_test()) == "token_revoked"
    await slack.uninstall()
    assert await refusal(client.auth_test()) == "account_inactive"
    kinds = [one["event"]["type"] for one in app.heard]
    assert kinds == ["tokens_revoked", "app_uninstalled"]


async def test_commands_are_forms_and_show_their_answer(slack: FakeSlack, app: App) -> None:
    """Plain text and JSON both appear, for one person or for all."""
    user = slack.user("U2")
    app.answer = "Here is a menu"
    await user.command("/groundswell", "track the payload & more", "C2")
    body = app.heard[-1]
    assert body["command"] == "/groundswell"
    assert body["text"] == "track the payload &amp; more"
    assert (body["channel_id"], body["channel_name"]) == ("C2", "payload-team")
    assert "enterprise_id" not in body
    assert [one.text for one in user.messages("C2")] == ["Here is a menu"]
    assert slack.messages("C2") == []
    app.answer = {"response_type": "in_channel", "text": "All", "blocks": BUTTONS}
    await user.command("/groundswell", channel="C2")
    assert [one.text for one in slack.messages("C2")] == ["All"]
    app.answer = {"text": "x", "blocks": [{"type": "alert"}]}
    await user.command("/groundswell")
    assert any("invalid_blocks" in one for one in slack.violations)
    app.answer = None
    slack.violations.clear()
    await user.command("/groundswell")
    assert body["channel_name"] == "payload-team"


async def test_presses_come_from_the_real_card(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """The element, its block and value are those of the stored message."""
    user = slack.user("U2")
    message = await card(client, user)
    await user.press(message, "Send", filled={"need.area": "Laptop"})
    body = app.heard[-1]
    assert body["type"] == "block_actions"
    (action,) = body["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == (
        "need.send",
        "choices",
        "7",
    )
    chosen = body["state"]["values"]["choices"]["need.area"]["selected_option"]
    assert chosen["value"] == "laptop"
    assert body["container"]["is_ephemeral"] is False
    assert body["message"]["ts"] == message.ts
    assert (body["enterprise"], body["is_enterprise_install"]) == (None, False)
    await user.press(message, "need.area", "network")
    assert app.heard[-1]["actions"][0]["selected_option"]["value"] == "network"
    with pytest.raises(AssertionError, match=r"there are: 'need\.send'"):
        await user.press(message, "need.burn")
    with pytest.raises(AssertionError, match="no option"):
        await user.press(message, "need.area", "Cellar")
    await client.chat_update(channel=user.dm, ts=message.ts, text="Sent")
    with pytest.raises(AssertionError, match="no element"):
        await user.press(message, "Send")
    await user.press(message, "Send", stale=True)
    assert app.heard[-1]["actions"][0]["action_id"] == "need.send"


async def test_ephemeral_cards_can_be_pressed_and_replaced(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """Their content is not repeated; only their response_url can change them."""
    user = slack.user("U2")
    await client.chat_postEphemeral(channel="C1", user="U2", text="Sure?", blocks=BUTTONS)
    (message,) = user.messages("C1")
    await user.press(message, "Send")
    body = app.heard[-1]
    assert "message" not in body
    assert body["container"]["is_ephemeral"] is True
    hook = AsyncWebhookClient(body["response_url"], session=client.session)
    assert (await hook.send(text="Done", replace_original=True)).body == "ok"
    assert [one.text for one in user.messages("C1")] == ["Done"]
    await hook.send(delete_original=True)
    assert user.messages("C1") == []
    with pytest.raises(AssertionError, match="does not see"):
        await user.press(message, "Send")
    assert (await hook.send(delete_original=True)).status_code == 400


async def test_response_urls_end(slack: FakeSlack, client: AsyncWebClient, app: App) -> None:
    """Five uses, thirty minutes, known fields, and the faults of any call."""
    user = slack.user("U2")
    await user.press(await card(client, user), "Send")
    url = app.heard[-1]["response_url"]
    hook = AsyncWebhookClient(url, session=client.session, retry_handlers=[])
    slack.fail_next("response_url", Fault.server_error(500))
    assert (await hook.send(text="x")).status_code == 500
    for number in range(4):
        assert (await hook.send(text=f"{number}")).status_code == 200
    assert (await hook.send(text="all", response_type="in_channel")).status_code == 200
    assert [one.text for one in slack.messages(user.dm)][-1] == "all"
    assert (await hook.send(text="x")).status_code == 404
    expected_violation(slack, "more than five times")
    await user.press(user.heard()[0], "Send")
    late = AsyncWebhookClient(app.heard[-1]["response_url"], session=client.session)
    assert (await late.send_dict({"text": "x", "colour": "red"})).status_code == 200
    expected_violation(slack, "unknown argument colour")
    slack.clock.advance(1_800)
    assert (await late.send(text="x")).status_code == 404


async def test_modals_are_filled_in_as_people_do(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """Required, too short and unknown inputs never leave Slack's client; the rest does."""
    user = slack.user("U2")
    trigger = slack.state.new_trigger("U2").id
    await client.views_open(trigger_id=trigger, view=modal())
    view = await user.sees_view()
    with pytest.raises(AssertionError, match="What do you need"):
        await user.submit(view)
    with pytest.raises(AssertionError, match="more characters"):
        await user.submit(view, {"words": "ab"})
    with pytest.raises(AssertionError, match="no 201 characters"):
        await user.submit(view, {"words": "x" * 201})
    with pytest.raises(AssertionError, match="no element"):
        await user.submit(view, {"wishes": "x"})
    app.answer = {"response_action": "errors", "errors": {"words": "Say a little more"}}
    await user.submit(view, {"What do you need?": "a <b> & c", "date": "2026-12-31"})
    body = app.heard[-1]
    assert body["type"] == "view_submission"
    assert body["view"]["private_metadata"] == "opaque"
    assert body["view"]["hash"] == view.hash
    assert body["view"]["state"]["values"] == {
        "words": {"text": {"type": "plain_text_input", "value": "a <b> & c"}},
        "when": {"date": {"type": "datepicker", "selected_date": "2026-12-31"}},
    }
    again = await user.sees_view(lambda one: bool(one.errors))
    assert again.errors == {"words": "Say a little more"}
    app.answer = None
    await user.submit(again)  # what was typed is still there
    assert app.heard[-1]["view"]["state"]["values"]["words"]["text"]["value"] == "a <b> & c"
    assert user.view is None


async def test_submissions_update_push_and_clear(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """What the answer says happens to the modals; nonsense is a violation."""
    user = slack.user("U2")
    await client.views_open(trigger_id=slack.state.new_trigger("U2").id, view=modal())
    first = await user.sees_view()
    app.answer = {"response_action": "update", "view": modal(callback_id="second")}
    await user.submit(first, {"words": "hello"})
    updated = await user.sees_view()
    assert (updated.id, updated.content["callback_id"]) == (first.id, "second")
    assert updated.hash != first.hash
    assert updated.typed["words"]["text"]["value"] == "hello"
    app.answer = {"response_action": "push", "view": modal(callback_id="third")}
    await user.submit(updated)
    pushed = await user.sees_view()
    assert pushed.previous_id == first.id
    for answer, words in (
        ({"response_action": "errors", "errors": {"elsewhere": "x"}}, "must name inputs"),
        ({"response_action": "shrug"}, "unknown response_action"),
        ({"response_action": "push", "view": {"type": "home"}}, "unsupported type"),
        ("thanks", "neither empty nor JSON"),
    ):
        app.answer = answer
        await user.submit(pushed, {"words": "hello"})
        assert words in slack.violations[0]
        slack.violations.clear()
    with pytest.raises(AssertionError, match="not on top"):
        await user.submit(updated)
    app.answer = {"response_action": "clear"}
    await user.submit(pushed)
    assert user.view is None


async def test_homes_are_opened_and_pressed(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """The event carries the present Home; a press in it carries the view and no channel."""
    user = slack.user("U2")
    await user.open_home()
    assert "view" not in app.heard[-1]["event"]
    await client.views_publish(user_id="U2", view=HOME)
    home = await user.sees_home()
    await user.open_home()
    assert app.heard[-1]["event"]["view"]["id"] == home.id
    await user.open_home("messages")
    assert app.heard[-1]["event"]["tab"] == "messages"
    await user.press(home, "need.area", "Laptop")
    body = app.heard[-1]
    assert body["container"] == {"type": "view", "view_id": home.id}
    assert body["view"]["type"] == "home"
    assert "channel" not in body
    assert "response_url" not in body


async def test_shortcuts_carry_their_message(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """On a message, and from anywhere."""
    user = slack.user("U2")
    message = await card(client, user)
    await user.shortcut("need.from_message", message)
    body = app.heard[-1]
    assert (body["type"], body["message"]["text"]) == ("message_action", "Send or change?")
    assert body["response_url"].startswith(slack.origin)
    await user.shortcut("need.new")
    assert app.heard[-1]["type"] == "shortcut"
    assert "response_url" not in app.heard[-1]


ELEMENTS: list[JSON] = [
    {
        "type": "section",
        "block_id": "more",
        "text": {"type": "plain_text", "text": "x"},
        "accessory": {
            "type": "overflow",
            "action_id": "o",
            "options": [{"text": {"type": "plain_text", "text": "Away"}, "value": "away"}],
        },
    },
    {
        "type": "context_actions",
        "block_id": "liked",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "f",
                "positive_button": {"text": {"type": "plain_text", "text": "+"}, "value": "1"},
                "negative_button": {"text": {"type": "plain_text", "text": "-"}, "value": "0"},
            },
            {
                "type": "icon_button",
                "action_id": "i",
                "icon": "trash",
                "text": {"type": "plain_text", "text": "Delete"},
                "value": "9",
            },
        ],
    },
    {
        "type": "carousel",
        "elements": [
            {
                "type": "card",
                "title": {"type": "mrkdwn", "text": "t"},
                "actions": [
                    {
                        "type": "button",
                        "action_id": "c",
                        "text": {"type": "plain_text", "text": "Pick"},
                    }
                ],
            }
        ],
    },
    {
        "type": "container",
        "title": {"type": "plain_text", "text": "t"},
        "child_blocks": [
            {
                "type": "actions",
                "elements": [{"type": "datepicker", "action_id": "d"}, {"type": "timepicker"}],
            }
        ],
    },
    {
        "type": "card",
        "body": {"type": "mrkdwn", "text": "t"},
        "actions": [
            {"type": "button", "action_id": "k", "text": {"type": "plain_text", "text": "Keep"}}
        ],
    },
    {
        "type": "input",
        "block_id": "ticks",
        "dispatch_action": True,
        "label": {"type": "plain_text", "text": "Which?"},
        "element": {
            "type": "checkboxes",
            "action_id": "t",
            "options": [
                {"text": {"type": "plain_text", "text": word}, "value": word} for word in "ab"
            ],
        },
    },
]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("o", "Away", ("selected_option", "away")),
        ("f", "negative", ("value", "0")),
        ("Delete", None, ("value", "9")),
        ("Pick", None, ("type", "button")),
        ("Keep", None, ("type", "button")),
        ("d", "2026-12-31", ("selected_date", "2026-12-31")),
        ("ticks", ["b"], ("selected_options", "b")),
    ],
)
async def test_every_kind_of_element_can_be_used(
    slack: FakeSlack,
    client: AsyncWebClient,
    app: App,
    name: str,
    value: object,
    said: tuple[str, str],
) -> None:
    """Wherever it stands in the card, under any of its names."""
    user = slack.user("U2")
    await client.chat_postMessage(channel="C1", text="x", blocks=ELEMENTS)
    root = user.heard("C1")[-1]
    await client.chat_postMessage(channel="C1", text="x", blocks=ELEMENTS, thread_ts=root.ts)
    await user.press(user.heard("C1")[-1], name, value)
    body = app.heard[-1]
    key, expected = said
    got = body["actions"][0][key]
    got = got[0] if isinstance(got, list) else got
    assert (got["value"] if isinstance(got, dict) else got) == expected
    assert body["container"]["thread_ts"] == root.ts
    assert len(body["state"]["values"]) == 2  # the date and time, and the ticks


async def test_modals_hold_numbers_and_places(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """Numbers stay in range; a place chosen with response_url_enabled brings its address."""
    user = slack.user("U2")
    label = {"type": "plain_text", "text": "x"}
    number = {
        "type": "number_input",
        "action_id": "n",
        "is_decimal_allowed": False,
        "min_value": "0",
        "max_value": "10",
    }
    place = {"type": "conversations_select", "action_id": "p", "response_url_enabled": True}
    blocks = [
        {"type": "input", "block_id": "number", "label": label, "element": number},
        {"type": "input", "block_id": "place", "label": label, "element": place},
    ]
    trigger = slack.state.new_trigger("U2").id
    await client.views_open(trigger_id=trigger, view=modal(blocks=blocks))
    view = await user.sees_view()
    with pytest.raises(AssertionError, match="does not take 11"):
        await user.submit(view, {"number": "11", "place": "C1"})
    with pytest.raises(AssertionError, match="2 elements have the label"):
        await user.submit(view, {"x": "1"})
    with pytest.raises(AssertionError, match="only when submitted"):
        await user.press(view, "number", "3")
    await user.submit(view, {"number": "10", "place": "C1"})
    (url,) = app.heard[-1]["response_urls"]
    assert (url["block_id"], url["channel_id"]) == ("place", "C1")
    hook = AsyncWebhookClient(url["response_url"], session=client.session)
    await hook.send(text="Done", response_type="in_channel")
    assert [one.text for one in slack.messages("C1")] == ["Done"]
    with pytest.raises(AssertionError, match="does not see this view"):
        await user.press(view, "place")
    assert await user.close(view) is None


async def test_menus_in_modals_remember_what_was_chosen(
    slack: FakeSlack, client: AsyncWebClient, app: App
) -> None:
    """A choice made by a press is part of the later submission, until it is taken back."""
    user = slack.user("U2")
    view = modal(blocks=[*modal()["blocks"], *BUTTONS])
    await client.views_open(trigger_id=slack.state.new_trigger("U2").id, view=view)
    shown = await user.sees_view()
    await user.press(shown, "need.area", "Laptop")
    app.answer = {}
    await user.submit(shown, {"words": "hello", "when": None})
    values = app.heard[-1]["view"]["state"]["values"]
    assert values["choices"]["need.area"]["selected_option"]["value"] == "laptop"
    assert values["when"]["date"]["selected_date"] is None
    assert user.view is None


async def test_broken_requests_of_the_app_are_violations(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    """A body that is no JSON; and a fake that fails itself says so."""
    assert client.session is not None
    bearer = {"Authorization": f"Bearer {slack.token}", "Content-Type": "application/json"}
    async with client.session.post(
        f"{slack.api_url}auth.test", data=b"{", headers=bearer
    ) as answer:
        assert answer.status == 200
    expected_violation(slack, "body is not JSON")

    def broken(_state: object, _args: JSON) -> JSON:
        raise ZeroDivisionError

    slack.methods["auth.test"] = Method(handler=broken)
    with pytest.raises(SlackApiError):
        await client.auth_test()
    expected_violation(slack, "the fake itself failed")
    slow = Fault.latency(0.01)
    slack.fail_next("response_url", slow)
    async with client.session.post(f"{slack.origin}/response/x", json={}) as answer:
        assert answer.status == 404
    slack.fail_next("response_url", Fault.server_error_after_effect(502))
    async with client.session.post(f"{slack.origin}/response/x", json={}) as answer:
        assert answer.status == 502


# --- how Slack delivers --------------------------------------------------------------------


async def test_deliveries_are_repeated_with_their_headers(slack: FakeSlack, app: App) -> None:
    """The same event id, numbered; and four times at the same moment."""
    app.status = 500
    answer = await slack.user("U1").say("hello")
    assert (answer.ok, answer.status) == (False, 500)
    app.status = 200
    await slack.redeliver(answer, 2, "http_error")
    assert app.headers[-1]["X-Slack-Retry-Num"] == "2"
    assert app.headers[-1]["X-Slack-Retry-Reason"] == "http_error"
    assert app.heard[0] == app.heard[1]
    answers = await slack.deliver_at_once(answer.delivery)
    assert [one.status for one in answers] == [200] * 4
    assert len({one["event_id"] for one in app.heard}) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda request: request.with_body(request.body + b" "),
        lambda request: request.with_header("X-Slack-Signature", "v0=00"),
        stale("signing-secret", 301),
        lambda request: request.with_header("X-Slack-Request-Timestamp", "1"),
    ],
)
async def test_requests_can_be_tampered_with(
    slack: FakeSlack, app: App, change: Callable[[SignedRequest], SignedRequest]
) -> None:
    """Slack's own verifier refuses them, and accepts the next honest one."""
    with slack.tampering(change):
        answer = await slack.user("U1").command("/groundswell")
    assert (answer.status, app.refused) == (401, 1)
    assert (await slack.user("U1").command("/groundswell")).ok


async def test_malformed_bodies_can_be_truly_signed(slack: FakeSlack, app: App) -> None:
    """For tests of what comes after the signature."""
    with slack.tampering(resigned(slack.signing_secret, b"[1]")):
        await slack.user("U1").say("x")
    assert app.heard == [[1]]


async def test_an_app_that_fails_a_person_is_a_violation(slack: FakeSlack, app: App) -> None:
    """People see an error of Slack's; events are merely sent again."""
    app.status = 500
    await slack.user("U1").say("hello")
    assert slack.violations == []
    await slack.user("U1").command("/groundswell")
    expected_violation(slack, "/groundswell: not acknowledged (500")


async def test_a_silent_or_absent_app_is_named(slack: FakeSlack) -> None:
    """After three seconds (here fewer) Slack gives up."""
    with pytest.raises(AssertionError, match="no app is known"):
        await slack.user("U1").say("hello")
    slack.ack_seconds = 0.02
    never = asyncio.Event()

    async def silent(_: SignedRequest) -> tuple[int, dict[str, str], bytes]:
        await never.wait()
        return 200, {}, b""

    slack.deliver_by(silent)
    assert (await slack.user("U1").say("hello")).reason == "http_timeout"
    slack.deliver_to("http://127.0.0.1:1")
    slack.ack_seconds = 3.0
    answer = await slack.user("U1").say("hello")
    assert answer.reason.startswith("connection_failed")


async def test_waiting_says_what_did_not_come(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A test that waits in vain is told what happened instead."""
    user = slack.user("U1")
    waiting = asyncio.create_task(user.hears("hello"))
    await asyncio.sleep(0)
    await client.chat_postMessage(channel=user.dm, text="well, hello")
    assert (await waiting).text == "well, hello"
    assert len(await slack.called("chat.postMessage")) == 1
    with pytest.raises(AssertionError, match=r"last calls: \['chat.postMessage=ok'\]"):
        await user.hears("goodbye", timeout=0.01)


# --- the same through Slack's own framework ------------------------------------------------


def bolt(slack: FakeSlack, client: AsyncWebClient) -> AsyncApp:
    """Build a small app on plain Bolt that uses every kind of payload."""
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, process_before_response=True)

    @app.event("message")
    async def message(event: JSON, say: Any) -> None:  # noqa: ANN401
        await say(text=f"You said {event['text']}", blocks=BUTTONS)

    @app.action("need.send")
    async def send(ack: Any, body: JSON, client: AsyncWebClient, respond: Any) -> None:  # noqa: ANN401
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await respond(text="Opened", replace_original=True)

    @app.view("need.edit")
    async def edit(ack: Any, view: JSON) -> None:  # noqa: ANN401
        words = view["state"]["values"]["words"]["text"]["value"]
        if words == "nothing":
            await ack(response_action="errors", errors={"words": "Say more"})
        else:
            await ack()

    @app.command("/groundswell")
    async def command(ack: Any) -> None:  # noqa: ANN401
        await ack("A menu")

    @app.shortcut("need.from_message")
    async def shortcut(ack: Any, client: AsyncWebClient, shortcut: JSON) -> None:  # noqa: ANN401
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal())

    @app.event("app_home_opened")
    async def home(event: JSON, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=HOME)

    return app


async def whole_story(slack: FakeSlack) -> None:
    """Say, press, fill in wrongly and rightly, command, shortcut, Home."""
    user = slack.user("U2")
    assert (await user.say("the VPN drops")).ok
    answer = await user.hears("the VPN drops")
    await user.press(answer, "Send")
    view = await user.sees_view()
    assert (await user.hears("Opened")).ts == answer.ts
    await user.submit(view, {"words": "nothing"})
    wrong = await user.sees_view(lambda one: bool(one.errors))
    await user.submit(wrong, {"words": "a better VPN"})
    assert user.view is None
    await user.command("/groundswell")
    await user.hears("A menu")
    await user.shortcut("need.from_message", answer)
    await user.close(await user.sees_view())
    await user.open_home()
    await user.sees_home()


async def test_bolt_lives_on_the_fake_over_http(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Slack's framework accepts our payloads and signatures, and we accept its calls."""
    app = bolt(slack, client)

    async def receive(request: SignedRequest) -> tuple[int, dict[str, str], bytes]:
        headers: dict[str, str | Sequence[str]] = {
            name.lower(): [value] for name, value in request.headers.items()
        }
        asked = AsyncBoltRequest(body=request.body.decode(), headers=headers)
        answer = await app.async_dispatch(asked)
        first = {name: values[0] for name, values in answer.headers.items()}
        return answer.status, first, (answer.body or "").encode()

    slack.deliver_by(receive)
    await whole_story(slack)


async def test_bolt_lives_on_the_fake_over_socket_mode(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    """Hello, envelopes, acknowledgements with payload, and reconnecting when told to go."""
    handler: Any = AsyncSocketModeHandler(bolt(slack, client), slack.app_token, ping_interval=0.05)
    await handler.connect_async()
    await slack.until(lambda: slack.links)
    slack.over_socket()
    await whole_story(slack)
    event = slack.event_delivery({"type": "app_home_opened", "user": "U3", "tab": "home"})
    assert (await slack.deliver(event.again(1, "http_timeout"))).ok
    (old,) = slack.links
    await slack.disconnect()
    await slack.until(lambda: [link for link in slack.links if link is not old])
    assert (await slack.user("U3").say("still there?")).ok
    await handler.close_async()


async def test_socket_mode_is_strict(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Tickets work once, acknowledgements name an envelope, silence is noticed."""
    slack.over_socket()
    with pytest.raises(AssertionError, match="no Socket Mode connection"):
        await slack.user("U1").say("x")
    opened = await client.apps_connections_open(app_token=slack.app_token)
    assert client.session is not None
    async with client.session.ws_connect(opened["url"]) as socket:
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.session.ws_connect(opened["url"])
        slack.ack_seconds = 0.05
        answer = await slack.user("U1").say("x")
        assert answer.reason == "http_timeout"
        envelope = await socket.receive_json()
        assert envelope["type"] == "events_api"
        assert (envelope["retry_attempt"], envelope["accepts_response_payload"]) == (0, False)
        await socket.send_str("{}")
        await slack.until(lambda: slack.violations)
        expected_violation(slack, "without envelope_id")
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await slack.until(lambda: slack.violations)
        expected_violation(slack, "twice or is unknown")
        slack.ack_seconds = 3.0
        saying = asyncio.create_task(slack.user("U1").say("x"))
        envelope = await socket.receive_json()
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"a": 1}})
        assert (await saying).ok
        expected_violation(slack, "answered with a payload")
        saying = asyncio.create_task(slack.user("U1").say("x"))
        await socket.receive_json()
        await socket.close()
        assert (await saying).reason == "connection_failed"


# --- without async -------------------------------------------------------------------------


def test_the_fake_runs_in_a_thread() -> None:
    """For programs that are not async: scripts, benchmarks, a server in another process."""
    with FakeSlack.in_thread() as held:
        request = urllib.request.Request(  # noqa: S310 - the address is ours
            f"{held.api_url}auth.test",
            data=b"",
            headers={"Authorization": f"Bearer {held.slack.token}"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert json.load(answer)["team_id"] == "T1"
        calls = held.run(held.slack.called("auth.test"))
        assert len(calls) == 1
        seen: list[SignedRequest] = []

        async def receive(one: SignedRequest) -> tuple[int, dict[str, str], bytes]:
            seen.append(one)
            return 200, {}, b""

        held.slack.deliver_by(receive)
        said = held.run(held.slack.user("U1").say("hello"))
        assert isinstance(said.delivery, Delivery)
        assert json.loads(seen[0].body) == said.delivery.payload


def test_the_fake_starts_by_hand() -> None:
    """It prints what an app needs to know, and people can be made to speak."""
    command = [sys.executable, "-m", "tests.fakes.slack", "--port", "0", "--app"]
    with subprocess.Popen(
        [*command, "http://127.0.0.1:1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("U2: hello\nU2 /groundswell help\nU2 home\nU99: x\n")
        process.stdin.flush()
        seen = ""
        for line in process.stdout:
            seen += line
            if "nobody is called U99" in line:
                break
        process.terminate()
    assert "export GROUNDSWELL_SLACK_API_URL=http://127.0.0.1:" in seen
    assert seen.count("connection_failed") >= 3
