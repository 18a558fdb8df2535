"""Where what is due opens."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import current_app, url_for

from app.domain.periods import last_finished_quarter
from app.domain.terms import Moment
from app.extensions import appbuilder
from app.readings.due import Due

# The word of a page: its endpoint, and the permission to open it.
PAGES = {
    "family": ("FamilyPage.show", "can_show", "FamilyPage"),
    "survey": ("SurveyPage.show", "can_show", "SurveyGroup"),
    "inquiry": ("InquiryPage.show", "can_show", "AgencyInquiry"),
    "programme": ("ProgrammePage.show", "can_show", "Programme"),
    "instruction": ("InstructionPage.show", "can_show", "Instruction"),
    "card": ("SignalPage.show", "can_show", "SignalCard"),
    Moment.MONTH_ENDED.value: ("Exchange.show", "can_show", "Exchange"),
    Moment.QUARTER_ENDED.value: ("QuarterlyForm.show", "can_show", "QuarterlyForm"),
}


def address_of(one: Due) -> str | None:
    """The page of a thing that is due; None if there is none, or the person may not open it."""
    endpoint, permission, view = PAGES.get(one.page, ("", "", ""))
    if endpoint not in current_app.view_functions or not appbuilder().sm.has_access(permission, view):
        return None
    return url_for(endpoint, **_values(one))


def _values(one: Due) -> dict[str, Any]:
    """What the address of a page says: a row by its key, the form of a quarter by its days."""
    if one.page == Moment.QUARTER_ENDED.value:
        return _dates(one.due)
    return {} if one.key is None else {"pk": one.key}


def _dates(due: date) -> dict[str, str]:
    period = last_finished_quarter(due)
    return {"from": period.start.isoformat(), "to": period.end.isoformat()}
