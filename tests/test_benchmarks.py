"""The benchmarks run on a small bank, find every page they measure, and count the form as the product does."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import sections

MOST_STATEMENTS = 15
pytestmark = pytest.mark.xdist_group("benchmarks")  # one worker builds the bank, once


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Every section of a run over a bank of 200 families, by its title."""
    folder: Path = tmp_path_factory.mktemp("benchmarks")
    return {section.title: section for section in sections(folder, 200, 40, 1, serve=False)}


def test_every_page_that_is_measured_is_there(measured: dict) -> None:
    missing = [line.title for section in measured.values() for line in section.lines if line.product is None]
    assert not missing


def test_the_form_counted_by_hand_is_the_form_of_the_product(measured: dict) -> None:
    (note,) = measured["Квартальная форма (весь банк)"].notes
    assert note.startswith("Подсчёт вручную совпал"), note


def test_an_exported_district_is_imported_whole_and_then_changes_nothing(measured: dict) -> None:
    first, again, _size = measured["Обмен: книга района, семей 40"].notes
    assert first.endswith("изменений 0, ошибок 0")
    assert again.endswith("новых строк 0, изменений 0, ошибок 0")


def test_the_doctor_finds_the_measured_bank_sound(measured: dict) -> None:
    lines = measured["Врач: вся база"].lines
    assert len(lines) > 10
    assert not [line for line in lines if line.note]


def test_the_list_and_the_page_of_a_family_take_few_statements(measured: dict) -> None:
    lines = measured["Страницы (координатор всего банка)"].lines
    counted = {line.title: line.statements for line in lines if line.title.startswith(("Список", "Страница семьи"))}
    assert len(counted) == 5
    assert max(counted.values()) <= MOST_STATEMENTS, counted
