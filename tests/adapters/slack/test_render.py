"""Cards become Block Kit that Slack takes, whatever was written."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.slack import limits, parse, render
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
    Surface,
    Table,
    Text,
    Tone,
    When,
)
from tests.card_strategies import cards, dialogs
from tests.fakes.blockkit import judge

KEY = b"k" * 32
AT = datetime(2026, 11, 9, 8, 5, tzinfo=UTC)
Blocks = list[dict[str, Any]]
slow = settings(
    max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def card(*parts: Part, lang: str = "en", rtl: bool = False) -> Card:
    return Card(name="tests.card", summary="A summary.", parts=parts, lang=lang, rtl=rtl)


def form(*parts: Part) -> Dialog:
    return Dialog(
        name="tests.form",
        title="A form",
        summary="Fill it in.",
        parts=parts,
        action="need.changed",
        argument="7",
        submit="Go",
        cancel="No",
    )


def blocks(*parts: Part, lang: str = "en", rtl: bool = False) -> Blocks:
    made: Blocks = render.message(card(*parts, lang=lang, rtl=rtl), key=KEY)["blocks"]
    assert judge(made, "message") == []
    return made


def texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - blocks nest freely
    """Yield every text that can be read in blocks, but for the words on buttons."""
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, dict) and value.get("type") != "button":
        for name, inner in value.items():
            if name == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)


def bare(text: str) -> str:
    """Take off marks of direction, which nobody reads."""
    return re.sub("[\u200f\u2068\u2069]", "", text)


@slow
@given(cards(Surface.MESSAGE))
def test_every_message_keeps_to_slacks_limits(shown: Card) -> None:
    """No text and no number of parts makes a message that Slack would refuse."""
    made = render.message(shown, key=KEY)
    assert judge(made["blocks"], "message") == []
    assert 0 < len(made["text"]) <= limits.TEXT
    assert not re.search(r"<[!@#]", made["text"])


@slow
@given(cards(Surface.HOME))
def test_every_home_keeps_to_slacks_limits(shown: Card) -> None:
    """The home surface takes any card, too; so does a modal that only shows one."""
    assert judge(render.home(shown, key=KEY), "home") == []
    assert judge(render.page(shown, key=KEY), "modal") == []


@slow
@given(dialogs())
def test_every_dialog_keeps_to_slacks_limits(shown: Dialog) -> None:
    """A dialog with any inputs opens."""
    view = render.dialog(shown, key=KEY)
    assert judge(view, "modal") == []
    assert len(str(view)) <= 250_000


def test_what_people_wrote_is_never_markup() -> None:
    """Stars stay stars and nobody is notified: no mrkdwn anywhere."""
    nasty = "*bold* <!channel> <@U1> &lt; :smile:"
    made = blocks(
        Heading(words=nasty),
        Text(words=nasty),
        Quote(words=nasty, by=nasty),
        Facts(facts=(Fact(label=nasty, value=nasty),)),
        Table(caption=nasty, columns=(nasty,), rows=((nasty,),)),
        Context(words=nasty),
        Link(words=nasty, url="https://example.com"),
        Buttons(buttons=(Button(label=nasty, action="menu", confirm=nasty),)),
    )
    assert "mrkdwn" not in str(made)
    assert "'emoji': True" not in str(made)
    shown = [text for text in texts(made) if text not in {": ", "— "}]
    assert all(nasty in text for text in shown), shown


def test_everything_in_the_blocks_is_in_the_text_as_well() -> None:
    """Screen readers read the text alone."""
    bars = Chart(
        kind=ChartKind.BAR,
        title="Answers",
        series=(Series(name="IT", points=(Point(label="May", value=7.5),)),),
    )
    shown = card(
        Heading(words="Head"),
        Quote(words="It jams", by="Ben"),
        Facts(facts=(Fact(label="Number", value="N-12"),)),
        Table(caption="Waves", columns=("Wave", "n"), rows=(("May", "12"),)),
        bars,
        Scale(id="score", label="How?", low_label="bad", high_label="good", action="pulse.answer"),
        Context(words="Small & <big>"),
    )
    made = render.message(shown, key=KEY)
    spoken = html.unescape(bare(made["text"]))
    for text in texts(made["blocks"]):
        assert bare(text).removeprefix("— ").rstrip(": ") in spoken


def test_a_button_carries_its_action_signed() -> None:
    """Same actions in one row get different ids; the value says what was pressed."""
    made = blocks(
        Buttons(
            buttons=(
                Button(label="A", action="menu", argument="1", tone=Tone.STRONG, hint="First"),
                Button(label="B", action="menu", argument="2", tone=Tone.DANGER, confirm="Sure?"),
            )
        )
    )
    one, two = made[0]["elements"]
    assert (one["action_id"], two["action_id"]) == ("menu", "menu:1")
    assert (one["style"], two["style"]) == ("primary", "danger")
    assert one["accessibility_label"] == "First"
    assert two["confirm"]["deny"]["text"] == "Cancel"
    assert two["confirm"]["style"] == "danger"
    assert parse.opened_seal(KEY, parse.ACTION, two["value"]) == ("menu", "2")


def test_a_confirmation_speaks_the_cards_language() -> None:
    """Where the word is not known, a sign stands for it."""
    button = Buttons(buttons=(Button(label="A", action="menu", confirm="Sure?"),))
    words = {
        lang: blocks(button, lang=lang)[0]["elements"][0]["confirm"]["deny"]["text"]
        for lang in ("de-AT", "en-XA", "xx")
    }
    assert words == {"de-AT": "Abbrechen", "en-XA": "✕", "xx": "✕"}


def test_a_scale_in_a_message_is_one_tap() -> None:
    """Each point is a button whose name says where it stands; both ends are in words above."""
    scale = Scale(
        id="score", label="How?", low_label="bad", high_label="good", action="pulse.answer"
    )
    head, row = blocks(scale)
    assert list(texts(head)) == ["How?", "0 = bad, 10 = good"]
    labels = [one["accessibility_label"] for one in row["elements"]]
    assert (labels[0], labels[4], labels[10]) == ("0/10: bad", "4/10: How?", "10/10: good")
    assert row["elements"][4]["action_id"] == "pulse.answer:score:4"


def test_a_long_text_is_shown_whole_as_long_as_slack_takes_it() -> None:
    """Only what does not fit is left out, and the mark says how much."""
    words = "w" * 8_000
    assert list(texts(blocks(Quote(words=words)))) == [words]
    short = next(texts(blocks(Quote(words="w" * 100_000))))
    kept, missing = re.fullmatch(r"(w+)… \(\+(\d+)\)", short).groups()  # type: ignore[union-attr]
    assert len(kept) + int(missing) == 100_000
    emoji = next(texts(blocks(Quote(words="👍" * 9_000))))
    assert emoji.endswith(")")


def test_more_parts_than_fit_are_counted_in_the_last_line() -> None:
    """The first 49 stay."""
    made = blocks(*(Text(words=f"line {number}") for number in range(60)))
    assert len(made) == 50
    assert list(texts(made[-1])) == ["… (+11)"]


def test_a_long_heading_is_bold_text_and_an_empty_one_is_left_out() -> None:
    """A title is never cut for the sake of its block."""
    title = "t" * 400
    assert list(texts(blocks(Heading(words=" "), Heading(words=title)))) == [title]
    assert next(texts(blocks(Quote(words="")))) == "—"
    assert next(texts(blocks())) == "A summary."


def test_links_go_to_web_pages_only() -> None:
    """Any other address is shown as text."""
    good, bad = blocks(
        Link(words="Here", url="https://example.com/a"), Link(words="Here", url="javascript:x()")
    )
    assert good["elements"][0]["elements"][0]["url"] == "https://example.com/a"
    assert list(texts(bad)) == ["Here: javascript:x()"]


def chart(kind: ChartKind, *values: float, series: int = 1) -> Chart:
    points = tuple(Point(label=f"p{at}", value=value) for at, value in enumerate(values))
    many = tuple(Series(name=f"s{at}", points=points) for at in range(series))
    return Chart(kind=kind, title="Title", series=many, x_label="X", y_label=" ")


@pytest.mark.parametrize(
    "shown",
    [
        chart(ChartKind.BAR),
        chart(ChartKind.BAR, float("nan")),
        chart(ChartKind.BAR, *range(21)),
        chart(ChartKind.LINE, 1, 2, series=7),
        chart(ChartKind.LINE, 1, 2, series=0),
        chart(ChartKind.SHARE, 0, 0),
        chart(ChartKind.SHARE, 1, -1),
    ],
)
def test_what_slack_cannot_draw_in_full_is_written_out(shown: Chart) -> None:
    """No chart shows less than its numbers."""
    assert [one["type"] for one in blocks(shown)] == ["rich_text"]


def test_charts_are_drawn_with_their_numbers_below() -> None:
    """Bars and lines as such; a share beyond the sixth is folded, and all numbers are written."""
    bars, numbers = blocks(chart(ChartKind.BAR, 1, 2.346))
    assert bars["chart"]["series"][0]["data"][1] == {"label": "p1", "value": 2.35}
    assert bars["chart"]["axis_config"] == {"categories": ["p0", "p1"], "x_label": "X"}
    assert list(texts(numbers)) == ["s0: p0: 1; p1: 2.35"]
    pie, _ = blocks(chart(ChartKind.SHARE, *range(1, 9)))
    assert pie["chart"]["segments"][-1] == {"label": "… (+3)", "value": 6}
    many = blocks(*[chart(ChartKind.LINE, 1, 2)] * 3)
    assert [one["type"] for one in many].count("data_visualization") == 2


def test_labels_that_are_cut_to_the_same_stay_apart() -> None:
    """Slack wants every category once."""
    points = tuple(Point(label=f"{'long ' * 8}{at}", value=at) for at in range(3))
    drawn, _ = blocks(
        Chart(kind=ChartKind.BAR, title="T", series=(Series(name="s", points=points),))
    )
    assert len(set(drawn["chart"]["axis_config"]["categories"])) == 3


def test_a_table_is_a_table_where_slack_has_one() -> None:
    """The second one, and one that is too large, are written line by line."""
    small = Table(caption="C", columns=("a", "b"), rows=(("1",), ("2", "")))
    large = Table(caption="L", columns=("a",), rows=(("1",),) * 101)
    made = blocks(small, small, large)
    assert [one["type"] for one in made] == ["data_table", "rich_text", "rich_text"]
    assert made[0]["rows"][1][1]["text"] == "—"
    view = render.dialog(form(small), key=KEY)
    assert [one["type"] for one in view["blocks"]] == ["rich_text"]


def test_progress_is_words_and_a_bar() -> None:
    """The bar never claims to be full before it is."""
    shown = blocks(
        Progress(words="Sent", done=999, total=1_000), Progress(words="None", done=3, total=0)
    )
    assert list(texts(shown)) == [
        "Sent",
        f"{'█' * 19}░ 999/1,000",
        "None",
        f"{'░' * 20} 3/0",
    ]


def test_a_right_to_left_card_runs_from_right_to_left() -> None:
    """Each paragraph begins with the mark, and what shares a line is isolated."""
    made = blocks(
        Text(words="مرحب"),
        Facts(facts=(Fact(label="رقم", value="N-12 (a)"),)),
        rtl=True,
        lang="ar",
    )
    assert list(texts(made)) == [
        "\u200fمرحب",
        "\u200f\u2068رقم\u2069: ",
        "\u2068N-12 (a)\u2069",
    ]


OPTIONS = tuple(Option(value=f"v{at}", label=f"Label {at}") for at in range(12))


def test_inputs_carry_their_id_and_what_was_chosen() -> None:
    """Few options are shown at once, many in a menu; a date with a time is two inputs."""
    view = render.dialog(
        form(
            Choice(id="one", label="One", options=OPTIONS[:3], chosen="v1", hint="Hint"),
            Choice(id="many", label="Many", options=OPTIONS, chosen="v2"),
            MultiChoice(id="boxes", label="Boxes", options=OPTIONS[:3], chosen=("v0", "v2")),
            MultiChoice(id="menu", label="Menu", options=OPTIONS, chosen=()),
            Scale(id="scale", label="Scale", low_label="bad", high_label="good"),
            Field(id="field", label="Field", value="so far", long=True, max_length=80),
            When(id="when", label="When", asks=Moment.DATE_AND_TIME, value=AT, hint="Soon"),
            When(id="time", label="Time", asks=Moment.TIME),
            PersonChoice(id="who", label="Who", chosen="slack:T1:U2", optional=True),
            PersonChoice(id="who2", label="Who", chosen="web:o:p2"),
            Divider(),
        ),
        key=KEY,
    )
    assert judge(view, "modal") == []
    inputs = {one["block_id"]: one for one in view["blocks"] if one["type"] == "input"}
    kinds = {name: one["element"]["type"] for name, one in inputs.items()}
    assert kinds == {
        "one": "radio_buttons",
        "many": "static_select",
        "boxes": "checkboxes",
        "menu": "multi_static_select",
        "scale": "static_select",
        "field": "plain_text_input",
        "when": "datepicker",
        "when:time": "timepicker",
        "time": "timepicker",
        "who": "users_select",
        "who2": "users_select",
    }
    assert inputs["one"]["element"]["initial_option"]["value"] == "v1"
    assert inputs["field"]["element"]["initial_value"] == "so far"
    assert inputs["when"]["element"]["initial_date"] == "2026-11-09"
    assert inputs["when:time"]["element"]["initial_time"] == "08:05"
    assert inputs["who"]["element"]["initial_user"] == "U2"
    assert "initial_user" not in inputs["who2"]["element"]
    assert inputs["scale"]["hint"]["text"] == "0 = bad, 10 = good"
    assert parse.opened_seal(KEY, parse.DIALOG, view["private_metadata"]) == ("need.changed", "7")


def test_a_menu_of_more_than_a_hundred_is_grouped() -> None:
    """Groups are named by their numbers."""
    options = tuple(Option(value=f"v{at}", label=f"L{at}") for at in range(105))
    (made,) = blocks(Choice(id="c", label="C", options=options))
    groups = made["element"]["option_groups"]
    assert [group["label"]["text"] for group in groups] == ["1–100", "101–105"]


def test_a_card_shown_as_a_page_has_no_inputs() -> None:
    """A modal with inputs would have to be sent; this one is only read."""
    shown = card(Heading(words="Title"), Field(id="f", label="F"), Text(words="Words"))
    view = render.page(shown, key=KEY)
    assert view["title"]["text"] == "Title"
    assert [one["type"] for one in view["blocks"]] == ["header", "rich_text"]
    assert "submit" not in view


@pytest.mark.parametrize(
    "part",
    [
        Buttons(buttons=(Button(label="A", action="menu", argument="a" * 2_000),)),
        Buttons(buttons=(Button(label="A", action="a" * 300),)),
        Choice(id="c", label="C", options=(Option(value="v" * 151, label="V"),)),
        Field(id="a:b", label="F"),
        Field(id="", label="F"),
    ],
)
def test_ids_of_ours_that_do_not_fit_are_a_defect(part: Part) -> None:
    """They are never cut: a cut id means something else."""
    with pytest.raises(ValueError, match=r"Slack takes|needs an id"):
        render.message(card(part), key=KEY)
