"""Slack in a process of its own: answers calls, and makes the signed requests of its people."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from adapters.slack import render
from adapters.voice import voice
from bot.messages import Card
from bot.needs import cards as needs
from bot.people import cards as people
from bot.people.model import PersonId
from bot.pulses import cards as pulses
from bot.pulses.model import Wave, WaveId, WaveState
from tests.bench.workspace import EVENTS, KEY, MINE, PULSE, QUESTION, SEND
from tests.fakes.slack import Delivery, FakeSlack, Message

JSON = dict[str, Any]
VOICE = voice("en", "UTC")
POINT = 7


class FakeSlackSide:
    """The fake workspace; requests are made here and delivered by whoever asked for them."""

    def __init__(self) -> None:
        self.slack = FakeSlack()

    async def start(self) -> str:
        """Listen; return the address of the Web API."""
        self.slack.state.judging = False  # the cards were judged by the tests
        await self.slack.start()
        return self.slack.api_url

    async def stop(self) -> None:
        """Stop listening."""
        await self.slack.stop()

    async def presses(self, acts: list[tuple[str, str, str]]) -> list[JSON]:
        """Make a press for each user, action and argument; nothing is sent."""
        return [self._press(*act) for act in acts]

    async def words(self, said: list[tuple[str, str]]) -> list[JSON]:
        """Make a direct message for each user and sentence."""
        return [self._said(*one) for one in said]

    async def violations(self) -> list[str]:
        """Return what the app did that Slack does not take."""
        return self.slack.violations

    def _press(self, user: str, action: str, argument: str) -> JSON:
        self._know(user)
        person = self.slack.user(user)
        shown, element = _shown(action, argument)
        state = self.slack.state
        message = state.put_message(
            Message(
                channel=person.dm,
                ts=state.new_ts(),
                user=state.bot_user_id,
                text=str(shown["text"]),
                blocks=state.filled(shown["blocks"]),
                bot=True,
            )
        )
        return self._signed(person.pressed_message(message, element))

    def _said(self, user: str, words: str) -> JSON:
        self._know(user)
        now = self.slack.state.new_ts()
        dm = self.slack.user(user).dm
        event = {
            "type": "message",
            "channel_type": "im",
            "user": user,
            "ts": now,
            "text": words,
            "channel": dm,
            "event_ts": now,
        }
        return self._signed(self.slack.event_delivery(event))

    def _know(self, user: str) -> None:
        if user not in self.slack.state.users:
            self.slack.state.add_user(user, user.lower())

    def _signed(self, delivery: Delivery) -> JSON:
        request = delivery.signed(self.slack.signing_secret, self.slack.clock.now())
        once = delivery.payload.get("trigger_id") or delivery.payload.get("event_id")
        headers = dict(request.headers)
        return {"path": EVENTS, "headers": headers, "body": request.body.decode(), "key": once}


@lru_cache(maxsize=64)
def _shown(action: str, argument: str) -> tuple[JSON, str]:
    """Draw the message that a button stands in, once for all who press it."""
    card, element = _pressed_card(action, argument)
    return render.message(card, key=KEY), element


def _pressed_card(action: str, argument: str) -> tuple[Card, str]:
    """Return the card that a button stands in, and the button's name there."""
    match action:
        case "pulse.answer":
            return pulses.invitation(VOICE, _wave(int(argument))), f"{PULSE}:score:{POINT}"
        case "need.send":
            return needs.summary(VOICE, "My laptop is slow since Monday", argument, ""), SEND
        case "need.mine":
            return people.menu(VOICE), MINE
        case _:
            raise ValueError(action)


def _wave(number: int) -> Wave:
    now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    return Wave(
        id=WaveId(number),
        question=QUESTION,
        state=WaveState.OPEN,
        launched_by=PersonId("0"),
        opened_at=now,
        closes_at=now + timedelta(days=7),
        public_key="",
        invited=0,
    )
