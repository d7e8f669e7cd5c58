"""Traps of the archived SDK: how it behaves by itself, and how it does behind our seam."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from botbuilder.core import CloudAdapterBase, InvokeResponse, TurnContext
from botbuilder.core.serializer_helper import serializer_helper
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity, AdaptiveCardInvokeResponse
from botframework.connector.auth import ClaimsIdentity
from botframework.connector.auth.authenticate_request_result import AuthenticateRequestResult

from adapters.teams import parse
from adapters.teams.botbuilder import Adapter, Authentication, Factory, Seam
from tests.adapters.teams.conftest import House
from tests.fakes.teams import FakeTeams, Person

Logic = Callable[[TurnContext], Awaitable[None]]


async def stock_turn(raw: dict[str, Any], logic: Logic, *, on_error: bool = False) -> Any:  # noqa: ANN401 - theirs
    """Run a turn as the SDK's documentation does."""
    adapter: CloudAdapterBase = Adapter(Authentication(Factory()))
    if on_error:

        async def swallow(_: TurnContext, __: Exception) -> None:
            """Do what most samples do: log."""

        adapter.on_turn_error = swallow
    result = AuthenticateRequestResult()
    result.claims_identity, result.audience = ClaimsIdentity({}, is_authenticated=True), ""
    result.connector_factory = Factory()
    return await adapter.process_activity(result, Activity().deserialize(raw), logic)


@pytest.fixture
def ada() -> Person:
    return FakeTeams().user("ada")


def invoke(person: Person, action: object) -> dict[str, Any]:
    value = {"action": action}
    return person.activity("invoke", person.chat, {"name": "adaptiveCard/action", "value": value})


async def test_the_sdk_answers_a_wrong_action_with_an_exception_inside(
    ada: Person, house: House
) -> None:
    """It cannot be written as JSON, hence a 500 with the SDK; ours is a 200 with an error body."""
    raw = invoke(ada, {"type": "Action.Submit", "data": {}})
    answer = await stock_turn(raw, TeamsActivityHandler().on_turn)
    with pytest.raises((TypeError, AttributeError)):
        json.dumps(answer.body if isinstance(answer.body, dict) else answer.body.value)
    delivery = await house.teams.deliver(invoke(house.teams.user("ada"), {"type": "Action.Submit"}))
    assert delivery.status == 200
    assert delivery.answer.json["type"] == "application/vnd.microsoft.error"


async def test_the_sdk_cannot_answer_a_press_with_a_sentence(house: House) -> None:
    """Its typed reply takes no text; ours are plain bodies."""
    kind = "application/vnd.microsoft.activity.message"
    reply = AdaptiveCardInvokeResponse(status_code=200, type=kind, value="Done.")
    with pytest.raises(Exception, match=r"(?i)serializ"):
        serializer_helper(reply)
    ada = house.teams.user("ada")
    await ada.say("help")
    pressed = await ada.press(await ada.receives(), "help")
    assert pressed.message == "Done."


async def test_with_an_error_handler_the_sdk_turns_failures_into_501(ada: Person) -> None:
    """Ours is left unset, so failures reach the route, which answers them."""
    raw = invoke(ada, {"type": "Action.Execute", "verb": "x", "data": {}})

    async def broken(_: TurnContext) -> None:
        raise RuntimeError("broken")

    assert (await stock_turn(raw, broken, on_error=True)).status == 501
    with pytest.raises(RuntimeError):
        await Seam().turn(raw, {}, broken)


async def test_the_sdk_never_finds_the_tenant_nor_a_mention(ada: Person) -> None:
    """The schema maps another name, and entities lose what they hold; the raw dict has both."""
    bot = {"id": ada.teams.bot_id, "name": "Groundswell"}
    entity = {"type": "mention", "text": "<at>Groundswell</at>", "mentioned": bot}
    fields = {"text": "<at>Groundswell</at> hello", "entities": [entity]}
    raw = ada.activity("message", ada.chat, fields)
    theirs = Activity().deserialize(raw)
    assert theirs.conversation.tenant_id is None
    assert "mentioned" not in theirs.entities[0].serialize()
    ours = parse.message(raw, b"k")
    assert ours is not None
    assert ours.account.startswith(f"teams:{ada.tenant}:")


async def test_unknown_invokes_are_a_501_in_the_sdk(ada: Person) -> None:
    """Which Teams shows as an error; ours is a sentence (see the tests of the door)."""
    raw = ada.activity("invoke", ada.chat, {"name": "something/new", "value": {}})
    answer: InvokeResponse = await stock_turn(raw, TeamsActivityHandler().on_turn)
    assert answer.status == 501


async def test_nothing_goes_through_the_sdks_own_authentication() -> None:
    """Whoever comes here has been let in; a header never does."""
    authentication = Authentication(Factory())
    with pytest.raises(PermissionError):
        await authentication.authenticate_request(Activity(), "Bearer x")
    with pytest.raises(PermissionError):
        await authentication.authenticate_streaming_request("Bearer x", "msteams")
    await authentication.create_user_token_client(ClaimsIdentity({}, is_authenticated=True))
    assert isinstance(authentication.create_connector_factory(None), Factory)


async def test_a_fast_turn_shows_no_typing(house: House) -> None:
    """Typing indicators are for turns of a second; ours take milliseconds."""
    ada = house.teams.user("ada")
    await ada.say("help")
    await ada.receives()
    assert ada.chat.typing == 0


async def test_a_hundred_turns_at_once_do_not_hold_the_loop(house: House) -> None:
    """No token, no key set and no connection per turn."""
    people = [house.teams.user(f"p{number}") for number in range(100)]
    deliveries = await asyncio.gather(*(person.say("help") for person in people))
    assert {delivery.status for delivery in deliveries} == {202}
    await house.teams.until(lambda: all(person.inbox for person in people), seconds=20)
    assert house.teams.token_calls == 1
    assert len(house.teams.calls_of("keys")) == 1
