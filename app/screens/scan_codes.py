"""A scan finds its survey or its decision by the code on it, wherever it is brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext
from sqlalchemy import select

from app import clock, guard
from app.acts import Answer
from app.documents import meeting_papers, survey_act
from app.domain.refusal import Refusal
from app.domain.terms import TemplateKind
from app.extensions import appbuilder, db
from app.models import AgendaItem, SurveyGroup
from app.render import scans
from app.services import deliveries, papers
from app.services import survey_acts as service

SEVERAL = "На файлах коды разных документов: приложите их по одному."

Files = Sequence[tuple[str, scans.Inspected]]


def on(files: Files) -> set[str]:
    """Our code on the files that came at once, if there is one: read before anybody waits for the bank.

    Raises Refusal.
    """
    try:
        said = {code for _name, scan in files for code in scans.codes(scan)}
    except scans.UnfitScanError as unfit:
        raise Refusal(papers.REFUSALS[unfit.code], "file") from unfit
    found = {code for code in said if survey_act.survey_code(code) or meeting_papers.named(code)}
    if len(found) > 1:
        raise Refusal(SEVERAL, "file")
    return found


class PaperOf(NamedTuple):
    """A paper of an item of a meeting, whose signed scan is brought."""

    item: AgendaItem
    kind: TemplateKind


def owner_of(codes: set[str]) -> SurveyGroup | PaperOf | None:
    """The survey whose acts the person writes, or the paper of a meeting that the person prepares, by a code."""
    for code in codes:
        return _survey_of(survey_act.survey_code(code)) or _paper_of(meeting_papers.named(code))
    return None


def _survey_of(code: str | None) -> SurveyGroup | None:
    group = db.session.scalar(select(SurveyGroup).where(SurveyGroup.code == code)) if code else None
    may = bool(appbuilder().sm.has_access("can_write", "SurveyAct"))
    return group if group is not None and may and service.may_write(group) else None


def _paper_of(named: tuple[TemplateKind, str] | None) -> PaperOf | None:
    if named is None:
        return None
    kind, code = named
    item = db.session.scalar(select(AgendaItem).where(AgendaItem.code == code))
    may = bool(appbuilder().sm.has_access("can_note", "Delivery"))
    if item is None or not may or item.meeting is None or not guard.may_write(item.meeting):
        return None
    return PaperOf(item, kind)


def attached(owner: SurveyGroup | PaperOf, files: Files, title: str | None, *,
             came_to: SurveyGroup | AgendaItem | None = None) -> Answer:  # fmt: skip
    """Store files with their survey or decision. came_to: the one on whose page they came. Raises Refusal."""
    if isinstance(owner, PaperOf):
        for name, scan in files:
            deliveries.keep_scan(owner.item, owner.kind, name, scan, clock.today())
        text = gettext("The scans are attached to the decision.")
        if owner.item is not came_to:
            text = gettext("The code on the scan is of this decision: the files are attached to it.")
        return Answer(text, url_for("Deliveries.of_item", pk=owner.item.id))
    for name, scan in files:
        papers.attach_to_survey(owner, title, name, scan)
    text = gettext("The files are attached to the survey.")
    if owner is not came_to:
        text = gettext("The code on the scan is of this survey: the files are attached to it.")
    return Answer(text, url_for("SurveyPage.show", pk=owner.id))
