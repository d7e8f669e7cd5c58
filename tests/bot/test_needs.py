"""From one sentence to a receipt, with every turn a person may take on the way."""

import pytest

from bot.actions import Action
from bot.messages import Quote
from bot.needs.model import NeedState
from tests.bot.talk import NOW, Talk, words

PRINTER = "The printer on the 3rd floor jams every morning"


def needs(talk: Talk, name: str) -> list[str]:
    """Return the words of a person's stored needs, newest first."""
    with talk.store.units() as uow:
        person = uow.people.by_account(f"web:demo:{name}")  # type: ignore[arg-type]
        assert person is not None
        return [need.words for need in uow.needs.of(person.id)]


def test_one_sentence_becomes_a_need_with_a_receipt() -> None:
    """Say it, see it, send it: the receipt has the number and the date of the first answer."""
    talk = Talk()
    ada = talk.person("ada", department="Finance")
    ada.says(PRINTER)
    assert ada.names() == ["needs.summary"]
    assert Quote(words=PRINTER) in ada.last.parts
    answer = ada.presses(Action.NEED_SEND)
    assert needs(talk, "ada") == [PRINTER]
    assert ada.names() == ["needs.receipt"]
    assert answer.card == ada.last
    assert "N-1 is with IT" in words(ada.last)
    assert "Mon, Nov 9, 2026" in words(ada.last)
    assert "Finance" in words(ada.last)


def test_the_receipt_comes_as_a_new_message_after_a_typed_yes() -> None:
    """Who types reads on at the end of the conversation."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.says("Yes, send it please!")
    assert ada.names() == ["needs.moved_on", "needs.receipt"]
    assert needs(talk, "ada") == [PRINTER]


def test_nothing_is_stored_before_send() -> None:
    """Cancel gives the words back and stores nothing."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.presses(Action.NEED_CANCEL)
    assert needs(talk, "ada") == []
    assert ada.names() == ["needs.cancelled"]
    assert Quote(words=PRINTER) in ada.last.parts


def test_typed_cancel_drops_the_draft() -> None:
    """The word works as the button does."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.says("abbrechen")
    assert ada.names() == ["needs.moved_on", "needs.cancelled"]
    ada.says("cancel")
    assert ada.last.name == "people.nothing_open"


def test_change_opens_a_dialog_with_the_words_and_keeps_one_card() -> None:
    """The summary is changed in place, the original words are gone only from the draft."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    dialog = ada.presses(Action.NEED_CHANGE).dialog
    assert dialog is not None
    assert "3rd floor" in str(dialog.parts)
    assert ada.submits(dialog, words="  ").errors.keys() == {"words"}
    ada.submits(dialog, words="The printer is broken")
    assert ada.names() == ["needs.summary"]
    ada.presses(Action.NEED_SEND)
    assert needs(talk, "ada") == ["The printer is broken"]


def test_further_words_are_added_and_the_old_card_moves_on() -> None:
    """People write in several short messages; none is lost and no old button acts."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.says("and nobody comes")
    assert ada.names() == ["needs.moved_on", "needs.summary"]
    ada.presses(Action.NEED_SEND)
    assert needs(talk, "ada") == [f"{PRINTER}\nand nobody comes"]


def test_back_goes_one_step_and_forth_again() -> None:
    """From the summary to the words, and from there back to the summary."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.says("back")
    assert ada.last.name == "needs.say_again"
    ada.says("back")
    assert ada.last.name == "needs.summary"
    ada.says("no")
    ada.says("The scanner is broken")
    ada.says("ok")
    assert needs(talk, "ada") == ["The scanner is broken"]


def test_a_digression_is_answered_and_the_draft_is_offered_again() -> None:
    """Asking for help in the middle loses nothing."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.says("help")
    assert ada.names() == ["needs.summary", "people.help", "needs.unfinished"]
    ada.presses(Action.RESUME)
    assert ada.last.name == "needs.summary"
    ada.presses(Action.NEED_SEND)
    assert needs(talk, "ada") == [PRINTER]


def test_a_second_press_gives_the_same_receipt_and_no_second_need() -> None:
    """Two fingers, a lost answer, an old card: one need."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    with talk.store.units() as uow:
        person = uow.people.by_account(ada.account)
        assert person is not None
        draft = uow.dialogues.get(person.id)
        assert draft is not None
        token = draft.notes["draft"]
    first = ada.presses(Action.NEED_SEND, token)
    again = ada.presses(Action.NEED_SEND, token)
    late = ada.presses(Action.NEED_CANCEL, token)
    changed = ada.presses(Action.NEED_CHANGE, token)
    assert first.card == again.card == late.card == changed.card
    assert needs(talk, "ada") == [PRINTER]


def test_the_same_event_again_gets_the_same_answer_and_no_effect() -> None:
    """A platform that sends an event twice changes nothing."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER, key="k1")
    ada.says(PRINTER, key="k1")
    assert ada.names() == ["needs.summary"]
    assert ada.presses(Action.NEED_SEND, key="k2") == ada.presses(
        Action.NEED_MINE, "anything", key="k2"
    )


def test_nobody_sends_changes_or_withdraws_what_is_another_persons() -> None:
    """Ids in buttons are no right: a stranger's press is as if the need did not exist."""
    talk = Talk()
    ada, eve = talk.person("ada"), talk.person("eve")
    ada.says(PRINTER)
    with talk.store.units() as uow:
        person = uow.people.by_account(ada.account)
        assert person is not None
        draft = uow.dialogues.get(person.id)
        assert draft is not None
    token = draft.notes["draft"]
    for action in (Action.NEED_SEND, Action.NEED_CHANGE, Action.NEED_CANCEL, Action.RESUME):
        card = eve.presses(action, token).card
        assert card is not None
        assert card.name == "needs.no_draft"
    ada.presses(Action.NEED_SEND)
    stolen = eve.presses(Action.NEED_SEND, token).card
    assert stolen is not None
    assert PRINTER not in words(stolen)
    card = eve.presses(Action.NEED_WITHDRAW, "1").card
    assert card is not None
    assert card.name == "needs.not_found"
    with talk.store.units() as uow:
        need = uow.needs.get(1)  # type: ignore[arg-type]
        assert need is not None
        assert need.state is NeedState.ACKNOWLEDGED


def test_my_needs_lists_the_newest_and_says_how_many_are_older() -> None:
    """Five at a time, the rest counted, each with its state."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says("my needs")
    assert "not asked for anything" in words(ada.last)
    for number in range(7):
        ada.says(f"need number {number}")
        ada.says("send")
    ada.says("my needs")
    shown = words(ada.last)
    assert "need number 6" in shown
    assert "need number 1" not in shown
    assert "And 2 older ones." in shown


def test_withdrawing_keeps_history_and_updates_the_pressed_card() -> None:
    """From the list the list is refreshed, from the receipt the receipt changes."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.presses(Action.NEED_SEND)
    ada.says("my needs")
    ada.presses(Action.NEED_WITHDRAW)
    assert ada.last.name == "needs.mine"
    assert "withdrawn" in words(ada.last)
    assert ada.presses(Action.NEED_WITHDRAW, "1").card is None
    assert ada.last.name == "needs.withdrawn"
    with talk.store.units() as uow:
        history = [(one.before, one.after) for one in uow.needs.history(1)]  # type: ignore[arg-type]
    assert history == [
        (NeedState.SUBMITTED, NeedState.ACKNOWLEDGED),
        (NeedState.ACKNOWLEDGED, NeedState.WITHDRAWN),
    ]


def test_a_mention_in_a_channel_goes_on_in_private() -> None:
    """The channel hears only that a direct message was sent."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER, place="web:demo:general")
    assert ada.names() == ["needs.summary"]
    channel = [seen for seen in talk.messages.values() if seen.to == "web:demo:general#t1"]
    assert [seen.card.name for seen in channel] == ["people.in_private"]
    assert PRINTER not in words(channel[0].card)
    ada.says("my needs", place="web:demo:general")
    assert ada.last.name == "needs.mine"


def test_a_message_shortcut_starts_a_need_with_its_words_and_link() -> None:
    """The message's own words are the original, its address stays with the need."""
    talk = Talk()
    ada = talk.person("ada")
    link = "https://chat.example.com/archives/C1/p1"
    answer = ada.commands("It fails again", Action.NEED_FROM_MESSAGE, link)
    assert answer.only_you
    ada.presses(Action.NEED_SEND)
    assert link in str(ada.last)
    empty = ada.commands(" ", Action.NEED_FROM_MESSAGE, link)
    assert empty.dialog is not None
    assert ada.commands("", Action.NEED_START).dialog is not None


def test_the_slash_command_answers_in_its_own_reply() -> None:
    """Alone it shows the menu, with words it starts a need, with a known word it obeys."""
    talk = Talk()
    ada = talk.person("ada")
    menu = ada.commands("").card
    assert menu is not None
    assert menu.name == "people.menu"
    started = ada.commands(PRINTER).card
    assert started is not None
    assert started.name == "people.in_private"
    mine = ada.commands("my needs").card
    assert mine is not None
    assert mine.name == "needs.mine"
    assert ada.names() == ["needs.summary"]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "*bold* _it_ ~no~ <!channel> <@U1> [x](y) <b>html</b> &amp;",
        "אני צריך מחשב חדש",
        "🖨️🔥👩‍💻",
        "line one\n\nline two\ttab",
        "{curly} {0} %s %(x)s \\n",
    ],
)
def test_any_text_is_stored_as_it_was_given(text: str) -> None:
    """Long, marked up, right to left, emoji alone: nothing is changed or cut."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(text)
    assert Quote(words=text) in ada.last.parts
    ada.presses(Action.NEED_SEND)
    assert needs(talk, "ada") == [text]


def test_words_too_long_for_a_dialog_are_asked_for_again_instead_of_cut() -> None:
    """A dialog's field ends at 3,000 characters; nothing is lost in it."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says("y" * 5000)
    assert ada.presses(Action.NEED_CHANGE).dialog is None
    assert ada.last.name == "needs.say_again"
    ada.says("back")
    ada.presses(Action.NEED_SEND)
    assert needs(talk, "ada") == ["y" * 5000]


def test_the_menu_button_starts_a_need_in_a_dialog() -> None:
    """Who prefers a form gets one field."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says("hello")
    dialog = ada.presses(Action.NEED_START).dialog
    ada.submits(dialog, words=PRINTER)
    assert ada.last.name == "needs.summary"
    ada.says("   ")
    assert ada.names()[-2:] == ["people.menu", "needs.unfinished"]


def test_an_unknown_action_is_answered_politely() -> None:
    """A card of another version changes nothing and shows the present menu."""
    talk = Talk()
    ada = talk.person("ada")
    card = ada.presses("need.vote", "12").card
    assert card is not None
    assert card.name == "people.out_of_date"
    garbage = ada.presses(Action.NEED_WITHDRAW, "\uff19\uff19").card
    assert garbage is not None
    assert garbage.name == "needs.not_found"


def test_asked_at_is_the_time_of_sending() -> None:
    """The clock is an argument."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.presses(Action.NEED_SEND)
    with talk.store.units() as uow:
        need = uow.needs.get(1)  # type: ignore[arg-type]
    assert need is not None
    assert need.asked_at == NOW


def test_a_second_need_sets_the_first_aside_and_gives_its_words_back() -> None:
    """One need at a time; the other's words stay readable and its buttons are gone."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.says("The scanner too", place="web:demo:general")
    assert ada.names() == ["needs.set_aside", "needs.summary"]
    assert Quote(words=PRINTER) in ada.cards()[0].parts


def test_withdrawing_on_the_home_surface_shows_its_list_anew() -> None:
    """No message comes, and no stale button stays."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says(PRINTER)
    ada.says("send")
    assert "Withdraw" in str(ada.opens_home())
    before = ada.names()
    ada.presses(Action.NEED_WITHDRAW, "1:list")
    assert ada.names() == before
    assert Action.NEED_WITHDRAW not in str(talk.homes[ada.account])
