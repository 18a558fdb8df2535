"""What many tests of workbooks begin with."""

from __future__ import annotations

from app.models import ImportBatch
from tests import factories
from tests.exchange.workbooks import Sound, load
from tests.states import kept


@kept
def loaded(cast: factories.Cast) -> ImportBatch:
    """The sound workbook is in the bank."""
    return load(Sound().content())
