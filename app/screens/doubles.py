"""«Возможные двойники»: pairs that may be one, side by side; «это разные», «объединить», and taking either back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import abort, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from app import access, clock, journal
from app.acts import AT_ONCE, Answer
from app.domain.terms import Act, DoublesVerdict
from app.extensions import LARGEST_KEY, db
from app.filters import Address
from app.forms import check_version
from app.models import DoublesDecision, Family, Member
from app.readings import doubles, overview
from app.screens import doubles_forms
from app.screens.screen import Screen
from app.services import doubles as acts

PAGE = 20
FAMILIES, PEOPLE, DECIDED = "families", "people", "decided"
LISTS = (FAMILIES, PEOPLE, DECIDED)


class Doubles(Screen):
    """Families, and people, that may be entered twice."""

    route_base = "/doubles"
    class_permission_name = "Doubles"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """The likely doubles of the person's rows, the best first; and what was decided of others."""
        address = Address(url_for("Doubles.show"))
        chosen, page = address.one_of("list", gettext("List"), LISTS) or FAMILIES, address.page()
        address.check()
        found = doubles.pairs(clock.today())
        rows = {FAMILIES: found.families, PEOPLE: found.people, DECIDED: []}[chosen]
        last = max(0, (len(rows) - 1) // PAGE)
        page = min(page, last)
        shown = rows[page * PAGE : (page + 1) * PAGE]
        records = _families(shown) if chosen == FAMILIES else _people(shown)
        decided = _decided() if chosen == DECIDED else []
        pairs = [(pair, *two) for pair in shown if (two := _both(pair, records))]
        journal.read(Act.LISTED, entity="Family", records=2 * len(pairs) + len(decided), summary="Возможные двойники")
        return self.page("doubles/list.html", chosen=chosen, pairs=pairs, decided=decided, last=last,
                         page_number=page, counts={FAMILIES: len(found.families), PEOPLE: len(found.people)},
                         may=self._may_merge())  # fmt: skip

    @expose("/family/<int:pk>")
    @has_access
    @permission_name("show")
    def of_family(self, pk: int) -> str:
        """The families that may be a given one, for whoever sees both."""
        family = self.find(Family, pk, *overview.options(), selectinload(Family.members))
        pairs = doubles.of_family(family) if family.annulled_at is None else []
        others = _families(pairs)
        found = [(pair, others[key]) for pair in pairs if (key := doubles.other_of(pair, pk)) in others]
        if found:
            journal.read(Act.LISTED, entity="Family", records=len(found), family_id=pk,
                         summary=f"{family.title}: возможно, та же семья")  # fmt: skip
        return self.page("doubles/of_family.html", family=family, found=found)

    @expose("/families/<int:one>/<int:other>", methods=["GET", "POST"])
    @has_access
    @permission_name("merge")
    def families(self, one: int, other: int) -> str | Response:
        """Two families side by side: which value stays, who is who; the first one stays."""
        kept, gone = self._kept_families(one, other)
        form = doubles_forms.of_families(kept, gone)

        def merge() -> Answer:
            acts.merge_families(kept, gone, form.choice(), form.reason.data, clock.today())
            text = gettext("The families are merged: № %(number)s stays.", number=kept.number)
            return Answer(text, url_for("FamilyPage.show", pk=one))

        if answer := self._merged(form, (kept, gone), merge):
            return answer
        for family in (kept, gone):
            journal.read(Act.OPENED, entity="Family", entity_id=family.id, family_id=family.id,
                         summary=f"{family.title}: сравнение двойников")  # fmt: skip
        return self.page("doubles/families.html", kept=kept, other=gone, form=form, held=acts.held_rows(kept, gone),
                         reasons=doubles.of_pair(kept, gone), decided=acts.of_pair(kept, gone))  # fmt: skip

    @expose("/people/<int:one>/<int:other>", methods=["GET", "POST"])
    @has_access
    @permission_name("merge")
    def people(self, one: int, other: int) -> str | Response:
        """Two rows of one person in a family side by side; the first one stays."""
        kept, gone = (self._kept_person(key) for key in (one, other))
        if kept is gone or kept.family_id != gone.family_id:
            abort(404)
        form = doubles_forms.of_people(kept, gone)

        def merge() -> Answer:
            acts.merge_people(kept, gone, form.sides(doubles_forms.SIDE), form.reason.data, clock.today())
            return Answer(gettext("The records of the person are merged."),
                          url_for("FamilyPage.show", pk=kept.family_id, _anchor="people"))  # fmt: skip

        if answer := self._merged(form, (kept, gone), merge):
            return answer
        journal.read(Act.OPENED, entity="Member", entity_id=one, family_id=kept.family_id,
                     summary=f"{kept.full_name}: сравнение двойников")  # fmt: skip
        return self.page("doubles/people.html", kept=kept, other=gone, form=form, decided=acts.of_pair(kept, gone))

    @expose("/<kind>/<int:one>/<int:other>/different", methods=["POST"])
    @has_access
    @permission_name("merge")
    def different(self, kind: str, one: int, other: int) -> Response:
        """«Это разные»: the pair does not come back until that is taken back."""
        if kind not in (FAMILIES, PEOPLE):
            abort(404)
        find = self._kept_family if kind == FAMILIES else self._kept_person
        first, second = find(one), find(other)
        back = url_for("Doubles.show", list=kind)

        def say() -> Answer:
            acts.say_different(first, second)
            return Answer(gettext("It is remembered: they are different."), back)

        return self.pressed(say, back)

    @expose("/decision/<int:pk>/back", methods=["GET", "POST"])
    @has_access
    @permission_name("merge")
    def back(self, pk: int) -> str | Response:
        """Take «это разные» back, or undo a merge, with a reason."""
        row = self.find(DoublesDecision, pk, *_whole())
        for key in (row.family_id, row.other_family_id):
            self._kept_family(key)
        form = doubles_forms.WhyForm()
        if form.is_submitted() and form.validate():
            if not check_version(form, row):
                form.refuse(AT_ONCE, None)
            elif answer := self.done(form, lambda: self._taken_back(row, form.reason.data or "")):
                return answer
        form.version.data = str(row.version)
        return self.page("doubles/back.html", row=row, form=form, merged=row.verdict is DoublesVerdict.MERGED)

    def _taken_back(self, row: DoublesDecision, reason: str) -> Answer:
        merged, kept = row.verdict is DoublesVerdict.MERGED, row.family_id
        acts.take_back(row, reason, clock.today())
        if merged:
            return Answer(gettext("The merge is undone."), url_for("FamilyPage.show", pk=kept))
        return Answer(gettext("The pair is likely again."), url_for("Doubles.show", list=DECIDED))

    def _merged(self, form: Any, rows: tuple[Any, Any], merge: Any) -> Response | None:
        """Merge as the form says, if it was sent and both records are still as they were shown."""
        version = ".".join(str(row.version) for row in rows)
        if form.is_submitted() and form.validate():
            if form.version.data != version:
                form.refuse(AT_ONCE, None)
            elif answer := self.done(form, merge):
                return answer
        form.version.data = version
        return None

    def _may_merge(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_merge", "Doubles"))

    def _kept_families(self, one: int, other: int) -> tuple[Family, Family]:
        """Two families with their people, read together."""
        asked = select(Family).where(Family.id.in_((min(one, LARGEST_KEY), min(other, LARGEST_KEY)))).options(
            joinedload(Family.territory), selectinload(Family.members).joinedload(Member.role))  # fmt: skip
        found = {row.id: row for row in db.session.scalars(asked)}
        if one not in found or other not in found or one == other:
            abort(404)
        if not all(access.scope().covers_territory(row.territory_id) for row in found.values()):
            abort(403)
        return found[one], found[other]

    def _kept_family(self, key: int) -> Family:
        family = self.find(Family, key, *overview.options(), selectinload(Family.members).joinedload(Member.role))
        if not access.scope().covers_territory(family.territory_id):
            abort(403)
        return family

    def _kept_person(self, key: int) -> Member:
        person = self.find(Member, key, joinedload(Member.family).joinedload(Family.territory), joinedload(Member.role))
        if not access.scope().covers_territory(person.family.territory_id):
            abort(403)
        return person


def _families(pairs: Iterable[doubles.LikelyPair]) -> dict[int, Any]:
    keys = {key for pair in pairs for key in (pair.one, pair.other)}
    asked = select(Family).where(Family.id.in_(keys)).options(joinedload(Family.territory))
    return {row.id: row for row in db.session.scalars(asked)} if keys else {}


def _people(pairs: Iterable[doubles.LikelyPair]) -> dict[int, Any]:
    keys = {key for pair in pairs for key in (pair.one, pair.other)}
    asked = select(Member).where(Member.id.in_(keys)).options(joinedload(Member.family), joinedload(Member.role))
    return {row.id: row for row in db.session.scalars(asked)} if keys else {}


def _both(pair: doubles.LikelyPair, records: dict[int, Any]) -> tuple[Any, Any] | None:
    if pair.one not in records or pair.other not in records:
        return None
    return records[pair.one], records[pair.other]


def _whole() -> tuple[Any, ...]:
    return (joinedload(DoublesDecision.family), joinedload(DoublesDecision.other_family),
            joinedload(DoublesDecision.member), joinedload(DoublesDecision.other_member))  # fmt: skip


def _decided() -> list[DoublesDecision]:
    """The latest decisions on the person's rows."""
    latest = select(DoublesDecision).order_by(DoublesDecision.id.desc()).limit(5 * PAGE).options(*_whole())
    return [row for row in db.session.scalars(latest) if row.family is not None and row.other_family is not None]
