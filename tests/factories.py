"""Builders of entities for tests: what is not said is ordinary. Everything is flushed, nothing committed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app import access, clock, tree
from app.domain import names, terms
from app.domain.periods import Period, month
from app.domain.submissions import Agreed, FrozenContent, canonical, packed
from app.extensions import db
from app.models import (
    Agency,
    AgencyFinding,
    AgencyInquiry,
    AgencyKind,
    AgendaItem,
    Aid,
    AidKind,
    Assignment,
    BookLayout,
    BookStep,
    BookWord,
    CardChild,
    CardExtension,
    CardScan,
    CardStep,
    CardTelling,
    ChildPopulation,
    CommissionMember,
    Criterion,
    Deadline,
    Decision,
    DecisionOutcome,
    Delivery,
    Destruction,
    DestructionItem,
    DoublesDecision,
    Education,
    EducationStatus,
    Employee,
    Family,
    FamilyCategory,
    GoneFamily,
    HomeTerritory,
    IdentityDocument,
    IdentityKind,
    ImportantMark,
    ImportBatch,
    Instruction,
    InstructionScan,
    MeasureKind,
    Meeting,
    MeetingAttendance,
    Member,
    Mentor,
    Paper,
    PerformerReport,
    PlannedMeasure,
    Problem,
    Programme,
    PupilSupport,
    RegionalHoliday,
    Registration,
    RegistrationCriterion,
    RelationshipKind,
    RemovalReason,
    RetentionHold,
    Role,
    SettledYear,
    SignalCard,
    Stage,
    StageKind,
    StayExtension,
    Submission,
    Supervision,
    SupervisionKind,
    SurveyAct,
    SurveyExtension,
    SurveyGroup,
    SurveyMark,
    SurveyPerson,
    SurveyScan,
    Territory,
    TerritoryAlias,
    Transfer,
    User,
    WorkingDay,
    WorkingGroupMember,
)
from app.render.table import Column
from app.services import accounts, submissions

DAY, LONG_AGO = timedelta(days=1), month(2000, 1)
CAST = {
    "anna": ("Анна", "Рябинина", terms.Role.COORDINATOR),
    "galina": ("Галина", "Ивова", terms.Role.COORDINATOR),
    "zoya": ("Зоя", "Лугова", terms.Role.SECRETARY),
    "boris": ("Борис", "Кленов", terms.Role.COMMISSION),
    "vera": ("Вера", "Липатова", terms.Role.COMMISSION),
    "gleb": ("Глеб", "Осинцев", terms.Role.SPECIALIST),
    "oleg": ("Олег", "Дубровин", terms.Role.ADMINISTRATOR),
    "renata": ("Рената", "Елова", terms.Role.REGION),
    "avgust": ("Август", "Ясенев", terms.Role.AUDITOR),
}


class Cast:
    """Places and bodies by name: `cast.north`, `cast.commission`, `cast.user("anna")`."""

    @staticmethod
    def territory(name: str) -> Territory:
        return _known(Territory, "name", name)

    @property
    def root(self) -> Territory:
        return db.session.scalars(select(Territory).where(Territory.parent_id.is_(None))).one()

    @property
    def district(self) -> Territory:
        return self.territory("Тестовый район")

    @property
    def north(self) -> Territory:
        return self.territory("Северное сельское поселение")

    @property
    def south(self) -> Territory:
        return self.territory("Южное городское поселение")

    @property
    def other_district(self) -> Territory:
        return self.territory("Соседний район")

    @property
    def far(self) -> Territory:
        return self.territory("Дальнее сельское поселение")

    @staticmethod
    def agency(code: str) -> Agency:
        """The agency of the test district with a kind code «5.1»–«5.9»."""
        return db.session.scalars(
            select(Agency).join(Agency.kind).where(AgencyKind.code == code).order_by(Agency.id)
        ).first()

    @staticmethod
    def user(name: str) -> User:
        return _known(User, "username", name)

    def employee(self, name: str) -> Employee:
        return _known(Employee, "user_id", self.user(name).id)


def make_cast(password: str) -> None:
    """Two districts with a coordinator each, nine bodies, nine people."""
    root = db.session.scalars(select(Territory).where(Territory.parent_id.is_(None))).one()
    district = territory("Тестовый район", terms.TerritoryKind.DISTRICT, root)
    north = territory("Северное сельское поселение", terms.TerritoryKind.SETTLEMENT, district)
    south = territory("Южное городское поселение", terms.TerritoryKind.SETTLEMENT, district)
    other = territory("Соседний район", terms.TerritoryKind.DISTRICT, root)
    territory("Дальнее сельское поселение", terms.TerritoryKind.SETTLEMENT, other)
    bodies = {
        kind.code: agency(f"{kind.name} (тест)", kind.code, district)
        for kind in db.session.scalars(select(AgencyKind).where(AgencyKind.scheme == "appendix4"))
    }
    roles = {role.name: role for role in db.session.scalars(select(Role))}
    manager = current_app.appbuilder.sm
    for name, (first, last, role) in CAST.items():
        manager.add_user(name, first, last, f"{name}@patronat.example", roles[role.value], password=password)
    users = {user.username: user for user in db.session.scalars(select(User))}
    db.session.add(HomeTerritory(user_id=users["anna"].id, territory_id=district.id))
    db.session.add(HomeTerritory(user_id=users["galina"].id, territory_id=other.id))
    db.session.add(HomeTerritory(user_id=users["zoya"].id, territory_id=district.id))
    for name, body, place in (("boris", "5.1", north), ("vera", "5.1", south)):
        person = employee(bodies[body], users[name])
        db.session.add(Assignment(employee=person, territory=place, started_on=date(2020, 1, 1)))
    employee(bodies["5.2"], users["gleb"])
    for user in users.values():
        accounts.account_of(user)  # as of whoever has signed in before
    db.session.flush()


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


_KEYS: dict[tuple[Any, str, Any], int] = {}  # under which rows were found before


def _known(entity: Any, column: str, value: Any) -> Any:
    """The one row with a value, by its key: the cast and the dictionaries are the same in every test."""
    key = _KEYS.get((entity, column, value))
    row = None if key is None else db.session.get(entity, key)
    if row is None or getattr(row, column) != value:
        row = db.session.scalars(select(entity).where(getattr(entity, column) == value)).one()
        _KEYS[entity, column, value] = row.id
    return row


def by_code(entity: Any, code: str) -> Any:
    """A row of a dictionary."""
    return _known(entity, "code", code)


def territory(name: str, kind: terms.TerritoryKind, parent: Territory | None) -> Territory:
    return _add(Territory(name=name, name_key=names.key(name), kind=kind, parent=parent))


def agency(name: str, code: str, place: Territory) -> Agency:
    return _add(Agency(name=name, name_key=names.key(name), kind=by_code(AgencyKind, code), territory=place))


def employee(
    body: Agency, user: User | None = None, last_name: str = "Вишневская", first_name: str = "Ольга"
) -> Employee:
    if user is not None:
        last_name, first_name = user.last_name, user.first_name
    return _add(Employee(agency=body, last_name=last_name, first_name=first_name, position="специалист", user=user))


def family(place: Territory, number: str | None = None, **values: Any) -> Family:
    """A family without members; the district is found above the territory. Give `members` for a whole one."""
    district = place
    while district.kind is not terms.TerritoryKind.DISTRICT and district.parent is not None:
        district = district.parent
    if number is None:
        number = f"{(db.session.scalar(select(func.max(Family.id))) or 0) + 1:05d}"
    categories = [by_code(FamilyCategory, code) for code in values.pop("categories", ())]
    values.setdefault("actual_address", f"{place.name}, ул. Тестовая, д. {int(number) if number.isdigit() else 1}")
    return _add(Family(territory=place, district=district, number=number, categories=categories, **values))


def member(of: Family, role: str = "сын", born_on: date | None = date(2015, 5, 5), last_name: str = "Полозов",
           first_name: str = "Тимур", middle_name: str | None = "Игоревич", **values: Any) -> Member:  # fmt: skip
    kind = _known(RelationshipKind, "name", role)
    values.setdefault("sex", terms.Sex.FEMALE if role in ("мать", "дочь", "бабушка") else terms.Sex.MALE)
    row = _add(
        Member(family=of, role=kind, last_name=last_name, first_name=first_name, middle_name=middle_name,
               born_on=born_on, sort_key=names.sort_key(names.full(last_name, first_name, middle_name)), **values)
    )  # fmt: skip
    refresh(of)
    return row


def refresh(of: Family) -> None:
    """Recompute the short name and the search keys, as every service does."""
    from app import clock
    from app.services import family_keys

    db.session.expire(of, ["members"])
    family_keys.refresh(of, clock.today())
    db.session.flush()


def decision(
    of: Family, on: date, kind: terms.DecisionKind = terms.DecisionKind.PLACE, number: str | None = "1/1"
) -> Decision:
    return _add(Decision(family=of, kind=kind, number=number, decided_on=on))


def registration(
    of: Family,
    on: date,
    *,
    until: date | None = None,
    reason: str = "11.2",
    criteria: Iterable[str] = ("2.1.1",),
    sender: Agency | None = None,
    **values: Any,
) -> Registration:
    """A stay on record with its decisions; `until` removes it for `reason`."""
    given = Decision(family=of, kind=terms.DecisionKind.PLACE, number="1/1", decided_on=on)
    row = Registration(
        family=of, sender=sender, registered_on=on, decision=given,
        criteria_over_time=[
            RegistrationCriterion(
                family=of, position=place, criterion=by_code(Criterion, code), since=on, decision=given
            )
            for place, code in enumerate(criteria)
        ],
        **values,
    )  # fmt: skip
    db.session.add(given)
    _add(row)
    if until is not None:
        taken = decision(of, until, terms.DecisionKind.REMOVE, "2/1")
        row.removal_decision, row.removed_on, row.removal_reason = taken, until, by_code(RemovalReason, reason)
        db.session.flush()
    return row


def change(of: Registration, on: date, criteria: Iterable[str], number: str = "3/1") -> Decision:
    """Other criteria of a stay from a day on, by a decision of that day."""
    from app.services import registrations

    return registrations.change_criteria(
        of, registrations.DecisionPaper(number, on), day=on, criteria=[by_code(Criterion, code) for code in criteria],
        note=None, today=clock.today(),
    )  # fmt: skip


def book_step(place: Territory, month: date, word: str = "собрана") -> BookStep:
    """A book of a district that was put together and kept."""
    content = b"PK book"
    return _add(BookStep(
        territory=place, of_month=month, kind=terms.BookStepKind.ASSEMBLED, made_by=word, note=word, families=1,
        file_name="книга.xlsx", sha256=sha256(content).hexdigest(), content=content,
    ))  # fmt: skip


def document(of: Member, series: str | None, number: str, kind: str = "21") -> IdentityDocument:
    """A document of a member, a passport if nothing else is said."""
    kind_of = by_code(IdentityKind, kind)
    return _add(IdentityDocument(member=of, family=of.family, kind=kind_of, series=series, number=number))


def education(of: Member, since: date, status: str = "school", **values: Any) -> Education:
    return _add(
        Education(member=of, family=of.family, started_on=since, status=by_code(EducationStatus, status), **values)
    )


def support(of: Member, year: int, quarter: int, **values: Any) -> PupilSupport:
    return _add(PupilSupport(member=of, family=of.family, year=year, quarter=quarter, **values))


def aid(of: Family, on: date, kind: str = "2.1", *, performer: Agency | None = None, recipients: Iterable[Member] = (),
        amount: Decimal | None = None, **values: Any) -> Aid:  # fmt: skip
    return _add(
        Aid(family=of, given_on=on, kind=by_code(AidKind, kind), performer=performer, recipients=list(recipients),
            amount=amount, **values)
    )  # fmt: skip


def mentor(of: Family, person: Employee, since: date, until: date | None = None) -> Mentor:
    return _add(Mentor(family=of, employee=person, started_on=since, ended_on=until))


def assignment(person: Employee, since: date, *, of: Family | None = None, place: Territory | None = None,
               until: date | None = None) -> Assignment:  # fmt: skip
    return _add(Assignment(employee=person, family=of, territory=place, started_on=since, ended_on=until))


def programme(of: Registration, since: date, until: date, *, approved: bool = False, leader: Employee | None = None,
              problems: Iterable[str] = (), **values: Any) -> Programme:  # fmt: skip
    """A programme of a stay, approved by a decision of its first day if so asked."""
    if approved:
        values["approval"] = decision(of.family, since, terms.DecisionKind.PROGRAMME, "5/1")
    row = _add(Programme(family=of.family, registration=of, starts_on=since, ends_on=until, **values))
    for position, text in enumerate(problems):
        _add(Problem(family=of.family, programme=row, position=position, text=text))
    if leader is not None:
        _add(WorkingGroupMember(family=of.family, programme=row, employee=leader, leads=True, started_on=since))
    db.session.expire(row, ["problems", "group"])
    return row


def group_member(of: Programme, person: Employee, **values: Any) -> WorkingGroupMember:
    """Somebody of the group of a programme, since its first day."""
    return _add(WorkingGroupMember(family=of.family, programme=of, employee=person, started_on=of.starts_on, **values))


def stage(of: Programme, since: date, until: date, kind: str = "main", **values: Any) -> Stage:
    """A stage of a programme, approved with it."""
    values.setdefault("decision", of.approval)
    row = _add(Stage(family=of.family, programme=of, starts_on=since, ends_on=until, kind=by_code(StageKind, kind),
                     **values))  # fmt: skip
    db.session.expire(of, ["stages"])
    return row


def measure(of: Stage, due_on: date, kind: str = "2.16", *, performer: Agency | None = None,
            members: Iterable[Member] = (), **values: Any) -> PlannedMeasure:  # fmt: skip
    """A measure of the plan of a stage."""
    row = _add(PlannedMeasure(
        family=of.family, stage=of, kind=by_code(MeasureKind, kind), due_on=due_on, performer=performer,
        members=list(members), **values,
    ))  # fmt: skip
    db.session.expire(of, ["measures"])
    return row


def signal_card(place: Territory, body: Agency | None = None, children: Iterable[dict[str, Any]] = (),
                **values: Any) -> SignalCard:  # fmt: skip
    """A signal card that came to a place a little while ago and that nobody has opened."""
    from app.services import signals

    sent_at = clock.now() - timedelta(minutes=10)
    said = {"last_name": "Полозова", "first_name": "Инна", "description": "Дети одни", "threat": terms.Threat.NONE}
    said |= {"detected_at": sent_at - timedelta(minutes=20), "sent_at": sent_at, "arrived_at": sent_at}
    said |= {"source": terms.SignalSource.AGENCY if body is not None else terms.SignalSource.CITIZEN} | values
    district = tree.district_of(place)
    number = 1 + (db.session.scalar(select(func.max(SignalCard.number))) or 0)
    card = SignalCard(
        territory=place, district=district, year=sent_at.year, number=number, agency=body, **said,
    )  # fmt: skip
    signals.set_keys(card, [child.get("name") for child in children])
    _add(card)
    for child in children:
        _add(CardChild(card=card, **child))
    return card


def card_child(card: SignalCard, name: str | None, **values: Any) -> CardChild:
    """A child that a card tells of."""
    return _add(CardChild(card=card, name=name, **values))


def survey_group(leader: Employee, due_on: date, *, card: SignalCard | None = None, of: Family | None = None,
                 others: Iterable[Employee] = (), **values: Any) -> SurveyGroup:  # fmt: skip
    """A group that is to visit the family of a card, or a family of the bank."""
    place = card.territory if card is not None else of.territory if of is not None else None
    if card is not None and "surveyed_on" not in values:
        card.survey_due_on = due_on
    return _add(SurveyGroup(territory=place, card=card, family=of, leader=leader, employees=[leader, *others],
                            due_on=due_on, **values))  # fmt: skip


def inquiry(group: SurveyGroup, body: Agency, **values: Any) -> AgencyInquiry:
    """A body that is asked about a survey and has three days to answer."""
    values.setdefault("due_on", clock.today() + timedelta(days=3))
    return _add(AgencyInquiry(group=group, agency=body, asked_by="Рябинина Анна", **values))


def finding(group: SurveyGroup, body: Agency, text: str = "На учёте не состоит", **values: Any) -> AgencyFinding:
    """What a body told today."""
    kind = values.pop("kind", "RT.2")
    return _add(AgencyFinding(group=group, agency=body, kind=by_code(AgencyKind, kind), text=text,
                              **{"told_on": clock.today()} | values))  # fmt: skip


def extension(of: Registration, until: date, code: str = "bank_entry_3d", **values: Any) -> StayExtension:
    """A clock of a stay that was extended."""
    values = {"reason": "Ждём копию постановления", "user_name": "Координатор", "until": until} | values
    return _add(StayExtension(family=of.family, registration=of, deadline=by_code(Deadline, code), **values))


def survey_act(group: SurveyGroup, on: date, marks: dict[str, str] | None = None, *, signed: bool = True,
               **values: Any) -> SurveyAct:  # fmt: skip
    """An act of a visit that took place; marks: codes of levels by codes of headings."""
    said = {"access": terms.SurveyAccess.TOOK_PLACE, "threat": terms.Threat.NONE, "conclusion": "Вывод"} | values
    if signed:
        said = {"signed_at": clock.now(), "signer": group.leader, "is_current": True} | said
    act = _add(SurveyAct(group=group, visited_on=on, **said))
    for heading, level in (marks or {}).items():
        _add(SurveyMark(group_id=group.id, act=act, heading=terms.SurveyHeading(heading),
                        level=terms.SurveyLevel(level)))  # fmt: skip
    return act


def commission_member(person: Employee, body: Agency, since: date, until: date | None = None,
                      post: terms.CommissionPost = terms.CommissionPost.MEMBER) -> CommissionMember:  # fmt: skip
    """Who sits in a body, which is a commission unless it is a council already."""
    body.sits_as = body.sits_as or terms.Sitting.COMMISSION
    return _add(CommissionMember(agency=body, employee=person, post=post, started_on=since, ended_on=until))


def meeting(body: Agency, on: date, present: Iterable[Employee] = (), absent: Iterable[Employee] = (),
            **values: Any) -> Meeting:  # fmt: skip
    """A meeting of a body's territory; open once somebody is told to have come, or to be absent."""
    body.sits_as = body.sits_as or terms.Sitting.COMMISSION
    present, absent = list(present), list(absent)
    if present or absent:
        values = {"opened_at": clock.now(), "number": 1, "presiding": (present or absent)[0]} | values
    row = _add(Meeting(**{"agency": body, "territory": body.territory, "held_on": on} | values))
    for position, person in enumerate([*present, *absent]):
        _add(MeetingAttendance(meeting=row, employee=person, post=terms.CommissionPost.MEMBER, position=position,
                               is_present=person in present))  # fmt: skip
    db.session.expire(row, ["attendance"])
    return row


def agenda_item(of: Meeting, family: Family | None = None, card: SignalCard | None = None, **values: Any) -> AgendaItem:
    """A matter that stands last on an agenda."""
    said = {"ground": terms.AgendaGround.OTHER, "title": "О семье", "position": len(of.items) + 1} | values
    row = _add(AgendaItem(meeting=of, family=family, card=card, **said))
    db.session.expire(of, ["items"])
    return row


def instruction(item: AgendaItem, body: Agency, due_on: date, text: str = "Обследовать жильё",
                **values: Any) -> Instruction:  # fmt: skip
    """What a body is to do; given once `given_on` is said."""
    row = _add(Instruction(meeting=item.meeting, item=item, family=item.family, agency=body, due_on=due_on, text=text,
                           **values))  # fmt: skip
    db.session.expire(item, ["instructions"])
    return row


def _one_day(number: str) -> Period:
    """A day long past, another one for each number."""
    day = LONG_AGO.start + int(number) % 9000 * DAY
    return Period(day, day)


def submission(place: Territory, period: Period = LONG_AGO, **values: Any) -> Submission:
    """A report of a place that was submitted: an empty sheet that counts nothing, so that its period stays open."""
    columns = [asdict(column) for column in (Column("Территория"), Column("Карт", kind="number"))]
    table = {"title": "Лист", "subtitle": "", "corner": "", "sheet": "", "notes": [], "signatures": [],
             "columns": columns, "rows": [[place.name, 1]], "total": None, "sections": []}  # fmt: skip
    figures = canonical({"table": table, "spots": {}, "territories": {}, "checks": []})
    said = {"report": "senders", "title": "Отчёт", "choice": "by=territory,small=show",
            "agreed": Agreed("Председатель", period.end + DAY)}  # fmt: skip
    content = FrozenContent(figures, packed([b"{}"]), [], "0" * 64)
    with access.unrestricted():
        return submissions.submit(content, period=period, territory=place, today=clock.today(), **said | values)


def load(district: Territory, as_of: date) -> ImportBatch:
    """A workbook that was loaded, and changed nothing."""
    return _add(ImportBatch(district=district, as_of=as_of, file_name="книга.xlsx", sha256="0" * 64, counts={}))


def one_of_each(place: Territory, number: str, body: Agency, person: Employee, *, last_name: str = "Полозов",
                word: str = "Северное", year: int = 2026) -> dict[str, Any]:  # fmt: skip
    """One row of every entity that is somebody's, about a family of a place; by the names of the entities.

    last_name, word: by which the rows are known again on a page.
    """
    of = family(place, number=number, income_per_member=Decimal("5000.50"), additional=f"{word}: сведения")
    child = member(of, last_name=last_name)
    mother = member(of, "мать", date(1990, 1, 1), last_name=last_name, first_name="Инна", middle_name="Олеговна")
    stay = registration(of, date(year, 3, 3), sender=body, received_on=date(year, 3, 4))
    turn = int(number[-2:]) % 28
    card = signal_card(place, body, last_name=last_name, description=f"{word}: что случилось")
    group = survey_group(person, date(2026, 12, 24), card=card, of=of, task=word)

    act = survey_act(group, date(2026, 9, 9), {"food": "partly"}, conclusion=f"{word}: вывод", visit=year - 2020)
    seat = commission_member(person, body, date(2026, 1, 1), date(2026, 9, 1))
    sitting = meeting(body, date(2026, 10, 5), [person], territory=place, place=word, secretary=person)
    item = agenda_item(sitting, of, card, title=f"{word}: вопрос", group=group, decided_at=clock.now(),
                       outcome=by_code(DecisionOutcome, "heard"))  # fmt: skip
    order = instruction(item, body, date(2026, 12, 20), f"{word}: поручение")
    plan = programme(stay, date(year, 3, 10), date(year, 12, 10), leader=person, problems=[f"{word}: проблема"],
                     note=word)  # fmt: skip
    period = stage(plan, date(year, 3, 10), date(year, 9, 9), tasks=word)
    paper_of_end = _add(Destruction(
        territory=place, year=year, number=turn + 1, commission=word, prepared_by=word,
        items=[DestructionItem(territory=place, family=of, named=word, reason=word, due_on=date(2026, 1, 1))],
    ))  # fmt: skip
    return {
        "Family": of,
        "Member": child,
        "Registration": stay,
        "Decision": stay.decision,
        "RegistrationCriterion": stay.criteria[0],
        "StayExtension": extension(stay, date(2026, 3, 20), reason=word),
        "Programme": plan,
        "Problem": plan.problems[0],
        "WorkingGroupMember": plan.group[0],
        "Stage": period,
        "PlannedMeasure": measure(period, date(year, 6, 6), performer=body, members=[child], details=word),
        "ImportantMark": _add(ImportantMark(
            family=of, entity="Registration", entity_id=stay.id, note=word, marked_by="Координатор",
        )),
        "GoneFamily": _add(GoneFamily(
            family=of, of_month=date(year, 1, 1), answer=terms.GoneAnswer.FORGOTTEN, note=word, answered_by=word,
        )),
        "BookStep": book_step(place, date(year, 1, 1), word),
        "PerformerReport": _add(PerformerReport(
            agency=body, starts_on=date(year, 1, 1), ends_on=date(year, 3, 31), received_on=date(year, 4, 4), note=word,
        )),
        "Aid": aid(of, date(2026, 4, 4), recipients=[mother], amount=Decimal("100.10"), description=word),
        "DoublesDecision": _add(DoublesDecision(
            family=of, other_family=of, member=child, other_member=mother, verdict=terms.DoublesVerdict.DIFFERENT,
            decided_by="Координатор", reason=word,
        )),
        "Education": education(child, date(year - 1, 9, 1), organisation=f"Школа: {word}", grade="4 класс"),
        "PupilSupport": support(child, year, 1, free_meals=True, note=word),
        "Supervision": _add(Supervision(
            member=child, family=of, kind=by_code(SupervisionKind, "school"), started_on=date(2026, 1, 1), note=word,
        )),
        "IdentityDocument": _add(IdentityDocument(
            member=child, family=of, kind=by_code(IdentityKind, "03"), series="I-АН", number="1", issued_by=word,
        )),
        "Mentor": mentor(of, person, date(2026, 1, 1)),
        "Assignment": assignment(person, date(2026, 1, 1), of=of),
        "Paper": _add(Paper(
            family=of, title=f"Акт: {word}", kind=terms.PaperKind.SURVEY_ACT, file_name="акт.pdf",
            mime="application/pdf", size=1, sha256="0" * 64, key=f"k{number}",
        )),
        "Territory": place,
        "BookWord": _add(BookWord(
            kind=terms.BookWordKind.CATEGORY, text=f"слово {turn}", text_key=names.key(f"слово {turn}"), meaning="1",
        )),
        "BookLayout": _add(BookLayout(district_id=place.parent_id, headers="0" * 64, answers={"column:1": word})),
        "TerritoryAlias": _add(TerritoryAlias(territory=place, name=f"{word} сокр.", name_key=names.key(word))),
        "ChildPopulation": _add(ChildPopulation(
            territory=place, counted_on=date(year, 1, 1), children=900, source=word,
        )),
        "Agency": body,
        "Employee": person,
        "SignalCard": card,
        "CardStep": _add(CardStep(card=card, kind=terms.CardStepKind.SENT, territory=place, user_name=word)),
        "CardScan": _add(CardScan(
            card=card, file_name=f"{word}.jpg", mime="image/jpeg", size=1, sha256="0" * 64, key=f"c{number}",
        )),
        "CardTelling": _add(CardTelling(
            card=card, agency=body, told_to=word, told_at=clock.now(), told_by=word,
        )),
        "SurveyGroup": group,
        "SurveyAct": act,
        "SurveyMark": act.marks[0],
        "SurveyPerson": _add(SurveyPerson(
            group_id=group.id, act=act, role=terms.ParentalRole.CHILD, last_name=last_name, first_name=word,
        )),
        "SurveyScan": _add(SurveyScan(
            group=group, file_name=f"{word}.jpg", mime="image/jpeg", size=1, sha256="0" * 64, key=f"s{number}",
        )),
        "SurveyExtension": _add(SurveyExtension(
            group=group, deadline=by_code(Deadline, "survey_default"), until=group.due_on, reason=word,
            user_name="Координатор",
        )),
        "CardExtension": _add(CardExtension(
            card=card, deadline=by_code(Deadline, "signal_receipt_1h"), started_at=card.arrived_at,
            until=clock.today(), reason=word, user_name="Координатор",
        )),
        "CardChild": _add(CardChild(card=card, name=f"{word} ребёнок", age=7)),
        "AgencyInquiry": inquiry(group, body, question=word),
        "AgencyFinding": finding(group, body, f"{word}: что известно"),
        "CommissionMember": seat,
        "Meeting": sitting,
        "MeetingAttendance": sitting.attendance[0],
        "AgendaItem": item,
        "Delivery": _add(Delivery(
            meeting=item.meeting, item=item, kind=terms.TemplateKind.NOTICE, whom=f"{word}: кому",
            sent_on=date(2026, 11, 20), way=terms.DeliveryWay.HANDED,
        )),
        "Instruction": order,
        "InstructionScan": _add(InstructionScan(
            meeting_id=order.meeting_id, instruction=order, item_id=item.id, agency_id=body.id,
            given_on=date(2026, 12, 1), file_name=f"{word}.pdf", mime="application/pdf", size=1, sha256="0" * 64,
            key=f"i{number}",
        )),
        "Submission": submission(place, _one_day(number), title=f"{word}: отчёт"),
        "Transfer": _add(Transfer(
            named=f"{word}: дело", family=of, from_territory=place, elsewhere=word, decision_id=stay.decision.id,
            decided_on=stay.decision.decided_on, sent_by=word, key=f"t{number}",
        )),
        "RetentionHold": _add(RetentionHold(family=of, until=date(2031, 1, 1), reason=word, user_name=word)),
        "Destruction": paper_of_end,
        "DestructionItem": paper_of_end.items[0],
        "RegionalHoliday": _add(RegionalHoliday(name="Праздник региона", day=date(2026, 11, turn + 1))),
        "SettledYear": _add(SettledYear(year=2030 + turn)),
        "WorkingDay": _add(WorkingDay(day=date(2026, 12, turn + 1), works=False)),
    }  # fmt: skip
