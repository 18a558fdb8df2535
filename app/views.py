"""One declaration per entity, then the menu in the order of the work."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from app.screens.home import Home

__all__ = ["Home", "register"]

# Screens that stand behind links of other pages; those in the menu are added below.
SCREENS: list[type] = []


def register(appbuilder: AppBuilder) -> None:
    """Add every list, form and screen to the application, in the order of the menu."""
    for screen in SCREENS:
        appbuilder.add_view_no_menu(screen)
