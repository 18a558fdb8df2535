"""What every signed-in person keeps for themselves: the password and the sessions."""

from __future__ import annotations

from flask import abort, jsonify, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import limits, sessions
from app.acts import Answer
from app.domain.refusal import Refusal
from app.extensions import db
from app.feeds import address
from app.models import User
from app.render import qr
from app.screens.screen import Screen, next_page
from app.services import accounts, feeds, second_step


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
                         history=accounts.history(user), two_steps=second_step.is_on(user),
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

    @expose("/second", methods=["GET", "POST"])
    @has_access
    @permission_name("password")
    def second(self) -> str | Response:
        """The own second step: turn it on by the first code of the phone, have other codes on paper, turn it off."""
        typed = _TypedPassword()
        if request.method == "POST":
            act, code = request.form.get("act", ""), request.form.get("code", "")[:40]
            answer = self.done(typed, lambda: self._second(act, code))
            if answer is not None:
                return answer
        user = _me()
        row = second_step.of(user)
        required = second_step.is_required(self.own_roles())
        waits = row is not None and row.confirmed_at is None
        picture = secret = ""
        if row is not None and waits:
            secret = second_step.secret_of(row)
            picture = qr.data_uri(second_step.address(user, row))
        return self.page("signin/second_step.html", row=row, waits=waits, picture=picture, secret=secret,
                         required=required, left=second_step.codes_left(user), fault=typed.fault,
                         must=sessions.here().pending == sessions.ENROL)  # fmt: skip

    def _second(self, act: str, code: str) -> Answer:
        user, back = _me(), url_for("OwnAccount.second")
        if act == "off":
            if second_step.is_required(self.own_roles()):
                raise Refusal("Для вашей роли второй шаг обязателен.", "code")
            second_step.turn_off(user, code)
            return Answer(_("You sign in by the password alone."), back)
        codes = second_step.fresh_codes(user, code) if act == "codes" else second_step.confirm(user, code)
        sessions.here().start(user.id)
        shown = self.page("signin/codes.html", codes=codes)
        return Answer(_("The codes were shown once. If they are not written down, make others."), back, page=shown)

    @expose("/second/begin", methods=["POST"])
    @has_access
    @permission_name("password")
    def begin_second(self) -> Response:
        """Give a secret for the phone; it counts when its first code is entered."""
        back = url_for("OwnAccount.second")

        def whole() -> Answer:
            second_step.begin(_me())
            return Answer(_("Read the picture with your phone and enter the code it shows."), back)

        return self.pressed(whole, back)

    @expose("/confirm", methods=["GET", "POST"])
    @has_access
    @permission_name("password")
    def confirm(self) -> str | Response:
        """The own password once more, when very many families were opened within an hour."""
        typed, wanted = _TypedPassword(), next_page()
        if request.method == "POST":
            user = _me()
            fits = accounts.matches(user.password, request.form.get("password", "")[:1024])
            back = wanted or url_for("Home.index")

            def whole() -> Answer:
                if not fits:
                    raise Refusal("Пароль введён неверно.", "password")
                limits.go_on(user)
                return Answer(_("You may go on for an hour. The coordinator is told of it."), back, category="warning")

            answer = self.done(typed, whole)
            if answer is not None:
                return answer
        return self.page("signin/confirm.html", fault=typed.fault, seen=limits.families_of(_me().id))

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
