"""The way out: what waits, what is taken, and what became of it."""

from datetime import timedelta

import pytest

from bot.announcements.model import Tally
from bot.delivery import DeliveryState, Op, Outgoing, Step
from bot.heard import ChannelId
from bot.messages import ToChannel
from bot.people.model import Channel
from bot.ports import Notice, UnitOfWork
from storage import Storage
from tests.contracts.examples import (
    M_REF,
    NOW,
    SOON,
    account_of,
    again,
    card,
    claim,
    failed,
    in_channel,
    notice,
    person,
    sent,
    to,
)


def settle(uow: UnitOfWork, item: Outgoing, step: Step, owner: str = "relay") -> bool:
    return uow.outbox.settle(item, step, owner=owner, now=NOW)


def send_one(uow: UnitOfWork, message: str = "") -> Outgoing:
    """Claim the only row there is and settle it as sent."""
    (item,) = claim(uow)
    assert settle(uow, item, sent(message))
    return item


def test_a_notice_waits_and_goes_out(store: Storage) -> None:
    """It is claimed with all that a sender needs, and never again."""
    with store.units() as uow:
        ann = person(uow, "ann")
        uow.people.save_account(
            next(iter(uow.people.accounts(ann))).__class__(
                id=account_of("ann"), person=ann, route="D1"
            )
        )
        assert uow.outbox.state("a") == ""
        assert uow.outbox.put(notice("ann", "a", words="Hi 🌻")) == 1
        assert uow.outbox.state("a") == "queued"
        (item,) = claim(uow)
        assert item == Outgoing(
            id=item.id, op=Op.POST, to=to("ann"), card=card("Hi 🌻"), route="D1"
        )
        assert uow.outbox.state("a") == "sending"
        assert claim(uow) == ()
        assert settle(uow, item, sent("slack:T1:D1:1.1"))
        assert uow.outbox.state("a") == "sent"
        assert claim(uow) == ()


def test_once_means_for_all_time(store: Storage) -> None:
    """The same key changes nothing, within one call and after it; no key is always new."""
    with store.units() as uow:
        assert uow.outbox.put(notice("ann", "a"), notice("bob", "a"), notice("bob", "b")) == 2
        assert uow.outbox.put(notice("ann", "a", words="other")) == 0
        assert uow.outbox.put(notice("cid", ""), notice("cid", "")) == 2
        assert uow.outbox.put() == 0
        assert [item.card for item in claim(uow, limit=1)] == [card()]


def test_a_broadcast_is_counted(store: Storage) -> None:
    """Planned is the sum of what became of the copies."""
    names = [f"p{number}" for number in range(6)]
    with store.units() as uow:
        uow.outbox.put(*(notice(name, name, batch="announcement:1") for name in names))
        uow.outbox.put(notice("p9", "p9", batch="announcement:2"))
        items = claim(uow, limit=5)
        for item, step in zip(items, [sent(), sent(), failed(), again(SOON)], strict=False):
            settle(uow, item, step)
        settle(uow, items[4], Step(state=DeliveryState.UNKNOWN, due_at=NOW, attempt=0))
        tally = uow.outbox.tally("announcement:1")
        assert tally == Tally(sent=2, failed=1, unknown=1, pending=2)
        assert tally.planned == 6
        assert uow.outbox.tally("announcement:3") == Tally()


def test_oldest_first_and_no_more_than_asked(store: Storage) -> None:
    """Due moments come first, then the order in which rows were queued."""
    with store.units() as uow:
        uow.outbox.put(*(notice(name, name) for name in "abc"))
        (first,) = claim(uow, limit=1)
        settle(uow, first, again(NOW))
        assert [item.to for item in claim(uow)] == [to("b"), to("c"), to("a")]


def test_only_lanes_that_begin_so(store: Storage) -> None:
    """A prefix means whole parts of an id."""
    with store.units() as uow:
        for number, place in enumerate(("teams:t1:c", "teams:t10:c", "web:demo:c")):
            uow.outbox.put(
                Notice(to=ToChannel(channel=ChannelId(place)), card=card(), once=f"{number}")
            )
        assert claim(uow, lanes=("slack",)) == ()
        assert claim(uow, lanes=()) == ()
        taken = claim(uow, lanes=("teams:t1", "web"))
        assert [getattr(item.to, "channel", "") for item in taken] == ["teams:t1:c", "web:demo:c"]


def test_order_to_one_place_is_kept(store: Storage) -> None:
    """A later message waits for the one before it, also while that one waits for a retry."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"), notice("ann", "2"), notice("bob", "3"))
        first, other = claim(uow)
        assert [first.to, other.to] == [to("ann"), to("bob")]
        assert claim(uow) == ()
        settle(uow, first, again(SOON))
        assert claim(uow) == ()
        assert [item.id for item in claim(uow, now=SOON)] == [first.id]
        settle(uow, first, sent())
        assert [uow.outbox.state(once) for once in "123"] == ["sent", "queued", "sending"]
        assert [item.to for item in claim(uow)] == [to("ann")]


def test_threads_are_places_of_their_own(store: Storage) -> None:
    """A busy thread holds back neither its channel nor another thread."""
    places = [in_channel("c"), in_channel("c", "1"), in_channel("c", "2"), in_channel("c", "1")]
    with store.units() as uow:
        for number, place in enumerate(places):
            uow.outbox.put(Notice(to=place, card=card(), once=str(number)))
        assert [item.to for item in claim(uow)] == places[:3]


def test_a_failed_message_lets_the_next_one_go(store: Storage) -> None:
    """Only unfinished rows hold back."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"), notice("ann", "2"))
        (first,) = claim(uow)
        settle(uow, first, failed())
        assert uow.outbox.state("1") == "failed"
        assert len(claim(uow)) == 1


def test_a_paused_lane_waits_alone(store: Storage) -> None:
    """A refusal for now stops its workspace until then; others go on."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"), notice("bob", "2"), notice("cid", "3"))
        first, second = claim(uow, limit=2)
        settle(uow, first, again(SOON, attempt=0, pause=True))
        uow.outbox.put(
            Notice(to=ToChannel(channel=ChannelId("slack:T2:c")), card=card(), once="other")
        )
        assert len(claim(uow)) == 1
        assert settle(uow, second, sent())  # what was claimed before goes on
        assert uow.outbox.next_due() == SOON
        assert claim(uow, now=SOON - timedelta(milliseconds=1)) == ()
        assert len(claim(uow, now=SOON)) == 2


def test_a_shorter_pause_ends_no_longer_one(store: Storage) -> None:
    """Two requests that were refused may hear different waits."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"), notice("bob", "2"))
        first, second = claim(uow)
        settle(uow, first, again(SOON, pause=True))
        settle(uow, second, again(NOW + timedelta(seconds=1), pause=True))
        assert claim(uow, now=NOW + timedelta(seconds=2)) == ()
        assert len(claim(uow, now=SOON)) == 2


def test_another_owner_settles_nothing(store: Storage) -> None:
    """Nor does the same one twice."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        (item,) = claim(uow)
        assert not settle(uow, item, sent(), owner="other")
        assert uow.outbox.state("1") == "sending"
        assert settle(uow, item, sent())
        assert not settle(uow, item, failed())
        assert uow.outbox.state("1") == "sent"


def test_attempts_are_counted_by_the_step(store: Storage) -> None:
    """The next claim tells the sender how often it was tried."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        (item,) = claim(uow)
        settle(uow, item, again(NOW, attempt=3))
        assert claim(uow)[0].attempt == 3


def test_a_new_route_is_kept(store: Storage) -> None:
    """With the account or with the channel, and given to the next sender."""
    room = in_channel("c")
    with store.units() as uow:
        person(uow, "ann")
        uow.people.save_channel(Channel(id=room.channel, name="general"))
        uow.outbox.put(notice("ann", "1"), Notice(to=room, card=card(), once="2"))
        for item in claim(uow):
            settle(uow, item, sent(route=f"way {item.id}"))
        account = uow.people.account(account_of("ann"))
        channel = uow.people.channel(room.channel)
        assert account is not None
        assert channel is not None
        assert account.route.startswith("way ")
        assert channel == Channel(id=room.channel, name="general", route=channel.route)
        uow.outbox.put(notice("ann", "3"), Notice(to=room, card=card(), once="4"))
        assert [item.route for item in claim(uow)] == [account.route, channel.route]


def test_a_route_of_someone_unknown_is_dropped(store: Storage) -> None:
    """A message may go to an account that was never heard from."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"), Notice(to=in_channel("c"), card=card(), once="2"))
        for item in claim(uow):
            assert item.route == ""
            assert settle(uow, item, sent(route="way"))
        assert uow.people.account(account_of("ann")) is None


def test_an_unreachable_account_is_marked(store: Storage) -> None:
    """With the reason; the person is left out of the next broadcast."""
    with store.units() as uow:
        person(uow, "ann")
        uow.outbox.put(notice("ann", "1"), Notice(to=in_channel("c"), card=card(), once="2"))
        for item in claim(uow):
            settle(uow, item, failed("user_disabled", unreachable=True))
        account = uow.people.account(account_of("ann"))
        assert account is not None
        assert (account.reachable, account.reason) == (False, "user_disabled")
        assert uow.people.reachable() == ()


def test_an_amendment_before_the_send_replaces_the_card(store: Storage) -> None:
    """There is one message with the newest words."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        uow.outbox.amend("1", card("two"))
        uow.outbox.amend("1", card("three"))
        uow.outbox.amend("unknown", card("four"))
        (item,) = claim(uow)
        assert (item.op, item.card) == (Op.POST, card("three"))
        settle(uow, item, sent())
        assert claim(uow) == ()


def test_an_amendment_after_the_send_changes_the_message(store: Storage) -> None:
    """Several before the relay comes become one, and the platform's reference is used."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        send_one(uow, M_REF)
        uow.outbox.amend("1", card("two"))
        uow.outbox.amend("1", card("three"))
        (item,) = claim(uow)
        assert item == Outgoing(
            id=item.id, op=Op.UPDATE, to=to("ann"), card=card("three"), message=M_REF
        )
        settle(uow, item, sent())
        uow.outbox.amend("1", card("four"))
        assert [again.card for again in claim(uow)] == [card("four")]


def test_an_amendment_that_changes_nothing_sends_nothing(store: Storage) -> None:
    """What is shown, or is about to be shown, is not sent again."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        uow.outbox.amend("1", card())
        send_one(uow, M_REF)
        uow.outbox.amend("1", card())
        assert claim(uow) == ()
        uow.outbox.amend("1", card("two"))
        send_one(uow)
        uow.outbox.amend("1", card("two"))
        assert claim(uow) == ()
        uow.outbox.amend("1", card())  # back to the first words: they are not shown any more
        assert [item.card for item in claim(uow)] == [card()]


def test_an_amendment_during_the_send_waits_for_it(store: Storage) -> None:
    """The reference of the message is not known before."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        (item,) = claim(uow)
        uow.outbox.amend("1", card("two"))
        assert claim(uow) == ()
        assert uow.outbox.next_due() is None
        settle(uow, item, sent(M_REF))
        assert [(change.card, change.message) for change in claim(uow)] == [(card("two"), M_REF)]


def test_an_update_that_changes_while_it_is_sent_goes_again(store: Storage) -> None:
    """Nobody keeps looking at an older card."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        send_one(uow, M_REF)
        uow.outbox.amend("1", card("two"))
        (item,) = claim(uow)
        uow.outbox.amend("1", card("three"))
        assert claim(uow) == ()
        assert settle(uow, item, sent())
        (newer,) = claim(uow)
        assert (newer.id, newer.card) == (item.id, card("three"))
        settle(uow, newer, sent())
        assert claim(uow) == ()


def test_a_failed_update_is_tried_again_with_newer_words(store: Storage) -> None:
    """Each card has its own chance, with attempts counted from nought."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        send_one(uow, M_REF)
        uow.outbox.amend("1", card("two"))
        (item,) = claim(uow)
        settle(uow, item, failed("invalid_blocks"))
        uow.outbox.amend("1", card("three"))
        (newer,) = claim(uow)
        assert (newer.card, newer.attempt) == (card("three"), 0)


def test_a_waiting_retry_keeps_its_moment(store: Storage) -> None:
    """Newer words do not hurry a platform that asked us to wait."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        send_one(uow, M_REF)
        uow.outbox.amend("1", card("two"))
        (item,) = claim(uow)
        settle(uow, item, again(SOON))
        uow.outbox.amend("1", card("three"))
        assert claim(uow) == ()
        assert [(late.card, late.attempt) for late in claim(uow, now=SOON)] == [(card("three"), 1)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_message_that_failed_is_not_updated(store: Storage, when: str) -> None:
    """There is nothing to change, whether it failed before or after the amendment."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        (item,) = claim(uow)
        if when == "after":
            settle(uow, item, failed())
        uow.outbox.amend("1", card("two"))
        if when == "before":
            settle(uow, item, failed())
        assert claim(uow) == ()
        assert uow.outbox.next_due() is None


def test_an_unclear_message_holds_nothing_back(store: Storage) -> None:
    """Its update waits for ever, the next message does not."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        (item,) = claim(uow)
        uow.outbox.amend("1", card("two"))
        settle(uow, item, Step(state=DeliveryState.UNKNOWN, due_at=NOW, attempt=0))
        assert uow.outbox.next_due() is None
        uow.outbox.put(notice("ann", "2"))
        assert [late.op for late in claim(uow)] == [Op.POST]


def test_a_message_that_the_platform_named_is_updated(store: Storage) -> None:
    """One row per message: of several updates the newest is sent."""
    with store.units() as uow:
        uow.outbox.update(M_REF, in_channel("D1"), card("two"))
        uow.outbox.update(M_REF, in_channel("D1"), card("three"))
        (item,) = claim(uow)
        assert item == Outgoing(
            id=item.id, op=Op.UPDATE, to=in_channel("D1"), card=card("three"), message=M_REF
        )
        settle(uow, item, sent())
        uow.outbox.update(M_REF, in_channel("D1"), card("three"))
        assert [newer.id for newer in claim(uow)] == [item.id]


def test_both_ways_to_a_message_are_one(store: Storage) -> None:
    """Ours by key and the platform's by reference: the older words never come last."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        send_one(uow, M_REF)
        uow.outbox.update(M_REF, to("ann"), card("two"))
        uow.outbox.amend("1", card("three"))
        assert [(item.card, item.message) for item in claim(uow)] == [(card("three"), M_REF)]


def test_one_home_waits_per_account(store: Storage) -> None:
    """A newer one replaces it; one that comes during the send goes after it."""
    with store.units() as uow:
        for words in ("one", "two"):
            uow.outbox.home(account_of("ann"), card(words))
        uow.outbox.home(account_of("bob"), card("other"))
        first, other = claim(uow)
        assert (first.op, first.to, first.card) == (Op.HOME, to("ann"), card("two"))
        uow.outbox.home(account_of("ann"), card("three"))
        assert claim(uow) == ()
        settle(uow, first, sent())
        settle(uow, other, sent())
        assert [newer.card for newer in claim(uow)] == [card("three")]


def test_one_lookup_waits_per_place(store: Storage) -> None:
    """While one waits or is asked there is no second; later there may be."""
    with store.units() as uow:
        for _ in range(2):
            uow.outbox.lookup(to("ann"))
        uow.outbox.lookup(in_channel("c"))
        first, second = claim(uow)
        assert (first.op, first.to, first.card) == (Op.LOOKUP, to("ann"), None)
        assert second.to == in_channel("c")
        uow.outbox.lookup(to("ann"))
        settle(uow, first, sent())
        assert claim(uow) == ()
        uow.outbox.lookup(to("ann"))
        assert [newer.id for newer in claim(uow)] == [first.id]


def test_homes_and_lookups_hold_back_no_message(store: Storage) -> None:
    """They are not part of the conversation whose order is kept."""
    with store.units() as uow:
        uow.outbox.lookup(to("ann"))
        uow.outbox.home(account_of("ann"), card())
        uow.outbox.put(notice("ann", "1"))
        assert [item.op for item in claim(uow)] == [Op.LOOKUP, Op.HOME, Op.POST]


def test_a_lease_that_ran_out(store: Storage) -> None:
    """A post may have arrived, so it is never repeated; the rest is safe to repeat."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        uow.outbox.home(account_of("ann"), card())
        post, home = claim(uow)
        assert uow.outbox.expire(SOON - timedelta(milliseconds=1)) == 0
        assert uow.outbox.expire(SOON) == 2
        assert uow.outbox.expire(SOON) == 0
        assert uow.outbox.state("1") == "unknown"
        assert not settle(uow, post, sent())
        assert [item.id for item in claim(uow, owner="next")] == [home.id]
        assert not settle(uow, home, sent())


def test_the_next_due_moment(store: Storage) -> None:
    """Rows that wait for another row do not count: they would wake the relay in vain."""
    with store.units() as uow:
        assert uow.outbox.next_due() is None
        uow.outbox.put(notice("ann", "1"), notice("ann", "2"))
        due = uow.outbox.next_due()
        assert due is not None
        assert due <= NOW
        (item,) = claim(uow)
        assert uow.outbox.next_due() is None
        settle(uow, item, again(SOON))
        assert uow.outbox.next_due() == SOON
