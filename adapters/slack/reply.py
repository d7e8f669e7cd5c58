"""What each kind of request is answered with: handled and committed first, answered after.

Slack repeats events that failed, so these may fail. It never repeats an interaction, so a person
who pressed or sent something is always told how it ended.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.response import BoltResponse

from adapters import metrics
from adapters.ears import Ears
from adapters.slack import limits, parse, render
from adapters.slack.api import API, Failed
from adapters.slack.parse import JSON, PLATFORM
from adapters.slack.pen import short
from adapters.slack.tokens import Tokens
from bot.heard import Heard
from bot.messages import Answer, Card, ToChannel, ToPerson
from bot.ports import Unavailable, UnitOfWork

log = structlog.get_logger()

_OPENED_BEFORE = {"exchanged_trigger_id", "push_limit_reached"}

BESIDE = frozenset(
    {
        "people.try_again",
        "people.not_yours",
        "pulses.not_asked",
        "pulses.unknown",
        "needs.not_found",
        "announcements.unknown",
    }
)
"""Cards that say why nothing happened. They are shown beside what was acted on, never in its place:
the pressed card must stay for the next press, and the dialog with what was typed. Every other card
for one person is the present state of the very card that was pressed, and takes its place."""


def done(payload: Mapping[str, Any] | None = None, status: int = 200) -> BoltResponse:
    """Acknowledge, with something to show if there is."""
    body = "" if payload is None else json.dumps(payload)
    headers: dict[str, str | Sequence[str]] = {"content-type": "application/json"} if body else {}
    return BoltResponse(status=status, body=body, headers=headers)


class Replies:
    """Lead what was parsed into the core, and answer the request from what came back."""

    def __init__(self, ears: Ears, api: API, tokens: Tokens, *, key: bytes) -> None:
        """Take the way in, the way out within a request, and the key that signs buttons."""
        self._ears = ears
        self._api = api
        self._tokens = tokens
        self._key = key

    async def event(self, body: JSON, hear: Callable[[JSON], Heard | None]) -> BoltResponse:
        """Handle an event; a failure reaches Slack, which then sends it again."""
        heard = hear(body)
        if heard is None:
            metrics.unrouted.labels(PLATFORM, "event").inc()
        else:
            await self._ears.hear(heard)
        return done()

    async def person_changed(self, body: JSON) -> BoltResponse:
        """Look a person up again whose profile changed, or note that the account was closed."""
        if parse.closed(body):
            return await self.event(body, parse.closed)
        account = parse.changed(body)

        def ask(uow: UnitOfWork) -> None:
            if account and uow.people.account(account):
                uow.outbox.lookup(ToPerson(account=account))

        await self._ears.run(ask)
        return done()

    async def channel_renamed(self, body: JSON) -> BoltResponse:
        """Ask for the name of a channel we know again."""
        channel = parse.renamed(body)

        def ask(uow: UnitOfWork) -> None:
            if channel and uow.people.channel(channel):
                uow.outbox.lookup(ToChannel(channel=channel))

        await self._ears.run(ask)
        return done()

    async def removed(self, body: JSON) -> BoltResponse:
        """End an installation; there is no token left to call anything with."""
        if parse.revoked(body):
            await self._tokens.remove(parse.workspace_of(body))
        return done()

    async def command(self, body: JSON) -> BoltResponse:
        """Answer a command in its own reply, which only this person sees."""
        heard = parse.commanded(body)
        if heard is None:
            return done()
        answer = await self._handled(heard)
        card = answer.card
        if answer.dialog is not None:
            opened = await self._open(render.dialog(answer.dialog, key=self._key), body)
            card = None if opened else self._ears.apology(heard)
        return done(render.ephemeral(card, key=self._key) if card else None)

    async def pressed(self, body: JSON) -> BoltResponse:
        """Answer a press: a dialog, a card for this person, or nothing more than the update."""
        return await self._interaction(body, parse.pressed(body, self._key))

    async def shortcut(self, body: JSON) -> BoltResponse:
        """Answer a shortcut from anywhere."""
        return await self._interaction(body, parse.shortcut(body))

    async def from_message(self, body: JSON) -> BoltResponse:
        """Answer a shortcut on a message; that message is somebody's and is never replaced."""
        return await self._interaction(body, parse.from_message(body), replace=False)

    async def submitted(self, body: JSON) -> BoltResponse:
        """Answer a dialog: errors keep it open with what was typed, anything else closes it."""
        heard = parse.submitted(body, self._key)
        if heard is None:
            return done()
        inputs = parse.inputs_of(body)
        try:
            answer = await self._ears.hear(heard)
        except Exception as error:  # noqa: BLE001 - what was typed must not be lost, whatever failed
            _log_failure(heard, error)
            sorry = self._ears.apology(heard)
            # The first input can carry the words, and the dialog stays as it is.
            answer = Answer(card=sorry, only_you=True, errors={"": sorry.summary})
        if answer.errors and inputs:
            return done(_errors(answer.errors, inputs))
        if answer.dialog is not None:
            view = render.dialog(answer.dialog, key=self._key)
            return done({"response_action": "update", "view": view})
        if answer.card is not None and answer.only_you:
            view = render.page(answer.card, key=self._key)
            on_top = answer.card.name in BESIDE and not parse.at_the_top(body)
            return done({"response_action": "push" if on_top else "update", "view": view})
        return done({"response_action": "clear"})

    # --- inside ----------------------------------------------------------------------------

    async def _interaction(
        self, body: JSON, heard: Heard | None, *, replace: bool = True
    ) -> BoltResponse:
        if heard is None:
            metrics.unrouted.labels(PLATFORM, "interaction").inc()
            return done()
        answer = await self._handled(heard)
        if answer.dialog is not None:
            opened = await self._open(render.dialog(answer.dialog, key=self._key), body)
            if not opened:
                await self._whisper(self._ears.apology(heard), body, replace=False)
        elif answer.card is not None and answer.only_you:
            replace = replace and heard.private and answer.card.name not in BESIDE
            await self._whisper(answer.card, body, replace=replace)
        return done()

    async def _handled(self, heard: Heard) -> Answer:
        """Handle an interaction; what failed is answered with an apology."""
        try:
            return await self._ears.hear(heard)
        except Exception as error:  # noqa: BLE001 - Slack does not repeat it, so the person must know
            _log_failure(heard, error)
            return Answer(card=self._ears.apology(heard), only_you=True)

    async def _whisper(self, card: Card, body: JSON, *, replace: bool) -> None:
        """Show a card to the person who acted; a press on the home surface opens a page."""
        url = parse.response_url(body)
        if not url:
            await self._open(render.page(card, key=self._key), body)
            return
        content = render.ephemeral(card, key=self._key) | {"replace_original": replace}
        try:
            await self._api.respond(url, content)
        except Failed as failed:
            log.warning("slack response_url failed", code=failed.code)

    async def _open(self, view: JSON, body: JSON) -> bool:
        """Open a view with the trigger of this request; False if Slack did not."""
        method = "views.push" if parse.in_dialog(body) else "views.open"
        try:
            who = await self._tokens.authorized(parse.workspace_of(body))
            await self._api.call(
                method,
                {"trigger_id": parse.trigger(body), "view": view},
                token=who.token if who else "",
                seconds=limits.ANSWER_SECONDS,
            )
        except Failed as failed:
            log.warning("slack view not opened", method=method, code=failed.code)
            # The same press, told again: its first telling opened the dialog.
            return failed.code in _OPENED_BEFORE
        return True


def _errors(errors: Mapping[str, str], inputs: tuple[str, ...]) -> JSON:
    """Put each error under its input; one that has none goes under the first."""
    placed: dict[str, str] = {}
    for name, words in errors.items():
        place = name if name in inputs else inputs[0]
        placed[place] = f"{placed[place]} {words}" if place in placed else words
    shown = {name: short(words, limits.HINT) for name, words in placed.items()}
    return {"response_action": "errors", "errors": shown}


def _log_failure(heard: Heard, error: Exception) -> None:
    """Say which kind of thing failed, and never what was in it."""
    kind = type(heard).__name__
    if isinstance(error, Unavailable):
        log.warning("slack not stored", kind=kind)
    else:
        log.error("slack handling failed", kind=kind, error=type(error).__name__)
