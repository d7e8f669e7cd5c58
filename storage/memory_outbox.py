"""The way out in memory; ``outbox.py`` says how it works."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from bot.announcements.model import Tally
from bot.delivery import DeliveryState, Op, Outgoing, Step
from bot.heard import AccountId, MessageRef
from bot.messages import Card, Place, ToPerson
from bot.ports import Notice
from storage.memory_tables import Copy, Memory
from storage.outbox import DROPPED, FINAL, LOST, MESSAGES, UNSENT
from storage.tables import AT_ONCE

OPEN = (DeliveryState.QUEUED, DeliveryState.SENDING)


class MemoryOutbox:
    """Implements ``bot.ports.Outbox``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._copies = memory.copies

    def put(self, *notices: Notice) -> int:
        """Queue messages; return how many were new. A known ``once`` changes nothing."""
        new = 0
        for notice in notices:
            if notice.once and notice.once in self._memory.once:
                continue
            new += 1
            copy = self._new(Op.POST, notice.to, notice.card)
            self._copies[copy.id] = replace(copy, batch=notice.batch)
            if notice.once:
                self._memory.once[notice.once] = copy.id
        return new

    def amend(self, once: str, card: Card, /) -> None:
        """Let the message queued under ``once`` show ``card``."""
        post = self._held(once)
        if post is None or post.state in DROPPED:
            return
        key = f"~update:{post.id}"
        newest = self._held(key)
        shown = post if newest is None or newest.state in DROPPED else newest
        if shown.card == card:
            return
        if post.state is DeliveryState.QUEUED:
            self._copies[post.id] = replace(post, card=card)
        else:
            self._renew(key, Op.UPDATE, post.to, card, original=post.id)

    def update(self, message: MessageRef, to: Place, card: Card, /) -> None:
        """Let a message that the platform named show ``card``; coalesces like ``amend``."""
        posts = (copy for copy in self._copies.values() if copy.op is Op.POST)
        known = next((post.id for post in posts if message and post.message == message), None)
        if known is None:
            self._renew(f"~update:{message}", Op.UPDATE, to, card, message=message)
        else:
            self._renew(f"~update:{known}", Op.UPDATE, to, card, original=known)

    def home(self, account: AccountId, card: Card, /) -> None:
        """Publish a home surface; a newer one replaces one that still waits."""
        self._renew(f"~home:{account}", Op.HOME, ToPerson(account=account), card)

    def lookup(self, to: Place, /) -> None:
        """Ask the platform who an account or what a channel is; at most one waits per place."""
        self._renew(f"~lookup:{_whole(to)}", Op.LOOKUP, to, None)

    def members(
        self, batch: str, /, *, after: int = 0, limit: int = 200
    ) -> tuple[tuple[int, str, Place], ...]:
        """Return row, ``once`` and place of a batch's messages, in order of row."""
        names = {number: once for once, number in self._memory.once.items()}
        found = (
            (copy.id, names[copy.id], copy.to)
            for number, copy in sorted(self._copies.items())
            if copy.batch == batch and copy.op is Op.POST and number > after
        )
        return tuple(islice(found, limit))

    def tally(self, batch: str, /) -> Tally:
        """Count what became of a batch."""
        counts = Counter(copy.state for copy in self._copies.values() if copy.batch == batch)
        return Tally(
            sent=counts[DeliveryState.SENT],
            failed=counts[DeliveryState.FAILED],
            unknown=counts[DeliveryState.UNKNOWN],
            cancelled=counts[DeliveryState.CANCELLED],
            pending=sum(counts[state] for state in OPEN),
        )

    def state(self, once: str, /) -> str:
        """Return the state of the message queued under ``once``, empty if there is none."""
        copy = self._held(once)
        return copy.state.value if copy else ""

    def claim(
        self, *, owner: str, now: datetime, lease_until: datetime, limit: int, lanes: Iterable[str]
    ) -> tuple[Outgoing, ...]:
        """Take due rows of these lanes' platforms, oldest first, and mark them as sending."""
        wanted = [f"{lane}:" for lane in lanes]
        due = [
            copy
            for copy in self._claimable()
            if copy.due_at <= now
            and self._memory.pauses.get(copy.lane, now) <= now
            and any(f"{copy.lane}:".startswith(lane) for lane in wanted)
        ]
        due.sort(key=lambda copy: (copy.due_at, copy.id))
        for copy in due[:limit]:
            self._copies[copy.id] = replace(
                copy,
                state=DeliveryState.SENDING,
                owner=owner,
                lease_until=lease_until,
                claimed=copy.card,
            )
        return tuple(self._outgoing(copy) for copy in due[:limit])

    def settle(self, item: Outgoing, step: Step, /, *, owner: str, now: datetime) -> bool:  # noqa: ARG002
        """Write what became of a claimed row; False if another owner has it by now."""
        copy = self._copies.get(item.id)
        if copy is None or copy.state is not DeliveryState.SENDING or copy.owner != owner:
            return False
        settled = replace(
            copy,
            state=step.state,
            due_at=step.due_at,
            attempt=step.attempt,
            reason=step.reason,
            owner=None,
            lease_until=None,
        )
        if copy.op is Op.POST and step.message:
            settled = replace(settled, message=step.message)
        if copy.card != copy.claimed and step.state in FINAL:
            settled = replace(settled, state=DeliveryState.QUEUED, due_at=AT_ONCE, attempt=0)
            self._memory.queued = True
        self._copies[copy.id] = settled
        if step.state in DROPPED:
            self._drop_updates(copy.id)
        self._learn(copy.to, step)
        if step.pause:
            until = self._memory.pauses.get(copy.lane, step.due_at)
            self._memory.pauses[copy.lane] = max(until, step.due_at)
        return True

    def expire(self, now: datetime, /) -> int:
        """Give up leases that ran out: posts become unknown, the rest is queued again."""
        lost = [
            copy
            for copy in self._copies.values()
            if copy.state is DeliveryState.SENDING and copy.lease_until and copy.lease_until <= now
        ]
        for copy in lost:
            free = replace(copy, reason=LOST, owner=None, lease_until=None)
            self._copies[copy.id] = (
                replace(free, state=DeliveryState.UNKNOWN)
                if copy.op is Op.POST
                else replace(free, state=DeliveryState.QUEUED, due_at=AT_ONCE)
            )
        return len(lost)

    def next_due(self) -> datetime | None:
        """Return when the next row is due; None if nothing waits."""
        pauses = self._memory.pauses
        dues = [max(c.due_at, pauses.get(c.lane, c.due_at)) for c in self._claimable()]
        return min(dues, default=None)

    def _claimable(self) -> Iterator[Copy]:
        """Yield queued rows that wait for no other row."""
        busy: set[str] = set()
        for number in sorted(self._copies):
            copy = self._copies[number]
            if copy.state not in OPEN or not self._is_out(copy.original):
                continue
            if copy.op not in MESSAGES:
                if copy.state is DeliveryState.QUEUED:
                    yield copy
                continue
            place = _whole(copy.to)
            if copy.state is DeliveryState.QUEUED and place not in busy:
                yield copy
            busy.add(place)

    def _is_out(self, original: int | None) -> bool:
        return original is None or self._copies[original].state is DeliveryState.SENT

    def _outgoing(self, copy: Copy) -> Outgoing:
        post = self._copies.get(copy.original or 0)
        return Outgoing(
            id=copy.id,
            op=copy.op,
            to=copy.to,
            card=copy.card,
            route=self._route(copy.to),
            message=post.message if post else copy.message,
            attempt=copy.attempt,
        )

    def _route(self, to: Place) -> str:
        memory = self._memory
        if isinstance(to, ToPerson):
            return memory.accounts[to.account].route if to.account in memory.accounts else ""
        return memory.channels[to.channel].route if to.channel in memory.channels else ""

    def _learn(self, to: Place, step: Step) -> None:
        """Keep what the platform told of the way to a place."""
        if isinstance(to, ToPerson):
            account = self._memory.accounts.get(to.account)
            if account is None:
                return
            if step.route:
                account = replace(account, route=step.route)
            if step.unreachable:
                account = replace(account, reachable=False, reason=step.reason)
            self._memory.accounts[to.account] = account
        elif step.route and to.channel in self._memory.channels:
            channel = self._memory.channels[to.channel]
            self._memory.channels[to.channel] = replace(channel, route=step.route)

    def _renew(
        self,
        once: str,
        op: Op,
        to: Place,
        card: Card | None,
        *,
        original: int | None = None,
        message: MessageRef = MessageRef(""),
    ) -> None:
        """Queue the one row of this key, or let the one there is show what is newer."""
        self._memory.queued = True
        known = self._held(once)
        if known is None:
            copy = self._new(op, to, card)
            self._copies[copy.id] = replace(copy, original=original, message=message)
            self._memory.once[once] = copy.id
        elif known.state in OPEN:
            self._copies[known.id] = replace(known, card=card)
        else:
            self._copies[known.id] = replace(
                known, card=card, state=DeliveryState.QUEUED, due_at=AT_ONCE, attempt=0
            )

    def _drop_updates(self, post: int) -> None:
        """Cancel what was to change a message that never came to be."""
        for copy in list(self._copies.values()):
            if copy.original == post and copy.state is DeliveryState.QUEUED:
                self._copies[copy.id] = replace(copy, state=DeliveryState.CANCELLED, reason=UNSENT)

    def _held(self, once: str) -> Copy | None:
        return self._copies.get(self._memory.once.get(once, 0))

    def _new(self, op: Op, to: Place, card: Card | None) -> Copy:
        self._memory.queued = True
        return Copy(id=self._copies.next_number(), op=op, to=to, card=card)


def _whole(to: Place) -> str:
    """Name a place with its thread."""
    if isinstance(to, ToPerson):
        return f"person:{to.account}"
    return f"channel:{to.channel}:{to.thread}"
