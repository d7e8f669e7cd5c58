"""Arbitrary cards and dialogs, and the texts that people and attackers put into them.

    @given(cards())
    def test_it_fits(card): ...

`texts()` gives right-to-left words, emoji with joiners, markup of all platforms, mentions,
control characters, nothing at all, and rarely 100,000 characters.
"""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from bot.heard import AccountId
from bot.messages import (
    Button,
    Buttons,
    Card,
    Chart,
    ChartKind,
    Choice,
    Context,
    Dialog,
    Divider,
    Fact,
    Facts,
    Field,
    Heading,
    Input,
    Link,
    Moment,
    MultiChoice,
    Option,
    Part,
    PersonChoice,
    Point,
    Progress,
    Quote,
    Scale,
    Series,
    Surface,
    Table,
    Text,
    Tone,
    When,
)

NASTY = (
    "",
    " ",
    "\n\n",
    "*bold* _it_ ~gone~ `code` ```block```",
    "<!channel> <!here> <!everyone> <@U1> <#C1|general>",
    "<https://evil.example|click me> [x](https://evil.example) ![i](https://evil.example/i.png)",
    "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;&amp;",
    "{{DATE(2026-01-01T00:00:00Z, SHORT)}} ${card} {{ 7*7 }} {% raw %}",
    "<at>everyone</at> @channel",
    "> quoted\n- list\n1. one\n# head\n---\n| a | b |",
    "مرحبا بالعالم، الطابعة لا تعمل",
    "שלום \u202eabc\u202c עולם",
    "\u202eevil\u2066 never closed",
    "👩‍👩‍👧‍👦👍🏽🏳️‍🌈🇩🇪",  # codespell does not read this
    "e\u0301\u0302\u0303" * 40,
    "\u200d\ufe0f\u200b\ufeff",
    "\x01\x02\x07\x1b[31mred\x1b[0m\x7f\x85\u2028\u2029",
    "日本語の文章、とても長い" * 30,
    "x" * 151,
    "\"quotes\" 'single' \\backslash\\ %s {0} {name}",
    "javascript:alert(1)",
)
VERY_LONG = ("a" * 100_000, "<&>" * 33_334, "👩‍👩‍👧‍👦 " * 12_000, "שלום " * 20_000)
URLS = (
    "https://example.com/",
    "http://intranet.example.com/path?q=1&r=2#top",
    "https://example.com/" + "p" * 4_000,
    "javascript:alert(1)",
    "data:text/html,<b>x</b>",
    "ftp://example.com",
    "//example.com",
    "https://",
    "not a url <b>",
    "",
)
LANGS = (("en", False), ("de", False), ("ar", True), ("he", True), ("ja", False), ("xx-ZZ", False))

LONG = 300
"""From this size on a text is what people write, below it a label."""

_characters = st.characters(codec="utf-8", exclude_characters="\x00")


def texts(max_size: int = 300) -> st.SearchStrategy[str]:
    """Return anything a person may have written; where room is, rarely 100,000 characters."""
    nasty = [one for one in NASTY if len(one) <= max(max_size, 60)]
    usual = st.one_of(
        st.text(_characters, max_size=max_size),
        st.sampled_from(nasty),
        st.lists(st.sampled_from(nasty), min_size=2, max_size=3).map(" ".join),
    )
    if max_size < LONG:
        return usual
    rare = st.integers(0, 99).flatmap(
        lambda n: st.sampled_from(VERY_LONG if n == 0 else (*nasty, "word " * 800))
    )
    return st.one_of(usual, usual, rare)


def words() -> st.SearchStrategy[str]:
    """Return texts with something to read in them, as labels and summaries have."""
    return texts(160).map(lambda text: text if text.strip() else f"label{text}")


def names() -> st.SearchStrategy[str]:
    """Return ids of inputs, as the features write them."""
    return st.from_regex(r"[a-z][a-z_]{0,15}", fullmatch=True)


def opaque() -> st.SearchStrategy[str]:
    """Return what a handler may put into an argument or an option's value."""
    return st.text("abcdef0123456789:-", max_size=64)


def tones() -> st.SearchStrategy[Tone]:
    return st.sampled_from(Tone)


def buttons() -> st.SearchStrategy[Button]:
    return st.builds(
        Button,
        label=words(),
        action=st.sampled_from(("need.send", "menu", "pulse.answer")),
        argument=opaque(),
        tone=tones(),
        opens_dialog=st.booleans(),
        hint=texts(),
        confirm=texts(),
    )


def options() -> st.SearchStrategy[tuple[Option, ...]]:
    """Return options with values of their own; sometimes more than any platform shows."""
    sizes = st.sampled_from((1, 2, 3, 5, 11, 105))
    return sizes.flatmap(
        lambda n: st.lists(words(), min_size=min(n, 5), max_size=min(n, 5)).map(
            lambda labels: tuple(
                Option(value=f"v{at}", label=labels[at % len(labels)]) for at in range(n)
            )
        )
    )


def charts() -> st.SearchStrategy[Chart]:
    """Return charts whose series share their labels; more series and points than fit, too."""

    def drawn(draw: Any) -> Chart:  # noqa: ANN401 - hypothesis does not name this type
        kind = draw(st.sampled_from(ChartKind))
        labels = draw(st.lists(words(), min_size=0, max_size=24))
        number = 1 if kind is ChartKind.SHARE else draw(st.integers(0, 9))
        values = st.one_of(
            st.integers(0, 5_000).map(float),
            st.floats(-1e9, 1e9, allow_nan=False),
            st.sampled_from((0.0, -0.0, 0.5, 1e-7)),
        )
        series = tuple(
            Series(
                name=draw(texts(30)),
                points=tuple(Point(label=label, value=draw(values)) for label in labels),
            )
            for _ in range(number)
        )
        return Chart(
            kind=kind,
            title=draw(words()),
            series=series,
            x_label=draw(texts(30)),
            y_label=draw(texts(30)),
            unit=draw(st.sampled_from(("", " %", " h", " answers"))),
        )

    return st.composite(drawn)()


def tables() -> st.SearchStrategy[Table]:
    """Return tables, also empty, ragged, and larger than any platform shows."""
    return st.builds(
        Table,
        caption=words(),
        columns=st.lists(texts(20), max_size=23).map(tuple),
        rows=st.lists(st.lists(texts(20), max_size=4).map(tuple), max_size=5).flatmap(
            lambda rows: st.sampled_from((1, 1, 1, 40)).map(lambda times: tuple(rows * times))
        ),
    )


def scales() -> st.SearchStrategy[Scale]:
    return st.builds(
        Scale,
        id=names(),
        label=words(),
        low_label=words(),
        high_label=words(),
        low=st.sampled_from((0, 1)),
        high=st.sampled_from((5, 10)),
        action=st.sampled_from(("", "pulse.answer")),
        argument=opaque(),
        optional=st.booleans(),
    )


def shown() -> st.SearchStrategy[Part]:
    """Return parts that are only shown or pressed."""
    return st.one_of(
        st.builds(Heading, words=words()),
        st.builds(Text, words=texts(), tone=tones()),
        st.builds(Quote, words=texts(), by=texts(30)),
        st.builds(
            Facts,
            facts=st.lists(st.builds(Fact, label=texts(30), value=texts()), max_size=14).map(tuple),
        ),
        tables(),
        charts(),
        st.builds(
            Progress,
            words=words(),
            done=st.integers(0, 10**6),
            total=st.integers(0, 10**6),
        ),
        st.builds(Link, words=words(), url=st.sampled_from(URLS)),
        st.just(Divider()),
        st.builds(Context, words=texts()),
        st.builds(Buttons, buttons=st.lists(buttons(), max_size=7).map(tuple)),
        scales().filter(lambda scale: scale.action != ""),
    )


def inputs() -> st.SearchStrategy[Input]:
    """Return parts that a person fills in."""
    optional, hint = st.booleans(), texts(60)
    chosen = st.sampled_from(("", "v0", "v1", "gone"))
    moments = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive by contract
    return st.one_of(
        st.builds(
            Choice,
            id=names(),
            label=words(),
            options=options(),
            chosen=chosen,
            optional=optional,
            hint=hint,
        ),
        st.builds(
            MultiChoice,
            id=names(),
            label=words(),
            options=options(),
            chosen=st.lists(chosen, max_size=3).map(tuple),
            optional=optional,
            hint=hint,
        ),
        scales(),
        st.builds(
            Field,
            id=names(),
            label=words(),
            value=texts(),
            long=st.booleans(),
            optional=optional,
            hint=hint,
            max_length=st.sampled_from((1, 80, 3_000, 10_000)),
        ),
        st.builds(
            When,
            id=names(),
            label=words(),
            asks=st.sampled_from(Moment),
            value=st.none() | moments,
            optional=optional,
            hint=hint,
        ),
        st.builds(
            PersonChoice,
            id=names(),
            label=words(),
            known=options(),
            chosen=st.sampled_from(("", AccountId("slack:T1:U1"), AccountId("web:o:p1"))),
            optional=optional,
            hint=hint,
        ),
    )


def _parts(part: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return parts; sometimes so many that no platform shows them all."""
    few = st.lists(part, max_size=most)
    some = st.lists(part, min_size=1, max_size=2).map(lambda parts: parts * 60)
    return st.one_of(few, few, few, few, few, few, some).map(tuple)


def cards(surface: Surface | None = None) -> st.SearchStrategy[Card]:
    """Return cards with every part that may stand in a message or on the home surface."""
    surfaces = st.just(surface) if surface else st.sampled_from((Surface.MESSAGE, Surface.HOME))
    return st.builds(
        lambda direction, **rest: Card(lang=direction[0], rtl=direction[1], **rest),
        direction=st.sampled_from(LANGS),
        name=st.just("tests.card"),
        summary=words(),
        parts=_parts(st.one_of(shown(), shown(), shown(), inputs()), 7),
        surface=surfaces,
    )


def dialogs() -> st.SearchStrategy[Dialog]:
    """Return dialogs; their inputs have ids of their own, as the features give them."""

    def distinct(parts: tuple[Any, ...]) -> tuple[Part, ...]:
        seen: set[str] = set()
        kept: list[Part] = []
        for part in parts:
            name = getattr(part, "id", None)
            if name is None or name not in seen:
                kept.append(part)
            seen.add(name or "")
        return tuple(kept)

    short = words().map(lambda text: (text.strip() or "Send")[:24])
    return st.builds(
        lambda direction, **rest: Dialog(lang=direction[0], rtl=direction[1], **rest),
        direction=st.sampled_from(LANGS),
        name=st.just("tests.dialog"),
        title=short,
        summary=words(),
        parts=_parts(st.one_of(shown(), inputs(), inputs()), 7).map(distinct),
        action=st.sampled_from(("need.changed", "pulse.launch")),
        submit=short,
        cancel=short,
        argument=opaque(),
    )
