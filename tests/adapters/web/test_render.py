"""Cards and dialogs as HTML: whatever stands in them, it is text."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from adapters.voice import voice
from adapters.web import parse, render
from bot import messages as m
from bot.examples import examples
from bot.heard import Profile
from bot.messages import Card, Dialog, Part
from tests.card_strategies import cards, dialogs

KEY = b"k" * 32
VOID = {"input", "hr", "rect", "line", "circle", "polyline", "path"}
ALLOWED = {
    "a", "blockquote", "button", "caption", "circle", "dd", "desc", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "h2", "h3", "header", "hr", "input", "label",
    "legend", "li", "line", "option", "p", "polyline", "progress", "rect", "select", "span",
    "summary", "svg", "table", "tbody", "td", "text", "textarea", "th", "thead", "title", "tr",
    "ul",
}  # fmt: skip


class Page(HTMLParser):
    """Reads a page strictly: every element closed, every attribute quoted once."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), names
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in {"input", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def card(*parts: Part, lang: str = "en") -> Card:
    return Card(name="c", summary="A card", parts=parts, lang=lang)


def drawn(*parts: Part, lang: str = "en") -> Page:
    return Page(render.card(card(*parts, lang=lang), key=KEY))


def asked(*parts: Part, **state: object) -> Page:
    dialog = Dialog(
        name="d", title="T", summary="S", parts=parts, action="a", submit="Go", cancel="No"
    )
    return Page(render.dialog(dialog, key=KEY, **state))  # type: ignore[arg-type]


def _judge(html: str) -> Page:
    page = Page(html)
    assert {tag for tag, _ in page.tags} <= ALLOWED
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        if tag == "a":
            assert re.match(r"(https?|mailto):", attributes["href"], re.IGNORECASE)
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(attributes.get(name, "").split()) <= set(ids)
        if tag == "button" and attributes.get("name") == "press":
            assert parse.unsigned(attributes["value"], KEY)[0]
    return page


@settings(max_examples=60)
@given(cards())
def test_any_card_is_well_formed_and_inert(one: Card) -> None:
    """No text of a card becomes a tag, an attribute or a script, and ids are unique."""
    html = render.card(one, key=KEY)
    _judge(html)
    assert html == render.card(one, key=KEY)


@settings(max_examples=60)
@given(dialogs())
def test_any_dialog_is_well_formed_and_comes_back(one: Dialog) -> None:
    """The signed dialog in the form is the one that was drawn."""
    page = _judge(render.dialog(one, key=KEY))
    states = [a["value"] for a in page.of("input") if a.get("name") == "dialog"]
    form = parse.Form(
        person="a", conversation="b", profile=Profile(), fields={"dialog": tuple(states)}
    )
    assert parse.dialog_of(form, KEY) == one


@pytest.mark.parametrize("locale", ["en", "de", "ar-XB"])
def test_every_card_of_the_product_is_drawn(locale: str) -> None:
    """In every language and direction."""
    for one in examples(voice(locale, "UTC")).values():
        html = render.dialog(one, key=KEY) if isinstance(one, Dialog) else render.card(one, key=KEY)
        page = _judge(html)
        assert page.tags[0][1]["lang"] == one.lang
        assert page.tags[0][1]["dir"] == ("rtl" if one.rtl else "ltr")


def test_words_stand_there_as_they_were_given() -> None:
    """Markup of any kind is only characters."""
    words = "<b>&amp;</b> *x* {{ 1 }} {% raw %} <!channel>\n\nend"
    page = drawn(m.Quote(words=words, by="<i>A"))
    assert words in page.words
    assert "— <i>A" in page.words


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://[", "x:y"]
)
def test_a_link_that_could_do_harm_is_only_words(url: str) -> None:
    """Only web and mail addresses can be followed."""
    page = drawn(m.Link(words="here", url=url))
    assert page.of("a") == []
    assert "here" in page.words


def test_a_chart_is_a_picture_with_a_name_and_its_numbers() -> None:
    """Whoever does not see it reads the same figures in a table."""
    series = m.Series(name="Share", points=(m.Point(label="happy", value=40.5),))
    chart = m.Chart(kind=m.ChartKind.BAR, title="Answers", series=(series,), unit=" %")
    page = drawn(chart, lang="de")
    picture = page.of("svg")[0]
    assert picture["role"] == "img"
    assert picture["aria-labelledby"].split() == ["card-0-title", "card-0-numbers"]
    assert "happy: 40,5 %" in page.words
    assert [a["scope"] for a in page.of("th")] == ["col", "row"]
    assert "Die Zahlen" in page.words


def test_a_scale_is_one_tap() -> None:
    """Each point is a button that names the end it stands for."""
    page = drawn(
        m.Scale(id="s", label="How?", low_label="bad", high_label="good", action="a", argument="3")
    )
    names = [a["aria-label"] for a in page.of("button")]
    assert names == ["0: bad", *(str(n) for n in range(1, 10)), "10: good"]
    assert page.of("button")[7]["value"] == f"7|{parse.signed_action(KEY, 'a', '3')}"
    assert page.of("button")[7]["name"] == "tap.s"


def test_a_button_s_name_holds_its_label() -> None:
    """Whoever speaks to the page says what is written on it."""
    page = drawn(
        m.Buttons(
            buttons=(
                m.Button(label="Withdraw", action="a", hint="Withdraw N-1"),
                m.Button(label="Go", action="b", hint="N-2", confirm="Sure?", opens_dialog=True),
            )
        )
    )
    assert [a["aria-label"] for a in page.of("button")] == ["Withdraw N-1", "Go: N-2"]
    assert page.of("button")[1]["data-confirm"] == "Sure?"
    assert page.of("button")[1]["aria-haspopup"] == "dialog"


def test_progress_stays_within_its_bar() -> None:
    """Odd numbers do not break it."""
    for done, total, shown in ((3, 4, ("3", "4")), (9, 4, ("4", "4")), (-1, 0, ("0", "1"))):
        bar = drawn(m.Progress(words="x", done=done, total=total)).of("progress")[0]
        assert (bar["value"], bar["max"]) == shown


def test_an_error_is_tied_to_its_input() -> None:
    """Hint and error describe the field; what was typed is still there."""
    field = m.Field(id="a", label="A", value="old", hint="How", long=True)
    page = asked(field, values={"a": ("typed",)}, errors={"a": "Wrong", "gone": "And this"})
    area = page.of("textarea")[0]
    assert area["aria-describedby"] == "dialog-0-hint dialog-0-fault"
    assert area["aria-invalid"] == "true"
    assert {"Wrong", "And this"} <= set(page.words)
    assert "typed" in "".join(page.words)


def test_few_options_lie_open_and_many_in_a_list() -> None:
    """Five fit side by side; more become a list; several choices are always boxes."""
    options = tuple(m.Option(value=str(n), label=f"L{n}") for n in range(6))
    few = asked(m.Choice(id="a", label="A", options=options[:5], chosen="1"))
    kinds = [a["type"] for a in few.of("input") if a.get("type") != "hidden"]
    assert kinds == ["radio"] * 5
    assert [a["value"] for a in few.of("input") if "checked" in a] == ["1"]
    many = asked(m.Choice(id="a", label="A", options=options, chosen="5"))
    assert [a["value"] for a in many.of("option") if "selected" in a] == ["5"]
    boxes = asked(m.MultiChoice(id="a", label="A", options=options, chosen=("0", "5")))
    assert [a["value"] for a in boxes.of("input") if "checked" in a] == ["0", "5"]


def test_colleagues_are_offered_where_the_dialog_names_none() -> None:
    """The page knows everybody; a dialog's own list comes first."""
    everybody = [m.Option(value=f"web:demo:{n}", label=f"P{n}") for n in range(9)]
    page = asked(m.PersonChoice(id="a", label="A"), people=everybody)
    assert len(page.of("option")) == 10
    own = m.PersonChoice(id="a", label="A", known=(everybody[0],))
    radios = [a for a in asked(own, people=everybody).of("input") if a["type"] == "radio"]
    assert len(radios) == 1


def test_a_card_in_another_place_has_other_ids() -> None:
    """Two cards on a page never share an id."""
    chart = m.Chart(kind=m.ChartKind.SHARE, title="T", series=())
    one = {a["id"] for _, a in Page(render.card(card(chart), key=KEY, uid="a")).tags if "id" in a}
    two = {a["id"] for _, a in Page(render.card(card(chart), key=KEY, uid="b")).tags if "id" in a}
    assert one
    assert not one & two


def test_direction_and_language_are_marked() -> None:
    """Screen readers and browsers are told both."""
    one = replace(card(m.Text(words="x")), lang="ar", rtl=True)
    first = Page(render.card(one, key=KEY)).tags[0][1]
    assert (first["lang"], first["dir"], first["aria-label"]) == ("ar", "rtl", "A card")
