"""The browser chat's memory in the database."""

from dataclasses import replace

from sqlalchemy import RowMapping, select

from bot.heard import AccountId, ChannelId
from bot.messages import Card
from bot.ports import ChatLine
from storage.canonical import card_from, text_of
from storage.engine import Work, new_row
from storage.tables import chat_home, chat_line


class SQLChat:
    """Implements ``bot.ports.Chat``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, line: ChatLine, /) -> ChatLine:
        """Store a line whose id is 0; return it with its id."""
        card = None if line.card is None else text_of(line.card)
        return replace(line, id=self._work.add(chat_line, new_row(line) | {"card": card}))

    def edit(self, line: int, card: Card, /) -> bool:
        """Replace a card; False if there is no such line."""
        changed = chat_line.update().where(chat_line.c.id == line)
        return self._work.run(changed.values(card=text_of(card), edited=True)).rowcount == 1

    def get(self, line: int, /) -> ChatLine | None:
        """Find a line."""
        row = self._work.run(select(chat_line).where(chat_line.c.id == line)).mappings().first()
        return None if row is None else _line(row)

    def lines(self, conversation: ChannelId, /, limit: int = 200) -> tuple[ChatLine, ...]:
        """Return the newest lines of a conversation, oldest first."""
        found = (
            select(chat_line)
            .where(chat_line.c.conversation == conversation)
            .order_by(chat_line.c.id.desc())
            .limit(limit)
        )
        return tuple(reversed([_line(row) for row in self._work.run(found).mappings()]))

    def home(self, account: AccountId, /) -> Card | None:
        """Find what an account's home surface shows."""
        kept = self._work.run(
            select(chat_home.c.card).where(chat_home.c.account == account)
        ).scalar()
        return None if kept is None else card_from(kept)

    def save_home(self, account: AccountId, card: Card, /) -> None:
        """Replace an account's home surface."""
        self._work.save(chat_home, {"account": account, "card": text_of(card)}, key="account")


def _line(row: RowMapping) -> ChatLine:
    card = row["card"]
    return ChatLine(**{**row, "card": None if card is None else card_from(card)})
