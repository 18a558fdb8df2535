"""Comparing a workbook with the bank: every fault, what is new, what changes, what is the same. Nothing is written.

A number is not an identity. A family is matched by its people first and by the number of its card second, a member by
ФИО and birth date within the family, a stay by the day of registration, a supervision by member, kind and first day, a
programme and its stages by their first days, a measure of a plan and an aid by everything they say. What is doubtful is
a question to the person, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from app.exchange import bank, garbage, rows
from app.exchange.changes import PlaceRef, Plan
from app.exchange.plan import doubts, sides
from app.exchange.plan import schools as schools_of_book
from app.exchange.plan import whole as of_book
from app.exchange.plan.aids import Aids
from app.exchange.plan.comparing import Comparison
from app.exchange.plan.families import Families
from app.exchange.plan.known import KnownPeople
from app.exchange.plan.measures import Measures
from app.exchange.plan.members import Members
from app.exchange.plan.places import PlacesOfBook
from app.exchange.plan.stages import Stages
from app.exchange.plan.stays import Stays
from app.exchange.plan.supervisions import Supervisions
from app.exchange.reader import Book
from app.exchange.states import FamilyState
from app.exchange.workbook import AIDS, FAMILIES, MEASURES, MEMBERS, SHEETS, STAGES, STAYS, SUPERVISIONS

# One after the other.
COMPARED = tuple(sheet.title for sheet in (FAMILIES, MEMBERS, STAYS, SUPERVISIONS, STAGES, MEASURES, AIDS))


@garbage.not_searched()
def make(book: Book, today: date, answers: Mapping[str, str] | None = None,
         told: Callable[[str], None] = lambda _sheet: None, *, whole: bool = True,
         asks_of_names: bool = False, known: Mapping[int, FamilyState] = MappingProxyType({})) -> Plan:  # fmt: skip
    """Compare a workbook with the bank, as far as the person's scope reaches. answers: question key → chosen value.

    whole: it tells of every family of the territories that it names, so that one it leaves out is missing.

    asks_of_names: what it would create and resembles what the bank has is asked about; else it is a notice.

    told: is given the title of each sheet before it is compared. known: families of the bank that were read already.
    """
    bank.check_special()
    codes = bank.dictionaries()
    content = rows.content(book, codes)
    if not content.district or content.as_of is None:
        return Plan(book, PlaceRef(content.district), content.as_of, content.faults, content.notices)
    comparison = Comparison(book, content, codes, today, answers or {}, asks_of_names=asks_of_names)
    places = PlacesOfBook(comparison)
    plan = comparison.plan
    if not places.find_district():
        return plan
    places.check_date()
    places.index()
    people = KnownPeople(comparison)
    told(FAMILIES.title)
    Families(comparison, places, people, known).compare()
    told(MEMBERS.title)
    schools_of_book.settle(comparison)
    Members(comparison, people).compare()
    told(STAYS.title)
    Stays(comparison, places).compare()
    told(SUPERVISIONS.title)
    Supervisions(comparison).compare()
    told(STAGES.title)
    Stages(comparison, places).compare()
    told(MEASURES.title)
    Measures(comparison, places).compare()
    told(AIDS.title)
    Aids(comparison, places).compare()
    if whole:
        of_book.note_missing_families(comparison)
        sides.settle(plan, comparison.answers)
    of_book.note_duplicates(comparison, people)
    doubts.note(comparison)
    places.note_later()
    order = {sheet.title: place for place, sheet in enumerate(SHEETS)}
    plan.faults.sort(key=lambda fault: (order.get(fault.sheet, -1), fault.row or 0))
    plan.notices.sort(key=lambda notice: (order.get(notice.sheet, -1), notice.row or 0))
    return plan
