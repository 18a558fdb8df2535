"""The acts on a family, each on a page of its own: decide, place, change criteria, remove, correct, move a person,
enter, annul."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from flask import abort
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app import access, clock
from app.acts import AT_ONCE
from app.domain.deadlines import Clock
from app.domain.registration import on_record
from app.extensions import db
from app.forms import offered
from app.models import Agency, Family, Registration, RegistrationCriterion, RemovalReason
from app.readings import clocks
from app.screens import annulment
from app.screens.family import FamilyScreen, section
from app.screens.family_forms import (
    ChangeForm,
    CorrectForm,
    DecideForm,
    EnterForm,
    ExtendForm,
    MoveForm,
    PlaceForm,
    RemoveForm,
    agencies_of,
    version_of,
)
from app.services import families, registrations, registry
from app.services.registrations import ANNULLABLE


class FamilyActs(FamilyScreen):
    """Acts on one family; what was typed survives a refusal, and nothing is stored then."""

    route_base = "/family"
    class_permission_name = "FamilyPage"
    default_view = "place"

    @expose("/<int:pk>/place", methods=["GET", "POST"])
    @has_access
    def place(self, pk: int) -> str | Response:
        """«Поставить на учёт» (Положение, 3.1)."""
        family, form = self._kept(pk), PlaceForm()
        agencies = _agencies_near(family)
        form.offer_commissions(agencies.values())
        form.offer_senders(agencies.values())
        if not form.is_submitted():
            form.entered_on.data = clock.today()
        elif form.validate() and (
            answer := self.acted(
                form, pk, gettext("The family is placed on record."), lambda: form.place(family, agencies)
            )
        ):
            return answer
        return self.page("family/place.html", family=self.family(pk), form=form, stay=_standing(pk))

    @expose("/<int:pk>/remove", methods=["GET", "POST"])
    @has_access
    def remove(self, pk: int) -> str | Response:
        """«Снять с учёта» (Положение, 3.5)."""
        family, form, stay = self._kept(pk), RemoveForm(), _standing(pk)
        agencies, reasons = _agencies_near(family), _reasons()
        form.offer_commissions(agencies.values())
        form.reason.choices = offered((key, _indented(reason)) for key, reason in reasons.items())
        if form.is_submitted():
            valid = form.validate()
            if stay is None:
                form.refuse(_gone_meanwhile(pk, form), None)
            elif form.version.data != str(stay.version):
                form.refuse(_changed_meanwhile(stay, form), None)
            elif valid and (
                answer := self.acted(
                    form,
                    pk,
                    gettext("The family is removed from record."),
                    partial(
                        registrations.remove,
                        stay,
                        form.paper(agencies),
                        removed_on=form.removed_on.data or form.decided_on.given,
                        reason=reasons.get(form.reason.data),
                        note=form.note.data,
                        today=clock.today(),
                    ),
                )
            ):
                return answer
        stay = _standing(pk)
        form.version.data = stay.version if stay else ""
        return self.page("family/remove.html", family=self.family(pk), form=form, stay=stay)

    @expose("/<int:pk>/criteria", methods=["GET", "POST"])
    @has_access
    def criteria(self, pk: int) -> str | Response:
        """«Изменить критерии» of a family that stays on record (Положение, раздел 2)."""
        family, form = self._kept(pk), ChangeForm()
        if form.is_submitted():
            registry.lock(family)  # of two who change them the second one sees what the first one did
        stay, agencies = _standing(pk), _agencies_near(family)
        form.offer_commissions(agencies.values())
        if form.is_submitted():
            valid = form.validate()
            if stay is None:
                form.refuse("Семья не состоит на учёте: менять нечего.", None)
            elif form.version.data != version_of(stay):
                form.refuse(f"{AT_ONCE} Записано: {'; '.join(map(str, stay.criteria))}.", "criteria")
            elif valid and (
                answer := self.acted(
                    form,
                    pk,
                    gettext("The criteria are changed."),
                    partial(
                        registrations.change_criteria,
                        stay,
                        form.paper(agencies),
                        day=form.day.data or form.decided_on.given,
                        criteria=form.criteria.data,
                        note=form.note.data,
                        today=clock.today(),
                    ),
                )
            ):
                return answer
        stay = _standing(pk)
        form.version.raw_data, form.version.data = None, version_of(stay) if stay else ""
        if stay is not None and not form.is_submitted():
            form.criteria.data = [one.criterion for one in stay.criteria]
        return self.page("family/criteria.html", family=self.family(pk), form=form, stay=stay)

    @expose("/<int:pk>/decide", methods=["GET", "POST"])
    @has_access
    def decide(self, pk: int) -> str | Response:
        """«Внести постановление» that neither places nor removes, or that an act will rest on."""
        family, form = self._kept(pk), DecideForm()
        agencies = _agencies_near(family)
        form.offer_commissions(agencies.values())
        if (
            form.is_submitted()
            and form.validate()
            and (
                answer := self.acted(
                    form,
                    pk,
                    gettext("The decision is entered."),
                    lambda: registrations.decide(
                        family,
                        form.paper(agencies),
                        kind=form.kind.data,
                        note=form.note.data,
                        today=clock.today(),
                    ),
                )
            )
        ):
            return answer
        return self.page("family/decide.html", family=self.family(pk), form=form)

    @expose("/<int:pk>/correct/<int:key>", methods=["GET", "POST"])
    @has_access
    def correct(self, pk: int, key: int) -> str | Response:
        """«Исправить учёт»: a mistake of the entry, with its decisions; what was and what is stands in the history."""
        family, form = self._kept(pk), CorrectForm()
        if form.is_submitted():
            registry.lock(family)  # read what is compared only when nobody else is writing it
        stay = self._row(family, "Registration", key)
        if stay.annulled_at is not None:
            abort(404)
        agencies, reasons = _agencies_near(family, stay), _reasons(stay)
        form.of(stay, agencies, reasons)
        if form.is_submitted():
            if form.version.data != version_of(stay):
                form.refuse(AT_ONCE, None)
                form.show_stored(stay)
            elif form.validate() and (
                answer := self.acted(
                    form,
                    pk,
                    gettext("Saved."),
                    lambda: registrations.correct(
                        stay,
                        form.paper(agencies),
                        registered_on=form.registered_on.data or form.decided_on.given,
                        criteria=form.criteria.data,
                        signal=form.signal(agencies),
                        removal=form.removal(agencies, reasons),
                        note=form.note.data,
                        today=clock.today(),
                    ),
                )
            ):
                return answer
        stay = self._row(family, "Registration", key)
        return self.page("family/correct.html", family=self.family(pk), form=form, stay=stay)

    @expose("/<int:pk>/move/<int:key>", methods=["GET", "POST"])
    @has_access
    def move(self, pk: int, key: int) -> str | Response:
        """«Перевести в другую семью»: the person leaves this family and joins another one that the person keeps."""
        member, form = self._row(self._kept(pk), "Member", key), MoveForm()
        if member.annulled_at is not None:
            abort(404)
        if not form.is_submitted():
            form.role.data = member.role
        elif form.validate():
            to: Any = form.to_family.data
            if form.version.data != str(member.version):
                form.refuse(f"{AT_ONCE} Записано: {member}, выбыл: {_day(member.left_on)}.", None)
            elif not access.scope().covers_territory(to.territory_id):
                form.refuse("Эта семья вам не поручена.", "to_family")
            elif answer := self.acted(
                form,
                pk,
                gettext("The person is moved to the other family."),
                lambda: families.move(
                    member,
                    to,
                    day=form.day.given,
                    reason=form.reason.data or "",
                    role=form.role.data,
                    today=clock.today(),
                ),
                entity="Member",
            ):
                return answer
        member = self._row(self._kept(pk), "Member", key)
        form.version.raw_data, form.version.data = None, member.version
        return self.page("family/move.html", family=self.family(pk), form=form, member=member)

    @expose("/<int:pk>/enter/<int:key>", methods=["GET", "POST"])
    @has_access
    def enter(self, pk: int, key: int) -> str | Response:
        """Note the day of entering: the clock of Положение, 3.2 stops."""
        stay, form = self._row(self._kept(pk), "Registration", key), EnterForm()
        if stay.annulled_at is not None:
            abort(404)
        if not form.is_submitted():
            form.entered_on.data = clock.today()
        elif form.validate():
            if form.version.data != str(stay.version):
                form.refuse(
                    f"{AT_ONCE} Записано: {_day(stay.entered_on)}; у вас: {_day(form.entered_on.data)}.", "entered_on"
                )
            elif answer := self.acted(
                form,
                pk,
                gettext("Saved."),
                lambda: registrations.enter(stay, entered_on=form.entered_on.given, today=clock.today()),
            ):
                return answer
        form.version.data = stay.version
        return self.page("family/enter.html", family=self.family(pk), form=form, stay=stay)

    @expose("/<int:pk>/extend/<int:key>/<int:deadline>", methods=["GET", "POST"])
    @has_access
    def extend(self, pk: int, key: int, deadline: int) -> str | Response:
        """«Продлить срок»: a running clock of a stay gets a later last good day, with the reason."""
        family, form = self._kept(pk), ExtendForm()
        if form.is_submitted():
            registry.lock(family)  # of two who extend one clock the second one sees what the first one did
        stay = self._row(family, "Registration", key)
        running = _clock_of(stay, deadline)
        if form.is_submitted() and form.validate():
            if form.version.data != running.due.isoformat():
                form.refuse(f"{AT_ONCE} Теперь срок до {_day(running.due)}; у вас: {_day(form.until.data)}.", "until")
            elif answer := self.acted(
                form,
                pk,
                gettext("The deadline is extended."),
                lambda: registrations.extend(
                    stay, running, until=form.until.given, reason=form.reason.data or "", today=clock.today()
                ),
            ):
                return answer
        stay = self._row(family, "Registration", key)
        running = _clock_of(stay, deadline)
        form.version.raw_data, form.version.data = None, running.due.isoformat()
        return self.page("family/extend.html", family=self.family(pk), form=form, stay=stay, running=running)

    @expose("/<int:pk>/annul/<entity>/<int:key>", methods=["GET", "POST"])
    @has_access
    def annul(self, pk: int, entity: str, key: int) -> str | Response:
        """Take a wrong entry of the family out of every figure, with a reason."""
        family = self.family(pk)
        if not access.scope().covers_territory(family.territory_id):
            abort(403)
        row = self._row(family, entity, key)
        return annulment.page(row, self.page, back=section(pk, entity), menu_entry="Families")

    def _kept(self, pk: int) -> Family:
        """The family, if the person keeps it; a family one merely reads is not acted upon."""
        family = self.family(pk)
        if not self.keeps(family):
            abort(403)
        return family

    def _row(self, family: Family, entity: str, key: int) -> Any:
        """A row of the family, or 404."""
        if entity not in ANNULLABLE:
            abort(404)
        row = self.find(ANNULLABLE[entity], key)
        owner = row.id if isinstance(row, Family) else row.family_id
        if owner != family.id:
            abort(404)
        return row


def _clock_of(stay: Registration, deadline: int) -> Clock:
    """The clock of a stay by a row of the dictionary, or 404 if it gives none."""
    found = next((one for _stay, one in clocks.of_family([stay]) if one.deadline == deadline), None)
    if found is None:
        abort(404)
    return found


def _standing(family_id: int) -> Registration | None:
    """The family's stay that holds today, or that has no end yet."""
    stays = db.session.scalars(
        select(Registration)
        .where(Registration.family_id == family_id, Registration.annulled_at.is_(None))
        .order_by(Registration.registered_on.desc())
        .options(
            joinedload(Registration.decision),
            joinedload(Registration.criteria).joinedload(RegistrationCriterion.criterion),
        )
    ).unique()
    return next((stay for stay in stays if on_record(stay.registered_on, stay.removed_on, clock.today())), None)


def _agencies_near(family: Family, stay: Registration | None = None) -> dict[str, Agency]:
    """The bodies that a form of the family offers, and those that a stay names."""
    found = agencies_of(family.district_id)
    if stay is not None:
        ended = stay.removal_decision
        for agency in (stay.sender, stay.decision.agency, ended.agency if ended else None):
            if agency is not None:
                found.setdefault(str(agency.id), agency)
    return found


def _reasons(stay: Registration | None = None) -> dict[str, RemovalReason]:
    """The reasons that are in use, and that of a stay."""
    rows = db.session.scalars(select(RemovalReason).order_by(RemovalReason.position, RemovalReason.id))
    own = stay.removal_reason if stay is not None else None
    return {str(row.id): row for row in rows if not row.retired or row is own}


def _indented(reason: RemovalReason) -> str:
    return "\u2003" * (reason.code.count(".") - 1) + str(reason)


def _day(value: date | None) -> str:
    return f"{value:%d.%m.%Y}" if value else "не указано"


def _gone_meanwhile(family_id: int, form: RemoveForm) -> str:
    """What to say when the family does not stand on record (any more)."""
    last = db.session.scalar(
        select(Registration)
        .where(
            Registration.family_id == family_id,
            Registration.annulled_at.is_(None),
            Registration.removed_on.is_not(None),
        )
        .order_by(Registration.removed_on.desc())
        .limit(1)
    )
    if last is None:
        return "Семья не состоит на учёте: снимать нечего."
    return (
        f"Семья уже снята с учёта {_day(last.removed_on)}, постановление {last.removal_decision}, "
        f"причина: {last.removal_reason}. У вас: {_day(form.removed_on.data or form.decided_on.data)}, "
        f"постановление № {form.number.data or 'б/н'}."
    )


def _changed_meanwhile(stay: Registration, form: RemoveForm) -> str:
    """Both values, so that nothing is lost and nothing is guessed."""
    return (
        f"{AT_ONCE} Записано: учёт {stay}, снятие {_day(stay.removed_on)}; "
        f"у вас: снятие {_day(form.removed_on.data or form.decided_on.data)}."
    )
