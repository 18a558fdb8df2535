"""A report that counts no families and that no catalogue knows: assignments of employees, by body and territory."""

from dataclasses import dataclass, field

from sqlalchemy import true

from app import access
from app.extensions import db
from app.models import Agency, Assignment, Employee
from app.render.table import Column, Table
from app.reports import places, report
from app.reports.report import TERRITORY, Counting, Detail, Indicator, Report, Source

assignment, employee, agency = Assignment.__table__, Employee.__table__, Agency.__table__


def mine():
    scope = access.scope()
    return true() if scope.everything else assignment.c.territory_id.in_(scope.territories)


WORK = Source(
    "assignments",
    assignment.join(employee, employee.c.id == assignment.c.employee_id).join(agency),
    (assignment.c.annulled_at.is_(None), assignment.c.family_id.is_(None)),
    (
        Detail("territory_id", "Территория", assignment.c.territory_id),
        Detail("last_name", "Фамилия", employee.c.last_name),
        Detail("agency", "Орган", agency.c.name),
        Detail("started_on", "С", assignment.c.started_on, "date"),
    ),
    territory=assignment.c.territory_id,
    counted=mine,
    shown=mine,
    keys={"agency": employee.c.agency_id},
    order=(agency.c.name_key, assignment.c.id),
)
ASSIGNED = Indicator("assigned", "Закреплений", Counting.PERSONS, WORK, true())


@dataclass(frozen=True)
class Workload:
    """The counted report."""

    rows: list
    numbers: dict
    names: dict
    shows_names: bool = True
    period_title: str = "III квартал 2026 года"
    checks: tuple = ()
    indicators: dict = field(default_factory=lambda: {"assigned": ASSIGNED})

    def number(self, _key):
        return sum(self.numbers.values())


def _counted(period, place, known):
    rows = known.listed(place.id)
    numbers = report.count_by([ASSIGNED], places.counted_in(rows, known), ("agency", TERRITORY))["assigned"]
    names = dict(db.session.execute(db.select(agency.c.id, agency.c.name)).all())
    return Workload(rows, numbers, names | {("t", row.id): row.name for row in rows})


def _table(form, _link):
    lines = [[form.names[body], form.names["t", at], number] for (body, at), number in sorted(form.numbers.items())]
    return Table("Нагрузка", [Column("Орган"), Column("Территория"), Column("Закреплений", kind="number")], lines)


WORKLOAD = Report(
    name="workload", view="Workload", label="Workload", title="Нагрузка органов", icon="fa-table", file="workload",
    figures=lambda _period: {"assigned": ASSIGNED}, count=_counted, table=_table, further=lambda _form: [],
    data=lambda form: {"rows": [[*key, number] for key, number in sorted(form.numbers.items())]},
    named=lambda _form: {}, sources=(WORK,),
)  # fmt: skip
