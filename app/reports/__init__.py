"""The reports: one module each, made of what `report.py` offers. Screens, commands and the menu read the catalogue."""

from typing import Any

from app.reports import (
    activity,
    aid_given,
    child_ages,
    commission,
    demography,
    effectiveness,
    general,
    movement,
    not_in_education,
    quarterly,
    registry,
    senders,
    state,
)
from app.reports.report import Report

CATALOGUE: tuple[Report[Any], ...] = (
    quarterly.REPORT,
    registry.REPORT,
    registry.MONTHLY_BANK,
    state.REPORT,
    general.REPORT,
    demography.REPORT,
    child_ages.REPORT,
    movement.REPORT,
    activity.REPORT,
    senders.REPORT,
    effectiveness.REPORT,
    aid_given.REPORT,
    commission.REPORT,
    not_in_education.REPORT,
)
