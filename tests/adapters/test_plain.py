"""The plain text says what the card says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import plain
from bot.messages import (
    Button,
    Buttons,
    Card,
    Chart,
    ChartKind,
    Choice,
    Context,
    Dialog,
    Divider,
    Fact,
    Facts,
    Field,
    Heading,
    Link,
    Moment,
    MultiChoice,
    Option,
    Part,
    PersonChoice,
    Point,
    Progress,
    Quote,
    Scale,
    Series,
    Table,
    Text,
    When,
)
from tests.card_strategies import cards, dialogs, texts

OPTIONS = (Option(value="a", label="Alpha"), Option(value="b", label="Beta"))
AT = datetime(2026, 11, 9, 8, 5, tzinfo=UTC)


def card(*parts: Part, lang: str = "en") -> Card:
    return Card(name="tests.card", summary="In one sentence.", parts=parts, lang=lang)


def test_the_summary_comes_first_and_is_not_said_twice() -> None:
    """A card that is only its summary is one line."""
    assert plain.render(card(Text(words="In one sentence."))) == "In one sentence."


def test_every_part_is_said_and_buttons_are_not() -> None:
    """Quotes have quotation marks, tables a line per row, charts their numbers."""
    bars = Chart(
        kind=ChartKind.BAR,
        title="Answers",
        x_label="Week",
        series=(
            Series(name="IT", points=(Point(label="45", value=7.25), Point(label="46", value=8))),
            Series(name="Sales", points=(Point(label="45", value=1200),)),
        ),
        unit=" h",
    )
    shown = card(
        Heading(words="Head"),
        Quote(words="It jams", by="Ben"),
        Facts(facts=(Fact(label="Number", value="N-12"),)),
        Table(caption="Waves", columns=("Wave", "n"), rows=(("May", "12"), ("June", "15"))),
        bars,
        Progress(words="Half of it", done=5, total=10),
        Link(words="Read", url="https://example.com"),
        Divider(),
        Context(words="Small"),
        Buttons(buttons=(Button(label="Press me", action="menu"),)),
    )
    assert plain.render(shown).splitlines() == [
        "In one sentence.",
        "Head",
        "“It jams” — Ben",
        "Number: N-12",
        "Waves",
        "Wave: May; n: 12",
        "Wave: June; n: 15",
        "Answers (Week)",
        "IT: 45: 7.25 h; 46: 8 h",
        "Sales: 45: 1,200 h",
        "Half of it (5/10)",
        "Read: https://example.com",
        "Small",
    ]


def test_a_dialog_names_its_inputs_by_their_labels() -> None:
    """What can be chosen and what is filled in already is said with the label."""
    dialog = Dialog(
        name="tests.dialog",
        title="A form",
        summary="Fill it in.",
        parts=(
            Choice(id="a", label="One", options=OPTIONS, chosen="b"),
            MultiChoice(id="b", label="Many", options=OPTIONS, chosen=("a", "b"), hint="Any"),
            Scale(id="c", label="How?", low_label="bad", high_label="good"),
            Field(id="d", label="Words", value="so far"),
            When(id="e", label="Day", value=AT),
            When(id="f", label="Hour", asks=Moment.TIME, value=AT),
            When(id="g", label="Both", asks=Moment.DATE_AND_TIME, value=AT),
            When(id="h", label="Never"),
            PersonChoice(id="i", label="Who", known=OPTIONS, chosen="a"),
        ),
        action="need.changed",
        submit="Go",
        cancel="No",
    )
    assert plain.render(dialog).splitlines() == [
        "A form",
        "Fill it in.",
        "One [Alpha, Beta]: Beta",
        "Many (Any) [Alpha, Beta]: Alpha, Beta",
        "How? [0 = bad, 10 = good]",
        "Words: so far",
        "Day: 2026-11-09",
        "Hour: 08:05",
        "Both: 2026-11-09 08:05",
        "Never",
        "Who: Alpha",
    ]


@pytest.mark.parametrize(
    ("value", "lang", "written"),
    [
        (1234.5, "en", "1,234.5"),
        (1234.5, "de", "1.234,5"),
        (7.0, "xx-ZZ", "7"),
        (0.005, "en", "0"),
        (float("nan"), "en", "—"),
        (float("inf"), "en", "—"),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(
    value: float, lang: str, written: str
) -> None:
    """At most two decimals; what is no number is a dash; an unknown language counts as English."""
    assert plain.figure(value, lang) == written


def test_an_empty_table_names_its_columns() -> None:
    """A table without rows still says what it would hold."""
    empty = card(Table(caption="Waves", columns=("Wave", "n"), rows=()), Text(words="."))
    ragged = card(Table(caption="Waves", columns=(), rows=(("a", "b"), ())))
    assert plain.render(empty).splitlines()[1:3] == ["Waves", "Wave | n"]
    assert plain.render(ragged).splitlines()[1:] == ["Waves", "a; b"]


def test_right_to_left_words_do_not_turn_what_stands_beside_them() -> None:
    """An override that somebody leaves open ends with her words."""
    assert plain.isolated("plain") == "plain"
    assert plain.isolated("déjà") == "déjà"
    assert plain.isolated("مرحب") == "\u2068مرحب\u2069"
    assert plain.isolated("\u202eevil\u2066") == "\u2068\u202eevil\u2066\u2069\u2069"
    assert plain.isolated("\u2069\u2069ب") == "\u2068ب\u2069"


@given(texts())
def test_an_isolation_is_balanced(words: str) -> None:
    """As many isolations end as begin, whatever was written."""
    shown = plain.isolated(words)
    openers = sum(shown.count(one) for one in "\u2066\u2067\u2068")
    if shown != words:
        assert openers == shown.count("\u2069")


@given(st.one_of(cards(), dialogs()))
def test_every_card_can_be_said(shown: Card | Dialog) -> None:
    """Any card gives a text that begins with what it is about."""
    first = shown.title if isinstance(shown, Dialog) else shown.summary
    assert plain.render(shown).startswith(first)
