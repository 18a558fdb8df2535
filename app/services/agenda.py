"""What stands on the agenda of a meeting: put on, taken off with a reason, ordered. Callers commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from app import clock, tree
from app.domain.agenda import Proposal
from app.domain.refusal import Refusal
from app.domain.terms import AgendaGround
from app.extensions import db
from app.models import AgendaItem, Family, Meeting, SignalCard, SurveyGroup
from app.services import meetings

MOST_ITEMS = 150  # of one meeting
LOOKED_THROUGH = (AgendaGround.STANDSTILL,)  # proposed, but taken over one by one only
DECIDED = "По этому вопросу уже принято решение: сначала отмените его."


def by_itself(proposed: Iterable[Proposal]) -> list[Proposal]:
    """The proposed matters that come to the agenda without anybody looking them through, the most urgent first."""
    return [one for one in proposed if one.ground not in LOOKED_THROUGH]


def gather(meeting: Meeting, proposed: Iterable[Proposal]) -> list[AgendaItem]:
    """Put on the agenda what the state of the bank brings there by itself, as far as there is room: what is left is
    proposed to the next meeting. Raises Refusal where there is none."""
    coming, room = by_itself(proposed), MOST_ITEMS - len(meeting.items)
    return put_on(meeting, coming[: max(room, 1)])


def put_on(meeting: Meeting, chosen: Sequence[Proposal]) -> list[AgendaItem]:
    """Put proposed matters on the agenda, behind what stands there. Raises Refusal."""
    meetings.hold(meeting)
    place = _last_place(meeting) + 1
    items = [
        AgendaItem(meeting=meeting, position=position, **vars(proposal))
        for position, proposal in enumerate(chosen, start=place)
    ]
    return _added(meeting, items)


def add(meeting: Meeting, *, title: str, why: str | None, family: Family | None, card: SignalCard | None,
        speaker: str | None = None) -> AgendaItem:  # fmt: skip
    """Put a matter on the agenda by hand: about a family, about a card, or about neither. Raises Refusal."""
    meetings.hold(meeting)
    _check_whose(meeting, family, card)
    family_id = family.id if family is not None else card.family_id if card is not None else None
    if card is not None and any(item.card_id == card.id for item in meeting.items):
        raise Refusal("Вопрос по этой сигнальной карте уже в повестке.", "card")
    if family_id is not None and any(item.family_id == family_id and item.title == title for item in meeting.items):
        raise Refusal("Этот вопрос об этой семье уже в повестке: второй вопрос о ней назовите иначе.", "title")
    item = AgendaItem(
        meeting=meeting, position=_last_place(meeting) + 1, ground=AgendaGround.OTHER, title=title, why=why,
        family_id=family_id, card_id=card.id if card is not None else None, group_id=_last_survey(family_id, card),
        speaker=speaker,
    )  # fmt: skip
    return _added(meeting, [item])[0]


def correct(item: AgendaItem) -> AgendaItem:
    """Put the correction of a decision on the agenda of the next meeting of its body. Raises Refusal."""
    meeting = item.meeting
    if meeting.closed_at is None or item.number is None:
        raise Refusal("Заседание ещё не закрыто: решение меняют прямо в нём.")
    following = select(Meeting).where(
        Meeting.agency_id == meeting.agency_id, Meeting.annulled_at.is_(None), Meeting.closed_at.is_(None),
        Meeting.held_on >= meeting.held_on,
    )  # fmt: skip
    later = db.session.scalars(following.order_by(Meeting.held_on, Meeting.id).limit(1)).first()
    if later is None:
        raise Refusal("В плане нет следующего заседания: сначала назначьте его.")
    meetings.hold(later)
    if any(one.after_id == item.id and one.ground is AgendaGround.CORRECTION for one in later.items):
        raise Refusal(f"Исправление этого постановления уже в повестке {later.held_on:%d.%m.%Y}.")
    title = f"Об исправлении постановления № {item.number} от {meeting.held_on:%d.%m.%Y}"
    fresh = AgendaItem(
        meeting=later, position=_last_place(later) + 1, ground=AgendaGround.CORRECTION, title=title, why=item.title,
        family_id=item.family_id, card_id=item.card_id, group_id=item.group_id, after_id=item.id,
    )  # fmt: skip
    return _added(later, [fresh])[0]


def take_off(item: AgendaItem, reason: str) -> None:
    """Take a matter off the agenda; it is not proposed to this meeting again. Raises Refusal."""
    meetings.hold(item.meeting)
    if item.annulled_at is not None:
        raise Refusal("Этот вопрос уже снят с повестки.")
    if item.decided_at is not None:
        raise Refusal(DECIDED)
    item.annulled_at, item.annul_reason = clock.now(), reason
    db.session.flush()


def put_back(item: AgendaItem) -> None:
    """A matter that was taken off stands on the agenda again, as the last. Raises Refusal."""
    meetings.hold(item.meeting)
    if item.annulled_at is None:
        return
    _check_room(item.meeting, 1)
    item.position = _last_place(item.meeting) + 1
    item.annulled_at, item.annul_reason = None, None
    db.session.flush()


def move(item: AgendaItem, by: int) -> None:
    """Let a matter change places with the one before it (by -1) or behind it (by 1). Raises Refusal."""
    meetings.hold(item.meeting)
    items = list(item.meeting.items)
    here = next((place for place, one in enumerate(items) if one.id == item.id), None)
    if here is None:
        raise Refusal("Этот вопрос снят с повестки.")
    there = here + by
    if 0 <= there < len(items):
        items[here], items[there] = items[there], items[here]
        order(items)


def order(items: Sequence[AgendaItem]) -> None:
    """Number the matters of a meeting anew, in this order."""
    for position, item in enumerate(items, start=1):
        if item.position != position:
            item.position = position
    db.session.flush()


def _check_whose(meeting: Meeting, family: Family | None, card: SignalCard | None) -> None:
    """A meeting considers what lies on the territories of its body; a card with a family is of that family."""
    places = tree.below([meeting.territory_id])
    if family is not None and family.territory_id not in places:
        raise Refusal("Эта семья не на территории комиссии.", "family")
    if card is not None and card.territory_id not in places:
        raise Refusal("Эта карта не на территории комиссии.", "card")
    if family is not None and card is not None and card.family_id != family.id:
        raise Refusal("Эта карта не об этой семье: выберите карту или семью.", "card")


def _last_survey(family_id: int | None, card: SignalCard | None) -> int | None:
    """The survey whose findings the matter considers: the last one that took place."""
    whose = SurveyGroup.card_id == card.id if card is not None else SurveyGroup.family_id == family_id
    asked = select(SurveyGroup.id).where(whose, SurveyGroup.surveyed_on.is_not(None), SurveyGroup.annulled_at.is_(None))
    return db.session.scalar(asked.order_by(SurveyGroup.surveyed_on.desc(), SurveyGroup.id.desc()).limit(1))


def _added(meeting: Meeting, items: list[AgendaItem]) -> list[AgendaItem]:
    _check_room(meeting, len(items))
    db.session.add_all(items)
    db.session.flush()
    db.session.expire(meeting, ["items"])
    return items


def _check_room(meeting: Meeting, more: int) -> None:
    if len(meeting.items) + more > MOST_ITEMS:
        raise Refusal(f"В повестке может быть не больше {MOST_ITEMS} вопросов.")


def _last_place(meeting: Meeting) -> int:
    table: Any = AgendaItem.__table__.c
    asked = select(func.max(table.position)).where(table.meeting_id == meeting.id, table.annulled_at.is_(None))
    return db.session.connection().scalar(asked) or 0
