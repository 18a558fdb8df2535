"""RegistryView: what every list and form of one entity shares.

FAB's ModelView as a declaration (columns, order, filters, permissions); its routes are all ours, FAB keeps the router,
the menu and the names of permissions. Rows come under the scope of the request, filters and order are read per request
and checked, rules run before anything is stored, nothing is deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, make_response, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app import acts, clock, forms, guard, journal
from app.acts import Answer
from app.crud import naming
from app.crud.declaration import EntityView
from app.crud.listing import PAGE_SIZES, Listing, RegistryList
from app.crud.values import as_text
from app.domain.terms import Act
from app.extensions import LARGEST_KEY, db
from app.filters import NotUnderstoodError
from app.models import Annullable, ByAct, Dictionary
from app.render import xlsx
from app.render.table import Column, Table
from app.screens import annulment, screen
from app.screens.screen import next_page
from app.services import registry, saved


class RegistryView(EntityView):
    """The list, the workbook, the page and the forms of one entity: its routes."""

    # The list

    @expose("/list/")
    @has_access
    def list(self) -> str | Response:
        listing = self._rows().read()
        self.prepare(listing.rows)
        if self._of_families() and not listing.faults:
            journal.read(Act.LISTED, entity=self.entity.__name__, records=len(listing.rows),
                         summary=f"{self.list_title}: {listing.filters_in_words}")  # fmt: skip
        page = self.render_template(
            self.list_template,
            view=self,
            title=self.list_title,
            listing=listing,
            columns=[(name, str(self.label_columns[name])) for name in self.columns_of(listing)],
            saved=saved.of_list(self.endpoint),
            naming=naming.refused(self.endpoint),
            conditions=self._rows().conditions(),
            kept=guard.kept(listing.rows) if self.may("edit") else set(),
            page_sizes=PAGE_SIZES,
        )
        return make_response(page, 400 if listing.faults else 200)

    @expose("/xlsx")
    @has_access
    def xlsx(self) -> Response:
        """The list as a workbook: the same rows, filters and order, all pages."""
        listing = self._whole()
        self.prepare(listing.rows)
        columns = self.columns_of(listing)
        journal.read(Act.EXPORTED, entity=self.entity.__name__, records=len(listing.rows),
                     summary=f"{self.list_title}: {listing.filters_in_words}")  # fmt: skip
        table = Table(
            title=str(self.list_title),
            subtitle=""
            if len(listing.rows) == listing.count
            else f"Показаны первые {len(listing.rows)} из {listing.count}: сузьте отбор, чтобы выгрузить остальные.",
            columns=[Column(str(self.label_columns[name])) for name in columns],
            rows=[[self.text(row, name) for name in columns] for row in listing.rows],
        )
        user = g.user.get_full_name()
        content = xlsx.workbook(table, made_by=user, made_at=clock.local(clock.now()))
        return screen.file(content, xlsx.MIME, f"{self.list_title}.xlsx")

    def _whole(self) -> Listing:
        """All pages of the list. Raises NotUnderstoodError."""
        listing = self._rows().read(whole=True)
        if listing.faults:
            raise NotUnderstoodError(listing.faults, self.url("list"))
        return listing

    def _rows(self) -> RegistryList:
        return RegistryList(
            self.entity, self.endpoint, self.url("list"), self.filters_of, self.order_columns, self._related(),
            self.base_order,
        )  # fmt: skip

    def asked(self) -> dict[str, str]:
        """What this address asks of the list, to be asked again. Raises NotUnderstoodError."""
        return self._rows().asked()

    def link(self, **changes: Any) -> str:
        """This list's address with some arguments changed: order, page, page size, or a filter by its name."""
        return self._rows().link(**changes)

    def query_string(self) -> str:
        """The filters and the order of this request, for the link to the workbook."""
        return request.query_string.decode("utf-8", "replace")

    # One row

    @expose("/show/<int:pk>")
    @has_access
    def show(self, pk: int) -> str:
        row = self._find(pk)
        if self._of_families():
            journal.read(Act.OPENED, entity=self.entity.__name__, entity_id=row.id, family_id=journal.family_id_of(row),
                         summary=journal.title_of(row))  # fmt: skip
        return str(
            self.render_template(
                self.show_template,
                view=self,
                row=row,
                title=self.show_title,
                values=[
                    (self.label_columns[name], self.text(row, name), self.family_url(row, name))
                    for name in self.show_columns
                ],
                family_id=journal.family_id_of(row),
                by_act=isinstance(row, ByAct),
                correct=self.correct_url(row) if self._may_correct(row) else None,
            )
        )

    def _may_correct(self, row: Any) -> bool:
        return self.appbuilder.sm.has_access("can_correct", "FamilyPage") and guard.may_write(row)

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

    # Adding, editing, annulling

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        form = self.add_form()
        row = self.entity()
        if request.method == "GET":
            self.preset(form)
            return self._form_page(form, None)
        valid = form.validate()
        alike = self._alike(form, None) if valid else ()
        if valid and not alike and (answer := acts.done(form, lambda: self._store(form, row, fresh=True))):
            return answer
        return self._form_page(form, None, alike)

    def _alike(self, form: Any, row: Any) -> Sequence[Any]:
        """What may be the same as what was typed, until the person has said that it is not."""
        alike = self.alike(form, row) if request.form.get("confirmed") != self.mark(form) else ()
        if alike:
            summary = "похожие записи при внесении" if row is None else "похожие записи при исправлении"
            journal.read(Act.SEARCHED, entity=self.entity.__name__, records=len(alike), summary=summary)
        return alike

    def mark(self, form: Any) -> str:
        """What «save all the same» was said about: other values are asked about again."""
        typed = [(name, str(form._fields[name].data)) for name in self._typed(form)]
        return hashlib.sha256(repr(typed).encode()).hexdigest()

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> str | Response:
        row = self._find_own(pk)
        if isinstance(row, Annullable) and row.annulled_at is not None:
            flash(gettext("The record is annulled and is not edited any more."), "warning")
            return redirect(self._next(row))
        form = self.form_over(row)
        if request.method == "GET":
            return self._form_page(form, row)
        alike: Sequence[Any] = ()
        if not forms.check_version(form, row):
            self._show_conflict(form, row)
        elif form.validate():
            alike = self._alike(form, row)
            if not alike and (answer := acts.done(form, lambda: self._store(form, row))):
                return answer
        return self._form_page(form, self._find(pk), alike)

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
        return Answer(said, self._again(row) if fresh and "again" in request.form else self._next(row))

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

    def _form_page(self, form: Any, row: Any, alike: Sequence[Any] = ()) -> str:
        return str(
            self.render_template(
                self.edit_template,
                view=self,
                form=form,
                row=row,
                alike=alike,
                columns=self._typed(form),
                fixed=[
                    (self.label_columns[name], self.text(row, name), self.family_url(row, name))
                    for name in self.form_columns
                    if name not in form
                ],
                title=self.add_title if row is None else self.edit_title,
                next=next_page(),
                back=next_page() or self.url("list"),
            )
        )

    def _again(self, row: Any) -> str:
        """The form of one more row: about the same family, leading back to the same page."""
        about = {"family": journal.family_id_of(row), "next": next_page()}
        return self.url("add", **{name: value for name, value in about.items() if value})

    def _next(self, row: Any) -> str:
        """Where one came from; else the family's page; else the list."""
        family_id = journal.family_id_of(row)
        return next_page() or (url_for("FamilyPage.show", pk=family_id) if family_id else self.url("list"))

    @expose("/annul/<int:pk>", methods=["GET", "POST"])
    @has_access
    def annul(self, pk: int) -> str | Response:
        """Take a wrong entry out with a reason."""
        row = self._find_own(pk)
        back = next_page() or self.url("show", pk=pk)
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
