"""The reports: one module each; `report.py` says what they are made of. The catalogue names them for the menu."""

from app.reports import quarterly

CATALOGUE = {"quarterly": quarterly.TITLE}
