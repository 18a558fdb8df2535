"""Writes the exchange workbook from the state of the bank on a day; read back, it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from sqlalchemy import ColumnElement, func, select

from app import access, tree, words
from app.domain import names
from app.domain.refusal import Refusal
from app.domain.terms import TerritoryKind
from app.exchange import bank, cells, programmes
from app.exchange.bank import Places
from app.exchange.cells import Codes
from app.exchange.records import Named
from app.exchange.states import FamilyState, MemberState, StayState
from app.exchange.workbook import (
    AIDS,
    AS_OF,
    DISTRICT,
    DOCUMENT,
    EDUCATION,
    FACTS,
    FAMILIES,
    FORM_VERSION,
    MEASURES,
    MEMBERS,
    SHEETS,
    STAGES,
    STAYS,
    SUPERVISIONS,
    SUPPORT,
    TITLE,
    VERSION,
    BookColumn,
    Kind,
    Sheet,
)
from app.extensions import db, portions
from app.models import Family, Territory
from app.render import stream, xlsx
from app.render.stream import StreamCell
from app.render.table import made
from app.words import CONFIDENTIAL

Told = Callable[[int, int], None]  # how many families are written, and how many there are

FORMATS = {Kind.DATE: "dd.mm.yyyy", Kind.MONEY: "#,##0.00", Kind.COUNT: "0"}
_HEAD_FILL = PatternFill("solid", fgColor="FFE6EDF3")
_LINE = Side(style="thin", color="FF9FB3C4")
_HEAD_PLACE = Alignment(wrap_text=True, vertical="center", horizontal="center")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


@dataclass(frozen=True)
class Written:
    """A workbook that was written: its bytes and what is in it."""

    content: bytes
    district: str
    on: date
    families: int

    @property
    def summary(self) -> str:
        """What was handed over, for the journal."""
        return f"Книга обмена: {self.district} на {self.on:%d.%m.%Y}, семей: {self.families}"


def districts() -> list[Territory]:
    """The districts whose families, or some of them, the person sees; the one with most families first."""
    family, territory = Family.__table__, Territory.__table__
    counted = (
        select(family.c.district_id, func.count().label("families"))
        .where(family.c.annulled_at.is_(None), access.scope().families())
        .group_by(family.c.district_id)
        .subquery()
    )
    scope = access.scope()
    rows = db.session.execute(
        select(territory.c.id, territory.c.kind, counted.c.families)
        .outerjoin(counted, counted.c.district_id == territory.c.id)
        .order_by(func.coalesce(counted.c.families, 0).desc(), territory.c.name)
    )
    shown = [
        row.id for row in rows
        if row.families or (row.kind is TerritoryKind.DISTRICT and scope.covers_territory(row.id))
    ]  # fmt: skip
    known = {place.id: place for place in db.session.scalars(select(Territory).where(Territory.id.in_(shown)))}
    return [known[key] for key in shown]


def write(
    district: Territory, on: date, *, made_by: str, made_at: datetime, within: Territory | None = None,
    only: int | None = None, told: Told = lambda _done, _whole: None,
) -> Written:  # fmt: skip
    """The workbook of a district on a day, of the families the person sees; `within`: only of one territory of it;
    `only`: of one family.

    told: is given how many families are written and how many there are, again and again.
    """
    bank.check_special()
    return _Export(district, on, made_by, made_at, within, only).write(told)


def size(district: Territory, within: Territory | None = None) -> int:
    """How many families of the person a workbook of a district, or of one territory of it, would look at."""
    return db.session.scalar(select(func.count()).where(*_of_place(Family.__table__, district, within))) or 0


def _of_place(family: Any, district: Territory, within: Territory | None) -> list[ColumnElement[bool]]:
    """The conditions of the person's families in a district, or in one territory of it."""
    conditions = [family.c.district_id == district.id, family.c.annulled_at.is_(None), access.scope().families()]
    if within is not None:
        conditions.append(family.c.territory_id.in_(tree.below([within.id])))
    return conditions


class _Export:
    """One workbook, written family by family."""

    def __init__(
        self, district: Territory, on: date, made_by: str, made_at: datetime, within: Territory | None,
        only: int | None,
    ) -> None:  # fmt: skip
        self.district, self.on, self.within, self.only = district, on, within, only
        self.footer = made(made_by, made_at)
        self.codes = bank.dictionaries()
        self.places = Places(self.codes["agency_kind"])
        self.book = Workbook(write_only=True)
        self.styles: dict[tuple[str, Kind], int] = {}
        self.families = 0

    def write(self, told: Told) -> Written:
        self._facts()
        sheets = {sheet.title: self._head(sheet) for sheet in SHEETS}
        writers = {
            sheet.title: [(column.field, self._cell_of(sheets[sheet.title], column)) for column in sheet]
            for sheet in SHEETS
        }
        for family in self._states(told):
            self.families += 1
            for sheet, row in self._rows(family):
                sheets[sheet.title].append([write(row.get(field)) for field, write in writers[sheet.title]])
        self.book.properties.creator = "Патронат"
        self.book.properties.lastModifiedBy = None
        content = BytesIO()
        self.book.save(content)
        place = self.within or self.district
        return Written(content.getvalue(), place.name, self.on, self.families)

    def _states(self, told: Told) -> Iterator[FamilyState]:
        """The families of the district that the person sees, by number."""
        family = Family.__table__
        conditions = _of_place(family, self.district, self.within)
        if self.only is not None:
            conditions.append(family.c.id == self.only)
        ids = list(db.session.scalars(select(family.c.id).where(*conditions).order_by(family.c.number)))
        for portion in portions(ids):
            told(self.families, len(ids))
            states = bank.load(portion, self.codes, self.places)
            yield from (states[each] for each in portion if states[each].on_form(self.on))

    # Rows of a family

    def _rows(self, family: FamilyState) -> Iterator[tuple[Sheet, dict[str, Any]]]:
        number = {"number": family.row.number}
        yield FAMILIES, vars(family.row)
        for stay in family.stays:
            if stay.registered_on <= self.on:
                yield STAYS, {**vars(self._stay(stay)), **number}
        for member in family.members:
            if member.row.born_on is None or member.row.born_on <= self.on:
                yield MEMBERS, {**self._member(member), **number}
            for each in member.supervisions:
                if bank.by(each.started_on, self.on) == each.started_on:
                    who = {
                        name: getattr(member.row, name)
                        for name in ("last_name", "first_name", "middle_name", "born_on")
                    }
                    yield SUPERVISIONS, {**who, **vars(each), "ended_on": bank.by(each.ended_on, self.on), **number}
        called = bank.named(family)
        for row in programmes.stage_rows(family, self.on):
            yield STAGES, {**row, **number}
        told = set()
        for row in programmes.measure_rows(family, self.on, called):
            told.add(row["plan_line"])
            yield MEASURES, {**row, **number}
        for aid in family.aids:
            if aid.given_on <= self.on:
                plan_line = aid.plan_line if aid.plan_line in told else None
                recipients = tuple(called[each] for each in aid.recipients)
                yield AIDS, {**vars(aid), "plan_line": plan_line, "recipients": recipients, **number}

    def _stay(self, stay: StayState) -> StayState:
        """A stay as it is known on the day: what lies later has not happened yet."""
        if bank.by(stay.removed_on, self.on) == stay.removed_on:
            return stay
        return replace(stay, removal_number=None, removal_decided_on=None, removed_on=None, reason=None)

    def _member(self, member: MemberState) -> dict[str, Any]:
        row = {**vars(member.row), "left_on": bank.by(member.row.left_on, self.on)}
        if document := bank.main_document(member.documents, self.on):
            row.update({name: getattr(document, name.removeprefix("document_")) for name in DOCUMENT})
        if education := bank.education_on(member.educations, self.on):
            row.update({name: getattr(education, name.removeprefix("education_")) for name in EDUCATION})
        if support := bank.support_on(member.supports, self.on):
            row.update({name: getattr(support, name) for name in SUPPORT})
        return row

    # Sheets and cells

    def _facts(self) -> None:
        sheet = stream.sheet(self.book, FACTS)
        xlsx.set_page(sheet, self.footer, wide=True)
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 60
        sheet.append([self._text(sheet, TITLE, "title")])
        day = self._styled(sheet, self.on, Kind.DATE)
        for label, value in (
            (DISTRICT, self._text(sheet, self.district.name, "body")),
            (AS_OF, day),
            (VERSION, self._styled(sheet, FORM_VERSION, Kind.COUNT)),
            ("Территория отбора", self._text(sheet, self.within.name, "body") if self.within else None),
            ("Доступ", self._text(sheet, CONFIDENTIAL, "body")),
            ("Кем и когда выгружено", self._text(sheet, self.footer, "body")),
        ):
            if value is not None:
                sheet.append([self._text(sheet, label, "label"), value])

    def _head(self, form: Sheet) -> Any:
        sheet = stream.sheet(self.book, form.title)
        xlsx.set_page(sheet, self.footer, wide=True)
        sheet.freeze_panes = "B2"
        sheet.print_title_rows = "1:1"
        columns = tuple(form)
        for index, column in enumerate(columns, start=1):
            sheet.column_dimensions[get_column_letter(index)].width = column.width
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}1"
        sheet.row_dimensions[1].height = 45
        sheet.append([self._text(sheet, column.header, "head") for column in columns])
        return sheet

    def _style(self, sheet: Any, role: str, kind: Kind) -> int:
        """The style of a kind of cell, made once for the book."""
        key = (role, kind)
        if key not in self.styles:
            looks: dict[str, Any] = {}
            if role == "head":
                looks = {"fill": _HEAD_FILL, "border": _BOX, "alignment": _HEAD_PLACE}
            font = Font(name="Calibri", size=13 if role == "title" else 11, bold=role in ("title", "head", "label"))
            self.styles[key] = stream.style(sheet, font=font, number_format=FORMATS.get(kind, "@"), **looks)
        return self.styles[key]

    def _styled(self, sheet: Any, value: Any, kind: Kind) -> StreamCell:
        return stream.cell(value, self._style(sheet, "body", kind))

    def _text(self, sheet: Any, value: str, role: str) -> StreamCell:
        return stream.text_cell(value, self._style(sheet, role, Kind.TEXT))

    def _cell_of(self, sheet: Any, column: BookColumn) -> Callable[[Any], StreamCell | None]:
        """The function that turns a value of a column into a cell; it remembers what it has made of codes."""
        codes: Codes | None = self.codes.get(column.dictionary)
        is_text = column.kind not in FORMATS
        style = self._style(sheet, "body", Kind.TEXT if is_text else column.kind)
        known: dict[Any, StreamCell] = {}

        def cell(value: Any) -> StreamCell | None:
            if value is None or value == ():
                return None
            if not is_text:
                return stream.cell(value, style)
            if codes is None:
                text = value if value.__class__ is str else _words(value, column, codes)
                return stream.text_cell(text, style)
            if value not in known:
                known[value] = stream.text_cell(_words(value, column, codes), style)
            return known[value]

        return cell


def _words(value: Any, column: BookColumn, codes: Codes | None) -> str:
    if column.kind is Kind.PROBLEMS:
        return "\n".join(map(cells.problem, value))
    if isinstance(value, tuple):
        return (
            "; ".join(_words(part, column, codes) for part in value) if not isinstance(value, Named) else _named(value)
        )
    if codes is not None:
        return codes.written(value, named=column.named)
    if isinstance(value, bool):
        return words.yes_no(value)
    return str(value)


def _named(person: Named) -> str:
    return f"{person.name} ({person.born_on:%d.%m.%Y})" if person.born_on else person.name


def chosen(district: str | None, territory: str | None) -> tuple[Territory, Territory | None]:
    """The district and the part of it that names mean; without a name, the district with most families."""
    known = districts()
    if district is not None:
        known = [each for each in known if each.name_key == names.key(district)]
    if not known:
        raise Refusal("Такого района среди ваших территорий нет." if district else "Районов с семьями пока нет.")
    if territory is None:
        return known[0], None
    places = Places(bank.dictionaries()["agency_kind"])
    for each in known:
        for territory_id in places.below(each.id):
            if names.key(territory) in places.names_of(territory_id):
                return each, db.session.get_one(Territory, territory_id)
    raise Refusal(f"Территории «{territory}» в районе «{known[0].name}» нет.")
