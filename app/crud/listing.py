"""The rows of a list: which ones its address asks for, in what order, and which page of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import Enum, Select, String, func, select
from sqlalchemy.orm import selectinload

from app import filters
from app.extensions import db
from app.filters import Address, Filter
from app.models import Annullable, Entity, Family, OfFamily

PAGE_SIZES = (25, 50, 100)
LARGEST_EXPORT = 50_000


@dataclass
class Listing:
    """What a list shows: the rows of one page, how many there are in all, by what order and filters.

    faults: what of the address is not understood; there are no rows then.
    """

    rows: list[Any]
    count: int
    page: int
    page_size: int
    order: tuple[str, str]
    filters: list[Filter] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def filters_in_words(self) -> str:
        """What the rows were narrowed by."""
        return "; ".join(one.said for one in self.filters if one.said) or gettext("all")


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
        found = self.filters(address)
        order = self._order(address)
        sizes = [str(size) for size in PAGE_SIZES]
        page_size = int(address.one_of(f"psize_{self.endpoint}", _("Rows on a page"), sizes) or PAGE_SIZES[0])
        page = address.page(f"page_{self.endpoint}")
        if not address.understood():
            return Listing([], 0, 0, page_size, order, found, address.faults)
        query = self._narrowed(found)
        count = db.session.scalars(query.with_only_columns(func.count(self.entity.id))).one()
        page = min(page, max(0, (count - 1) // page_size))
        query = self._ordered(query, order).options(
            *(selectinload(getattr(self.entity, name)) for name in self.related)
        )
        query = query.limit(LARGEST_EXPORT) if whole else query.limit(page_size).offset(page * page_size)
        return Listing(list(db.session.scalars(query)), count, page, page_size, order, found)

    def link(self, **changes: Any) -> str:
        """This address with some arguments changed: order, page, page size, or a filter by its name."""
        values = filters.given()
        keys = {"page": f"page_{self.endpoint}", "psize": f"psize_{self.endpoint}",
                "order": f"_oc_{self.endpoint}", "direction": f"_od_{self.endpoint}"}  # fmt: skip
        values |= {keys.get(name, f"_flt_0_{name}"): str(value) for name, value in changes.items()}
        values = {key: value for key, value in values.items() if value}
        return f"{self.path}?{urlencode(values)}" if values else self.path

    def _narrowed(self, found: Sequence[Filter]) -> Select[Any]:
        query = select(self.entity)
        if issubclass(self.entity, Annullable):
            query = query.where(self.entity.annulled_at.is_(None))
        if issubclass(self.entity, OfFamily):
            query = query.where(self.entity.family.has(Family.annulled_at.is_(None)))
        return query.where(*(condition for one in found for condition in one.conditions))

    def _order(self, address: Address) -> tuple[str, str]:
        name = address.one_of(f"_oc_{self.endpoint}", _("Order"), self.sortable)
        direction = address.one_of(f"_od_{self.endpoint}", _("Order"), ("asc", "desc")) or "asc"
        return (name, direction) if name else self.base_order

    def _ordered(self, query: Select[Any], order: tuple[str, str]) -> Select[Any]:
        name, direction = order
        column = getattr(self.entity, self.entity.SORTED_BY.get(name, name))
        if column.key == name and _is_typed(column):
            column = func.lower(column)
        if direction == "desc":
            return query.order_by(column.desc(), self.entity.id.desc())
        return query.order_by(column, self.entity.id)


def _is_typed(column: Any) -> bool:
    """Whether a column holds words as they were typed: a database puts all capitals before all small letters."""
    kind = column.type
    return isinstance(kind, String) and not isinstance(kind, Enum) and not column.expression.index
