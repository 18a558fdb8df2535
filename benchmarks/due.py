"""What is due, over many cards, surveys and inquiries: «Сегодня» and the calendar of deadlines of each role."""

from __future__ import annotations

from app.domain.terms import Role
from app.readings import kept
from benchmarks import signals, surveys
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Line, Section
from benchmarks.pages import visit

FIRST, MONTH, LATE = "/", f"/calendar/?month={TODAY:%Y-%m}", "/calendar/list"


def measure(bank: Bank, runs: int) -> Section:
    """Each page when nothing of it is kept, as after a change of the bank; the first page also when all is."""
    with signals.filled(bank) as cards, surveys.filled(bank) as groups:
        section = Section(f"Сроки: карт {cards}, групп {groups}, запросов {groups * surveys.BODIES}")
        for role in Role:
            section.lines += _of_role(bank, role, runs)
        return section


def _of_role(bank: Bank, role: Role, runs: int) -> list[Line]:
    browser = bank.sign_in(role)
    pages = [("«Сегодня»", FIRST), ("месяц календаря", MONTH), ("просроченное", LATE)]
    may = [(title, url) for title, url in pages if browser.get(url).status_code == 200]
    lines = [
        visit(bank, browser, f"{role.value}: {title}, заново", url, runs, before=kept.answers.clear)
        for title, url in may
    ]  # fmt: skip
    browser.get(FIRST)
    return [*lines, visit(bank, browser, f"{role.value}: «Сегодня», уже посчитано", FIRST, runs)]
