"""A running browser chat for tests over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.web.house import House, running


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Run the browser chat on memory."""
    async with running(tmp_path) as started:
        yield started
