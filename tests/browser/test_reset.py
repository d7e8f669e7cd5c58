"""The demo can begin again from the page."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Tab
from tests.browser.demo import Demo, running

pytestmark = pytest.mark.browser


def test_the_reset_forgets_everything_and_tells_open_pages(tab: Open, tmp_path: Path) -> None:
    """After the question, what was said is gone, and other open pages show it at once."""
    with running(tmp_path) as fresh:
        writer, reader = _on(fresh, tab("elena-rossi")), _on(fresh, tab("bruno-costa"))
        reader.go("finance")
        writer.go("finance")
        writer.say("Soon forgotten")
        reader.line("Soon forgotten").wait_for()
        writer.page.get_by_role("button", name="Reset the demo").click()
        writer.page.get_by_role("button", name="Yes, go on").click()
        expect(writer.page.get_by_role("heading", name="Who would you like to be?")).to_be_visible()
        expect(reader.line("Month end: please post accruals")).to_be_visible()
        expect(reader.line("Soon forgotten")).to_have_count(0)
        needs = fresh.stored(lambda uow: [one for n in range(1, 60) if (one := uow.needs.get(n))])  # type: ignore[arg-type]
        assert len(needs) == 26
        for one in (writer, reader):
            one.page.close()  # a server that stops waits for open streams


def _on(demo: Demo, one: Tab) -> Tab:
    one.demo = demo
    return one
