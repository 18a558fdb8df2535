"""Programmes travel by the workbook: «Этапы» and «План» go out, come in without a change, and are taken back whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.clock import today
from app.demo import bank as demo
from app.domain.terms import MeasureState, StageFollows
from app.exchange import undo
from app.exchange.workbook import AIDS, MEASURES, STAGES
from app.extensions import db
from app.models import Aid, Family, PlannedMeasure, Problem, Programme, Stage, Territory
from app.services import checks
from tests.exchange.test_export import check_nothing_changes, written
from tests.exchange.test_impossible import OF_PROGRAMMES, ahead, refusals
from tests.exchange.workbooks import Sound, load, planned, texts, totals

IN_PYTHON = pytest.mark.one_database("a row is compared in Python; other tests here write on both")
Spoil = Callable[[Sound], Any]


def live(entity: Any) -> list[Any]:
    return list(db.session.scalars(select(entity).where(entity.annulled_at.is_(None)).order_by(entity.id)))


def put(sheet: Any, place: int = 0, **values: Any) -> Spoil:
    headers = {column.field: column.header for column in sheet}
    return lambda book: book.row(sheet.title, place).update(
        {headers[name]: value() if callable(value) else value for name, value in values.items()}
    )


def second_programme(**values: Any) -> Spoil:
    """A further programme in a row of its own."""

    def spoil(book: Sound) -> None:
        book.rows[STAGES.title].append(dict(book.row(STAGES.title)))
        put(STAGES, 1, **{"programme_from": date(2026, 7, 1), "starts_on": date(2026, 7, 1),
                          "ends_on": date(2026, 8, 1), "reviewed_on": None, **values})(book)  # fmt: skip

    return spoil


@IN_PYTHON
def test_the_demo_bank_goes_out_on_any_day_and_comes_in_without_a_change(cast):
    demo.fill(today(), families=25)
    districts = list(db.session.scalars(select(Territory).where(Territory.id.in_(select(Family.district_id)))))

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(place=st.sampled_from(districts), ago=st.sampled_from([0, 1, 30, 200, 400, 900]))
    def goes_out_and_comes_in(place, ago):
        found = planned(written(place, today() - timedelta(days=ago)))
        assert not found.does_something, (found.new[:3], found.changes[:3])
        for sheet in (STAGES, MEASURES, AIDS):
            assert not [fault for fault in found.faults if fault.sheet == sheet.title]
            assert not found.counts[sheet.title]["missing"]

    goes_out_and_comes_in()
    check_nothing_changes(written(districts[0], today()))


def test_a_programme_comes_in_whole_and_its_load_is_taken_back(cast):
    batch = load(Sound().content())
    [programme], [stage], [done, not_done] = live(Programme), live(Stage), live(PlannedMeasure)
    assert (programme.registration.registered_on, programme.starts_on) == (date(2026, 1, 15), date(2026, 2, 1))
    assert (programme.approval.number, stage.decision_id) == ("2/7", programme.approval_id)
    assert [(each.text, each.criterion and each.criterion.code) for each in programme.problems] == [
        ("Ребёнок пропускает занятия", "2.2.1"), ("Нет работы", None)
    ]  # fmt: skip
    assert (stage.dynamics.code, stage.reaction.code, stage.follows) == ("medium", "4", StageFollows.NEXT)
    assert (done.kind.code, done.state, done.problem.text) == ("2.16", MeasureState.DONE, "Нет работы")
    assert (not_done.kind.code, not_done.state, not_done.reason) == ("1.10", MeasureState.NOT_DONE, "семья выезжала")
    [aid] = [each for each in live(Aid) if each.planned_id]
    assert (aid.planned_id, aid.measure_id) == (done.id, done.kind_id)
    assert not planned(Sound().content()).does_something
    undo.undo(batch, today())
    db.session.commit()
    assert [live(entity) for entity in (*OF_PROGRAMMES, Aid)] == [[]] * 5


@IN_PYTHON
def test_a_workbook_without_the_sheets_is_taken_as_before(cast, loaded):
    book = Sound()
    del book.headers[STAGES.title], book.headers[MEASURES.title]
    for field in ("plan_line", "until", "rhythm", "before_record"):
        book.headers[AIDS.title].remove(AIDS.column(field).header)
    found = planned(book.content())
    assert not found.faults
    assert not found.does_something
    assert totals(found)["missing"] == 0
    assert not [each for each in found.notices if each.sheet in (STAGES.title, MEASURES.title) or "план" in each.text]
    book = Sound()
    book.rows[STAGES.title].clear()
    book.rows[MEASURES.title].clear()
    del book.row(AIDS.title)["№ строки плана"]
    found = planned(book.content())
    assert not found.does_something
    assert [each.text for each in found.missing] == [
        "программа 01.02.2026", "2.16 до 31.05.2026", "1.10 до 01.06.2026"
    ]  # fmt: skip


def test_what_a_workbook_corrects_is_shown_written_and_taken_back(cast, loaded):
    book = Sound()
    put(STAGES, programme_note="по решению МСРК", programme_until=date(2027, 3, 1), analysis="лучше",
        problems="Ребёнок пропускает занятия [2.2.1]\nНет работы [2.1.3]\nДолг за жильё")(book)  # fmt: skip
    put(MEASURES, 1, state="исполнено", done_on=date(2026, 6, 20), reason=None, members="Тетерина Алёна Павловна",
        problem="Долг за жильё")(book)  # fmt: skip
    put(AIDS, 1, measure="1.10")(book)
    found = planned(book.content())
    assert {(each.sheet, each.column) for each in found.changes} == {
        (STAGES.title, name) for name in ("Примечание к программе", "Программа по", "Анализ этапа", "Проблемы семьи")
    } | {(MEASURES.title, name) for name in ("Состояние", "Исполнено", "Причина", "Для кого", "Проблема семьи")}
    batch = load(book.content())
    [programme], [_first, measure] = live(Programme), live(PlannedMeasure)
    assert (programme.ends_on, len(programme.problems)) == (date(2027, 3, 1), 3)
    assert (measure.state, measure.reason, len(measure.members)) == (MeasureState.DONE, None, 1)
    assert not planned(book.content()).does_something
    undo.undo(batch, today())
    db.session.commit()
    db.session.expire_all()
    assert (measure.state, measure.reason, measure.members) == (MeasureState.NOT_DONE, "семья выезжала", [])
    assert (programme.ends_on, len(live(Problem))) == (date(2027, 1, 31), 2)


@IN_PYTHON
def test_an_empty_cell_and_an_earlier_day_take_nothing_back(cast, loaded):
    book = Sound()
    put(STAGES, reviewed_on=None, dynamics=None, reaction=None, analysis=None, follows=None, decision_number=None,
        decided_on=None, approval_number=None, approved_on=None, problems=None)(book)  # fmt: skip
    put(MEASURES, state="запланировано", done_on=None, problem=None)(book)
    put(MEASURES, 1, state=None, reason=None)(book)
    found = planned(book.content())
    assert [each.column for each in found.changes] == ["Проблема семьи"]
    assert "В банке мероприятие 2.16 – исполнено: загрузка этого не отменяет" in texts(found.notices)


FAULTS: dict[str, tuple[Spoil, Any, int, str, str]] = {
    "a code became a number": (
        put(MEASURES, measure=2.16), MEASURES, 2, "measure", "Excel превратил код в число"),
    "a code of no measure": (put(MEASURES, measure="1.100"), MEASURES, 2, "measure", "Такого значения нет"),
    "a programme before the stay": (
        put(STAGES, programme_from=date(2026, 1, 14)), STAGES, 2, "programme_from",
        "Программа начинается раньше постановки на учёт (15.01.2026)."),
    "a programme after the stay": (
        put(STAGES, registered_on=date(2024, 2, 1)), STAGES, 2, "programme_from",
        "Программа начинается после снятия с учёта (01.03.2025)."),
    "a programme of no stay": (
        put(STAGES, registered_on=date(2024, 2, 2)), STAGES, 2, "registered_on", "Постановки с этой датой у семьи нет"),
    "a programme of a family that was not on record": (
        put(STAGES, registered_on=None, programme_from=date(2023, 1, 1)), STAGES, 2, "programme_from",
        "Семья к этому дню не состояла на учёте"),
    "a term that ends before it begins": (
        put(STAGES, programme_until=date(2026, 1, 31)), STAGES, 2, "programme_until",
        "Срок заканчивается (31.01.2026) раньше, чем начинается."),
    "a term of a century": (
        put(STAGES, programme_until=date(2036, 1, 31)), STAGES, 2, "programme_until",
        "Срок больше трёх лет: проверьте год."),
    "an approval to come": (
        put(STAGES, approved_on=ahead), STAGES, 2, "approved_on", "Дата утверждения ещё не наступила."),
    "an end to come": (
        put(STAGES, closed_on=ahead, closed_as="завершена"), STAGES, 2, "closed_on",
        "Дата завершения программы ещё не наступила."),
    "an end of no kind": (
        put(STAGES, closed_on=date(2026, 7, 1)), STAGES, 2, "closed_as",
        "Программа или завершена, или прекращена, и в какой-то день."),
    "a problem of no criterion": (
        put(STAGES, problems="Пьют [9.9]"), STAGES, 2, "problems", "исправьте код в скобках [9.9]"),
    "a second programme": (second_programme(), STAGES, 3, "closed_on", "У семьи уже есть программа с 01.02.2026"),
    "two words of one programme": (
        second_programme(programme_from=date(2026, 2, 1), programme_note="иначе"), STAGES, 3, "programme_note",
        "В строке 2 о той же программе сказано иначе"),
    "two stages of one day": (
        second_programme(programme_from=date(2026, 2, 1), starts_on=date(2026, 2, 1)), STAGES, 3, "starts_on",
        "Этап с этого дня уже есть в строке 2"),
    "stages that share days": (
        second_programme(programme_from=date(2026, 2, 1), starts_on=date(2026, 6, 1)), STAGES, 3, "starts_on",
        "На эти дни уже есть этап: с 01.02.2026 по 30.06.2026."),
    "a stage before its programme": (
        put(STAGES, starts_on=date(2026, 1, 31)), STAGES, 2, "starts_on",
        "Этап начинается раньше программы (01.02.2026)."),
    "a stage that outlasts its programme": (
        put(STAGES, ends_on=date(2027, 2, 1)), STAGES, 2, "ends_on",
        "Этап кончается позже программы (31.01.2027): сначала измените её срок."),
    "a stage without its kind": (put(STAGES, kind=None), STAGES, 2, "kind", "Заполните «Этап»."),
    "a meeting to come": (
        put(STAGES, meeting_on=ahead), STAGES, 2, "meeting_on", "День заседания ещё не наступил."),
    "a decision to come": (put(STAGES, decided_on=ahead), STAGES, 2, "decided_on", "Этот день ещё не наступил."),
    "a decision without its day": (
        put(STAGES, extension_number="9"), STAGES, 2, "extended_on", "Заполните «Дата решения о продлении»."),
    "results to come": (put(STAGES, reviewed_on=ahead), STAGES, 2, "reviewed_on", "Этот день ещё не наступил."),
    "results before the stage": (
        put(STAGES, reviewed_on=date(2026, 1, 30)), STAGES, 2, "reviewed_on",
        "Итоги подведены раньше, чем этап начался (01.02.2026)."),
    "results of nothing": (put(STAGES, reaction=None), STAGES, 2, "dynamics", "Укажите динамику и реакцию семьи."),
    "results that nothing follows": (
        put(STAGES, follows=None), STAGES, 2, "follows", "Укажите, что следует за этапом."),
    "results of a draft": (
        put(STAGES, decision_number=None, decided_on=None), STAGES, 2, "reviewed_on", "Этап ещё не утверждён"),
    "a measure of no programme": (
        put(MEASURES, programme_from=date(2026, 2, 2)), MEASURES, 2, "programme_from", "Программы с этого дня"),
    "a measure of no stage": (
        put(MEASURES, stage_from=date(2026, 2, 2)), MEASURES, 2, "stage_from", "Этапа с этого дня у семьи нет"),
    "a measure for a problem that nobody named": (
        put(MEASURES, problem="Пьют"), MEASURES, 2, "problem", "Такой проблемы у программы нет"),
    "a measure for nobody of the family": (
        put(MEASURES, members="Иван Чужой"), MEASURES, 2, "members", "В семье нет члена «Иван Чужой»"),
    "a measure due before its stage": (
        put(MEASURES, due_on=date(2026, 1, 31)), MEASURES, 2, "due_on", "Срок раньше начала этапа (01.02.2026)."),
    "a measure due in a century": (
        put(MEASURES, due_on=date(2036, 1, 31)), MEASURES, 2, "due_on",
        "Срок больше чем через три года: проверьте год."),
    "done on no day": (put(MEASURES, done_on=None), MEASURES, 2, "done_on", "Укажите, когда мероприятие исполнено."),
    "done on a day to come": (
        put(MEASURES, done_on=ahead), MEASURES, 2, "done_on", "Дата исполнения ещё не наступила."),
    "not done for no reason": (put(MEASURES, 1, reason=None), MEASURES, 3, "reason", "Укажите причину."),
    "done for a reason": (put(MEASURES, reason="уехали"), MEASURES, 2, "reason", "Причину пишут, если мероприятие"),
    "not done on a day": (
        put(MEASURES, 1, done_on=date(2026, 6, 1)), MEASURES, 3, "done_on", "Дату исполнения пишут, если"),
    "two lines of one number": (put(MEASURES, 1, plan_line=1), MEASURES, 3, "plan_line", "уже есть в строке 2"),
    "aid by no line of the plan": (put(AIDS, plan_line=7), AIDS, 2, "plan_line", "Строки плана с этим номером"),
    "regular aid that does not say how often": (
        put(AIDS, until=date(2026, 6, 5)), AIDS, 2, "rhythm", "Укажите, как часто оказывают помощь."),
    "regular aid that ends before it begins": (
        put(AIDS, until=date(2026, 5, 4), rhythm="раз в неделю"), AIDS, 2, "until",
        "Помощь заканчивается раньше, чем начинается."),
    "aid of another measure": (
        put(AIDS, plan_line=2), AIDS, 2, "measure", "В строке плана 2 – мероприятие 1.10: впишите тот же код."),
}  # fmt: skip
# Refusals of the rules of programmes that no workbook can call forth, and why.
NOT_BY_A_WORKBOOK = (
    "Мероприятие планируют для членов этой семьи.",  # they are sought in the family
    "Мероприятие отвечает на проблему другой программы.",  # it is sought in the programme
    "Назовите проблему семьи.",  # an empty line is no problem
    "Мероприятие исполнено: не исполнено оно не станет.",  # of what the bank knows: the test below
)


@IN_PYTHON
@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_is_told_with_its_sheet_row_and_column(cast, name):
    spoil, sheet, row, field, says = FAULTS[name]
    book = Sound()
    spoil(book)
    found = planned(book.content())
    told = [(fault.sheet, fault.row, fault.column) for fault in found.faults if says in fault.text]
    assert (sheet.title, row, sheet.column(field).header) in told, found.faults[:4]


@IN_PYTHON
def test_what_was_done_does_not_become_what_was_not(cast, loaded):
    book = Sound()
    put(MEASURES, state="не исполнено", done_on=None, reason="уехали")(book)
    assert texts(planned(book.content()).faults) == "Мероприятие исполнено: не исполнено оно не станет."


@pytest.mark.one_database("rules are read, no bank")
def test_every_rule_of_programmes_has_its_case():
    templates = refusals(checks.RULES[entity].__name__ for entity in OF_PROGRAMMES)
    said = [*(case[-1] for case in FAULTS.values()), *NOT_BY_A_WORKBOOK]
    assert not {each for each in templates if not any(re.fullmatch(each, text) for text in said)}
