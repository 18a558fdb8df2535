"""Django admin over the bank's own file, as a yardstick of our lists and of the page of a family.

Its models are made of our mappers: the same tables and columns, which Django neither makes nor changes. Each of our
lists has a list there: the same columns, filters and order, 25 rows, related rows read along with them. The page of a
family is its change page with every row of the family beneath, for reading only: a form with a field for each cell
would cost many times more. It narrows to no person's rows, writes no journal, and its sessions are kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin
from django.db import connections, models
from django.test import Client
from django.urls import path
from django.utils.timezone import localdate
from sqlalchemy import Boolean, Date, DateTime, Enum, Integer
from sqlalchemy.orm import class_mapper

from app import words
from app.crud import RegistryView
from app.domain import ages
from app.models import Annullable, Family, Instruction, Meeting, Member, Model, OfFamily, SignalCard, SurveyAct

PAGE = 25
ORDINARY = (Boolean, models.BooleanField), (DateTime, models.DateTimeField), (Date, models.DateField), \
    (Integer, models.IntegerField)  # fmt: skip
TABLES = "bank"  # the label of the application and the name of its database

made: dict[str, type[models.Model]] = {}  # by the name of the entity
urlpatterns: list[Any] = []


class Bank(AppConfig):
    """The tables of the bank as Django knows them."""

    name, label, path = "benchmarks.admin", TABLES, str(Path(__file__).parent)

    def import_models(self) -> None:
        for mapper in _mappers():
            made[mapper.class_.__name__] = _model(mapper)
        super().import_models()


class Router:
    """The rows are in the bank, the sessions beside it."""

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        return TABLES if model._meta.app_label == TABLES else None

    db_for_write = db_for_read

    def allow_migrate(self, database: str, app_label: str, **_hints: Any) -> bool:
        return database == "default" and app_label != TABLES


@cache
def _start() -> Client:
    """Django with its admin, set up once in a process, and a browser that is signed in."""
    of_admin = ["admin", "auth", "contenttypes", "sessions", "messages"]
    of_pages = ["sessions.middleware.SessionMiddleware", "auth.middleware.AuthenticationMiddleware",
                "messages.middleware.MessageMiddleware"]  # fmt: skip
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="a key of the benchmarks, it signs nothing that lasts",
        LANGUAGE_CODE="ru",
        TIME_ZONE="Europe/Moscow",
        USE_TZ=True,
        INSTALLED_APPS=[f"{__name__}.Bank", *(f"django.contrib.{name}" for name in of_admin)],
        MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware",
                    "django.middleware.csrf.CsrfViewMiddleware", *(f"django.contrib.{name}" for name in of_pages),
                    "django.middleware.clickjacking.XFrameOptionsMiddleware"],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]},
        }],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
            TABLES: {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {"uri": True}},
        },
        DATABASE_ROUTERS=[f"{__name__}.Router"],
        LOGGING_CONFIG=None,
    )  # fmt: skip
    django.setup()
    _declare()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    browser = Client()
    browser.force_login(User.objects.create_superuser("reader"))
    return browser


def opened(file: Path) -> Client:
    """A signed-in browser over the rows of a file."""
    browser = _start()
    connection = connections[TABLES]
    connection.close()
    connection.settings_dict["NAME"] = f"file:{file}?mode=ro"
    return browser


def visit(browser: Client, url: str) -> Callable[[], Any]:
    """The opening of a page that is there."""

    def opening() -> None:
        status = browser.get(url).status_code
        assert status == 200, f"{url}: {status}"

    return opening


def address(entity: type) -> str:
    """Where the list of an entity is."""
    return f"/lists/{TABLES}/{entity.__name__.lower()}/"


def family(key: int) -> str:
    """Where the page of a family is."""
    return f"/pages/{TABLES}/family/{key}/change/"


# Models of our mappers


def _model(mapper: Any) -> type[models.Model]:
    """The model of an entity: its columns, its foreign keys as relations, its lists of links."""
    parts: dict[str, Any] = {}
    for column in mapper.local_table.c:
        name, field = _field(mapper, column)
        parts[name] = field
    for relation in mapper.relationships:
        if relation.uselist and (links := _links(relation)) is not None:
            parts[relation.key] = links
    of_model = {"__module__": __name__, "__str__": _title, "Meta": _meta(mapper.local_table.name)}
    return type(mapper.class_.__name__, (models.Model,), {**parts, **of_model})


def _field(mapper: Any, column: Any) -> tuple[str, models.Field]:
    """What a column is called and what it is."""
    if column.name == "id":
        return "id", models.IntegerField(primary_key=True)
    target = _target(column)
    if target is not None and column.name.endswith("_id"):
        name = column.name.removesuffix("_id")
        return name, _key(target, column.name, f"{mapper.class_.__name__}_{name}".lower())
    if isinstance(column.type, Enum):
        terms: Any = column.type.enum_class
        return column.name, models.CharField(max_length=20, choices=[(one.value, str(one)) for one in terms], null=True)
    kind = next((field for known, field in ORDINARY if isinstance(column.type, known)), models.TextField)
    return column.name, kind(null=True)


def _key(target: str, column: str, back: str, **values: Any) -> models.ForeignKey:
    return models.ForeignKey(target, models.DO_NOTHING, null=True, db_column=column, related_name=back, **values)


def _target(column: Any) -> str | None:
    """The model that a foreign key names; of a composite key, by the column that is its own."""
    tables = {key.column.table.name for key in column.foreign_keys if key.column.name == "id"}
    return next((f"{TABLES}.{one.class_.__name__}" for one in _mappers() if one.local_table.name in tables), None)


def _mappers() -> list[Any]:
    """Our entities that have a key of one column; accounts are Flask-AppBuilder's."""
    every = sorted(Model.registry.mappers, key=lambda mapper: str(mapper.class_.__name__))
    return [one for one in every if "id" in one.local_table.c and one.class_.__module__.startswith("app.")]


def _links(relation: Any) -> models.ManyToManyField | None:
    """The far rows of a table of links; None if the near rows bear keys of their own, or if it names no far ones."""
    table = relation.mapper.local_table if relation.secondary is None else relation.secondary
    if "id" in table.c:
        return None
    owner, ours = relation.parent.class_.__name__, relation.parent.local_table
    near = next(one.name for one in table.c if any(key.column is ours.c.id for key in one.foreign_keys))
    far = next((one.name for one in table.c if one.foreign_keys and one.name not in (near, "family_id")), None)
    if far is None:
        return None
    target = _target(table.c[far])
    assert target
    through = type(f"{owner}{relation.key.title()}", (models.Model,), {
        "near": _key(f"{TABLES}.{owner}", near, "+", primary_key=True), "far": _key(target, far, "+"),
        "__module__": __name__, "Meta": _meta(table.name),
    })  # fmt: skip
    return models.ManyToManyField(target, through=through, through_fields=("near", "far"), related_name="+")


def _meta(table: str) -> type:
    return type("Meta", (), {"app_label": TABLES, "db_table": table, "managed": False})


def _title(row: Any) -> str:
    """What our entities are called, of the row's own columns."""
    if hasattr(row, "last_name"):
        return " ".join(filter(None, (row.last_name, row.first_name, row.middle_name)))
    if hasattr(row, "decided_on"):
        return f"{row.number} {row.decided_on}"
    name = getattr(row, "name", None) or str(row.pk)
    return f"№ {row.number} {name}" if hasattr(row, "search_key") else name


# Lists and the page of a family


def _declare() -> None:
    """A list for each of ours, and the page of a family."""
    lists, pages = admin.AdminSite("lists"), admin.AdminSite("pages")
    for view in views():
        lists.register(made[view.entity.__name__], _list_of(view))
    pages.register(made["Family"], _page_of_family())
    urlpatterns[:] = [path("lists/", lists.urls), path("pages/", pages.urls)]


def views() -> list[Any]:
    waiting, found = [RegistryView], []
    while waiting:
        view = waiting.pop()
        waiting += view.__subclasses__()
        if "entity" in vars(view):
            found.append(view)
    return found


def _list_of(view: Any) -> type[admin.ModelAdmin]:
    """The list of an entity: our columns, the filters that offer a choice, our order."""
    entity = view.entity
    computed, of_families = COMPUTED.get(entity, {}), entity is Family
    shown = [computed.get(name) or (_title if name in view.computed else _shown(entity, name))
             for name in view.list_columns]  # fmt: skip
    columns, relations = class_mapper(entity).columns, class_mapper(entity).relationships
    order, direction = view.base_order
    order = entity.SORTED_BY.get(order, order)
    near = [name for name in view.list_columns if name in relations and not relations[name].uselist]
    near += READ_ALONG.get(entity, ())
    far = [_accessor(entity, name) for name in view.list_columns if name in relations and relations[name].uselist]
    values: dict[str, Any] = {
        "list_display": shown,
        "list_display_links": shown[:1],
        "list_filter": (*(STATES if of_families else ()), *(
            name for name in view.search_columns
            if (name in relations and not relations[name].mapper.class_.LONG)
            or (name in columns and isinstance(columns[name].type, (Boolean, Enum)))
        )),
        "list_per_page": PAGE,
        "list_select_related": near or False,
        "ordering": [f"-{order}" if direction == "desc" else order],
        "get_queryset": lambda self, request: _rows(entity, self.model._default_manager.all(), far),
        "search_fields": ["search_key"] if of_families else [],
    }  # fmt: skip
    return type(f"{entity.__name__}List", (admin.ModelAdmin,), values)


def _rows(entity: Any, query: Any, far: list[str]) -> Any:
    """The rows that our list shows, with the related rows of each."""
    if issubclass(entity, Annullable):
        query = query.filter(annulled_at=None)
    if issubclass(entity, OfFamily):
        query = query.filter(family__annulled_at=None)
    if entity is Family:
        here = models.OuterRef("pk")
        aid = made["Aid"].objects.filter(family=here, annulled_at=None).order_by("-given_on").values("given_on")
        visit = made["SurveyAct"].objects.filter(group__family=here, annulled_at=None, is_current=True)
        card = made["SignalCard"].objects.filter(family=here).order_by("-sent_on").values("sent_on")
        return query.annotate(
            last_aid_on=models.Subquery(aid[:1]), last_card_on=models.Subquery(card[:1]),
            last_visit_on=models.Subquery(visit.order_by("-visited_on").values("visited_on")[:1]),
        ).prefetch_related(*_live())  # fmt: skip
    return query.prefetch_related(*far)


def _live() -> list[models.Prefetch]:
    """What a row of the list of families shows of other tables."""
    stays = made["Registration"].objects.filter(annulled_at=None).order_by("registered_on")
    return [
        models.Prefetch("member_family", made["Member"].objects.filter(annulled_at=None)),
        models.Prefetch("registration_family", stays.prefetch_related(_criteria())),
        models.Prefetch("mentor_family", made["Mentor"].objects.filter(annulled_at=None).select_related("employee")),
    ]


def _criteria() -> models.Prefetch:
    """The criteria of stays that are in force, the main one first."""
    rows = _in_force().order_by("position").select_related("criterion")
    return models.Prefetch("registrationcriterion_registration", rows)


def _in_force() -> Any:
    return made["RegistrationCriterion"].objects.filter(until=None, annulled_at=None)


def _accessor(entity: Any, name: str) -> str:
    """How Django calls a list of related rows."""
    relation = class_mapper(entity).relationships[name]
    if relation.secondary is not None or "id" not in relation.mapper.local_table.c:
        return name
    key = relation.local_remote_pairs[0][1].name.removesuffix("_id")
    return f"{relation.mapper.class_.__name__}_{key}".lower()


def _shown(entity: Any, name: str) -> Any:
    """A column as Django shows it; a list of related rows in one cell."""
    relation = class_mapper(entity).relationships.get(name)
    if relation is None or not relation.uselist:
        return name
    accessor = _accessor(entity, name)
    return admin.display(description=name)(lambda row: "; ".join(map(str, getattr(row, accessor).all())))


def _children(row: Any) -> int:
    today = localdate()
    adult = date(today.year - 18, today.month, min(today.day, 28))
    return sum(1 for one in row.member_family.all() if one.born_on and one.born_on > adult and not one.left_on)


def _last(rows: Any) -> Any:
    found = list(rows.all())
    return found[-1] if found else None


def _stay(row: Any) -> str:
    stay = _last(row.registration_family)
    return "" if stay is None else f"снята {stay.removed_on:%d.%m.%Y}" if stay.removed_on else \
        f"{stay.registered_on:%d.%m.%Y}"  # fmt: skip


def _criterion(row: Any) -> str:
    stay = _last(row.registration_family)
    return next((one.criterion.code for one in stay.registrationcriterion_registration.all()), "") if stay else ""


def _mentor(row: Any) -> str:
    mentor = _last(row.mentor_family)
    return str(mentor.employee) if mentor else ""


def _contact(row: Any) -> str:
    days = [day for day in (row.last_aid_on, row.last_visit_on, row.last_card_on) if day]
    return f"{(localdate() - max(days)).days} дней" if days else "не было"


def _age(row: Any) -> str:
    return words.age(ages.full_years(row.born_on, localdate())) if row.born_on else ""


def _came(row: Any) -> str:
    return f"{row.arrived_at:%d.%m %H:%M}"


def _body(row: Any) -> str:
    return str(row.agency or row.source)


def _place(row: Any) -> str:
    return str(row.territory)


def _threat(row: Any) -> str:
    return str(row.threat)


def _state(row: Any) -> str:
    if row.closed_at:
        return "закрыта"
    return "в работе" if row.received_at else "не открыта"


def _whom_of_act(row: Any) -> str:
    return str(row.group.family or row.group.card)


def _place_of_act(row: Any) -> str:
    return str(row.group.territory)


def _state_of_act(row: Any) -> str:
    if row.signed_at is None:
        return "не подписан"
    return "действует" if row.is_current else "прежняя редакция"


def _state_of_meeting(row: Any) -> str:
    if row.closed_at is not None:
        return "закрыто"
    if row.opened_at is not None:
        return "идёт"
    return "готовится" if row.number is not None else "по плану"


def _state_of_instruction(row: Any) -> str:
    if row.accepted_at is not None:
        return "принят"
    return "отвечено" if row.answered_at is not None else "ждёт ответа"


# Columns of our lists that are no columns of a table.
COMPUTED = {
    Family: {"children": _children, "stay": _stay, "criterion": _criterion, "mentor": _mentor, "contact": _contact},
    Member: {"age": _age},
    SignalCard: {"came": _came, "body": _body, "place": _place, "danger": _threat, "state": _state},
    Meeting: {"state": _state_of_meeting},
    Instruction: {"state": _state_of_instruction},
    SurveyAct: {"whom": _whom_of_act, "place": _place_of_act, "state": _state_of_act},
}
# Relations that they name.
READ_ALONG = {
    SignalCard: ("agency", "territory"),
    SurveyAct: ("group__territory", "group__family", "group__card"),
}


class State(admin.SimpleListFilter):
    """On record, removed, all."""

    title = parameter_name = "state"

    def lookups(self, _request: Any, _list: Any) -> list[tuple[str, str]]:
        return [("on", "на учёте"), ("removed", "сняты")]

    def queryset(self, _request: Any, query: Any) -> Any:
        stays = made["Registration"].objects.filter(annulled_at=None)
        standing = query.filter(pk__in=stays.filter(removed_on=None).values("family"))
        if self.value() == "removed":
            removed = query.filter(pk__in=stays.filter(removed_on__isnull=False).values("family"))
            return removed.exclude(pk__in=standing.values("pk"))
        return standing if self.value() == "on" else query


class UnderCriterion(admin.SimpleListFilter):
    """A criterion of the last stay, or one below it."""

    title = parameter_name = "criterion"

    def lookups(self, _request: Any, _list: Any) -> list[tuple[str, str]]:
        return [(one.code, one.name) for one in made["Criterion"].objects.order_by("position")]

    def queryset(self, _request: Any, query: Any) -> Any:
        if not self.value():
            return query
        stays = made["Registration"].objects.filter(annulled_at=None)
        later = stays.filter(family=models.OuterRef("family"), registered_on__gt=models.OuterRef("registered_on"))
        code = models.Q(criterion__code=self.value()) | models.Q(criterion__code__startswith=f"{self.value()}.")
        under = models.Q(pk__in=_in_force().filter(code).values("registration"))
        return query.filter(pk__in=stays.filter(under, ~models.Exists(later)).values("family"))


STATES = (State, UnderCriterion)


class ReadOnly:
    """Shown, not changed."""

    def _never(self, *_asked: Any, **_more: Any) -> bool:
        return False

    has_add_permission = has_change_permission = has_delete_permission = _never


def _page_of_family() -> type[admin.ModelAdmin]:
    """A family with every row of it beneath."""
    inner = []
    for view in views():
        entity = view.entity
        if not issubclass(entity, OfFamily):
            continue
        relations = class_mapper(entity).relationships
        shown = [name for name in view.show_columns if name != "family"]
        near = [name for name in shown if name in relations and not relations[name].uselist]
        far = [_accessor(entity, name) for name in shown if name in relations and relations[name].uselist]
        read = {name: _shown(entity, name) for name in shown if _has_own_keys(entity, name)}
        inner.append(type(f"{entity.__name__}Rows", (ReadOnly, admin.TabularInline), {
            "model": made[entity.__name__], "fk_name": "family", "fields": [read.get(name, name) for name in shown],
            "readonly_fields": list(read.values()),
            "get_queryset": _rows_beneath(made[entity.__name__], near, far),
        }))  # fmt: skip
    return type("FamilyPage", (ReadOnly, admin.ModelAdmin), {
        "inlines": inner,
        "get_queryset": lambda self, request: made["Family"].objects.select_related("territory", "district"),
    })  # fmt: skip


def _has_own_keys(entity: Any, name: str) -> bool:
    """Whether a column is a list of rows that are no mere links."""
    relation = class_mapper(entity).relationships.get(name)
    return relation is not None and relation.uselist and _accessor(entity, name) != name


def _rows_beneath(model: Any, near: list[str], far: list[str]) -> Callable[..., Any]:
    def rows(_self: Any, _request: Any) -> Any:
        query = model.objects.filter(annulled_at=None).prefetch_related(*far)
        return query.select_related(*near) if near else query

    return rows
