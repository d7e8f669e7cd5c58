"""Dialogs and clicks as a person meets them: errors, focus, double clicks, questions first."""

import pytest
from playwright.sync_api import Page, expect

from bot.needs.model import NeedState
from tests.browser.conftest import Open
from tests.browser.demo import Demo
from tests.browser.test_stories import needs_of, person_id

pytestmark = pytest.mark.browser


def test_a_field_error_is_tied_to_its_field_and_keeps_what_was_typed(tab: Open) -> None:
    """The focus goes to the field, whose description says what is wrong with it."""
    cio = tab("ines-weber").go("home")
    cio.press("Announce")
    cio.dialog.get_by_label("What you want to say").fill("Words without a title")
    cio.dialog.get_by_role("button", name="Preview").click()
    title = cio.dialog.get_by_label("Title")
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(title).to_be_focused()
    expect(title).to_have_accessible_description("Please fill this in.")
    expect(cio.dialog.get_by_label("What you want to say")).to_have_value("Words without a title")
    title.fill("x" * 121)
    cio.dialog.get_by_role("button", name="Preview").click()
    expect(title).to_have_accessible_description("This is 121 characters long; 120 are possible.")


def test_closing_a_dialog_gives_the_focus_back(tab: Open) -> None:
    """Escape, the cross and Cancel all lead back to where the person was."""
    employee = tab("carlos-mendes").go("home")
    opener = employee.page.get_by_role("button", name="Tell IT what you need")
    for close in ("Escape", "Close", "Cancel"):
        opener.click()
        expect(employee.dialog).to_be_visible()
        if close == "Escape":
            employee.page.keyboard.press(close)
        else:
            employee.dialog.get_by_role("button", name=close).click()
        expect(employee.dialog).to_have_count(0)
        expect(opener).to_be_focused()


def test_a_double_click_is_one_effect(demo: Demo, tab: Open) -> None:
    """Two clicks send one need; two presses of Enter say one thing."""
    words = "Please count this only once."
    employee = tab("olga-ivanova").direct()
    employee.say(words)
    summary = employee.line("This is what I understood")
    summary.wait_for()
    summary.get_by_role("button", name="Send to IT").dblclick()
    employee.receipt(words).wait_for()
    expect(employee.page.locator(".line.own", has_text=words)).to_have_count(1)
    assert needs_of(demo, "olga-ivanova").count(words) == 1


def test_a_question_comes_first_where_it_matters(demo: Demo, tab: Open) -> None:
    """Withdrawing asks; "Cancel" changes nothing, "Yes" does."""
    employee = tab("erik-johansson").direct()
    employee.say("A stool for the test bench.")
    employee.press("Send to IT")
    receipt = employee.receipt("A stool for the test bench.")
    withdraw = receipt.get_by_role("button", name="Withdraw")
    withdraw.click()
    asked = employee.page.get_by_role("dialog")
    expect(asked).to_contain_text("IT then stops working on it.")
    asked.get_by_role("button", name="Cancel").click()
    expect(withdraw).to_be_focused()
    newest = demo.stored(lambda uow: uow.needs.of(person_id(uow, "erik-johansson"), 1))[0]
    assert newest.state is NeedState.ACKNOWLEDGED
    withdraw.click()
    asked.get_by_role("button", name="Yes").click()
    expect(employee.line("is withdrawn")).to_be_visible()
    newest = demo.stored(lambda uow: uow.needs.of(person_id(uow, "erik-johansson"), 1))[0]
    assert newest.state is NeedState.WITHDRAWN


def test_the_need_story_needs_no_mouse(demo: Demo, tab: Open) -> None:
    """Tab, Enter and letters lead from the list of people to the receipt."""
    words = "Bigger letters on the gate display."
    employee = tab("piotr-kowalski")
    keys = employee.page.keyboard
    employee.page.goto(demo.address)
    _tab_to(employee.page, "Find a person")
    keys.type("piotr")
    keys.press("Tab")
    keys.press("Enter")
    employee.page.locator("html[data-live=yes]").wait_for()
    expect(employee.page.get_by_role("textbox", name="Message to")).to_be_focused()
    keys.type(words)
    keys.press("Enter")
    employee.line("This is what I understood").wait_for()
    keys.press("Shift+Tab")
    for _ in range(12):
        if employee.page.evaluate("document.activeElement.textContent.trim()") == "Send to IT":
            break
        keys.press("Shift+Tab")
    keys.press("Enter")
    employee.receipt(words).wait_for()
    assert words in needs_of(demo, "piotr-kowalski")
    assert employee.page.evaluate("document.activeElement !== document.body")


def test_it_works_without_scripts(demo: Demo, tab: Open) -> None:
    """Forms alone carry the story; the page then shows what is new when it is loaded again."""
    words = "Paper for the plotter, also on Saturdays."
    employee = tab("chen-wei", scripts=False)
    page = employee.page
    page.goto(f"{demo.address}/chat/chen-wei/dm-chen-wei")
    page.get_by_role("textbox", name="Message to").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()
    _again_until(employee.page, "Send to IT")
    page.get_by_role("button", name="Send to IT").last.click()
    demo.until(lambda uow: words in [n.words for n in uow.needs.of(person_id(uow, "chen-wei"))])
    page.goto(f"{demo.address}/chat/chen-wei/home")
    _again_until(employee.page, "Tell IT what you need")
    page.get_by_role("button", name="Tell IT what you need").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Please fill this in.")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("dialog[data-modal]")).to_have_count(0)


def _tab_to(page: Page, label: str) -> None:
    wanted = page.get_by_label(label)
    for _ in range(12):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{label} cannot be reached by keyboard")


def _again_until(page: Page, button: str) -> None:
    for _ in range(40):
        if page.get_by_role("button", name=button).count():
            return
        page.wait_for_timeout(100)
        page.goto(page.url)
    raise AssertionError(f"{button} never came")
