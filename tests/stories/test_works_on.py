"""The README claims what the stories show, no more and no less."""

from tests.stories.hands import PLATFORMS
from tests.works_on import END, README, START, everything
from tests.works_on import PLATFORMS as COLUMNS


def test_the_table_in_the_readme_is_the_one_that_the_stories_wrote() -> None:
    """Every platform of the stories is a column, and every cell is a story that ran."""
    assert set(PLATFORMS) | {"Browser"} == set(COLUMNS)
    shown = README.read_text(encoding="utf-8").split(START)[1].split(END)[0]
    assert shown.lstrip("\n") == everything()
