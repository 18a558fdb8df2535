"""Names in the cases of papers, the hard ones too."""

from __future__ import annotations

import pytest

from app.domain import cases
from app.domain.terms import Case, Sex

WOMAN, MAN = Sex.FEMALE, Sex.MALE
OF_PERSONS = [
    (("Иванова", "Анна", "Сергеевна", WOMAN), "Ивановой Анны Сергеевны", "Ивановой Анне Сергеевне"),
    (("Скляр", "Пётр", "Ильич", MAN), "Скляра Петра Ильича", "Скляру Петру Ильичу"),
    (("Петренко", "Инна", "Львовна", WOMAN), "Петренко Инны Львовны", "Петренко Инне Львовне"),
    (("Ким", "Ольга", None, WOMAN), "Ким Ольги", "Ким Ольге"),
    (("Мамедов", "Али", "Гасан оглы", MAN), "Мамедова Али Гасан оглы", "Мамедову Али Гасан оглы"),
    (("Алиева", "Гюльнара", "Мамед кызы", WOMAN), "Алиевой Гюльнары Мамед кызы", "Алиевой Гюльнаре Мамед кызы"),
    (("Римская-Корсакова", "Мария", "Ивановна", WOMAN), "Римской-Корсаковой Марии Ивановны",
     "Римской-Корсаковой Марии Ивановне"),
    (("Салтыков - Щедрин", "Михаил", "Евграфович", MAN), "Салтыкова-Щедрина Михаила Евграфовича",
     "Салтыкову-Щедрину Михаилу Евграфовичу"),
    (("ИВАНОВА", "АННА", "СЕРГЕЕВНА", WOMAN), "Ивановой Анны Сергеевны", "Ивановой Анне Сергеевне"),
    (("Сухих (Белых)", "Олег", "Олегович", MAN), "Сухих Олега Олеговича", "Сухих Олегу Олеговичу"),
]  # fmt: skip
OF_FAMILIES = [
    ("Иванова", "Ивановых"), ("Иванов", "Ивановых"), ("Белозёров", "Белозёровых"), ("Ильина", "Ильиных"),
    ("Птицына", "Птицыных"), ("Римская-Корсакова", "Римских-Корсаковых"), ("Мостовая", "Мостовых"),
    ("Горький", "Горьких"), ("Толстой", "Толстых"), ("Черных", "Черных"), ("Петренко", "Петренко"), ("Ким", "Ким"),
    ("Полозова, Ветров", "Полозовых, Ветровых"), ("Иванова, Иванов", "Ивановых"), ("ИВАНОВА", "Ивановых"), ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("person", "of_whom", "to_whom"), OF_PERSONS)
def test_a_person_is_named_in_the_case_a_paper_needs(person, of_whom, to_whom):
    assert cases.of_person(*person, Case.GENITIVE) == of_whom
    assert cases.of_person(*person, Case.DATIVE) == to_whom


def test_the_sex_of_a_person_is_never_guessed():
    assert cases.of_person("Иванова", "Анна", "Сергеевна", None, Case.DATIVE) == "Иванова Анна Сергеевна"


def test_who_is_known_by_no_name_is_nobody():
    assert cases.of_person(None, None, None, WOMAN, Case.DATIVE) == ""


@pytest.mark.parametrize(("name", "of_whom"), OF_FAMILIES)
def test_a_family_is_named_by_its_surnames_in_the_plural(name, of_whom):
    assert cases.of_family(name) == of_whom
