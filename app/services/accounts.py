"""Users, their roles and passwords: what an administrator and the person themselves may do with a sign-in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from app import journal
from app.clock import in_utc, now
from app.domain import names, passwords, terms, writing
from app.domain.refusal import Refusal
from app.extensions import db, hold_row
from app.models import Account, Employee, FurtherRole, HomeTerritory, JournalEntry, Role, Territory, User, UserSession
from app.services import second_step

REFUSED_PASSWORDS = Path(__file__).resolve().parent.parent / "reference" / "refused_passwords.txt"

# Failures in a row that lock a sign-in, and for how long: 15 minutes, then twice as long each time, a day at most.
FAILURES_ALLOWED = 5
FIRST_LOCK, LONGEST_LOCK = timedelta(minutes=15), timedelta(days=1)
# Failures from one network address within a minute after which it is not answered.
FAILURES_OF_ADDRESS = 30
SHOWN_SIGN_INS = 20
LONGEST_NAME = 64  # characters of a name of a person, of a sign-in, of a role

_account = Account.__table__
_entry = JournalEntry.__table__
_user = User.__table__
_role = Role.__table__
_held = User.metadata.tables["ab_user_role"]
_further = FurtherRole.__table__
_session = UserSession.__table__
ROLE = (_role.c.name, _further.c.same_as, _further.c.special)  # a role that a user holds: what `held` reads


# Passwords


@cache
def refused_passwords() -> frozenset[str]:
    """Common passwords and their stems, as `passwords.check` wants them."""
    return frozenset(REFUSED_PASSWORDS.read_text(encoding="utf-8").split("\n"))


def hash_of(password: str) -> str:
    """A password as it is stored."""
    return generate_password_hash(password, current_app.config["FAB_PASSWORD_HASH_METHOD"], salt_length=16)


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one that is stored; as slow for nobody's as for somebody's."""
    same = check_password_hash(stored or current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"], password)
    # A NUL at the end hashes like nothing at all: such a password is never what was typed.
    return same and stored is not None and password != "" and "\0" not in password


def account_of(user: User) -> Account:
    """The row beside FAB's one; made when it is not there."""
    row = db.session.scalar(select(Account).where(Account.user_id == user.id))
    if row is None:
        try:
            with db.session.begin_nested():
                row = Account(user_id=user.id, must_change_password=False, failures=0, locks=0)
                db.session.add(row)
        except IntegrityError:  # a try side by side made it
            row = db.session.scalars(select(Account).where(Account.user_id == user.id)).one()
    return row


def check_password(wanted: str, username: str, *about: str) -> None:
    """Refuse a password that must not be set, whoever sets it. about: the person's names."""
    passwords.check(wanted, username=username, about=about, refused=refused_passwords())


def check_change(stored: str | None, current: str, wanted: str, about: tuple[str, ...]) -> str:
    """The hash of a new password of one's own, or a refusal. Asks no database: hashing is slow on purpose.

    about: the name to sign in, then the other names of the person.
    """
    if not matches(stored, current):
        raise Refusal("Текущий пароль введён неверно.", "current")
    if wanted == current:
        raise Refusal("Новый пароль совпадает с текущим.", "password")
    check_password(wanted, *about)
    return hash_of(wanted)


def change_password(user: User, hashed: str) -> None:
    """Keep the password that `check_change` let through; all sessions end, the caller starts one anew."""
    user.password = hashed
    account = account_of(user)
    account.must_change_password, account.password_until = False, None
    end_sessions(user)
    journal.write([_entry_about(terms.Act.PASSWORD_CHANGED, user, "смена пароля")])


def reset_password(user: User) -> str:
    """A one-time password instead of a forgotten one; it is shown once and must be changed at once."""
    second_step.check_alone(user, terms.Act.SECOND_STEP_RESET)
    password = _give_one_time_password(user)
    end_sessions(user)
    journal.write([_entry_about(terms.Act.PASSWORD_CHANGED, user, "выдан одноразовый пароль")])
    return password


def _give_one_time_password(user: User) -> str:
    password = passwords.one_time()
    user.password = hash_of(password)
    account = account_of(user)
    account.must_change_password, account.password_until = True, now() + passwords.ONE_TIME_LASTS
    account.failures, account.locks, account.locked_until = 0, 0, None
    db.session.flush()
    return password


# Attempts to sign in


@dataclass(frozen=True)
class Attempt:
    """One try to sign in: whether the password may be looked at, and whether this failure locks."""

    user: User | None
    stored: str | None
    open: bool
    locks: bool = False


def address_is_exhausted(address: str | None) -> bool:
    """Whether too many tries failed from a network address within the last minute."""
    failed = db.session.scalar(
        select(func.count()).where(
            _entry.c.at.between(now() - timedelta(minutes=1), now()),
            _entry.c.act == terms.Act.SIGN_IN_FAILED,
            _entry.c.address == address,
        )
    )
    return (failed or 0) >= FAILURES_OF_ADDRESS


def begin_attempt(username: str) -> Attempt:
    """Count the try before the password is looked at, so that tries side by side are counted too. Commit after it."""
    user = find(username)
    if user is None:
        return Attempt(None, None, open=False)
    account_of(user)
    account = db.session.scalars(
        select(Account).where(Account.user_id == user.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if account.locked_until is not None:
        if locked_until(account) is not None:
            return Attempt(user, user.password, open=False)
        account.locked_until, account.failures = None, 0
    account.failures += 1
    locks = account.failures >= FAILURES_ALLOWED
    if locks:
        account.locked_until = now() + min(FIRST_LOCK * 2 ** min(account.locks, 20), LONGEST_LOCK)
        account.locks += 1
    return Attempt(user, user.password, open=bool(user.active), locks=locks)


def halfway(attempt: Attempt) -> None:
    """The password fits and a code is asked for: this try was none, and those before it still count."""
    assert attempt.user is not None
    account = account_of(attempt.user)
    account.failures = max(0, account.failures - 1)
    if attempt.locks:
        account.locked_until, account.locks = None, max(0, account.locks - 1)


def fail(attempt: Attempt, username: str) -> None:
    """Record a try that failed. A name nobody bears is not written down: people type passwords there."""
    user = attempt.user
    if user is None:
        unknown = f"неизвестное имя ({_fingerprint(username)})"
        journal.write([journal.entry(terms.Act.SIGN_IN_FAILED, entity="User", summary=unknown)])
        return
    db.session.execute(
        update(_user)
        .where(_user.c.id == user.id)
        .values(fail_login_count=func.coalesce(_user.c.fail_login_count, 0) + 1)
    )
    rows = [_entry_about(terms.Act.SIGN_IN_FAILED, user)]
    if attempt.locks:
        rows.append(_entry_about(terms.Act.LOCKED, user))
    journal.write(rows)


def succeed(user: User, password: str | None) -> int:
    """Record a sign-in; gives the tries that failed since the last one. password: None after a second step."""
    account = account_of(user)
    account.failures, account.locks, account.locked_until = 0, 0, None
    failures = user.fail_login_count or 0
    values: dict[str, Any] = {
        "fail_login_count": 0,
        "last_login": now().replace(tzinfo=None),
        "login_count": (user.login_count or 0) + 1,
    }
    if password is not None and not (user.password or "").startswith(
        f"{current_app.config['FAB_PASSWORD_HASH_METHOD']}$"
    ):
        values["password"] = hash_of(password)  # the setting was strengthened since
    db.session.execute(update(_user).where(_user.c.id == user.id).values(values))
    journal.write([_entry_about(terms.Act.SIGNED_IN, user) | {"user_id": user.id, "user_name": user.get_full_name()}])
    return failures


def one_time_password_is_over(user: User) -> bool:
    """Whether the user still has a one-time password whose 72 hours have passed."""
    account = account_of(user)
    until = account.password_until
    return account.must_change_password and until is not None and in_utc(until) <= now()


def unlock(user: User) -> None:
    """Let a locked user try again."""
    account = account_of(user)
    account.failures, account.locks, account.locked_until = 0, 0, None
    journal.write([_entry_about(terms.Act.CHANGED, user, "вход разблокирован")])


def locked_until(account: Account | None) -> datetime | None:
    """Until when a sign-in is locked; None if it is not. One longer than the longest is of a clock that was wrong."""
    until = in_utc(account.locked_until) if account is not None and account.locked_until is not None else None
    return until if until is not None and now() < until <= now() + LONGEST_LOCK else None


def _fingerprint(text: str) -> str:
    """A short mark by which two tries of one unknown name are seen to be one, and nothing else."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, text.casefold().encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:8]


# Sessions


def history(user: User) -> list[Any]:
    """The last sign-ins under a user's name, and those that failed."""
    told = (terms.Act.SIGNED_IN, terms.Act.SIGN_IN_FAILED, terms.Act.LOCKED, terms.Act.PASSWORD_CHANGED,
            terms.Act.SECOND_STEP_RESET)  # fmt: skip
    asked = select(_entry.c.at, _entry.c.act, _entry.c.address, _entry.c.summary).where(
        _entry.c.entity == "User", _entry.c.entity_id == user.id, _entry.c.act.in_(told)
    )
    return list(db.session.connection().execute(asked.order_by(_entry.c.id.desc()).limit(SHOWN_SIGN_INS)))


def end_sessions(user: User, *, only: int | None = None) -> int:
    """End a user's sessions, or one of them; gives how many there were."""
    query = delete(_session).where(_session.c.user_id == user.id)
    if only is not None:
        query = query.where(_session.c.id == only)
    return int(db.session.execute(query).rowcount)  # type: ignore[attr-defined]  # a DELETE has it


def end_session(user: User, key: int) -> None:
    """End one session of a user, and note it."""
    if not end_sessions(user, only=key):
        raise Refusal("Этот сеанс уже завершён.")
    journal.write([_entry_about(terms.Act.SESSION_ENDED, user, "завершён сеанс")])


def end_every_session(user: User) -> None:
    """End all sessions of a user, and note it."""
    end_sessions(user)
    journal.write([_entry_about(terms.Act.SESSION_ENDED, user, "завершены все сеансы")])


def sessions_of(user: User) -> list[UserSession]:
    """The sessions of a user that last, the latest used first."""
    config = current_app.config
    return list(
        db.session.scalars(
            select(UserSession)
            .where(
                UserSession.user_id == user.id,
                UserSession.last_seen_at > now() - config["SESSION_IDLE"],
                UserSession.created_at > now() - config["SESSION_LIFE"],
            )
            .order_by(UserSession.last_seen_at.desc())
        )
    )


# Users and roles


def find(username: str) -> User | None:
    """The user with a name to sign in, letter case apart. Nobody's name holds signs that are not seen."""
    name = username.strip()
    if writing.has_unseen(name):
        return None
    return db.session.scalar(select(User).where(User.username.in_({name, name.casefold()})).order_by(User.id).limit(1))


class Held(NamedTuple):
    """What a user holds: roles of the code, and whether one of the roles shows health and convictions besides."""

    roles: list[str]
    special: bool


def roles_of_code(user_id: int) -> list[str]:
    """The roles of the code that a user holds, a further role read as the one it is the same as."""
    return held_by(user_id).roles


def held_by(user_id: int) -> Held:
    """The same, with what a further role may show besides."""
    rows = select(*ROLE).select_from(_held).where(_held.c.user_id == user_id)
    return held(db.session.execute(with_roles(rows)))


def with_roles(of_users: Select[Any]) -> Select[Any]:
    """A statement that names `ab_user_role`, with the roles that stand there."""
    of_users = of_users.outerjoin(_role, _role.c.id == _held.c.role_id)
    return of_users.outerjoin(_further, _further.c.role_id == _role.c.id)


def held(rows: Iterable[Any]) -> Held:
    """What rows with the columns `ROLE` say of one user; whoever holds nothing has a row without a name."""
    found = [row for row in rows if row.name is not None]
    return Held(list(dict.fromkeys(row.same_as or row.name for row in found)), any(row.special for row in found))


def roles_named(wanted: Iterable[str]) -> list[Role]:
    """The roles with these names, letter case apart."""
    known = {role.name.casefold(): role for role in known_roles()}
    for name in wanted:
        if name.casefold() not in known:
            raise Refusal(f"Роли «{name}» нет. Есть: {', '.join(role.name for role in known_roles())}.", "roles")
    return [known[name.casefold()] for name in wanted]


def territories_named(wanted: Iterable[str]) -> list[Territory]:
    """The territories with these names."""
    found = []
    for name in wanted:
        rows = db.session.scalars(select(Territory).where(Territory.name_key == names.key(name))).all()
        if len(rows) != 1:
            raise Refusal(f"Территорий с названием «{name}»: {len(rows)}, нужна одна.", "territories")
        found.append(rows[0])
    return found


def code_of(role: Role) -> str:
    """The role of the code whose permissions a role has."""
    same_as = db.session.scalar(select(_further.c.same_as).where(_further.c.role_id == role.id))
    return same_as or role.name


def create_user(*, username: str, first_name: str, last_name: str, roles: Collection[Role],
                territories: Collection[Territory] = (), employee: Employee | None = None,
                password: str | None = None) -> tuple[User, str]:  # fmt: skip
    """A new user with a one-time password that is given back to be said once.

    `password`: a lasting one instead (demonstration, tests); it is not checked and need not be changed.
    """
    name = name_of(username, "username").casefold()
    _check_length(name, "username")  # a letter may become two small ones
    if any(not (char.isalnum() or char in "._-") for char in name):
        raise Refusal("Имя для входа — буквы, цифры, точка, дефис, без пробелов.", "username")
    if find(name) is not None:
        raise Refusal("Пользователь с таким именем для входа уже есть.", "username")
    user = User(username=name, email=f"{name}@patronat.invalid", active=True)
    rename(user, first_name=first_name, last_name=last_name)
    db.session.add(user)
    db.session.flush()
    if password is None:
        password = _give_one_time_password(user)
    else:
        user.password = hash_of(password)
    set_roles(user, roles)
    set_territories(user, territories)
    link_employee(user, employee)
    db.session.flush()
    return user, password


def rename(user: User, *, first_name: str, last_name: str) -> None:
    """Give a user the names as they are called; the sign-in keeps its own."""
    user.last_name, user.first_name = name_of(last_name, "last_name"), name_of(first_name, "first_name")


def name_of(typed: str, field: str) -> str:
    """A name of a person, of a sign-in or of a role as it is stored. Raises Refusal at the field it was typed in."""
    name = writing.line(typed)
    if name is None:
        raise Refusal("Заполните это поле.", field)
    _check_length(name, field)
    return name


def _check_length(name: str, field: str) -> None:
    if len(name) > LONGEST_NAME:
        raise Refusal(f"Не длиннее {LONGEST_NAME} знаков.", field)


def lock(user: User) -> None:
    """Let two who change one user at once do it one after the other."""
    hold_row(User, user.id)
    db.session.refresh(user)


def set_roles(user: User, roles: Collection[Role]) -> None:
    """Give a user exactly these roles; sessions end, so that the next page is of the new ones."""
    if set(roles) == set(user.roles):
        return
    codes = {code_of(role) for role in roles}
    if terms.Role.ADMINISTRATOR in codes and codes & set(terms.ROLES_OF_FAMILIES):
        raise Refusal("Администратор не видит семей: эту роль не сочетают с ролью, которой семьи видны.", "roles")
    if terms.Role.ADMINISTRATOR not in codes:
        _check_an_administrator_stays(user)
    user.roles = list(roles)
    end_sessions(user)
    db.session.flush()


def territories_of(user: User) -> list[Territory]:
    """The territories whose families a coordinator keeps, by name."""
    query = select(Territory).join(HomeTerritory, HomeTerritory.territory_id == Territory.id)
    return list(db.session.scalars(query.where(HomeTerritory.user_id == user.id).order_by(Territory.name_key)))


def set_territories(user: User, territories: Collection[Territory]) -> None:
    """The territories whose families a coordinator keeps."""
    wanted = {territory.id: territory for territory in territories}
    have = {
        row.territory_id: row
        for row in db.session.scalars(select(HomeTerritory).where(HomeTerritory.user_id == user.id))
    }
    if wanted.keys() == have.keys():
        return
    for territory_id in have.keys() - wanted.keys():
        db.session.delete(have[territory_id])
    db.session.add_all(HomeTerritory(user=user, territory=wanted[key]) for key in wanted.keys() - have.keys())
    were = sorted((row.territory for row in have.values()), key=lambda place: place.id)
    are = sorted(wanted.values(), key=lambda place: place.id)
    said = [*([place.id for place in places] for places in (were, are)),
            *([place.name for place in places] for places in (were, are))]  # fmt: skip
    journal.write([_entry_about(terms.Act.CHANGED, user, "территории") | {"changes": {"territories": said}}])
    db.session.flush()


def link_employee(user: User, employee: Employee | None) -> None:
    """Say which employee of which agency the user is; a commission member's assignments hang on it."""
    current = db.session.scalar(select(Employee).where(Employee.user_id == user.id))
    if current is employee:
        return
    if employee is not None and employee.user_id not in (None, user.id):
        raise Refusal("У этого сотрудника уже есть другой вход.", "employee")
    if current is not None:
        current.user_id = None
        db.session.flush()
    if employee is not None:
        employee.user_id = user.id
    said = [*(row.id if row else None for row in (current, employee)),
            *(str(row) if row else None for row in (current, employee))]  # fmt: skip
    journal.write([_entry_about(terms.Act.CHANGED, user, "сотрудник") | {"changes": {"employee": said}}])
    db.session.flush()


def deactivate(user: User) -> None:
    """Close a sign-in; it stays for the journal."""
    _check_an_administrator_stays(user)
    user.active = False
    end_sessions(user)
    db.session.flush()


def activate(user: User) -> None:
    """Open a closed sign-in again."""
    user.active = True
    db.session.flush()


def administrators() -> set[int]:
    """The ids of active users with the administrator's permissions."""
    same = func.coalesce(_further.c.same_as, _role.c.name)
    return set(
        db.session.scalars(
            select(_user.c.id)
            .select_from(
                _user.join(_held, _held.c.user_id == _user.c.id)
                .join(_role, _role.c.id == _held.c.role_id)
                .outerjoin(_further, _further.c.role_id == _role.c.id)
            )
            .where(_user.c.active, same == terms.Role.ADMINISTRATOR)
        )
    )


def _check_an_administrator_stays(user: User) -> None:
    if user.id is not None and administrators() == {user.id}:
        raise Refusal("Это последний действующий администратор: без него некому будет вести пользователей.")


def add_role(name: str, same_as: str, *, special: bool = False) -> Role:
    """A role under a readable name with the permissions of a role of the code.

    special: it shows health and convictions of the families that it shows.
    """
    name = name_of(name, "name")
    if same_as not in {role.value for role in terms.Role}:
        raise Refusal("Выберите роль, чьи права получит новая.", "same_as")
    if special and same_as not in terms.ROLES_OF_FAMILIES:
        raise Refusal("Эта роль семей не показывает: сведения о здоровье и судимости ей не нужны.", "special")
    taken = {existing.casefold() for existing in db.session.scalars(select(_role.c.name))}
    if name.casefold() in taken:
        raise Refusal("Роль с таким названием уже есть.", "name")
    role = Role(name=name)
    db.session.add(role)
    db.session.flush()
    db.session.add(FurtherRole(role_id=role.id, same_as=same_as, special=special))
    db.session.flush()
    return role


def _entry_about(act: terms.Act, user: User, what: str = "") -> dict[str, Any]:
    summary = f"Пользователь: {user.username}" + (f" — {what}" if what else "")
    return journal.entry(act, entity="User", entity_id=user.id, summary=summary)


def known_roles() -> list[Role]:
    """Roles that may be given, those of the code first in their order."""
    order = {role.value: place for place, role in enumerate(terms.Role)}
    rows: Iterable[Role] = db.session.scalars(select(Role).where(Role.name != "Public"))
    return sorted(rows, key=lambda role: (order.get(role.name, len(order)), role.name.casefold()))
