"""The rows of a list: which ones its address asks for, in what order, and which page of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from math import isqrt
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement, Enum, Select, String, func, select
from sqlalchemy.orm import class_mapper, joinedload, selectinload

from app import access, conditions, filters, tree
from app.crud import indexes
from app.extensions import db
from app.filters import Address, Filter
from app.models import Dictionary, Entity, Family, OfFamily
from app.readings import given, kept

PAGE_SIZES = (25, 50, 100)
LARGEST_EXPORT = 50_000
# Rows that are counted and paged through; of more, a page says that there are more, and the last ones stand first in
# the opposite order: nobody pays for what nobody reads.
COUNTED = 10_000
# So far a page is reached by meeting the rows in their order; a farther one of a list whose filters let through few is
# found sooner by gathering them, never more than so many.
NEAR, GATHERED = 1_000, 40_000
SAMPLE = 1_000  # rows of which it is asked whether the filters let them through, to tell how many they let through
SPREAD = (5**0.5 - 1) / 2  # the share of all by which one of them follows another: they fall in with no pattern
# Rows passed by in the time in which one is looked up: along an index that tells what the filters ask, or along others.
LOOKED_UP_OR_TOLD, LOOKED_UP = 25, 4


@dataclass
class Listing:
    """What a list shows: the rows of one page, how many there are in all, by what order and filters.

    more: there are more than `count`, nobody has counted how many.
    faults: what of the address is not understood; there are no rows then.
    """

    rows: list[Any]
    count: int
    page: int
    page_size: int
    order: tuple[str, str]
    filters: list[Filter] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    more: bool = False

    @property
    def opposite(self) -> tuple[str, str]:
        """The order in which the last rows stand first."""
        name, direction = self.order
        return name, "asc" if direction == "desc" else "desc"

    @property
    def filters_in_words(self) -> str:
        """What the rows were narrowed by."""
        return "; ".join(one.said for one in self.filters if one.said) or gettext("all")


@dataclass(frozen=True)
class HowMany:
    """How many rows were counted, and the largest id among them."""

    rows: int
    largest: int

    def met_within(self, wanted: int, passed: int) -> bool:
        """Whether so many of them are met in their order sooner than all are gathered: among the others of the table,
        who are at most as many as the ids. Few are gathered at once. passed: rows that are passed by in the time in
        which one is looked up."""
        return self.rows > NEAR and wanted * self.largest <= passed * self.rows**2


@dataclass(frozen=True)
class RegistryList:
    """The list of one entity at its address.

    filters: reads its filters; sortable: the columns it is ordered by; related: relations that a row shows.
    """

    entity: type[Entity]
    endpoint: str
    path: str
    filters: Callable[[Address], list[Filter]]
    sortable: Sequence[str]
    related: Sequence[str]
    base_order: tuple[str, str]

    def read(self, *, whole: bool = False) -> Listing:
        """One page, or all pages up to the largest workbook."""
        address = Address(self.path)
        found, order, page, page_size = self._read(address)
        if not address.understood():
            return Listing([], 0, 0, page_size, order, found, address.faults)
        if whole:
            return Listing(self._fetch(found, order, LARGEST_EXPORT), self._count(found), 0, page_size, order, found)
        is_far = page * page_size > NEAR
        most = self._few(found, order, (page + 1) * page_size) if is_far else COUNTED
        if is_far and (met := self._met(found, order, most)) is not None:
            return self._page_of(met, found, order, page, page_size)
        keys = self._gathered(found, most, order if is_far else None)
        if is_far and keys is not None and len(keys) <= most:
            return self._page_of(keys, found, order, page, page_size)
        many = self._number() if keys is None else HowMany(len(keys), max(keys, default=0))
        known = None if many.rows > most else keys
        more = many.rows > COUNTED
        count, page = _counted(many.rows, page, page_size)
        walked = known is None and (more or many.met_within((page + 1) * page_size, self._passed(found, order)))
        rows = self._fetch(found, order, page_size, page * page_size, walked=walked, known=known)
        return Listing(rows, count, page, page_size, order, found, more=more)

    def _page_of(self, keys: Sequence[int], found: list[Filter], order: tuple[str, str], page: int,
                 page_size: int) -> Listing:  # fmt: skip
        """A page of rows whose ids are known in their order."""
        count, page = _counted(len(keys), page, page_size)
        rows = self._rows(conditions.keyed(self.entity.id, keys[page * page_size : (page + 1) * page_size]), order)
        return Listing(rows, count, page, page_size, order, found, more=len(keys) > COUNTED)

    def asked(self) -> dict[str, str]:
        """The arguments of this address that narrow the list and order it. Raises NotUnderstoodError."""
        address = Address(self.path)
        self._read(address)
        address.check()
        return self.conditions()

    def conditions(self) -> dict[str, str]:
        """The same, whether they are understood or not."""
        kept = ("_flt_", f"_oc_{self.endpoint}", f"_od_{self.endpoint}")
        return {name: text for name, text in filters.given().items() if name.startswith(kept)}

    def _read(self, address: Address) -> tuple[list[Filter], tuple[str, str], int, int]:
        """Filters, order, page and page size of an address."""
        found, order = self.filters(address), self._order(address)
        sizes = [str(size) for size in PAGE_SIZES]
        page_size = int(address.one_of(f"psize_{self.endpoint}", _("Rows on a page"), sizes) or PAGE_SIZES[0])
        return found, order, address.page(f"page_{self.endpoint}"), page_size

    def link(self, **changes: Any) -> str:
        """This address with some arguments changed: order, page, page size, or a filter by its name."""
        values = filters.given()
        keys = {"page": f"page_{self.endpoint}", "psize": f"psize_{self.endpoint}",
                "order": f"_oc_{self.endpoint}", "direction": f"_od_{self.endpoint}"}  # fmt: skip
        values |= {keys.get(name, f"_flt_0_{name}"): str(value) for name, value in changes.items()}
        values = {key: value for key, value in values.items() if value}
        return f"{self.path}?{urlencode(values)}" if values else self.path

    def _keys(self, ids: Select[Any]) -> Sequence[int]:
        """Ids that are narrowed already: past the session, which would narrow them again."""
        return db.session.connection().scalars(ids).all()

    def _few(self, found: Sequence[Filter], order: tuple[str, str], wanted: int) -> int:
        """How many rows are gathered for the sake of a far page: of more, so many as are wanted are met sooner; later
        where each that is met would be read for a text that an index holds of all, and at once where an index holds
        those alone in their order."""
        if any(one.is_part for one in found):
            return GATHERED
        if indexes.of_given(found, self._column(order)):
            return COUNTED
        return max(COUNTED, min(isqrt(wanted * self._last // self._passed(found, order)), GATHERED))

    def _passed(self, found: Sequence[Filter], order: tuple[str, str]) -> int:
        """How many rows are passed by in an order in the time in which one is looked up."""
        along = self._index_along(found, order)
        return LOOKED_UP_OR_TOLD if along and indexes.tells(self.entity, along, found) else LOOKED_UP

    def _met(self, found: Sequence[Filter], order: tuple[str, str], most: int) -> Sequence[int] | None:
        """The ids of the rows in their order, as far as they are counted: who meets them on the way to a far page need
        not gather them too. None if no row is passed by or no index holds the order, or if less than `most` are met."""
        is_held = self._index_along(found, order) and not self._column(order).info.get("repeated")
        are_chosen = any(one.conditions for one in found) or self._works_much
        if not is_held or not are_chosen or self._guessed(found) < most:
            return None
        rows = self._ordered(self._narrowed(found, walked=True, one_by_one=False), order, walked=True)
        return self._keys(self._along(rows.limit(COUNTED + 1), found, order))

    def _guessed(self, found: Sequence[Filter]) -> int:
        """About how many rows the filters let through: as many as of some that lie evenly among all."""
        table, last = self.entity.__table__, self._last
        some = {1 + int(last * (number * SPREAD % 1)) for number in range(min(last, SAMPLE))}
        rows = self._narrowed(found, walked=True).where(conditions.keyed(table.c.id, sorted(some)))
        return len(self._keys(rows.with_hint(table, "NOT INDEXED", "sqlite"))) * last // max(1, len(some))

    @cached_property
    def _last(self) -> int:
        """The largest id."""
        return self._keys(select(func.max(self.entity.__table__.c.id)))[0] or 0

    def _gathered(self, found: Sequence[Filter], most: int,
                  order: tuple[str, str] | None = None) -> Sequence[int] | None:  # fmt: skip
        """The ids of the rows that the filters let through, in an order if so asked, of more than `most` any ones; None
        if nothing is asked."""
        if not any(one.conditions for one in found):
            return None
        index = indexes.of_asked(self.entity, found, sees_most=_sees_most())
        rows = self._narrowed(found, walked=bool(index), one_by_one=False)  # an index leads to them, no family
        rows = self._from_index(rows.limit(most + 1), index)
        if order is None:
            return self._found(rows, found, most)
        # Only those that are let through are read for their place: an index tells of all others.
        row = self.entity.__table__.alias()
        by = self._sort_key(conditions.unindexed(row.c[self._column(order).key]), order)
        ends = (by, *(row.c[name] for name in _within(self.entity, order)), row.c.id)
        ordered = select(row.c.id).where(row.c.id.in_(rows))
        ordered = ordered.order_by(*(end.desc() if order[1] == "desc" else end for end in ends))
        return self._found(ordered, found, most, order)

    def _found(self, rows: Select[Any], found: Sequence[Filter], most: int,
               order: tuple[str, str] | None = None) -> Sequence[int]:  # fmt: skip
        """The ids of gathered rows; dear ones are kept while nothing changes that they rest on."""
        if not any(one.is_dear and one.conditions for one in found):
            return self._keys(rows)
        asked = frozenset((one.name, one.value, one.until) for one in found if one.conditions)
        question = ("gathered", self.endpoint, asked, order, most)
        return kept.while_unchanged(question, lambda: self._keys(rows))

    def _number(self) -> HowMany:
        """How many rows the person sees, of too many the first ones alone."""
        rows = self._narrowed([]).limit(COUNTED + 1).subquery()
        counted = select(func.count(), func.max(rows.c.id)).select_from(rows)
        number, largest = db.session.connection().execute(counted).one()
        return HowMany(number, largest or 0)

    def _count(self, found: Sequence[Filter]) -> int:
        """How many rows there are, however many."""
        return self._keys(select(func.count()).select_from(self._narrowed(found).subquery()))[0]

    def _fetch(self, found: Sequence[Filter], order: tuple[str, str], limit: int, offset: int = 0, *,
               walked: bool = False, known: Sequence[int] | None = None) -> list[Any]:  # fmt: skip
        """Rows in their order. The ids are found first: what is passed over on the way to a page is not read whole.

        walked: there are many, and they are met in their order until there are enough. Few are gathered by what makes
        them few, and then put in order; known: their ids, if all of them are gathered already.
        """
        rows = self._ordered(self._asked(found, walked=walked, known=known), order, walked=walked)
        rows = rows.limit(limit).offset(offset)
        if walked and self._column(order).info.get("repeated"):
            on_page = conditions.keyed(self.entity.id, self._under_texts(found, order, limit, offset))
        elif walked and self._index_along(found, order):
            on_page = conditions.keyed(self.entity.id, self._keys(self._along(rows, found, order)))
        else:
            on_page = self.entity.id.in_(rows)
        return self._rows(on_page, order)

    def _rows(self, on_page: ColumnElement[bool], order: tuple[str, str]) -> list[Any]:
        """The rows of a page in their order, with what they show of others."""
        query = select(self.entity).where(on_page)
        return list(db.session.scalars(self._ordered(query, order).options(*map(self._loaded, self.related))))

    def _asked(self, found: Sequence[Filter], *, walked: bool, known: Sequence[int] | None) -> Select[Any]:
        """The ids of the rows that are asked for; of known ones it is not asked again what they are."""
        if known is None:
            return self._narrowed(found, walked=walked)
        key = self.entity.__table__.c.id
        return select(key).where(conditions.keyed(key, known))

    def _under_texts(self, found: Sequence[Filter], order: tuple[str, str], limit: int, offset: int) -> Sequence[int]:
        """Ids of a page of rows in the order of a text that many share.

        The different texts are put in order, and the rows met of the first ones alone: of so many as would be enough
        if the person saw all of them, and of more and more as long as they are not. The first rows are enough of a text
        that more rows bear, unless the person sees few of them.
        """
        wanted, place, ids = limit + offset, 0, list[int]()
        groups = self._texts(found, order, wanted)
        met = [0, *accumulate(number for _texts, number in groups)]
        ahead = wanted
        while len(ids) < wanted and place < len(groups):
            last = min(bisect_left(met, met[place] + ahead, lo=place + 1), len(groups)) - 1
            if ahead <= wanted * 16:
                last = next((each for each in range(place, last) if groups[each][1] >= wanted), last)
            ids += self._bearing([text for texts, _number in groups[place:last] for text in texts], found, order)
            if len(ids) < wanted:
                ids += self._first_bearing(groups[last][0], found, order, wanted - len(ids))
            place, ahead = last + 1, ahead * 4
        return ids[offset:wanted]

    def _texts(self, found: Sequence[Filter], order: tuple[str, str],
               most: int) -> list[tuple[list[str | None], int]]:  # fmt: skip
        """The different texts in their order, those together that differ in the case of letters alone; and how many
        live rows bear them, counted no further than `most`: of those that the filters let through, if an index tells
        it."""
        groups: dict[str, tuple[list[str | None], int]] = {}
        index = self._index_of(order)
        is_told = indexes.tells(self.entity, index, found)
        asked = [told for one in found for told in one.of_each or one.conditions] if is_told else []
        counted = conditions.counted_texts(self._column(order), most, asked, index)
        for text, number in db.session.connection().execute(counted):
            if not number:
                continue
            texts, before = groups.get((text or "").lower(), ([], 0))
            groups[(text or "").lower()] = [*texts, text], before + number
        return [groups[text] for text in sorted(groups, reverse=order[1] == "desc")]

    def _bearing(self, texts: Sequence[str | None], found: Sequence[Filter], order: tuple[str, str]) -> list[int]:
        """Ids of all rows that bear one of some texts, in the order of the texts."""
        if not texts:
            return []
        column = self._column(order)
        rows = self._from_index(self._narrowed(found).add_columns(column), self._index_of(order))
        said = [text for text in texts if text is not None]
        asked = [column.is_(None)] if len(said) < len(texts) else []  # apart: SQLite looks nothing up by either of two
        asked += [column.in_(said)] if said else []
        execute = db.session.connection().execute
        told = [((text or "").lower(), key) for one in asked for key, text in execute(rows.where(one))]
        return [key for _text, key in sorted(told, reverse=order[1] == "desc")]

    def _first_bearing(self, texts: Sequence[str | None], found: Sequence[Filter], order: tuple[str, str],
                       limit: int) -> list[int]:  # fmt: skip
        """Ids of the first rows of those that bear one text, however it is written."""
        ids, key, backwards = list[int](), self.entity.__table__.c.id, order[1] == "desc"
        for text in texts:
            column = self._column(order)
            rows = self._narrowed(found, walked=True).where(column.is_(None) if text is None else column == text)
            rows = rows.order_by(key.desc() if backwards else key).limit(limit)
            ids += self._keys(self._from_index(rows, self._index_of(order)))
        return sorted(ids, reverse=backwards)[:limit]

    def _along(self, rows: Select[Any], found: Sequence[Filter], order: tuple[str, str]) -> Select[Any]:
        """Rows met along an index that holds them in an order, if there is one."""
        return self._from_index(rows, self._index_along(found, order))

    def _from_index(self, rows: Select[Any], index: str) -> Select[Any]:
        """Rows met in an index, if there is one."""
        return rows.with_hint(self.entity.__table__, f"INDEXED BY {index}", "sqlite") if index else rows

    def _index_along(self, found: Sequence[Filter], order: tuple[str, str]) -> str:
        """The index that holds rows in an order: those that the filters let through, or all; empty if there is none."""
        return indexes.of_given(found, self._column(order)) or self._index_of(order)

    def _index_of(self, order: tuple[str, str]) -> str:
        """The index that holds the rows in an order; empty if there is none."""
        return indexes.of_order(self._column(order), self.entity.SORTED_WITHIN.get(order[0], "id"))

    def _column(self, order: tuple[str, str]) -> Any:
        """The stored column by which an order puts rows."""
        return self.entity.__table__.c[self.entity.SORTED_BY.get(order[0], order[0])]

    def _loaded(self, name: str) -> Any:
        """How a relation is read: a word of a dictionary beside its row, other rows all at once."""
        relation = class_mapper(self.entity).relationships[name]
        of_words = issubclass(relation.mapper.class_, Dictionary) and not relation.uselist
        return (joinedload if of_words else selectinload)(getattr(self.entity, name))

    def _narrowed(self, found: Sequence[Filter], *, walked: bool = False, one_by_one: bool = True) -> Select[Any]:
        """The ids of the person's rows that the filters let through; one_by_one: so few are met that each is asked."""
        each = walked or any(one.is_part for one in found)
        asked = [told for one in found for told in (walked and one_by_one and one.of_each) or one.conditions]
        ids = [self.entity.__table__.c.id]
        return access.scope().listed(self.entity, ids, *asked, walked=each, one=not each and self._works_much)

    @cached_property
    def _works_much(self) -> bool:
        return issubclass(self.entity, OfFamily | Family) and given.works_much(COUNTED)

    def _order(self, address: Address) -> tuple[str, str]:
        name = address.one_of(f"_oc_{self.endpoint}", _("Order"), self.sortable)
        direction = address.one_of(f"_od_{self.endpoint}", _("Order"), ("asc", "desc")) or "asc"
        return (name, direction) if name else self.base_order

    def _ordered(self, query: Select[Any], order: tuple[str, str], *, walked: bool = False) -> Select[Any]:
        """The rows in an order; one that is not walked is not led by it to other rows than it needs."""
        column = getattr(self.entity, self.entity.SORTED_BY.get(order[0], order[0]))
        by, key = self._sort_key(column, order), self.entity.id
        if by is column and not walked:
            by = conditions.unindexed(column)
        ends = (by, *(getattr(self.entity, name) for name in _within(self.entity, order)), key)
        return query.order_by(*(end.desc() if order[1] == "desc" else end for end in ends))

    def _sort_key(self, column: Any, order: tuple[str, str]) -> Any:
        """What rows are put in an order by before their ids, of the column of the order."""
        is_typed = order[0] not in self.entity.SORTED_BY and _is_typed(self._column(order))
        return func.coalesce(func.lower(column), "") if is_typed else column


def _within(entity: type[Entity], order: tuple[str, str]) -> list[str]:
    """The column by which rows of one value follow one another, before their ids."""
    return [entity.SORTED_WITHIN[order[0]]] if order[0] in entity.SORTED_WITHIN else []


def _sees_most() -> bool:
    """Whether the person sees most families of the installation, as far as its territories tell."""
    scope = access.scope()
    return scope.everything or 2 * len(scope.territories) > len(tree.read().rows)


def _counted(rows: int, page: int, page_size: int) -> tuple[int, int]:
    """How many of some rows a list counts, and the page of them that stands nearest to the one asked for."""
    count = min(rows, COUNTED)
    return count, min(page, max(0, (count - 1) // page_size))


def _is_typed(column: Any) -> bool:
    """Whether a column holds words as they were typed: a database puts all capitals before all small letters."""
    kind = column.type
    if not isinstance(kind, String) or isinstance(kind, Enum):
        return False
    is_ordered = column.index or any(index.columns[0] is column for index in column.table.indexes)
    return bool(column.info.get("repeated")) or not is_ordered
