"""How people sign in, and what they keep."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import lazy_gettext as _
from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.domain import names
from app.entities.kinds import Entity, Whose, label

if TYPE_CHECKING:
    from app.entities.places import Territory


def _surname_first(user: User) -> str:
    return names.full(user.last_name, user.first_name, None)


# FAB puts the first name first. Here a person is called as papers call him, wherever a user is shown or written down.
User.get_full_name = _surname_first


class Account(Entity):
    """How a user signs in, beside FAB's own row: forced change, one-time password, lock after failures."""

    WHOSE = Whose.SIGN_IN
    __tablename__ = "account"
    TITLE, TITLES = _("Account"), _("Accounts")
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    must_change_password: Mapped[bool] = mapped_column(default=False, info=label(_("Must change the password")))
    password_until: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), info=label(_("One-time password until"))
    )
    failures: Mapped[int] = mapped_column(default=0, info=label(_("Failures in a row")))
    locks: Mapped[int] = mapped_column(default=0, info=label(_("Locks in a row")))
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info=label(_("Locked until")))


class SecondStep(Model):
    """The secret of a user's phone, by which it counts codes: closed, and the last step whose code was taken.

    confirmed_at: when the first code was entered; until then the secret waits and nobody is asked for a code.
    """

    WHOSE = Whose.SIGN_IN
    __tablename__ = "second_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[str] = mapped_column(String(600))
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Model):
    """A code on paper that lets a user in once, when the phone is lost; its hash."""

    WHOSE = Whose.SIGN_IN
    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class UserSession(Entity):
    """A sign-in that lasts: the cookie holds only a random token, its hash lies here."""

    WHOSE = Whose.SIGN_IN
    __tablename__ = "user_session"
    TITLE, TITLES = _("Session"), _("Sessions")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, info=label(_("Signed in at")))
    last_seen_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=now, index=True, info=label(_("Last seen at"))
    )
    address: Mapped[str | None] = mapped_column(String(45), info=label(_("Network address")))
    agent: Mapped[str | None] = mapped_column(String(200), info=label(_("Browser")))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class FurtherRole(Entity):
    """A role under a name of its own that has exactly the permissions of a role of the code (`config.ROLES`).

    special: words about health and convictions are shown to it as well (152-ФЗ, art. 10): a nurse, an inspector.
    """

    WHOSE = Whose.ACCOUNTS
    __tablename__ = "further_role"
    TITLE, TITLES = _("Role"), _("Roles")
    role_id: Mapped[int] = mapped_column(ForeignKey("ab_role.id", ondelete="CASCADE"), unique=True)
    role: Mapped[Role] = relationship(info=label(_("Role")))
    same_as: Mapped[str] = mapped_column(String(64), info=label(_("Same permissions as")))
    special: Mapped[bool] = mapped_column(default=False, info=label(_("Sees health and convictions")))


class HomeTerritory(Entity):
    """The territory whose families, and those below it, a coordinator keeps."""

    WHOSE = Whose.ACCOUNTS
    __tablename__ = "home_territory"
    __table_args__ = (UniqueConstraint("user_id", "territory_id"),)
    TITLE, TITLES = _("Territory of a user"), _("Territories of users")
    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), index=True, info=label(_("User"))
    )
    user: Mapped[User] = relationship(info=label(_("User")))
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), index=True, info=label(_("Territory")))
    territory: Mapped[Territory] = relationship(info=label(_("Territory")))

    def __str__(self) -> str:
        return str(self.territory)


class SavedFilter(Model):
    """What a person asks of a list again and again, under a name: of that person alone, no fact of the bank.

    view: whose list it is, by its endpoint. conditions: the arguments of its address, as they were typed; they are
    read anew each time, so what is no longer there or no longer allowed is refused as any other address is.
    """

    WHOSE, OWNER = Whose.ASKER, "user_id"
    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("user_id", "view", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    view: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    conditions: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)

    def __str__(self) -> str:
        return self.name


class CalendarFeed(Model):
    """The secret address at which a person's calendar of deadlines is read without signing in; its hash lies here."""

    WHOSE, OWNER = Whose.ASKER, "user_id"
    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
