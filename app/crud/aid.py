"""The form of an aid: what is known of it is filled in already."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from app import access, clock, forms
from app.crud import RegistryView
from app.domain import intervals
from app.models import Agency, Family, Member

ONE_OF_TWO = _("One of the two must be said: the kind of aid or the measure.")


class AidView(RegistryView):
    """An aid is mostly given today, by one's own body, to all who live in the family."""

    hints = {"kind": ONE_OF_TWO, "measure": ONE_OF_TWO}

    def preset(self, form: Any) -> None:
        super().preset(form)
        own_body = access.scope().agency
        form.performer.data = forms.find_row(Agency, str(own_body)) if own_body is not None else None
        form.recipients.data = _present(form.family.data)


def _present(family: Family | None) -> list[Member]:
    if family is None:
        return []
    live = [member for member in family.members if member.annulled_at is None]
    return [member for member in live if intervals.holds(member.joined_on, member.left_on, clock.today())]
