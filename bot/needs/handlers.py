"""From one sentence to a stored need and its receipt.

An unfinished need is the person's open dialogue: step ``CONFIRM`` waits for send, change or
cancel, step ``WORDS`` for the words themselves. Its ``draft`` id goes into the buttons, so that
an old button never acts on a newer draft, and into the stored need, so that one draft sent twice
is one need.
"""

from dataclasses import replace

from bot.heard import Pressed, Said
from bot.messages import NOTHING, Answer, Card
from bot.needs import cards, rules
from bot.needs.model import Need, NeedChange, NeedId, NeedState
from bot.ports import Dialogue
from bot.turn import Turn, only_you, replace_pressed, reply_in_private, tell
from bot.turn import change as change_message

CONFIRM = "need.confirm"
WORDS = "need.words"
STEPS = frozenset({CONFIRM, WORDS})
LISTED = ":list"


def begin(turn: Turn, words: str, *, link: str = "") -> Card:
    """Start a need from words; the summary goes to the direct conversation.

    A draft that was open is set aside: its card gives the words back and has no live button.
    """
    before = turn.uow.dialogues.get(turn.person.id)
    if before is not None and before.step in STEPS:
        aside = cards.set_aside(turn.voice, before.notes["words"])
        turn.uow.outbox.amend(_summary_once(before.notes["draft"]), aside)
    draft = turn.tools.new_id()
    notes = {"draft": draft, "words": rules.tidy(words), "link": link}
    return _show(turn, Dialogue(person=turn.person.id, step=CONFIRM, notes=notes))


def add_words(turn: Turn, dialogue: Dialogue, words: str) -> Card:
    """Take further words: the wanted new ones, or an addition to what is there."""
    notes = dict(dialogue.notes)
    before = "" if dialogue.step == WORDS else notes["words"]
    notes["words"] = rules.joined(before, rules.tidy(words))
    return _show(turn, replace(dialogue, step=CONFIRM, notes=notes), again=True)


def ask_words(turn: Turn, dialogue: Dialogue) -> None:
    """Ask for the sentence again; what was there stays until a new one comes."""
    turn.uow.dialogues.save(replace(dialogue, step=WORDS))
    tell(turn, cards.say_again(turn.voice, dialogue.notes["words"]), f"again:{turn.event.key}")


def back(turn: Turn, dialogue: Dialogue) -> None:
    """Go one step back: from the summary to the words, from the words to the summary."""
    if dialogue.step == CONFIRM:
        ask_words(turn, dialogue)
    else:
        _show(turn, replace(dialogue, step=CONFIRM), again=True)


def change(turn: Turn, draft: str) -> Answer:
    """Answer "change" with a dialog that holds the words so far."""
    dialogue = open_draft(turn, draft)
    if dialogue is None:
        return _present(turn, draft)
    words = dialogue.notes["words"]
    if len(words) > rules.LONGEST_EDIT:
        ask_words(turn, dialogue)
        return NOTHING
    return Answer(dialog=cards.edit(turn.voice, words, draft))


def start_dialog(turn: Turn) -> Answer:
    """Answer the menu's button with an empty dialog."""
    return Answer(dialog=cards.edit(turn.voice, "", ""))


def changed(turn: Turn, draft: str, words: str) -> Answer:
    """Take the words of the dialog: for the draft it was opened on, or as a new need."""
    voice = turn.voice
    if not rules.tidy(words):
        problem = voice.say("Write what you need in a sentence, or close this with Cancel.")
        return Answer(errors={cards.WORDS_FIELD: problem})
    dialogue = open_draft(turn, draft) if draft else None
    if dialogue is None:
        card = begin(turn, words)
    else:
        notes = {**dialogue.notes, "words": rules.tidy(words)}
        card = _show(turn, replace(dialogue, step=CONFIRM, notes=notes))
    return Answer(card=card)


def send(turn: Turn, draft: str) -> Answer:
    """Store the need and give the receipt; the same draft again gives the same receipt."""
    need = turn.uow.needs.by_draft(draft)
    if need is None:
        dialogue = open_draft(turn, draft)
        if dialogue is None:
            return _present(turn, draft)
        need = _record(turn, dialogue)
        turn.uow.dialogues.drop(turn.person.id)
    elif need.asker != turn.person.id:
        return only_you(cards.no_draft(turn.voice))
    return _conclude(turn, draft, need.words, cards.receipt(turn.voice, need))


def cancel(turn: Turn, draft: str) -> Answer:
    """Drop a draft; nothing was sent to anyone."""
    dialogue = open_draft(turn, draft)
    if dialogue is None:
        return _present(turn, draft)
    turn.uow.dialogues.drop(turn.person.id)
    words = dialogue.notes["words"]
    return _conclude(turn, draft, words, cards.cancelled(turn.voice, words))


def resume(turn: Turn, draft: str) -> Answer:
    """Show the summary of the open draft again, at the end of the conversation."""
    dialogue = open_draft(turn, draft)
    if dialogue is None:
        return _present(turn, draft)
    _show(turn, dialogue, again=True)
    return NOTHING


def remind(turn: Turn, dialogue: Dialogue) -> None:
    """Say after a digression that a need is still open."""
    card = cards.unfinished(turn.voice, dialogue.notes["words"], dialogue.notes["draft"])
    tell(turn, card, f"unfinished:{turn.event.key}")


def mine(turn: Turn) -> Answer:
    """List the person's own needs, to her alone."""
    card = cards.mine(turn.voice, turn.uow.needs.of(turn.person.id))
    return reply_in_private(turn, card)


def withdraw(turn: Turn, argument: str) -> Answer:
    """Withdraw a need of one's own; anybody else's is as if it did not exist.

    The argument is the need's number, with ":list" behind it where a whole list was shown.
    """
    number, _, shown = argument.partition(":")
    need = turn.uow.needs.get(NeedId(int(number))) if rules.is_number(number) else None
    if need is None or need.asker != turn.person.id:
        return only_you(cards.not_found(turn.voice))
    if rules.may_move(need.state, NeedState.WITHDRAWN):
        need = _move(turn, need, NeedState.WITHDRAWN)
    if shown:
        if isinstance(turn.event, Pressed) and not turn.event.message:
            return NOTHING  # the list stands on the home surface, which is published anew
        card = cards.mine(turn.voice, turn.uow.needs.of(turn.person.id))
    else:
        card = cards.withdrawn(turn.voice, need)
    return replace_pressed(turn, card)


def open_draft(turn: Turn, draft: str) -> Dialogue | None:
    """Return the person's open need if it is still the one with this draft id."""
    dialogue = turn.uow.dialogues.get(turn.person.id)
    if dialogue is None or dialogue.step not in STEPS or dialogue.notes["draft"] != draft:
        return None
    return dialogue


def _conclude(turn: Turn, draft: str, words: str, card: Card) -> Answer:
    """End a draft: in place of its summary after a press, as a new message after typed words."""
    summary = _summary_once(draft)
    if isinstance(turn.event, Said):
        turn.uow.outbox.amend(summary, cards.moved_on(turn.voice, words))
        return reply_in_private(turn, card)
    return change_message(turn, summary, card)


def _record(turn: Turn, dialogue: Dialogue) -> Need:
    need = turn.uow.needs.add(
        Need(
            id=NeedId(0),
            asker=turn.person.id,
            words=dialogue.notes["words"],
            department=turn.person.department,
            link=dialogue.notes.get("link", ""),
            draft=dialogue.notes["draft"],
            state=NeedState.SUBMITTED,
            asked_at=turn.now,
            answer_due=rules.answer_due(turn.now),
        )
    )
    return _move(turn, need, NeedState.ACKNOWLEDGED)


def _move(turn: Turn, need: Need, after: NeedState) -> Need:
    change = NeedChange(
        need=need.id, by=turn.person.id, at=turn.now, before=need.state, after=after
    )
    moved = replace(need, state=after)
    turn.uow.needs.save(moved, change)
    return moved


def _show(turn: Turn, dialogue: Dialogue, *, again: bool = False) -> Card:
    """Keep the dialogue and show its summary: in place, or ``again`` as a new message."""
    if again:
        # The older summary must not stay behind with live buttons for other words.
        old = cards.moved_on(turn.voice, dialogue.notes["words"])
        turn.uow.outbox.amend(_summary_once(dialogue.notes["draft"]), old)
        dialogue = replace(dialogue, notes={**dialogue.notes, "draft": turn.tools.new_id()})
    turn.uow.dialogues.save(dialogue)
    draft, words = dialogue.notes["draft"], dialogue.notes["words"]
    card = cards.summary(turn.voice, words, draft, turn.person.department)
    if turn.uow.outbox.state(_summary_once(draft)):
        turn.uow.outbox.amend(_summary_once(draft), card)
    else:
        tell(turn, card, _summary_once(draft))
    return card


def _present(turn: Turn, draft: str) -> Answer:
    """Answer a button of a draft that is no longer open with what became of it."""
    need = turn.uow.needs.by_draft(draft) if draft else None
    if need is not None and need.asker == turn.person.id:
        return only_you(cards.receipt(turn.voice, need))
    return only_you(cards.no_draft(turn.voice))


def _summary_once(draft: str) -> str:
    return f"need.summary:{draft}"
