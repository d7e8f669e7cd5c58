"""Take the picture for the README: `python -m tests.browser.screenshot deploy/demo.png`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from adapters.web import parse
from bot.pulses.model import WaveState
from tests.browser.demo import Demo, launch, running

SIZE = (1280, 860)
QUESTION = "How happy are you with IT these days?"


def main(target: Path) -> None:
    """Play a short scene and take the picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as demo,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page(
            viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme="light"
        )
        _ask(demo, page)
        _need(demo, page)
        page.screenshot(path=target)
        page.close()
        browser.close()


def _ask(demo: Demo, page: Page) -> None:
    """Let the CIO start a pulse."""
    _open(demo, page, "ines-weber", "home")
    page.get_by_role("button", name="Start a pulse").click()
    page.get_by_role("button", name="Ask now").click()
    demo.until(lambda uow: bool(uow.pulses.waves(WaveState.OPEN)))
    place = parse.channel_id(parse.direct("lucia-morales"))
    demo.until(
        lambda uow: any(
            line.card and line.card.name == "pulses.invitation" for line in uow.chat.lines(place)
        )
    )


def _need(demo: Demo, page: Page) -> None:
    """Let a champion say what she needs, and send it."""
    _open(demo, page, "lucia-morales", parse.direct("lucia-morales"))
    page.get_by_role("textbox", name="Message to").fill(
        "Please show the shift plan on the screens at the gates."
    )
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send to IT").click()
    page.get_by_text("is with IT").last.wait_for()
    page.wait_for_timeout(500)
    page.mouse.move(640, 20)


def _open(demo: Demo, page: Page, person: str, conversation: str) -> None:
    page.goto(f"{demo.address}/chat/{person}/{conversation}")
    page.locator("html[data-live=yes]").wait_for()
    page.locator(".card").first.wait_for()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
