"""Persons, accounts and channels in the database."""

from sqlalchemy import Column, bindparam, func, select, type_coerce

from bot.heard import AccountId, ChannelId
from bot.people.model import Account, Channel, Person, PersonId, Reach, Role
from bot.pulses.model import Part
from storage.engine import Work, row_of
from storage.tables import (
    Words,
    announcement,
    dialogue,
    need,
    need_change,
    participation,
    wave,
)
from storage.tables import account as accounts
from storage.tables import channel as channels
from storage.tables import person as persons

PERSON = [column for column in persons.c if column.name != "email_key"]
NAMED_BY: tuple[Column[str], ...] = (
    accounts.c.person,
    need.c.asker,
    need_change.c.by,
    announcement.c.author,
    wave.c.launched_by,
)
"""Where a person may stand any number of times; a merge rewrites these as they are."""
BY_ID = select(*PERSON).where(persons.c.id == bindparam("person"))
BY_ACCOUNT = (
    select(*PERSON)
    .join_from(persons, accounts, accounts.c.person == persons.c.id)
    .where(accounts.c.id == bindparam("account"))
)
BY_EMAIL = (
    select(*PERSON).where(persons.c.email_key == bindparam("email")).order_by(persons.c.id).limit(1)
)
ACCOUNT = select(accounts).where(accounts.c.id == bindparam("account"))
ACCOUNTS = select(accounts).where(accounts.c.person == bindparam("person")).order_by(accounts.c.id)
CHANNEL = select(channels).where(channels.c.id == bindparam("channel"))
FURTHEST = (Part.COMMENTED, Part.ANSWERED, Part.OPEN)


class SQLPeople:
    """Implements ``bot.ports.People``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def get(self, person: PersonId, /) -> Person | None:
        """Find a person."""
        return self._work.one(Person, BY_ID, person=person)

    def by_account(self, account: AccountId, /) -> Person | None:
        """Find the person an account leads to."""
        return self._work.one(Person, BY_ACCOUNT, account=account)

    def by_email(self, email: str, /) -> Person | None:
        """Find by verified address, letter case ignored."""
        return self._work.one(Person, BY_EMAIL, email=email.casefold()) if email else None

    def save(self, person: Person, /) -> None:
        """Add or change a person."""
        self._work.save(persons, row_of(person) | {"email_key": person.email.casefold()})

    def account(self, account: AccountId, /) -> Account | None:
        """Find an account."""
        return self._work.one(Account, ACCOUNT, account=account)

    def accounts(self, person: PersonId, /) -> tuple[Account, ...]:
        """Return a person's accounts in order of id."""
        return self._work.all(Account, ACCOUNTS, person=person)

    def save_account(self, account: Account, /) -> None:
        """Add or change an account."""
        self._work.save(accounts, row_of(account))

    def merge(self, gone: PersonId, kept: PersonId, /) -> None:
        """Give everything of ``gone`` to ``kept`` and delete ``gone``."""
        for column in NAMED_BY:
            self._work.run(column.table.update().where(column == gone).values({column.name: kept}))
        self._merge_participation(gone, kept)
        self._merge_dialogue(gone, kept)
        self._work.run(persons.delete().where(persons.c.id == gone))

    def with_role(self, role: Role, /) -> tuple[Person, ...]:
        """Return the active persons who hold a role, in order of id."""
        holds = type_coerce(persons.c.roles, Words).contains(f" {role.value} ")
        found = select(*PERSON).where(persons.c.active, holds).order_by(persons.c.id)
        return self._work.all(Person, found)

    def names(self) -> tuple[str, ...]:
        """Return the names of all persons, leavers included, in any order."""
        return tuple(self._work.run(select(persons.c.name)).scalars())

    def reachable(self) -> tuple[Reach, ...]:
        """Return one way to each active person, in order of person id."""
        ways = (
            select(
                persons.c.id.label("person"),
                accounts.c.id.label("account"),
                persons.c.locale,
                persons.c.zone,
            )
            .join_from(persons, accounts, accounts.c.person == persons.c.id)
            .where(persons.c.active, accounts.c.reachable)
            .order_by(persons.c.id, accounts.c.id != persons.c.preferred, accounts.c.id)
        )
        first: dict[PersonId, Reach] = {}
        for way in self._work.all(Reach, ways):
            first.setdefault(way.person, way)
        return tuple(first.values())

    def count(self) -> int:
        """Return how many persons are active."""
        active = select(func.count()).select_from(persons).where(persons.c.active)
        return int(self._work.run(active).scalar_one())

    def channel(self, channel: ChannelId, /) -> Channel | None:
        """Find a channel."""
        return self._work.one(Channel, CHANNEL, channel=channel)

    def save_channel(self, channel: Channel, /) -> None:
        """Add or change a channel."""
        self._work.save(channels, row_of(channel))

    def channels(self) -> tuple[Channel, ...]:
        """Return the active channels in order of name, then id."""
        found = select(channels).where(channels.c.active)
        return self._work.all(Channel, found.order_by(channels.c.name, channels.c.id))

    def _merge_participation(self, gone: PersonId, kept: PersonId) -> None:
        """Keep one row per wave, with the further of the two states."""
        mine, hers = participation.alias(), participation.alias()
        both = self._work.run(
            select(mine.c.wave, mine.c.state, hers.c.state)
            .join(hers, (hers.c.wave == mine.c.wave) & (hers.c.person == gone))
            .where(mine.c.person == kept)
        ).all()
        rows = participation.c
        for asked_in, hers_now, kept_now in both:
            self._work.run(participation.delete().where(rows.wave == asked_in, rows.person == gone))
            further = min(hers_now, kept_now, key=FURTHEST.index)
            self._work.run(
                participation.update()
                .where(rows.wave == asked_in, rows.person == kept)
                .values(state=further)
            )
        self._work.run(participation.update().where(rows.person == gone).values(person=kept))

    def _merge_dialogue(self, gone: PersonId, kept: PersonId) -> None:
        """Move the open dialogue, unless ``kept`` is in one."""
        theirs = select(dialogue.c.person).where(dialogue.c.person == kept)
        if self._work.run(theirs).first():
            self._work.run(dialogue.delete().where(dialogue.c.person == gone))
        else:
            self._work.run(dialogue.update().where(dialogue.c.person == gone).values(person=kept))
