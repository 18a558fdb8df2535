"""The reports: one module each, made of what `report.py` offers. Screens, commands and the menu read the catalogue."""

from app.reports import quarterly
from app.reports.report import Report

CATALOGUE: tuple[Report, ...] = (quarterly.REPORT,)
