"""One declaration per entity, then the menu in the order of the work."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

from app.screens.home import Home

__all__ = ["Home", "register"]


def register(appbuilder: AppBuilder) -> None:
    """Add every list, form and screen to the application, in the order of the menu."""
