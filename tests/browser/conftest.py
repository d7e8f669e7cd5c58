"""One browser and one demo for all tests of a process; each person is a context of her own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.browser.demo import Demo, launch, running

DESK = (1280, 860)
PHONE = (360, 740)
PATIENCE = 20_000  # milliseconds; other tests run beside these
expect.set_options(timeout=PATIENCE)


@dataclass(slots=True)
class Tab:
    """One person's page, with what went wrong on it."""

    page: Page
    demo: Demo
    person: str
    faults: list[str] = field(default_factory=list)

    def go(self, conversation: str) -> "Tab":
        """Open a conversation and wait until it is live."""
        self.page.goto(f"{self.demo.address}/chat/{self.person}/{conversation}")
        self.page.locator("html[data-live=yes]").wait_for()
        return self

    def direct(self) -> "Tab":
        """Open the direct conversation with the bot."""
        return self.go(f"dm-{self.person}")

    def say(self, words: str) -> None:
        """Type words and press Enter."""
        self.page.get_by_role("textbox", name="Message to").fill(words)
        self.page.keyboard.press("Enter")

    def line(self, words: str) -> Locator:
        """Find the newest line with these words."""
        return self.page.locator(".line", has_text=words).last

    def receipt(self, words: str) -> Locator:
        """Find the receipt of a need with these words; older needs have receipts as well."""
        return self.page.locator(".line.bot", has_text=words).filter(has_text="is with IT")

    def press(self, name: str) -> None:
        """Press the newest button of this name."""
        self.page.get_by_role("button", name=name, exact=True).last.click()

    @property
    def dialog(self) -> Locator:
        """Find the open dialog."""
        return self.page.locator("dialog[data-modal]")


Open = Callable[..., Tab]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run the demo."""
    with running(tmp_path_factory.mktemp("demo")) as started:
        yield started


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Run the browser; its loop must have ended before tests with loops of their own run."""
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def tab(browser: Browser, demo: Demo) -> Iterator[Open]:
    """Return what opens a page as a person; nothing may have gone wrong on any of them."""
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []

    def opened(
        person: str = "anna-schmidt",
        *,
        theme: str = "light",
        size: tuple[int, int] = DESK,
        scripts: bool = True,
    ) -> Tab:
        context = browser.new_context(
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        made = Tab(page=page, demo=demo, person=person)
        page.on(
            "console", lambda said: made.faults.append(said.text) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: made.faults.append(str(error)))
        page.on(
            "request",
            lambda one: (
                made.faults.append(one.url) if not one.url.startswith(made.demo.address) else None
            ),
        )
        tabs.append(made)
        return made

    yield opened
    faults = [fault for one in tabs for fault in one.faults]
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Return a folder for pictures."""
    return tmp_path
