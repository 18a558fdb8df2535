"""The scan of a survey act finds its survey by the code on it, wherever it is brought."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext
from sqlalchemy import select

from app.acts import Answer
from app.documents import survey_act
from app.domain.refusal import Refusal
from app.extensions import appbuilder, db
from app.models import SurveyGroup
from app.render import scans
from app.services import papers
from app.services import survey_acts as service

SEVERAL = "На файлах коды разных обследований: приложите акты по одному."

Files = Sequence[tuple[str, scans.Inspected]]


def on(files: Files) -> set[str]:
    """The code of a survey on the files that came at once, if there is one: read before anybody waits for the bank.

    Raises Refusal.
    """
    try:
        said = [code for _name, scan in files for code in scans.codes(scan)]
    except scans.UnfitScanError as unfit:
        raise Refusal(papers.REFUSALS[unfit.code], "file") from unfit
    found = {code for code in map(survey_act.survey_code, said) if code}
    if len(found) > 1:
        raise Refusal(SEVERAL, "file")
    return found


def survey_of(codes: set[str]) -> SurveyGroup | None:
    """The survey that a code names, if the person writes its acts."""
    group = db.session.scalar(select(SurveyGroup).where(SurveyGroup.code.in_(codes))) if codes else None
    may = bool(appbuilder().sm.has_access("can_write", "SurveyAct"))
    return group if group is not None and may and service.may_write(group) else None


def attached(group: SurveyGroup, files: Files, title: str | None, *, came_to: int | None = None) -> Answer:
    """Store files with their survey. came_to: the survey on whose page they came. Raises Refusal."""
    for name, scan in files:
        papers.attach_to_survey(group, title, name, scan)
    text = gettext("The files are attached to the survey.")
    if group.id != came_to:
        text = gettext("The code on the scan is of this survey: the files are attached to it.")
    return Answer(text, url_for("SurveyPage.show", pk=group.id))
