"""A process that is killed in the middle leaves nothing sent twice and nothing lost."""

import subprocess
import sys
from pathlib import Path

from storage import Storage, open_storage
from tests.contracts.examples import (
    SOON,
    account_of,
    card,
    claim,
    notice,
)

ROOT = Path(__file__).parents[2]


def killed(url: str, *, commits: bool) -> int:
    """Let another process claim, then kill it; return how many rows it had."""
    command = [sys.executable, "-m", "tests.storage.claimer", url, "yes" if commits else "no"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        taken = int(process.stdout.readline())
        process.kill()
    return taken


def queued(url: str) -> None:
    """Queue three messages and a home surface."""
    store = open_storage(url)
    with store.units() as uow:
        uow.outbox.put(*(notice(name, name, batch="b") for name in "abc"))
        uow.outbox.home(account_of("a"), card())
        uow.commit()
    store.close()


def sweep(store: Storage, *, late: bool) -> int:
    with store.units() as uow:
        given_up = uow.outbox.expire(SOON if late else SOON.replace(year=2025))
        uow.commit()
        return given_up


def test_killed_between_claim_and_settle(database_url: str) -> None:
    """When the lease is over the posts are unknown, exactly once; the rest goes out."""
    queued(database_url)
    assert killed(database_url, commits=True) == 4
    store = open_storage(database_url)
    assert [sweep(store, late=late) for late in (False, True, True)] == [0, 4, 0]
    with store.units() as uow:
        assert uow.outbox.tally("b").unknown == 3
        assert [item.card for item in claim(uow)] == [card()]
    store.close()


def test_killed_before_the_commit_of_a_claim(database_url: str) -> None:
    """Nothing was claimed, so the next relay has everything at once."""
    queued(database_url)
    assert killed(database_url, commits=False) == 4
    store = open_storage(database_url)
    with store.units() as uow:
        assert len(claim(uow)) == 4
    store.close()
