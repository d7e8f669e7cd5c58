"""Installations and the single-use states of installing, in the database."""

from datetime import datetime

from sqlalchemy import select

from bot.ports import Installation
from storage.engine import Work, row_of
from storage.tables import install_state
from storage.tables import installation as installations


class SQLInstallations:
    """Implements ``bot.ports.Installations``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def get(self, workspace: str, /) -> Installation | None:
        """Return an installation, locked against other writers until this transaction ends."""
        found = select(installations).where(installations.c.workspace == workspace)
        return self._work.one(Installation, found.with_for_update())

    def save(self, installation: Installation, /) -> None:
        """Add or change an installation."""
        self._work.save(installations, row_of(installation), key="workspace")

    def all(self, platform: str, /) -> tuple[Installation, ...]:
        """Return a platform's installations in order of workspace."""
        workspace = installations.c.workspace
        found = select(installations).where(workspace.startswith(f"{platform}:", autoescape=True))
        return self._work.all(Installation, found.order_by(workspace))

    def issue_state(self, state: str, expires_at: datetime, /) -> None:
        """Remember a state until it expires or is used."""
        self._work.run(install_state.insert().values(state=state, expires_at=expires_at))

    def consume_state(self, state: str, now: datetime, /) -> bool:
        """Use up a state; False if it is unknown, used or expired. Purges expired ones."""
        self._work.run(install_state.delete().where(install_state.c.expires_at <= now))
        used = install_state.delete().where(install_state.c.state == state)
        return self._work.run(used).rowcount == 1
