"""A relay that claims every row and then stands still until it is killed.

Arguments: the database's address, and whether to commit the claim.
"""

import sys

from storage import open_storage
from tests.contracts.examples import claim


def main(url: str, commits: str) -> None:
    """Claim, say how many, wait."""
    with open_storage(url).units() as uow:
        taken = claim(uow, owner="killed")
        if commits == "yes":
            uow.commit()
        print(len(taken), flush=True)  # noqa: T201 - the test waits for this line
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
