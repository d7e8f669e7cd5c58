"""Calls are delayed so that Slack need not refuse them."""

from adapters.slack.limits import CHANNEL_SECONDS, Pace


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self) -> Pace:
        return Pace(lambda: self.now, self.sleep)


async def test_a_channel_gets_one_message_a_second() -> None:
    """Another channel does not wait for it, and an idle one has saved up nothing."""
    time = Time()
    pace = time.pace()
    await pace.turn("T1", "chat.postMessage", "C1")
    await pace.turn("T1", "chat.postMessage", "C2")
    assert time.slept == []
    await pace.turn("T1", "chat.postMessage", "C1")
    assert [round(one, 6) for one in time.slept] == [CHANNEL_SECONDS]
    time.now += 100
    await pace.turn("T1", "chat.postMessage", "C1")
    await pace.turn("T1", "chat.postMessage", "C1")
    assert len(time.slept) == 2


async def test_a_workspace_never_exceeds_a_methods_budget() -> None:
    """In any minute, also the first with its saved-up tenth; another workspace has its own."""
    time = Time()
    pace = time.pace()
    times = []
    for _ in range(200):
        await pace.turn("T1", "chat.update")
        times.append(time.now)
    for at, start in enumerate(times):
        assert sum(start <= one < start + 60 for one in times[at:]) <= 50
    slept = len(time.slept)
    await pace.turn("T2", "chat.update")
    await pace.turn("T2", "method.unknown")
    assert len(time.slept) == slept


async def test_a_refusal_pauses_the_whole_bucket() -> None:
    """Other methods go on."""
    time = Time()
    pace = time.pace()
    pace.pause("T1", "chat.update", 7.0)
    assert pace.paused("T1", "chat.update") == 7.0
    assert pace.paused("T1", "views.open") == 0.0
    time.now += 8
    assert pace.paused("T1", "chat.update") == 0.0


async def test_buckets_that_hold_nobody_back_are_forgotten() -> None:
    """A channel per person must not fill the memory."""
    time = Time()
    pace = time.pace()
    for number in range(10_050):
        time.now += 2
        await pace.turn("T1", "chat.postMessage", f"C{number}")
    assert len(pace._buckets) < 200
