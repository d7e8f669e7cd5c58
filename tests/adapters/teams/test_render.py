"""Cards and dialogs as Teams shows them, judged as Teams and its reviewers judge."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from adapters import signing
from adapters.teams import render, sealed
from adapters.teams.limits import MESSAGE_BYTES
from adapters.teams.text import escaped
from adapters.teams.words import ENGLISH
from bot.messages import (
    Button,
    Buttons,
    Card,
    Chart,
    ChartKind,
    Choice,
    Dialog,
    Divider,
    Fact,
    Facts,
    Field,
    Heading,
    Link,
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
)
from tests.card_strategies import cards, dialogs
from tests.fakes.adaptivecards import SIZE_LIMIT, judge, walk

KEY = b"k" * 32
# Cards are large: finding the smallest failing one takes minutes and tells no more.
SLOW = settings(
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def card(*parts: Part, lang: str = "en", rtl: bool = False) -> Card:
    return Card(name="test", summary="A summary", parts=parts, lang=lang, rtl=rtl)


def form(*parts: Part) -> Dialog:
    return Dialog(
        name="test", title="Title", summary="A summary", parts=parts, action="need.changed",
        submit="Send", cancel="Cancel", argument="7",
    )  # fmt: skip


def drawn(*parts: Part, lang: str = "en", rtl: bool = False) -> dict[str, Any]:
    content = render.message(card(*parts, lang=lang, rtl=rtl), key=KEY)
    assert judge(content) == []
    return content


def texts(content: Mapping[str, Any]) -> Iterator[str]:
    for spot in walk(content):
        if spot.replaces is None and isinstance(spot.node.get("text"), str):
            yield spot.node["text"]


def actions(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    spots = walk(content)
    return [s.node for s in spots if s.replaces is None and s.kind.startswith("Action.")]


@SLOW
@given(cards())
def test_any_card_is_a_good_message(any_card: Card) -> None:
    """No text and no number of parts makes a card that Teams refuses or a reviewer faults."""
    assert judge(render.message(any_card, key=KEY)) == []


@SLOW
@given(cards())
def test_any_card_can_stand_in_a_dialog(any_card: Card) -> None:
    """The same card answers through Action.Submit where Execute does not work."""
    assert judge(render.inside(any_card, key=KEY), dialog=True) == []


@SLOW
@given(dialogs())
def test_any_dialog_is_good_with_and_without_errors(any_dialog: Dialog) -> None:
    """Errors of known and unknown fields are shown, and the dialog comes back from its button."""
    errors = {part.id: "Please say more" for part in any_dialog.parts if isinstance(part, Field)}
    content = render.dialog(any_dialog, key=KEY, errors=errors | {"nobody": "Something else"})
    assert judge(content, dialog=True) == []
    sent = sealed.read_dialog(KEY, content["actions"][0]["data"])
    assert sent is not None
    assert (sent.action, sent.argument) == (any_dialog.action, any_dialog.argument)


@SLOW
@given(dialogs())
def test_any_dialog_can_stand_in_a_message(any_dialog: Dialog) -> None:
    """Where no window can open, the form itself is shown."""
    assert judge(render.form_in_message(any_dialog, key=KEY)) == []


MARKUP = "*bold* _it_ [x](https://e.example) <at>a</at> **b** `c` # h\n- list {{DATE(1)}}"


def test_words_are_shown_as_given() -> None:
    """Paragraphs and quotes are rich text: every character, no markdown, line breaks kept."""
    content = drawn(Text(words=MARKUP), Quote(words=MARKUP, by="Ada"))
    lines = ["".join(r["text"] for r in b["inlines"]) for b in blocks(content)]
    assert lines == [*MARKUP.split("\n"), *MARKUP.split("\n"), "— Ada"]
    assert not any("{{" in text for text in texts(content))


def blocks(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [s.node for s in walk(content) if s.kind == "RichTextBlock"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("plain", "plain"),
        ("*b* _i_", r"\*b\* \_i\_"),
        ("[x](https://e.example)", r"\[x\](https://e.example)"),
        ("<at>a</at> &amp;", r"\<at\>a\</at\> \&amp;"),
        ("# h", r"\# h"),
        ("- a\n1. b\n12) c", "\\- a\n1\\. b\n12\\) c"),
        ("a - b 1.5", "a - b 1.5"),
        ("{{DATE(1)}}", r"\{\{DATE(1)}}"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_where_markdown_is_read_it_is_escaped(words: str, shown: str) -> None:
    """Titles and facts know no other way to show a character as itself."""
    assert escaped(words, 100) == shown
    facts = drawn(Facts(facts=(Fact(label=words, value=words),)))["body"][0]["facts"]
    assert facts == [{"title": shown, "value": shown}]


def test_long_text_is_shortened_visibly() -> None:
    """A hundred thousand characters become as many as fit, and a count of the others."""
    content = drawn(Text(words="x" * 100_000))
    assert render.size(content) <= MESSAGE_BYTES
    assert "… (+8" in "".join(texts(content))


def test_parts_that_do_not_fit_are_counted_and_buttons_stay() -> None:
    """What can be pressed is left out last."""
    words = tuple(Text(words=f"{number} " + "word " * 200) for number in range(400))
    press = Buttons(buttons=(Button(label="Go", action="menu"),))
    made = render.drawn(card(*words, press), key=KEY)
    assert judge(made.content) == []
    assert made.left_out > 0
    assert f"{made.left_out} more parts did not fit" in "".join(texts(made.content))
    assert [action["title"] for action in actions(made.content)] == ["Go"]


def test_buttons_answer_by_execute_with_a_submit_for_old_clients() -> None:
    """Both bring back the same signed action."""
    button = Button(label="Send", action="need.send", argument="a|b", hint="Send to IT")
    action = drawn(Buttons(buttons=(button,)))["body"][0]["actions"][0]
    assert (action["type"], action["verb"], action["title"]) == (
        "Action.Execute", "need.send", "Send"
    )  # fmt: skip
    assert action["tooltip"] == "Send to IT"
    assert action["fallback"]["type"] == "Action.Submit"
    for data in (action["data"], action["fallback"]["data"]):
        assert sealed.read_action(KEY, data) == ("need.send", "a|b")
        assert sealed.read_action(b"other key" * 4, data) == ("", "")


def test_a_button_that_opens_a_dialog_says_so_before_the_press() -> None:
    """Teams fetches the dialog; in a dialog the same button is a plain one."""
    press = Buttons(buttons=(Button(label="Change", action="need.change", opens_dialog=True),))
    action = drawn(press)["body"][0]["actions"][0]
    assert action["type"] == "Action.Submit"
    assert action["data"]["msteams"] == {"type": "task/fetch"}
    inside = render.inside(card(press), key=KEY)["body"][0]["actions"][0]
    assert "msteams" not in inside["data"]


def test_a_confirmation_unfolds_and_the_first_press_does_nothing() -> None:
    """Teams asks no question of its own before an action."""
    button = Button(label="Send to 41", action="announcement.send", confirm="Send it to 41 people?")
    outer = drawn(Buttons(buttons=(button,)))["body"][0]["actions"][0]
    assert outer["type"] == "Action.ShowCard"
    assert "data" not in outer
    assert "".join(texts(outer["card"])) == "Send it to 41 people?"
    assert outer["card"]["actions"][0]["verb"] == "announcement.send"


def test_many_buttons_stand_in_rows_of_six() -> None:
    """No set of actions is longer than reviewers allow."""
    press = Buttons(buttons=tuple(Button(label=f"B{n}", action="menu") for n in range(14)))
    assert [len(one["actions"]) for one in drawn(press)["body"]] == [6, 6, 2]


SCALE = Scale(
    id="score", label="How happy?", low_label="not at all", high_label="very",
    action="pulse.answer", argument="3",
)  # fmt: skip


def test_a_scale_is_answered_with_one_tap_in_rows_for_phones() -> None:
    """Every point says what it is out of how many; the ends are named in words."""
    content = drawn(SCALE)
    rows = [one["columns"] for one in content["body"] if one["type"] == "ColumnSet"]
    assert [[c["items"][0]["text"] for c in row if c["items"]] for row in rows] == [
        ["0", "1", "2", "3", "4", "5"],
        ["6", "7", "8", "9", "10"],
    ]
    assert "0 = not at all · 10 = very" in list(texts(content))
    tap = rows[0][4]["selectAction"]
    assert tap["title"] == "4 of 10"
    assert tap["data"]["score"] == "4"
    assert tap["fallback"]["data"]["score"] == "4"
    assert sealed.read_action(KEY, tap["data"]) == ("pulse.answer", "3")


@pytest.mark.parametrize(
    ("low", "high", "rows"), [(1, 5, [5]), (-2, 2, [5]), (1, 12, [6, 6]), (0, 6, [6, 6])]
)
def test_scales_of_other_lengths(low: int, high: int, rows: list[int]) -> None:
    """Rows are filled up so that points stand below each other."""
    content = drawn(replace(SCALE, low=low, high=high))
    assert [len(one["columns"]) for one in content["body"] if "columns" in one] == rows


def test_a_long_scale_is_typed() -> None:
    """Thirteen points and more have no place side by side."""
    content = drawn(replace(SCALE, high=100))
    number = next(one for one in content["body"] if one["type"] == "Input.Number")
    assert (number["min"], number["max"]) == (0, 100)
    assert actions(content)[0]["verb"] == "pulse.answer"
    in_dialog = render.dialog(form(replace(SCALE, high=100, action="")), key=KEY)
    assert in_dialog["body"][0]["type"] == "Input.Number"


def chart(kind: ChartKind, *series: Series) -> Chart:
    return Chart(kind=kind, title="Happiness", series=series, x_label="Month", unit=" %")


ONE = Series(name="IT", points=(Point(label="Jan", value=1.5), Point(label="Feb", value=2)))
TWO = Series(name="HR", points=(Point(label="Jan", value=3), Point(label="Feb", value=4)))


@pytest.mark.parametrize(
    ("made", "kind", "first"),
    [
        (chart(ChartKind.BAR, ONE), "Chart.VerticalBar", {"x": "Jan", "y": 1.5}),
        (chart(ChartKind.SHARE, ONE), "Chart.Donut", {"legend": "Jan", "value": 1.5}),
        (
            chart(ChartKind.BAR, ONE, TWO),
            "Chart.VerticalBar.Grouped",
            {"legend": "IT", "values": [{"x": "Jan", "y": 1.5}, {"x": "Feb", "y": 2}]},
        ),
        (
            chart(ChartKind.LINE, ONE),
            "Chart.Line",
            {"legend": "IT", "values": [{"x": "Jan", "y": 1.5}, {"x": "Feb", "y": 2}]},
        ),
    ],
)
def test_charts_with_their_numbers_in_words_and_as_a_table(
    made: Chart, kind: str, first: dict[str, Any]
) -> None:
    """Clients without charts show the table; everybody can read the numbers."""
    content = drawn(made)
    element = next(one for one in content["body"] if one["type"].startswith("Chart."))
    assert element["type"] == kind
    assert element["data"][0] == first
    assert any(spot.kind == "Table" for spot in walk(element["fallback"]))
    assert "Jan: 1.5 %; Feb: 2 %" in " ".join(texts(content))


def test_a_chart_without_numbers_is_words() -> None:
    """Nothing is drawn from nothing, nor from what is no number."""
    nothing = Series(name="x", points=(Point(label="Jan", value=float("nan")),))
    assert all(
        one["type"] == "RichTextBlock" for one in drawn(chart(ChartKind.BAR, nothing))["body"]
    )
    assert drawn(chart(ChartKind.BAR))["body"]


def test_tables_have_a_header_and_every_cell() -> None:
    """Rows too short or too long for the header lose nothing silently."""
    made = Table(caption="Votes", columns=("Name", ""), rows=(("Ada",), ("Ben", "2", "late")))
    element = drawn(made)["body"][1]
    assert element["firstRowAsHeader"] is True
    assert [len(row["cells"]) for row in element["rows"]] == [3, 3, 3]
    long = Table(caption="", columns=("n",), rows=tuple((str(n),) for n in range(150)))
    assert "… (+50)" in list(texts(drawn(long)))


def test_progress_is_words_first() -> None:
    """The bar is only for those who see it."""
    content = drawn(Progress(words="3 of 4 delivered", done=3, total=4))
    assert next(texts(content)) == "3 of 4 delivered"
    assert [column["width"] for column in content["body"][1]["columns"]] == [3, 1]
    assert drawn(Progress(words="", done=9, total=0))


def test_links_lead_to_pages_only() -> None:
    """What is no address of a page stays text."""
    opened = actions(drawn(Link(words="Read", url="https://example.com/a?b=c")))
    assert [one["type"] for one in opened] == ["Action.OpenUrl"]
    for url in ("javascript:alert(1)", "https://", "https://[x", "not a page", "ftp://example.com"):
        assert actions(drawn(Link(words="Read", url=url))) == []


def test_direction_language_and_separators() -> None:
    """Right-to-left cards say so; a divider is a line above what follows."""
    content = drawn(Heading(words="a"), Divider(), Text(words="b"), Divider(), lang="ar", rtl=True)
    assert (content["rtl"], content["lang"]) == (True, "ar")
    assert [one.get("separator", False) for one in content["body"]] == [False, True]
    assert "rtl" not in drawn(Text(words="a"))
    assert drawn(Divider())["body"]


def test_inputs_come_back_as_they_were_given() -> None:
    """Ids that would hide something of ours, commas in values, and people from the directory."""
    people = PersonChoice(id="who", label="Who", known=(Option(value="teams:t:a", label="Ada"),))
    many = MultiChoice(
        id="gs", label="Which", chosen=("c%",),
        options=(Option(value="a,b", label="AB"), Option(value="c%", label="C")),
    )  # fmt: skip
    parts: tuple[Part, ...] = (Field(id="data", label="Words", value="old"), many, people)
    content = render.dialog(form(*parts), key=KEY)
    assert judge(content, dialog=True) == []
    data = content["actions"][0]["data"]
    kinds = data["kinds"]
    sent = data | {"~data~": "new", "~gs~": "a%2Cb,c%25", "who": "AB-12", "n": 4.0, "t": True}
    assert sealed.values(sent, kinds, "t1") == {
        "data": ("new",), "gs": ("a,b", "c%"), "who": ("teams:t1:ab-12",), "n": ("4",),
        "t": ("true",),
    }  # fmt: skip


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost() -> None:
    """The same dialog again, as the person left it."""
    options = (Option(value="a", label="A"), Option(value="b", label="B"))
    parts: tuple[Part, ...] = (
        Field(id="words", label="Words"), Choice(id="pick", label="Pick", options=options)
    )  # fmt: skip
    kept = render.filled(form(*parts), {"words": ("hello",), "pick": ("b",)})
    content = render.dialog(kept, key=KEY, errors={"pick": "Pick A", "gone": "Something else"})
    kinds = [one["type"] for one in content["body"]]
    assert kinds == ["RichTextBlock", "Input.Text", "RichTextBlock", "Input.ChoiceSet"]
    assert [t for t in texts(content) if "⚠" in t] == ["⚠ Something else", "⚠ Pick A"]
    assert (content["body"][1]["value"], content["body"][3]["value"]) == ("hello", "b")


def test_a_dialog_of_another_version_or_hand_is_none() -> None:
    """A bad signature, a later version and rubbish under a good one are all nobody's."""
    data = sealed.dialog_data(KEY, form(Field(id="a", label="A")))
    assert sealed.read_dialog(KEY, data) is not None
    assert sealed.read_dialog(b"x" * 32, data) is None
    for text in ("2|abc", "1|abc", "1|", "1|AAAA", "x"):
        assert sealed.read_dialog(KEY, {"gs": signing.sign(KEY, "dialog", text)}) is None
    assert sealed.read_dialog(KEY, sealed.action_data(KEY, "need.send", "")) is None


def test_no_other_platform_is_named() -> None:
    """Reviewers of the store refuse texts that name one."""
    assert SIZE_LIMIT == MESSAGE_BYTES
    assert "slack" not in str(ENGLISH).lower()
