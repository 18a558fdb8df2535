"""People who move between families: nobody is counted twice, nobody comes back into a family unasked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.clock import today
from app.domain.likelihood import NamedPerson
from app.domain.refusal import Refusal
from app.exchange import undo
from app.exchange.workbook import MEMBERS, SUPERVISIONS
from app.extensions import db
from app.models import Family, Member, Supervision
from app.readings import duplicates
from app.services import doubles, soundness
from app.services.doubles import MergeChoice
from tests import factories
from tests.exchange.test_harmless import NORTH, SOUTH, answered, done, of, people, person
from tests.exchange.workbooks import Sound, load, planned, texts

IN_PYTHON = pytest.mark.one_database("rows are compared in Python; whom the form takes for one person is asked of both")

LEFT = date(2026, 6, 15)
MOTHER = person("Тетерина", "Алёна", date(1990, 4, 7), "Павловна", "мать")
BOY = person("Тетерин", "Семён", date(2015, 6, 1), "Ильич")
GRANNY = person("Осинина", "Вера", date(1960, 1, 2), "Львовна", "бабушка")


def boys() -> list[tuple]:
    rows = db.session.execute(
        select(Family.number, Member.joined_on, Member.left_on)
        .join(Family, Family.id == Member.family_id)
        .where(Member.first_name == "Семён", Member.annulled_at.is_(None))
        .order_by(Family.number)
    )
    return [tuple(row) for row in rows]


def the_boy_left() -> None:
    boy = db.session.scalars(select(Member).where(Member.first_name == "Семён")).one()
    boy.left_on = LEFT
    db.session.commit()


def the_boy_moved(cast) -> None:
    """As the act of moving leaves it: one membership is closed, another is open."""
    the_boy_left()
    family = factories.family(cast.north, "00009")
    factories.member(family, "сын", date(2015, 6, 1), "Тетерин", "Семён", "Ильич", joined_on=LEFT)
    factories.refresh(family)
    db.session.commit()


@IN_PYTHON
def test_a_book_that_still_lists_a_moved_child_does_not_bring_him_back(cast):
    load(of("00001", NORTH, MOTHER, BOY).content())
    the_boy_moved(cast)
    found = answered(of("00001", NORTH, MOTHER, BOY).content())
    assert not found.does_something
    assert not found.questions
    assert "а в семье № 00009" in texts(found.notices)
    assert "прежнее членство останется закрытым" in texts(found.notices)
    done(answered(of("00001", NORTH, {**MOTHER, "Место работы, должность": "совхоз"}, BOY).content()))
    assert boys() == [("00001", None, LEFT), ("00009", LEFT, None)]


@IN_PYTHON
def test_one_who_left_comes_back_only_when_the_person_says_so(cast):
    load(of("00001", NORTH, MOTHER, BOY).content())
    the_boy_left()
    content = of("00001", NORTH, MOTHER, BOY).content()
    (question,) = answered(content).questions
    assert question.chosen == "same"
    assert "уже не в семье № 00001" in question.text
    assert not answered(content).does_something
    done(answered(content, left_on_3="other"))
    assert boys() == [("00001", None, None)]


@IN_PYTHON
def test_a_supervision_that_ended_is_not_begun_again_by_a_blank_cell(cast):
    load(Sound().content())
    supervision = db.session.scalars(select(Supervision)).one()
    supervision.ended_on = date(2026, 8, 1)
    db.session.commit()
    found = planned(Sound().content())
    assert [question.sheet for question in found.questions] == [SUPERVISIONS.title]
    assert not found.does_something
    done(answered(Sound().content(), ended_on_2="other"))
    assert db.session.scalars(select(Supervision)).one().ended_on is None


@IN_PYTHON
def test_a_child_who_went_to_a_guardian_does_not_make_two_families_one(cast):
    load(of("00001", NORTH, MOTHER, BOY).content())
    content = of("00005", NORTH, GRANNY, BOY).content()
    (question,) = answered(content).questions
    assert question.chosen is None
    assert "уже есть в семьях банка" in question.text
    done(answered(content, family_2="other"))
    assert people("00005") == [
        ("Осинина", "Вера", "Львовна", date(1960, 1, 2)), ("Тетерин", "Семён", "Ильич", date(2015, 6, 1)),
    ]  # fmt: skip
    assert len(people("00001")) == 2


@IN_PYTHON
def test_a_shared_child_and_a_shared_number_of_another_settlement_do_not_move_a_family(cast):
    load(of("1", NORTH, MOTHER, person("Тетерин", "Лев", date(2017, 1, 1)), BOY).content())
    found = answered(of("1", SOUTH, GRANNY, BOY).content())
    assert [question.chosen for question in found.questions] == [None]
    assert not found.changes


@IN_PYTHON
def test_a_family_that_moved_within_the_district_is_the_same_family(cast):
    load(of("1", NORTH, MOTHER, BOY).content())
    found = answered(of("1", SOUTH, MOTHER, BOY).content())
    assert not found.questions
    assert [(change.was, change.becomes) for change in found.changes] == [(NORTH, SOUTH)]


def two(first: list[dict], second: list[dict]) -> Sound:
    """A book of two families."""
    book = of("00001", NORTH, *first)
    book.rows["Семьи"].append({"№ карты": "00002", "Территория": SOUTH})
    book.rows[MEMBERS.title] += [{"№ карты": "00002", **each} for each in second]
    return book


@IN_PYTHON
def test_a_child_of_two_families_at_once_is_pointed_out(cast):
    load(two([MOTHER, BOY], [GRANNY]).content())
    found = planned(two([MOTHER, BOY], [GRANNY, BOY]).content())
    assert [line.number for line in found.duplicates] == ["00002"]
    assert "закройте там «В семье по»" in texts(found.duplicates)
    found = planned(two([MOTHER, {**BOY, "В семье по": LEFT}], [GRANNY, {**BOY, "В семье с": LEFT}]).content())
    assert not found.duplicates, "he left one family and is in the other"
    found = planned(of("00002", SOUTH, GRANNY, BOY).content())
    assert [question.chosen for question in found.questions] == []
    assert "Уже записаны в семье № 00001" in texts(found.duplicates)


@IN_PYTHON
@pytest.mark.parametrize(("in_bank", "in_book"), [(None, date(2015, 6, 1)), (date(2015, 6, 1), None), (None, None)])
def test_one_without_a_birth_date_under_another_number_is_pointed_out(cast, in_bank, in_book):
    load(of("00001", NORTH, MOTHER, {**BOY, "Дата рождения": in_bank}).content())
    found = answered(of("00007", SOUTH, GRANNY, {**BOY, "Дата рождения": in_book}).content())
    assert "даты рождения известны не все: Тетерин Семён Ильич" in texts(found.duplicates)
    assert not planned(of("00007", SOUTH, GRANNY, person("Тетерин", "Семён", None, "Львович")).content()).duplicates


DAY = date(2015, 6, 1)
LIKE = [
    (("Тетерин", "Семён", DAY, "Ильич"), "Тетерин Семён Ильич"),
    (("Тетёрин", "Семен", DAY, "Ильич"), "Тетёрин Семен Ильич"),
    (("Тетерин", "Симён", DAY, "Ильич"), "Тетерин Симён Ильич – там Тетерин Семён Ильич"),
    (("Семён", "Тетерин", DAY, None), "Семён Тетерин – там Тетерин Семён Ильич"),
    (("Осинин", "Семён", DAY, "Ильич"), "Осинин Семён Ильич – там Тетерин Семён Ильич"),
    (("Тетерин", "Семён", None, None), "Тетерин Семён – там Тетерин Семён Ильич"),
    (("Тетерин", "Семён", None, "Львович"), None),
    (("Тетерин", "Семён", date(2015, 1, 6), "Ильич"), None),
    (("Тетерин", "Самсон", DAY, "Ильич"), None),
]


@pytest.mark.parametrize(("now", "told"), LIKE, ids=range(len(LIKE)))
def test_whom_the_form_takes_for_one_person_the_preview_does_too(cast, now, told):
    load(of("00001", NORTH, MOTHER, BOY).content())
    known = duplicates.of([NamedPerson(now[0], now[1], now[3], now[2])], ())
    assert [each.family.number for each in known] == (["00001"] if told else [])
    found = planned(two([MOTHER, BOY], [GRANNY, person(*now)]).content())
    assert len(found.duplicates) == bool(told)
    assert (told or "") in texts(found.duplicates)
    found = planned(of("00007", SOUTH, GRANNY, person(*now)).content())
    if found.questions:  # of the very same person it is asked whether the family is the same
        assert told == " ".join(filter(None, (*now[:2], now[3])))
        return
    assert len(found.duplicates) == bool(told)
    assert (told or "") in texts(found.duplicates)


def told_of(number: str) -> list[tuple]:
    rows = db.session.execute(
        select(Member.first_name, Member.joined_on, Member.left_on)
        .join(Family, Family.id == Member.family_id)
        .where(Family.number == number, Member.annulled_at.is_(None), Family.annulled_at.is_(None))
        .order_by(Member.first_name)
    )
    return [tuple(row) for row in rows]


def moved_on(day: date) -> Sound:
    return two([MOTHER, {**BOY, "В семье по": day}], [GRANNY, {**BOY, "В семье с": day}])


def test_an_import_that_moved_a_child_is_undone_whole_and_not_after_a_later_correction(cast):
    load(two([MOTHER, BOY], [GRANNY]).content())
    before = told_of("00001"), told_of("00002")
    first = load(moved_on(LEFT).content())
    assert ("Семён", None, LEFT) in told_of("00001")
    assert ("Семён", LEFT, None) in told_of("00002")
    second = load(moved_on(LEFT - timedelta(days=1)).content())
    with pytest.raises(Refusal, match="другая загрузка изменила"):
        undo.undo(first, today())
    db.session.rollback()
    undo.undo(second, today())
    db.session.commit()
    assert ("Семён", None, LEFT) in told_of("00001")
    undo.undo(first, today())
    db.session.commit()
    assert (told_of("00001"), told_of("00002")) == before
    assert list(soundness.faults(today())) == []
    assert not planned(two([MOTHER, BOY], [GRANNY]).content()).does_something


@IN_PYTHON
def test_a_book_that_names_a_merged_card_means_the_family_that_it_became(cast):
    book = Sound()
    book.rows["Семьи"].append({"№ карты": "00003", "Территория": NORTH})
    book.rows["Члены семьи"] += [{**row, "№ карты": "00003"} for row in book.rows["Члены семьи"][:2]]
    load(book.content())
    kept, other = (
        db.session.scalars(select(Family).where(Family.number == number)).one() for number in ("00001", "00003")
    )
    choice = MergeChoice({two.id: one.id for one, two in zip(kept.members, other.members, strict=True)}, {}, {})
    doubles.merge_families(kept, other, choice, None, today())
    db.session.commit()
    both = planned(book.content())
    assert (both.faults, both.questions, both.does_something) == ([], [], False)
    assert "№ 00003 объединена с № 00001" in texts(both.notices)
    of_old_number = Sound()
    for rows in of_old_number.rows.values():
        for row in rows:
            row["№ карты"] = row["№ карты"].replace("00001", "00003")
    alone = planned(of_old_number.content())
    assert (alone.faults, alone.questions, alone.does_something) == ([], [], False)
    assert "№ 00003 в книге – это семья № 00001 банка" in texts(alone.notices)
