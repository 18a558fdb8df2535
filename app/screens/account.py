"""What every signed-in person keeps for themselves: the password and the sessions."""

from __future__ import annotations

from flask import abort, jsonify, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import sessions
from app.acts import Answer
from app.domain.refusal import Refusal
from app.extensions import db
from app.feeds import address
from app.models import User
from app.screens.screen import Screen
from app.services import accounts, feeds


class OwnAccount(Screen):
    """The own account."""

    route_base = "/account"
    default_view = "index"
    class_permission_name = "Account"

    @expose("/")
    @has_access
    @permission_name("index")
    def index(self) -> str:
        """Who I am, what I may, where I am signed in."""
        user = _me()
        here = sessions.hash_of(sessions.here().token or "")
        return self.page("signin/account.html", user=user, sessions=accounts.sessions_of(user), here=here,
                         places=accounts.territories_of(user), feed=feeds.of_user(user),
                         may_subscribe=self.appbuilder.sm.has_access("can_show", "Calendar"))  # fmt: skip

    @expose("/password/", methods=["GET", "POST"])
    @has_access
    @permission_name("password")
    def password(self) -> str | Response:
        """Change the own password; every other session ends."""
        must = sessions.here().must_change
        if request.method == "GET":
            return self.page("signin/password.html", must=must, fault=None)
        user = _me()
        stored, about = user.password, (user.username, user.first_name, user.last_name)
        db.session.rollback()  # nobody waits for the database while passwords are hashed
        try:
            if request.form.get("password", "") != request.form.get("repeated", ""):
                raise Refusal("Новый пароль повторён с ошибкой.", "repeated")
            current, wanted = request.form.get("current", ""), request.form.get("password", "")
            hashed = accounts.check_change(stored, current, wanted, about)
        except Refusal as fault:
            return self.page("signin/password.html", must=must, fault=fault)
        typed = _TypedPassword()

        def whole() -> Answer:
            accounts.change_password(user, hashed)
            sessions.here().start(user.id)
            return Answer(_("The password is changed; other sessions are ended."), url_for("Home.index"))

        return self.done(typed, whole) or self.page("signin/password.html", must=must, fault=typed.fault)

    @expose("/stay")
    @has_access
    @permission_name("index")
    def stay(self) -> Response:
        """The session lives on: when it ends now, for the script of a page that somebody looks at."""
        return jsonify(sessions.here().left())

    @expose("/feed/make", methods=["POST"])
    @has_access
    @permission_name("feed")
    def make_feed(self) -> Response:
        """Make the secret address of the own calendar of deadlines, shown once; an earlier one no longer works."""
        if not self.appbuilder.sm.has_access("can_show", "Calendar"):
            abort(403)
        back = url_for("OwnAccount.index")

        def whole() -> Answer:
            shown = self.page("signin/feed.html", address=address(feeds.make(_me())))
            return Answer(_("The address of the calendar is made."), back, page=shown)

        return self.pressed(whole, back)

    @expose("/feed/withdraw", methods=["POST"])
    @has_access
    @permission_name("feed")
    def withdraw_feed(self) -> Response:
        """The address of the own calendar works no longer."""
        back = url_for("OwnAccount.index")

        def whole() -> Answer:
            feeds.withdraw(_me())
            return Answer(_("The address of the calendar is withdrawn."), back)

        return self.pressed(whole, back)

    @expose("/sessions/<int:key>/end", methods=["POST"])
    @has_access
    @permission_name("end")
    def end(self, key: int) -> Response:
        """End one of the own sessions."""
        if key not in {row.id for row in accounts.sessions_of(_me())}:
            abort(404)
        back = url_for("OwnAccount.index")

        def whole() -> Answer:
            accounts.end_session(_me(), key)
            return Answer(_("The session is ended."), back)

        return self.pressed(whole, back)


class _TypedPassword:
    """The form of a password keeps nothing of what was typed but the fault."""

    fault: Refusal | None = None

    def refuse(self, text: str, field: str | None) -> None:
        self.fault = Refusal(text, field)


def _me() -> User:
    return db.session.get_one(User, current_user.id)
