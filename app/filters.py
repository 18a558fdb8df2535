"""What an address asks of a list, read in one place: what is not understood is said, and then nothing is shown.

A condition that is dropped without a word shows, exports and journals rows that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from operator import eq
from typing import Any, cast

from flask import request, url_for
from flask_babel import lazy_gettext as _
from sqlalchemy import Boolean, ColumnElement, Date, Enum, Integer, and_, exists, select
from sqlalchemy.orm import RelationshipProperty, class_mapper

from app import conditions, forms, tree, words
from app.domain import names, writing
from app.domain.periods import Period
from app.domain.terms import Term
from app.extensions import LARGEST_KEY, db
from app.models import Entity, Territory

LONGEST = 200  # characters of a condition that is typed
LARGEST_PAGE = 1_000_000
SHOWN = 60  # characters of a value that are repeated in the sentence about it
# What an address may hold besides conditions: where one goes on from a form.
NO_CONDITIONS = frozenset({"next"})

NOT_A_DAY = "такой даты нет: напишите её как ДД.ММ.ГГГГ, год от 1900 до 2100"
NOT_A_NUMBER = "нужно целое число"
NOT_OFFERED = "такого значения нет в списке"
NO_ROW = "такой записи среди ваших нет"
NO_LETTER = "в нём нет ни буквы, ни цифры"
TWICE = "это условие стоит в адресе дважды"
UNKNOWN = "такого условия у списка нет"
BACKWARDS = "начало позже конца"


class NotUnderstoodError(Exception):
    """An address asks what its page cannot answer. faults: sentences; reset: the address without conditions."""

    def __init__(self, faults: Sequence[str], reset: str) -> None:
        super().__init__("; ".join(faults))
        self.faults, self.reset = list(faults), reset


@dataclass
class Address:
    """What this request's address asks, condition by condition; whatever the page does not ask for is a fault.

    reset: the address of the same page without conditions.
    """

    reset: str
    faults: list[str] = field(default_factory=list)
    _known: set[str] = field(default_factory=lambda: set(NO_CONDITIONS))

    def typed(self, name: str, label: Any = "") -> str:
        """What stands in the address under a name, as it was typed."""
        values = request.args.getlist(name)
        if len(values) > 1 and name not in self._known:
            self.fault(label or name, "", TWICE)
        self._known.add(name)
        return values[0].strip() if len(values) == 1 else ""

    def asks(self, *names: str) -> bool:
        """Whether any of these names stands in the address, with or without a value."""
        return any(name in request.args for name in names)

    def fault(self, label: Any, typed: str, why: str) -> None:
        """Say that a condition is not understood."""
        shown = words.short(typed, SHOWN)
        self.faults.append(f"{label}{f' – «{shown}»' if shown else ''}: {why}.")

    def text(self, name: str, label: Any, longest: int = LONGEST, *, any_sign: bool = False) -> str:
        """A text to look for, cleaned like the texts that are stored.

        any_sign: a text without letters and figures is looked for too, and found nowhere.
        """
        typed = self.typed(name, label)
        if len(typed) > longest:
            self.fault(label, typed, f"длиннее {longest} знаков")
            return ""
        found = writing.line(typed) or ""
        if typed and not names.key(found) and not any_sign:
            self.fault(label, found, NO_LETTER)
            return ""
        return found

    def day(self, name: str, label: Any) -> date | None:
        typed = self.typed(name, label)
        day = forms.parse_date(typed)
        if typed and (day is None or not forms.EARLIEST <= day <= forms.LATEST):
            self.fault(label, typed, NOT_A_DAY)
            return None
        return day

    def days(self, since: str, until: str, label: Any) -> tuple[date | None, date | None]:
        """The first and the last day of a stretch; either may be left open."""
        first, last = self.day(since, label), self.day(until, label)
        if first and last and first > last:
            self.fault(label, f"{words.day(first)} – {words.day(last)}", BACKWARDS)
        return first, last

    def number(self, name: str, label: Any, largest: int = LARGEST_KEY) -> int | None:
        """A whole number that is not negative."""
        typed = self.typed(name, label)
        if not typed:
            return None
        if not (typed.isascii() and typed.isdecimal() and len(typed) <= len(str(largest)) and int(typed) <= largest):
            self.fault(label, typed, NOT_A_NUMBER)
            return None
        return int(typed)

    def one_of(self, name: str, label: Any, offered: Collection[str]) -> str:
        """One of the values that are offered."""
        typed = self.typed(name, label)
        if typed and typed not in offered:
            self.fault(label, typed, NOT_OFFERED)
            return ""
        return typed

    def row(self, name: str, label: Any, entity: type, offered: Sequence[Any] = ()) -> Any:
        """A row of the person's, by its key: one of those that are offered, or any other that the person may see."""
        key = self.number(name, label)
        if key is None:
            return None
        row = next((each for each in offered if each.id == key), None) or forms.find_row(entity, str(key))
        if row is None:
            self.fault(label, str(key), NO_ROW)
        return row

    def rows(self, name: str, label: Any, entity: Any, most: int) -> list[Any]:
        """Rows of the person's that the address names one by one."""
        self._known.add(name)
        asked = keys(name, most)
        if asked is None:
            self.fault(label, "", NOT_OFFERED)
        found = list(db.session.scalars(select(entity).where(entity.id.in_(asked)))) if asked else []
        if asked and len(found) < len(asked):
            self.fault(label, "", NO_ROW)
        return found

    def page(self, name: str = "page", first: int = 0) -> int:
        """The page that is asked for; the list shows its last one if there are fewer."""
        number = self.number(name, _("Page"), LARGEST_PAGE)
        return first if number is None else max(number, first)

    def understood(self) -> bool:
        """Whether everything in the address was asked for and could be read; called when all of it was asked for."""
        for name in dict.fromkeys(request.args):
            if name not in self._known:
                self._known.add(name)
                self.fault(words.short(name, SHOWN), "", UNKNOWN)
        return not self.faults

    def check(self) -> None:
        """Raises NotUnderstoodError unless everything is understood."""
        if not self.understood():
            raise NotUnderstoodError(self.faults, self.reset)


def keys(name: str, most: int) -> list[int] | None:
    """The keys of the rows that an address names one by one, each once; None if one is no key, or there are more."""
    found = [forms.key_of(text) for text in dict.fromkeys(request.args.getlist(name))]
    known = [key for key in found if key is not None]
    return known if len(known) == len(found) <= most else None


def how_many(*names: str) -> int:
    """How many values an address gives under these names, whatever they are."""
    return sum(len(request.args.getlist(name)) for name in names)


def given() -> dict[str, str]:
    """Everything that the address of this request says, for an address that says the same and more."""
    return {name: text for name, text in request.args.items() if text}


# The filter bar of a generated list


@dataclass(frozen=True)
class Filter:
    """One field of the filter bar, with what was typed in it. Its names are FAB's: `_flt_<n>_<column>`."""

    name: str
    label: Any
    kind: str  # text, number, date, day, choice, tabs, lookup
    value: str = ""
    until: str = ""
    choices: Sequence[tuple[str, Any]] = ()
    lookup: str = ""
    chosen: str = ""
    conditions: tuple[ColumnElement[bool], ...] = ()
    of_each: tuple[ColumnElement[bool], ...] = ()  # the same for rows that are met one by one, if it is said otherwise
    is_part: bool = False  # of a text that no index leads to: each text is looked at, and then whose the row is
    gives: str = ""  # the column of the row that the filter gives one value
    ranges: str = ""  # the column of days that it bounds
    is_dear: bool = False  # few rows are so, and all are asked: those that are found are kept while nothing changes

    @property
    def key(self) -> str:
        return f"_flt_0_{self.name}"

    @property
    def until_key(self) -> str:
        return f"_flt_1_{self.name}"

    @property
    def said(self) -> str:
        """The condition in words; empty where there is none."""
        if self.kind == "date":
            ends = (("с", self.value), ("по", self.until))
            told = " ".join(f"{word} {text}" for word, text in ends if text)
        elif self.choices:
            told = next((str(title) for code, title in self.choices if code == self.value and code), "")
        else:
            told = self.chosen or self.value
        return f"{self.label}: {told}" if told else ""


Condition = ColumnElement[bool]


def read(address: Address, entity: type[Entity], name: str, label: Any) -> Filter:
    """The filter of one column or relation, with the conditions that it lays on a SELECT of the entity."""
    attribute = class_mapper(entity).attrs[name]
    column = getattr(entity, name)
    if isinstance(attribute, RelationshipProperty):
        target = class_mapper(entity).relationships[name].mapper.class_
        of_each = (lambda row: _is_among(entity, name, row)) if attribute.uselist else None
        asked = of_row(address, name, label, target, lambda row: _belongs(entity, name, row), of_each)
        return asked if attribute.uselist or target is Territory else replace(asked, gives=f"{name}_id")
    kind = attribute.columns[0].type
    if isinstance(kind, Date):
        asked = of_days(address, name, label, lambda since, until: _between(column, since, until))
        return replace(asked, ranges=name)
    if isinstance(kind, Enum):
        terms = cast(type[Term], kind.enum_class)
        told = [(one.value, one.title_ru, partial(eq, column, one)) for one in terms]
        return replace(of_choice(address, name, label, told), gives=name)
    if isinstance(kind, Boolean):
        told = [("1", _("yes"), partial(eq, column, True)), ("0", _("no"), partial(eq, column, False))]
        return replace(of_choice(address, name, label, told), gives=name)
    if isinstance(kind, Integer):
        asked = of_number(address, name, label, lambda number: cast(Condition, column == number))
        return replace(asked, gives=name)
    asked = of_text(address, name, label, lambda text: _holds(entity, name, text))
    return replace(asked, is_part=bool(asked.conditions and held_with_owner(entity.__table__.c[name])))


def of_text(address: Address, name: str, label: Any, holds: Callable[[str], Condition],
            of_each: Callable[[str], Condition] | None = None) -> Filter:  # fmt: skip
    """A text that is typed; of_each: the same for rows that are met one by one."""
    key = f"_flt_0_{name}"
    text = address.text(key, label)
    each = (of_each(text),) if text and of_each else ()
    conditions = (holds(text),) if text else ()
    return Filter(name, label, "text", text or address.typed(key), conditions=conditions, of_each=each)


def of_number(address: Address, name: str, label: Any, is_so: Callable[[int], Condition],
              largest: int = LARGEST_KEY) -> Filter:  # fmt: skip
    """A whole number that is typed."""
    key = f"_flt_0_{name}"
    number = address.number(key, label, largest)
    conditions = () if number is None else (is_so(number),)
    return Filter(name, label, "number", address.typed(key), conditions=conditions)


def of_days(address: Address, name: str, label: Any, within: Callable[[date | None, date | None], Condition],
            of_each: Callable[[date | None, date | None], Condition] | None = None) -> Filter:  # fmt: skip
    """A stretch of days, either end of which may be left open; of_each: the same for rows that are met one by one."""
    keys = f"_flt_0_{name}", f"_flt_1_{name}"
    since, until = address.days(*keys, label)
    value, last = (words.day(day) if day else address.typed(key) for day, key in zip((since, until), keys, strict=True))
    if not (since or until):
        return Filter(name, label, "date", value, last)
    each = (of_each(since, until),) if of_each else ()
    return Filter(name, label, "date", value, last, conditions=(within(since, until),), of_each=each)


def of_day(address: Address, name: str, label: Any) -> tuple[Filter, date | None]:
    """One day, on which the list is shown: it lays no condition of its own."""
    key = f"_flt_0_{name}"
    day = address.day(key, label)
    return Filter(name, label, "day", words.day(day) if day else address.typed(key)), day


def of_choice(address: Address, name: str, label: Any, offered: Sequence[tuple[str, Any, Callable[[], Condition]]],
              kind: str = "choice") -> Filter:  # fmt: skip
    """One of a short list: code, title, what makes the condition. As `tabs` it stands above the list."""
    means = {code: condition for code, _title, condition in offered}
    code = address.one_of(f"_flt_0_{name}", label, means)
    choices = [(code, title) for code, title, _condition in offered]
    return Filter(name, label, kind, code, choices=choices, conditions=(means[code](),) if code else ())


def of_row(address: Address, name: str, label: Any, target: type[Any], is_so: Callable[[Any], Condition],
           of_each: Callable[[Any], Condition] | None = None) -> Filter:  # fmt: skip
    """A row of the person's: of a dictionary or of the tree of places from a list, of a long list as one types.

    is_so: makes the condition of the row; of a territory, of it and all its parts. of_each: the same condition for
    rows that are met one by one.
    """
    is_long = target.LONG
    offered = [] if is_long else forms.short_list(target, None)
    row = address.row(f"_flt_0_{name}", label, target, offered)
    value = str(row.id) if row is not None else ""
    meant = tree.Tree(offered).below([row.id]) if row is not None and target is Territory else row
    conditions = (is_so(meant),) if row is not None else ()
    each = (of_each(meant),) if row is not None and of_each else ()
    if is_long:
        return Filter(name, label, "lookup", value, chosen=str(row or ""), conditions=conditions,
                      of_each=each, lookup=url_for("Lookup.find", entity=target.__name__))  # fmt: skip
    listed = offered if row is None or row in offered else [row, *offered]  # one that is no longer used may be asked
    choices = [(str(each.id), str(each)) for each in listed]
    return Filter(name, label, "choice", value, choices=choices, conditions=conditions, of_each=each)


def asking(asked: Mapping[str, str | Period]) -> dict[str, str]:
    """The arguments of an address that set the filters of a list: a value, or a stretch of days."""
    found: dict[str, str] = {}
    for name, value in asked.items():
        if isinstance(value, Period):
            found |= {f"_flt_0_{name}": value.start.isoformat(), f"_flt_1_{name}": value.end.isoformat()}
        else:
            found[f"_flt_0_{name}"] = value
    return found


def _between(column: Any, since: date | None, until: date | None) -> Condition:
    ends = (None if since is None else column >= since, None if until is None else column <= until)
    return and_(*(end for end in ends if end is not None))


def _belongs(entity: type[Entity], name: str, meant: Any) -> ColumnElement[bool]:
    """Whether a row of the entity is related to a row, or to one of several territories."""
    if getattr(entity, name).property.uselist:
        near, far, links = _links(entity, name)
        return cast(
            ColumnElement[bool], entity.__table__.c.id.in_(select(near).select_from(links).where(far == meant.id))
        )
    key = getattr(entity, f"{name}_id")
    several = isinstance(meant, list)
    return cast(ColumnElement[bool], key.in_([row.id for row in meant]) if several else key == meant.id)


def _is_among(entity: type[Entity], name: str, meant: Any) -> ColumnElement[bool]:
    """Whether a row is one of the many that a row has, asked row by row."""
    near, far, links = _links(entity, name)
    return exists(select(near).where(near == entity.__table__.c.id, far == meant.id).correlate_except(links))


def _links(entity: type[Entity], name: str) -> tuple[Any, Any, Any]:
    """The table of links of a relation, with its columns of the near and of the far key."""
    relation = class_mapper(entity).relationships[name]
    far = relation.secondary_synchronize_pairs
    assert far, f"{entity.__name__}.{name} is no relation through links"
    return relation.synchronize_pairs[0][1], far[0][1], relation.secondary


def held_with_owner(column: Any) -> str:
    """The index that holds the texts of a column with whose they are, if nearly each of them stands there once."""
    held = [index for index in column.table.indexes if index.columns[0] is column and len(index.columns) > 1]
    return str(held[0].name) if held and not column.info.get("repeated") else ""


def _holds(entity: Any, name: str, text: str) -> ColumnElement[bool]:
    """Whether a column holds a text, whatever the letter case; names are compared by their keys."""
    if name == "name" and hasattr(entity, "name_key"):
        return cast(ColumnElement[bool], entity.name_key.contains(names.key(text), autoescape=True))
    if key := entity.SORTED_BY.get(name):
        return conditions.called(getattr(entity, key), text)
    column = entity.__table__.c[name]
    if column.info.get("repeated"):
        return conditions.has_repeated(column, text)
    is_alone = any(list(index.columns) == [column] for index in column.table.indexes)
    return conditions.has_indexed(column, text) if is_alone else conditions.has_text(column, text)
