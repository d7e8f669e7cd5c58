"""The routes of the browser chat.

Every post goes the same way: guard, form, ``parse``, ears, answer. A page with scripts gets
fragments that htmx puts in place; a page without gets the whole page again.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

import anyio
import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from adapters import metrics
from adapters.ears import Ears
from adapters.web import auth, limits, pages, parse, render
from adapters.web import directory as organisation
from adapters.web.directory import Colleague, Directory
from adapters.web.forms import SORRY, Refusal, fields_of, too_long
from adapters.web.hub import Hub, Kind, Listener, News
from adapters.web.pages import View
from adapters.web.send import WebSender
from bot.heard import Heard, MessageRef, Pressed
from bot.messages import NOTHING, Answer, Card
from bot.ports import ChatLine, Unavailable, UnitOfWork

log = structlog.get_logger()
Handler: TypeAlias = "Callable[[Request], Awaitable[Response]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post of the page that passed the guard: who it is from and what it holds."""

    request: Request
    viewer: Colleague
    directory: Directory
    page: str
    form: parse.Form

    @property
    def by_script(self) -> bool:
        """Tell whether htmx sent it, so that fragments will do."""
        return self.request.headers.get("hx-request") == "true"


class WebPlatform:
    """The browser chat: its routes, its way out, and what they share."""

    def __init__(
        self,
        ears: Ears,
        *,
        key: bytes,
        reset: Callable[[], Awaitable[None]],
        nudge: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the way into the core, a signing key, and what seeds everything afresh.

        ``nudge`` wakes the relay, so that an answer need not wait for its next look.
        """
        self._ears = ears
        self._key = key
        self._reset = reset
        self._nudge = nudge
        self._clock = clock
        self._known: Directory | None = None
        self.hub = Hub()
        self.sender = WebSender(ears, self.hub, self.directory, clock=clock)

    @property
    def routes(self) -> list[BaseRoute]:
        """Return the routes, each behind the guard."""
        guard = [Middleware(auth.Guard)]
        chat = "/chat/{person}/{page}"
        static = StaticFiles(directory=render.TEMPLATES.parent / "static")

        def route(path: str, handler: Handler, *methods: str) -> Route:
            return Route(path, self._polite(handler), methods=list(methods), middleware=guard)

        return [
            route("/", self._picker, "GET"),
            route("/chat/{person}", self._list, "GET"),
            route(chat, self._conversation, "GET"),
            route(chat + "/lines", self._lines, "GET"),
            route(chat + "/events", self._events, "GET"),
            route(chat + "/say", self._say, "POST"),
            route(chat + "/press", self._press, "POST"),
            route(chat + "/submit", self._submit, "POST"),
            route(chat + "/need", self._need, "POST"),
            route("/reset", self._start_again, "POST"),
            Mount("/static", app=static, middleware=guard),
        ]

    async def start(self) -> None:
        """Begin with nothing: the routes are all there is."""

    def health(self) -> dict[str, str]:
        """Tell that there is nothing outside that could fail."""
        return {parse.PLATFORM: f"ok, {self.hub.open_pages} pages open"}

    async def stop(self) -> None:
        """Let the open pages' streams end, so that the server can stop."""
        self.hub.close()

    async def directory(self) -> Directory:
        """Return the organisation, read once until the next reset."""
        if self._known is None:
            self._known = await self._ears.run(organisation.read)
        return self._known

    # What is shown.

    async def _picker(self, request: Request) -> Response:
        known = await self.directory()
        return self._html(request, "picker.html", departments=known.departments())

    async def _list(self, request: Request) -> Response:
        viewer, known = await self._viewer(request)
        view = View(viewer=viewer, conversation="", title="Groundswell", about="")
        return await self._page(request, view, known)

    async def _conversation(self, request: Request) -> Response:
        viewer, known = await self._viewer(request)
        page = _page_of(request, viewer, known)
        if page == pages.HOME:
            await self._open_home(viewer)
        return await self._page(request, await self._view(viewer, known, page), known)

    async def _lines(self, request: Request) -> Response:
        viewer, known = await self._viewer(request)
        page = _page_of(request, viewer, known)
        view = await self._view(viewer, known, page)
        template = "home.html" if page == pages.HOME else "lines.html"
        return self._html(request, template, view=view)

    async def _events(self, request: Request) -> Response:
        viewer, known = await self._viewer(request)
        page = _page_of(request, viewer, known)
        stopping = anyio.Event()
        return EventSourceResponse(
            self._news(request, viewer, page, stopping),
            ping=20,
            shutdown_event=stopping,
            shutdown_grace_period=2,
        )

    async def _news(
        self, request: Request, viewer: Colleague, page: str, stopping: anyio.Event
    ) -> AsyncIterator[ServerSentEvent]:
        """Tell one open page what concerns it, until it leaves or the server stops."""
        with self.hub.listening() as listener:
            leaving = asyncio.create_task(_leave(listener, stopping))
            try:
                yield ServerSentEvent(event="ready", data="")
                async for news in listener.news():
                    event = await self._event(request, viewer, page, news)
                    if event is not None:
                        yield event
            finally:
                leaving.cancel()

    async def _event(
        self, request: Request, viewer: Colleague, page: str, news: News
    ) -> ServerSentEvent | None:
        known = await self.directory()
        match news.kind:
            case Kind.RESET:
                return ServerSentEvent(event="reset", data="")
            case Kind.HOME if news.person == viewer.name and page == pages.HOME:
                view = await self._view(viewer, known, page)
                html = self._fragment(request, "home.html", view=view)
                return ServerSentEvent(event="home", data=html)
            case Kind.LINE if news.conversation == page:
                stored = await self._ears.run(lambda uow: uow.chat.get(news.line))
                if stored is None:
                    return None
                line = pages.line(stored, viewer, known, key=self._key, now=self._clock())
                view = View(viewer=viewer, conversation=page, title="", about="")
                html = self._fragment(request, "line.html", view=view, line=line)
                return ServerSentEvent(event="line", data=html)
            case Kind.LINE if known.sees(viewer, news.conversation):
                return ServerSentEvent(event="elsewhere", data=f"{news.conversation} {news.line}")
            case _:
                return None

    # What is done.

    async def _say(self, request: Request) -> Response:
        post = await self._post(request)
        words = parse.words_of(post.form)
        if not words.strip():
            raise Refusal(422, "Write something first.", "empty")
        if len(words) > limits.WORDS:
            raise Refusal(413, too_long(len(words)), "long")
        line = ChatLine(
            id=0,
            conversation=parse.channel_id(post.form.conversation),
            author=post.viewer.name,
            words=words,
            card=None,
            said_at=self._clock(),
        )
        key = f"{parse.LANE}:line:{post.form.key}:{post.viewer.name}"
        event = parse.said(post.form)
        try:
            stored = await self._ears.run(lambda uow: _write_once(uow, key, line))
        except Unavailable:
            raise Refusal(503, SORRY, "unavailable") from None
        if stored is not None:
            news = News(kind=Kind.LINE, conversation=post.form.conversation, line=stored.id)
            self.hub.publish(news)
        return await self._answer(post, event)

    async def _press(self, request: Request) -> Response:
        post = await self._post(request)
        event = parse.pressed(post.form, self._key)
        if event is None:
            raise Refusal(400, "Nothing was pressed.", "no press")
        return await self._answer(post, event)

    async def _submit(self, request: Request) -> Response:
        post = await self._post(request)
        if post.form.first("cancel"):
            return await self._respond(post, NOTHING)
        event: Heard | None = parse.pressed(post.form, self._key)
        dialog = parse.dialog_of(post.form, self._key)
        if event is not None:
            return await self._answer(post, event)
        if dialog is None:
            metrics.outdated.labels(parse.PLATFORM).inc()
            raise Refusal(400, "This dialog is out of date. Please open it again.", "dialog")
        wrong = parse.faults(dialog, post.form.values)
        answer = (
            Answer(errors=wrong) if wrong else await self._hear(parse.submitted(post.form, dialog))
        )
        if answer.errors:
            form = pages.form(
                dialog,
                post.directory,
                key=self._key,
                values=post.form.values,
                errors=answer.errors,
            )
            return await self._show(post, form=form)
        # The card of a dialog's answer comes through the outbox as well, into its conversation.
        return await self._respond(
            post, replace(answer, card=answer.card if answer.only_you else None)
        )

    async def _need(self, request: Request) -> Response:
        post = await self._post(request)
        number = post.form.first("line")
        line = parse.line_of(MessageRef(f"{parse.LANE}:{number}"))
        stored = await self._ears.run(lambda uow: uow.chat.get(line)) if line else None
        here = parse.channel_id(post.form.conversation)
        if stored is None or stored.conversation != here or not stored.words:
            raise Refusal(404, "That message is not there.", "line")
        link = f"{request.base_url}chat/{post.viewer.name}/{post.page}#line-{line}"
        return await self._answer(post, parse.need_of_line(post.form, stored.words, link))

    async def _start_again(self, request: Request) -> Response:
        await self._fields(request)
        await self._reset()
        self._known = None
        self.hub.publish(News(kind=Kind.RESET))
        log.info("demo_reset")
        if request.headers.get("hx-request") == "true":
            return Response(headers={"HX-Redirect": "/"})
        return RedirectResponse("/", status_code=303)

    # How it is answered.

    async def _answer(self, post: Post, event: Heard | None) -> Response:
        """Let the core hear an event, if it is one, and show what it answers."""
        return await self._respond(post, await self._hear(event) if event else NOTHING, event)

    async def _open_home(self, viewer: Colleague) -> None:
        """Ask for a fresh home surface; it comes through the outbox."""
        form = self._form(viewer, pages.HOME, {"key": (str(uuid.uuid4()),)})
        await self._hear(parse.opened(form))

    async def _hear(self, event: Heard) -> Answer:
        try:
            answer = await self._ears.hear(event)
        except Unavailable:
            return Answer(card=self._ears.apology(event), only_you=True)
        except Exception as error:  # noqa: BLE001 - whatever it was, the person gets an answer
            # No trace: it may hold what people wrote.
            log.error(  # noqa: TRY400
                "event_failed", kind=type(error).__name__, heard=type(event).__name__
            )
            return Answer(card=self._ears.apology(event), only_you=True)
        self._nudge()
        return answer

    async def _respond(self, post: Post, answer: Answer, event: Heard | None = None) -> Response:
        """Show an answer: a dialog, a card in place of the pressed one, or one shown once."""
        if post.page == pages.HOME and answer.dialog is None:
            # What was done there may have changed what it shows.
            await self._open_home(post.viewer)
        known = post.directory
        form = pages.form(answer.dialog, known, key=self._key) if answer.dialog else None
        pressed = parse.line_of(event.message) if isinstance(event, Pressed) else 0
        if answer.card is None:
            return await self._show(post, form=form)
        if pressed and not answer.only_you:
            return await self._show(post, form=form, swapped=(pressed, answer.card))
        return await self._show(post, form=form, aside=answer.card)

    async def _show(
        self,
        post: Post,
        *,
        form: pages.Form | None = None,
        aside: Card | None = None,
        swapped: tuple[int, Card] | None = None,
    ) -> Response:
        asides = (pages.aside(aside, key=self._key, uid=uuid.uuid4().hex),) if aside else ()
        if post.by_script:
            line, card = swapped or (0, None)
            drawn = render.card(card, key=self._key, uid=f"card-{line}") if card else None
            view = View(
                viewer=post.viewer,
                conversation=post.page,
                title="",
                about="",
                asides=asides,
                dialog=form,
            )
            return self._html(post.request, "answer.html", view=view, line=line, drawn=drawn)
        if form is None and not asides:
            return RedirectResponse(f"/chat/{post.viewer.name}/{post.page}", status_code=303)
        view = await self._view(post.viewer, post.directory, post.page)
        view = replace(view, asides=asides, dialog=form)
        return await self._page(post.request, view, post.directory)

    async def _view(self, viewer: Colleague, known: Directory, page: str) -> View:
        title, about = pages.heading(page, known)
        view = View(viewer=viewer, conversation=page, title=title, about=about)
        if page == pages.HOME:
            account = parse.account_id(viewer.name)
            card = await self._ears.run(lambda uow: uow.chat.home(account))
            return replace(
                view, home=render.card(card, key=self._key, uid="home") if card else None
            )
        channel = parse.channel_id(page)
        stored = await self._ears.run(lambda uow: uow.chat.lines(channel, limits.LINES))
        now = self._clock()
        return replace(view, lines=pages.lines(stored, viewer, known, key=self._key, now=now))

    async def _page(self, request: Request, view: View, known: Directory) -> Response:
        rooms = known.rooms_of(view.viewer)
        names = [parse.direct(view.viewer.name), *(room.name for room in rooms)]
        newest = await self._ears.run(lambda uow: _newest(uow, names))
        return self._html(request, "chat.html", view=view, rooms=rooms, newest=newest)

    def _fragment(self, request: Request, template: str, **values: object) -> str:
        cookie = request.cookies.get(auth.COOKIE, "")
        return self._draw(template, cookie, **values)

    def _html(self, request: Request, template: str, **values: object) -> Response:
        """Draw a template for one browser, which gets its cookie with its first page."""
        cookie = request.cookies.get(auth.COOKIE, "")
        fresh = cookie or auth.new_cookie()
        response = HTMLResponse(self._draw(template, fresh, **values))
        if not cookie:
            response.set_cookie(auth.COOKIE, fresh, httponly=True, samesite="strict")
        return response

    def _draw(self, template: str, cookie: str, **values: object) -> str:
        drawn = render.environment().get_template(template)
        return drawn.render(
            token=auth.token(self._key, cookie),
            new_key=lambda: str(uuid.uuid4()),
            dm=parse.direct,
            **values,
        )

    # How it is read.

    async def _post(self, request: Request) -> Post:
        """Read a post that passed the guard; raise ``Refusal`` for what is none of ours."""
        viewer, known = await self._viewer(request)
        page = _page_of(request, viewer, known)
        form = self._form(viewer, page, await self._fields(request))
        if not form.key:
            raise Refusal(400, "This page is out of date. Please load it again.", "key")
        return Post(request=request, viewer=viewer, directory=known, page=page, form=form)

    def _form(self, viewer: Colleague, page: str, fields: parse.Values) -> parse.Form:
        # What is pressed on the home surface goes on in the direct conversation.
        conversation = parse.direct(viewer.name) if page == pages.HOME else page
        return parse.Form(
            person=viewer.name, conversation=conversation, profile=viewer.profile, fields=fields
        )

    async def _fields(self, request: Request) -> Mapping[str, tuple[str, ...]]:
        fields = await fields_of(request)
        given = "".join(fields.get("token", ()))
        if not auth.is_token(self._key, request.cookies.get(auth.COOKIE, ""), given):
            raise Refusal(403, "This page is out of date. Please load it again.", "token")
        return fields

    async def _viewer(self, request: Request) -> tuple[Colleague, Directory]:
        known = await self.directory()
        viewer = known.people.get(request.path_params["person"])
        if viewer is None:
            raise Refusal(404, "Nobody of that name works here.", "person")
        return viewer, known

    def _polite(self, handler: Handler) -> Handler:
        """Answer what cannot be done with a sentence, never with a trace."""

        async def polite(request: Request) -> Response:
            try:
                return await handler(request)
            except Refusal as refusal:
                metrics.refused.labels(parse.PLATFORM, refusal.reason).inc()
                return self._sorry(request, refusal.status, refusal.words)
            except Unavailable:
                return self._sorry(request, 503, SORRY)
            except Exception as error:  # noqa: BLE001 - a defect is told politely as well
                # No trace: it may hold what people wrote.
                log.error("page_failed", route=handler.__name__, kind=type(error).__name__)  # noqa: TRY400
                return self._sorry(request, 500, SORRY)

        polite.__name__ = handler.__name__
        return polite

    def _sorry(self, request: Request, status: int, words: str) -> Response:
        by_script = request.headers.get("hx-request") == "true"
        template = "sorry.html" if by_script else "error.html"
        response = self._html(request, template, words=words)
        response.status_code = status
        return response


def _page_of(request: Request, viewer: Colleague, known: Directory) -> str:
    page = str(request.path_params["page"])
    if page != pages.HOME and not known.sees(viewer, page):
        raise Refusal(404, "There is no such conversation here.", "conversation")
    return page


async def _leave(listener: Listener, stopping: anyio.Event) -> None:
    """Let a stream end by itself when the server stops, before it is cut off."""
    await stopping.wait()
    listener.tell(None)


def _write_once(uow: UnitOfWork, key: str, line: ChatLine) -> ChatLine | None:
    """Store a line; None if the same click stored it before."""
    if not uow.handled.claim(key, line.said_at):
        return None
    uow.handled.keep(key, NOTHING)
    return uow.chat.add(line)


def _newest(uow: UnitOfWork, names: list[str]) -> dict[str, int]:
    """Return the newest line of each conversation, for the marks of what is new."""
    newest = {}
    for name in names:
        last = uow.chat.lines(parse.channel_id(name), 1)
        newest[name] = last[-1].id if last else 0
    return newest
