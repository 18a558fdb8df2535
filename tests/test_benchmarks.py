"""The benchmarks run on a small bank beside the same rows in other tools, and count the form as the product does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

from app import access
from app.crud import RegistryView
from app.domain.terms import Role
from app.filters import Address
from app.models import Decision, Family
from benchmarks import admin, lists, pages, search
from benchmarks.__main__ import sections
from benchmarks.bank import Bank, build
from benchmarks.measure import Section

SIZE, MOST_STATEMENTS = 20, 15
MOST_OF_CARDS, MOST_OF_LIKELY = 12, 8
ALWAYS_ASKED = ("text", "number", "date")  # filters for which a value is at hand in any bank
# Django asks for a thread without a loop; a worker that has driven a browser has one, and nothing of ours runs in it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
pytestmark = pytest.mark.long


@pytest.fixture(scope="session")
def folder(once: Callable[[str], Path]) -> Path:
    return once("benchmarks")


@pytest.fixture(scope="session")
def measured(folder: Path) -> dict[str, Section]:
    """Every section of a run over a small bank with few measures and a short agenda, by its title."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("measures.FEW", 50), ("measures.MANY", 500), ("meetings.ITEMS", 6)):
            patch.setattr(f"benchmarks.{name}", value)
        return {section.title: section for section in sections(folder, [SIZE], 0, serve=False)}


@pytest.fixture(scope="session")
def bank(folder: Path, measured: dict[str, Section]) -> Bank:
    """The small bank that was measured."""
    return build(folder / f"bank_{SIZE}", SIZE)[0]


def test_every_role_is_measured(measured: dict) -> None:
    """As it is opened again and again, and with nothing kept."""
    titles = [line.title for line in measured["Первые страницы ролей"].lines]
    assert titles == [f"{role.value}{kept}" for kept in ("", ", ничего не сосчитано") for role in Role]


def test_every_list_is_measured_beside_the_same_list_of_another_tool(measured: dict) -> None:
    lines = measured["Списки реестра (координатор всего банка)"].lines
    kinds = [view.entity for view in admin.views() if view.entity is not Family]
    assert len(lines) == len(kinds) > 30
    assert all(line.product and line.bare for line in lines)


def test_every_tab_and_filter_of_the_families_is_measured(bank: Bank) -> None:
    """A filter that somebody adds later has a line of its own."""
    view = next(each for each in bank.app.appbuilder.baseviews if isinstance(each, RegistryView)
                and each.entity is Family)  # fmt: skip
    asked = {name for _title, asked, _beside in pages.filtered(bank) for name in asked}
    with bank.app.test_request_context(), access.unrestricted():
        offered = {one.key for one in view.filters_of(Address("/"))}
    assert asked >= offered


def test_a_list_is_measured_by_every_filter_in_every_order_on_every_page(bank: Bank) -> None:
    """What somebody adds to a list is measured without a word here."""
    for view in lists.registries(bank):
        asked = [dict(parse_qsl(url.partition("?")[2])) for url in lists.addresses(bank, view)]
        with bank.app.test_request_context(), access.unrestricted():
            offered = [one for one in view.filters_of(Address("/")) if one.choices or one.kind in ALWAYS_ASKED]
        known = {name for one in asked for name in one}
        orders = {(one.get(f"_oc_{view.endpoint}"), one.get(f"_od_{view.endpoint}")) for one in asked}
        assert orders >= {(name, way) for name in view.order_columns for way in ("asc", "desc")}, view.endpoint
        assert known >= {one.key for one in offered}, view.endpoint


def test_the_dearest_address_of_a_list_is_told(bank: Bank) -> None:
    view = next(view for view in lists.registries(bank) if view.entity is Decision)
    (line,) = lists.measure(bank, [view]).lines
    assert line.product
    assert "адресов" in line.note


def test_the_yardstick_finds_as_many_families_as_the_product(bank: Bank) -> None:
    ours, theirs = bank.sign_in(Role.COORDINATOR), admin.opened(bank.file)
    compared = 0
    for title, asked, beside in pages.filtered(bank):
        if beside is None or "q" in beside:  # by a word of the family, not by a surname alone
            continue
        found = theirs.get(f"{admin.address(Family)}?{urlencode(beside)}").content.decode()
        count = re.search(r'name="action".*?Выбрано 0 объектов из (\d+)', found, re.DOTALL)
        page = ours.get(f"{pages.LIST}?{urlencode(asked)}").text
        assert count, title
        assert page.count("<tr data-href=") == int(count[1]), title
        compared += 1
    assert compared >= 5


def test_the_form_counted_by_hand_is_the_form_of_the_product(measured: dict) -> None:
    (note,) = measured["Квартальная форма (весь банк)"].notes
    assert note.startswith("Подсчёт вручную совпал"), note


def test_an_exported_district_is_imported_whole_and_then_changes_nothing(measured: dict) -> None:
    section = measured[f"Обмен: книга района, семей {SIZE}"]
    first, again, _size = section.notes
    assert first.endswith("изменений 0, ошибок 0")
    assert again.endswith("новых строк 0, изменений 0, ошибок 0")
    assert all(line.product and line.bare for line in section.lines)


def test_the_doctor_finds_the_measured_bank_sound(measured: dict) -> None:
    lines = measured["Врач: вся база"].lines
    assert len(lines) > 10
    assert not [line for line in lines if line.note]


def test_the_list_and_the_page_of_a_family_take_few_statements(measured: dict) -> None:
    lines = [line for title in ("Список семей", "Страница семьи") for line in
             measured[f"{title} (координатор всего банка)"].lines]  # fmt: skip
    assert lines
    assert not [(line.title, line.statements) for line in lines if line.statements > MOST_STATEMENTS]


def test_the_queue_of_signal_cards_and_what_is_like_one_take_few_statements(measured: dict) -> None:
    (section,) = (section for title, section in measured.items() if title.startswith("Сигнальные карты"))
    lists = [line for line in section.lines if "семьи" not in line.title]
    likely = [line for line in section.lines if line.title.startswith("похожие семьи")]
    assert len(lists) > 4
    assert len(likely) == 3
    assert not [(line.title, line.statements) for line in lists if line.statements > MOST_OF_CARDS]
    assert not [(line.title, line.statements) for line in likely if line.statements > MOST_OF_LIKELY]


def test_what_is_due_is_measured_for_every_role_and_asks_little_once_it_is_counted(measured: dict) -> None:
    (section,) = (section for title, section in measured.items() if title.startswith("Сроки"))
    assert {line.title.partition(":")[0] for line in section.lines} == {role.value for role in Role}
    assert {line.title.partition(":")[0] for line in section.lines if "календар" in line.title} >= {
        Role.COORDINATOR.value, Role.COMMISSION.value, Role.SPECIALIST.value,
    }  # fmt: skip
    counted = [line for line in section.lines if "посчитано" in line.title]
    assert len(counted) == len(Role)
    assert not [(line.title, line.statements) for line in counted if line.statements > MOST_STATEMENTS]


def test_the_lists_of_surveys_and_inquiries_take_few_statements(measured: dict) -> None:
    (section,) = (section for title, section in measured.items() if title.startswith("Обследования"))
    assert len(section.lines) > 8
    assert not [(line.title, line.statements) for line in section.lines if line.statements > MOST_STATEMENTS]


def test_of_misspelled_names_ninety_five_in_a_hundred_are_found_among_the_first_five(bank: Bank) -> None:
    with bank.opened():
        found = {(slip, parts): search.recall(slip, parts, 12) for slip in search.SLIPS for parts in (1, 2, 3)}
    lost = [query for _share, queries, _times in found.values() for query in queries]
    assert len(lost) <= 0.05 * 12 * len(found), lost
