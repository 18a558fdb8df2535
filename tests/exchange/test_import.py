"""What a workbook does to the bank: all of it or nothing, once, and back again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event, func, select

from app import access, tree
from app.clock import today
from app.domain import terms
from app.domain.refusal import Refusal
from app.exchange import apply, undo
from app.exchange.workbook import AIDS, FAMILIES, MEMBERS, STAYS, SUPERVISIONS
from app.extensions import db
from app.models import (
    Agency,
    Aid,
    Criterion,
    Decision,
    Education,
    Family,
    ImportBatch,
    JournalEntry,
    Member,
    Paper,
    PupilSupport,
    Registration,
    RegistrationCriterion,
    SearchWord,
    Supervision,
    Territory,
)
from app.services import families, family_keys
from tests import factories
from tests.exchange.workbooks import Sound, load, planned, texts, totals

IN_PYTHON = pytest.mark.one_database(
    "rows are compared in Python; loads, their failing and their undoing are tried on both"
)


def one_family(number: str = "00001") -> Family:
    return db.session.scalars(select(Family).where(Family.number == number, Family.annulled_at.is_(None))).one()


def member(name: str) -> Member:
    return db.session.scalars(select(Member).where(Member.first_name == name)).one()


def count(entity, *conditions) -> int:
    return db.session.scalar(select(func.count()).select_from(entity).where(*conditions))


def test_everything_a_row_says_is_kept(cast, loaded):
    family = one_family()
    assert family.name == "Тетерина"
    assert family.income_per_member == Decimal("5190.90")
    assert {category.code for category in family.categories} == {"1", "5"}
    first, second = family.registrations
    assert (first.registered_on, first.removed_on, first.removal_reason.code) == (
        date(2024, 2, 1), date(2025, 3, 1), "11.2",
    )  # fmt: skip
    assert [item.criterion.code for item in first.criteria] == ["2.5.1", "2.1.1"]
    assert (first.decision.number, first.removal_decision.number) == ("6/13", "9/1")
    assert first.removal_decision.kind is terms.DecisionKind.REMOVE
    assert (second.removed_on, second.entered_on, second.received_on) == (None, None, None)
    assert first.sender.kind.code == "5.3"
    boy = member("Семён")
    assert boy.documents[0].number == "056120"
    assert (boy.educations[0].started_on, boy.educations[0].grade) == (date(2026, 7, 1), "4 класс")
    support = boy.supports[0]
    assert (support.year, support.quarter, support.free_meals, support.free_textbooks) == (2026, 3, True, False)
    assert support.holidays is terms.HolidayActivity.AWAY_CAMP
    assert boy.supervisions[0].kind.code == "school"
    aid = db.session.scalars(select(Aid).where(Aid.family_id == family.id)).one()
    assert (aid.amount, aid.description, aid.measure.code) == (Decimal("3965.63"), "=2+2 не формула", "2.16")
    assert {person.first_name for person in aid.recipients} == {"Алёна", "Семён"}


def test_a_loaded_family_is_found_and_named_as_one_entered_by_hand(cast, loaded):
    family = one_family()
    words = set(db.session.scalars(select(SearchWord.word).where(SearchWord.family_id == family.id)))
    before = (family.name, family.sort_key, family.search_key, member("Семён").sort_key)
    family_keys.refresh(family, today())
    db.session.flush()
    assert before == (family.name, family.sort_key, family.search_key, member("Семён").sort_key)
    assert words == set(db.session.scalars(select(SearchWord.word).where(SearchWord.family_id == family.id)))
    assert {"00001", "1", "тетерин", "алена", "речная"} <= words


@IN_PYTHON
def test_a_body_named_only_by_its_kind_is_called_like_the_kind(cast, loaded):
    sender = one_family("00002").registrations[0].sender
    assert (sender.kind.code, sender.name, sender.territory_id) == ("5.7", "Органы внутренних дел", cast.district.id)


@IN_PYTHON
def test_a_known_territory_goes_by_its_alias(cast):
    from app.domain import names
    from app.models import TerritoryAlias

    db.session.add(TerritoryAlias(territory=cast.north, name="Северное СП", name_key=names.key("Северное СП")))
    db.session.flush()
    book = Sound()
    book.row(FAMILIES.title)["Территория"] = "северное сп"
    found = planned(book.content())
    assert found.new_places == []
    assert found.families[0].place.id == cast.north.id


@IN_PYTHON
def test_a_new_territory_is_created_under_the_district(cast):
    book = Sound()
    book.row(FAMILIES.title)["Территория"] = "Заозёрное сельское поселение"
    assert [place.name for place in planned(book.content()).new_places] == ["Заозёрное сельское поселение"]
    load(book.content())
    place = cast.territory("Заозёрное сельское поселение")
    assert (place.parent_id, place.kind) == (cast.district.id, terms.TerritoryKind.SETTLEMENT)
    assert one_family().territory_id == place.id


@IN_PYTHON
def test_the_preview_writes_nothing(cast):
    planned(Sound().content())
    db.session.commit()
    assert count(Family) == 0
    assert count(ImportBatch) == 0
    assert count(Agency, Agency.name == "МБОУ СОШ № 7") == 0


CHANGES = [
    (FAMILIES, 0, "Территория", "Южное городское поселение", "Северное сельское поселение"),
    (FAMILIES, 0, "Категории семьи", "2", "Многодетная семья"),
    (FAMILIES, 0, "Доход на одного члена семьи, руб.", 6000, "5\u00a0190,90"),
    (FAMILIES, 0, "Источник дохода", None, "пенсия"),
    (FAMILIES, 0, "Место регистрации", "ул. Лесная, д. 4", "ул. Речная, д. 1"),
    (STAYS, 0, "Организация, направившая сведения", "МБОУ СОШ № 8", "5.3 МБОУ СОШ № 7"),
    (STAYS, 0, "Критерии", "2.1.1; 2.5.1", "2.5.1"),
    (STAYS, 0, "№ постановления о постановке", "6/14", "6/13"),
    (STAYS, 0, "Дата снятия с учёта", date(2025, 3, 5), "01.03.2025"),
    (STAYS, 0, "Причина снятия", "11.4.2", "11.2"),
    (STAYS, 0, "Примечание", "иначе", "по итогам работы"),
    (MEMBERS, 1, "Роль в семье", "пасынок", "сын"),
    (MEMBERS, 1, "В семье по", date(2026, 8, 1), "пусто"),
    (MEMBERS, 1, "Класс, группа", "5 класс", "4 класс"),
    (MEMBERS, 1, "Бесплатное питание", "нет", "да"),
    (MEMBERS, 1, "Дата выдачи", date(2015, 7, 2), "01.07.2015"),
    (SUPERVISIONS, 0, "Состоит по", date(2026, 9, 1), "пусто"),
    (AIDS, 0, "Сумма, руб.", 4000, "3\u00a0965,63"),
    (AIDS, 0, "Получатели", "Тетерин Семён Ильич", "Тетерина Алёна Павловна; Тетерин Семён Ильич"),
    (AIDS, 0, "Исполнитель", "УСЗН города", "5.2 УСЗН района"),
]


@IN_PYTHON
@pytest.mark.parametrize("changes", [CHANGES[:1], CHANGES[1::2], CHANGES[2::2]], ids=["the place", "odd", "even"])
def test_changed_cells_are_shown_as_was_and_is_and_can_be_undone(cast, loaded, changes):
    book = Sound()
    for sheet, place, header, value, _was in changes:
        book.row(sheet.title, place)[header] = value
    found = planned(book.content())
    assert not found.faults, found.faults
    shown = {(change.sheet, change.column): change.was for change in found.changes}
    assert shown.keys() == {(sheet.title, header) for sheet, _place, header, _value, _was in changes}
    assert len(found.changes) == len(changes)
    assert [shown[sheet.title, header][: len(was)] for sheet, _place, header, _value, was in changes] == [
        was for *_cell, was in changes
    ]
    assert totals(found)["changed"] == len({(sheet.title, place) for sheet, place, *_cell in changes})
    assert totals(found)["new"] == 0
    batch = apply.apply(found, today())
    db.session.commit()
    assert not planned(book.content()).does_something
    entries = db.session.scalars(
        select(JournalEntry).where(JournalEntry.batch_id == batch.id, JournalEntry.act == terms.Act.CHANGED)
    ).all()
    assert entries
    assert all(len(said) in (2, 4) for entry in entries for said in entry.changes.values())
    undo.undo(batch, today())
    db.session.commit()
    assert not planned(Sound().content()).does_something


def test_new_rows_of_a_known_family_are_added_and_journalled_one_by_one(cast, loaded):
    book = Sound()
    book.rows[MEMBERS.title].append(
        {
            "№ карты": "00001",
            "Роль в семье": "дочь",
            "Фамилия": "Тетерина",
            "Имя": "Ия",
            "Дата рождения": date(2020, 2, 2),
        }
    )
    book.rows[AIDS.title].append({"№ карты": "00001", "Дата": date(2026, 7, 7), "Код вида помощи": "2.2",
                                  "Получатели": "Тетерина Ия"})  # fmt: skip
    book.rows[SUPERVISIONS.title].append({"№ карты": "00001", "Фамилия": "Тетерина", "Имя": "Ия",
                                          "Состоит с": date(2026, 7, 1), "Где состоит": "kdn"})  # fmt: skip
    batch = load(book.content())
    girl = member("Ия")
    assert girl.supervisions[0].kind.code == "kdn"
    assert "ия" in set(db.session.scalars(select(SearchWord.word).where(SearchWord.family_id == girl.family_id)))
    created = db.session.scalars(
        select(JournalEntry.entity).where(JournalEntry.batch_id == batch.id, JournalEntry.act == terms.Act.CREATED)
    ).all()
    assert sorted(created) == ["Aid", "Member", "Supervision"]
    undo.undo(batch, today())
    db.session.commit()
    assert not planned(Sound().content()).does_something
    assert girl.annulled_at is not None
    assert "ия" not in set(db.session.scalars(select(SearchWord.word).where(SearchWord.family_id == girl.family_id)))


@IN_PYTHON
def test_a_removal_told_later_closes_the_same_stay(cast, loaded):
    book = Sound()
    book.row(STAYS.title, 1).update({"Дата снятия с учёта": date(2026, 9, 1), "Причина снятия": "11.3"})
    batch = load(book.content())
    stay = one_family().registrations[1]
    assert (stay.removed_on, stay.removal_decision.number, stay.removal_decision.decided_on) == (
        date(2026, 9, 1), None, date(2026, 9, 1),
    )  # fmt: skip
    assert count(Registration) == 3
    decision = stay.removal_decision
    undo.undo(batch, today())
    db.session.commit()
    assert (stay.removed_on, stay.removal_decision_id) == (None, None)
    assert decision.annulled_at is not None


@IN_PYTHON
def test_a_new_class_in_a_new_quarter_is_a_new_education(cast, loaded):
    book = Sound()
    book.facts[1][1] = date(2026, 10, 31)
    book.row(MEMBERS.title, 1)["Класс, группа"] = "5 класс"
    load(book.content())
    boy = member("Семён")
    assert [(row.started_on, row.grade) for row in boy.educations] == [
        (date(2026, 7, 1), "4 класс"), (date(2026, 10, 1), "5 класс"),
    ]  # fmt: skip
    assert count(PupilSupport) == 2
    assert not planned(book.content()).does_something
    assert not planned(Sound().content()).does_something, "the older workbook still tells its own quarter"


@IN_PYTHON
def test_blank_education_and_document_are_no_news(cast, loaded):
    book = Sound()
    for header in ("Обучение, занятость", "Образовательная организация", "Класс, группа", "Вид документа", "Серия",
                   "Номер", "Дата выдачи", "Бесплатное питание", "Бесплатные учебники", "Досуг во внеурочное время",
                   "Каникулярная занятость"):  # fmt: skip
        book.row(MEMBERS.title, 1)[header] = None
    assert not planned(book.content()).does_something


@IN_PYTHON
def test_a_passport_is_added_beside_the_birth_certificate(cast, loaded):
    book = Sound()
    book.row(MEMBERS.title, 1).update(
        {"Вид документа": "21", "Серия": "60 20", "Номер": "001122", "Дата выдачи": date(2026, 8, 8)}
    )
    load(book.content())
    assert [row.kind.code for row in member("Семён").documents] == ["03", "21"]
    assert not planned(book.content()).does_something


@IN_PYTHON
def test_what_the_workbook_lacks_is_named_and_stays(cast, loaded):
    book = Sound()
    for sheet in (FAMILIES, STAYS, MEMBERS, AIDS):
        book.rows[sheet.title] = [row for row in book.rows[sheet.title] if row["№ карты"] != "00002"]
    book.rows[MEMBERS.title].pop(0)
    book.row(AIDS.title)["Получатели"] = "Тетерина Алёна Павловна; Тетерин Семён Ильич"
    found = planned(book.content())
    assert not found.faults
    assert not found.does_something
    assert {(line.sheet, line.number) for line in found.missing} == {(MEMBERS.title, "00001")}


@IN_PYTHON
def test_only_territories_that_the_workbook_names_can_lack_a_family(cast):
    book = Sound()
    book.row(FAMILIES.title, 1)["Территория"] = "Северное сельское поселение"
    load(book.content())
    other = Sound()
    for rows in other.rows.values():
        rows[:] = [row for row in rows if row["№ карты"] == "00001"]
    assert [(line.sheet, line.number) for line in planned(other.content()).missing] == [(FAMILIES.title, "00002")]


@IN_PYTHON
def test_a_column_that_is_not_there_leaves_the_bank_alone(cast, loaded):
    book = Sound()
    book.headers[FAMILIES.title].remove("Источник дохода")
    found = planned(book.content())
    assert not found.does_something
    assert "Источник дохода" in texts(found.notices)


@IN_PYTHON
def test_headers_are_found_in_any_order_and_spelling(cast):
    book = Sound()
    renamed = {
        "№ карты": "№  КАРТЫ*", "Дата постановки на учёт": "дата постановки\nна учет *", "Код органа": " Код органа",
    }  # fmt: skip
    headers = list(reversed(book.headers[STAYS.title]))
    book.headers[STAYS.title] = [renamed.get(header, header) for header in headers]
    for row in book.rows[STAYS.title]:
        row.update({renamed[header]: row[header] for header in renamed})
    book.headers[STAYS.title].insert(3, "Чужой столбец")
    found = planned(book.content())
    assert not found.faults
    assert found.counts[STAYS.title]["new"] == 3
    assert "Чужой столбец" in texts(found.notices)


@IN_PYTHON
def test_dates_may_be_text_and_empty_rows_are_skipped(cast):
    book = Sound()
    book.row(STAYS.title)["Дата постановки на учёт"] = "01.02.2024"
    book.row(STAYS.title)["Дата выявления"] = "2024-01-10"
    book.rows[STAYS.title].insert(1, {})
    book.rows[STAYS.title].append({"№ карты": "  "})
    found = planned(book.content())
    assert not found.faults
    load(Sound().content())
    assert not planned(book.content()).does_something


@IN_PYTHON
def test_a_decision_without_a_number_is_made_and_named(cast):
    book = Sound()
    book.row(STAYS.title, 2).update({"№ постановления о постановке": None, "Дата постановления о постановке": None})
    found = planned(book.content())
    assert "без номера" in texts(found.notices)
    load(book.content())
    decision = one_family("00002").registrations[0].decision
    assert (decision.number, decision.decided_on) == (None, date(2026, 2, 5))
    assert not planned(book.content()).does_something


@IN_PYTHON
def test_likely_duplicates_are_pointed_out(cast):
    load(Sound("Соседний район").content())
    book = Sound()
    book.rows[FAMILIES.title].append({"№ карты": "00077", "Территория": "Северное сельское поселение"})
    book.rows[MEMBERS.title].append({**book.row(MEMBERS.title, 1), "№ карты": "00077"})
    found = planned(book.content())
    assert not found.faults
    assert sorted((line.number, line.text.partition(" (")[0]) for line in found.duplicates) == [
        ("00001", "Похожа на семью № 00001"), ("00002", "Похожа на семью № 00002"),
        ("00077", "Похожа на семью № 00001"),
        ("00077", "Похожа на семью № 00001"),
    ]  # fmt: skip
    assert {name: key for line in found.duplicates for name, key in line.named} == {
        row.number: row.id for row in db.session.scalars(select(Family))
    }, "a family of the bank is named with its key, one of the book alone is not"


@IN_PYTHON
def test_of_many_likely_duplicates_a_few_are_named(cast):
    for number in range(1, 9):
        factories.member(factories.family(cast.far, f"{number:05d}"), "сын", date(2015, 6, 1), "Тетерин", "Семён",
                         "Ильич")  # fmt: skip
    db.session.commit()
    found = planned(Sound().content())
    assert [line.text.partition(" №")[0] for line in found.duplicates] == [
        "Похожа на семью", "Похожа на семью", "Похожа на семью", "и ещё 5 похожих семей.",
    ]  # fmt: skip


def test_the_same_aid_twice_is_two_aids(cast):
    book = Sound()
    book.rows[AIDS.title].append(dict(book.rows[AIDS.title][1]))
    load(book.content())
    assert count(Aid, Aid.family_id == one_family("00002").id) == 2
    assert not planned(book.content()).does_something
    assert planned(Sound().content()).counts[AIDS.title]["missing"] == 1


@IN_PYTHON
def test_each_new_family_has_one_summarising_entry(cast):
    batch = load(Sound().content())
    entries = db.session.scalars(select(JournalEntry).where(JournalEntry.batch_id == batch.id)).all()
    families_created = [entry for entry in entries if entry.entity == "Family"]
    assert len(families_created) == 2
    assert "членов 2" in families_created[0].summary
    assert [entry.records for entry in entries if entry.act is terms.Act.IMPORTED] == [2 + 3 + 4 + 1 + 2 + 2 + 2]


def rows_of_every_table() -> dict[str, int]:
    tables = Family.metadata.sorted_tables
    found = {table.name: db.session.scalar(select(func.count()).select_from(table)) for table in tables}
    db.session.commit()
    return found


@pytest.mark.one_database("Postgres is the stricter one after a statement that failed", on="postgres")
def test_a_failure_at_any_statement_leaves_nothing(cast):
    before = rows_of_every_table()
    left = 0

    def fail(connection, cursor, statement, *rest):
        nonlocal left
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            left -= 1
            if left == 0:
                raise RuntimeError("the disk is full")

    for stage in range(1, 100, 2):
        found = planned(Sound().content())
        left = stage
        event.listen(db.engine, "before_cursor_execute", fail)
        try:
            apply.apply(found, today())
        except RuntimeError:
            db.session.rollback()
            assert rows_of_every_table() == before, f"statement {stage}"
        else:
            assert stage > 15, "the import makes more statements than that"
            return
        finally:
            event.remove(db.engine, "before_cursor_execute", fail)
    pytest.fail("the import never ended")


def test_undoing_a_load_takes_its_families_out_of_every_figure(cast):
    batch = load(Sound().content())
    undo.undo(batch, today())
    db.session.commit()
    for entity in (Family, Member, Registration, Decision, Aid, Education, Supervision):
        assert count(entity) > 0
        assert count(entity, entity.annulled_at.is_(None)) == 0, entity
    assert count(SearchWord) == 0
    assert batch.undone_at is not None
    assert count(JournalEntry, JournalEntry.act == terms.Act.UNDONE) == 1
    load(Sound().content())
    assert count(Family, Family.annulled_at.is_(None)) == 2


def test_undoing_drops_the_territories_that_nobody_uses(cast):
    book = Sound()
    book.row(FAMILIES.title)["Территория"] = "Ошибочное поселение"
    undo.undo(load(book.content()), today())
    db.session.commit()
    assert count(Territory, Territory.name == "Ошибочное поселение") == 0
    assert count(Family, Family.territory_id == cast.district.id) == 1


@IN_PYTHON
def test_a_load_that_somebody_worked_on_is_not_undone(cast):
    batch = load(Sound().content())
    family = one_family()
    family.additional = "дописано позже"
    db.session.commit()
    with pytest.raises(Refusal, match="№ 00001"):
        undo.undo(batch, today())
    db.session.rollback()
    assert one_family().annulled_at is None


def _the_family_moves(cast):
    one_family().territory = cast.south


def _a_member_comes(cast):
    factories.member(one_family(), "дочь", first_name="Ия", last_name="Тетерина")


def _a_body_is_named(cast):
    one_family().registrations[0].sender = cast.agency("5.7")


def _a_criterion_is_added(cast):
    stay = one_family().registrations[0]
    kind = factories.by_code(Criterion, "2.3.1")
    stay.criteria_over_time.append(
        RegistrationCriterion(
            family=stay.family, position=2, criterion=kind, since=stay.registered_on, decision=stay.decision
        )
    )


def _a_recipient_leaves(cast):
    aid = db.session.scalars(select(Aid).where(Aid.recipients.any()).order_by(Aid.id)).first()
    aid.recipients.pop()


def _a_child_learns(cast):
    factories.education(member("Семён"), date(2026, 11, 1))


def _a_mentor_is_given(cast):
    factories.mentor(one_family(), cast.employee("gleb"), date(2026, 10, 1))


def _a_member_goes_to_another_family(cast):
    to = factories.family(cast.north, "00909")
    families.move(member("Семён"), to, day=today(), reason="Опека", role=None, today=today())


@IN_PYTHON
@pytest.mark.parametrize("later", [
    _the_family_moves, _a_member_comes, _a_body_is_named, _a_criterion_is_added, _a_recipient_leaves,
    _a_child_learns, _a_mentor_is_given, _a_member_goes_to_another_family,
])  # fmt: skip
def test_whatever_was_done_later_to_a_loaded_family_stops_the_undoing(cast, later):
    batch = load(Sound().content())
    later(cast)
    db.session.commit()
    with pytest.raises(Refusal, match="Отменить загрузку нельзя"):
        undo.undo(batch, today())


def _load_upon_known(cast) -> ImportBatch:
    """A load that adds a member and a stay's removal to a family that the bank knew before."""
    load(Sound().content())
    book = Sound()
    book.rows[MEMBERS.title].append({"№ карты": "00001", "Роль в семье": "дочь", "Фамилия": "Тетерина", "Имя": "Ия",
                                     "Дата рождения": date(2020, 2, 2)})  # fmt: skip
    book.row(STAYS.title, 1).update({"Дата снятия с учёта": date(2026, 9, 1), "Причина снятия": "11.3"})
    return load(book.content())


def _aid_for_the_new_member(cast):
    factories.aid(one_family(), date(2026, 9, 20), recipients=[member("Ия")])


def _a_paper_of_the_new_decision(cast):
    stay = one_family().registrations[1]
    db.session.add(Paper(family=stay.family, kind=terms.PaperKind.DECISION, title="Копия", key="k", mime="m", size=1,
                         file_name="f.pdf", sha256="0", decision=stay.removal_decision))  # fmt: skip


def _the_known_stay_changes(cast):
    one_family().registrations[1].sender = cast.agency("5.7")


@pytest.mark.parametrize("later", [_aid_for_the_new_member, _a_paper_of_the_new_decision, _the_known_stay_changes])
def test_what_rests_on_a_row_that_a_load_added_stops_the_undoing(cast, later):
    batch = _load_upon_known(cast)
    later(cast)
    db.session.commit()
    with pytest.raises(Refusal, match="№ 00001"):
        undo.undo(batch, today())


def test_what_was_done_beside_the_load_does_not_stop_the_undoing(cast):
    batch = _load_upon_known(cast)
    factories.aid(one_family(), date(2026, 9, 20), recipients=[member("Семён")])
    one_family().additional = "дописано о том, чего загрузка не касалась"
    factories.family(cast.north, "00909")
    db.session.commit()
    one_family()
    undo.undo(batch, today())
    db.session.commit()
    assert member("Ия").annulled_at is not None
    assert one_family().additional == "дописано о том, чего загрузка не касалась"


@IN_PYTHON
def test_a_territory_that_was_renamed_later_stays(cast):
    book = Sound()
    book.row(FAMILIES.title)["Территория"] = "Новое поселение"
    batch = load(book.content())
    cast.territory("Новое поселение").name = "Новое городское поселение"
    db.session.commit()
    undo.undo(batch, today())
    db.session.commit()
    assert count(Territory, Territory.name == "Новое городское поселение") == 1


def test_loads_are_undone_from_the_last_to_the_first(cast):
    first = load(Sound().content())
    book = Sound()
    book.row(FAMILIES.title)["Источник дохода"] = "заработная плата"
    second = load(book.content())
    with pytest.raises(Refusal, match="другая загрузка"):
        undo.undo(first, today())
    db.session.rollback()
    undo.undo(second, today())
    undo.undo(first, today())
    db.session.commit()
    assert count(Family, Family.annulled_at.is_(None)) == 0
    with pytest.raises(Refusal, match="уже отменена"):
        undo.undo(first, today())


@IN_PYTHON
def test_a_plan_with_faults_is_not_applied(cast):
    book = Sound()
    book.row(FAMILIES.title)["№ карты"] = 5
    with pytest.raises(Refusal):
        apply.apply(planned(book.content()), today())


def own(cast) -> access.Scope:
    return access.Scope(
        special=True,
        today=date(2026, 9, 30),
        territories=tree.below([cast.district.id]),
        kept=tree.below([cast.district.id]),
    )


@IN_PYTHON
def test_another_district_is_refused(cast):
    scope = own(cast)
    with access.acting_as(scope):
        assert "не поручен" in texts(planned(Sound("Соседний район").content()).faults)
        assert "нет среди ваших территорий" in texts(planned(Sound("Небывалый район").content()).faults)
        assert not planned(Sound().content()).faults


@IN_PYTHON
def test_a_coordinator_of_a_settlement_loads_only_its_families(cast):
    scope = access.Scope(
        special=True, today=date(2026, 9, 30), territories=tree.below([cast.north.id]), kept=tree.below([cast.north.id])
    )
    content = Sound().content()
    with access.acting_as(scope):
        assert "вам не поручена" in texts(planned(content).faults)
    load(content)
    book = Sound()
    for rows in book.rows.values():
        rows[:] = [row for row in rows if row["№ карты"] == "00001"]
    with access.acting_as(scope):
        found = planned(book.content())
        assert not found.faults
        assert not found.missing, "families of other territories do not exist for this person"
        for rows in book.rows.values():
            for row in rows:
                row.update({"№ карты": "00002", "Дата рождения": date(1999, 9, 9)} if "Имя" in row else
                           {"№ карты": "00002"})  # fmt: skip
        found = planned(book.content())
        assert not found.faults
        assert [family.number for family in found.families] == ["00003"], "the number is another's"
