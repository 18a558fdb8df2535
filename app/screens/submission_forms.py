"""The forms of submitted reports."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField

from app.domain.refusal import Refusal
from app.domain.submissions import LONGEST_NOTE, Agreed
from app.forms import REQUIRED, CleanString, CleanText, DayField, EntityForm, ValidationError, no_longer
from app.render.scans import Inspected
from app.services import papers

BY_SHEET = "лист согласования приложен"


def _look_into(form: AgreedForm, field: FileField) -> None:
    """Look into the file before anybody waits for the bank: the form keeps what was found."""
    if not field.data or not field.data.filename:
        return
    try:
        form.sheet = (field.data.filename[-150:], papers.inspected(field.data.read(papers.LARGEST + 1)))
    except Refusal as refusal:
        raise ValidationError(refusal.text) from refusal


class AgreedForm(EntityForm):
    """Who of the commission has agreed the report, and when; or the signed sheet."""

    sheet: tuple[str, Inspected] | None = None
    agreed_by = CleanString(
        _("Agreed by"), [no_longer(200)],
        description=_("Who of the commission, or the number of its minutes; the signed sheet may say it instead."),
    )  # fmt: skip
    agreed_on = DayField(_("Agreed on"), [REQUIRED])
    file = FileField(
        _("Signed sheet"), [_look_into],
        description=_("PDF, JPEG or PNG, up to 20 MB. After a refusal choose the file again."),
    )  # fmt: skip

    def begin(self, today: date, by: str) -> None:
        """What is known already."""
        self.agreed_by.data, self.agreed_on.data = by, today

    @property
    def agreed(self) -> Agreed:
        """What was typed, as the service takes it."""
        name, scan = self.sheet or (None, None)
        by = self.agreed_by.data or (BY_SHEET if scan else "")
        return Agreed(by, self.agreed_on.given, scan.content if scan else None, name, scan.mime if scan else None)


class CorrectedForm(AgreedForm):
    """The same of a corrected version, with the reason that the covering note gives."""

    note = CleanText(
        _("Why it was corrected"), [REQUIRED, no_longer(LONGEST_NOTE)],
        description=_("It is printed in the covering note; name no people."),
    )  # fmt: skip
