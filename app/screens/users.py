"""Users and roles: the administrator's desk. No family is seen here, and nobody raises themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from app import models, tree
from app.acts import AT_ONCE, Answer
from app.domain import terms, writing
from app.domain.names import key
from app.domain.refusal import Refusal
from app.extensions import appbuilder, db
from app.filters import Address
from app.models import Account, Employee, FurtherRole, HomeTerritory, Role, Territory, User
from app.readings import given
from app.screens.screen import Screen
from app.services import accounts, second_step

# What changes a person's rights; nobody sends these about themselves.
OF_RIGHTS = ("roles", "territories", "employee")

# The rows each role sees, said to the administrator who gives the role.
ROWS = {
    terms.Role.ADMINISTRATOR: "Данных семей не видит. Ведёт пользователей, роли, справочники и настройки.",
    terms.Role.COORDINATOR: "Видит и ведёт семьи порученных территорий и всего, что в них входит.",
    terms.Role.SECRETARY: "Видит семьи порученных территорий. Готовит заседания, проводит и закрывает их.",
    terms.Role.COMMISSION: "Видит только семьи, закреплённые за ним: прямо или по территории. Не изменяет.",
    terms.Role.SPECIALIST: "Видит семьи, где его орган — наставник или исполнитель. Вносит свои сведения.",
    terms.Role.REGION: "Видит сводные показатели всех территорий, без имён.",
    terms.Role.AUDITOR: "Читает журнал. Данных семей не видит.",
}
# Screens and acts by the names people use; lists and forms of the registry are named by their entities.
SCREEN_NAMES = {
    "Users": "Пользователи", "Roles": "Роли", "Journal": "Журнал", "FamilyPage": "Карточка семьи",
    "Execution": "Мои мероприятия", "Watching": "На контроле", "Search": "Поиск",
    "Lookup": "Подсказки в формах", "Papers": "Сканы документов",
    "Passport": "Социальный паспорт", "QuarterlyForm": "Квартальный отчёт", "Exchange": "Обмен с Excel",
    "Work": "Фоновые задания", "Guide": "Руководство", "SavedFilters": "Сохранённые отборы",
    "Drafts": "Черновики", "Backups": "Резервные копии", "Doctor": "Состояние банка", "Openings": "Кто открывал дело",
    "PaperTemplate": "Образцы документов", "Doubles": "Возможные двойники",
    "Retention": "Подлежит уничтожению",
    "Calendar": "Календарь сроков",
    "ReportCatalogue": "Все отчёты", "BigPicture": "Картина", "Charts": "Диаграммы",
    "Effectiveness": "Эффективность ведомств по ИПР", "RegistryOfFamilies": "Реестр семей на учёте",
    "MonthlyBank": "Банк данных за месяц", "StateOfBank": "Информация для комиссии",
    "GeneralFigures": "Общая статистика", "Demography": "Демографические группы",
    "ChildAges": "Семьи по возрасту детей", "Movement": "Постановка и снятие", "Activity": "Активность субъектов",
    "Senders": "Источники выявления", "AidGiven": "Виды и объёмы помощи", "CommissionWork": "Работа комиссии",
    "NotInEducation": "Дети, которые не обучаются",
}  # fmt: skip
ACT_NAMES = {
    "index": "просмотр", "list": "список", "show": "просмотр", "find": "выбор записи", "history": "история",
    "behind": "семьи за числом", "add": "добавление", "enter": "отметка о внесении", "edit": "изменение",
    "make": "создание", "merge": "объединение", "run": "проверка", "reset_second": "сброс второго шага входа",
    "extend": "продление срока", "criteria": "изменение критериев", "feed": "адрес календаря",
    "place": "постановка на учёт", "remove": "снятие с учёта", "decide": "постановление", "correct": "исправление",
    "move": "переход человека в другую семью", "names": "имена в документах", "scan": "сканы ответа",
    "annul": "аннулирование", "download": "скачивание",
    "card": "печать карты учёта", "passport": "печать паспорта", "passports": "печать паспортов списка",
    "xlsx": "выгрузка", "export": "выгрузка",
    "submit": "сдача отчёта",
    "preview": "проверка книги", "apply": "загрузка", "undo": "отмена загрузки", "password": "одноразовый пароль",
    "unlock": "разблокировка", "activate": "открытие входа", "deactivate": "закрытие входа",
    "end_session": "завершение сеансов", "keep": "сохранение",
    "rename": "переименование", "drop": "удаление", "end_sessions": "завершение сеансов",
    "send": "направление", "name": "группа обследования", "ask": "запрос", "answer": "ответ",
    "tell": "внесение сведений", "write": "акт обследования",
    "plan": "планы заседаний и программ", "approve": "утверждение программ",
    "prepare": "повестка", "hold": "ведение заседания", "close": "закрытие заседания",
    "accept": "приём ответа на поручение", "note": "отметка о вручении", "print": "печать",
    "execute": "исполнение мероприятий", "mark": "отметка «важное»", "receive": "приём дела",
    "destroy": "подготовка актов об уничтожении", "confirm": "подтверждение актов", "forbid": "запрет уничтожать",
}  # fmt: skip


class Users(Screen):
    """Who may sign in."""

    route_base = "/users"
    default_view = "list"
    class_permission_name = "Users"

    @expose("/")
    @has_access
    def list(self) -> str:
        """Everybody who has a sign-in, by surname."""
        address = Address(url_for("Users.list"))
        typed = address.text("q", _("Search"))
        address.check()
        wanted = key(typed)
        rows = db.session.scalars(
            select(User).options(selectinload(User.roles)).order_by(User.last_name, User.first_name)
        ).all()
        shown = [row for row in rows if wanted in key(f"{row.last_name} {row.first_name} {row.username}")]
        return self.page("users/list.html", users=shown, states=_states(), places=_places(), q=typed)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> str | Response:
        """A new user; the one-time password is shown once."""
        typed = TypedUser.read() if request.method == "POST" else TypedUser()
        if request.method == "POST" and (answer := self.done(typed, lambda: self._create(typed))):
            return answer
        return self.page("users/form.html", user=None, typed=typed, **_choices(None))

    @expose("/<int:key>", methods=["GET", "POST"])
    @has_access
    def edit(self, key: int) -> str | Response:
        """One user: name, rights, sessions."""
        user = self.find(User, key)
        mine = user.id == current_user.id
        if request.method == "POST":
            typed = TypedUser.read()
            if mine and any(name in request.form for name in OF_RIGHTS):
                abort(403)
            if answer := self.done(typed, lambda: self._change(user, typed, mine=mine)):
                return answer
            user = self.find(User, key)
            typed.version = TypedUser.of(user).fingerprint
        else:
            typed = TypedUser.of(user)
            typed.version = typed.fingerprint
        account = db.session.scalar(select(Account).where(Account.user_id == user.id))
        return self.page(
            "users/form.html", user=user, typed=typed, mine=mine,
            locked_until=accounts.locked_until(account), two_steps=second_step.is_on(user),
            sessions=accounts.sessions_of(user), account=account, **_choices(user),
        )  # fmt: skip

    def _create(self, typed: TypedUser) -> Answer:
        user, password = accounts.create_user(
            username=typed.username, first_name=typed.first_name, last_name=typed.last_name,
            roles=typed.roles, territories=typed.territories, employee=typed.employee,
        )  # fmt: skip
        return self._with_password(user, password)

    def _change(self, user: User, typed: TypedUser, *, mine: bool) -> Answer:
        """Store what was typed over what stood in the form when it was opened."""
        accounts.lock(user)
        stored = TypedUser.of(user)
        if typed.version != stored.fingerprint:
            raise Refusal(f"{AT_ONCE} {stored.in_words(typed, mine=mine)}")
        accounts.rename(user, first_name=typed.first_name, last_name=typed.last_name)
        if not mine:
            accounts.set_roles(user, typed.roles)
            accounts.set_territories(user, typed.territories)
            accounts.link_employee(user, typed.employee)
        lacking = " ".join(_lacking(user))
        return Answer(f"{_('Saved.')} {lacking}".strip(), url_for("Users.list"),
                      category="warning" if lacking else "success")  # fmt: skip

    def _with_password(self, user: User, password: str) -> Answer:
        """The page of a one-time password is shown once: whoever asks again is told so."""
        return Answer(
            f"Одноразовый пароль пользователя {user.username} показан один раз. Если он не записан, выдайте другой.",
            url_for("Users.edit", key=user.id),
            category="warning",
            page=self.page("users/password.html", user=user, password=password, lacking=_lacking(user)),
        )

    @expose("/<int:key>/password", methods=["POST"])
    @has_access
    def password(self, key: int) -> Response:
        """A one-time password instead of a forgotten one, shown once."""
        user = self._other(key)
        return self.pressed(lambda: self._with_password(user, accounts.reset_password(user)), self._edit(key))

    @expose("/<int:key>/second", methods=["POST"])
    @has_access
    def reset_second(self, key: int) -> Response:
        """Forget the second step of somebody who has lost the phone; the person's sessions end."""
        user = self._other(key)

        def whole() -> None:
            second_step.reset(user)
            accounts.end_sessions(user)

        return self._press(key, whole, _("The second step is forgotten: the password alone lets in."))

    @expose("/<int:key>/unlock", methods=["POST"])
    @has_access
    def unlock(self, key: int) -> Response:
        """Let a locked user try again."""
        user = self.find(User, key)
        return self._press(key, lambda: accounts.unlock(user), _("The sign-in is unlocked."))

    @expose("/<int:key>/deactivate", methods=["POST"])
    @has_access
    def deactivate(self, key: int) -> Response:
        """Close a sign-in; the person's sessions end at once."""
        user = self._other(key)
        return self._press(key, lambda: accounts.deactivate(user), _("The sign-in is closed."))

    @expose("/<int:key>/activate", methods=["POST"])
    @has_access
    def activate(self, key: int) -> Response:
        """Open a closed sign-in again."""
        user = self._other(key)
        return self._press(key, lambda: accounts.activate(user), _("The sign-in is open again."))

    @expose("/<int:user_key>/sessions/<int:key>/end", methods=["POST"])
    @has_access
    @permission_name("end_session")
    def end_session(self, user_key: int, key: int) -> Response:
        """End one session of a user."""
        user = self.find(User, user_key)
        if key not in {row.id for row in accounts.sessions_of(user)}:
            abort(404)
        return self._press(user_key, lambda: accounts.end_session(user, key), _("The session is ended."))

    @expose("/<int:key>/sessions/end", methods=["POST"])
    @has_access
    @permission_name("end_sessions")
    def end_sessions(self, key: int) -> Response:
        """End all sessions of a user."""
        user = self._other(key)
        return self._press(key, lambda: accounts.end_every_session(user), _("All sessions of the user are ended."))

    def _other(self, key: int) -> User:
        """A user who is not the administrator at the screen: about oneself there is the own account."""
        user = self.find(User, key)
        if user.id == current_user.id:
            abort(403)
        return user

    def _press(self, key: int, act: Callable[[], Any], text: str) -> Response:
        """Do the act of a button about a user; then the user's page again."""

        def whole() -> Answer:
            act()
            return Answer(text, self._edit(key))

        return self.pressed(whole, self._edit(key))

    def _edit(self, key: int) -> str:
        return url_for("Users.edit", key=key)


class Roles(Screen):
    """Roles of the code, and further roles under readable names with the permissions of one of them."""

    route_base = "/roles"
    default_view = "list"
    class_permission_name = "Roles"

    @expose("/")
    @has_access
    def list(self) -> str:
        """Every role, what it may, how many hold it."""
        return self._listed(TypedRole())

    @expose("/add", methods=["POST"])
    @has_access
    def add(self) -> str | Response:
        """A further role."""
        form = request.form
        typed = TypedRole(form.get("name", ""), form.get("same_as", ""), special="special" in form)

        def whole() -> Answer:
            accounts.add_role(typed.name, typed.same_as, special=typed.special)
            return Answer(_("The role is added."), url_for("Roles.list"))

        return self.done(typed, whole) or self._listed(typed)

    def _listed(self, typed: TypedRole) -> str:
        held = User.metadata.tables["ab_user_role"]
        per_role = select(held.c.role_id, func.count()).group_by(held.c.role_id)
        counts: dict[int, int] = dict(db.session.execute(per_role).all())
        further = {row.role_id: row for row in db.session.scalars(select(FurtherRole))}
        return self.page(
            "users/roles.html", roles=accounts.known_roles(), counts=counts, further=further, rows=ROWS,
            may={role.value: what_role_may(role.value) for role in terms.Role}, codes=list_of_codes(),
            typed=typed, longest=accounts.LONGEST_NAME,
        )  # fmt: skip


@dataclass
class TypedRole:
    """What stands in the form of a role."""

    name: str = ""
    same_as: str = ""
    special: bool = False
    fault: Refusal | None = None

    def refuse(self, text: str, field: str | None) -> None:
        self.fault = Refusal(text, field)


@dataclass
class TypedUser:
    """What stands in the form of a user. Nothing else of a request is read."""

    username: str = ""
    last_name: str = ""
    first_name: str = ""
    roles: tuple[Role, ...] = ()
    territories: tuple[Territory, ...] = ()
    employee: Employee | None = None
    version: str = ""
    fault: Refusal | None = None

    @classmethod
    def read(cls) -> TypedUser:
        form = request.form
        return cls(
            username=form.get("username", ""),
            last_name=writing.line(form.get("last_name")) or "",
            first_name=writing.line(form.get("first_name")) or "",
            version=form.get("version", ""),
            roles=tuple(row for row in _rows(Role, form.getlist("roles")) if row.name != "Public"),
            territories=tuple(_rows(Territory, form.getlist("territories"))),
            employee=next(iter(_rows(Employee, form.getlist("employee")[:1])), None),
        )

    @classmethod
    def of(cls, user: User) -> TypedUser:
        return cls(
            username=user.username, last_name=user.last_name, first_name=user.first_name,
            roles=tuple(user.roles), territories=tuple(accounts.territories_of(user)),
            employee=db.session.scalar(select(Employee).where(Employee.user_id == user.id)),
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """The version of a user: other values, another fingerprint."""
        chosen = sorted(row.id for row in self.roles), sorted(row.id for row in self.territories)
        values = (self.last_name, self.first_name, *chosen, self.employee.id if self.employee else None)
        return hashlib.sha256(repr(values).encode()).hexdigest()

    def in_words(self, typed: TypedUser, *, mine: bool) -> str:
        """What is stored, where it differs from what was typed."""
        stored, wanted = self._said(mine), typed._said(mine)
        differs = [f"{name}: {text or '—'}" for name, text in stored.items() if wanted[name] != text]
        return "Записано: " + "; ".join(differs) + "." if differs else ""

    def _said(self, mine: bool) -> dict[str, str]:
        said = {str(_("Last name")): self.last_name, str(_("First and middle name")): self.first_name}
        if not mine:
            said |= {
                str(_("Roles")): ", ".join(sorted(row.name for row in self.roles)),
                str(_("Territories")): ", ".join(sorted(row.name for row in self.territories)),
                str(_("Employee of an agency")): str(self.employee or ""),
            }
        return said

    def refuse(self, text: str, field: str | None) -> None:
        """Keep what was typed, read anew after what the refused act had begun was forgotten."""
        read = TypedUser.read()
        self.roles, self.territories, self.employee = read.roles, read.territories, read.employee
        self.fault = Refusal(text, field)


def _rows(entity: Any, keys: Any) -> list[Any]:
    wanted = {int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) < 10}
    return list(db.session.scalars(select(entity).where(entity.id.in_(wanted)))) if wanted else []


def _choices(user: User | None) -> dict[str, Any]:
    """What may be chosen in the form: roles, the tree of territories, employees without a sign-in of their own."""
    mine = user.id if user is not None else None
    employees = db.session.scalars(
        select(Employee)
        .options(selectinload(Employee.agency))
        .where((Employee.user_id.is_(None) & Employee.dismissed.is_(False)) | (Employee.user_id == mine))
        .order_by(Employee.last_name, Employee.first_name)
    )
    further = db.session.scalars(select(FurtherRole)).all()
    return {
        "known_roles": accounts.known_roles(),
        "same": {row.role_id: row.same_as for row in further},
        "sees_special": {row.role_id for row in further if row.special},
        "rows": ROWS,
        "tree": tree.as_listed(),
        "employees": list(employees),
        "longest": accounts.LONGEST_NAME,
    }


def _lacking(user: User) -> list[str]:
    """What keeps a user from seeing families that the roles are for."""
    is_employee = db.session.scalar(select(Employee.id).where(Employee.user_id == user.id)) is not None
    return list(given.lacking_to(user, accounts.roles_of_code(user.id), is_employee=is_employee))


def _states() -> dict[int, dict[str, Any]]:
    """Locked and one-time passwords by user."""
    return {
        account.user_id: {"locked": accounts.locked_until(account), "must_change": account.must_change_password}
        for account in db.session.scalars(select(Account))
    }


def _places() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    pairs = db.session.execute(
        select(HomeTerritory.user_id, Territory.name)
        .join(Territory, Territory.id == HomeTerritory.territory_id)
        .order_by(Territory.name_key)
    )
    for user_id, name in pairs:
        found.setdefault(user_id, []).append(name)
    return found


def list_of_codes() -> list[str]:
    """The names of the roles of the code."""
    return [role.value for role in terms.Role]


def what_role_may(role: str) -> list[tuple[str, str]]:
    """«Семьи: список, просмотр»: read from the same table that is asked at every request."""
    manager = appbuilder().sm
    found: dict[str, set[str]] = {}
    for view in appbuilder().baseviews:
        for permission in getattr(view, "base_permissions", None) or ():
            if manager.may([role], permission, view.class_permission_name):
                found.setdefault(view.class_permission_name, set()).add(permission.removeprefix("can_"))
    named = [
        (_name_of_view(view), ", ".join(dict.fromkeys(ACT_NAMES.get(act, act) for act in sorted(acts, key=_order))))
        for view, acts in found.items()
        if view not in ("Account", "SavedFilters")
    ]
    return sorted(named)


def _order(act: str) -> int:
    return list(ACT_NAMES).index(act) if act in ACT_NAMES else len(ACT_NAMES)


def _name_of_view(view: str) -> str:
    entity = getattr(models, view, None)
    titles = getattr(entity, "TITLES", None)
    return str(titles) if titles is not None else SCREEN_NAMES.get(view, view)
