"""Signing in, and what whoever signed in may open: FAB's security manager without its tables of permissions.

Permissions are code (`config.ROLES`): the database says only who holds which role. An address that nobody declared is
closed to everybody.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from babel.support import Translations
from click import ClickException
from flask import Flask, Response, abort, current_app, flash, g, make_response, redirect, request, url_for
from flask_appbuilder import AppBuilder, BaseView, expose
from flask_appbuilder.security.sqla.manager import SecurityManager as FabSecurityManager
from flask_appbuilder.views import UtilView
from flask_babel import Domain
from flask_babel import gettext as _
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response as BaseResponse

from app import acts, clock, journal, limits, scopes, sessions
from app.access import Scope
from app.domain import terms
from app.domain.refusal import Refusal
from app.extensions import CALENDAR_FEED, begin_writing, db
from app.models import User
from app.readings import kept
from app.services import accounts, second_step

LONGEST_NAME, LONGEST_PASSWORD, LONGEST_CODE = 128, 1024, 40
# Open to whoever comes: the way in, styles and pictures, and the question whether the server lives.
WITHOUT_SESSION = {"static", "appbuilder.static", "health", CALENDAR_FEED}
PUBLIC = {"SignIn.login", "SignIn.second", *WITHOUT_SESSION}
# Open to every signed-in person, whatever the role.
SIGNED_IN = {"Home.index", "UtilView.back", "SignIn.logout"}
# All that is open while a one-time password waits to be changed.
# The same while a role that must sign in by two steps has no phone yet.
WHILE_ENROLLING = {"OwnAccount.second", "OwnAccount.begin_second", "SignIn.logout"}
FOR_THE_CODE = timedelta(minutes=5)  # after the password
WHILE_CHANGING = {"OwnAccount.password", "SignIn.logout", "static", "appbuilder.static", "health"}


class SignIn(BaseView):
    """The way in and the way out."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> BaseResponse:
        """The form, and the check of a name and a password."""
        if current_user.is_authenticated:
            return redirect(own_path(request.args.get("next")))
        if request.method == "GET":
            return self._form()
        username = request.form.get("username", "").strip()[:LONGEST_NAME]
        password = request.form.get("password", "")
        begin_writing()
        if accounts.address_is_exhausted(request.remote_addr):
            db.session.rollback()
            too_many = _("Too many attempts from this address. Wait a minute and try again.")
            return self._form(too_many, username, 429)
        user, fault = self._check(username, password)
        if user is None:
            return self._form(fault, username)
        if second_step.is_on(user):
            return self._ask_code(user)
        return self._enter(user, password)

    def _ask_code(self, user: User) -> BaseResponse:
        """The password is right: a session begins that may do nothing but say the code."""
        sessions.here().start(user.id, sessions.CODE)
        acts.commit()
        return redirect(url_for("SignIn.second", next=own_path(request.args.get("next"))))

    @expose("/login/second", methods=["GET", "POST"])
    def second(self) -> BaseResponse:
        """The code of the phone, or one on paper, within five minutes of the password."""
        here = sessions.here()
        if here.user_id is None or here.pending != sessions.CODE:
            return redirect(url_for("SignIn.login"))
        if here.age > FOR_THE_CODE:
            return self._begin_again(_("More than five minutes have passed since the password: begin again."))
        if request.method == "GET":
            return make_response(self.render_template("signin/second.html", fault=""))
        code = request.form.get("code", "")[:LONGEST_CODE]
        begin_writing()
        user = db.session.get_one(User, here.user_id)
        attempt = accounts.begin_attempt(user.username)
        if not attempt.open:
            return self._begin_again(_("Signing in is locked for a while."))
        try:
            fits = second_step.check(user, code)
            fault = second_step.WRONG
        except Refusal as refusal:
            fits, fault = False, refusal.text
        if fits:
            return self._enter(user, None)
        accounts.fail(attempt, user.username)
        acts.commit()
        return make_response(self.render_template("signin/second.html", fault=fault))

    def _begin_again(self, why: str) -> BaseResponse:
        begin_writing()
        sessions.here().end()
        acts.commit()
        flash(why, "warning")
        return redirect(url_for("SignIn.login"))

    def _check(self, username: str, password: str) -> tuple[User | None, str]:
        wrong = _(
            "The name or the password is wrong, or signing in is locked for a while. Check the letters and try again."
        )
        attempt = accounts.begin_attempt(username)
        acts.commit()  # nobody waits for the database while the password is compared
        fits = accounts.matches(attempt.stored, password if len(password) <= LONGEST_PASSWORD else "")
        begin_writing()
        if attempt.user is None or not attempt.open or not fits:
            accounts.fail(attempt, username)
            acts.commit()
            return None, wrong
        if accounts.one_time_password_is_over(attempt.user):
            accounts.fail(attempt, username)
            acts.commit()
            return None, _("The one-time password is over. Ask the administrator for another one.")
        if second_step.is_on(attempt.user):
            accounts.halfway(attempt)
        return attempt.user, ""

    def _enter(self, user: User, password: str | None) -> BaseResponse:
        failures = accounts.succeed(user, password)
        lacks = not second_step.is_on(user) and second_step.is_required(accounts.roles_of_code(user.id))
        sessions.here().start(user.id, sessions.ENROL if lacks else "")
        acts.commit()
        if failures:
            flash(
                _("Failed attempts to sign in under your name since the last time: %(number)s.", number=failures),
                "warning",
            )
        return redirect(own_path(request.args.get("next")))

    def _form(self, fault: str = "", username: str = "", status: int = 200) -> BaseResponse:
        page = self.render_template("signin/login.html", fault=fault, username=username)
        return make_response(page, status)

    @expose("/logout/", methods=["GET", "POST"])
    def logout(self) -> BaseResponse:
        """A GET only asks: somebody else's picture must not sign anybody out."""
        if request.method == "GET":
            return make_response(self.render_template("signin/logout.html"))
        begin_writing()
        journal.write([journal.entry(terms.Act.SIGNED_OUT, entity="User", entity_id=current_user.id,
                                     summary=f"Пользователь: {current_user.username}")])  # fmt: skip
        sessions.here().end()
        acts.commit()
        response = redirect(url_for("SignIn.login"))
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


class OwnLoginManager(LoginManager):
    """Who is signed in is said by the server's session and by nothing else: no remembered cookie, no header."""

    def _load_user(self) -> None:
        here = sessions.here()
        is_known = here.user_id is not None and here.pending != sessions.CODE
        user = here.user if is_known else None
        if user is not None:
            g.setdefault("held", {})[user.id] = here.held
        self._update_request_context_with_user(user if user is not None and user.active else None)

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def _places_of(scope: Scope) -> frozenset[int]:
    """The `scopes.given_places` of a scope; a body has thousands of families, and each page of its people asks."""
    if scope.agency is None:
        return scopes.given_places(scope)
    return kept.while_unchanged(("given places", scope), lambda: scopes.given_places(scope))


def _check_typed(password: str, username: str, *about: str) -> None:
    try:
        accounts.check_password(password, username, *about)
    except Refusal as refusal:
        raise ClickException(refusal.text) from refusal


class SecurityManager(FabSecurityManager):
    """Users and roles of FAB; permissions of the code."""

    user_view = None

    def __init__(self, appbuilder: AppBuilder) -> None:
        super().__init__(appbuilder)
        self._known: dict[tuple[str, str, str], bool] = {}
        self._declared: dict[str, tuple[str, str] | None] = {}
        self._menus: dict[frozenset[str], set[str]] = {}

    def create_login_manager(self, app: Flask) -> LoginManager:
        return OwnLoginManager(app)

    def create_jwt_manager(self, app: Flask) -> None:
        """No tokens: the form is the only way in."""

    def create_limiter(self, app: Flask) -> None:
        """Tries are counted in the database, for every process."""

    def add_limit_view(self, baseview: BaseView) -> None:
        """As above."""

    def register_views(self) -> None:
        """Only the way in: FAB's lists of users, permissions and charts are not registered."""
        self.auth_view = SignIn()
        self.appbuilder.add_view_no_menu(self.auth_view)

    # What passwords the commands of the library may set

    def add_user(self, username: str, first_name: str, last_name: str, email: str, role: Any = None,
                 password: str = "", **values: Any) -> Any:  # fmt: skip
        """A user of `flask fab create-user`: the rules of passwords hold here too."""
        if password:
            _check_typed(password, username, first_name, last_name)
        return super().add_user(username, first_name, last_name, email, role, password, **values)

    def reset_password(self, userid: int, password: str) -> None:
        """A password of `flask fab reset-password`."""
        user = self.get_user_by_id(userid)
        _check_typed(password, user.username, user.first_name, user.last_name)
        super().reset_password(userid, password)

    # Who holds what

    def roles_of_code(self, user: User) -> list[str]:
        """The roles of the code that a user holds."""
        return list(self._held_by(user).roles)

    def _held_by(self, user: User) -> accounts.Held:
        """What a user holds, read once in a request; of whoever is signed in it came with the session."""
        kept: dict[int, accounts.Held] = g.setdefault("held", {})
        if user.id not in kept:
            kept[user.id] = accounts.held_by(user.id)
        return kept[user.id]

    def scope_of(self, user: User, address: str | None = None) -> Scope:
        """The rows of a user by the roles held today; `address`: where the person acts from."""
        roles = self.roles_of_code(user)
        special = self._held_by(user).special or self.may(roles, "can_special", "Family")
        return scopes.scope_of(user, roles, clock.today(), special=special, address=address, places_of=_places_of)

    def may(self, roles: list[str], permission: str, view: str) -> bool:
        """Whether any of these roles of the code has a permission on a view."""
        return any(self._role_may(role, permission, view) for role in roles)

    def _role_may(self, role: str, permission: str, view: str) -> bool:
        key = (role, permission, view)
        if key not in self._known:
            self._known[key] = any(
                re.fullmatch(views, view) and re.fullmatch(acts, permission)
                for views, acts in [*self.builtin_roles.get(role, ()), *current_app.config.get("FOR_EVERYONE", ())]
            )
        return self._known[key]

    def has_access(self, permission_name: str, view_name: str) -> bool:
        user = current_user._get_current_object()  # asked dozens of times for a page: not through the proxy
        return bool(user.is_authenticated) and self._has_view_access(user, permission_name, view_name)

    def _has_view_access(self, user: User, permission_name: str, view_name: str) -> bool:
        if permission_name == "menu_access":
            return bool(self.get_user_menu_access([view_name]))
        return self.may([*self.roles_of_code(user), ""], permission_name, view_name)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """An entry of the menu is shown to whoever may open what it leads to, a heading with its entries."""
        if not current_user.is_authenticated:
            return set()
        roles = frozenset(self.roles_of_code(current_user))
        if roles not in self._menus:
            self._menus[roles] = self._open_names()
        return self._menus[roles] if menu_names is None else self._menus[roles] & set(menu_names)

    def _open_names(self) -> set[str]:
        open_names: set[str] = set()
        for item in self.appbuilder.menu.get_list():
            inner = {child.name for child in item.childs if child.name != "-" and self._leads_somewhere(child)}
            open_names |= inner
            if inner or (not item.childs and self._leads_somewhere(item)):
                open_names.add(item.name)
        return open_names

    def _leads_somewhere(self, item: Any) -> bool:
        """Whether the person may open the page of an entry; every entry is a view's, by `add_view`."""
        view = item.baseview
        return view is not None and self.is_open(f"{view.endpoint}.{view.default_view}")

    # The gate

    def before_request(self) -> BaseResponse | None:
        """Who asks, and whether this address is open to them at all; the views ask for themselves once more."""
        endpoint = request.endpoint
        if endpoint in WITHOUT_SESSION:
            return None
        g.user = current_user
        if endpoint is None or endpoint in PUBLIC:
            return None
        if not current_user.is_authenticated:
            return redirect(url_for("SignIn.login", next=_asked_path()))
        if sessions.here().must_change and endpoint not in WHILE_CHANGING:
            return redirect(url_for("OwnAccount.password"))
        if sessions.here().pending == sessions.ENROL and endpoint not in WHILE_ENROLLING:
            return redirect(url_for("OwnAccount.second"))
        if not self.is_open(endpoint):
            abort(403)
        return limits.check(endpoint)

    def is_open(self, endpoint: str) -> bool:
        """Whether the signed-in person may call an endpoint; one that nobody declared is closed."""
        if endpoint in SIGNED_IN:
            return True
        needed = self.permission_of(endpoint)
        return needed is not None and self.has_access(*needed)

    def permission_of(self, endpoint: str) -> tuple[str, str] | None:
        """The permission and the view that `@has_access` of an endpoint asks for; None if it asks for nothing."""
        if endpoint not in self._declared:
            self._declared[endpoint] = self._read_permission(endpoint)
        return self._declared[endpoint]

    def _read_permission(self, endpoint: str) -> tuple[str, str] | None:
        view_name, _dot, method_name = endpoint.rpartition(".")
        view = next((view for view in self.appbuilder.baseviews if view.endpoint == view_name), None)
        method = getattr(view, method_name, None)
        if (
            view is None
            or method is None
            or not hasattr(method, "__wrapped__")
            or not hasattr(method, "_permission_name")
        ):
            return None
        named = (view.method_permission_name or {}).get(method_name) or method._permission_name
        return f"can_{named}", view.class_permission_name


class OneLanguage(Domain):
    """The words of the one language: which one it is, is not asked again for each word."""

    _words: Translations | None = None

    def get_translations(self) -> Translations:
        if self._words is None:
            self._words = super().get_translations()
        return self._words


class Builder(AppBuilder):
    """FAB's AppBuilder in one language and without the views we do not use."""

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(self.indexview)
        self.add_view_no_menu(UtilView)
        self.sm.register_views()
        language = current_app.config["BABEL_DEFAULT_LOCALE"]
        babel = current_app.extensions["babel"]
        babel.locale_selector = lambda: language
        words = babel.instance.domain_instance = OneLanguage()
        current_app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of its extension
            lambda text: words.get_translations().ugettext(text),
            lambda one, many, count: words.get_translations().ungettext(one, many, count),
            newstyle=True,
        )


def is_own_path(wanted: str | None) -> bool:
    """Whether an address that came from a browser is a plain path of this server, and not the way in or out."""
    if not wanted or not re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", wanted):
        return False
    parts = urlsplit(wanted)
    return not parts.scheme and not parts.netloc and parts.path not in ("/login/", "/logout/")


def own_path(wanted: str | None) -> str:
    """An address of this server to go on to; anything else is the first page."""
    return wanted if wanted and is_own_path(wanted) else url_for("Home.index")


def _asked_path() -> str | None:
    """Where to return after signing in. A search stays out of the address: it may hold a surname."""
    if request.method != "GET" or request.path == "/":
        return None
    return request.path
