"""Who works at Alder & Finch, and what they said, which stands in ``stories.toml``.

All people and words are invented. ``seed`` lets it happen.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from bot.people.model import Role

SEED = 20260
CIO = "ines-weber"
CHANNELS = {
    "general": "general",
    "it-help": "it-help",
    "finance": "finance",
    "it": "it",
    "production": "production",
    "sales": "sales",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """A person of the organisation."""

    full_name: str
    department: str
    role: Role | None = None
    zone: str = "Europe/Berlin"
    locale: str = "en"

    @property
    def name(self) -> str:
        """Return the name as it stands in addresses."""
        return self.full_name.lower().replace(" ", "-")


def _team(department: str, head: str, champions: str, others: str) -> list[Someone]:
    champion = Role.CHAMPION
    return [
        Someone(full_name=head, department=department, role=Role.DEPARTMENT_HEAD),
        *(
            Someone(full_name=n, department=department, role=champion)
            for n in champions.split(", ")
        ),
        *(Someone(full_name=name, department=department) for name in others.split(", ")),
    ]


PEOPLE: tuple[Someone, ...] = (
    *_team(
        "Finance",
        "Margaret Osei",
        "Tomasz Zielinski",
        "Aylin Demir, Bruno Costa, Carol Whitfield, Dmitri Volkov, Elena Rossi, Felix Brandt,"
        " Grace Mwangi",
    ),
    Someone(full_name="Hanna Fischer", department="Finance", locale="de"),
    Someone(full_name="Ines Weber", department="IT", role=Role.CIO),
    *_team(
        "IT",
        "Rajesh Iyer",
        "Sofia Lindqvist",
        "Ben Carter, Chiara Greco, Daniel Okafor, Emil Novak, Fatima Haddad, Jonas Keller",
    ),
    Someone(full_name="Mei Tanaka", department="IT", zone="Asia/Tokyo"),
    *_team(
        "Production",
        "Werner Baumann",
        "Lucia Morales, Piotr Kowalski",
        "Anna Schmidt, Carlos Mendes, Erik Johansson, Greta Hofmann, Ivan Petrov, Kemal Aydin,"
        " Olga Ivanova",
    ),
    *_team(
        "Sales",
        "Olivia Bennett",
        "Noah Williams",
        "Ava Thompson, Chen Wei, Diego Herrera, Hiroshi Sato, Isabelle Laurent, Liam Murphy,"
        " Nadia Rahman",
    ),
    Someone(full_name="Zoe Clarke", department="Sales", zone="America/New_York"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A need, so many days ago; ``withdrawn`` where it was taken back a day later."""

    days: int
    by: str
    words: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something people said to each other in a channel."""

    days: int
    hour: float
    channel: str
    by: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An announcement of the CIO to everyone."""

    days: int
    title: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A pulse; answers lie around ``mean``, and ``share`` of all take part."""

    days: int
    question: str
    mean: float
    share: float
    comments: tuple[str, ...]


_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
WISHES = tuple(Wish(**one) for one in _TOLD["wishes"])
REMARKS = tuple(Remark(**one) for one in _TOLD["remarks"])
NEWS = tuple(News(**{**one, "words": one["words"].strip()}) for one in _TOLD["news"])
SURVEYS = tuple(Survey(**{**one, "comments": tuple(one["comments"])}) for one in _TOLD["surveys"])
