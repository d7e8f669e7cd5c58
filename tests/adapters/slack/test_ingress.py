"""The way in: what is refused, what is taken, and that it has one effect. Traps have numbers."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.types import Message as ASGIMessage

from adapters.slack import limits
from adapters.slack.auth import signature_ok
from bot.heard import AccountId
from bot.ports import Unavailable, UnitOfWork
from storage import Storage, open_storage
from tests.adapters.slack.conftest import House, running
from tests.fakes.slack import Delivery, DeliveryKind, FakeSlack, resigned, signature, stale

JSON = dict[str, Any]
SECRET = "signing-secret"
AT = 1_700_000_000


# --- signatures ----------------------------------------------------------------------------


def test_only_slacks_signature_of_the_last_five_minutes_counts() -> None:
    """The window is the documented one, in both directions."""
    raw, stamp = b"{}", str(AT)
    good = signature(SECRET, stamp, raw)
    secret = SECRET.encode()
    assert signature_ok(secret, stamp, good, raw, AT + 300)
    assert not signature_ok(secret, stamp, good, raw, AT + 301)
    assert not signature_ok(secret, stamp, good, raw, AT - 301)
    assert not signature_ok(secret, stamp, good, b"{ }", AT)
    assert not signature_ok(b"", stamp, signature("", stamp, raw), raw, AT)


@given(st.text(max_size=30), st.text(max_size=80), st.binary(max_size=80))
def test_no_header_makes_the_check_fail_loudly(stamp: str, given_: str, raw: bytes) -> None:
    """Trap 2: timestamps that are no numbers and signatures outside ASCII are simply wrong."""
    assert not signature_ok(SECRET.encode(), stamp, given_, raw, AT)


# --- fuzz ----------------------------------------------------------------------------------


async def call(
    app: Starlette, body: bytes, headers: Mapping[str, str], path: str = "/slack/events"
) -> tuple[int, bytes]:
    """Send one request straight into the application."""
    sent: list[ASGIMessage] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> ASGIMessage:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message: ASGIMessage) -> None:
        sent.append(message)

    scope: JSON = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": path, "root_path": "",
        "raw_path": path.encode(), "query_string": b"", "scheme": "http",
        "headers": [(k.lower().encode(), v.encode("utf-8")) for k, v in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    status = next(int(one["status"]) for one in sent if one["type"] == "http.response.start")
    return status, b"".join(one.get("body", b"") for one in sent)


def signed(slack: FakeSlack, body: bytes, kind: str = "application/json") -> dict[str, str]:
    stamp = str(int(slack.clock.now()))
    return {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(slack.signing_secret, stamp, body),
    }


leaf = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
names = st.sampled_from(
    (
        "type", "event", "event_id", "team_id", "team", "user", "actions", "view", "channel",
        "state", "command", "container", "message", "authorizations", "enterprise", "trigger_id",
        "is_enterprise_install", "callback_id", "private_metadata", "response_url", "api_app_id",
        "id", "values", "action_id", "value", "user_id", "text", "tab", "item", "bot_id",
    )
)  # fmt: skip
known = st.sampled_from(
    (
        "event_callback", "block_actions", "view_submission", "view_closed", "shortcut", "message",
        "message_action", "block_suggestion", "app_mention", "T1", "U1", "C1", "D1", "im", "home",
        "url_verification", "app_rate_limited", "user_change", "reaction_added", "1.1",
    )
)  # fmt: skip
payloads = st.dictionaries(
    names,
    st.recursive(
        known | leaf,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=10,
)
fuzz = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(
    body=st.binary(max_size=200)
    | anything.map(lambda value: json.dumps(value).encode())
    | payloads.map(lambda value: json.dumps(value).encode()),
    kind=st.sampled_from(("application/json", "application/x-www-form-urlencoded", "")),
)
async def test_whatever_slack_signs_gets_a_calm_answer(
    house: House, body: bytes, kind: str
) -> None:
    """Trap 2: only 200 and 400 leave, with no word of an error."""
    app = Starlette(routes=house.platform.routes)
    status, said = await call(app, body, signed(house.slack, body, kind))
    assert status in {200, 400}
    assert b"Traceback" not in said
    assert b"Error" not in said


@fuzz
@given(
    body=st.binary(max_size=100),
    stamp=st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20),
    given_=st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=70),
)
async def test_whatever_slack_did_not_sign_is_refused(
    house: House, body: bytes, stamp: str, given_: str
) -> None:
    """Trap 2: any header, any body: 401."""
    app = Starlette(routes=house.platform.routes)
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": given_ or "v0="}
    assert await call(app, body, headers) == (401, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b"nonsense",
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event": []}',
        b'{"type": "block_actions", "user": "U1", "actions": {}}',
        b"{}",
        b"9" * 5_000,
        b'{"type": "url_verification", "challenge": 1}',
    ],
)
async def test_signed_nonsense_is_400(house: House, body: bytes) -> None:
    """Trap 2: lists, deep nesting, half a surrogate pair: never a traceback."""
    app = Starlette(routes=house.platform.routes)
    assert await call(app, body, signed(house.slack, body)) == (400, b"")


async def test_slacks_own_questions_are_answered(house: House) -> None:
    """The challenge is echoed; the probe of the certificate gets an empty answer."""
    app = Starlette(routes=house.platform.routes)
    asked = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    assert await call(app, asked, signed(house.slack, asked)) == (200, b"abc")
    probe, form = b"ssl_check=1&token=t", "application/x-www-form-urlencoded"
    assert await call(app, probe, signed(house.slack, probe, form)) == (200, b"")
    assert await call(app, probe, {"Content-Type": form}) == (200, b"")


async def test_a_stale_or_changed_request_is_refused(house: House) -> None:
    """A replay after five minutes, or another body under the same signature."""
    ben = house.slack.user("U2")
    with house.slack.tampering(stale(house.slack.signing_secret, 301)):
        assert (await ben.say("old")).status == 401
    with house.slack.tampering(lambda request: request.with_body(request.body + b" ")):
        assert (await ben.say("changed")).status == 401
    with house.slack.tampering(resigned(house.slack.signing_secret, b"[]")):
        assert (await ben.say("list")).status == 400
    assert house.needs() == []


async def test_no_line_of_the_log_carries_a_body(
    house: House, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Trap 3: a bad signature, a bad shape and a good message: the words stay out of the log."""
    caplog.set_level(0)
    ben = house.slack.user("U2")
    with structlog.testing.capture_logs() as lines:
        with house.slack.tampering(stale(house.slack.signing_secret, 301)):
            await ben.say("marker-one")
        with house.slack.tampering(resigned(house.slack.signing_secret, b'["marker-two"]')):
            await ben.say("x")
        await ben.say("marker-three")
        await ben.hears("marker-three")
        await ben.command("/groundswell", "marker-four")
    told = f"{lines} {capfd.readouterr()} {caplog.text}"
    assert "signature refused" in told
    assert "marker-" not in told


async def test_a_body_that_is_too_large_is_not_read_to_its_end(house: House) -> None:
    """Trap 3: two mebibytes, announced or streamed: 413."""
    taken = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(32):
            taken += 1
            yield b"x" * 65_536

    async with aiohttp.ClientSession() as session:
        url = f"{house.address}/slack/events"
        async with session.post(url, data=BytesIO(b"x" * (limits.MAX_BODY + 1))) as announced:
            assert announced.status == 413
    app = Starlette(routes=house.platform.routes)
    chunks = stream()
    sent: list[ASGIMessage] = []

    async def receive() -> ASGIMessage:
        return {"type": "http.request", "body": await anext(chunks), "more_body": True}

    async def send(message: ASGIMessage) -> None:
        sent.append(message)

    scope: JSON = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/slack/events",
        "raw_path": b"/slack/events", "root_path": "", "query_string": b"", "scheme": "http",
        "headers": [], "client": None, "server": None,
    }  # fmt: skip
    await app(scope, receive, send)
    assert sent[0]["status"] == 413
    assert taken == 17


# --- routes --------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["text", "channel", "team"])
async def test_the_letters_payload_do_not_lose_a_command(house: House, word: str) -> None:
    """Trap 1: in the text, in the channel's name or in the workspace's domain."""
    ben = house.slack.user("U2")
    if word == "team":
        house.slack.state.team_domain = "payloadinc"
    text = "track the payload" if word == "text" else "a second screen"
    channel = "C2" if word == "channel" else "C1"
    assert (await ben.command("/groundswell", text, channel)).ok
    assert "direct message" in ben.heard(channel)[0].text


async def test_bolt_has_seven_listeners_at_most(house: House) -> None:
    """Trap 6: dispatch costs grow with each listener, so ours are a table behind seven."""
    assert len(house.platform.dispatcher.bolt._async_listeners) == 7


async def test_unknown_kinds_are_acknowledged_and_counted(house: House) -> None:
    """Trap 5: an event, a shortcut and a select nobody knows: 200, not 404."""
    for event in ({"type": "emoji_changed"}, {"type": "message", "channel_type": "channel"}):
        assert (await house.slack.deliver(house.slack.event_delivery(event))).status == 200
    ben = house.slack.user("U2")
    assert (await ben.shortcut("unknown.callback")).status == 200
    payload = ben._interaction("block_suggestion") | {
        "action_id": "a", "block_id": "b", "value": "x",
        "container": {"type": "view", "view_id": "V1"},
    }  # fmt: skip
    delivery = Delivery(kind=DeliveryKind.INTERACTION, payload=payload)
    assert (await house.slack.deliver(delivery)).json == {"options": []}


@pytest.mark.parametrize(
    "value", ["", "unsigned", "AAAAAAAAAAAAAAAAAAAAAA.1|need.send|d1", "ä.1|menu|"]
)
async def test_a_press_that_we_did_not_sign_is_out_of_date(house: House, value: str) -> None:
    """The person is told so, and nothing is changed."""
    ben = house.slack.user("U2")
    await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    delivery = ben.pressed_message(card, "need.send")
    delivery.payload["actions"][0]["value"] = value
    assert (await house.slack.deliver(delivery)).ok
    now = house.slack.state.messages[card.channel][card.ts]
    assert "out of date" in now.text
    assert house.needs() == []


async def test_other_bots_edits_and_deletions_are_not_heard(house: House) -> None:
    """Trap 14: only what a person wrote just now becomes a need."""
    ben = house.slack.user("U2")
    await house.slack.bot_says(ben.dm, "I am a bot")
    await ben.say("The VPN drops")
    await ben.hears("The VPN drops")
    said = next(one for one in ben.messages() if not one.bot)
    await ben.edit(said, "something else")
    await ben.delete(said)
    await house.settled()
    assert len(ben.heard()) == 1


def counted(kind: str) -> float:
    """Return how many requests of a kind nobody uses were counted."""
    labels = {"platform": "slack", "kind": kind}
    return REGISTRY.get_sample_value("groundswell_unrouted_total", labels) or 0


@pytest.mark.parametrize(
    "more",
    [
        {"user_team": "T9", "source_team": "T9"},
        {"source_team": "T9"},
        {"user_team": "E9"},
        {"user_profile": {"is_stranger": True}},
    ],
)
async def test_people_of_other_organisations_are_not_heard(house: House, more: JSON) -> None:
    """In a channel shared with them their words are nobody's need, and nobody writes to them."""
    before = counted("foreign")
    mention = {"type": "app_mention", "user": "U4", "channel": "C1", "ts": "1.1", "text": "a need"}
    assert (await house.slack.event(mention | more)).status == 200
    assert counted("foreign") == before + 1
    await house.settled()
    assert house.slack.messages("C1") == []
    with house.units() as uow:
        assert uow.people.account(AccountId("slack:T1:U4")) is None
    assert (await house.slack.event(mention | {"user_team": "T1", "source_team": "T1"})).ok
    await house.slack.user("U4").hears("a need")
    assert counted("foreign") == before + 1


async def test_presses_and_dialogs_of_other_organisations_are_not_heard(house: House) -> None:
    """A card in a shared channel shows its buttons to them as well."""
    ben = house.slack.user("U2")
    await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    await ben.press(card, "need.change")
    before = counted("foreign")
    sent = ben.submitted(await ben.sees_view(), {"words": "Another"})
    for foreign in (ben.pressed_message(card, "need.send"), sent):
        foreign.payload["user"]["team_id"] = "T9"
        assert (await house.slack.deliver(foreign)).body == b""
    stranger = ben.pressed_message(card, "need.send")
    stranger.payload["user"]["is_stranger"] = True
    assert (await house.slack.deliver(stranger)).ok
    asked = ben._interaction("block_suggestion") | {
        "user": {"id": "U9", "team_id": "T9"}, "action_id": "a", "block_id": "b", "value": "x",
        "container": {"type": "view", "view_id": "V1"},
    }  # fmt: skip
    delivery = Delivery(kind=DeliveryKind.INTERACTION, payload=asked)
    assert (await house.slack.deliver(delivery)).json == {"options": []}
    assert counted("foreign") == before + 4
    await house.settled()
    assert house.needs() == []
    assert len(ben.heard()) == 1


async def test_an_uninstalled_app_calls_nobody(house: House) -> None:
    """Trap 17: there is no token any more; the health page says what to do."""
    before = len(house.slack.calls())
    assert (await house.slack.uninstall()).ok
    assert (await house.slack.revoke_tokens()).ok
    assert len(house.slack.calls()) == before
    assert house.platform.health()["slack"] == "reinstall needed: T1: uninstalled"


async def test_an_event_of_an_unknown_workspace_has_no_effect(house: House) -> None:
    """Trap 17: 200, and no call with anybody's token."""
    delivery = house.slack.event_delivery(
        {"type": "message", "channel_type": "im", "user": "U2", "channel": "D2", "text": "hi"}
    )
    body = delivery.payload
    body["team_id"] = body["authorizations"][0]["team_id"] = "T9"
    assert (await house.slack.deliver(delivery)).status == 200
    body["event"] = {"type": "app_uninstalled"}
    assert (await house.slack.deliver(delivery)).status == 200
    assert [call.method for call in house.slack.calls()] == ["auth.test"]


# --- one effect ----------------------------------------------------------------------------


async def test_the_same_request_again_has_one_effect(either: House) -> None:
    """Trap 12: told again, and four times at once; presses and dialogs as well."""
    slack, ben = either.slack, either.slack.user("U2")
    first = await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    assert (await slack.redeliver(first)).ok
    press = ben.pressed_message(card, "need.send")
    answers = await slack.deliver_at_once(press)
    assert all(answer.ok for answer in answers)
    await either.settled()
    assert either.needs() == ["The VPN drops"]
    assert len(ben.heard()) == 1


async def test_four_at_once_open_one_dialog(either: House) -> None:
    """The second telling finds its trigger used, and does not apologise for it."""
    slack, ben = either.slack, either.slack.user("U2")
    await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    answers = await slack.deliver_at_once(ben.pressed_message(card, "need.change"))
    assert all(answer.ok for answer in answers)
    view = await ben.sees_view()
    sent = ben.submitted(view, {"words": "Another"})
    answers = await slack.deliver_at_once(sent)
    assert {answer.text for answer in answers} == {'{"response_action": "clear"}'}
    await ben.hears("Another")
    assert slack.calls("response_url") == []


async def test_the_same_event_after_a_restart_has_one_effect(
    slack: FakeSlack, sqlite_url: str, tmp_path: Path
) -> None:
    """Trap 12: the key is in the database, not in the process."""
    store = open_storage(sqlite_url)
    async with running(slack, store, tmp_path) as house:
        ben = slack.user("U2")
        first = await ben.say("The VPN drops")
        await ben.hears("This is what I understood")
        await house.settled()
    store.close()
    store = open_storage(sqlite_url)
    async with running(slack, store, tmp_path) as house:
        assert (await slack.redeliver(first)).ok
        await house.settled()
        assert len(ben.heard()) == 1
    store.close()


class Faulty:
    """A store whose next transactions fail before they commit."""

    def __init__(self, store: Storage, error: Exception) -> None:
        self.store = store
        self.error: Exception | None = error

    def units(self) -> UnitOfWork:
        if self.error is not None:
            raise self.error
        return self.store.units()


@pytest.mark.parametrize(
    ("error", "status"), [(Unavailable("locked"), 503), (RuntimeError("words"), 500)]
)
async def test_what_could_not_be_stored_is_sent_again(
    house: House, error: Exception, status: int
) -> None:
    """Traps 12, 13: what was not committed is not acknowledged, and has its effect later."""
    faulty = Faulty(house.store, error)
    house.ears._units = faulty.units
    ben = house.slack.user("U2")
    first = await ben.say("The VPN drops")
    assert (first.status, first.body) == (status, b"")
    faulty.error = None
    assert (await house.slack.redeliver(first)).ok
    await ben.hears("The VPN drops")


async def test_a_person_is_told_when_nothing_was_stored(house: House) -> None:
    """Interactions are not sent again: a command, a press and a dialog each get an apology."""
    ben = house.slack.user("U2")
    await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    await ben.press(card, "need.change")
    view = await ben.sees_view()
    faulty = Faulty(house.store, Unavailable("locked"))
    house.ears._units = faulty.units
    answer = await ben.submit(view, {"words": "Typed with care"})
    assert answer.json["errors"]["words"].startswith("That did not work just now")
    await ben.command("/groundswell", "help", "C1")
    assert "did not work just now" in ben.heard("C1")[0].text
    await ben.press(card, "need.send")
    sorry = await ben.hears("did not work just now")
    assert sorry.only_for == "U2"
    assert house.slack.state.messages[card.channel][card.ts] == card
    faulty.error = None
    assert (await ben.submit(view, {"words": "Typed with care"})).ok
    changed = await ben.hears("Typed with care")
    await ben.press(changed, "need.send")
    await house.settled()
    assert house.needs() == ["Typed with care"]


async def test_a_defect_leaves_the_pressed_card_pressable(house: House) -> None:
    """Whatever failed, the same button works the next time."""
    ben = house.slack.user("U2")
    await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    faulty = Faulty(house.store, RuntimeError("words"))
    house.ears._units = faulty.units
    assert (await ben.press(card, "need.send")).ok
    assert (await ben.hears("did not work just now")).ts != card.ts
    faulty.error = None
    assert (await ben.press(card, "need.send")).ok
    await house.settled()
    assert house.needs() == ["The VPN drops"]


async def test_many_presses_ask_slack_once_who_we_are(house: House) -> None:
    """Trap 7: one auth.test, and then the cache."""
    ben = house.slack.user("U2")
    await ben.command("/groundswell", "", "C1")
    (menu,) = ben.heard("C1")
    presses = [ben.pressed_message(menu, "help") for _ in range(40)]
    answers = await asyncio.gather(*(house.slack.deliver(one) for one in presses))
    assert all(answer.ok for answer in answers)
    assert len(house.slack.calls("auth.test")) == 1
