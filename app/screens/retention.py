"""«Подлежит уничтожению»: cases whose term of keeping is over, the acts over them, what is kept nevertheless."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, abort, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response as BaseResponse
from wtforms import SelectMultipleField

from app import access, clock, journal
from app.acts import Answer
from app.documents import bound, destruction_act
from app.documents.bound import MadeBy
from app.domain import retention as rules
from app.domain.terms import Act, DestructionState, JobKind
from app.extensions import db
from app.forms import REQUIRED, CleanText, DayField, EntityForm, no_longer
from app.models import Destruction, DestructionItem, Family, SignalCard
from app.render import docx
from app.render.table import Table
from app.screens import annulment
from app.screens.family import FamilyScreen
from app.screens.screen import Screen
from app.screens.work import later
from app.services import destruction, retention
from app.services.retention import Chosen, KeptCase

SHOWN = rules.MOST_AT_ONCE
SHOWN_ACTS = 50
KINDS = {"pdf": ("application/pdf", Act.PRINTED), "docx": (docx.MIME, Act.EXPORTED)}
CARD, FAMILY = "c", "f"  # how the key of a case begins in the form


class ActForm(EntityForm):
    """Cases that are chosen, and who destroys them."""

    cases = SelectMultipleField(_("Cases"), choices=[], validate_choice=False)
    commission = CleanText(
        _("Members of the destroying commission"),
        [REQUIRED, no_longer(2000)],
        description=_("A line for each, at least three: the name, a comma, the post."),
    )

    def chosen(self) -> Chosen:
        """The cases by their keys; a key that cannot be one is none of the person's."""
        return Chosen(_keys(self.cases.data, FAMILY), _keys(self.cases.data, CARD))


class HoldForm(EntityForm):
    """«Не уничтожать до …»."""

    until = DayField(_("Not to be destroyed before"), [REQUIRED])
    reason = CleanText(_("Reason of the hold"), [REQUIRED, no_longer(destruction.LONGEST_HOLD)])


def _keys(typed: Iterable[str] | None, kind: str) -> frozenset[int]:
    digits = (each[1:] for each in typed or () if each.startswith(kind))
    return frozenset(int(key) for key in digits if key.isascii() and key.isdecimal() and len(key) < 10)


class Retention(Screen):
    """What is to be destroyed, and by which acts it was."""

    route_base = "/retention"
    class_permission_name = "Retention"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> str:
        """Cases whose term is over, with the reason and the day, and the acts."""
        return self._page(ActForm())

    @expose("/prepare", methods=["POST"])
    @has_access
    @permission_name("destroy")
    def prepare(self) -> str | BaseResponse:
        """Prepare an act over the chosen cases: another person is to confirm it."""
        form = ActForm()

        def whole() -> Answer:
            row = destruction.prepare(form.chosen(), form.commission.data or "", clock.today())
            return Answer(gettext("The act is prepared: another person confirms it."), _page_of(row))

        if form.validate() and (answer := self.done(form, whole)):
            return answer
        return self._page(form)

    @expose("/<int:pk>")
    @has_access
    @permission_name("show")
    def act(self, pk: int) -> str:
        """One act: its cases, and what may be done with it."""
        row = self._act(pk)
        waits = row.state is DestructionState.PREPARED
        mine = row.prepared_by_id == access.scope().user_id
        journal.read(Act.OPENED, entity="Destruction", entity_id=pk, records=len(row.items), summary=str(row))
        return self.page(
            "retention/act.html", row=row, waits=waits, mine=mine, titles=_titles(row.items) if waits else {},
            may_confirm=self._may("confirm"), may_prepare=self._may("destroy"), notes=destruction_act.notes(row),
        )  # fmt: skip

    @expose("/<int:pk>/confirm", methods=["POST"])
    @has_access
    def confirm(self, pk: int) -> BaseResponse:
        """The second person: the server destroys what the act names."""

        def whole() -> Answer:
            row = self._act(pk)
            destruction.check_confirm(row, clock.today())
            return later(JobKind.DESTROY, str(row), {"act": pk})

        return self.pressed(whole, url_for("Retention.act", pk=pk))

    @expose("/<int:pk>/withdraw", methods=["GET", "POST"])
    @has_access
    @permission_name("destroy")
    def withdraw(self, pk: int) -> str | BaseResponse:
        """Take back an act that nobody has confirmed, with the reason."""
        row = self._act(pk)
        return annulment.page(row, self.page, back=_page_of(row), menu_entry="Retention", act=destruction.withdraw)

    @expose("/<int:pk>/act.pdf")
    @has_access
    @permission_name("show")
    def paper(self, pk: int) -> Response:
        """The act to print and sign, with the extract of the journal."""
        return self._file(pk, "pdf")

    @expose("/<int:pk>/act.docx")
    @has_access
    @permission_name("show")
    def to_edit(self, pk: int) -> Response:
        """The same for Word."""
        return self._file(pk, "docx")

    def _file(self, pk: int, kind: str) -> Response:
        row = self._act(pk)
        shown, (mime, act) = destruction_act.table(row, destruction.extract(row)), KINDS[kind]
        journal.read(act, entity="Destruction", entity_id=pk, records=len(row.items), summary=str(row))
        return self.file(_written(shown, kind), mime, f"Акт {row.number}-{row.year}.{kind}")

    def _may(self, act: str) -> bool:
        return bool(self.appbuilder.sm.has_access(f"can_{act}", "Retention"))

    def _act(self, pk: int) -> Destruction:
        return self.find(Destruction, pk, selectinload(Destruction.items), joinedload(Destruction.territory))

    def _page(self, form: ActForm) -> str:
        cases = retention.due_cases(clock.today())
        shown = cases[:SHOWN]
        if shown:
            journal.read(Act.LISTED, entity="Family", records=len(shown), summary="Подлежит уничтожению")
        acts = (
            select(Destruction)
            .options(joinedload(Destruction.territory))
            .order_by(Destruction.id.desc())
            .limit(SHOWN_ACTS)
        )
        return self.page(
            "retention/list.html", form=form, cases=shown, more=len(cases) - len(shown), titles=_titles(shown),
            acts=db.session.scalars(acts).all(), rules=retention.rules(), key_of=_key, may_prepare=self._may("destroy"),
            chosen=set(form.cases.data or ()) if request.method == "POST" else set(),
        )  # fmt: skip


class HoldPage(FamilyScreen):
    """A family that must not be destroyed yet."""

    route_base = "/family"
    class_permission_name = "Retention"
    default_view = "hold"

    @expose("/<int:pk>/hold", methods=["GET", "POST"])
    @has_access
    @permission_name("forbid")
    def hold(self, pk: int) -> str | BaseResponse:
        """«Не уничтожать до …», with the reason."""
        family, form = self.family(pk), HoldForm()
        if not self.keeps(family):
            abort(403)

        def act() -> None:
            destruction.hold(family, form.until.data, form.reason.data, clock.today())

        if form.is_submitted() and form.validate() and (
            answer := self.acted(form, pk, gettext("The family is kept until that day."), act)
        ):  # fmt: skip
            return answer
        family = self.family(pk)
        return self.page("surveys/form.html", form=form, heading=gettext("Do not destroy before …"),
                         back=url_for("FamilyPage.show", pk=pk), whose=family.title, menu_entry="Families")  # fmt: skip


def _written(shown: Table, kind: str) -> bytes:
    if kind == "docx":
        return bound.word(destruction_act.as_docx(shown), MadeBy(current_user.get_full_name(), clock.now()))
    return destruction_act.as_pdf(shown, made_by=current_user.get_full_name(), made_at=clock.local(clock.now()))


def _key(case: KeptCase | DestructionItem) -> str:
    if isinstance(case, KeptCase):
        return f"{CARD if case.is_card else FAMILY}{case.key}"
    return f"{CARD}{case.card_id}" if case.card_id else f"{FAMILY}{case.family_id}"


def _titles(rows: Iterable[KeptCase | DestructionItem]) -> dict[str, str]:
    """What the person calls the cases, by their keys in the form."""
    keys = [_key(row) for row in rows]
    families = db.session.scalars(select(Family).where(Family.id.in_(_keys(keys, FAMILY))))
    cards = db.session.scalars(select(SignalCard).where(SignalCard.id.in_(_keys(keys, CARD))))
    return {f"{FAMILY}{row.id}": row.title for row in families} | {f"{CARD}{row.id}": str(row) for row in cards}


def _page_of(row: Destruction) -> str:
    return url_for("Retention.act", pk=row.id)
