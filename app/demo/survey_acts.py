"""The surveys of the demo bank that have taken place: acts signed, one corrected, two of one family, a closed door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from app.demo.ground import Row, Rows
from app.domain.terms import ParentalRole, SurveyAccess, SurveyHeading, SurveyLevel, Threat
from app.extensions import db
from app.models import Family, Member, RelationshipKind

FULL, PARTLY, NOT = SurveyLevel.FULL, SurveyLevel.PARTLY, SurveyLevel.NOT
STAMP: Row = {"version": 1, "annulled_at": None, "annul_reason": None}
MOST_PEOPLE = 8


@dataclass(frozen=True)
class ActScript:
    """What a group found; marks: headings that are not good, notes: the lines about them."""

    marks: Mapping[SurveyHeading, SurveyLevel] = field(default_factory=dict)
    notes: Mapping[SurveyHeading, str] = field(default_factory=dict)
    access: SurveyAccess = SurveyAccess.TOOK_PLACE
    threat: Threat = Threat.NONE
    conclusion: str = ""
    proposals: str | None = None
    income: str | None = None
    further: str | None = None


FIRST = ActScript(
    marks={SurveyHeading.SANITATION: NOT, SurveyHeading.FOOD: PARTLY, SurveyHeading.SLEEP: PARTLY,
           SurveyHeading.FIRE: NOT, SurveyHeading.ALCOHOL: NOT, SurveyHeading.INCOME: NOT, SurveyHeading.DEBT: NOT,
           SurveyHeading.LEARNING: PARTLY},
    notes={SurveyHeading.SANITATION: "Мусор не вынесен, постельное бельё не сменено.",
           SurveyHeading.FOOD: "Крупы на два дня, молока и овощей нет.",
           SurveyHeading.FIRE: "Печь с трещиной, извещателя нет.",
           SurveyHeading.ALCOHOL: "Отец в опьянении, мать объясняет это «праздником»."},
    threat=Threat.EXISTS, conclusion="Дети не обеспечены необходимым, родители нуждаются в лечении и контроле.",
    proposals="Установить извещатель, направить отца к наркологу, оформить детские пособия.",
    income="Пособие на детей, разовые заработки отца.",
)  # fmt: skip
SECOND = ActScript(
    marks={SurveyHeading.SANITATION: PARTLY, SurveyHeading.ALCOHOL: PARTLY, SurveyHeading.INCOME: PARTLY,
           SurveyHeading.DEBT: PARTLY, SurveyHeading.RELATIONS: PARTLY},
    notes={SurveyHeading.SANITATION: "Убрано, ремонт детской не окончен.",
           SurveyHeading.FIRE: "Печь отремонтирована, извещатель установлен.",
           SurveyHeading.ALCOHOL: "Отец прошёл лечение, был один срыв."},
    conclusion="Положение детей улучшилось, сопровождение нужно продолжить.",
    proposals="Продолжить программу, помочь с трудоустройством матери.", income="Пособия, зарплата отца.",
)  # fmt: skip
OF_CARD = ActScript(
    marks={SurveyHeading.HOUSING: PARTLY, SurveyHeading.FOOD: PARTLY, SurveyHeading.PAPERS: NOT,
           SurveyHeading.RESOURCES: PARTLY},
    notes={SurveyHeading.PAPERS: "Пособия не оформлены: мать не знала, куда обратиться."},
    conclusion="Признаков жестокого обращения нет. Семья в трудном материальном положении.",
    proposals="Помочь с документами, поставить на контроль школы.", income="Зарплата матери.",
    further="Отец вахтовик, дома бывает раз в два месяца.",
)  # fmt: skip
REFUSED = ActScript(access=SurveyAccess.REFUSED, conclusion="Мать не открыла, говорила через дверь, детей слышно.",
                    proposals="Повторный выход вместе с участковым.")  # fmt: skip


class Surveys:
    """What groups of one leader found, up to a day."""

    def __init__(self, rng: Random, writer: Rows, leader: tuple[int, str], today: date) -> None:
        self.rng, self.writer, self.today = rng, writer, today
        self.leader_id, self.leader_name = leader

    def of_families(self, better: int | None, refused: int | None) -> None:
        """Two surveys of a family that show what has become of it, the later one corrected; one at a closed door."""
        if better is not None:
            self._of_family(better, 150, FIRST)
            self._of_family(better, 12, SECOND, "Уточнён доход семьи по справке.")
        if refused is not None:
            self._of_family(refused, 4, REFUSED)

    def write(self, group_id: int, on: date, script: ActScript, persons: Sequence[Row], address: str | None = None,
              reason: str | None = None) -> None:  # fmt: skip
        """A signed act; with a reason, in two editions."""
        for edition in (1, 2) if reason else (1,):
            is_current = edition == 2 or not reason
            signed_at = datetime.combine(on + timedelta(days=edition), time(7), tzinfo=UTC)
            act_id = self.writer.add(
                "survey_act", group_id=group_id, visit=1, edition=edition, reason=reason if edition == 2 else None,
                is_current=is_current, saved_at=signed_at, saved_by=self.leader_name, visited_on=on,
                access=script.access, present=None, registered_address=None, actual_address=address, phones=None,
                income=script.income if is_current else None, further=script.further,
                threat=script.threat if script.access is SurveyAccess.TOOK_PLACE else None,
                conclusion=script.conclusion, proposals=script.proposals, signed_at=signed_at,
                signer_id=self.leader_id, signed_for=None, created_at=signed_at, **STAMP,
            )  # fmt: skip
            stamp = {"group_id": group_id, "act_id": act_id, "created_at": signed_at, **STAMP}
            for heading in SurveyHeading if script.access is SurveyAccess.TOOK_PLACE else ():
                self.writer.add("survey_mark", heading=heading, level=script.marks.get(heading, FULL),
                                note=script.notes.get(heading), **stamp)  # fmt: skip
            for person in persons:
                self.writer.add("survey_person", **person, **stamp)

    def _of_family(self, family_id: int, days: int, script: ActScript, reason: str | None = None) -> None:
        family, on = Family.__table__.c, self.today - timedelta(days=days)
        lives = db.session.execute(
            select(family.actual_address, family.territory_id).where(family.id == family_id)
        ).one()
        group_id = self.writer.add(
            "survey_group", territory_id=lives.territory_id, card_id=None, family_id=family_id,
            leader_id=self.leader_id, due_on=on + timedelta(days=2), task=None,
            surveyed_on=on if script.access is SurveyAccess.TOOK_PLACE else None,
            code=f"{self.rng.getrandbits(64):016x}",
            created_at=datetime.combine(on - timedelta(days=3), time(6), tzinfo=UTC), **STAMP,
        )  # fmt: skip
        self.writer.rows["survey_group_employees"].append({"group_id": group_id, "employee_id": self.leader_id})
        self.write(group_id, on, script, self._people(family_id, on), lives.actual_address, reason)

    def _people(self, family_id: int, on: date) -> list[Row]:
        member, kind = Member.__table__.c, RelationshipKind.__table__.c
        asked = (
            select(member.last_name, member.first_name, member.middle_name, member.born_on, member.sex,
                   member.workplace, kind.parental_role)
            .select_from(Member.__table__.outerjoin(RelationshipKind.__table__, kind.id == member.role_id))
            .where(member.family_id == family_id, member.annulled_at.is_(None), member.left_on.is_(None))
            .order_by(member.id)
        )  # fmt: skip
        return [
            {"role": row.parental_role, "last_name": row.last_name, "first_name": row.first_name,
             "middle_name": row.middle_name, "born_on": row.born_on, "sex": row.sex, "occupation": row.workplace,
             "note": None}
            for row in db.session.execute(asked) if row.born_on is None or row.born_on < on
        ][:MOST_PEOPLE]  # fmt: skip


def person(last_name: str | None, first_name: str | None, middle_name: str | None = None, *,
           role: ParentalRole, born_on: date | None = None, note: str | None = None) -> Row:  # fmt: skip
    """One whom a card tells of, as the group found them."""
    return {"role": role, "last_name": last_name, "first_name": first_name,
            "middle_name": middle_name, "born_on": born_on, "sex": None, "occupation": None, "note": note}  # fmt: skip
