"""Meet people, learn who they are, notice when they leave."""

from dataclasses import replace

from bot.heard import AccountId, ChannelId, Heard, Joined, Left, Profile
from bot.messages import Place, ToChannel, ToPerson
from bot.people import cards, rules
from bot.people.model import Account, Channel, Person, PersonId, Role
from bot.ports import Notice, Tools, UnitOfWork, Voice


def meet(uow: UnitOfWork, event: Heard, tools: Tools, *, lookup: bool = True) -> Person:
    """Return the person behind an event; an unknown account becomes a new person.

    Rows are written only where something changed. What the platform itself knows of an account
    is asked for through the outbox, and joined by verified e-mail when it is known.
    """
    account = uow.people.account(event.account)
    person = uow.people.by_account(event.account)
    if account is None or person is None:
        person = Person(id=PersonId(tools.new_id()), preferred=event.account)
        account = Account(id=event.account, person=person.id)
        uow.people.save(person)
        uow.people.save_account(account)
    if lookup and not account.known and not (person.name and account.route):
        uow.outbox.lookup(ToPerson(account=event.account))
    route = event.route if event.private and event.route else account.route
    seen = replace(account, route=route, reachable=True, reason="")
    if seen != account:
        uow.people.save_account(seen)
    known = replace(rules.informed(person, event.profile), preferred=event.account, active=True)
    known = _with_first_rights(known, event.account, tools)
    if known != person:
        uow.people.save(known)
    if not event.private:
        notice_channel(uow, event.place, event.route)
    return known


def recognise(uow: UnitOfWork, event: Heard) -> Person | None:
    """Return the person behind an event without writing anything."""
    return uow.people.by_account(event.account)


def learn(uow: UnitOfWork, account_id: AccountId, profile: Profile, tools: Tools) -> Person | None:
    """Take in a platform's own profile of an account; join persons by verified e-mail."""
    uow.lock(account_id)
    account = uow.people.account(account_id)
    person = uow.people.by_account(account_id)
    if account is None or person is None:
        return None
    uow.people.save_account(
        replace(
            account,
            known=True,
            reachable=account.reachable and not (profile.gone or profile.is_bot),
            reason="left" if profile.gone else "bot" if profile.is_bot else account.reason,
        )
    )
    twin = uow.people.by_email(profile.email) if profile.email else None
    if twin is not None and twin.id != person.id:
        uow.people.merge(person.id, twin.id)
        person = replace(
            twin, roles=twin.roles | person.roles, preferred=person.preferred or twin.preferred
        )
    known = rules.informed(person, profile)
    if profile.gone or profile.is_bot:
        known = replace(known, active=_reachable(uow, known))
    known = _with_first_rights(known, account_id, tools)
    uow.people.save(known)
    return known


def learn_channel(uow: UnitOfWork, channel_id: ChannelId, name: str) -> None:
    """Take in a channel's name."""
    channel = uow.people.channel(channel_id)
    if channel is not None and name and channel.name != name:
        uow.people.save_channel(replace(channel, name=name))


def notice_channel(uow: UnitOfWork, channel_id: ChannelId, route: str, name: str = "") -> None:
    """Remember a channel and the way to it; ask for its name if nobody said it."""
    known = uow.people.channel(channel_id)
    channel = known or Channel(id=channel_id)
    seen = replace(channel, name=name or channel.name, route=route or channel.route, active=True)
    if seen != known:
        uow.people.save_channel(seen)
    if not seen.name and known is None:
        uow.outbox.lookup(ToChannel(channel=channel_id))


def join(uow: UnitOfWork, event: Joined, tools: Tools) -> None:
    """Welcome a person or a channel, exactly once however often the platform says it."""
    if event.private:
        person = meet(uow, event, tools)
        voice = voice_of(person, tools)
        place: Place = ToPerson(account=event.account)
        card = cards.welcome(voice, rights=rights_of(person))
        once = f"welcome:{event.account}"
    else:
        notice_channel(uow, event.place, event.route, event.channel_name)
        place = ToChannel(channel=event.place)
        voice = tools.voice(event.profile.locale, event.profile.zone)
        card = cards.introduction(voice)
        once = f"welcome:{event.place}"
    uow.outbox.put(Notice(to=place, card=card, once=once))


def leave(uow: UnitOfWork, event: Left) -> None:
    """Stop writing to an account or channel that is no longer open to the bot."""
    if not event.private:
        channel = uow.people.channel(event.place)
        if channel is not None:
            uow.people.save_channel(replace(channel, active=False))
        return
    account = uow.people.account(event.account)
    person = uow.people.by_account(event.account)
    if account is None or person is None:
        return
    reason = "left" if event.profile.gone else "removed"
    uow.people.save_account(replace(account, reachable=False, reason=reason))
    if event.profile.gone:
        uow.people.save(replace(person, active=_reachable(uow, person)))


def voice_of(person: Person, tools: Tools) -> Voice:
    """Return the voice that speaks to a person."""
    return tools.voice(person.locale, person.zone)


def rights_of(person: Person) -> frozenset[rules.Right]:
    """Return what a person may do beyond what everybody may."""
    return frozenset(right for right in rules.Right if rules.may(person, right))


def _reachable(uow: UnitOfWork, person: Person) -> bool:
    """Tell whether any account still leads to a person."""
    return any(account.reachable for account in uow.people.accounts(person.id))


def _with_first_rights(person: Person, account: AccountId, tools: Tools) -> Person:
    if Role.CIO in person.roles or not rules.holds_first_rights(person, account, tools.cio):
        return person
    return replace(person, roles=person.roles | {Role.CIO})
