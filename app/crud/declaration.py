"""What the screen of an entity declares, and what follows from it before any request comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from flask import url_for
from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import RelationshipProperty, class_mapper

from app import filters, forms, guard, pages
from app.crud.listing import PAGE_SIZES, Listing
from app.crud.values import as_text
from app.models import Annullable, ByAct, Entity, Family, OfFamily

LONG_WORDS, LONG_NUMBER = 14, 24  # characters of a cell that stand there whole


class EntityView(ModelView):
    """The columns, the forms, the routes and the permissions of one entity.

    Declared by a subclass: `entity`, `list_columns`, `form_columns`, `search_columns`, `base_order`, and where needed
    `within` (which field narrows the choice of another), `presets` (values of a fresh row), `computed`
    (columns of the list that are no columns of the entity, and what they are called), `titles` (columns that open
    the row), `hints` (a line under a field of the form), `suggested` (values
    that a text field offers), `said` (what the codes of a column stand for) and `intro`
    (a line under the title).
    """

    entity: ClassVar[type[Entity]]
    form_columns: ClassVar[list[str]]
    within: ClassVar[dict[str, str]] = {}
    computed: ClassVar[dict[str, Any]] = {}
    titles: ClassVar[tuple[str, ...]] = ()
    hints: ClassVar[dict[str, Any]] = {}
    suggested: ClassVar[dict[str, Any]] = {}
    alike_template: ClassVar[str] = "alike.html"
    said: ClassVar[dict[str, dict[str, str]]] = {}
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
        cls.datamodel = SQLAInterface(cls.entity)
        cls.class_permission_name = cls.entity.__name__
        cls.route_base = f"/{cls.__name__.lower()}"
        cls.add_columns = cls.edit_columns = cls.form_columns
        own = [name for name in cls.list_columns if name not in cls.computed]
        if cls.__dict__.get("show_columns") is None:
            cls.show_columns = list(dict.fromkeys([*cls.form_columns, *own]))
        cls.label_columns = labels_of(cls.entity) | cls.computed
        cls.order_columns = [name for name in own if not is_relation(cls.entity, name)]
        cls.list_title = cls.entity.TITLES
        cls.show_title = cls.edit_title = cls.entity.TITLE
        cls.add_title = cls.entity.ADDING
        if not issubclass(cls.entity, Annullable):
            cls.exclude_route_methods = cls.exclude_route_methods | {"annul"}
        if issubclass(cls.entity, ByAct):
            cls.exclude_route_methods = cls.exclude_route_methods | {"add", "edit"}
        if not cls.addable:
            cls.exclude_route_methods = cls.exclude_route_methods | {"add", "edit", "annul"}
        if "add" not in cls.exclude_route_methods and not cls.add_title:
            raise TypeError(f"{cls.entity.__name__} does not say what adding its rows is called: ADDING")

    def _init_forms(self) -> None:
        """Our own forms; FAB's search form, which lists every related row, is not made at all."""
        asked = [] if "edit" in self.exclude_route_methods else self.form_columns
        self.add_form = self.search_form = forms.form_for(self.entity, asked, self.within, self.said)
        free = [name for name in asked if name not in self.fixed]
        self.edit_form = forms.form_for(self.entity, free, self.within, self.said)

    def form_over(self, row: Any) -> Any:
        """The form of a stored row: it asks only what the person may change."""
        form = self.edit_form(obj=row)
        for name in guard.kept_back(self.entity):
            if name in form:
                del form[name]
        return form

    # What a person may do here; templates ask this.

    def may(self, act: str) -> bool:
        """Whether the person holds the permission and this view has the route."""
        return act not in self.exclude_route_methods and bool(
            self.appbuilder.sm.has_access(f"can_{act}", self.class_permission_name)
        )

    def may_write(self, act: str, row: Any) -> bool:
        """Whether the person may do this to a row: it may be seen and be another's."""
        return self.may(act) and guard.may_write(row)

    def url(self, act: str, **values: Any) -> str:
        """The address of one of this view's routes."""
        return url_for(f"{self.endpoint}.{act}", **values)

    # What an entity may say otherwise

    def row_url(self, row: Any) -> str:
        """Where a row of the list opens."""
        return pages.of_row(f"{self.endpoint}.show", row.id)

    def edit_url(self, row: Any) -> str:
        """Where a row is edited."""
        return pages.of_row(f"{self.endpoint}.edit", row.id)

    def cell_url(self, row: Any, name: str) -> str | None:
        """Where a cell of the list leads: what names the row opens it, a family opens its page wherever it is named."""
        if name in (self.titles or self.list_columns[:1]):
            return self.row_url(row) if self.may("show") else None
        return self.family_url(row, name)

    def family_url(self, row: Any, name: str) -> str | None:
        """The page of the family that a value of a row names, for whoever may open it."""
        if name == "family" and row.family_id is not None and self.appbuilder.sm.has_access("can_show", "FamilyPage"):
            return pages.of_row("FamilyPage.show", row.family_id)
        return None

    def cells(self, row: Any, columns: Sequence[tuple[str, str]]) -> list[tuple[str, str, str | None]]:
        """A row of the list: of each column what it is called, the value as people read it, and where it leads."""
        return [(label, self.text(row, name), self.cell_url(row, name)) for name, label in columns]

    def filters_of(self, address: filters.Address) -> list[filters.Filter]:
        """What an address asks of the list."""
        return [filters.read(address, self.entity, name, self.label_columns[name]) for name in self.search_columns]

    def prepare(self, rows: Sequence[Any]) -> None:
        """Read what the columns of the list show beside the rows, before they are written out."""

    def columns_of(self, listing: Listing) -> Sequence[str]:
        """The columns of the list, which may answer to what it was asked."""
        return self.list_columns

    def acts_of(self, row: Any, listing: Listing) -> Sequence[tuple[Any, str]]:
        """What to do about a row, beside its pencil: what it is called and where it is done."""
        return ()

    def warning(self, row: Any, listing: Listing) -> str:
        """What a row of the list is marked with; nothing if all is well."""
        return ""

    def correct_url(self, row: Any) -> str | None:
        """Where the act that states a row is corrected; None: such a row is annulled and stated anew."""
        return None

    def add_url(self) -> str:
        """Where a fresh row is entered."""
        return self.url("add")

    def preset(self, form: Any) -> None:
        """Fill a fresh form with what is known: presets, and what the address names."""
        for name, value in self.presets.items():
            form._fields[name].data = value()
        forms.prefill(form)

    def alike(self, form: Any, row: Any) -> Sequence[Any]:
        """What is in the bank already and may be what was typed: shown by `alike_template` before it is stored again.

        row: what is edited, None if it is entered; what the edit leaves as it was is not asked about.
        """
        return ()

    def text(self, row: Any, name: str) -> str:
        """A value as people read it."""
        value = getattr(row, name)
        return self.said[name].get(value, as_text(value)) if name in self.said else as_text(value)

    def gives_way(self, text: str) -> bool:
        """Whether a list may cut a value short where there is no room: words; half of a number is another number."""
        return len(text) > (LONG_NUMBER if any(map(str.isdigit, text)) else LONG_WORDS)

    def _of_families(self) -> bool:
        """Whether reading its rows is written in the journal."""
        return issubclass(self.entity, OfFamily | Family)

    def _related(self) -> list[str]:
        """The relations that the columns of the list read."""
        names = set(self.list_columns) - self.computed.keys()
        return [name for name in sorted(names) if is_relation(self.entity, name)]


def labels_of(entity: type[Entity]) -> dict[str, Any]:
    """What each column and relation of an entity is called."""
    labels = {}
    for attribute in class_mapper(entity).attrs:
        info = attribute.info if isinstance(attribute, RelationshipProperty) else attribute.columns[0].info
        if "label" in info:
            labels[attribute.key] = info["label"]
    return labels


def is_relation(entity: type[Entity], name: str) -> bool:
    """Whether a name is that of a relation of an entity, not of a column."""
    return isinstance(class_mapper(entity).attrs[name], RelationshipProperty)
