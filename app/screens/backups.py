"""The copies of the bank: whether it can be restored from the last one, and the button that makes another."""

from __future__ import annotations

from pathlib import Path

from flask import current_app, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock
from app.backup import sealing
from app.domain.refusal import Refusal
from app.domain.terms import JobKind
from app.models import Backup
from app.screens.screen import Screen
from app.screens.work import later
from app.services import backups


class Backups(Screen):
    """Copies of the whole bank; none of them leaves through a page."""

    route_base = "/backups"
    class_permission_name = "Backups"
    default_view = "list"

    @expose("/")
    @has_access
    def list(self) -> str:
        """The last copies, how each was proved, where they lie and who opens them."""
        places = [(place, backups.free(place)) for place in _places()]
        return self.page(
            "backups/list.html", rows=backups.latest(), dangers=backups.dangers(), places=places, keys=_keys(),
            at=current_app.config["BACKUP_AT"], is_there=_is_there, same_disk=_on_one_disk(), moment=clock.local,
        )  # fmt: skip

    @expose("/make", methods=["POST"])
    @has_access
    @permission_name("make")
    def make(self) -> Response:
        """Make a copy in the background, and prove it."""
        return self.pressed(lambda: later(JobKind.BACKUP, _("Copy of the bank"), {}), url_for("Backups.list"))


def _places() -> list[Path]:
    second = current_app.config["BACKUP_SECOND_FOLDER"]
    return [backups.folder(), *([Path(second)] if second else [])]


def _keys() -> str:
    """By what copies are opened, or why none can be made."""
    try:
        keys = sealing.keys_of(current_app.config)
    except Refusal as refusal:
        return refusal.text
    ways = [_("by the passphrase")] if keys.passphrase else []
    if keys.keepers:
        ways.append(_("by the key of any of %(number)s keepers", number=len(keys.keepers)))
    return _("Copies are opened") + " " + ", ".join(ways) + "."


def _is_there(row: Backup) -> bool:
    return bool(row.file) and (Path(row.folder) / row.file).is_file()


def _on_one_disk() -> bool:
    """Whether every copy lies on the disk of the bank: with that disk all of it would be lost."""
    device = Path(current_app.instance_path).stat().st_dev
    return all(not place.is_dir() or place.stat().st_dev == device for place in _places())
