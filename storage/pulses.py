"""Waves, participation, sealed boxes and published answers in the database.

Databases remember more than their tables say: the number of the transaction that wrote a row
(PostgreSQL's xmin), its place on disk (ctid, page bytes) and its age (WAL). So all answers of a
wave are written at once, in the order of random ids, and participation is written anew beside
them, in the order of persons; ``Storage.vacuum`` then leaves no older page behind.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam, func, select

from bot.people.model import PersonId
from bot.pulses.model import Answers, Part, Sealed, Wave, WaveId, WaveState
from storage.engine import Work, new_row, row_of
from storage.tables import answer, comment, participation
from storage.tables import sealed as boxes
from storage.tables import wave as waves

rows = participation.c
BY_ID = select(waves).where(waves.c.id == bindparam("wave"))
IS_OPEN = (
    select(waves.c.id)
    .where(waves.c.id == bindparam("wave"), waves.c.state == WaveState.OPEN)
    .with_for_update(read=True)
)
PART = select(rows.state).where(rows.wave == bindparam("wave"), rows.person == bindparam("person"))
ADVANCE = participation.update().where(
    rows.wave == bindparam("in_wave"),
    rows.person == bindparam("by_person"),
    rows.state == bindparam("before"),
)
ASKED = select(func.count()).where(rows.wave == bindparam("wave"))
ANSWERED = ASKED.where(rows.state != Part.OPEN)


class SQLPulses:
    """Implements ``bot.ports.Pulses``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, wave: Wave, invited: Sequence[PersonId], /) -> Wave:
        """Store a wave whose id is 0 and one open participation row per person."""
        number = WaveId(self._work.add(waves, new_row(wave)))
        self._work.add_many(
            participation,
            [
                {"wave": number, "person": person, "state": Part.OPEN}
                for person in sorted(set(invited))
            ],
        )
        return replace(wave, id=number)

    def get(self, wave: WaveId, /) -> Wave | None:
        """Find a wave."""
        return self._work.one(Wave, BY_ID, wave=wave)

    def save(self, wave: Wave, /) -> None:
        """Change a wave."""
        self._work.change(waves, row_of(wave))

    def waves(self, *states: str) -> tuple[Wave, ...]:
        """Return the waves in these states, newest first."""
        wanted = [WaveState(state) for state in states]
        found = select(waves).where(waves.c.state.in_(wanted)).order_by(waves.c.id.desc())
        return self._work.all(Wave, found)

    def invite(self, wave: WaveId, person: PersonId, /) -> bool:
        """Add an open participation row; False if there is one."""
        row = {"wave": wave, "person": person, "state": Part.OPEN}
        return self._work.add_new(participation, [row], "wave", "person") == 1

    def asked(self, wave: WaveId, /) -> int:
        """Count those who were asked."""
        return int(self._work.value(ASKED, wave=wave))

    def panel(self, wave: WaveId, /) -> tuple[PersonId, ...]:
        """Return who was asked, in order of person id."""
        everyone = select(rows.person).where(rows.wave == wave).order_by(rows.person)
        return tuple(self._work.run(everyone).scalars())

    def part(self, wave: WaveId, person: PersonId, /) -> Part | None:
        """Return how far a person took part; None if she was not asked."""
        part: Part | None = self._work.value(PART, wave=wave, person=person)
        return part

    def advance(self, wave: WaveId, person: PersonId, before: Part, after: Part, /) -> bool:
        """Move a participation row of an open wave; False if it was not in ``before``.

        The wave is held until the end of the transaction: whoever closes it waits for answers
        that are being stored, and answers that come later find it closed.
        """
        if self._work.value(IS_OPEN, wave=wave) is None:
            return False
        move = {"in_wave": wave, "by_person": person, "before": before, "state": after}
        return self._work.run(ADVANCE, move).rowcount == 1

    def answered(self, wave: WaveId, /) -> int:
        """Count those who answered."""
        return int(self._work.value(ANSWERED, wave=wave))

    def put_sealed(self, sealed: Sealed, /) -> None:
        """Store a box."""
        self._work.add_many(boxes, [row_of(sealed)])

    def sealed(self, wave: WaveId, /) -> tuple[Sealed, ...]:
        """Return the boxes in order of their random slot."""
        found = select(boxes).where(boxes.c.wave == wave).order_by(boxes.c.slot)
        return self._work.all(Sealed, found)

    def publish(self, wave: WaveId, answers: Answers, ids: Sequence[str], /) -> None:
        """Write shuffled answers under random ``ids``, delete boxes, rewrite participation."""
        scores, comments = answers.scores, answers.comments
        if len(ids) != len(scores) + len(comments):
            raise ValueError("each answer needs an id of its own")
        pairs = sorted(zip(ids, scores, strict=False))
        self._work.add_many(answer, [{"id": i, "wave": wave, "score": score} for i, score in pairs])
        texts = sorted(zip(ids[len(scores) :], comments, strict=True))
        self._work.add_many(
            comment, [{"id": i, "wave": wave, "words": words} for i, words in texts]
        )
        self._work.run(boxes.delete().where(boxes.c.wave == wave))
        asked = select(participation).where(rows.wave == wave).order_by(rows.person)
        # Who commented must not be told from who answered: comments may be few.
        merged = {Part.COMMENTED: Part.ANSWERED}
        kept = [
            {**row, "state": merged.get(row["state"], row["state"])}
            for row in self._work.run(asked).mappings()
        ]
        self._work.run(participation.delete().where(rows.wave == wave))
        self._work.add_many(participation, kept)

    def answers(self, wave: WaveId, /) -> Answers:
        """Return the answers of a closed wave, sorted; empty before."""
        scores = select(answer.c.score).where(answer.c.wave == wave).order_by(answer.c.score)
        words = select(comment.c.words).where(comment.c.wave == wave).order_by(comment.c.words)
        return Answers(
            scores=tuple(self._work.run(scores).scalars()),
            comments=tuple(self._work.run(words).scalars()),
        )
