"""What a meeting has to consider, and why: the agenda assembles itself from the state of the bank.

A matter that stands on the agenda already, or was taken off it, is not proposed to the same meeting again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Executable,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app import access, conditions, tree
from app.domain import cases, names
from app.domain.agenda import Proposal, of_family
from app.domain.periods import month_later
from app.domain.terms import AgendaGround, DecisionKind, GoneAnswer, StageFollows
from app.extensions import db
from app.models import (
    AgendaItem,
    DecisionOutcome,
    Family,
    GoneFamily,
    Instruction,
    Meeting,
    Member,
    Programme,
    Registration,
    SignalCard,
    Stage,
    StageKind,
    SurveyAct,
    SurveyGroup,
)

_meeting, _item, _outcome = Meeting.__table__, AgendaItem.__table__, DecisionOutcome.__table__
_family, _stay, _member = Family.__table__, Registration.__table__, Member.__table__
_card, _group, _act = SignalCard.__table__, SurveyGroup.__table__, SurveyAct.__table__
_instruction, _gone = Instruction.__table__, GoneFamily.__table__
_programme, _stage, _kind = Programme.__table__, Stage.__table__, StageKind.__table__

STANDSTILL_MONTHS = 12  # a family that the commission has not looked at for so long
ENDS_SOON = timedelta(days=30)  # a stage that ends within is looked at by the meeting before
Places = frozenset[int]  # the territories whose families a meeting considers
MOST = 200  # proposals of one kind
# How a family is called, and how whoever keeps it says the name after «семьи» (`Family.own_plural`).
NAMED = (_family.c.name, case((_family.c.plural_for == _family.c.name, _family.c.plural)).label("plural"))


def _whose(row: Any) -> str:
    """The surnames of a family as they follow «семьи»."""
    return cases.of_family(row.name, row.plural)


def proposals(meeting: Meeting, items: Iterable[Any] | None = None) -> list[Proposal]:
    """What the meeting has to consider and does not yet, in the order of the grounds.

    items: all that stood on its agenda, those that were taken off too, where they are read already.
    """
    stood, places = _stood(_items_of(meeting.id) if items is None else items), frozenset(_places(meeting))
    found = [one for source in SOURCES for one in source(meeting, places)]
    families, cards, kept = set(stood.families), set(stood.cards), []
    for one in found:
        if one.key in stood.keys or one.family_id in families or one.card_id in cards:
            continue
        families |= {one.family_id} - {None}
        cards |= {one.card_id} - {None}
        kept.append(one)
    return kept


@dataclass(frozen=True)
class _Stood:
    """What a meeting has had on its agenda: the matters, and the families and cards that stand there now."""

    keys: frozenset[str]
    families: frozenset[int | None]
    cards: frozenset[int | None]


def _items_of(meeting_id: int) -> list[Any]:
    named = (_item.c.ground, _item.c.family_id, _item.c.card_id, _item.c.group_id, _item.c.after_id)
    return _read(select(*named, _item.c.annulled_at).where(_item.c.meeting_id == meeting_id))


def _stood(items: Iterable[Any]) -> _Stood:
    rows = list(items)
    keys = frozenset(
        Proposal(row.ground, "", "", row.family_id, row.card_id, row.group_id, row.after_id).key for row in rows
    )
    live = [row for row in rows if row.annulled_at is None]
    families, cards = ({getattr(row, name) for row in live} - {None} for name in ("family_id", "card_id"))
    return _Stood(keys, frozenset(families), frozenset(cards))


def _postponed(meeting: Meeting, places: Places) -> Iterator[Proposal]:
    """What this body postponed to the day of the meeting or an earlier one, and has not taken up again.

    A family is that of its card, which may have been entered since; of a card that is closed nothing is left to decide.
    """
    family_id = func.coalesce(_item.c.family_id, _card.c.family_id)
    card_waits = and_(_card.c.closed_at.is_(None), _card.c.territory_id.in_(places))
    asked = (
        _closed_items(meeting.agency_id, _item.c.title, _item.c.until, family_id.label("family_id"), _item.c.card_id,
                      _item.c.group_id, _meeting.c.held_on)
        .join(_outcome, _outcome.c.id == _item.c.outcome_id)
        .outerjoin(_card, _card.c.id == _item.c.card_id)
        .outerjoin(_family, _family.c.id == family_id)
        .where(_outcome.c.effect == DecisionKind.POSTPONE, _item.c.until <= meeting.held_on, ~_is_gone_on_from())
        .where(_lies_here(places), or_(_family.c.id.is_not(None), _item.c.card_id.is_(None), card_waits))
    )  # fmt: skip
    for row in _read(asked.order_by(_item.c.until, _item.c.id).limit(MOST)):
        yield Proposal(
            AgendaGround.POSTPONED, row.title, f"отложено {row.held_on:%d.%m.%Y} до {row.until:%d.%m.%Y}",
            row.family_id, row.card_id, row.group_id, row.id,
        )  # fmt: skip


def _surveyed(meeting: Meeting, places: Places) -> Iterator[Proposal]:
    """Families that a group has visited and about which nothing is decided: of open cards, or not on record."""
    seen = _item.alias()
    considered = exists(
        select(seen.c.id).where(seen.c.group_id == _group.c.id, seen.c.annulled_at.is_(None)).correlate_except(seen)
    )
    signed = exists(select(_act.c.id).where(_act.c.group_id == _group.c.id, _act.c.is_current).correlate_except(_act))
    on_record = _stands(_group.c.family_id, meeting.held_on)
    asked = (
        select(_group.c.id, _group.c.family_id, _group.c.card_id, _group.c.surveyed_on, *NAMED,
               _family.c.number.label("family_number"), _card.c.number, _card.c.year, _card.c.last_name,
               _card.c.first_name, _card.c.closed_at)
        .select_from(_group.outerjoin(_family, _family.c.id == _group.c.family_id)
                     .outerjoin(_card, _card.c.id == _group.c.card_id))
        .where(_group.c.annulled_at.is_(None), _group.c.surveyed_on.is_not(None), signed, ~considered)
        .where(_group.c.surveyed_on <= meeting.held_on, _group.c.surveyed_on >= month_later(meeting.held_on, -12))
        .where(func.coalesce(_family.c.territory_id, _group.c.territory_id).in_(places))
        .where(access.scope().surveys())
        .where(or_(and_(_group.c.card_id.is_not(None), _card.c.closed_at.is_(None)),
                   and_(_group.c.family_id.is_not(None), ~on_record)))
    )  # fmt: skip
    for row in _read(asked.order_by(_group.c.surveyed_on, _group.c.id).limit(MOST)):
        of_card = f", сигнальная карта № {row.number}/{row.year}" if row.card_id is not None else ""
        name = row.name or row.last_name or names.full(row.last_name, row.first_name, None)
        yield Proposal(
            AgendaGround.SURVEYED, of_family(name, row.plural), f"обследована {row.surveyed_on:%d.%m.%Y}{of_card}",
            row.family_id, row.card_id, row.id,
        )  # fmt: skip


def _grown(meeting: Meeting, places: Places) -> Select[Any]:
    """Families on record in which nobody is a minor any more: they leave by reason 11.1."""
    person = _member.alias()
    lives = and_(
        person.c.family_id == _family.c.id, person.c.annulled_at.is_(None),
        or_(person.c.left_on.is_(None), person.c.left_on > meeting.held_on),
    )  # fmt: skip
    child = exists(
        select(person.c.id)
        .where(lives, or_(person.c.born_on.is_(None), conditions.minor(person.c.born_on, meeting.held_on)))
        .correlate_except(person)
    )
    anybody = exists(select(person.c.id).where(lives).correlate_except(person))
    return _on_record(meeting, places, *_found()).where(~child, anybody, ~_waits_elsewhere(meeting))


def _unanswered(meeting: Meeting, places: Places) -> Select[Any]:
    """Decisions of this body whose instructions were not answered in time."""
    late = exists(
        select(_instruction.c.id)
        .where(
            _instruction.c.item_id == _item.c.id, _instruction.c.annulled_at.is_(None),
            _instruction.c.answered_at.is_(None), _instruction.c.due_on < meeting.held_on,
        )
        .correlate_except(_instruction)
    )  # fmt: skip
    first = (
        select(func.min(_instruction.c.due_on))
        .where(_instruction.c.item_id == _item.c.id, _instruction.c.annulled_at.is_(None),
               _instruction.c.answered_at.is_(None))
        .correlate(_item)
        .scalar_subquery()
    )  # fmt: skip
    columns = _found(_meeting.c.held_on, family=_item.c.family_id, word=_item.c.number, until=first, after=_item.c.id)
    asked = _closed_items(meeting.agency_id).with_only_columns(*columns)
    waits = and_(late, ~_is_gone_on_from(_still_open()), _lies_here(places))
    return asked.outerjoin(_family, _family.c.id == _item.c.family_id).where(waits)


def _standing_still(meeting: Meeting, places: Places) -> Select[Any]:
    """Families that are on record for more than a year and that this body has not looked at for as long."""
    since = month_later(meeting.held_on, -STANDSTILL_MONTHS)
    looked_at = (
        _closed_items(meeting.agency_id, _item.c.family_id)
        .where(_item.c.family_id == _family.c.id, _meeting.c.held_on > since)
        .correlate_except(_item, _meeting)
    )
    return _on_record(meeting, places, *_found(_stay.c.registered_on)).where(
        _stay.c.registered_on <= since, ~exists(looked_at), ~_waits_elsewhere(meeting)
    )


def _to_remove(meeting: Meeting, places: Places) -> Select[Any]:
    """Families whose last stage ended with the proposal to remove them, which this body has not considered since."""
    later = _stage.alias()
    last = ~exists(
        select(later.c.id)
        .where(later.c.family_id == _stage.c.family_id, later.c.annulled_at.is_(None))
        .where(later.c.reviewed_on > _stage.c.reviewed_on)
        .correlate_except(later)
    )
    return (
        _of_stages(meeting, places, *_found(_stage.c.reviewed_on))
        .where(_stage.c.follows == StageFollows.REMOVAL, _stage.c.reviewed_on <= meeting.held_on, last)
        .where(~_considered_since(meeting, _stage.c.reviewed_on))
    )


def _considered_since(meeting: Meeting, day: Any) -> ColumnElement[bool]:
    """The body of a meeting has considered the family on some day or later."""
    items = _closed_items(meeting.agency_id).where(_item.c.family_id == _family.c.id, _meeting.c.held_on >= day)
    return exists(items.correlate_except(_item, _meeting))


def _gone_from_books(meeting: Meeting, places: Places) -> Select[Any]:
    """Families on record that are in no book of their settlement, of which it was said that they be removed: the latest
    answer speaks, unless this body has considered the family since that month began."""
    later = _gone.alias()
    last = ~exists(
        select(later.c.id).where(later.c.family_id == _gone.c.family_id, later.c.annulled_at.is_(None),
                                 later.c.of_month > _gone.c.of_month).correlate_except(later)
    )  # fmt: skip
    return (
        _on_record(meeting, places, *_found(_gone.c.of_month))
        .join(_gone, _gone.c.family_id == _family.c.id)
        .where(_gone.c.annulled_at.is_(None), _gone.c.answer == GoneAnswer.TO_REMOVE, last)
        .where(~_considered_since(meeting, _gone.c.of_month), ~_waits_elsewhere(meeting))
    )


def _to_approve(meeting: Meeting, places: Places) -> Select[Any]:
    """Programmes and stages that no decision has approved yet."""
    waits = exists(
        select(_stage.c.id)
        .where(_stage.c.programme_id == _programme.c.id, _stage.c.annulled_at.is_(None), _stage.c.decision_id.is_(None))
        .correlate_except(_stage)
    )
    what = case((_programme.c.approval_id.is_(None), "программы"), else_="изменений программы")
    return (
        _on_record(meeting, places, *_found(_programme.c.starts_on, word=what))
        .join(_programme, _programme.c.registration_id == _stay.c.id)
        .where(_programme.c.annulled_at.is_(None), _programme.c.closed_on.is_(None), ~_waits_elsewhere(meeting))
        .where(or_(_programme.c.approval_id.is_(None), waits))
    )


def _ending(meeting: Meeting, places: Places) -> Select[Any]:
    """Stages that end soon after the meeting, or have ended, without their results; those that ask for more time."""
    ends = and_(_stage.c.reviewed_on.is_(None), _stage.c.ends_on <= meeting.held_on + ENDS_SOON)
    return (
        _of_stages(meeting, places, *_found(_stage.c.ends_on, word=_kind.c.name))
        .join(_kind, _kind.c.id == _stage.c.kind_id)
        .where(or_(ends, _stage.c.follows == StageFollows.EXTENSION))
    )


def _of_stages(meeting: Meeting, places: Places, *columns: Any) -> Select[Any]:
    """The approved stages of programmes that go on, of the families of a meeting that are on record."""
    return (
        _on_record(meeting, places, *columns)
        .join(_programme, _programme.c.registration_id == _stay.c.id)
        .join(_stage, _stage.c.programme_id == _programme.c.id)
        .where(_programme.c.annulled_at.is_(None), _programme.c.closed_on.is_(None), _stage.c.annulled_at.is_(None))
        .where(_stage.c.decision_id.is_not(None), ~_waits_elsewhere(meeting))
    )


def _found(day: Any = None, *, family: Any = _family.c.id, word: Any = None, until: Any = None,
           after: Any = None) -> list[Any]:  # fmt: skip
    """The columns of a ground: the family and how it is called, the day by which its matters follow one another, and
    what else its words name. after: the matter that it goes on from."""
    told = (("day", Date, day), ("word", String, word), ("until", Date, until), ("after_id", Integer, after))
    nothing = ((name, cast(null(), kind) if value is None else value) for name, kind, value in told)
    return [family.label("family_id"), *NAMED, *(value.label(name) for name, value in nothing)]


# The grounds that the state of the families gives, in the order in which they are proposed: how the families are found,
# the ground, what the matter is called and why it is proposed.
Said = Callable[[Any], str]
OF_STATE: tuple[tuple[Callable[[Meeting, Places], Select[Any]], AgendaGround, Said, Said], ...] = (
    (_grown, AgendaGround.REMOVAL, lambda row: f"О снятии с учёта семьи {_whose(row)}",
     lambda row: "все дети в семье совершеннолетние"),
    (_to_remove, AgendaGround.REMOVAL, lambda row: f"О снятии с учёта семьи {_whose(row)}",
     lambda row: f"предложено по итогам этапа программы {row.day:%d.%m.%Y}"),
    (_gone_from_books, AgendaGround.REMOVAL, lambda row: f"О снятии с учёта семьи {_whose(row)}",
     lambda row: f"семьи нет в книге поселения за {row.day:%m.%Y}"),
    (_to_approve, AgendaGround.PROGRAMME, lambda row: f"Об утверждении {row.word} реабилитации семьи {_whose(row)}",
     lambda row: f"срок программы с {row.day:%d.%m.%Y}"),
    (_ending, AgendaGround.STAGE, lambda row: f"Об итогах этапа программы семьи {_whose(row)}",
     lambda row: f"{row.word.lower()} этап до {row.day:%d.%m.%Y}"),
    (_unanswered, AgendaGround.INSTRUCTION,
     lambda row: f"О ходе исполнения постановления № {row.word} от {row.day:%d.%m.%Y}"
                 + (f" (о семье {_whose(row)})" if row.name else ""),
     lambda row: f"на поручение не ответили, срок {row.until:%d.%m.%Y}"),
    (_standing_still, AgendaGround.STANDSTILL, lambda row: f"О состоянии работы с семьёй {_whose(row)}",
     lambda row: f"на учёте с {row.day:%d.%m.%Y}, больше года без рассмотрения"),
)  # fmt: skip


def _of_state(meeting: Meeting, places: Places) -> Iterator[Proposal]:
    """What the state of the families gives, read by one statement: the first of each ground."""
    grounds = []
    for place, (find, *_said) in enumerate(OF_STATE):
        first = find(meeting, places).add_columns(literal(place).label("ground"))
        grounds.append(first.order_by("day", "family_id", "after_id").limit(MOST).subquery())
    rows = _read(union_all(*(select(ground) for ground in grounds)))
    rows.sort(key=lambda row: (row.ground, row.day or meeting.held_on, row.after_id or row.family_id))
    for row in rows:
        _find, ground, title, why = OF_STATE[row.ground]
        yield Proposal(ground, title(row), why(row), row.family_id, after_id=row.after_id)


# In the order in which they are proposed; the last of them are looked through, the others are taken over at once.
SOURCES = (_postponed, _surveyed, _of_state)


def _places(meeting: Meeting) -> Iterable[int]:
    """The territories whose families a meeting considers: that of its body, and what lies in it."""
    return tree.below([meeting.territory_id])


def _lies_here(places: Places) -> ColumnElement[bool]:
    """A matter is of no family of the bank, or of one that lies on these territories."""
    here = and_(_family.c.annulled_at.is_(None), _family.c.territory_id.in_(places))
    return or_(_family.c.id.is_(None), and_(here, access.scope().families()))


def _waits_elsewhere(meeting: Meeting) -> ColumnElement[bool]:
    """The family stands on the agenda of another meeting of this body, which is not closed yet."""
    waiting, other = _item.alias(), _meeting.alias()
    found = (
        select(waiting.c.id)
        .join(other, other.c.id == waiting.c.meeting_id)
        .where(waiting.c.family_id == _family.c.id, waiting.c.annulled_at.is_(None))
        .where(other.c.agency_id == meeting.agency_id, other.c.id != meeting.id, other.c.closed_at.is_(None))
    )
    return exists(found.correlate_except(waiting, other))


def _on_record(meeting: Meeting, places: Places, *columns: Any) -> Select[Any]:
    """The families of a meeting's territories that are on record on its day, each with its stay."""
    joined = _family.join(_stay, _stay.c.family_id == _family.c.id)
    return select(*columns).select_from(joined).where(
        _family.c.annulled_at.is_(None), _stay.c.annulled_at.is_(None), conditions.on_record(_stay, meeting.held_on),
        _family.c.territory_id.in_(places), access.scope().families(),
    )  # fmt: skip


def _stands(family_id: ColumnElement[int], day: date) -> ColumnElement[bool]:
    stay = _stay.alias()
    found = select(stay.c.id).where(
        stay.c.family_id == family_id, stay.c.annulled_at.is_(None), conditions.on_record(stay, day)
    )
    return exists(found.correlate_except(stay))


def _closed_items(body_id: int, *columns: Any) -> Select[Any]:
    """The live items of the closed meetings of a body."""
    return (
        select(_item.c.id, *columns)
        .select_from(_item.join(_meeting, _meeting.c.id == _item.c.meeting_id))
        .where(_meeting.c.agency_id == body_id, _meeting.c.closed_at.is_not(None), _item.c.annulled_at.is_(None))
    )


def _is_gone_on_from(*wanted: Any) -> ColumnElement[bool]:
    """Another live item goes on from this one."""
    later = _item.alias()
    found = select(later.c.id).where(later.c.after_id == _item.c.id, later.c.annulled_at.is_(None))
    for condition in wanted:
        found = found.where(condition(later))
    return exists(found.correlate_except(later))


def _still_open() -> Any:
    """The condition that an item stands on the agenda of a meeting that is not closed."""

    def condition(item: Any) -> ColumnElement[bool]:
        meeting = _meeting.alias()
        found = select(meeting.c.id).where(meeting.c.id == item.c.meeting_id, meeting.c.closed_at.is_(None))
        return exists(found.correlate_except(meeting))

    return condition


def _read(statement: Executable) -> list[Any]:
    return list(db.session.connection().execute(statement))
