"""One declaration per dictionary: the words that the law or a municipality chooses, and the days that count."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app import clock, models
from app.crud import DictionaryView, RegistryView
from app.domain import terms


class CriterionRegistry(DictionaryView):
    entity = models.Criterion
    form_columns = ["code", "name", "parent", "position", "retired"]


class RemovalReasonRegistry(DictionaryView):
    entity = models.RemovalReason
    list_columns = ["code", "name", "children_line", "retired"]
    form_columns = ["code", "name", "parent", "children_line", "position", "retired"]


class FamilyCategoryRegistry(DictionaryView):
    entity = models.FamilyCategory
    said = {"appendix4_flag": terms.FLAGS, "group": terms.GROUPS}
    list_columns = ["code", "name", "appendix4_flag", "retired"]
    form_columns = ["code", "name", "group", "appendix4_flag", "position", "retired"]


class RelationshipKindRegistry(DictionaryView):
    entity = models.RelationshipKind
    list_columns = ["code", "name", "parental_role", "retired"]
    form_columns = ["code", "name", "parental_role", "position", "retired"]


class AgencyKindRegistry(DictionaryView):
    entity = models.AgencyKind
    said = {"scheme": terms.SCHEMES, "kind": terms.BODIES}
    list_columns = ["code", "name", "scheme", "retired"]
    form_columns = ["code", "name", "scheme", "kind", "position", "retired"]


class EducationStatusRegistry(DictionaryView):
    entity = models.EducationStatus
    said = {"appendix4_line": terms.LINES}
    list_columns = ["code", "name", "appendix4_line", "retired"]
    form_columns = ["code", "name", "appendix4_line", "position", "retired"]


class IdentityKindRegistry(DictionaryView):
    entity = models.IdentityKind


class SupervisionKindRegistry(DictionaryView):
    entity = models.SupervisionKind
    list_columns = ["code", "name", "basis", "special", "retired"]
    form_columns = ["code", "name", "basis", "special", "position", "retired"]


class AidKindRegistry(DictionaryView):
    entity = models.AidKind
    said = {"appendix4_line": terms.LINES}
    list_columns = ["code", "name", "group", "unit", "appendix4_line", "special", "retired"]
    form_columns = [
        "code", "name", "group", "unit", "has_amount", "appendix4_line", "special", "position", "retired",
    ]  # fmt: skip


class MeasureBlockRegistry(DictionaryView):
    entity = models.MeasureBlock
    list_columns = ["code", "name", "special", "retired"]
    form_columns = ["code", "name", "special", "position", "retired"]


class MeasureKindRegistry(DictionaryView):
    entity = models.MeasureKind
    list_columns = ["code", "name", "block", "retired"]
    search_columns = ["code", "name", "block"]
    form_columns = ["code", "name", "block", "position", "retired"]


class MeasureSetRegistry(DictionaryView):
    entity = models.MeasureSet
    list_columns = ["code", "name", "criterion", "retired"]
    form_columns = ["code", "name", "criterion", "position", "retired"]
    intro = _("A set is put into the plan of a family at once and then edited. Its measures are in the next list.")


class MeasureSetLineRegistry(RegistryView):
    entity = models.MeasureSetLine
    list_columns = ["set", "kind", "agency_kind", "days", "retired"]
    search_columns = ["set", "kind", "agency_kind"]
    form_columns = ["set", "kind", "details", "agency_kind", "days", "position", "retired"]
    base_order = ("id", "asc")
    intro = _("The measures of the template sets: which kind of body performs each, in how many days it is due.")


class DynamicsLevelRegistry(DictionaryView):
    entity = models.DynamicsLevel


class FamilyReactionRegistry(DictionaryView):
    entity = models.FamilyReaction


class StageKindRegistry(DictionaryView):
    entity = models.StageKind
    list_columns = ["code", "name", "default_months", "note", "retired"]
    form_columns = ["code", "name", "default_months", "note", "position", "retired"]


class SignalCardOutcomeRegistry(DictionaryView):
    entity = models.SignalCardOutcome
    list_columns = ["code", "name", "effect", "retired"]
    form_columns = ["code", "name", "effect", "position", "retired"]


class LawReminderRegistry(DictionaryView):
    entity = models.LawReminder
    intro = _("The form of a signal card shows its sender these lines, in their order, without those no longer used.")


class DecisionOutcomeRegistry(DictionaryView):
    entity = models.DecisionOutcome
    list_columns = ["code", "name", "effect", "of_council", "retired"]
    form_columns = ["code", "name", "effect", "of_council", "position", "retired"]


class RetentionRuleRegistry(DictionaryView):
    entity = models.RetentionRule
    list_columns = ["code", "name", "kind", "number", "unit", "until_adult", "retired"]
    form_columns = ["code", "name", "kind", "number", "unit", "until_adult", "position", "retired"]
    intro = _("How long cases are kept after the work with them has ended; of several terms the latest day counts.")


class TypicalInstructionRegistry(DictionaryView):
    entity = models.TypicalInstruction
    list_columns = ["name", "agency_kind", "days", "retired"]
    search_columns = ["name", "agency_kind", "days"]
    form_columns = ["code", "name", "agency_kind", "days", "position", "retired"]
    intro = _("What the commission often orders: picked by number while an item is decided, then edited freely.")


class DeadlineRegistry(DictionaryView):
    entity = models.Deadline
    list_columns = ["name", "actor", "starts", "number", "unit", "clause", "retired"]
    search_columns = ["name", "actor", "starts", "unit"]
    form_columns = [
        "code", "name", "actor", "starts", "stops", "number", "unit", "days", "clause", "position", "retired",
    ]  # fmt: skip


class WorkingDayRegistry(RegistryView):
    entity = models.WorkingDay
    list_columns = ["day", "works", "note"]
    search_columns = ["day"]
    form_columns = ["day", "works", "note"]
    base_order = ("day", "desc")
    intro = _("Days that the production calendar moved; holidays and weekends are known already.")


class RegionalHolidayRegistry(RegistryView):
    entity = models.RegionalHoliday
    list_columns = ["day", "name", "yearly", "retired"]
    titles = ("day", "name")
    search_columns = ["name", "day"]
    form_columns = ["name", "day", "yearly", "retired"]
    base_order = ("day", "desc")
    intro = _("Days off of the region, over the federal ones. One that falls on a weekend is not moved.")


class SettledYearRegistry(RegistryView):
    entity = models.SettledYear
    list_columns = ["year", "note", "retired"]
    search_columns = ["year"]
    form_columns = ["year", "note", "retired"]
    base_order = ("year", "desc")
    presets = {"year": lambda: clock.today().year + 1}
    intro = _("Nobody is reminded any more to enter the transferred days of these years.")
