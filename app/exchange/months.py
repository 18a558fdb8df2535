"""The books of a month: who has sent theirs, what came of it, which families are gone; the book of the district."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import joinedload

from app import access, clock, tree
from app.domain import periods
from app.domain.periods import Period
from app.domain.refusal import Refusal
from app.domain.terms import BookState, BookStepKind, GoneAnswer
from app.exchange import export
from app.exchange.changes import Plan
from app.extensions import db
from app.models import BookStep, Family, GoneFamily, ImportBatch, Meeting, Registration, Territory
from app.services import registry
from app.words import counted, short

MOST_MONTHS = 12  # that are offered
LARGEST = 1000  # families of a district whose book is put together while the person waits
NO_MEETING = (
    "Вопрос о снятии с учёта будет предложен в повестку, но заседаний в плане нет: назначьте его в списке «Заседания»."
)
NO_FAMILIES = "В районе нет семей: собирать нечего."

_stay = Registration.__table__


@dataclass
class Gone:
    """A family on record that the book of its settlement leaves out. moved_to: where it is by a later book."""

    family: Family
    moved_to: str = ""
    answer: GoneFamily | None = None

    @property
    def is_asked(self) -> bool:
        """Whether nobody has said yet why it is not there."""
        return not self.moved_to and self.answer is None


@dataclass
class OfPlace:
    """The month of one settlement: its latest load, what that did, who was reminded, who is gone.

    returned: its book that went back to be mended and has not come again.
    """

    place: Territory
    load: ImportBatch | None = None
    returned: BookStep | None = None
    figures: dict[str, int] = field(default_factory=dict)
    reminded: list[BookStep] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)

    @property
    def state(self) -> BookState:
        """How far the book of the settlement is."""
        if self.returned is not None or self.left_out:
            return BookState.TO_MEND
        if self.load is None:
            return BookState.SILENT
        changed = any(self.figures.get(name) for name in ("new", "changed"))
        return BookState.CHANGED if changed else BookState.SAME

    @property
    def left_out(self) -> int:
        """Families with faults that the load has left for the settlement to mend."""
        return int(self.load.counts.get("left_out", 0)) if self.load is not None else 0


@dataclass
class Board:
    """The month of a district. assembled: its books as they were frozen, the latest first; nameless: those that went
    back to be mended and name no settlement, the latest first."""

    district: Territory
    month: Period
    places: list[OfPlace]
    assembled: list[BookStep]
    nameless: list[BookStep]

    @property
    def silent(self) -> list[OfPlace]:
        """Settlements whose book has not come at all."""
        return [each for each in self.places if each.state is BookState.SILENT]

    @property
    def is_whole(self) -> bool:
        """Whether every settlement has sent its book, and nothing of it is left to mend."""
        return not any(each.state in (BookState.SILENT, BookState.TO_MEND) for each in self.places)

    @property
    def told(self) -> str:
        """How many settlements are how far: «Не прислали: 5»."""
        counts = Counter(each.state for each in self.places)
        return ". ".join(f"{str(state).capitalize()}: {counts[state]}" for state in BookState if counts[state])

    @property
    def asked(self) -> int:
        return sum(one.is_asked for each in self.places for one in each.gone)


def offered(today: date) -> list[Period]:
    """The months that may be asked for, the latest first."""
    return periods.months_until(today, MOST_MONTHS)


def board(district: Territory, month: Period) -> Board:
    """The month of the settlements of a district that the person keeps."""
    scope = access.scope()
    query = select(Territory).where(Territory.parent_id == district.id).order_by(Territory.name_key, Territory.id)
    found = {place.id: OfPlace(place) for place in db.session.scalars(query) if scope.covers_territory(place.id)}
    for load, place_id in _loads(district, month):
        if place_id in found and found[place_id].load is None:
            found[place_id].load = load
            found[place_id].figures = load.counts["by_place"].get(str(place_id), {})
    assembled, nameless = [], []
    steps = select(BookStep).where(BookStep.of_month == month.start, BookStep.territory_id.in_([district.id, *found]))
    for step in db.session.scalars(steps.order_by(BookStep.id.desc())):
        if step.kind is BookStepKind.REMINDED and step.territory_id in found:
            found[step.territory_id].reminded.append(step)
        elif step.kind is BookStepKind.RETURNED and step.territory_id in found:
            place = found[step.territory_id]
            if place.returned is None and (place.load is None or place.load.applied_at < step.made_at):
                place.returned = step
        elif step.kind is BookStepKind.ASSEMBLED and step.territory_id == district.id:
            assembled.append(step)
        elif step.kind is BookStepKind.RETURNED and step.territory_id == district.id:
            nameless.append(step)
    _tell_gone(found, month)
    return Board(district, month, list(found.values()), assembled, nameless)


def _loads(district: Territory, month: Period) -> Iterator[tuple[ImportBatch, int]]:
    """The loads of the month that stand, the latest first, with each settlement that they tell of."""
    query = (
        select(ImportBatch)
        .where(ImportBatch.district_id == district.id, ImportBatch.undone_at.is_(None),
               ImportBatch.as_of.between(month.start, month.end))
        .order_by(ImportBatch.id.desc())
        .options(joinedload(ImportBatch.user))
    )  # fmt: skip
    for load in db.session.scalars(query):
        for place_id, told in load.counts.get("by_place", {}).items():
            if told["families"]:
                yield load, int(place_id)


def _tell_gone(places: dict[int, OfPlace], month: Period) -> None:
    """The families on record that the loads leave out, with what is known of them."""
    gone = {
        family_id: place_id for each in places.values() if each.load is not None
        for family_id, place_id in each.load.counts.get("gone", ()) if place_id == each.place.id
    }  # fmt: skip
    if not gone:
        return
    stays = and_(_stay.c.family_id == Family.id, _stay.c.annulled_at.is_(None), _stay.c.removed_on.is_(None))
    rows = db.session.scalars(
        select(Family)
        .where(Family.id.in_(gone), Family.annulled_at.is_(None), exists().where(stays))
        .order_by(Family.sort_key, Family.id)
        .options(joinedload(Family.territory))
    )
    said = select(GoneFamily).where(GoneFamily.of_month == month.start, GoneFamily.family_id.in_(gone))
    answers = {row.family_id: row for row in db.session.scalars(said.where(GoneFamily.annulled_at.is_(None)))}
    for family in rows:
        place_id = gone[family.id]
        moved = family.territory.name if family.territory_id != place_id else ""
        places[place_id].gone.append(Gone(family, moved, answers.get(family.id)))


# Acts


def remind(place: Territory, month: Period, note: str | None, today: date) -> BookStep:
    """Write down that a settlement was reminded of its book."""
    return _step(place, month, BookStepKind.REMINDED, today, note=note)


def give_back(planned: Plan, today: date) -> list[BookStep]:
    """Write down that a book goes back to be mended, of each settlement it tells of; gives the steps, written once.

    Of a book that names no settlement it is written of its district. Raises Refusal if the book has no faults, or names
    no place of the person's or no month that has begun.
    """
    month = periods.month(planned.as_of.year, planned.as_of.month) if planned.as_of is not None else None
    scope = access.scope()
    named = [place for place in planned.by_place if place] or [planned.district.id or 0]
    places = [place for place in named if place and scope.covers_territory(place)]
    if not planned.faults:
        raise Refusal("Ошибок в книге нет: возвращать нечего.")
    if month is None or not places:
        raise Refusal("По книге не понять, какого она района и на какой день: вернуть её можно только на словах.")
    note = counted(len(planned.faults), "ошибка", "ошибки", "ошибок")
    steps = []
    for place in map(partial(db.session.get_one, Territory), places):
        known = select(BookStep).where(
            BookStep.territory_id == place.id, BookStep.of_month == month.start, BookStep.kind == BookStepKind.RETURNED,
            BookStep.sha256 == planned.book.digest,
        )  # fmt: skip
        said = {"note": note, "sha256": planned.book.digest, "file_name": short(planned.book.name, 200)}
        steps.append(db.session.scalars(known).first() or _step(place, month, BookStepKind.RETURNED, today, **said))
    return steps


def answer(family: Family, month: Period, said: GoneAnswer, note: str | None, today: date) -> GoneFamily:
    """Write down why a family is not in the book of the month; said again, it is said otherwise."""
    row = db.session.scalar(
        select(GoneFamily).where(
            GoneFamily.family_id == family.id, GoneFamily.of_month == month.start, GoneFamily.annulled_at.is_(None)
        )
    )
    if row is None:
        row = GoneFamily(family=family, of_month=month.start)
        db.session.add(row)
    row.answer, row.note, row.answered_by = said, note, access.scope().user_name
    registry.save(row, today)
    return row


def goes_to(family: Family, today: date) -> str:
    """Where the removal of a family that is gone from the books will be considered, in a sentence."""
    coming = select(Meeting.held_on).where(
        Meeting.territory_id.in_([place.id for place in tree.upwards(family.territory)]),
        Meeting.held_on >= today, Meeting.closed_at.is_(None), Meeting.annulled_at.is_(None),
    )  # fmt: skip
    day = db.session.scalar(coming.order_by(Meeting.held_on).limit(1))
    if day is None:
        return NO_MEETING
    return f"Вопрос о снятии с учёта предложен в повестку ближайшего заседания, {day:%d.%m.%Y}."


def is_large(district: Territory) -> bool:
    """Whether the book of a district is put together in the background."""
    return export.size(district) > LARGEST


def assemble(district: Territory, month: Period, made_by: str, today: date,
             told: Callable[[int, int], None] = lambda _done, _whole: None) -> BookStep:  # fmt: skip
    """Put the book of the district for the last day of the month together, or for today, and keep it as it is.

    told: is given how many families are written of how many. Raises Refusal if there are none.
    """
    if not export.size(district):
        raise Refusal(NO_FAMILIES)
    day = min(month.end, today)
    written = export.write(district, day, made_by=made_by, made_at=clock.local(clock.now()), told=told)
    silent = [each.place.name for each in board(district, month).silent]
    note = f"Не прислали книгу: {', '.join(silent)}" if silent else "Книги прислали все поселения"
    values = {
        "note": short(note, 1000), "families": written.families, "content": written.content,
        "sha256": sha256(written.content).hexdigest(), "file_name": f"Банк данных {district.name} {day:%d.%m.%Y}.xlsx",
    }  # fmt: skip
    return _step(district, month, BookStepKind.ASSEMBLED, today, **values)


def _step(place: Territory, month: Period, kind: BookStepKind, today: date, **values: Any) -> BookStep:
    if month.start > today:
        raise Refusal("Этот месяц ещё не наступил.")
    row = BookStep(territory=place, of_month=month.start, kind=kind, made_by=access.scope().user_name, **values)
    db.session.add(row)
    db.session.flush()
    return row


def month_of(code: str, months: Sequence[Period]) -> Period | None:
    """The month that «2026-09» names among those that are offered."""
    return next((month for month in months if f"{month.start:%Y-%m}" == code), None)
