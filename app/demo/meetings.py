"""The meetings of the demo district: two that were held and closed, one that is being prepared, and the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from app import clock, conditions
from app.demo.ground import District
from app.domain import cases
from app.domain.agenda import Proposal, of_family
from app.domain.meetings import Votes
from app.domain.terms import AgendaGround, DecisionKind, DeliveryWay, TemplateKind
from app.extensions import db
from app.models import Agency, AgendaItem, DecisionOutcome, Family, Instruction, Meeting, Registration
from app.readings import agenda as proposed
from app.readings import meetings as reading
from app.services import agenda, deliveries, instructions, meetings, paper_names, resolutions, sitting

PLACE = "г. Заречный, ул. Советская, д. 1, зал заседаний"
HELD = (35, 14)  # days ago
FAMILIES = 4  # of each held meeting
GATHERED = agenda.MOST_ITEMS // 2  # matters of the meeting that is prepared, however large the bank is
LOOKED_AT = 3  # families that the secretary puts on because nobody has looked at them for long
FIRST_NUMBER = 31  # behind the numbers of the decisions that the families of the bank bear
ANSWERED = "Семья посещена, родители направлены в центр занятости, дети устроены в лагерь дневного пребывания."


class OrderScript(NamedTuple):
    """What a body is told to do: the code of its kind, and days to do it in; answered: after how many days."""

    code: str
    text: str
    days: int
    answered: int | None = None
    accepted: bool = False


class ItemScript(NamedTuple):
    """What was decided about a family on record."""

    effect: DecisionKind
    causes: str
    orders: tuple[OrderScript, ...] = ()
    until: int | None = None


SCRIPTS = (
    (
        ItemScript(DecisionKind.HEAR, "Родители не выполняют мероприятия программы.", (
            OrderScript("5.2", "Посетить семью, помочь с оформлением пособий.", 20, 12, accepted=True),
            OrderScript("5.6", "Содействовать в трудоустройстве отца.", 20),
        )),
        ItemScript(DecisionKind.REPRESENT, "Школа не сообщила о пропусках занятий.", (
            OrderScript("5.3", "Устранить причины: сообщать о пропусках в день пропуска.", 30),
        )),
        ItemScript(DecisionKind.POSTPONE, "Родители не явились, причина неизвестна.", (), 30),
        ItemScript(DecisionKind.PROGRAMME, "Семье нужна программа с посещениями каждую неделю.", (), 180),
    ),
    (
        ItemScript(DecisionKind.HEAR, "Мать прошла лечение, старший ребёнок вернулся к занятиям."),
        ItemScript(DecisionKind.HEAR, "Семья переехала в благоустроенное жильё.", (
            OrderScript("5.5", "Провести осмотр детей.", 30, 5),
        )),
        ItemScript(DecisionKind.COURT, "Отец уклоняется от содержания детей.", (
            OrderScript("5.7", "Направить материалы в суд.", 21),
        )),
        ItemScript(DecisionKind.HEAR, "Работа с семьёй идёт по плану."),
    ),
)  # fmt: skip


def write(district: District, today: date) -> None:
    """Hold two meetings of the commission of a district, and prepare the next one."""
    body = db.session.get_one(Agency, district.performers["5.1"][0])
    _name(district, today)
    families = _on_record(district, today)
    for ago, scripts in zip(HELD, SCRIPTS, strict=True):
        chosen = [next(families, None) for _ in range(FAMILIES)]
        if None not in chosen:
            _hold(body, _weekday(today - timedelta(days=ago)), list(filter(None, chosen)), scripts, district)
    ahead = _weekday(today + timedelta(days=5))
    meeting, *later = meetings.plan(
        body, [ahead, *(_weekday(ahead + timedelta(days=14 * number)) for number in range(1, 4))],
        starts_at="10:00", place=PLACE, today=today,
    )  # fmt: skip
    _prepare(meeting, today)
    found = proposed.proposals(meeting)
    agenda.gather(meeting, found[:GATHERED])
    agenda.put_on(meeting, [one for one in found if one.ground is AgendaGround.STANDSTILL][:LOOKED_AT])
    _entered(_at(today, 9), [meeting, *meeting.items, *later])


def _on_record(district: District, today: date) -> Iterator[Family]:
    """Families of the district that are on record long enough to have been considered, the oldest first."""
    stay = Registration.__table__
    places = [place for place, _name in district.settlements]
    asked = (
        select(Family)
        .join(stay, stay.c.family_id == Family.id)
        .where(Family.territory_id.in_(places), Family.annulled_at.is_(None), stay.c.annulled_at.is_(None))
        .where(conditions.on_record(stay, today), stay.c.registered_on <= today - timedelta(days=120))
    )
    return iter(db.session.scalars(asked.order_by(stay.c.registered_on, Family.id)).unique().all())


def _hold(body: Agency, day: date, families: list[Family], scripts: tuple[ItemScript, ...], district: District) -> None:
    [meeting] = meetings.plan(body, [day], starts_at="10:00", place=PLACE, today=day)
    _prepare(meeting, day)
    found = [
        Proposal(AgendaGround.STANDSTILL, of_family(family.name, family.own_plural), "плановое рассмотрение", family.id)
        for family in families
    ]
    items = agenda.put_on(meeting, found)
    meetings.open_(meeting, day)
    db.session.expire(meeting, ["attendance"])
    rows = [row.id for row in meeting.attendance]
    meetings.attend(meeting, rows[:-1], {rows[-1]: "командировка"})
    for item, script in zip(items, scripts, strict=True):
        _decide(item, script, day, district)
    sitting.close(meeting, day)
    _date_back(meeting, day)
    for item, script in zip(items, scripts, strict=True):
        for order, said in zip(item.instructions, script.orders, strict=True):
            _answer(order, said, day)
        _deliver(item, day)
    db.session.flush()


def _deliver(item: AgendaItem, day: date) -> None:
    """The parents got the invitation and the resolution, the bodies extracts, of which one is not received yet."""
    asked, given = day - timedelta(days=5), day + timedelta(days=2)
    parents = "\n".join(reading.invited(item, day))
    for kind, whom, sent, way, received in (
        (TemplateKind.NOTICE, parents, asked, DeliveryWay.POST, asked + timedelta(days=3)),
        (TemplateKind.RESOLUTION, parents, given, DeliveryWay.HANDED, given),
        (TemplateKind.EXTRACT, "\n".join(order.agency.name for order in item.instructions), given,
         DeliveryWay.COURIER, None),
    ):  # fmt: skip
        if whom:
            mark = "подпись" if way is DeliveryWay.HANDED else "уведомление" if received else None
            said = deliveries.Handed(kind, whom, sent, way, "Секретарь КДН", received, mark)
            _entered(_at(sent, 15), deliveries.note(item, said, day + timedelta(days=10)))


def _name(district: District, today: date) -> None:
    """A family whose surname the rule leaves as it is, is said in papers as it says itself."""
    found = (row for row in _on_record(district, today) if row.name and cases.of_family(row.name) == row.name)
    family = next((row for row in found if row.name.endswith("к")), None)
    if family is not None:
        paper_names.of_family(family, f"{family.name}ов", today)


def _prepare(meeting: Meeting, today: date) -> None:
    posts = {row.post: row.employee for row in meetings.members_on(meeting.agency_id, meeting.held_on)}
    chair, _deputy, secretary = list(posts.values())[:3]
    number = meetings.next_number(meeting.agency_id, meeting.held_on.year)
    meetings.prepare(
        meeting,
        meetings.Prepared(max(number, FIRST_NUMBER), meeting.held_on, "10:00", PLACE, extended=False, presiding=chair,
                          secretary=secretary, others_present="Помощник прокурора района"),
        today,
    )  # fmt: skip


def _decide(item: AgendaItem, script: ItemScript, day: date, district: District) -> None:
    outcome = db.session.scalars(select(DecisionOutcome).where(DecisionOutcome.effect == script.effect)).one()
    orders = [
        sitting.Ordered(None, db.session.get_one(Agency, district.performers[one.code][0]), one.text,
                        day + timedelta(days=one.days))
        for one in script.orders
    ]  # fmt: skip
    known = resolutions.known(item)
    decided = sitting.Decided(
        outcome=outcome, until=day + timedelta(days=script.until) if script.until else None, votes=Votes(4, 0, 0),
        appeared="мать", rights_explained=True, speaker=known.speaker, substance=known.substance,
        violations=known.violations, causes=script.causes, instructions=orders,
    )  # fmt: skip
    sitting.decide(item, resolutions.composed(item, decided))


def _answer(order: Instruction, said: OrderScript, day: date) -> None:
    if said.answered is None:
        return
    done = day + timedelta(days=said.answered)
    instructions.answer(order, instructions.Answered(done, ANSWERED), done)
    order.answered_at, order.answered_by = _at(done, 15), "специалист органа"
    if said.accepted:
        instructions.accept(order)
        order.accepted_at = _at(done + timedelta(days=1), 11)


def _date_back(meeting: Meeting, day: date) -> None:
    """The sitting was on its day, not now."""
    meeting.opened_at, meeting.closed_at, meeting.closed_by = _at(day, 10), _at(day, 12), "Секретарь КДН"
    for item in meeting.items:
        item.decided_at, item.decided_by = _at(day, 11), "Секретарь КДН"
        decisions = [item.decision] if item.decision is not None else []
        _entered(_at(day, 12), [*item.instructions, *decisions])
    _entered(_at(day, 10), [meeting, *meeting.items, *meeting.attendance])


def _entered(at: datetime, rows: Iterable[Any]) -> None:
    """Rows were entered on the days they tell of, whenever the bank is made."""
    for row in rows:
        row.created_at = at


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=clock.local(clock.now()).tzinfo).astimezone(UTC)


def _weekday(day: date) -> date:
    """A day, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))
