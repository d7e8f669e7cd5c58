"""The way out in the database: one row per copy, and one row per message that changes.

A message that is changed, a home surface and a lookup have one row each, found again by its
``once`` key, which begins with a tilde. The row is queued anew whenever there is something newer
to show; ``claimed`` tells whether that happened while a sender had it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    FromClause,
    Integer,
    RowMapping,
    Select,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from bot.announcements.model import Tally
from bot.delivery import DeliveryState, Op, Outgoing, Step
from bot.heard import AccountId, ChannelId, MessageRef, lane_of
from bot.messages import Card, Place, ToChannel, ToPerson
from bot.ports import Notice
from storage.canonical import card_from, name_of, text_of
from storage.engine import Row, Work, inserting
from storage.tables import AT_ONCE, QUEUED, SENDING, account, channel, content, delivery, lane

PERSON, CHANNEL = "person", "channel"
LOST = "worker lost"
UNSENT = "the message was not sent"
UNREADABLE = "the card was written by another version"
MESSAGES = [Op.POST, Op.UPDATE]
FINAL = (DeliveryState.SENT, DeliveryState.FAILED)
DROPPED = (DeliveryState.FAILED, DeliveryState.CANCELLED)

d = delivery.c
original = delivery.alias("original")


def _claimable() -> Select[Any]:
    """Select queued rows that wait for no other row, with all that a sender needs."""
    ways: FromClause = (
        delivery.outerjoin(original, original.c.id == d.original)
        .outerjoin(content, content.c.id == d.content)
        .outerjoin(account, (account.c.id == d.to_id) & (d.to_kind == PERSON))
        .outerjoin(channel, (channel.c.id == d.to_id) & (d.to_kind == CHANNEL))
    )
    return (
        select(
            *(d.id, d.op, d.to_kind, d.to_id, d.thread, d.content, d.attempt, content.c.card),
            func.coalesce(account.c.route, channel.c.route).label("route"),
            func.coalesce(original.c.message_ref, d.message_ref).label("message"),
        )
        .select_from(ways)
        .where(
            d.state == QUEUED,
            or_(d.original.is_(None), original.c.state == DeliveryState.SENT),
            or_(d.op.not_in(MESSAGES), ~_behind()),
        )
    )


def _behind() -> ColumnElement[bool]:
    """Tell whether an earlier message to the same place is not finished.

    An update that waits for its own message holds back nothing: its message does, if it may
    still be sent.
    """
    earlier = delivery.alias("earlier")
    shown = delivery.alias("shown")
    e = earlier.c
    return exists().where(
        e.to_id == d.to_id,
        e.to_kind == d.to_kind,
        e.thread == d.thread,
        e.id < d.id,
        e.state.in_([QUEUED, SENDING]),
        e.op.in_(MESSAGES),
        or_(
            e.original.is_(None),
            exists().where(shown.c.id == e.original, shown.c.state == DeliveryState.SENT),
        ),
    )


QUEUE_ORDER = (d.due_at, d.id)
CLAIM = (
    _claimable()
    .where(d.due_at <= bindparam("now"), d.lane.in_(bindparam("running", expanding=True)))
    .order_by(*QUEUE_ORDER)
    .limit(bindparam("most", type_=Integer()))
    .with_for_update(of=delivery, skip_locked=True)
)
FIRST_DUE = (
    _claimable()
    .with_only_columns(d.due_at)
    .where(d.lane == bindparam("of"))
    .order_by(*QUEUE_ORDER)
    .limit(1)
)
MARK = update(delivery).where(d.id.in_(bindparam("ids", expanding=True))).values(claimed=d.content)
CLAIMED = (
    select(d.lane, d.op, d.content, d.claimed, d.to_kind, d.to_id)
    .where(d.id == bindparam("its_id"), d.state == SENDING, d.owner == bindparam("by"))
    .with_for_update()
)
IS_POST = d.op == Op.POST
EXPIRE = (
    update(delivery)
    .where(d.state == SENDING, d.lease_until <= bindparam("now"))
    .values(
        state=case((IS_POST, DeliveryState.UNKNOWN.value), else_=DeliveryState.QUEUED.value),
        due_at=case((IS_POST, d.due_at), else_=AT_ONCE),
        reason=LOST,
        owner=None,
        lease_until=None,
    )
)
UPDATES = update(delivery).where(d.original == bindparam("post"), d.state == QUEUED)
HELD = select(delivery).where(d.once == bindparam("key")).with_for_update()
STATE = select(d.state).where(d.once == bindparam("key"))
POSTED = select(d.id).where(d.message_ref == bindparam("message"), IS_POST).order_by(d.id).limit(1)
TALLY = select(d.state, func.count()).where(d.batch == bindparam("of")).group_by(d.state)
MEMBERS = (
    select(d.id, d.once, d.to_kind, d.to_id, d.thread)
    .where(d.batch == bindparam("of"), IS_POST, d.id > bindparam("since"))
    .order_by(d.id)
    .limit(bindparam("most"))
)
LANES = select(lane.c.id, lane.c.paused_until)
PAUSE = update(lane).where(
    lane.c.id == bindparam("its_id"),
    or_(lane.c.paused_until.is_(None), lane.c.paused_until < bindparam("longer")),
)


@cache
def _renewing(*, is_sqlite: bool) -> Executable:
    """Insert a row, or queue the one of its key anew; one being sent stays with its sender."""
    statement = inserting(delivery, is_sqlite=is_sqlite)
    waits = d.state.in_([QUEUED, SENDING])
    return statement.on_conflict_do_update(
        index_elements=[d.once],
        set_={
            "content": statement.excluded.content,
            "state": case((d.state == SENDING, SENDING), else_=QUEUED),
            "due_at": case((waits, d.due_at), else_=AT_ONCE),
            "attempt": case((waits, d.attempt), else_=0),
        },
    )


class SQLOutbox:
    """Implements ``bot.ports.Outbox``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, *notices: Notice) -> int:
        """Queue messages; return how many were new. A known ``once`` changes nothing."""
        # Copies of one broadcast share the card object, so that it is written once.
        cards = {id(notice.card): notice.card for notice in notices}
        names = self._contents(cards)
        rows = [
            _row(Op.POST, notice.to)
            | {
                "content": names[id(notice.card)],
                "once": notice.once or None,
                "batch": notice.batch or None,
            }
            for notice in notices
        ]
        self._lanes({row["lane"] for row in rows})
        new = self._work.add_new(delivery, rows, "once")
        self._work.queued |= new > 0
        return new

    def amend(self, once: str, card: Card, /) -> None:
        """Let the message queued under ``once`` show ``card``, unless it does already."""
        post = self._held(once)
        if post is None or post["state"] in DROPPED:
            return
        key = f"~update:{post['id']}"
        newest = self._held(key)
        shown = post if newest is None or newest["state"] in DROPPED else newest
        name = self._content(card)
        if shown["content"] == name:
            return
        if post["state"] is DeliveryState.QUEUED:
            # Nobody has seen it: it is as if the newer card had been put.
            self._work.change(delivery, {"id": post["id"], "content": name})
        else:
            change = _row(Op.UPDATE, _place(post))
            self._renew(key, change | {"original": post["id"], "content": name})

    def update(self, message: MessageRef, to: Place, card: Card, /) -> None:
        """Let a message that the platform named show ``card``; coalesces like ``amend``."""
        known = self._work.value(POSTED, message=message)
        row = _row(Op.UPDATE, to) | {"content": self._content(card)}
        if known is None:
            self._renew(f"~update:{message}", row | {"message_ref": message})
        else:
            self._renew(f"~update:{known}", row | {"original": known})

    def home(self, account: AccountId, card: Card, /) -> None:
        """Publish a home surface; a newer one replaces one that still waits."""
        row = _row(Op.HOME, ToPerson(account=account))
        self._renew(f"~home:{account}", row | {"content": self._content(card)})

    def lookup(self, to: Place, /) -> None:
        """Ask the platform who an account or what a channel is; at most one waits per place."""
        row = _row(Op.LOOKUP, to)
        self._renew(f"~lookup:{row['to_kind']}:{row['to_id']}", row)

    def members(
        self, batch: str, /, *, after: int = 0, limit: int = 200
    ) -> tuple[tuple[int, str, Place], ...]:
        """Return row, ``once`` and place of a batch's messages, in order of row."""
        page = {"of": batch, "since": after, "most": limit}
        found = self._work.run(MEMBERS, page).mappings()
        return tuple((row["id"], row["once"], _place(row)) for row in found)

    def tally(self, batch: str, /) -> Tally:
        """Count what became of a batch."""
        counts: Counter[DeliveryState] = Counter()
        for state, count in self._work.run(TALLY, {"of": batch}):
            counts[state] = count
        return Tally(
            sent=counts[DeliveryState.SENT],
            failed=counts[DeliveryState.FAILED],
            unknown=counts[DeliveryState.UNKNOWN],
            cancelled=counts[DeliveryState.CANCELLED],
            pending=counts[DeliveryState.QUEUED] + counts[DeliveryState.SENDING],
        )

    def state(self, once: str, /) -> str:
        """Return the state of the message queued under ``once``, empty if there is none."""
        state: DeliveryState | None = self._work.value(STATE, key=once)
        return "" if state is None else state.value

    def claim(
        self, *, owner: str, now: datetime, lease_until: datetime, limit: int, lanes: Iterable[str]
    ) -> tuple[Outgoing, ...]:
        """Take due rows of these lanes' platforms, oldest first, and mark them as sending."""
        running = self._running(tuple(lanes), now)
        if not running:
            return ()
        wanted = {"now": now, "running": running, "most": limit}
        rows = self._work.run(CLAIM, wanted).mappings().all()
        if rows:
            ids = [row["id"] for row in rows]
            mine = {"ids": ids, "owner": owner, "lease_until": lease_until}
            self._work.run(MARK, mine | {"state": DeliveryState.SENDING})
        return tuple(self._readable(rows))

    def settle(self, item: Outgoing, step: Step, /, *, owner: str, now: datetime) -> bool:
        """Write what became of a claimed row; False if another owner has it by now."""
        row = self._work.run(CLAIMED, {"its_id": item.id, "by": owner}).mappings().first()
        if row is None:
            return False
        news: Row = {
            "id": item.id,
            "state": step.state,
            "due_at": step.due_at,
            "attempt": step.attempt,
            "reason": step.reason,
            "owner": None,
            "lease_until": None,
        }
        if step.state is DeliveryState.SENT:
            news["sent_at"] = now
        if row["op"] is Op.POST and step.message:
            news["message_ref"] = step.message
        if row["content"] != row["claimed"] and step.state in FINAL:
            news |= {"state": DeliveryState.QUEUED, "due_at": AT_ONCE, "attempt": 0}
            self._work.queued = True
        self._work.change(delivery, news)
        if step.state in DROPPED:
            self._drop_updates(item.id)
        self._learn(row, step)
        if step.pause:
            self._pause(row["lane"], step)
        return True

    def expire(self, now: datetime, /) -> int:
        """Give up leases that ran out: posts become unknown, the rest is queued again."""
        return self._work.run(EXPIRE, {"now": now}).rowcount

    def next_due(self) -> datetime | None:
        """Return when the next row is due; None if nothing waits.

        Rows behind another row wait for that one; those of a paused lane for its end.
        """
        dues: list[datetime] = []
        for name, paused_until in self._work.run(LANES).all():
            due = self._work.value(FIRST_DUE, of=name)
            if due is not None:
                dues.append(max(due, paused_until or due))
        return min(dues, default=None)

    def _held(self, once: str) -> RowMapping | None:
        """Return the row of this key, held so that no sender takes it meanwhile."""
        return self._work.run(HELD, {"key": once}).mappings().first()

    def _running(self, wanted: tuple[str, ...], now: datetime) -> list[str]:
        return [
            name
            for name, paused_until in self._work.run(LANES)
            if (paused_until is None or paused_until <= now)
            and any(f"{name}:".startswith(f"{prefix}:") for prefix in wanted)
        ]

    def _readable(self, rows: Iterable[RowMapping]) -> Iterable[Outgoing]:
        """Load the cards; a row whose card this version cannot read must not stop the others."""
        cards: dict[str | None, Card | None] = {None: None}
        for row in rows:
            try:
                if row["content"] not in cards:
                    cards[row["content"]] = card_from(row["card"])
            except ValueError:
                gone = {"state": DeliveryState.FAILED, "reason": UNREADABLE}
                self._work.change(delivery, {"id": row["id"]} | gone)
                self._drop_updates(row["id"])
                continue
            yield Outgoing(
                id=row["id"],
                op=row["op"],
                to=_place(row),
                card=cards[row["content"]],
                route=row["route"] or "",
                message=MessageRef(row["message"] or ""),
                attempt=row["attempt"],
            )

    def _renew(self, once: str, row: Row) -> None:
        """Queue the one row of this key, or let the one there is show what is newer."""
        self._lanes({row["lane"]})
        self._work.run(_renewing(is_sqlite=self._work.is_sqlite), row | {"once": once})
        self._work.queued = True

    def _drop_updates(self, post: int) -> None:
        """Cancel what was to change a message that never came to be."""
        gone = {"state": DeliveryState.CANCELLED, "reason": UNSENT}
        self._work.run(UPDATES, {"post": post} | gone)

    def _learn(self, row: RowMapping, step: Step) -> None:
        """Keep what the platform told of the way to a place."""
        place = account if row["to_kind"] == PERSON else channel
        news: Row = {"route": step.route} if step.route else {}
        if step.unreachable and place is account:
            news |= {"reachable": False, "reason": step.reason}
        if news:
            self._work.change(place, {"id": row["to_id"]} | news)

    def _pause(self, name: str, step: Step) -> None:
        """Pause a lane; a shorter pause never ends a longer one."""
        until = {"paused_until": step.due_at, "pause_reason": step.reason}
        self._work.run(PAUSE, {"its_id": name, "longer": step.due_at} | until)

    def _lanes(self, names: Iterable[str]) -> None:
        rows: list[Row] = [
            {"id": name, "paused_until": None, "pause_reason": ""} for name in sorted(names)
        ]
        self._work.add_new(lane, rows, "id")

    def _content(self, card: Card) -> str:
        return self._contents({0: card})[0]

    def _contents(self, cards: dict[int, Card]) -> dict[int, str]:
        """Store cards; return their names."""
        texts = {key: text_of(card) for key, card in cards.items()}
        names = {key: name_of(text) for key, text in texts.items()}
        # In order of name, so that two transactions with the same cards cannot wait for each
        # other.
        rows = {names[key]: text for key, text in texts.items()}
        self._work.add_new(
            content, [{"id": name, "card": rows[name]} for name in sorted(rows)], "id"
        )
        return names


def _row(op: Op, to: Place) -> Row:
    """Return a queued row with nothing in it yet."""
    kind, place, thread = (
        (PERSON, to.account, "") if isinstance(to, ToPerson) else (CHANNEL, to.channel, to.thread)
    )
    return {
        "lane": lane_of(place),
        "op": op,
        "to_kind": kind,
        "to_id": place,
        "thread": thread,
        "content": None,
        "once": None,
        "batch": None,
        "original": None,
        "message_ref": None,
        "state": DeliveryState.QUEUED,
        "due_at": AT_ONCE,
        "attempt": 0,
        "reason": "",
    }


def _place(row: RowMapping) -> Place:
    if row["to_kind"] == PERSON:
        return ToPerson(account=AccountId(row["to_id"]))
    return ToChannel(channel=ChannelId(row["to_id"]), thread=row["thread"])
