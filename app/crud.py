"""RegistryView: what every list and form of one entity shares.

FAB's ModelView as a declaration (columns, order, filters, permissions), with its weak places closed: rows come under
the scope of the request, filters and order are read per request and checked, rules run before anything is stored,
nothing is deleted.
"""

from __future__ import annotations

import builtins
import enum
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import abort, flash, g, make_response, redirect, request, url_for
from flask_appbuilder import ModelView, expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import RelationshipProperty, class_mapper, selectinload
from werkzeug.wrappers import Response

from app import acts, clock, filters, forms, guard, journal, pages, words
from app.acts import Answer
from app.domain.terms import Act, Term
from app.extensions import LARGEST_KEY, db
from app.filters import Address, Filter, NotUnderstoodError
from app.models import Annullable, ByAct, Dictionary, Entity, Family, OfFamily
from app.readings.duplicates import Likeness
from app.render import xlsx
from app.render.table import Column, Table
from app.screens import annulment, screen
from app.services import registry
from app.signin import is_own_path

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
    def pages(self) -> int:
        return max(1, -(-self.count // self.page_size))

    @property
    def near_pages(self) -> list[int]:
        """The pages a pager names: the first, the last and two on each side of this one."""
        near = range(max(0, self.page - 2), min(self.pages, self.page + 3))
        return sorted({0, self.pages - 1, *near})


class RegistryView(ModelView):
    """The list, the form and the page of one entity.

    Declared by a subclass: `entity`, `list_columns`, `form_columns`, `search_columns`, `base_order`, and where needed
    `within` (which field narrows the choice of another), `presets` (values of a fresh row), `computed`
    (columns that are properties: label, relation they read) and `intro` (a line under the title).
    """

    entity: ClassVar[type[Entity]]
    form_columns: ClassVar[list[str]]
    within: ClassVar[dict[str, str]] = {}
    computed: ClassVar[dict[str, tuple[Any, str]]] = {}
    presets: ClassVar[dict[str, Callable[[], Any]]] = {}
    intro: ClassVar[Any] = ""
    addable: ClassVar[bool] = True
    # Chosen when a row is made, then shown and not edited: what hangs on the row would be left behind.
    fixed: ClassVar[tuple[str, ...]] = ("family", "member")

    # FAB's routes that reach around the scope, and deletion.
    exclude_route_methods = {"download", "action", "action_post", "delete"}
    page_size = PAGE_SIZES[0]
    list_template = "registry/list.html"
    show_template = "registry/show.html"
    add_template = edit_template = "registry/form.html"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "entity"):
            return
        from flask_appbuilder.models.sqla.interface import SQLAInterface

        cls.datamodel = SQLAInterface(cls.entity)
        cls.class_permission_name = cls.entity.__name__
        cls.route_base = f"/{cls.__name__.lower()}"
        cls.add_columns = cls.edit_columns = cls.form_columns
        if cls.__dict__.get("show_columns") is None:
            cls.show_columns = list(dict.fromkeys([*cls.form_columns, *cls.list_columns]))
        cls.label_columns = _labels(cls.entity) | {name: title for name, (title, _from) in cls.computed.items()}
        cls.order_columns = [
            name for name in cls.list_columns if name not in cls.computed and not _is_relation(cls.entity, name)
        ]
        cls.list_title = cls.entity.TITLES
        cls.show_title = cls.add_title = cls.edit_title = cls.entity.TITLE
        if not issubclass(cls.entity, Annullable):
            cls.exclude_route_methods = cls.exclude_route_methods | {"annul"}
        if issubclass(cls.entity, ByAct):
            cls.exclude_route_methods = cls.exclude_route_methods | {"add", "edit"}
        if not cls.addable:
            cls.exclude_route_methods = cls.exclude_route_methods | {"add", "edit", "annul"}

    def _init_forms(self) -> None:
        """Our own forms; FAB's search form, which lists every related row, is not made at all."""
        asked = [] if "edit" in self.exclude_route_methods else self.form_columns
        self.add_form = self.search_form = forms.form_for(self.entity, asked, self.within)
        free = [name for name in asked if name not in self.fixed]
        self.edit_form = forms.form_for(self.entity, free, self.within)

    # What a person may do here; templates ask this.

    def may(self, act: str) -> bool:
        """Whether the person holds the permission and this view has the route."""
        route = {"annul": "annul", "add": "add", "edit": "edit", "show": "show", "xlsx": "xlsx"}[act]
        if route in self.exclude_route_methods:
            return False
        return bool(self.appbuilder.sm.has_access(f"can_{act}", self.class_permission_name))

    def may_write(self, act: str, row: Any) -> bool:
        """Whether the person may do this to a row: it may be seen and be another's."""
        return self.may(act) and guard.may_write(row)

    def url(self, act: str, **values: Any) -> str:
        """The address of one of this view's routes."""
        return url_for(f"{self.endpoint}.{act}", **values)

    # The list

    @expose("/list/")
    @has_access
    def list(self) -> str | Response:
        listing = self._listing()
        if self._of_families() and not listing.faults:
            journal.read(Act.LISTED, entity=self.entity.__name__, records=len(listing.rows),
                         summary=f"{self.list_title}: {self._filters_in_words(listing)}")  # fmt: skip
        page = self.render_template(
            self.list_template,
            view=self,
            title=self.list_title,
            listing=listing,
            columns=[(name, self.label_columns[name]) for name in self.list_columns],
            page_sizes=PAGE_SIZES,
        )
        return make_response(page, 400 if listing.faults else 200)

    @expose("/xlsx")
    @has_access
    def xlsx(self) -> Response:
        """The list as a workbook: the same rows, filters and order, all pages."""
        listing = self._listing(whole=True)
        if listing.faults:
            raise NotUnderstoodError(listing.faults, self.url("list"))
        journal.read(Act.EXPORTED, entity=self.entity.__name__, records=len(listing.rows),
                     summary=f"{self.list_title}: {self._filters_in_words(listing)}")  # fmt: skip
        table = Table(
            title=str(self.list_title),
            subtitle=""
            if len(listing.rows) == listing.count
            else f"Показаны первые {len(listing.rows)} из {listing.count}: сузьте отбор, чтобы выгрузить остальные.",
            columns=[Column(str(self.label_columns[name])) for name in self.list_columns],
            rows=[[self.text(row, name) for name in self.list_columns] for row in listing.rows],
        )
        user = g.user.get_full_name()
        content = xlsx.workbook(table, made_by=user, made_at=clock.local(clock.now()))
        return screen.file(content, xlsx.MIME, f"{self.list_title}.xlsx")

    def _listing(self, *, whole: bool = False) -> Listing:
        address = Address(self.url("list"))
        found = [filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns]
        order = self._order(address)
        sizes = [str(size) for size in PAGE_SIZES]
        page_size = int(address.one_of(f"psize_{self.endpoint}", _("Rows on a page"), sizes) or PAGE_SIZES[0])
        page = address.page(f"page_{self.endpoint}")
        if not address.understood():
            return Listing([], 0, 0, page_size, order, found, address.faults)
        query = self._narrowed(found)
        count = db.session.scalars(query.with_only_columns(func.count(self.entity.id))).one()
        page = min(page, max(0, (count - 1) // page_size))
        query = self._ordered(query, order).options(*self._relations())
        query = query.limit(LARGEST_EXPORT) if whole else query.limit(page_size).offset(page * page_size)
        return Listing(list(db.session.scalars(query)), count, page, page_size, order, found)

    def _narrowed(self, found: Sequence[Filter]) -> Select[Any]:
        query = select(self.entity)
        if issubclass(self.entity, Annullable):
            query = query.where(self.entity.annulled_at.is_(None))
        if issubclass(self.entity, OfFamily):
            query = query.where(self.entity.family.has(Family.annulled_at.is_(None)))
        return query.where(*(condition for one in found for condition in one.conditions))

    def _order(self, address: Address) -> tuple[str, str]:
        name = address.one_of(f"_oc_{self.endpoint}", _("Order"), self.order_columns)
        direction = address.one_of(f"_od_{self.endpoint}", _("Order"), ("asc", "desc")) or "asc"
        return (name, direction) if name else self.base_order

    def _ordered(self, query: Select[Any], order: tuple[str, str]) -> Select[Any]:
        name, direction = order
        sorted_by = {"last_name": "sort_key", "name": "sort_key"}.get(name, name)
        column = getattr(self.entity, sorted_by if hasattr(self.entity, sorted_by) else name)
        if direction == "desc":
            return query.order_by(column.desc(), self.entity.id.desc())
        return query.order_by(column, self.entity.id)

    def _relations(self) -> builtins.list[Any]:
        names = {self.computed[name][1] if name in self.computed else name for name in self.list_columns}
        return [selectinload(getattr(self.entity, name)) for name in sorted(names) if _is_relation(self.entity, name)]

    def row_url(self, row: Any) -> str:
        """Where a row of the list opens."""
        return self.url("show", pk=row.id)

    def correct_url(self, row: Any) -> str | None:
        """Where the act that states a row is corrected; None: such a row is annulled and stated anew."""
        return None

    def add_url(self) -> str:
        """Where a fresh row is entered."""
        return self.url("add")

    def link(self, **changes: Any) -> str:
        """This list's address with some arguments changed: order, page, page size."""
        values = filters.given()
        for name, value in changes.items():
            key = {"page": f"page_{self.endpoint}", "psize": f"psize_{self.endpoint}",
                   "order": f"_oc_{self.endpoint}", "direction": f"_od_{self.endpoint}"}[name]  # fmt: skip
            values[key] = str(value)
        return f"{self.url('list')}?{urlencode(values)}" if values else self.url("list")

    def query_string(self) -> str:
        """The filters and the order of this request, for the link to the workbook."""
        return request.query_string.decode("utf-8", "replace")

    @staticmethod
    def _filters_in_words(listing: Listing) -> str:
        return "; ".join(one.said for one in listing.filters if one.said) or gettext("all")

    # One row

    @expose("/show/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        row = self._find(pk)
        if self._of_families():
            journal.read(Act.OPENED, entity=self.entity.__name__, entity_id=row.id, family_id=family_id_of(row),
                         summary=journal.title_of(row))  # fmt: skip
        return str(
            self.render_template(
                self.show_template,
                view=self,
                row=row,
                title=self.show_title,
                values=[(self.label_columns[name], self.text(row, name)) for name in self.show_columns],
                family_id=family_id_of(row),
                by_act=isinstance(row, ByAct),
                correct=self.correct_url(row) if self.appbuilder.sm.has_access("can_correct", "FamilyPage") else None,
            )
        )

    def _find(self, pk: int) -> Any:
        row = db.session.scalar(select(self.entity).where(self.entity.id == pk)) if pk <= LARGEST_KEY else None
        if row is None:
            abort(404)
        return row

    def _find_own(self, pk: int) -> Any:
        """A row that the person may write; one that is merely seen is not acted upon."""
        row = self._find(pk)
        if not guard.may_write(row):
            abort(403)
        return row

    def _of_families(self) -> bool:
        return issubclass(self.entity, OfFamily | Family)

    def text(self, row: Any, name: str) -> str:
        """A value as people read it."""
        return as_text(getattr(row, name))

    # Adding, editing, annulling

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        form = self.add_form()
        row = self.entity()
        if request.method == "GET":
            for name, preset in self.presets.items():
                form._fields[name].data = preset()
            forms.prefill(form)
            return self._form_page(form, None)
        valid = form.validate()
        alike = self.alike(form) if valid and request.form.get("confirmed") != self.mark(form) else []
        if alike:
            journal.read(Act.SEARCHED, entity=self.entity.__name__, records=len(alike),
                         summary="похожие записи при внесении")  # fmt: skip
        elif valid and (answer := acts.done(form, lambda: self._store(form, row, fresh=True))):
            return answer
        return self._form_page(form, None, alike)

    def alike(self, form: Any) -> Sequence[Likeness]:
        """What is in the bank already and may be what was typed: shown before it is stored a second time."""
        return ()

    def mark(self, form: Any) -> str:
        """What «enter all the same» was said about: other values are asked about again."""
        typed = [(name, str(form._fields[name].data)) for name in self._typed(form)]
        return hashlib.sha256(repr(typed).encode()).hexdigest()

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> str | Response:
        row = self._find_own(pk)
        if isinstance(row, Annullable) and row.annulled_at is not None:
            flash(gettext("The record is annulled and is not edited any more."), "warning")
            return redirect(self._next(row))
        form = self.edit_form(obj=row)
        if request.method == "GET":
            return self._form_page(form, row)
        if not forms.check_version(form, row):
            self._show_conflict(form, row)
        elif form.validate() and (answer := acts.done(form, lambda: self._store(form, row))):
            return answer
        return self._form_page(form, self._find(pk))

    def _typed(self, form: Any) -> Sequence[str]:
        """The columns that this form asks."""
        return [name for name in self.form_columns if name in form._fields]

    def _store(self, form: Any, row: Any, *, fresh: bool = False) -> Answer:
        """Fill the row, check it and flush it; the answer is made before the commit."""
        with db.session.no_autoflush:
            for name in self._typed(form):
                form._fields[name].populate_obj(row, name)
        registry.save(row, clock.today())
        said = gettext("Added: %(title)s", title=str(row)) if fresh else gettext("Saved: %(title)s", title=str(row))
        return Answer(said, self._next(row))

    def _show_conflict(self, form: Any, row: Any) -> None:
        """Somebody saved the row meanwhile: show both values, keep what was typed, let the person decide."""
        form.refuse(
            gettext("While you were typing, this record was saved by somebody else. "
                    "Compare and save again: your values will then replace the stored ones."), None,
        )  # fmt: skip
        for name in self._typed(form):
            typed, stored = form._fields[name].data, getattr(row, name)
            if as_text(typed) != as_text(stored):
                form.refuse(gettext("Now in the bank: %(value)s", value=as_text(stored) or "—"), name)
        form._fields["version"].raw_data = None
        form._fields["version"].data = row.version

    def _form_page(self, form: Any, row: Any, alike: Sequence[Likeness] = ()) -> str:
        return str(
            self.render_template(
                self.edit_template,
                view=self,
                form=form,
                row=row,
                alike=alike,
                columns=self._typed(form),
                fixed=[
                    (self.label_columns[name], self.text(row, name)) for name in self.form_columns if name not in form
                ],
                title=self.edit_title if row is not None else gettext("%(what)s: add", what=str(self.add_title)),
                next=safe_next(),
                back=safe_next() or self.url("list"),
            )
        )

    def _next(self, row: Any) -> str:
        """Where one came from; else the family's page; else the list."""
        family_id = family_id_of(row)
        return safe_next() or (url_for("FamilyPage.show", pk=family_id) if family_id else self.url("list"))

    @expose("/annul/<int:pk>", methods=["GET", "POST"])
    @has_access
    def annul(self, pk: int) -> str | Response:
        """Take a wrong entry out with a reason."""
        row = self._find_own(pk)
        back = safe_next() or self.url("show", pk=pk)
        return annulment.page(row, self.render_template, back=back, then=self._next(row))


class DictionaryView(RegistryView):
    """A dictionary: its rows in their order, retired ones marked; nothing is deleted, old records keep their words."""

    list_columns = ["code", "name", "retired"]
    search_columns = ["code", "name"]
    form_columns = ["code", "name", "position", "retired"]
    base_order = ("position", "asc")
    fixed = ("code",)  # reports, workbooks and the installation find a row by it
    intro = _("A row that is no longer used is marked, not deleted: old records keep it.")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "entity" in cls.__dict__ and not issubclass(cls.entity, Dictionary):
            raise TypeError(f"{cls.entity.__name__} is not a dictionary")
        super().__init_subclass__(**kwargs)


def _labels(entity: type[Entity]) -> dict[str, Any]:
    labels = {}
    for attribute in class_mapper(entity).attrs:
        info = attribute.info if isinstance(attribute, RelationshipProperty) else attribute.columns[0].info
        if "label" in info:
            labels[attribute.key] = info["label"]
    return labels


def _is_relation(entity: type[Entity], name: str) -> bool:
    return isinstance(class_mapper(entity).attrs[name], RelationshipProperty)


def as_text(value: Any) -> str:
    """Any value of an entity as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Term):
        return value.title_ru
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return pages.moment(value)
    if isinstance(value, date):
        return words.day(value)
    if isinstance(value, Decimal):
        return words.roubles(value)
    if isinstance(value, list | tuple):
        return "; ".join(as_text(item) for item in value)
    return str(value)


def family_id_of(row: Any) -> int | None:
    """The family a row is about."""
    return row.id if isinstance(row, Family) else getattr(row, "family_id", None)


def safe_next() -> str:
    """The page to return to: an address of ours or nothing."""
    target = request.values.get("next", "")
    return target if is_own_path(target) else ""
