"""Socket Mode: the connection is kept, and nothing is acknowledged that was not handled."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from slack_bolt.response import BoltResponse

from adapters.slack.api import API
from adapters.slack.reply import done
from adapters.slack.socket import Socket
from tests.fakes.slack import FakeSlack, Fault

JSON = dict[str, Any]


class Handler:
    """Remember what came, and answer as told."""

    def __init__(self) -> None:
        self.got: list[tuple[JSON, Mapping[str, str]]] = []
        self.response = done()

    async def __call__(self, body: JSON, headers: Mapping[str, str]) -> BoltResponse:
        self.got.append((body, headers))
        return self.response


@pytest.fixture
async def api(slack: FakeSlack) -> AsyncIterator[API]:
    slack.over_socket()
    made = API(slack.api_url)
    yield made
    await made.close()


async def test_a_dropped_connection_is_opened_again(slack: FakeSlack, api: API) -> None:
    """Trap 18: the handler stays, and health says how it stands."""
    handler = Handler()
    socket = Socket(api, slack.app_token, handler)
    assert socket.health() == "not connected; trying again"
    await socket.start()
    await slack.until(lambda: slack.links)
    for link in slack.links[:]:
        await link.socket.close()
    await slack.called("apps.connections.open", 2)
    await slack.until(lambda: slack.links)
    assert (await slack.user("U2").say("hello")).ok
    assert len(handler.got) == 1
    assert socket.health().startswith("ok, last sign of life")
    await socket.stop()


async def test_a_farewell_opens_the_next_connection_first(slack: FakeSlack, api: API) -> None:
    """While the old one still works, so that nothing falls between."""
    socket = Socket(api, slack.app_token, Handler())
    await socket.start()
    await slack.until(lambda: slack.links)
    await slack.disconnect("warning")
    await slack.until(lambda: len(slack.links) == 2)
    assert (await slack.user("U2").say("one")).ok
    assert (await slack.user("U2").say("two")).ok
    await socket.stop()


async def test_a_connection_that_fell_silent_is_given_up(slack: FakeSlack, api: API) -> None:
    """Nothing came, not even an answer to a ping."""
    socket = Socket(api, slack.app_token, Handler(), quiet=0.05)
    await socket.start()
    await slack.called("apps.connections.open", 2)
    await socket.stop()


async def test_slack_may_refuse_connections_for_a_while(slack: FakeSlack, api: API) -> None:
    """It is tried again."""
    slack.fail_next("apps.connections.open", Fault.server_error(500))
    socket = Socket(api, slack.app_token, Handler())
    await socket.start()
    await slack.until(lambda: slack.links)
    await socket.connected.wait()
    await socket.stop()


async def test_what_was_not_handled_is_not_acknowledged(slack: FakeSlack, api: API) -> None:
    """Slack then sends it again, with the number of the repetition."""
    slack.ack_seconds = 0.2
    handler = Handler()
    socket = Socket(api, slack.app_token, handler)
    await socket.start()
    await slack.until(lambda: slack.links)
    handler.response = done(status=503)
    first = await slack.user("U2").say("hello")
    assert first.reason == "http_timeout"
    handler.response = done({"text": "an event is answered with nothing"})
    assert (await slack.redeliver(first)).ok
    assert handler.got[1][1] == {
        "x-slack-retry-num": "1",
        "x-slack-retry-reason": "http_timeout",
    }
    await socket.stop()


async def test_strange_frames_are_counted_and_left(slack: FakeSlack, api: API) -> None:
    """No JSON, a list, an unknown kind, a payload that is none: the connection stays."""
    handler = Handler()
    socket = Socket(api, slack.app_token, handler)
    await socket.start()
    (link,) = await slack.until(lambda: slack.links)
    for frame in ("{", "[]", '{"type": "new"}', "[" * 100_000):
        await link.socket.send_str(frame)
    await link.socket.send_str('{"type": "events_api", "envelope_id": "e", "payload": {}}')
    await link.socket.send_str('{"type": "events_api", "envelope_id": "e", "payload": []}')
    await link.socket.ping()
    assert (await slack.user("U2").say("hello")).ok
    assert len(handler.got) == 1
    assert len(slack.links) == 1
    await socket.stop()
