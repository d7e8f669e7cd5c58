"""Drafted, previewed, confirmed with the count, delivered, counted."""

from dataclasses import replace

from bot.actions import Action
from bot.announcements import handlers
from bot.delivery import Gone, Unanswered
from bot.heard import ChannelId
from bot.messages import Answer, Card
from bot.people.model import Channel
from tests.bot.talk import Talk, buttons, words

GENERAL = "web:demo:general"
DRAFT = {"title": "New laptops", "words": "From Monday.\n\nAsk *your* champion.", "channel": "-"}


class Office:
    """A CIO and three colleagues."""

    def __init__(self, colleagues: int = 3) -> None:
        self.talk = Talk()
        self.cio = self.talk.person("cio")
        self.cio.says("hi")
        self.people = [self.talk.person(f"p{n}") for n in range(colleagues)]
        for person in self.people:
            person.says("hi")
        with self.talk.store.units() as uow:
            uow.people.save_channel(Channel(id=ChannelId(GENERAL), name="general"))
            uow.commit()

    def draft(self, **values: str) -> Answer:
        """Fill the dialog."""
        dialog = self.cio.presses(Action.ANNOUNCE_COMPOSE).dialog
        return self.cio.submits(dialog, **{**DRAFT, **values})

    def count(self) -> None:
        """Let the clock count."""
        self.talk.work(lambda uow: handlers.keep_counting(uow, self.talk.tools))


def card(answer: Answer) -> Card:
    """Return the answer's card."""
    assert answer.card is not None
    return answer.card


def test_the_preview_is_exactly_what_everybody_gets() -> None:
    """Byte for byte the same card, to the author first and to no one else before the send."""
    office = Office()
    office.draft()
    preview, control = office.cio.cards()[-2:]
    assert control.name == "announcements.confirm"
    assert [b.label for b in buttons(control)] == ["Send to 4 people", "Change", "Cancel"]
    assert all(p.last.name == "people.menu" for p in office.people)
    office.cio.presses(Action.ANNOUNCE_SEND)
    assert {p.last for p in office.people} == {preview}
    assert office.cio.last == preview


def test_the_authors_card_follows_the_delivery_and_adds_up() -> None:
    """Planned is always delivered + failed + unclear + pending."""
    office = Office()
    office.talk.outcomes[office.people[0].account] = Gone(reason="account_inactive")
    office.talk.outcomes[office.people[1].account] = Unanswered(reason="timeout")
    office.draft()
    started = card(office.cio.presses(Action.ANNOUNCE_SEND))
    assert "0 of 4 delivered" in words(started)
    office.count()
    done = next(c for c in office.cio.cards() if c.name == "announcements.progress")
    shown = words(done)
    assert "Not everybody got your announcement: 2 of 4 delivered" in shown
    for line in ("Planned: 4", "Delivered: 2", "Failed: 1", "Pending: 0", "Unclear: 1"):
        assert line in shown
    office.count()


def test_a_second_send_sends_nothing() -> None:
    """Two presses, an old card, a redelivery: one copy each."""
    office = Office()
    office.draft()
    office.cio.presses(Action.ANNOUNCE_SEND)
    again = card(office.cio.presses(Action.ANNOUNCE_SEND, "1:4"))
    assert again.name == "announcements.progress"
    for action in (Action.ANNOUNCE_CANCEL, Action.ANNOUNCE_CHANGE):
        assert card(office.cio.presses(action, "1")).name == "announcements.progress"
    assert all(p.names().count("announcements.announcement") == 1 for p in office.people)


def test_a_changed_audience_is_asked_about_again() -> None:
    """What was confirmed is what is sent: another count needs another press."""
    office = Office()
    office.draft()
    office.talk.person("late").says("hi")
    again = card(office.cio.presses(Action.ANNOUNCE_SEND))
    assert "Send to 5 people" in {b.label for b in buttons(again)}
    assert "has changed" in words(again)
    office.cio.presses(Action.ANNOUNCE_SEND)
    assert all(p.last.name == "announcements.announcement" for p in office.people)


def test_change_keeps_the_two_cards_and_their_order() -> None:
    """The preview and the question are changed in place."""
    office = Office()
    office.draft()
    dialog = office.cio.presses(Action.ANNOUNCE_CHANGE).dialog
    before = len(office.cio.cards())
    office.cio.submits(dialog, **{**DRAFT, "title": "Newer laptops"})
    assert len(office.cio.cards()) == before
    assert office.cio.cards()[-2].summary == "Newer laptops"


def test_cancel_gives_the_words_back() -> None:
    """Nothing was sent, nothing is lost."""
    office = Office()
    office.draft()
    dropped = card(office.cio.presses(Action.ANNOUNCE_CANCEL))
    assert "champion" in words(dropped)
    assert card(office.cio.presses(Action.ANNOUNCE_SEND, "1:4")).name == "announcements.cancelled"
    dialog_gone = office.cio.presses(Action.ANNOUNCE_CHANGE, "1")
    assert card(dialog_gone).name == "announcements.cancelled"
    assert all(p.last.name == "people.menu" for p in office.people)


def test_a_channel_gets_one_copy() -> None:
    """To a channel instead of everyone."""
    office = Office()
    office.draft(channel=GENERAL)
    assert next(b.label for b in buttons(office.cio.last)) == "Send to the channel"
    office.cio.presses(Action.ANNOUNCE_SEND)
    in_channel = [s.card.name for s in office.talk.messages.values() if s.to == GENERAL]
    assert in_channel == ["announcements.announcement"]
    office.count()
    assert "Planned: 1" in words(
        next(c for c in office.cio.cards() if c.name == "announcements.progress")
    )


def test_a_channel_that_went_away_is_said_and_nothing_is_sent() -> None:
    """The draft stays, another audience can be chosen."""
    office = Office()
    office.draft(channel=GENERAL)
    with office.talk.store.units() as uow:
        uow.people.save_channel(Channel(id=ChannelId(GENERAL), name="general", active=False))
        uow.commit()
    asked = card(office.cio.presses(Action.ANNOUNCE_SEND))
    assert "Nobody would get this" in words(asked)
    assert [b.action for b in buttons(asked)] == [Action.ANNOUNCE_CHANGE, Action.ANNOUNCE_CANCEL]


def test_people_who_cannot_be_reached_are_counted_before_the_send() -> None:
    """The author reads how many will not get it."""
    office = Office()
    office.talk.outcomes[office.people[0].account] = Gone(reason="blocked")
    office.people[0].says("help")
    office.draft()
    assert "Send to 3 people" in {b.label for b in buttons(office.cio.last)}
    assert "1 person has no way" in words(office.cio.last)


def test_only_its_author_with_the_role_acts_on_a_draft() -> None:
    """Neither an employee nor an invented id gets anywhere."""
    office = Office()
    office.draft()
    eve = office.people[0]
    for action in (
        Action.ANNOUNCE_COMPOSE,
        Action.ANNOUNCE_PREVIEW,
        Action.ANNOUNCE_SEND,
        Action.ANNOUNCE_CHANGE,
        Action.ANNOUNCE_CANCEL,
    ):
        assert card(eve.presses(action, "1:4")).name == "people.not_yours"
    for argument in ("9:4", "x", "-1", "9" * 30):
        for action in (Action.ANNOUNCE_SEND, Action.ANNOUNCE_CHANGE, Action.ANNOUNCE_CANCEL):
            assert card(office.cio.presses(action, argument)).name == "announcements.unknown"
    eve.says("announce")
    assert eve.last.name == "people.not_yours"


def test_every_wrong_field_is_named() -> None:
    """The dialog stays open with what was typed."""
    office = Office()
    assert office.draft(title=" ", words="", channel="web:demo:x").errors.keys() == {
        "title",
        "words",
        "channel",
    }
    assert office.draft(title="x" * 121, words="y" * 3001).errors.keys() == {"title", "words"}
    office.draft()
    dialog = office.cio.presses(Action.ANNOUNCE_CHANGE).dialog
    office.cio.presses(Action.ANNOUNCE_CANCEL)
    assert card(office.cio.submits(dialog, **DRAFT)).name == "announcements.unknown"


def test_an_old_send_button_never_sends_newer_words() -> None:
    """What its own card was about is what a button sends."""
    office = Office()
    office.draft()
    old = next(b.argument for b in buttons(office.cio.last) if b.action == Action.ANNOUNCE_SEND)
    dialog = office.cio.presses(Action.ANNOUNCE_CHANGE).dialog
    office.cio.submits(dialog, **{**DRAFT, "words": "Layoffs, draft"})
    asked = card(office.cio.presses(Action.ANNOUNCE_SEND, old))
    assert asked.name == "announcements.confirm"
    assert all(p.last.name == "people.menu" for p in office.people)


def test_everything_delivered_is_said_so() -> None:
    """Only if every planned copy was."""
    office = Office()
    office.draft()
    office.cio.presses(Action.ANNOUNCE_SEND)
    office.count()
    assert any("is delivered: 4 of 4" in words(one) for one in office.cio.cards())


def test_a_channel_post_is_previewed_in_the_channels_language() -> None:
    """A German author sees what an English channel will read."""
    office = Office()
    german = office.talk.profiles[office.cio.account]
    office.talk.profiles[office.cio.account] = replace(german, locale="de")
    office.cio.says("hi")
    office.draft(channel=GENERAL)
    preview = office.cio.cards()[-2]
    office.cio.presses(Action.ANNOUNCE_SEND)
    posted = [s.card for s in office.talk.messages.values() if s.to == GENERAL]
    assert posted == [preview]
