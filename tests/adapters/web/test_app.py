"""The routes over HTTP: what is done, and what is refused politely."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from adapters.web import limits, parse
from bot.heard import Heard, Opened, Pressed, Submitted
from bot.messages import Answer, Card, Dialog, Field, PersonChoice, Text
from bot.ports import Unavailable
from tests.adapters.web.house import KEY, House, last_words

ADA = "/chat/anna-schmidt/dm-anna-schmidt"
HOME = "/chat/anna-schmidt/home"
CARD = Card(name="c", summary="A card", parts=(Text(words="Shown <once>"),))
ASK = Dialog(
    name="d",
    title="Ask",
    summary="A dialog",
    parts=(Field(id="words", label="Words", max_length=10),),
    action="x.sent",
    argument="7",
    submit="Go",
    cancel="No",
)


def answering(answer: Answer) -> Callable[[Heard], Answer]:
    return lambda _: answer


def failing(fault: Exception) -> Callable[[Heard], Answer]:
    def fail(_: Heard) -> Answer:
        raise fault

    return fail


def press(action: str = "x", argument: str = "") -> dict[str, str]:
    return {"press": parse.signed_action(KEY, action, argument)}


async def seen(house: House, page: str, words: str) -> str:
    """Load a page until it shows something."""
    for _ in range(400):
        _, html = await house.get(page)
        if words in html:
            return html
        await asyncio.sleep(0.01)
    raise AssertionError(f"{words!r} never came")


async def test_everybody_can_be_chosen(house: House) -> None:
    """Forty people by department, with what they are."""
    status, html = await house.get("/")
    assert status == 200
    assert html.count('class="person"') == 40
    assert all(f">{name} <span" in html for name in ("Finance", "IT", "Production", "Sales"))
    assert all(role in html for role in ("CIO", "Department head", "Champion", "Employee"))
    assert "Demo: fictional people" in html


async def test_words_become_a_line_and_an_answer(house: House) -> None:
    """Said, stored, heard, answered through the outbox."""
    status, _ = await house.post(f"{ADA}/say", {"words": "A lamp\r\nfor gate 2"})
    assert status == 200
    assert last_words(house, "dm-anna-schmidt") == "A lamp\nfor gate 2"
    await seen(house, ADA, "This is what I understood")


async def test_the_same_click_again_changes_nothing(house: House) -> None:
    """Four posts of one click at once are one line and one event."""
    fields = {"words": "Only once", "key": "same-click-1"}
    answers = await asyncio.gather(*(house.post(f"{ADA}/say", fields) for _ in range(4)))
    assert {status for status, _ in answers} == {200}
    lines = house.stored(lambda uow: uow.chat.lines(parse.channel_id("dm-anna-schmidt")))
    assert [line.words for line in lines].count("Only once") == 1


async def test_people_talk_in_channels_without_the_bot(house: House) -> None:
    """What does not mention the bot is not heard by it."""
    await house.post("/chat/anna-schmidt/general/say", {"words": "Lunch?"})
    assert last_words(house, "general") == "Lunch?"
    assert house.ears.heard == []
    await house.post("/chat/anna-schmidt/general/say", {"words": "@Groundswell a fan, please"})
    await seen(house, "/chat/anna-schmidt/general", "I have sent you a direct message")


async def test_home_is_opened_and_shown(house: House) -> None:
    """The surface comes through the outbox; the page shows what it has."""
    await house.get(HOME)
    html = await seen(house, HOME, "Your bridge to IT")
    assert isinstance(house.ears.heard[0], Opened)
    assert "My needs" in html


async def test_a_press_is_heard_with_its_message(house: House) -> None:
    """The pressed card's line is the message."""
    house.ears.scripted = answering(Answer())
    await house.post(f"{ADA}/press", press("need.mine", "a") | {"line": "12"})
    heard = house.ears.heard[-1]
    assert isinstance(heard, Pressed)
    assert (heard.action, heard.argument, heard.message) == ("need.mine", "a", "web:demo:12")
    assert (heard.place, heard.private, heard.profile.name) == (
        "web:demo:dm-anna-schmidt",
        True,
        "Anna Schmidt",
    )


async def test_a_press_at_home_goes_on_in_private(house: House) -> None:
    """The home surface is no conversation of its own."""
    house.ears.scripted = answering(Answer())
    await house.post(f"{HOME}/press", press())
    pressed, again = house.ears.heard
    assert (pressed.place, pressed.private) == ("web:demo:dm-anna-schmidt", True)
    assert isinstance(again, Opened), "what it shows may have changed"


async def test_a_card_for_the_presser_alone_is_shown_once(house: House) -> None:
    """Nothing of it is stored; the page puts it at the end."""
    house.ears.scripted = answering(Answer(card=CARD, only_you=True))
    before = house.stored(lambda uow: uow.chat.lines(parse.channel_id("dm-anna-schmidt")))
    _, html = await house.post(f"{ADA}/press", press())
    assert 'hx-swap-oob="beforeend"' in html
    assert "Shown &lt;once&gt;" in html
    assert before == house.stored(lambda uow: uow.chat.lines(parse.channel_id("dm-anna-schmidt")))


async def test_a_card_takes_the_place_of_the_pressed_one(house: House) -> None:
    """At once; the outbox brings the same a moment later."""
    house.ears.scripted = answering(Answer(card=CARD))
    _, html = await house.post(f"{ADA}/press", press() | {"line": "3"})
    assert re.search(r'id="body-3"[^>]*hx-swap-oob="true"', html)


async def test_a_dialog_opens_keeps_what_was_typed_and_closes(house: House) -> None:
    """Checked as the platforms check, then by the core, then gone."""
    house.ears.scripted = answering(Answer(dialog=ASK))
    _, opened = await house.post(f"{ADA}/press", press())
    assert "<dialog" in opened
    state = {"dialog": parse.signed_dialog(KEY, ASK)}
    _, short = await house.post(f"{ADA}/submit", state | {"in.words": ""})
    assert "Please fill this in." in short
    _, long = await house.post(f"{ADA}/submit", state | {"in.words": "12345678901"})
    assert "This is 11 characters long; 10 are possible." in long
    assert "12345678901" in long
    assert not any(isinstance(one, Submitted) for one in house.ears.heard)
    house.ears.scripted = answering(Answer(errors={"words": "Not &this"}))
    _, wrong = await house.post(f"{ADA}/submit", state | {"in.words": "x"})
    assert "Not &amp;this" in wrong
    house.ears.scripted = answering(Answer(card=CARD))
    _, closed = await house.post(f"{ADA}/submit", state | {"in.words": "x"})
    assert "<dialog" not in closed
    assert "Shown" not in closed, "it comes through the outbox"
    heard = house.ears.heard[-1]
    assert isinstance(heard, Submitted)
    assert (heard.action, heard.argument, heard.values) == ("x.sent", "7", {"words": ("x",)})


async def test_a_dialog_offers_all_colleagues(house: House) -> None:
    """A choice of a person that names nobody offers everybody, by name."""
    who = PersonChoice(id="who", label="Who")
    house.ears.scripted = answering(Answer(dialog=replace(ASK, parts=(who,))))
    _, html = await house.post(f"{ADA}/press", press())
    assert html.count('<option value="web:demo:') == 40
    assert html.index("Anna Schmidt") < html.index("Zoe Clarke")


async def test_a_dialog_s_own_button_is_a_press(house: House) -> None:
    """Buttons inside a dialog act by themselves."""
    house.ears.scripted = answering(Answer(card=CARD, only_you=True))
    await house.post(f"{ADA}/submit", press("x.y"))
    assert isinstance(house.ears.heard[-1], Pressed)


async def test_cancel_closes_without_a_word(house: House) -> None:
    """Nothing is heard, and without scripts the page comes again."""
    status, _ = await house.post(f"{ADA}/submit", {"cancel": "1"}, script=False)
    assert status == 303
    assert house.ears.heard == []


async def test_without_scripts_the_whole_page_comes_again(house: House) -> None:
    """A dialog or a card shown once needs the page around it; nothing to show leads back."""
    house.ears.scripted = answering(Answer(dialog=ASK))
    status, html = await house.post(f"{HOME}/press", press(), script=False)
    assert (status, "<dialog" in html, "<html" in html) == (200, True, True)
    house.ears.scripted = answering(Answer(card=CARD, only_you=True))
    status, html = await house.post(f"{ADA}/press", press(), script=False)
    assert (status, "Shown &lt;once&gt;" in html, "<html" in html) == (200, True, True)
    house.ears.scripted = answering(Answer())
    status, _ = await house.post(f"{ADA}/press", press(), script=False)
    assert status == 303


async def test_a_message_becomes_a_need(house: House) -> None:
    """With its words and the way back; only messages of this conversation count."""
    page = "/chat/anna-schmidt/general"
    await house.post("/chat/ines-weber/general/say", {"words": "It is dark at gate 2."})
    await house.post("/chat/ines-weber/general/say", {"words": "@groundswell help"})
    await seen(house, page, "How I can help")
    lines = house.stored(lambda uow: uow.chat.lines(parse.channel_id("general")))
    said, card = lines[0], next(line for line in lines if line.card)
    status, _ = await house.post(f"{page}/need", {"line": str(said.id)})
    assert status == 200
    dialogue = house.stored(
        lambda uow: uow.dialogues.get(
            uow.people.by_account(parse.account_id("anna-schmidt")).id  # type: ignore[union-attr]
        )
    )
    assert dialogue is not None
    assert dialogue.notes["words"] == said.words
    assert dialogue.notes["link"] == f"{house.address}{page}#line-{said.id}"
    for line in ("0", "x", "999999", str(card.id)):
        status, _ = await house.post("/chat/anna-schmidt/it-help/need", {"line": line})
        assert status == 404


@pytest.mark.parametrize("fault", [Unavailable("gone"), RuntimeError("secret words")])
async def test_a_failure_is_told_as_a_card(house: House, fault: Exception) -> None:
    """Nothing was stored, try again; never a trace or what the fault says."""
    house.ears.scripted = failing(fault)
    status, html = await house.post(f"{ADA}/press", press())
    assert status == 200
    assert "nothing was stored" in html
    assert "secret" not in html


async def test_a_database_that_is_away_is_told(house: House) -> None:
    """Saying and looking answer 503 with a sentence; saying keeps the words in the page."""
    page = await house.get(ADA)
    house.ears.fault = Unavailable("gone")
    status, html = await house.get(f"{ADA}/lines")
    assert (page[0], status) == (200, 503)
    assert "nothing was stored" in html
    status, html = await house.post(f"{ADA}/say", {"words": "x"}, page="/")
    assert status == 503
    assert "nothing was stored" in html


async def test_a_defect_is_answered_politely(house: House) -> None:
    """An unforeseen fault gives a sentence, not a trace."""
    await house.get(ADA)
    house.ears.fault = RuntimeError("secret words")
    status, html = await house.get(f"{ADA}/lines")
    assert status == 500
    assert "secret" not in html


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (f"{ADA}/say", {"words": "  \n "}, 422),
        (f"{ADA}/say", {"words": "x" * (limits.WORDS + 1)}, 413),
        (f"{ADA}/say", {"words": "é" * (limits.BODY // 5)}, 413),
        (f"{ADA}/say", {"words": "x", "key": "no key!"}, 400),
        (f"{ADA}/say", {"words": "x", "token": "forged"}, 403),
        (f"{ADA}/press", {}, 400),
        (f"{ADA}/submit", {"dialog": "forged"}, 400),
        (f"{ADA}/press", {f"f{n}": "" for n in range(limits.FIELDS + 1)}, 400),
        ("/chat/nobody/general/say", {"words": "x"}, 404),
        ("/chat/anna-schmidt/nowhere/say", {"words": "x"}, 404),
        ("/chat/anna-schmidt/finance/say", {"words": "x"}, 404),
        ("/chat/anna-schmidt/dm-ines-weber/say", {"words": "x"}, 404),
        ("/reset", {"token": "forged"}, 403),
    ],
)
async def test_what_cannot_be_is_refused_politely(
    house: House, path: str, fields: dict[str, str], status: int
) -> None:
    """A sentence for the page, nothing stored, nothing heard."""
    given, html = await house.post(path, fields)
    assert given == status
    assert 'class="sorry"' in html
    assert house.ears.heard == []
    given, html = await house.post(path, fields, script=False)
    assert given == status
    assert "<h1>" in html


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_pages_cannot_reach_it(house: House, headers: dict[str, str]) -> None:
    """Foreign names and foreign pages are refused before anything is read."""
    status, _ = await house.post(f"{ADA}/say", {"words": "x"}, headers=headers)
    assert status == 403
    assert last_words(house, "dm-anna-schmidt") != "x"
    if "Host" in headers:
        status, _ = await house.get("/static/chat.css", **headers)
        assert status == 403


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", ""])
async def test_only_forms_are_read(house: House, kind: str) -> None:
    """Whatever else is posted is refused by its type."""
    status, _ = await house.post(f"{ADA}/say", headers={"Content-Type": kind or "text/plain"})
    assert status == 415


async def test_a_body_that_is_no_form_is_refused(house: House) -> None:
    """Raw bytes are no form."""
    headers = {
        "Origin": house.address,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with house.client.post(
        f"{house.address}{ADA}/say", data=b"\xff\xfe=%ff", headers=headers
    ) as answer:
        assert answer.status == 400


async def test_every_answer_is_hardened(house: House) -> None:
    """Pages, files and refusals: no foreign content, no frames, no guessing of types."""
    for path in ("/", ADA, "/static/chat.js", "/chat/nobody/home", "/static/nothing"):
        async with house.client.get(house.address + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_pages_hold_no_inline_script_or_style_and_no_foreign_address(house: House) -> None:
    """What the policy forbids is not there to begin with."""
    for path in ("/", ADA, "/chat/anna-schmidt/general", HOME):
        _, html = await house.get(path)
        assert not re.search(r"<style|style=|<script>|\son\w+=", html)
        assert not re.search(r'\s(?:src|href|action|hx-post)="(?!/|#|http://127)', html)


async def test_open_pages_are_told_what_concerns_them(house: House) -> None:
    """Lines of the open conversation whole, others as a mark, foreign ones not at all."""
    async with house.client.get(f"{house.address}/chat/anna-schmidt/general/events") as stream:
        assert await _event(stream) == ("ready", "")
        assert house.web.health() == {"web": "ok, 1 pages open"}
        await house.post("/chat/ines-weber/finance/say", {"words": "Not for Anna"})
        await house.post("/chat/ines-weber/production/say", {"words": "Elsewhere"})
        kind, data = await _event(stream)
        assert (kind, data.split()[0]) == ("elsewhere", "production")
        await house.post("/chat/ines-weber/general/say", {"words": "Hello <all>"})
        kind, data = await _event(stream)
        assert kind == "line"
        assert "Hello &lt;all&gt;" in data
        assert "Ines Weber" in data


async def test_an_open_home_is_drawn_anew(house: House) -> None:
    """The surface arrives as soon as the outbox brought it."""
    async with house.client.get(f"{house.address}{HOME}/events") as stream:
        assert await _event(stream) == ("ready", "")
        await house.get(HOME)
        kind, data = await _event(stream)
        assert kind == "home"
        assert "Your bridge to IT" in data


async def test_a_reset_is_asked_for_and_told(house: House) -> None:
    """The people are read again, open pages load again."""
    async with house.client.get(f"{house.address}{ADA}/events") as stream:
        assert await _event(stream) == ("ready", "")
        status, _ = await house.post("/reset")
        assert (status, house.resets) == (200, 1)
        assert await _event(stream) == ("reset", "")
    status, _ = await house.post("/reset", script=False)
    assert (status, house.resets) == (303, 2)


async def test_an_unknown_button_is_out_of_date(house: House) -> None:
    """A card of another version is answered with the present menu."""
    _, html = await house.post(f"{ADA}/press", {"press": "forged"})
    assert "out of date" in html


async def test_phones_get_the_list_alone(house: House) -> None:
    """The list of conversations has a page of its own, with everything a person can open."""
    status, html = await house.get("/chat/ines-weber")
    assert status == 200
    assert re.findall(r'data-conversation="([^"]+)"', html) == [
        "home",
        "dm-ines-weber",
        "general",
        "it-help",
        "finance",
        "it",
        "production",
        "sales",
    ]


async def _event(stream: object) -> tuple[str, str]:
    """Read the next event of a stream."""
    kind, data = "", []
    async with asyncio.timeout(10):
        while True:
            line = (await stream.content.readline()).decode().rstrip("\r\n")  # type: ignore[attr-defined]
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data:"):
                data.append(line.removeprefix("data:").removeprefix(" "))
            elif not line and kind:
                return kind, "\n".join(data)
