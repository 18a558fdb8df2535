"""The doctor finds nothing in a sound bank, and every kind of fault in a bank where it was planted."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from app import clock, doctor, journal, tree
from app.domain import periods
from app.domain.terms import (
    Act,
    DecisionKind,
    DeliveryWay,
    DoublesVerdict,
    JobKind,
    ProgrammeState,
    TemplateKind,
    Unit,
)
from app.extensions import db
from app.models import (
    Agency,
    AgencyInquiry,
    Aid,
    BookStep,
    Criterion,
    Deadline,
    Delivery,
    Dictionary,
    DoublesDecision,
    Entity,
    Family,
    Job,
    JournalEntry,
    Meeting,
    Member,
    Model,
    PlannedMeasure,
    RegistrationCriterion,
    Role,
    SearchWord,
    SignalCard,
    SignalCardOutcome,
    Submission,
    SurveyGroup,
    Territory,
    Transfer,
    User,
)
from app.readings.clocks import DeadlinesInUse
from app.readings.due import reports
from app.services import installation, registrations
from app.services.destruction import ToldAct
from tests import factories
from tests.states import kept


def run(app: Any, command: str = "doctor") -> Any:
    return app.test_cli_runner().invoke(args=["bank", command])


@kept
def family(cast) -> Family:
    """One family on record."""
    row = factories.family(cast.north, number="00042")
    factories.member(row, last_name="Заречная")
    factories.registration(row, date(2026, 3, 3))
    return row


def test_the_doctor_tells_a_sound_bank_from_a_broken_one(app, family):
    well = run(app)
    assert (well.exit_code, well.output) == (0, "Ошибок нет.\n")
    family.registrations[0].decision.kind = DecisionKind.REFUSE
    db.session.commit()
    ill = run(app)
    assert ill.exit_code == 1
    assert "Семья № 00042" in ill.output
    assert "Исправьте или аннулируйте" in ill.output
    assert "Заречная" not in ill.output


@pytest.mark.one_database("on SQLite test_destruction.py asks the same of a larger one", on="postgres")
def test_a_demo_bank_is_sound(app):
    made = app.test_cli_runner().invoke(args=["bank", "demo", "--families", "12"])
    assert made.exit_code == 0, made.output
    found = run(app)
    assert (found.exit_code, found.output) == (0, "Ошибок нет.\n")


# A fault of each kind. They are planted in a transaction that is never committed.


def _statement(*statements: Any) -> None:
    for each in statements:
        db.session.connection().execute(each)


def _older_version(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(text("update alembic_version set version_num = '0001'"))
    return "База на версии 0001"


def _missing_table(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(text("drop table sent_form"))
    return "Нет таблицы sent_form."


def _dangling_key(family: Family, _patch: pytest.MonkeyPatch) -> str:
    if db.engine.dialect.name == "sqlite":
        _statement(text("pragma defer_foreign_keys = on"), insert(SearchWord).values(word="ничья", family_id=999))
        return "таблицы search_word ссылается на строку таблицы family, которой нет."
    _statement(text("alter table family add constraint ck_family_odd check (number <> '00042') not valid"))
    return "Ограничение ck_family_odd не проверено"


def _full_disk(_family: Family, patch: pytest.MonkeyPatch) -> str:
    patch.setattr("shutil.disk_usage", lambda _folder: shutil._ntuple_diskusage(2**40, 2**40, 2**20))
    return "свободно меньше 512 МБ"


def _case_that_came_back(family: Family, patch: pytest.MonkeyPatch) -> str:
    item = {
        "family": family.id,
        "card": None,
        "named": f"семья № {family.number}",
        "reason": "",
        "due_on": "2026-01-01",
    }
    told = ToldAct({"territory": 1, "year": 2026, "number": 3, "items": [item]})
    patch.setattr("app.services.destruction.read_record", lambda _folders: [told])
    return "Акт № 3/2026: его дела снова в банке"


def _late_entry(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    ahead = clock.now() + timedelta(days=1)
    _statement(insert(JournalEntry.__table__).values(at=ahead, act=Act.EXPORTED, user_name="", entity="", summary=""))
    return "последняя запись журнала сделана"


def _foreign_zone(_family: Family, patch: pytest.MonkeyPatch) -> str:
    patch.setitem(current_app.config, "TIME_ZONE", "UTC")
    return "Часовой пояс UTC не российский (UTC+0000)"


def _lost_row_of_a_dictionary(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(update(Criterion.__table__).where(Criterion.__table__.c.code == "2.5").values(code="2.5-м"))
    return f"{Criterion.TITLES}: нет 2.5."


def _more_permissions(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    tables = Model.metadata.tables
    auditor = db.session.scalar(select(Role.id).where(Role.name == "Аудитор"))
    _statement(
        insert(tables["ab_permission"]).values(id=9001, name="can_write"),
        insert(tables["ab_view_menu"]).values(id=9001, name="Family"),
        insert(tables["ab_permission_view"]).values(id=9001, permission_id=9001, view_menu_id=9001),
        insert(tables["ab_permission_view_role"]).values(id=9001, permission_view_id=9001, role_id=auditor),
    )
    return "У роли «Аудитор» в базе есть свои права (1)"


def _unknown_role(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    role = Role.__table__
    _statement(update(role).where(role.c.name == "Аудитор").values(name="Гость"))
    return "Нет роли «Аудитор»."


def _pattern_of_no_page(_family: Family, patch: pytest.MonkeyPatch) -> str:
    table = {role: [*rows] for role, rows in current_app.config["FAB_ROLES"].items()}
    table["Аудитор"].append(["^(Journal|Diary)$", "^(can_(list|show))$"])
    patch.setitem(current_app.config, "FAB_ROLES", table)
    return "Роль «Аудитор»: такой страницы с такими правами нет: «Diary»."


def _pattern_of_no_permission(_family: Family, patch: pytest.MonkeyPatch) -> str:
    table = {role: [*rows] for role, rows in current_app.config["FAB_ROLES"].items()}
    table["Аудитор"].append(["^(Journal)$", "^(can_(list|read))$"])
    patch.setitem(current_app.config, "FAB_ROLES", table)
    return "Роль «Аудитор»: такого права нет ни у одной страницы: «can_read»."


def _circle_of_territories(family: Family, _patch: pytest.MonkeyPatch) -> str:
    place = Territory.__table__
    _statement(update(place).where(place.c.id == family.district_id).values(parent_id=family.territory_id))
    db.session.info.pop(tree.KNOWN, None)  # written past the session: it knows the tree that it has read
    return "через другие относится сама к себе"


def _uncountable_deadline(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    row = factories.by_code(Deadline, "month_2")
    row.unit, row.number, row.days = Unit.DAY_OF_MONTH, None, None
    db.session.flush()
    return "Впишите число."


def _broken_rule(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(update(Member.__table__).values(born_on=date(2199, 1, 1)))
    return "Семья № 00042"


def _regular_aid_without_rhythm(family: Family, _patch: pytest.MonkeyPatch) -> str:
    aid = factories.aid(family, date(2026, 4, 4))
    _statement(update(Aid.__table__).where(Aid.__table__.c.id == aid.id).values(until=date(2026, 5, 5)))
    return "Укажите, как часто оказывают помощь."


def _problem_of_another_programme(family: Family, _patch: pytest.MonkeyPatch) -> str:
    stay, began = family.registrations[0], family.registrations[0].registered_on
    ended = {"closed_on": began, "closed_as": ProgrammeState.TERMINATED}
    other = factories.programme(stay, began, date(2026, 12, 31), problems=["долги"], **ended)
    stage = factories.stage(factories.programme(stay, began, date(2026, 12, 31)), began, date(2026, 12, 1))
    measure, planned = factories.measure(stage, date(2026, 12, 1)), PlannedMeasure.__table__
    _statement(update(planned).where(planned.c.id == measure.id).values(problem_id=other.problems[0].id))
    return "Мероприятие отвечает на проблему другой программы."


def _criterion_out_of_its_place(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(update(RegistrationCriterion.__table__).values(position=3))
    return "критерии стоят не по порядку"


def _criterion_before_the_stay(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(update(RegistrationCriterion.__table__).values(since=date(2019, 1, 1)))
    return "Критерий действует с 01.01.2019"


def _card(home: Family, **values: Any) -> None:
    """A card of the family's place; the first of its district, unless its number is said."""
    factories.signal_card(home.territory, home.registrations[0].sender, **values)
    db.session.flush()


def _card_opened_before_it_came(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _card(family, received_at=clock.now() - timedelta(days=1))
    return "открыта раньше, чем поступила"


def _card_closed_before_it_was_opened(family: Family, _patch: pytest.MonkeyPatch) -> str:
    moment = clock.now()
    outcome = factories.by_code(SignalCardOutcome, "duplicate")
    _card(family, received_at=moment, closed_at=moment - timedelta(minutes=1), outcome=outcome)
    return "закрыта раньше, чем открыта"


def _closed_card_that_nobody_opened(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _card(family, closed_at=clock.now(), outcome=factories.by_code(SignalCardOutcome, "duplicate"))
    return "закрыта, но не открыта"


def _answer_to_no_question(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _card(family, answer="да")
    return "есть ответ, но нет вопроса"


def _open_card_of_an_annulled_family(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _card(family, received_at=clock.now(), family=family)
    _statement(update(Family.__table__).values(annulled_at=clock.now()))
    return "не закрыта, а её семья аннулирована"


def _card_that_came_before_it_was_sent(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _card(family, arrived_at=clock.now() - timedelta(days=1))
    return "поступила раньше, чем направлена"


def _card_of_another_district(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _card(family)
    far = db.session.scalar(select(Territory.id).where(Territory.name == "Дальнее сельское поселение"))
    _statement(update(SignalCard.__table__).values(territory_id=far))
    return "она не в этом районе"


def _card_of_another_day(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _card(family)
    _statement(update(SignalCard.__table__).values(sent_on=date(2020, 1, 1)))
    return "день направления не тот"


def _lost_number(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _card(family)
    _card(family)
    _statement(update(SignalCard.__table__).where(SignalCard.__table__.c.number == 2).values(number=4))
    return "нет карт с номерами 2, 3"


def _asked(family: Family, **values: Any) -> AgencyInquiry:
    """An inquiry about a survey of the family."""
    leader = factories.employee(family.registrations[0].sender or db.session.scalars(select(Agency)).first())
    group = factories.survey_group(leader, clock.today(), of=family)
    return factories.inquiry(group, leader.agency, **values)


def _answer_before_the_question(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _asked(family, answered_at=clock.now() - timedelta(days=1), knows_nothing=True)
    return "ответ дан раньше, чем запрошен"


def _inquiry_closed_before_its_answer(family: Family, _patch: pytest.MonkeyPatch) -> str:
    moment = clock.now() + timedelta(minutes=5)
    _asked(family, answered_at=moment, closed_at=moment - timedelta(minutes=1), knows_nothing=True)
    return "закрыт раньше, чем дан ответ"


def _nothing_known_and_told(family: Family, _patch: pytest.MonkeyPatch) -> str:
    inquiry = _asked(family, answered_at=clock.now() + timedelta(minutes=5), knows_nothing=True)
    factories.finding(inquiry.group, inquiry.agency)
    return "отвечено «сведений нет», а сведения внесены"


def _answer_without_words(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _asked(family, answered_at=clock.now() + timedelta(minutes=5))
    return "отвечено, а сведений нет"


def _told_of_a_day_to_come(family: Family, _patch: pytest.MonkeyPatch) -> str:
    inquiry = _asked(family)
    factories.finding(inquiry.group, inquiry.agency, told_on=clock.today() + timedelta(days=1))
    return "сказаны о дне, который ещё не наступил"


def _sitting(family: Family, **values: Any) -> Meeting:
    """A meeting with one matter about the family, to which its one member had come."""
    body = db.session.scalars(select(Agency)).first()
    person = factories.employee(body)
    factories.commission_member(person, body, date(2020, 1, 1))
    meeting = factories.meeting(body, clock.today(), [person], **values)
    factories.agenda_item(meeting, family, decided_at=clock.now() if meeting.closed_at else None)
    return meeting


def _later() -> Any:
    return clock.now() + timedelta(minutes=5)


def _meeting_closed_before_it_was_opened(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _sitting(family, closed_at=clock.now() - timedelta(days=1))
    return "закрыто раньше, чем открыто"


def _meeting_closed_with_a_matter_left(family: Family, _patch: pytest.MonkeyPatch) -> str:
    factories.agenda_item(_sitting(family, closed_at=_later()), title="Второй вопрос")
    return "решения приняты не по всем вопросам"


def _meeting_of_a_day_to_come(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _sitting(family).held_on = clock.today() + timedelta(days=1)
    db.session.flush()
    return "открыто, а его день не наступил"


def _two_meetings_on_a_day(family: Family, _patch: pytest.MonkeyPatch) -> str:
    factories.meeting(_sitting(family).agency, clock.today())
    return "назначено заседаний одной комиссии: 2"


def _two_meetings_of_a_number(family: Family, _patch: pytest.MonkeyPatch) -> str:
    meeting = _sitting(family)
    factories.meeting(meeting.agency, meeting.held_on.replace(month=1, day=9), number=1)
    return "Заседаний с номером 1"


def _meeting_without_a_quorum(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _sitting(family, closed_at=_later()).attendance[0].is_present = False
    db.session.flush()
    return "закрыто без кворума"


def _order(family: Family, *, closed: bool = True, **values: Any) -> str:
    meeting = _sitting(family, **({"closed_at": _later()} if closed else {}))
    factories.instruction(meeting.items[0], meeting.agency, clock.today(), **values)
    return ""


def _instruction_of_an_open_meeting(family: Family, _patch: pytest.MonkeyPatch) -> str:
    return _order(family, closed=False, given_on=clock.today()) or "дано, а заседание ещё не закрыто"


def _instruction_that_was_not_given(family: Family, _patch: pytest.MonkeyPatch) -> str:
    return _order(family) or "заседание закрыто, а оно не дано"


def _instruction_done_before_it_was_given(family: Family, _patch: pytest.MonkeyPatch) -> str:
    day = clock.today()
    return _order(family, given_on=day, done_on=day - timedelta(days=1)) or "исполнено раньше, чем дано"


def _instruction_answered_without_a_word(family: Family, _patch: pytest.MonkeyPatch) -> str:
    return _order(family, given_on=clock.today(), answered_at=_later()) or "ответили без единого слова"


def _delivered(family: Family, kind: TemplateKind, days: int, number: str | None = "1/1") -> str:
    item = _sitting(family).items[0]
    item.number = number
    day = item.meeting.held_on + timedelta(days=days)
    db.session.add(Delivery(meeting_id=item.meeting_id, item=item, kind=kind, whom="Ивановой", sent_on=day,
                            way=DeliveryWay.POST))  # fmt: skip
    db.session.flush()
    return ""


def _invitation_after_the_meeting(family: Family, _patch: pytest.MonkeyPatch) -> str:
    return _delivered(family, TemplateKind.NOTICE, 1) or "приглашение отправлено после заседания"


def _resolution_before_the_meeting(family: Family, _patch: pytest.MonkeyPatch) -> str:
    return _delivered(family, TemplateKind.RESOLUTION, -1) or "документ отправлен раньше заседания"


def _extract_of_no_resolution(family: Family, _patch: pytest.MonkeyPatch) -> str:
    return _delivered(family, TemplateKind.EXTRACT, 0, None) or "постановления по вопросу нет"


def _member_who_sits_twice(family: Family, _patch: pytest.MonkeyPatch) -> str:
    meeting = _sitting(family)
    factories.commission_member(meeting.presiding, meeting.agency, date(2021, 1, 1))
    return "Этот человек уже в составе"


def _transfer(family: Family, **values: Any) -> Transfer:
    row = Transfer(named=family.title, family=family, from_territory_id=family.territory_id, elsewhere="Соседний район",
                   decided_on=clock.today(), sent_by="Анна", key=f"{len(values)}", **values)  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def _transfer_that_waits_and_is_received(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _transfer(family, received_id=family.id)
    return "ждёт приёма, а семья уже принята"


def _transfer_that_is_declined_and_received(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _transfer(family, received_id=family.id, answered_at=clock.now(), declined="ошибка")
    return "в приёме отказано, а семья принята"


def _transfer_of_a_family_that_is_annulled(family: Family, _patch: pytest.MonkeyPatch) -> str:
    gone = factories.family(family.territory, number="00043", annulled_at=clock.now(), annul_reason="ошибка")
    _transfer(gone)
    return "ждёт приёма, а семья аннулирована"


def _transfer_of_a_family_that_still_stands_there(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _transfer(family, answered_at=clock.now(), stay_id=family.registrations[0].id)
    return "учёт на прежнем месте не окончен"


def _transfer_to_a_family_that_is_annulled(family: Family, _patch: pytest.MonkeyPatch) -> str:
    gone = factories.family(family.territory, number="00043", annulled_at=clock.now(), annul_reason="ошибка")
    _transfer(family, answered_at=clock.now(), received_id=gone.id, to_territory_id=family.territory_id)
    return "на новом месте аннулирована"


def _family_that_goes_to_two_places(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _transfer(family)
    _transfer(family, note="второй раз")
    return "Семья № 00042: передаётся в несколько мест сразу"


def _stale_key(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(update(Family.__table__).values(sort_key="яя"))
    return "Семья № 00042: место в списке"


def _lost_word(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(delete(SearchWord.__table__))
    return "Семья № 00042: слова поиска"


def _survey(family: Family) -> SurveyGroup:
    person = factories.employee(family.registrations[0].sender or factories.agency("Группа", "5.2", family.territory))
    return factories.survey_group(person, clock.today(), of=family, surveyed_on=clock.today())


def _visit_to_come(family: Family, _patch: pytest.MonkeyPatch) -> str:
    group = _survey(family)
    factories.survey_act(group, clock.today())
    factories.survey_act(group, clock.today() + timedelta(days=2), signed=False, visit=2)
    return "день выхода ещё не наступил"


def _two_editions_in_force(family: Family, _patch: pytest.MonkeyPatch) -> str:
    group = _survey(family)
    factories.survey_act(group, clock.today())
    factories.survey_act(group, clock.today(), edition=2, reason="описка")
    return "действуют две редакции акта одного выхода"


def _two_open_acts(family: Family, _patch: pytest.MonkeyPatch) -> str:
    group = _survey(family)
    factories.survey_act(group, clock.today())
    for visit in (2, 3):
        factories.survey_act(group, clock.today(), signed=False, visit=visit)
    return "два неподписанных акта сразу"


def _survey_of_another_day(family: Family, _patch: pytest.MonkeyPatch) -> str:
    factories.survey_act(_survey(family), clock.today() - timedelta(days=1))
    return "его день не тот, что в подписанных актах"


def _stale_key_of_a_place(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(update(Territory.__table__).values(name_key=Territory.__table__.c.name_key + "ъ"))
    return "ключ «северное сельское поселениеъ» не от этого названия"


def _other_book(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    factories.book_step(db.session.scalars(select(Territory)).first(), date(2026, 9, 1))
    db.session.commit()
    _statement(update(BookStep.__table__).values(content=b"PK other"))
    return "Книга района «книга.xlsx» (1) не та, что была собрана"


def _lost_scan(family: Family, _patch: pytest.MonkeyPatch) -> str:
    folder = Path(current_app.config["PAPERS_FOLDER"]) / "ab"
    folder.mkdir(parents=True)
    (folder / "abcd").write_bytes(b"scan")
    os.utime(folder / "abcd", (0, 0))
    return "Файл abcd не принадлежит ни одному документу."


def _past_the_journal(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(update(Member.__table__).values(workplace="мимо журнала"))
    return "в журнале другое: Место работы, должность."


def _annulled(family: Family) -> Aid:
    row = factories.aid(family, date(2026, 4, 4))
    registrations.annul(row, reason="внесено дважды", today=clock.today())
    db.session.flush()
    return row


def _annulled_row_taken_out(family: Family, _patch: pytest.MonkeyPatch) -> str:
    _statement(delete(Aid.__table__).where(Aid.__table__.c.id == _annulled(family).id))
    return "Семья № 00042: Помощь 1: по журналу запись есть, в базе её нет."


def _annulled_row_without_its_journal(family: Family, _patch: pytest.MonkeyPatch) -> str:
    entry = JournalEntry.__table__.c
    _statement(delete(JournalEntry.__table__).where(entry.entity == "Aid", entry.entity_id == _annulled(family).id))
    return "Семья № 00042: Помощь 1: в базе запись есть, в журнале о ней нет ничего."


def _annulment_taken_back(family: Family, _patch: pytest.MonkeyPatch) -> str:
    aid = Aid.__table__
    _statement(update(aid).where(aid.c.id == _annulled(family).id).values(annulled_at=None, annul_reason=None))
    return "в журнале другое: Аннулировано"


def _annulment_out_of_the_journal(family: Family, _patch: pytest.MonkeyPatch) -> str:
    entry = JournalEntry.__table__.c
    key = _annulled(family).id
    _statement(delete(JournalEntry.__table__).where(entry.entity_id == key, entry.act == Act.ANNULLED))
    return "в журнале другое: Аннулировано"


def _no_https(_family: Family, patch: pytest.MonkeyPatch) -> str:
    patch.setitem(current_app.config, "LOCAL", False)
    return "Сервер работает без https"


def _open_file(_family: Family, patch: pytest.MonkeyPatch) -> str:
    patch.setitem(current_app.config, "LOCAL", False)
    Path(current_app.instance_path).chmod(0o755)
    return "открыт другим пользователям сервера"


def _other_library(_family: Family, patch: pytest.MonkeyPatch) -> str:
    patch.setattr("importlib.metadata.version", lambda _name: "0.1")
    return "Библиотека Flask: стоит 0.1, а нужна"


def _year_without_transfers(_family: Family, patch: pytest.MonkeyPatch) -> str:
    patch.setattr("app.readings.working_days.year_to_enter", lambda _today: 2031)
    return "Перенесённые дни 2031 года не внесены"


def _old_bank_without_copies(_family: Family, patch: pytest.MonkeyPatch) -> str:
    patch.setattr("app.domain.backups.OLDEST_PROVED", timedelta(0))
    return "Проверенной копии банка ещё нет"


def _job_that_nobody_does(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    key = db.session.scalar(select(User.id))
    long_ago = clock.now() - timedelta(hours=2)
    _statement(insert(Job).values(kind=JobKind.PASSPORTS, title="", user_id=key, asked_at=long_ago))
    return "Заданий в очереди: 1"


def _changed_entry(_family: Family, _patch: pytest.MonkeyPatch) -> str:
    journal.chain.seal()
    _statement(text("update journal_entry set summary = 'другое' where id = 1"))
    return "Запись журнала 1 изменена."


def _merged_and_still_counted(family: Family, _patch: pytest.MonkeyPatch) -> str:
    values = {"family_id": family.id, "other_family_id": family.id, "verdict": DoublesVerdict.MERGED}
    _statement(insert(DoublesDecision).values(**values))
    return "запись объединена с другой и всё же считается"


def _changed_figure(family: Family, _patch: pytest.MonkeyPatch) -> str:
    row = factories.submission(family.territory)
    _statement(update(Submission.__table__).values(figures=row.figures.replace("Лист", "Другой")))
    return "изменён в базе после сдачи"


def _lost_submission(family: Family, _patch: pytest.MonkeyPatch) -> str:
    first, *_others = (factories.submission(family.territory, periods.month(2000, number)) for number in (1, 2))
    _statement(delete(Submission.__table__).where(Submission.__table__.c.id == first.id))
    return "не продолжает сданное перед ним"


PLANTS: dict[str, list[Callable[[Family, pytest.MonkeyPatch], str]]] = {
    "Версия базы": [_older_version, _missing_table],
    "Целость базы": [_dangling_key],
    "Место на диске": [_full_disk],
    "Настройки": [_no_https],
    "Права файлов": [_open_file],
    "Версии библиотек": [_other_library],
    "Часы сервера": [_late_entry, _foreign_zone],
    "Справочники": [_lost_row_of_a_dictionary],
    "Роли": [_more_permissions, _unknown_role, _pattern_of_no_page, _pattern_of_no_permission],
    "Территории": [_circle_of_territories],
    "Сроки": [_uncountable_deadline],
    "Правила записей": [
        _broken_rule,
        _criterion_out_of_its_place,
        _criterion_before_the_stay,
        _regular_aid_without_rhythm,
        _problem_of_another_programme,
    ],
    "Сигнальные карты": [
        _card_opened_before_it_came,
        _card_closed_before_it_was_opened,
        _closed_card_that_nobody_opened,
        _answer_to_no_question,
        _open_card_of_an_annulled_family,
        _card_that_came_before_it_was_sent,
        _card_of_another_district,
        _card_of_another_day,
        _lost_number,
    ],
    "Запросы ведомствам": [
        _answer_before_the_question,
        _inquiry_closed_before_its_answer,
        _nothing_known_and_told,
        _answer_without_words,
        _told_of_a_day_to_come,
    ],
    "Акты обследований": [_visit_to_come, _two_editions_in_force, _two_open_acts, _survey_of_another_day],
    "Заседания": [
        _meeting_closed_before_it_was_opened,
        _meeting_closed_with_a_matter_left,
        _meeting_of_a_day_to_come,
        _two_meetings_on_a_day,
        _two_meetings_of_a_number,
        _meeting_without_a_quorum,
        _instruction_of_an_open_meeting,
        _instruction_that_was_not_given,
        _instruction_done_before_it_was_given,
        _instruction_answered_without_a_word,
        _invitation_after_the_meeting,
        _resolution_before_the_meeting,
        _extract_of_no_resolution,
        _member_who_sits_twice,
    ],
    "Двойники": [_merged_and_still_counted],
    "Передачи дел": [
        _transfer_that_waits_and_is_received,
        _transfer_that_is_declined_and_received,
        _transfer_of_a_family_that_is_annulled,
        _transfer_of_a_family_that_still_stands_there,
        _transfer_to_a_family_that_is_annulled,
        _family_that_goes_to_two_places,
    ],
    "Имена и ключи поиска": [_stale_key, _lost_word],
    "Названия и ключи мест": [_stale_key_of_a_place],
    "Книги районов": [_other_book],
    "Сканы": [_lost_scan],
    "Календарь": [_year_without_transfers],
    "Резервные копии": [_old_bank_without_copies],
    "Уничтоженные дела": [_case_that_came_back],
    "Задания": [_job_that_nobody_does],
    "Цепь журнала": [_changed_entry],
    "Сданные отчёты": [_changed_figure, _lost_submission],
    "Журнал": [
        _past_the_journal,
        _annulled_row_taken_out,
        _annulled_row_without_its_journal,
        _annulment_taken_back,
        _annulment_out_of_the_journal,
    ],
}


def test_every_probe_has_a_planted_fault():
    assert list(PLANTS) == [probe.name for probe in doctor.PROBES], "plant a fault for each probe, in their order"


@pytest.mark.one_database("the same questions are asked of a demo bank on Postgres, above")
@pytest.mark.parametrize(
    ("name", "plant"), [(name, plant) for name, plants in PLANTS.items() for plant in plants],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_planted_fault_is_found(app, family, monkeypatch, name, plant):
    """In the bank of one family that is found sound above."""
    probe = next(probe for probe in doctor.PROBES if probe.name == name)
    words = plant(family, monkeypatch)
    found = list(probe.find(clock.today()))
    assert any(words in sentence for sentence in found), found
    assert not any("Заречная" in sentence for sentence in found)
    db.session.rollback()


def test_every_dictionary_of_the_program_is_asked_for():
    classes = {mapper.class_ for mapper in Entity.registry.mappers if issubclass(mapper.class_, Dictionary)}
    assert set(installation.FILES) == classes


# What the remedies do


def test_stale_keys_are_counted_again(app, family):
    _statement(update(Family.__table__).values(sort_key="яя"), delete(SearchWord.__table__))
    db.session.commit()
    assert run(app).exit_code == 1
    assert run(app, "refresh").output == "Исправлено семей: 1.\n"
    assert run(app).exit_code == 0
    assert run(app, "refresh").output == "Исправлено семей: 0.\n"


def test_what_was_changed_past_the_journal_is_written_down(app, family):
    member = family.members[0]
    _statement(
        update(Member.__table__).values(workplace="мимо журнала"),
        delete(JournalEntry.__table__).where(JournalEntry.entity == "Decision"),
        delete(JournalEntry.__table__).where(JournalEntry.entity == "Registration"),
    )
    journal.write([journal.entry(Act.CREATED, entity="Aid", entity_id=77, family_id=family.id, said={})])
    db.session.commit()
    found = run(app)
    for sentence in ("в журнале другое", "в журнале о ней нет ничего", "по журналу запись есть, в базе её нет"):
        assert sentence in found.output
    assert run(app, "record").exit_code == 0
    assert run(app).exit_code == 0, run(app).output
    assert journal.replay(Member, member.id)["workplace"] == "мимо журнала"
    assert journal.replay(Aid, 77) is None


# How it asks


def test_a_bank_without_tables_is_told_in_a_sentence(app, family):
    with db.engine.connect() as connection:
        connection.exec_driver_sql("alter table journal_entry rename to elsewhere")
        connection.commit()
    try:
        found = run(app)
    finally:
        db.session.rollback()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("alter table elsewhere rename to journal_entry")
            connection.commit()
    assert found.exit_code == 1
    assert "Нет таблицы journal_entry." in found.output
    assert "flask --app run bank install" in found.output
    assert isinstance(found.exception, SystemExit)


def test_a_database_that_answers_with_an_error_is_told_in_a_sentence(app, monkeypatch):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("SQLite only: a file that is no database")

    def fail(_today: date) -> Any:
        raise SQLAlchemyError("select 1") from sqlite3.OperationalError("unable to open database file")

    broken = (doctor.Probe("Версия базы", fail, "Обновите базу."), *doctor.PROBES[1:])
    monkeypatch.setattr(doctor, "PROBES", broken)
    found = run(app)
    assert found.exit_code == 1
    assert "Проверить не удалось. Нет связи с базой данных." in found.output


def test_a_bank_that_can_only_be_read_is_examined(app, family):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("SQLite only: on Postgres the doctor's transaction is read-only by itself")
    db.session.connection().exec_driver_sql("pragma query_only = on")
    try:
        found = run(app)
    finally:
        db.session.rollback()
        db.session.connection().exec_driver_sql("pragma query_only = off")
        db.session.rollback()
    assert (found.exit_code, found.output) == (0, "Ошибок нет.\n")


def test_people_write_while_the_doctor_reads_and_he_goes_on_with_his_picture(app, family, monkeypatch):
    def work_of_others(_today: date) -> list[str]:
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(update(Family.__table__).values(sort_key="яя"))
        return []

    others = doctor.Probe("Другие", work_of_others, "")
    monkeypatch.setattr(doctor, "PROBES", (doctor.PROBES[0], others, *doctor.PROBES[1:]))
    assert list(doctor.ailments(clock.today())) == []
    monkeypatch.undo()
    assert "Семья № 00042: место в списке" in run(app).output


def test_the_doctor_writes_nothing(app, family):
    before = {name: db.session.scalar(select(func.count()).select_from(table)) for name, table in
              Model.metadata.tables.items()}  # fmt: skip
    assert run(app).exit_code == 0
    after = {name: db.session.scalar(select(func.count()).select_from(table)) for name, table in
             Model.metadata.tables.items()}  # fmt: skip
    assert before == after


def test_the_pages_do_without_a_deadline_that_nobody_can_count(app, cast):
    broken = {"month_2": (Unit.DAY_OF_MONTH, None, None), "quarter_5": (Unit.DATE_LIST, None, "45.99")}
    for code, (unit, number, days) in broken.items():
        row = factories.by_code(Deadline, code)
        row.unit, row.number, row.days = unit, number, days
    db.session.commit()
    told = run(app)
    assert told.exit_code == 1
    assert "Направление районного банка данных в управление образования»: Впишите число." in told.output
    assert "Квартальный отчет (прил. 4), согласованный с районной КДН" in told.output
    coming = reports.coming(date(2026, 9, 30), DeadlinesInUse.read())
    assert [clock.clause for clock in coming] == ["Положение, 3.7.4", "Положение, 3.7.5"]
