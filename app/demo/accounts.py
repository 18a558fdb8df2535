"""Sign-ins of the demo bank: one for each role, and a coordinator of the district beside it.

Their passwords are made on this machine and shown once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app import journal
from app.demo import names as invented
from app.domain import passwords, terms
from app.extensions import db
from app.models import Agency, AgencyKind, Assignment, Employee, Mentor, Role, Territory, User
from app.services import accounts

NEIGHBOURS, OF_HEALTH = "sosed", "vrach"
HEALTH_ROLE = "Специалист здравоохранения"  # the rights of a specialist, and words about health besides
MARK = "@demo.invalid"  # the e-mail of a demo sign-in: it leads nowhere and tells demo users from real ones


class DemoSignIn(NamedTuple):
    """What is printed once: a role, the name to sign in with, the password."""

    role: terms.Role
    username: str
    password: str


COORDINATOR = {"last_name": invented.COORDINATOR[1], "first_name": invented.COORDINATOR[0], "middle_name": "Петровна"}
# Role, name to sign in with, first name, surname; where an employee is linked, the names are the employee's.
PEOPLE = (
    (terms.Role.COORDINATOR, "koordinator", COORDINATOR["first_name"], COORDINATOR["last_name"]),
    (terms.Role.SECRETARY, "sekretar", "Инга", "Протоколова"),
    (terms.Role.COMMISSION, "kdn", "Вера", "Родникова"),
    (terms.Role.SPECIALIST, "specialist", "Юлия", "Причальная"),
    (terms.Role.ADMINISTRATOR, "admin", "Артём", "Серверов"),
    (terms.Role.REGION, "region", "Рената", "Областная"),
    (terms.Role.AUDITOR, "auditor", "Глеб", "Проверкин"),
    (terms.Role.COORDINATOR, NEIGHBOURS, *invented.NEIGHBOUR),  # keeps the district beside the first one
    (terms.Role.SPECIALIST, OF_HEALTH, "Нина", "Больничная"),  # of the hospital that is asked about families
)


def exist() -> bool:
    """Whether the demo sign-ins have been made."""
    return db.session.execute(_demo_users().limit(1)).first() is not None


def _demo_users() -> Select[Any]:
    return select(User).where(User.email.like(f"%{MARK}")).order_by(User.id)


def create() -> list[DemoSignIn]:
    """Make the sign-ins over the demo bank."""
    roles = {role.name: role for role in db.session.scalars(select(Role))}
    root = db.session.scalars(select(Territory).where(Territory.parent_id.is_(None)).order_by(Territory.id)).first()
    beside = db.session.scalars(select(Territory).where(Territory.name == f"{invented.DISTRICTS[1]} район")).first()
    linked = {
        "koordinator": _coordinator(), "kdn": _commission_member(), "specialist": _specialist(),
        OF_HEALTH: _of_health(),
    }  # fmt: skip
    made = []
    for role, username, first_name, last_name in PEOPLE:
        employee, place = linked.get(username), beside if username == NEIGHBOURS else root
        held = _health_role() if username == OF_HEALTH else roles[role.value]
        user, password = accounts.create_user(
            username=username,
            first_name=employee.first_name if employee else first_name,
            last_name=employee.last_name if employee else last_name,
            roles=[held],
            territories=[place] if role in (terms.Role.COORDINATOR, terms.Role.SECRETARY) and place else [],
            employee=employee,
            password=passwords.one_time(),
        )
        user.email = username + MARK
        made.append(DemoSignIn(role, username, password))
    db.session.flush()
    return made


def renew() -> list[DemoSignIn]:
    """Other passwords for the demo sign-ins; their sessions end, locks are lifted."""
    made = []
    for user in db.session.scalars(_demo_users()):
        password = passwords.one_time()
        user.password = accounts.hash_of(password)
        accounts.unlock(user)
        accounts.account_of(user).must_change_password = False
        accounts.end_sessions(user)
        summary = f"Пользователь: {user.username} — новый пароль демонстрационного входа"
        journal.write([journal.entry(terms.Act.PASSWORD_CHANGED, entity="User", entity_id=user.id, summary=summary)])
        role = terms.Role(accounts.roles_of_code(user.id)[0])
        made.append(DemoSignIn(role, user.username, password))
    return made


def _coordinator() -> Employee | None:
    """Somebody to keep the bank: a person of the body of social protection (5.2) of the first district."""
    of_protection = select(Agency).join(AgencyKind).where(AgencyKind.code == "5.2").order_by(Agency.id).limit(1)
    agency = db.session.scalar(of_protection)
    if agency is None:
        return None
    employee = Employee(agency=agency, position="муниципальный координатор банка данных", **COORDINATOR)
    db.session.add(employee)
    db.session.flush()
    return employee


def _commission_member() -> Employee | None:
    """The member of the commission with most assignments of single families."""
    query = select(Assignment.employee_id).where(Assignment.family_id.is_not(None))
    return _first_by(query, Assignment.employee_id)


def _specialist() -> Employee | None:
    """The employee of a rehabilitation centre (5.8) who guides most families."""
    query = (
        select(Mentor.employee_id)
        .join(Employee, Mentor.employee_id == Employee.id)
        .join(Agency, Employee.agency_id == Agency.id)
        .join(AgencyKind, Agency.kind_id == AgencyKind.id)
        .where(AgencyKind.code == "5.8")
    )
    return _first_by(query, Mentor.employee_id)


def _of_health() -> Employee | None:
    """The district pediatrician: of the hospital (5.5) of the first district."""
    of_hospital = select(Employee).join(Agency, Employee.agency_id == Agency.id)
    found = of_hospital.join(AgencyKind, Agency.kind_id == AgencyKind.id).where(AgencyKind.code == "5.5")
    return db.session.scalars(found.order_by(Agency.id, Employee.id.desc()).limit(1)).first()


def _health_role() -> Role:
    """The further role that shows words about health, made once."""
    found = db.session.scalar(select(Role).where(Role.name == HEALTH_ROLE))
    return found or accounts.add_role(HEALTH_ROLE, terms.Role.SPECIALIST.value, special=True)


def _first_by(query: Select[Any], employee_id: InstrumentedAttribute[Any]) -> Employee | None:
    ordered = query.group_by(employee_id).order_by(func.count().desc(), employee_id).limit(1)
    key = db.session.scalars(ordered).first()
    return db.session.get(Employee, key) if key is not None else None
