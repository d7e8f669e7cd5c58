"""The three stories, each from the first click to the stored effect."""

import re

import pytest
from playwright.sync_api import expect

from adapters.web import parse, seed
from bot.announcements.model import AnnouncementState
from bot.needs.model import NeedState
from bot.people.model import PersonId
from bot.ports import UnitOfWork
from bot.pulses.model import WaveState
from tests.browser.conftest import Open
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser


def person_id(uow: UnitOfWork, name: str) -> PersonId:
    person = uow.people.by_account(parse.account_id(name))
    assert person is not None
    return person.id


def needs_of(demo: Demo, name: str) -> list[str]:
    return demo.stored(lambda uow: [n.words for n in uow.needs.of(person_id(uow, name), 50)])


def test_a_sentence_becomes_a_need_with_a_number(demo: Demo, tab: Open) -> None:
    """From the list of people to the stored need, its receipt and the home surface."""
    page = tab("emil-novak").page
    page.goto(demo.address)
    page.get_by_label("Find a person").fill("emil")
    page.get_by_role("link", name="Emil Novak").click()
    employee = tab("emil-novak").direct()
    words = "A label printer for the spare parts shelf, please."
    employee.say(words)
    employee.line("This is what I understood").wait_for()
    assert words not in needs_of(demo, "emil-novak")
    employee.press("Send to IT")
    receipt = employee.receipt(words)
    expect(receipt).to_contain_text(words)
    number = re.search(r"N-(\d+) is with IT", receipt.inner_text())
    assert number is not None
    stored = demo.stored(lambda uow: uow.needs.of(person_id(uow, "emil-novak"), 1))[0]
    assert (stored.words, f"{stored.id}", stored.state) == (
        words,
        number[1],
        NeedState.ACKNOWLEDGED,
    )
    employee.press("My needs")
    expect(employee.line("You have asked").or_(employee.line("My needs"))).to_contain_text(words)
    employee.go("home")
    expect(employee.page.locator("#home")).to_contain_text(words)


def test_a_pulse_is_answered_with_one_tap_and_its_results_follow(demo: Demo, tab: Open) -> None:
    """Launched from the home surface to a channel and everyone; counted; closed; shown."""
    question = "How easy was it to get help from IT this week?"
    cio = tab("ines-weber").go("home")
    cio.press("Start a pulse")
    cio.dialog.get_by_label("Question").fill(question)
    cio.dialog.get_by_label("Also ask in a channel").select_option("#general")
    cio.dialog.get_by_role("button", name="Ask now").click()
    expect(cio.dialog).to_have_count(0)
    expect(cio.page.locator("#home")).to_contain_text(question)
    cio.direct()
    expect(cio.line("Your pulse is running")).to_contain_text(question)

    first = ["aylin-demir", "bruno-costa", "carol-whitfield"]
    for name, score in zip(first, (9, 10, 7), strict=True):
        employee = tab(name).direct()
        asked = employee.line(question)
        asked.get_by_role("button", name=re.compile(rf"^{score}\b")).click()
        employee.line("Thank you. Your answer is in.").wait_for()
    watcher = tab("greta-hofmann").go("general")
    expect(watcher.line(question)).to_contain_text("Fewer than 5 have answered")
    for name, score in (("dmitri-volkov", 8), ("elena-rossi", 4), ("felix-brandt", 9)):
        colleague = tab(name).go("general")
        colleague.line(question).get_by_role("button", name=re.compile(rf"^{score}\b")).click()
        colleague.line("Thank you. Your answer is in.").wait_for()
    expect(watcher.line(question)).to_contain_text("At least 5 have answered")

    wave = demo.stored(lambda uow: uow.pulses.waves(WaveState.OPEN))[0]
    for name in ("ben-carter", "chiara-greco", "daniel-okafor", "jonas-keller"):
        demo.tap(name, wave.id, 10)
    control = cio.line("Your pulse is running")
    control.get_by_role("button", name="Close now").click()
    cio.page.get_by_role("button", name="Yes, go on").click()
    expect(cio.line(question)).to_contain_text("Results of the pulse")
    expect(watcher.line(question)).to_contain_text("Results of the pulse")
    expect(watcher.line(question).get_by_role("img", name="Share of answers")).to_be_visible()
    answers = demo.stored(lambda uow: uow.pulses.answers(wave.id))
    assert answers.scores == (4, 7, 8, 9, 9, 10, 10, 10, 10, 10)


def test_an_announcement_reaches_everyone_and_adds_up(demo: Demo, tab: Open) -> None:
    """Drafted in a dialog, previewed by the author, confirmed with the count, delivered."""
    title = "Help desk open until eight"
    cio = tab("ines-weber").go("home")
    cio.press("Announce")
    cio.dialog.get_by_label("Title").fill(title)
    cio.dialog.get_by_label("What you want to say").fill("From Monday on.\n\nAsk for *Jonas*.")
    cio.dialog.get_by_role("button", name="Preview").click()
    expect(cio.dialog).to_have_count(0)
    cio.direct()
    expect(cio.line("From Monday on.")).to_contain_text("Ask for *Jonas*.")
    reader = tab("kemal-aydin").direct()
    assert reader.page.get_by_text(title).count() == 0
    cio.press("Send to 40 people")
    cio.page.get_by_role("button", name="Yes, go on").click()
    expect(reader.line(title)).to_contain_text("Ask for *Jonas*.")
    done = cio.line("Your announcement is delivered")
    expect(done).to_contain_text(re.compile(r"Planned\s*40\s*Delivered\s*40\s*Failed\s*0"))
    demo.until(
        lambda uow: all(
            any(line.card and line.card.summary == title for line in uow.chat.lines(place))
            for place in (
                parse.channel_id(parse.direct(parse.person_of(reach.account)))
                for reach in uow.people.reachable()
            )
        )
    )
    demo.until(lambda uow: uow.announcements.sending() == ())
    sent = demo.stored(lambda uow: uow.outbox.tally("announcement:4"))
    assert (sent.planned, sent.sent, sent.pending) == (40, 40, 0)
    kept = demo.stored(lambda uow: [a for i in range(9) if (a := uow.announcements.get(i))])  # type: ignore[arg-type]
    assert {a.state for a in kept if a.title == title} == {AnnouncementState.DONE}


def test_the_seed_is_where_the_stories_begin(demo: Demo) -> None:
    """Four departments, forty people, three months of needs."""
    people = demo.stored(lambda uow: [uow.people.get(r.person) for r in uow.people.reachable()])
    assert len(people) == 40
    assert len({person.department for person in people if person}) == 4
    assert demo.stored(lambda uow: uow.people.by_account(seed.CIO_ACCOUNT)) in people
