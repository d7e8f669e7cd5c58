"""What everybody can see and use: both themes, a phone, other directions, axe on every screen."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Open, Tab

pytestmark = pytest.mark.browser


def _picker(one: Tab) -> None:
    one.page.goto(one.demo.address)


def _list(one: Tab) -> None:
    one.page.goto(f"{one.demo.address}/chat/{one.person}")


def _direct(one: Tab) -> None:
    one.direct()
    one.say("help")
    one.line("How I can help").wait_for()


def _channel(one: Tab) -> None:
    one.go("general").line("Results of the pulse").locator("summary").click()


def _home(one: Tab) -> None:
    one.go("home")
    one.page.get_by_role("button", name="Start a pulse").wait_for()


def _dialog(one: Tab) -> None:
    _home(one)
    one.press("Start a pulse")
    one.dialog.wait_for()


def _faults(one: Tab) -> None:
    _home(one)
    one.press("Announce")
    one.dialog.get_by_role("button", name="Preview").click()
    one.page.locator(".fault").first.wait_for()


def _question(one: Tab) -> None:
    one.page.goto(one.demo.address)
    one.page.get_by_role("button", name="Reset the demo").click()
    one.page.get_by_role("dialog").wait_for()


def _nowhere(one: Tab) -> None:
    one.page.goto(f"{one.demo.address}/chat/{one.person}/nowhere")
    one.faults.clear()  # the browser reports the 404 that is wanted here


SCREENS: dict[str, Callable[[Tab], None]] = {
    "picker": _picker,
    "list": _list,
    "direct": _direct,
    "channel": _channel,
    "home": _home,
    "dialog": _dialog,
    "faults": _faults,
    "question": _question,
    "nowhere": _nowhere,
}

# How far the page, or the conversation in it, reaches beyond its right edge.
WIDER = """Math.max(...[document.documentElement, document.querySelector("#content")]
  .filter((one) => one).map((one) => one.scrollWidth - one.clientWidth))"""


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'][:90] for node in one['nodes']][:3]}" for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", sorted(SCREENS))
def test_a_screen_is_accessible_and_fits(tab: Open, screen: str, theme: str) -> None:
    """No axe violation, and nothing to scroll sideways, on a desk and on a phone."""
    one = tab("ines-weber", theme=theme)
    SCREENS[screen](one)
    for width, height in (DESK, PHONE):
        one.page.set_viewport_size({"width": width, "height": height})
        assert violations(one.page) == []
        assert one.page.evaluate(WIDER) <= 0


def test_the_theme_can_be_switched_and_stays(tab: Open) -> None:
    """The system's choice is the beginning, the person's own is kept."""
    one = tab("mei-tanaka", theme="dark").direct()
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = one.page.evaluate(paper)
    one.page.get_by_role("button", name="Switch between light and dark").click()
    light = one.page.evaluate(paper)
    assert light == "rgb(255, 255, 255)" != dark
    one.page.reload()
    assert one.page.evaluate(paper) == light


def test_a_persons_language_is_marked(tab: Open) -> None:
    """The page is English, a German card says that it is German."""
    one = tab("hanna-fischer").direct()
    assert one.page.locator("html").get_attribute("lang") == "en"
    expect(one.page.locator(".card").first).to_have_attribute("lang", "de")


def test_other_directions_keep_their_own(tab: Open) -> None:
    """Right-to-left words run from right to left, beside English ones."""
    one = tab("fatima-haddad").go("it-help")
    one.say("الطابعة لا تعمل")
    said = one.line("الطابعة").locator(".words")
    assert said.evaluate("one => getComputedStyle(one).direction") == "rtl"


def test_what_people_write_is_never_markup(tab: Open) -> None:
    """Tags, templates and mentions stand there as they were typed."""
    words = "<img src=x onerror=alert(1)> {{ 7*7 }} *bold* <!channel> [x](https://evil.example)"
    one = tab("daniel-okafor").direct()
    one.say(words)
    expect(one.line("This is what I understood").locator(".quote p")).to_have_text(words)
    assert one.page.locator("img").count() == 0
    one.press("Cancel")


def test_long_words_are_kept_and_shown(tab: Open) -> None:
    """100,000 characters arrive whole, without breaking the page."""
    one = tab("jonas-keller").go("it")
    words = "long" * 25_000
    one.say(words)
    said = one.page.locator(".line.own .words").last
    expect(said).to_have_text(words)
    assert one.page.locator("#content").evaluate("c => c.scrollWidth - c.clientWidth") <= 0


def test_the_newest_line_is_in_view_and_news_elsewhere_are_marked(tab: Open) -> None:
    """Whoever is in another conversation sees that something was said."""
    reader = tab("ava-thompson").go("sales")
    writer = tab("noah-williams").go("general")
    writer.say("Anybody here?")
    expect(writer.line("Anybody here?")).to_be_in_viewport()
    mark = reader.page.get_by_role("link", name="general")
    expect(mark.locator(".unread")).to_be_visible()
    mark.click()
    expect(reader.line("Anybody here?")).to_be_in_viewport()
    reader.go("sales")
    expect(reader.page.get_by_role("link", name="general").locator(".unread")).to_be_hidden()


def test_a_message_becomes_a_need(tab: Open) -> None:
    """The shortcut takes the words of any message and leads back to it."""
    one = tab("lucia-morales").go("production")
    said = one.line("Line 2 starts an hour later")
    place = f"{one.page.url}#{said.get_attribute('id')}"
    said.hover()
    said.get_by_role("button", name="Make this a need").click()
    expect(one.line("I have sent you a direct message")).to_be_visible()
    one.direct()
    summary = one.line("This is what I understood")
    expect(summary).to_contain_text("Line 2 starts an hour later")
    one.press("Send to IT")
    receipt = one.receipt("Line 2 starts an hour later")
    expect(receipt.get_by_role("link", name="The message it came from")).to_have_attribute(
        "href", place
    )
