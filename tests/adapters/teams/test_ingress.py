"""What the door does with anything that is not a well-formed activity."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.teams import limits
from bot.ports import Unavailable, UnitOfWork
from storage import open_storage
from tests.adapters.teams.conftest import Build, House, running
from tests.card_strategies import NASTY
from tests.fakes.teams import FakeTeams

GOOD = {200, 202, 400, 401, 403, 413}
WORDS = "my secret sentence"


async def sent(house: House, body: bytes, **headers: str) -> tuple[int, bytes]:
    """Post bytes under a genuine token."""
    token = house.teams.issuer.token(house.teams.service_url)
    delivery = await house.teams.deliver_raw(body, {"Authorization": f"Bearer {token}", **headers})
    return delivery.status, delivery.answer.body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"{}", 400),
        (b"\xff\xfe{}", 400),
        (b'{"type": NaN}', 400),
        (b'{"type": "message"', 400),
        (b'{"type": "message"}', 400),
        (b'{"type": 7, "conversation": {"id": "a:1"}}', 400),
        (b'{"type": "message", "conversation": "a:1"}', 400),
        (b'{"type": "message", "conversation": {"id": ["a:1"]}}', 400),
        (b"[" * 200_000, 400),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
        (b'{"a":' * 70 + b"1" + b"}" * 70, 400),
        (b'{"type": ' + b"1" * 10_000 + b"}", 400),
        (b" " * (limits.BODY_LIMIT + 1), 413),
    ],
)
async def test_malformed_nested_and_oversize_bodies(house: House, body: bytes, status: int) -> None:
    """Each gets its refusal, empty, and its words stay out of the log."""
    with capture_logs() as logs:
        assert await sent(house, body) == (status, b"")
    assert [entry["event"] for entry in logs] == ["teams.refused"]


@pytest.mark.parametrize(
    ("length", "status"), [("99999999999999999999", 413), ("-1", 400), ("ten", 400), ("١٢", 400)]
)
async def test_announced_lengths_are_not_believed(house: House, length: str, status: int) -> None:
    """A length beyond the limit is refused before the body is read; nonsense is malformed."""
    raw = length.encode().decode("latin-1")
    token = house.teams.issuer.token(house.teams.service_url)
    headers = {"Authorization": f"Bearer {token}", "content-length": raw}
    app = house.teams._door
    assert app is not None
    answer = await app.post(b"{}", {**headers})
    assert answer.status == status


async def test_a_body_without_announced_length_is_cut_at_the_limit(house: House) -> None:
    """Streaming more than the limit ends in 413, not in memory."""
    sizes = []

    async def receive() -> dict[str, object]:
        sizes.append(64 * 1024)
        return {"type": "http.request", "body": b" " * sizes[-1], "more_body": True}

    statuses = []

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http", "method": "POST", "path": "/api/messages", "raw_path": b"/api/messages",
        "headers": [], "query_string": b"", "root_path": "", "http_version": "1.1",
        "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    app = house.platform.routes[0]
    await app.handle(scope, receive, send)
    assert statuses == [413]
    assert sum(sizes) <= limits.BODY_LIMIT + 2 * 64 * 1024


def activities(teams: FakeTeams) -> list[dict[str, Any]]:
    """Return one activity of each kind, as Teams sends them."""
    ada = teams.user("ada")
    gs = {"gs": "forged.1|need.send|x", "words": WORDS}
    execute = {"action": {"type": "Action.Execute", "verb": "need.send", "data": gs}}
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("message", {"text": WORDS}),
        ("message", {"value": gs, "replyToId": "1"}),
        ("messageReaction", {"reactionsAdded": [{"type": "like"}], "replyToId": "1"}),
        ("installationUpdate", {"action": "add"}),
        ("conversationUpdate", {"membersAdded": [{"id": teams.bot_id}]}),
        ("invoke", {"name": "adaptiveCard/action", "value": execute}),
        ("invoke", {"name": "task/fetch", "value": {"data": gs}}),
        ("invoke", {"name": "task/submit", "value": {"data": gs}}),
        ("invoke", {"name": "composeExtension/query", "value": {"queryText": WORDS}}),
        ("event", {"name": "application/vnd.microsoft.readReceipt", "value": {}}),
        ("typing", {}),
        ("somethingNew", {"value": WORDS}),
    ]
    return [ada.activity(kind, ada.chat, fields) for kind, fields in kinds]


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*NASTY, "a" * 5_000, "\x00", "\ud800"]), st.just([]), st.just({}),
    st.just([{"id": 1}, None, "x"]), st.just({"id": {"id": []}, "data": 7, "type": []}),
)  # fmt: skip


def paths(node: object, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List where a value can be replaced."""
    found = [here] if here else []
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node if isinstance(node, list) else [])
    )
    for key, below in items:
        found += paths(below, (*here, key))
    return found


def replaced(node: Any, path: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a copy with one value replaced."""
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


@settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_activity_makes_a_5xx_or_reaches_the_log(data: st.DataObject) -> None:
    """Whatever stands anywhere in an activity: a proper answer, no word of it in the log."""

    async def bring_them() -> None:
        async with (
            FakeTeams(strict=False) as teams,
            running(teams, open_storage("memory:"), Path("unused")) as house,
        ):
            for activity in activities(teams):
                path = data.draw(st.sampled_from(paths(activity)))
                value = data.draw(JUNK)
                changed = replaced(activity, path, value)
                with capture_logs() as logs:
                    status, body = await sent(house, json.dumps(changed).encode())
                assert status in GOOD, (status, path, value)
                if status == 200:
                    assert isinstance(json.loads(body), dict)
                assert WORDS not in json.dumps(logs, default=str)
                assert not [e for e in logs if e["event"] == "teams.failed"], logs

    asyncio.run(bring_them())


async def test_a_database_that_is_gone_makes_events_come_again(build: Build) -> None:
    """503 for an event: nothing was stored; an invoke hears that trying again is safe."""
    house = await build()
    ada = house.teams.user("ada")
    gone = GoneUnits()
    house.platform._ears._units = gone.units
    assert (await ada.say(WORDS)).status == 503
    invoke = activities(house.teams)[5]
    delivery = await house.teams.deliver(invoke)
    assert delivery.status == 200
    assert delivery.answer.json["type"] == "application/vnd.microsoft.error"
    assert delivery.answer.json["statusCode"] == 500
    assert "try again" in delivery.answer.json["value"]["message"]
    assert "disk" not in delivery.answer.body.decode()
    dialog = await house.teams.deliver(activities(house.teams)[6])
    assert "try again" in dialog.answer.json["task"]["value"]


class GoneUnits:
    """A storage that cannot be opened."""

    def units(self) -> UnitOfWork:
        raise Unavailable("the disk is full: " + WORDS)


async def test_a_defect_is_a_500_without_its_words(house: House) -> None:
    """An unexpected error says nothing to the sender, and only its place to the log."""

    class Broken:
        def units(self) -> UnitOfWork:
            raise RuntimeError(WORDS)

    house.platform._ears._units = Broken().units
    with capture_logs() as logs:
        delivery = await house.teams.user("ada").say(WORDS)
    assert (delivery.status, delivery.answer.body) == (500, b"")
    assert "RuntimeError" in str(logs)
    assert WORDS not in str(logs)


async def test_text_that_no_database_holds_is_mended_at_the_door(house: House) -> None:
    """Half characters and NUL become the replacement character; the rest stays as given."""
    ada = house.teams.user("ada")
    delivery = await ada.say("a\x00b \ud83d c *x* <b> 😀")
    assert delivery.status == 202
    card = ada.sees(await ada.receives())
    assert "a\ufffdb \ufffd c *x* <b> 😀" in json.dumps(card, ensure_ascii=False)


async def test_events_we_have_no_use_for_are_acknowledged(house: House) -> None:
    """They are counted by kind and change nothing."""
    ada = house.teams.user("ada")
    for kind in ("messageUpdate", "messageDelete", "endOfConversation", "typing", "event", "new"):
        assert (await house.teams.deliver(ada.activity(kind, ada.chat))).status == 202
    assert ada.inbox == []


async def test_a_sender_who_hangs_up_is_forgotten(house: House) -> None:
    """Half a body is no request."""
    statuses = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        statuses.append(message.get("status"))

    scope = {
        "type": "http", "method": "POST", "path": "/api/messages", "raw_path": b"/api/messages",
        "headers": [], "query_string": b"", "root_path": "", "http_version": "1.1",
        "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    await house.platform.routes[0].handle(scope, receive, send)
    assert statuses[0] == 400


async def test_invokes_we_have_no_use_for_get_a_polite_answer(build: Build) -> None:
    """200 with words, and a count."""
    async with FakeTeams(strict=False) as teams:
        await build(teams=teams)
        delivery = await teams.deliver(activities(teams)[8])
        assert delivery.status == 200
        assert "do not know" in delivery.answer.json["value"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        {},
        {"action": None},
        {"action": {"type": "Action.Submit", "data": {}}},
        {"action": {"type": "Action.Execute", "verb": 7, "data": "text"}},
    ],
)
async def test_invokes_that_no_card_of_ours_sends(house: House, value: object) -> None:
    """The SDK answers these with an exception inside the body, which becomes a 500."""
    ada = house.teams.user("ada")
    invoke = ada.activity("invoke", ada.chat, {"name": "adaptiveCard/action", "value": value})
    delivery = await house.teams.deliver(invoke)
    assert delivery.status == 200
    assert delivery.answer.json["type"].startswith("application/vnd.microsoft.")
    fetched = ada.activity("invoke", ada.chat, {"name": "task/fetch", "value": value})
    assert (await house.teams.deliver(fetched)).status == 200
