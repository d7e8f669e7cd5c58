"""The README's table of stories and platforms, written by the tests themselves.

`pytest --works-on tests/stories tests/browser` runs the stories and writes what happened; a plain
run only checks that the table names every story and platform there is, all of them working.
"""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- works-on:start -->", "<!-- works-on:end -->"
STORIES = {
    "need": "A need: said, seen, changed, sent, receipt, list of one's own",
    "pulse": "A pulse: asked, answered in one tap, closed, results by rule",
    "announcement": "An announcement: drafted, previewed, confirmed, delivered, counted",
}
PLATFORMS = (
    "Slack (HTTP)",
    "Slack (Socket Mode)",
    "Teams (signed)",
    "Teams (local)",
    "Browser",
)
_NAME = re.compile(r"(stories|browser)/test_stories\.py::(test_\w+)(?:\[(.*)\])?$")


class Results:
    """What became of each story on each platform in this run."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a story's outcome; one failure of several makes it a failure."""
        found = _NAME.search(report.nodeid)
        if found is None or (report.when != "call" and report.passed):
            return
        folder, name, parameters = found.groups()
        story = next((one for one in STORIES if one in name), "")
        platform = "Browser" if folder == "browser" else _platform(parameters or "")
        if story and platform:
            key = story, platform
            self.seen[key] = self.seen.get(key, True) and report.passed

    def pytest_sessionfinish(self) -> None:
        """Write the table."""
        words = README.read_text(encoding="utf-8")
        before, after = words.split(START)[0], words.split(END)[1]
        README.write_text(f"{before}{START}\n{table(self.seen)}{END}{after}", encoding="utf-8")


def table(seen: dict[tuple[str, str], bool]) -> str:
    """Write the outcomes as a table: yes, no, or not run."""
    marks = {True: "✓", False: "✗", None: "not run"}
    rows = [f"| Story | {' | '.join(PLATFORMS)} |", f"|--|{'--|' * len(PLATFORMS)}"]
    for story, words in STORIES.items():
        cells = [marks[seen.get((story, platform))] for platform in PLATFORMS]
        rows.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def everything() -> str:
    """Return the table in which every story works everywhere."""
    return table({(story, platform): True for story in STORIES for platform in PLATFORMS})


def _platform(parameters: str) -> str:
    return next((name for name in PLATFORMS if name in parameters), "")
