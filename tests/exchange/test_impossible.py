"""Nothing impossible gets into the bank by a workbook: the row is named, and nothing is written if a rule is missed."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from app.clock import today
from app.domain import care, criteria, programmes, registration
from app.domain.refusal import Refusal
from app.domain.terms import DecisionKind
from app.exchange import apply
from app.exchange.apply import fresh
from app.exchange.apply.store import CREATED
from app.exchange.changes import ALL, THEIRS, Plan, Update
from app.exchange.plan import comparing
from app.exchange.workbook import AIDS, FAMILIES, MEMBERS, STAYS, SUPERVISIONS, Sheet
from app.extensions import db
from app.models import (
    Decision,
    Family,
    ImportBatch,
    JournalEntry,
    Member,
    PlannedMeasure,
    Problem,
    Programme,
    Registration,
    Stage,
)
from app.services import checks, soundness
from tests import factories
from tests.exchange.workbooks import Sound, load, planned, texts

pytestmark = pytest.mark.one_database(
    "a rule is asked in Python before anything is written; test_import.py writes on both"
)

TOMORROW = timedelta(days=1)
SECOND = {
    "№ карты": "00002", "Код органа": "5.3", "Критерии": "2.1.1", "№ постановления о постановке": "7/7",
    "Дата постановления о постановке": date(2026, 3, 1), "Дата постановки на учёт": date(2026, 3, 1),
}  # fmt: skip


def cell(sheet, place: int, **values) -> Callable[[Sound], None]:
    """What puts values, or what a function gives, into a row of a workbook."""
    return lambda book: book.row(sheet.title, place).update(
        {HEADERS[name]: value() if callable(value) else value for name, value in values.items()}
    )


def as_of(day: Callable[[], date], *others: Callable[[Sound], None]) -> Callable[[Sound], None]:
    """What dates a workbook otherwise and does something else to it."""

    def spoil(book: Sound) -> None:
        book.facts[1][1] = day()
        for other in others:
            other(book)

    return spoil


HEADERS = {
    "number": "№ постановления о постановке", "decided": "Дата постановления о постановке",
    "registered": "Дата постановки на учёт", "detected": "Дата выявления", "sent": "Дата направления карты",
    "removal": "№ постановления о снятии", "removal_decided": "Дата постановления о снятии",
    "removed": "Дата снятия с учёта", "reason": "Причина снятия", "note": "Примечание", "born": "Дата рождения",
    "issued": "Дата выдачи", "since": "Состоит с", "until": "Состоит по", "given": "Дата",
    "measure": "Код мероприятия", "kind": "Код вида помощи", "joined": "В семье с", "left": "В семье по",
    "territory": "Территория", "criteria": "Критерии", "recipients": "Получатели", "meals": "Бесплатное питание",
    "amount": "Сумма, руб.", "last": "Фамилия", "card": "№ карты", "first": "Имя",
}  # fmt: skip


def ahead() -> date:
    return today() + TOMORROW


class Case(NamedTuple):
    """What is done to a sound workbook, and the fault: sheet, row, column, what is said.

    before: what is done to a bank that has the sound workbook; silent: no row is written if the plan says nothing.
    """

    spoil: Callable[[Sound], None]
    sheet: Sheet
    row: int
    column: str
    says: str
    before: Callable[[], None] | None = None
    silent: str = ""


STILL_AHEAD = "Эта дата ещё не наступила."
IMPOSSIBLE = {
    "a family in the region": Case(
        cell(FAMILIES, 1, territory="Регион"), FAMILIES, 3, "territory",
        "Выберите район или поселение: регион семью не ведёт.", silent="Регион"),
    "a stay before its decision": Case(
        cell(STAYS, 0, decided=date(2024, 2, 2)), STAYS, 2, "registered",
        "Дата постановки на учёт раньше даты постановления."),
    "a stay ahead of today": Case(
        cell(STAYS, 2, registered=ahead), STAYS, 4, "registered", "Дата постановки на учёт ещё не наступила."),
    "a stay for no criterion": Case(
        cell(STAYS, 2, criteria=None), STAYS, 4, "criteria",
        "Укажите хотя бы один критерий; первый считается основным (раздел 2 Положения)."),
    "a decision ahead of today": Case(
        cell(STAYS, 2, decided=ahead), STAYS, 4, "decided", "Дата постановления ещё не наступила."),
    "a decision of removal ahead of today": Case(
        cell(STAYS, 0, removal_decided=ahead), STAYS, 2, "removal_decided", "Дата постановления ещё не наступила."),
    "detected ahead of today": Case(
        cell(STAYS, 0, detected=ahead, sent=None), STAYS, 2, "detected", "Дата выявления ещё не наступила."),
    "sent ahead of today": Case(
        cell(STAYS, 0, sent=ahead), STAYS, 2, "sent", "Дата направления карты ещё не наступила."),
    "sent before detected": Case(
        cell(STAYS, 0, sent=date(2024, 1, 9)), STAYS, 2, "sent",
        "Дата направления карты (09.01.2024) раньше, чем выявлена семья (10.01.2024)."),
    "removed for another reason without a note": Case(
        cell(STAYS, 0, reason="11.4.1", note=None), STAYS, 2, "note",
        "По причине 11.4 форма отчёта требует примечания: напишите, почему семья снята."),
    "removed for no reason": Case(
        cell(STAYS, 0, reason=None), STAYS, 2, "reason", "Укажите причину снятия с учёта."),
    "removed by the decision that placed": Case(
        cell(STAYS, 0, removal="6/13", removal_decided=date(2024, 2, 1)), STAYS, 2, "removal_decided",
        "Постановлением № 6/13 от 01.02.2024 семья поставлена на учёт: снимают её другим постановлением."),
    "overlapping stays": Case(
        lambda book: book.rows[STAYS.title].append(SECOND), STAYS, 5, "registered",
        "Семья уже состоит на учёте с 05.02.2026."),
    "removed before registered": Case(
        cell(STAYS, 0, removed=date(2024, 1, 31), removal_decided=date(2024, 1, 31)), STAYS, 2, "removed",
        "Дата снятия с учёта раньше даты постановки."),
    "removed ahead of today": Case(
        cell(STAYS, 0, removed=ahead), STAYS, 2, "removed", "Дата снятия с учёта ещё не наступила."),
    "removed before it was decided": Case(
        cell(STAYS, 0, removed=date(2025, 2, 28)), STAYS, 2, "removed",
        "Дата снятия с учёта раньше даты постановления."),
    "removal decided before the stay": Case(
        cell(STAYS, 0, removal_decided=date(2024, 1, 31)), STAYS, 2, "removed",
        "Постановление о снятии принято раньше, чем семья поставлена на учёт."),
    "supervision that ends before it begins": Case(
        cell(SUPERVISIONS, 0, until=date(2026, 2, 28)), SUPERVISIONS, 2, "until",
        "Дата окончания (28.02.2026) раньше даты начала (01.03.2026)."),
    "supervision ahead of today": Case(
        cell(SUPERVISIONS, 0, since=ahead), SUPERVISIONS, 2, "since", STILL_AHEAD),
    "supervision before birth": Case(
        cell(SUPERVISIONS, 0, since=date(2015, 5, 31)), SUPERVISIONS, 2, "since",
        "На учёте раньше, чем родился (01.06.2015): проверьте даты."),
    "aid ahead of today": Case(cell(AIDS, 1, given=ahead), AIDS, 3, "given", "Дата помощи ещё не наступила."),
    "aid of no kind": Case(
        cell(AIDS, 1, kind=None), AIDS, 3, "kind", "Укажите вид помощи или мероприятие.", silent="не добавляется"),
    "aid before birth": Case(
        cell(AIDS, 0, given=date(2015, 5, 31)), AIDS, 2, "recipients",
        "Помощь оказана раньше, чем родился её получатель: проверьте даты."),
    "born in the future": Case(
        cell(MEMBERS, 0, born=ahead), MEMBERS, 2, "born", "Дата рождения ещё не наступила."),
    "joined ahead of today": Case(cell(MEMBERS, 3, joined=ahead), MEMBERS, 5, "joined", STILL_AHEAD),
    "joined before birth": Case(
        cell(MEMBERS, 3, joined=date(2019, 3, 2)), MEMBERS, 5, "joined",
        "В семье раньше, чем родился: проверьте даты."),
    "left before joining": Case(
        cell(MEMBERS, 3, left=date(2019, 3, 2)), MEMBERS, 5, "left",
        "Дата окончания (02.03.2019) раньше даты начала (03.03.2019)."),
    "a document issued ahead of today": Case(
        cell(MEMBERS, 1, issued=ahead), MEMBERS, 3, "issued", "Дата выдачи документа ещё не наступила."),
    "a document issued before birth": Case(
        cell(MEMBERS, 1, issued=date(2015, 5, 31)), MEMBERS, 3, "issued",
        "Документ выдан раньше, чем родился его владелец: проверьте даты."),
    "the support of a quarter to come": Case(
        as_of(lambda: today() + timedelta(days=92)), MEMBERS, 3, "meals", "Этот квартал ещё не начался."),
    "the support of a time long ago": Case(
        as_of(lambda: date(1999, 12, 31)), MEMBERS, 3, "meals", "Проверьте год."),
    "the support of a quarter before birth": Case(
        as_of(lambda: date(2015, 3, 31)), MEMBERS, 3, "meals",
        "Этот квартал кончился раньше, чем ребёнок родился (01.06.2015)."),
}  # fmt: skip


def corrected(**others) -> Callable[[Sound], None]:
    """The boy of the sound workbook with another birth date, and nothing told of him that it forbids."""

    def spoil(book: Sound) -> None:
        cell(MEMBERS, 1, **others)(book)
        for header in ("Вид документа", "Серия", "Номер", "Дата выдачи"):
            book.row(MEMBERS.title, 1)[header] = None
        book.rows[SUPERVISIONS.title].clear()
        book.row(AIDS.title)[HEADERS["recipients"]] = "Тетерина Алёна Павловна"

    return spoil


def of_refusal() -> None:
    stay().decision.kind = DecisionKind.REFUSE


def criteria_changed() -> None:
    factories.change(stay(), date(2026, 6, 1), ["2.3.1"])


def papers_came(received: date, entered: date) -> Callable[[], None]:
    def before() -> None:
        stay().received_on, stay().entered_on = received, entered

    return before


def came_back() -> None:
    """The girl has left her family and has come back."""
    girl = db.session.scalars(select(Member).where(Member.first_name == "Ася")).one()
    girl.left_on = date(2024, 5, 5)
    factories.member(girl.family, last_name=girl.last_name, first_name=girl.first_name, middle_name=girl.middle_name,
                     born_on=girl.born_on, sex=girl.sex, role="дочь", joined_on=date(2025, 5, 5))  # fmt: skip


def born_before_school() -> None:
    girl = db.session.scalars(select(Member).where(Member.first_name == "Ася")).one()
    factories.education(girl, date(2018, 9, 1))


KNOWN = {
    "education that the bank has begun before birth": Case(
        lambda book: None, MEMBERS, 5, "born", "Обучение, занятость раньше рождения (03.03.2019): проверьте даты.",
        born_before_school),
    "a stay on a decision of refusal": Case(
        lambda book: None, STAYS, 4, "decided",
        "Нужно постановление о постановке на учёт, а это – об отказе в постановке.", of_refusal),
    "a removal on the day on which the criteria were changed": Case(
        cell(STAYS, 2, criteria="2.3.1", removed=date(2026, 6, 1), removal_decided=date(2026, 6, 1), reason="11.3"),
        STAYS, 4, "removed", "Критерии изменены 01.06.2026: семья снята с учёта позже этого дня.", criteria_changed),
    "papers that came before the decision": Case(
        lambda book: None, STAYS, 4, "decided",
        "Документы поступили раньше, чем принято постановление: проверьте даты.",
        papers_came(date(2026, 2, 4), date(2026, 2, 6))),
    "somebody in a family twice at a time": Case(
        cell(MEMBERS, 3, joined=date(2024, 5, 4)), MEMBERS, 5, "joined",
        "В семье уже есть человек с такими ФИО и датой рождения.", came_back),
    "a birth after the document": Case(
        corrected(born=date(2015, 8, 1)), MEMBERS, 3, "born",
        "Документ выдан раньше, чем родился его владелец: проверьте даты."),
    "a birth after education began": Case(
        corrected(born=date(2026, 7, 2)), MEMBERS, 3, "born",
        "Обучение, занятость раньше рождения (02.07.2026): проверьте даты."),
    "a birth after the record of another body": Case(
        corrected(born=date(2026, 3, 2)), MEMBERS, 3, "born",
        "На учёте раньше, чем родился (02.03.2026): проверьте даты."),
    "a birth after the aid": Case(
        lambda book: (corrected(born=date(2026, 5, 6))(book), book.rows[AIDS.title].clear()), MEMBERS, 3, "born",
        "Помощь оказана раньше, чем родился её получатель: проверьте даты."),
    "a birth after the quarter of the support": Case(
        lambda book: (corrected(born=date(2026, 10, 2))(book), book.facts[1].__setitem__(1, date(2026, 10, 31))),
        MEMBERS, 3, "born", "Этот квартал кончился раньше, чем ребёнок родился (02.10.2026)."),
}  # fmt: skip

# Refusals of the rules that no workbook can call forth, and why.
NOT_BY_A_WORKBOOK = {
    "Без постановления комиссии семью на учёт не ставят (Положение, 3.1).": "the date of record makes a decision",
    "Без постановления комиссии семью с учёта не снимают (Положение, 3.5).": "the date of removal makes a decision",
    "Укажите дату снятия с учёта.": "a removal without its date is told before the rules are asked",
    "Это постановление не об этой семье.": "a decision is of the row that names it",
    "Критерии изменены 01.01.2026: семья поставлена на учёт раньше этого дня.": "a stay is known by its first day",
    "Критерий действует с 01.01.2026, а семья поставлена на учёт 02.01.2026.": "the first ones begin with the stay",
    "С 01.01.2026 у семьи нет ни одного критерия.": "a stay with a blank cell is told before",
    "С 01.01.2026 один критерий стоит дважды.": "the reader of codes drops what stands twice",
    "С 01.01.2026 критерии стоят не по порядку: основной из них – один, и он первый.": "they are counted as they stand",
    "Критерий действует со дня постановки на учёт или со дня изменения.": "the first ones begin with the stay",
    "Критерии изменены раньше даты постановления.": "no decision of a change is of a workbook",
    "Это постановление аннулировано.": "what is annulled is not compared with",
    "Дата рождения раньше 1900 года: проверьте год.": "the reader of dates refuses such years",
    "Сумма помощи не бывает отрицательной.": "the reader of sums refuses them",
    "Получатель помощи – член этой семьи.": "recipients are sought in the family",
    "Квартал – число от 1 до 4.": "the quarter is that of the day of the workbook",
    "Дата начала больше чем через год: проверьте её.": "education begins in the quarter of the workbook",
    "Укажите, к какому району или региону относится эта территория.": "a territory is made under a district",
    "Здесь живут семьи, номера карт которых дал прежний район: сначала передайте их дела.": "it is made without any",
}


OF_PROGRAMMES = (Programme, Problem, Stage, PlannedMeasure)  # test_programmes.py breaks their rules


def test_every_rule_that_a_workbook_can_break_has_its_case():
    said = [case.says for case in (*IMPOSSIBLE.values(), *KNOWN.values())]
    entities = [entity for entity in checks.RULES if entity in CREATED.values() and entity not in OF_PROGRAMMES]
    assert len(entities) == 12
    templates = refusals(checks.RULES[entity].__name__ for entity in entities)
    untold = {each for each in templates if not any(re.fullmatch(each, text) for text in (*said, *NOT_BY_A_WORKBOOK))}
    assert not untold, "add a workbook that breaks the rule to IMPOSSIBLE or KNOWN, or say why there is none"
    needless = [text for text in NOT_BY_A_WORKBOOK if not any(re.fullmatch(each, text) for each in templates)]
    assert not needless


def refusals(rules: Iterable[str]) -> set[str]:
    """What these functions, and those that they call in the modules of rules, refuse with: as patterns."""
    functions = {
        node.name: node
        for module in (checks, registration, criteria, care, programmes)
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.FunctionDef)
    }
    waiting, seen, found = list(rules), set(), set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                waiting.append(called)
                if called == "Refusal":
                    found.add(pattern(node.args[0]))
    return found


def pattern(text: ast.expr) -> str:
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".*" for part in parts)


def faults(book: Sound) -> set[tuple]:
    return {(fault.sheet, fault.row, fault.column) for fault in planned(book.content()).faults}


def told(found: Plan) -> set[tuple]:
    """The faults with what they say, apart from what in the bank they are about."""
    return {
        (fault.sheet, fault.row, fault.column, re.sub(r"^В банке у этого человека есть «[^»]*»: ", "", fault.text))
        for fault in found.faults
    }


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_a_fault_of_its_cell(cast, name):
    case = IMPOSSIBLE[name]
    book = Sound()
    case.spoil(book)
    found = planned(book.content())
    assert (case.sheet.title, case.row, HEADERS[case.column], case.says) in told(found)
    if book.facts[1][1] == Sound().facts[1][1]:
        assert len({fault[:3] for fault in told(found)}) == 1


@pytest.mark.parametrize("name", [*IMPOSSIBLE, *KNOWN])
def test_what_cannot_be_is_a_fault_of_its_cell_when_the_bank_knows_the_rest(cast, loaded, name):
    case = {**IMPOSSIBLE, **KNOWN}[name]
    if case.before:
        case.before()
        db.session.commit()
    book = Sound()
    case.spoil(book)
    found = planned(book.content())
    assert (case.sheet.title, case.row, HEADERS[case.column], case.says) in told(found)
    before = written()
    with pytest.raises(Refusal, match="В книге есть ошибки"):
        apply.apply(found, today())
    assert written() == before


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_plan_that_missed_a_rule_is_refused_whole_by_the_number_of_the_family(cast, monkeypatch, name):
    monkeypatch.setattr(comparing.Comparison, "rule", lambda *_, **__: True)
    case = IMPOSSIBLE[name]
    book = Sound()
    case.spoil(book)
    found = planned(book.content())
    assert not found.faults
    if case.silent:
        assert case.silent in " ".join([*(each.text for each in found.notices), *(p.name for p in found.new_places)])
        return
    refused_whole(found)


@pytest.mark.parametrize("name", KNOWN)
def test_a_plan_that_missed_a_rule_of_known_rows_is_refused_whole(cast, loaded, monkeypatch, name):
    case = KNOWN[name]
    if case.before:
        case.before()
        db.session.commit()
    monkeypatch.setattr(comparing.Comparison, "rule", lambda *_, **__: True)
    book = moved(Sound())
    case.spoil(book)
    refused_whole(planned(book.content(), answers={ALL: THEIRS}))


def test_a_blank_first_day_does_not_make_one_membership_of_two(cast, loaded):
    came_back()
    db.session.commit()
    book = moved(Sound())
    book.row(MEMBERS.title, 3)[HEADERS["joined"]] = None
    assert "когда он вернулся" in texts(planned(book.content()).notices)
    load(book.content())
    girls = db.session.execute(select(Member.joined_on, Member.left_on).where(Member.first_name == "Ася"))
    assert {tuple(row) for row in girls} == {(date(2019, 3, 3), date(2024, 5, 5)), (date(2025, 5, 5), None)}


def refused_whole(found) -> None:
    """With the number of the family, whether a rule or the database itself refuses."""
    before = written()
    with pytest.raises(Refusal, match=r"^Семья № 0000[12]: "):
        apply.apply(found, today())
    db.session.rollback()
    assert written() == before


def written() -> list[int]:
    tables = (Family, Member, Registration, Decision, ImportBatch)
    counted = [db.session.scalar(select(func.count()).select_from(table.__table__)) for table in tables]
    return [*counted, db.session.scalar(select(func.count()).where(JournalEntry.batch_id.is_not(None)))]


def stay(number: str = "00002") -> Registration:
    return db.session.scalars(
        select(Registration).join(Family, Family.id == Registration.family_id).where(Family.number == number)
    ).one()


def moved(book: Sound) -> Sound:
    """The same workbook with a new address of the second family, so that it is written to."""
    book.rows["Семьи"][1]["Место регистрации"] = "ул. Новая, д. 2"
    return book


def test_a_stay_on_a_decision_of_refusal_is_a_fault_of_its_row(cast, loaded):
    stay().decision.kind = DecisionKind.REFUSE
    db.session.commit()
    assert faults(Sound()) == {(STAYS.title, 4, HEADERS["decided"])}
    book = moved(Sound())
    del book.rows[STAYS.title][2]
    refused_whole(planned(book.content()))


def test_a_stay_on_the_decision_of_another_family_is_never_written(cast, loaded):
    found = planned(moved(Sound()).content())
    family = next(each for each in found.families if each.number == "00002")
    strange = db.session.scalars(select(Decision).where(Decision.family_id != family.id)).first()
    found.updates.append(Update("registration", stay().id, family, "", values={"decision_id": strange.id}))
    refused_whole(found)


def test_days_of_the_papers_bind_what_a_workbook_corrects(cast, loaded):
    stay().received_on = stay().entered_on = date(2026, 2, 6)
    db.session.commit()
    assert faults(Sound()) == set()
    book = Sound()
    book.row(STAYS.title, 2)[HEADERS["sent"]] = date(2026, 2, 7)
    assert faults(book) == {(STAYS.title, 4, HEADERS["decided"])}


def test_papers_entered_before_they_came_stop_an_import(cast, loaded):
    stay().received_on, stay().entered_on = date(2026, 2, 7), date(2026, 2, 6)
    db.session.commit()
    assert faults(Sound()) == {(STAYS.title, 4, HEADERS["sent"])}
    book = moved(Sound())
    del book.rows[STAYS.title][2]
    refused_whole(planned(book.content()))


def test_a_quarter_that_is_not_cannot_be_written(cast, monkeypatch):
    monkeypatch.setattr(fresh, "quarter_of", lambda _day: (2026, 5))
    refused_whole(planned(Sound().content()))


def test_what_is_loaded_is_sound(cast, loaded):
    assert list(soundness.faults(today())) == []
    load(moved(Sound()).content())
    assert list(soundness.faults(today())) == []
