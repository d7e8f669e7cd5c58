"""Who is told what."""

from adapters.web import limits
from adapters.web.hub import Hub, Kind, News

LINE = News(kind=Kind.LINE, conversation="general", line=1)


async def test_every_open_page_is_told_in_order() -> None:
    """And nobody who has left."""
    hub = Hub()
    with hub.listening() as one, hub.listening() as two:
        assert hub.open_pages == 2
        hub.publish(LINE)
        hub.close()
        assert [news async for news in one.news()] == [LINE]
        assert [news async for news in two.news()] == [LINE]
    assert hub.open_pages == 0


async def test_a_page_that_lags_is_told_to_begin_again() -> None:
    """It never holds up the others, nor grows without end."""
    hub = Hub()
    with hub.listening() as slow:
        for _ in range(limits.WAITING + 1):
            hub.publish(LINE)
        hub.publish(LINE)
        hub.close()
        told = [news async for news in slow.news()]
    assert [news.kind for news in told] == [Kind.RESET, Kind.LINE]


async def test_a_close_reaches_a_page_that_lags() -> None:
    """Stopping waits for nobody."""
    hub = Hub()
    with hub.listening() as slow:
        for _ in range(limits.WAITING):
            hub.publish(LINE)
        hub.close()
        assert [news async for news in slow.news()] == []


async def test_a_closed_hub_lets_nobody_wait() -> None:
    """Who comes while the server stops is sent away at once."""
    hub = Hub()
    hub.close()
    with hub.listening() as late:
        assert [news async for news in late.news()] == []
