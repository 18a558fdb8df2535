"""One declaration per entity, then the menu in the order of the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _

from app import clock, models
from app.crud import RegistryView
from app.crud.aid import AidView
from app.crud.dictionaries import (
    AgencyKindRegistry,
    AidKindRegistry,
    CriterionRegistry,
    DeadlineRegistry,
    DecisionOutcomeRegistry,
    DynamicsLevelRegistry,
    EducationStatusRegistry,
    FamilyCategoryRegistry,
    FamilyReactionRegistry,
    IdentityKindRegistry,
    LawReminderRegistry,
    MeasureBlockRegistry,
    MeasureKindRegistry,
    MeasureSetLineRegistry,
    MeasureSetRegistry,
    RegionalHolidayRegistry,
    RelationshipKindRegistry,
    RemovalReasonRegistry,
    RetentionRuleRegistry,
    SettledYearRegistry,
    SignalCardOutcomeRegistry,
    StageKindRegistry,
    SupervisionKindRegistry,
    TypicalInstructionRegistry,
    WorkingDayRegistry,
)
from app.crud.families import FamilyListView
from app.crud.inquiries import FindingListView, InquiryListView
from app.crud.meetings import AgendaItemListView, DeliveryListView, InstructionListView, MeetingListView
from app.crud.members import MemberListView
from app.crud.own_filters import SavedFilters
from app.crud.persons import EducationRegistry, IdentityDocumentRegistry, PupilSupportRegistry, SupervisionRegistry
from app.crud.programmes import MeasureListView, ProgrammeListView, StageListView
from app.crud.signals import SignalCardListView
from app.crud.submissions import SubmissionRegistry
from app.crud.survey_acts import SurveyActListView
from app.crud.surveys import SurveyListView
from app.crud.transfers import TransferListView
from app.domain import terms
from app.domain.likelihood import NamedPerson
from app.readings import duplicates
from app.reports import CATALOGUE
from app.screens import before_sending, big_picture, charts, reports, submissions
from app.screens.account import OwnAccount
from app.screens.backups import Backups
from app.screens.books import Books
from app.screens.calendar import Calendar
from app.screens.deliveries import Deliveries
from app.screens.doctor import Doctor
from app.screens.doubles import Doubles
from app.screens.drafts import Drafts
from app.screens.emergency import Emergency
from app.screens.exchange import Exchange
from app.screens.execution import Execution
from app.screens.family import FamilyPage
from app.screens.family_acts import FamilyActs
from app.screens.family_names import FamilyNames
from app.screens.family_past import FamilyPast
from app.screens.family_story import FamilyStory
from app.screens.guide import Guide
from app.screens.home import Home
from app.screens.inquiries import Findings, InquiryPage
from app.screens.instructions import InstructionPage
from app.screens.journal import JournalScreen
from app.screens.lookup import Lookup
from app.screens.meeting_papers import MeetingPapers
from app.screens.meetings import MeetingPage
from app.screens.months import Months
from app.screens.new_family import NewFamily, may_enter
from app.screens.openings import Openings
from app.screens.paper_templates import PaperTemplates
from app.screens.papers import Papers
from app.screens.passport import PassportScreen
from app.screens.performers import Performers
from app.screens.programme_papers import ProgrammePapers
from app.screens.programmes import ProgrammeActs, ProgrammePage
from app.screens.report_catalogue import ReportCatalogue
from app.screens.retention import HoldPage, Retention
from app.screens.schools import Schools
from app.screens.search import Search
from app.screens.signal_clocks import SignalClocks
from app.screens.signal_form import NewSignal
from app.screens.signal_likeness import SignalLikeness
from app.screens.signal_log import SignalLog
from app.screens.signal_scans import SignalScans
from app.screens.signals import SignalPage
from app.screens.sitting import SittingPage
from app.screens.survey_acts import SurveyActs
from app.screens.survey_papers import SurveyPapers
from app.screens.surveys import SurveyPage
from app.screens.transfer_files import TransferFiles
from app.screens.transfers import TransferPage
from app.screens.users import Roles, Users
from app.screens.watching import Watching
from app.screens.work import Work

__all__ = ["Home", "register"]

# The families


class FamilyRegistry(FamilyListView):
    entity = models.Family
    list_columns = ["number", "name", "children", "stay", "criterion", "territory", "mentor", "contact"]
    titles = ("number", "name")
    search_columns = ["number", "territory", "categories", "actual_address"]
    form_columns = [
        "number", "territory", "categories", "stated_size", "income_per_member", "income_source",
        "registered_address", "actual_address", "additional",
    ]  # fmt: skip
    base_order = ("name", "asc")

    exclude_route_methods = FamilyListView.exclude_route_methods | {"add"}  # entered with its people: NewFamily

    def may(self, act: str) -> bool:
        if act == "add":
            return may_enter()
        return super().may(act)

    def add_url(self) -> str:
        return url_for("NewFamily.add")

    def alike(self, form: Any, row: models.Family | None) -> Sequence[duplicates.Likeness]:
        """The other families of an address that is typed anew."""
        assert row is not None
        typed = {form.data["registered_address"], form.data["actual_address"]}
        return duplicates.of((), sorted(filter(None, typed - {row.registered_address, row.actual_address})), but=row)


class MemberRegistry(MemberListView):
    entity = models.Member
    list_columns = ["last_name", "first_name", "middle_name", "born_on", "age", "role", "family", "left_on"]
    search_columns = ["family", "last_name", "born_on", "role", "sex"]
    form_columns = [
        "family", "role", "last_name", "first_name", "middle_name", "sex", "born_on", "workplace", "joined_on",
        "left_on",
    ]  # fmt: skip
    show_columns = [*form_columns, "left_reason"]
    base_order = ("last_name", "asc")

    def alike(self, form: Any, row: models.Member | None) -> Sequence[duplicates.Likeness]:
        """Whoever may be this person, in this family or in another one."""
        said = form.data
        person = NamedPerson(said["last_name"], said["first_name"], said["middle_name"], said["born_on"])
        if row is None:
            return duplicates.of_member(person, said["family"])
        return duplicates.of_member(person, row.family, but=row) if person != duplicates.named(row) else ()


class SignalCardRegistry(SignalCardListView):
    entity = models.SignalCard
    list_columns = ["number", "last_name", "came", "body", "place", "danger", "state"]
    titles = ("number", "last_name")
    search_columns = ["agency", "threat", "source", "territory", "outcome", "sent_at"]
    form_columns = [
        "number", "year", "district", "territory", "source", "agency", "employee", "informant", "last_name",
        "first_name", "middle_name", "born_on", "address", "home_phone", "mobile_phone", "detected_at",
        "detected_during", "description", "threat", "children_study", "parents_drink", "live_together",
        "known_to_bodies", "criteria", "measures", "sent_at", "received_at", "outcome", "outcome_note", "closed_at",
    ]  # fmt: skip
    base_order = ("arrived_at", "asc")


class SurveyGroupRegistry(SurveyListView):
    entity = models.SurveyGroup
    list_columns = ["whom", "due_on", "head", "place", "state"]
    search_columns = ["leader", "due_on", "surveyed_on", "territory", "family"]
    form_columns = [
        "territory", "card", "family", "leader", "employees", "due_on", "task", "surveyed_on", "annulled_at",
        "annul_reason",
    ]  # fmt: skip
    base_order = ("due_on", "asc")


class AgencyInquiryRegistry(InquiryListView):
    entity = models.AgencyInquiry
    list_columns = ["agency", "whom", "due_on", "place", "state"]
    titles = ("agency", "whom")
    search_columns = ["agency", "due_on"]
    form_columns = [
        "group", "agency", "question", "due_on", "asked_by", "answered_at", "knows_nothing", "closed_at",
    ]  # fmt: skip
    base_order = ("due_on", "asc")


class AgencyFindingRegistry(FindingListView):
    entity = models.AgencyFinding
    list_columns = ["told_on", "kind", "agency", "whom", "place", "text", "special"]
    search_columns = ["kind", "agency", "told_on", "special"]
    form_columns = ["group", "kind", "agency", "told_on", "told_by", "special", "text"]
    base_order = ("told_on", "desc")


class SurveyActRegistry(SurveyActListView):
    entity = models.SurveyAct
    list_columns = ["visited_on", "whom", "place", "access", "threat", "state"]
    titles = ("visited_on", "whom")
    search_columns = ["visited_on", "access", "threat"]
    form_columns = [
        "group", "visit", "edition", "reason", "visited_on", "access", "present", "registered_address",
        "actual_address", "phones", "income", "threat", "conclusion", "proposals", "further", "signed_at", "signer",
        "signed_for",
    ]  # fmt: skip
    base_order = ("visited_on", "desc")


class MeetingRegistry(MeetingListView):
    entity = models.Meeting
    list_columns = ["held_on", "number", "agency", "presiding", "state"]
    titles = ("held_on", "number")
    search_columns = ["agency", "held_on", "number", "extended", "territory"]
    form_columns = [
        "agency", "territory", "held_on", "starts_at", "number", "place", "extended", "presiding", "secretary",
        "others_present", "opened_at", "closed_at", "closed_by", "reopened",
    ]  # fmt: skip
    base_order = ("held_on", "desc")


class AgendaItemRegistry(AgendaItemListView):
    entity = models.AgendaItem
    list_columns = ["title", "meeting", "family", "ground", "outcome", "number"]
    search_columns = ["family", "ground", "outcome", "until"]
    form_columns = [
        "meeting", "position", "ground", "title", "why", "family", "card", "group", "after", "invited", "speaker",
        "appeared", "rights_explained", "explanations", "outcome", "main_criterion", "criteria", "removal_reason",
        "until", "in_charge", "to_territory", "note", "votes_for", "votes_against", "abstained", "substance",
        "violations", "causes", "resolved", "measures", "number", "decided_at", "decided_by", "decision",
    ]  # fmt: skip
    base_order = ("id", "desc")


class InstructionRegistry(InstructionListView):
    entity = models.Instruction
    list_columns = ["due_on", "agency", "text", "kind", "family", "state"]
    titles = ("due_on", "text")
    search_columns = ["agency", "kind", "due_on", "family"]
    form_columns = [
        "kind", "agency", "family", "text", "due_on", "given_on", "meeting", "item", "answered_at", "done_on", "answer",
        "answered_by", "returned", "accepted_at",
    ]  # fmt: skip
    base_order = ("due_on", "asc")


class DeliveryRegistry(DeliveryListView):
    entity = models.Delivery
    list_columns = ["sent_on", "kind", "whom", "item", "way", "received_on"]
    titles = ("sent_on", "whom")
    search_columns = ["kind", "whom", "sent_on", "way", "received_on"]
    form_columns = ["meeting", "item", "kind", "whom", "sent_on", "way", "handed_by", "received_on", "mark"]
    base_order = ("sent_on", "desc")


class CommissionMemberRegistry(RegistryView):
    entity = models.CommissionMember
    fixed = ()
    list_columns = ["employee", "agency", "post", "started_on", "ended_on"]
    search_columns = ["agency", "employee", "post", "started_on", "ended_on"]
    form_columns = ["agency", "employee", "post", "started_on", "ended_on"]
    base_order = ("started_on", "desc")
    presets = {"started_on": clock.today}
    intro = _("Who sits in the commission or the council, and since when. A member who leaves gets a last day.")


class RegistrationRegistry(RegistryView):
    entity = models.Registration
    list_columns = ["family", "registered_on", "decision", "criteria", "sender", "removed_on", "removal_reason"]
    search_columns = ["family", "registered_on", "removed_on", "removal_reason", "sender", "card_sent_on"]
    form_columns = [
        "family", "sender", "detected_on", "card_sent_on", "received_on", "entered_on", "decision", "registered_on",
        "criteria", "removal_decision", "removed_on", "removal_reason", "note",
    ]  # fmt: skip
    base_order = ("registered_on", "desc")
    intro = _("A family is placed on record and removed by a decision of the commission.")

    def correct_url(self, row: models.Registration) -> str:
        return url_for("FamilyActs.correct", pk=row.family_id, key=row.id)


class StayExtensionRegistry(RegistryView):
    entity = models.StayExtension
    list_columns = ["family", "deadline", "until", "reason", "user_name", "created_at"]
    search_columns = ["family", "deadline", "until"]
    form_columns = ["family", "registration", "deadline", "until", "reason", "user_name"]
    show_columns = [*form_columns, "created_at"]
    base_order = ("until", "desc")
    intro = _("A deadline is extended on the page of its family, beside the clock.")


class DecisionRegistry(RegistryView):
    entity = models.Decision
    list_columns = ["number", "decided_on", "kind", "family", "agency"]
    search_columns = ["family", "number", "decided_on", "kind"]
    form_columns = ["family", "kind", "number", "decided_on", "agency", "note"]
    base_order = ("decided_on", "desc")


class ProgrammeRegistry(ProgrammeListView):
    entity = models.Programme
    list_columns = ["family", "kind", "starts_on", "ends_on", "agency", "state"]
    search_columns = ["family", "kind", "agency", "starts_on", "ends_on"]
    form_columns = [
        "family", "registration", "kind", "agency", "starts_on", "ends_on", "note", "approval", "closed_on",
        "closed_as", "close_reason",
    ]  # fmt: skip
    base_order = ("starts_on", "desc")


class StageRegistry(StageListView):
    entity = models.Stage
    list_columns = ["family", "kind", "sort", "starts_on", "ends_on", "dynamics", "reaction", "state"]
    search_columns = ["family", "kind", "sort", "starts_on", "ends_on", "dynamics", "reaction", "follows"]
    form_columns = [
        "family", "programme", "kind", "sort", "starts_on", "ends_on", "meeting_number", "meeting_on", "meeting_note",
        "decision", "ended_before", "extension", "tasks", "reviewed_on", "dynamics", "reaction", "analysis", "follows",
    ]  # fmt: skip
    base_order = ("starts_on", "desc")


class PlannedMeasureRegistry(MeasureListView):
    entity = models.PlannedMeasure
    list_columns = ["due_on", "family", "kind", "performer", "state"]
    search_columns = ["family", "kind", "performer", "due_on", "done_on", "state"]
    form_columns = [
        "family", "stage", "kind", "details", "problem", "members", "performer", "employee", "due_on", "state",
        "done_on", "reason",
    ]  # fmt: skip
    base_order = ("due_on", "desc")


class PerformerReportRegistry(RegistryView):
    entity = models.PerformerReport
    fixed = ()
    list_columns = ["agency", "starts_on", "ends_on", "received_on"]
    search_columns = ["agency", "starts_on", "ends_on", "received_on"]
    form_columns = ["agency", "starts_on", "ends_on", "received_on", "note"]
    base_order = ("received_on", "desc")
    presets = {"received_on": clock.today}
    intro = _("What a body did for families in a month or a quarter, signed: when it was received.")


class TransferRegistry(TransferListView):
    entity = models.Transfer
    list_columns = ["named", "from_territory", "to_territory", "elsewhere", "number", "decided_on", "state"]
    search_columns = ["named", "from_territory", "to_territory", "decided_on"]
    form_columns = [
        "named", "family", "from_territory", "to_territory", "elsewhere", "number", "decided_on", "commission",
        "reason", "note", "sent_by", "filed_at", "answered_at", "answered_by", "received", "declined",
    ]  # fmt: skip


class AidRegistry(AidView):
    entity = models.Aid
    list_columns = ["given_on", "family", "kind", "performer", "amount", "recipients"]
    search_columns = ["family", "given_on", "kind", "measure", "performer"]
    form_columns = [
        "family", "given_on", "kind", "measure", "description", "performer", "amount", "recipients", "before_record",
    ]  # fmt: skip
    base_order = ("given_on", "desc")
    within = {"recipients": "family"}
    presets = {"given_on": clock.today}


class PaperRegistry(RegistryView):
    entity = models.Paper
    list_columns = ["title", "kind", "dated_on", "family", "file_name", "pages"]
    search_columns = ["family", "title", "kind", "dated_on"]
    said = {"mime": terms.FILES}
    form_columns = ["family", "kind", "title", "dated_on", "decision", "file_name", "mime", "size", "pages"]
    base_order = ("dated_on", "desc")
    within = {"decision": "family"}
    addable = False
    intro = _("Scans are attached on the page of their family.")


class MentorRegistry(RegistryView):
    entity = models.Mentor
    list_columns = ["employee", "family", "started_on", "ended_on"]
    search_columns = ["family", "employee", "started_on", "ended_on"]
    form_columns = ["family", "employee", "started_on", "ended_on"]
    base_order = ("started_on", "desc")
    presets = {"started_on": clock.today}


class AssignmentRegistry(RegistryView):
    entity = models.Assignment
    fixed = ()
    list_columns = ["employee", "family", "territory", "started_on", "ended_on"]
    search_columns = ["family", "employee", "territory", "started_on", "ended_on"]
    form_columns = ["employee", "family", "territory", "started_on", "ended_on"]
    base_order = ("started_on", "desc")
    presets = {"started_on": clock.today}
    intro = _("A commission member sees the family, or all families of the territory, while the assignment lasts.")


# Territories, bodies, people


class TerritoryRegistry(RegistryView):
    entity = models.Territory
    list_columns = ["name", "kind", "parent", "aliases"]
    search_columns = ["name", "kind", "parent"]
    form_columns = ["name", "kind", "parent", "rural"]
    base_order = ("name", "asc")


class TerritoryAliasRegistry(RegistryView):
    entity = models.TerritoryAlias
    list_columns = ["name", "territory"]
    search_columns = ["name", "territory"]
    form_columns = ["name", "territory"]
    base_order = ("name", "asc")
    intro = _("A workbook may name a territory by any of its aliases.")


class BookWordRegistry(RegistryView):
    entity = models.BookWord
    list_columns = ["text", "kind", "meaning", "retired"]
    search_columns = ["text", "kind", "meaning", "retired"]
    form_columns = ["kind", "text", "meaning", "retired"]
    base_order = ("text", "asc")
    intro = _(
        "Books that settlements make by hand are read by these words; each answer on the page of a book adds one."
    )


class ChildPopulationRegistry(RegistryView):
    entity = models.ChildPopulation
    list_columns = ["territory", "counted_on", "children", "source"]
    search_columns = ["territory", "counted_on"]
    form_columns = ["territory", "counted_on", "children", "source"]
    base_order = ("counted_on", "desc")


class AgencyRegistry(RegistryView):
    entity = models.Agency
    list_columns = ["name", "kind", "territory", "phone", "told_at_once", "closed"]
    search_columns = ["name", "kind", "territory", "told_at_once", "closed"]
    form_columns = [
        "name", "kind", "territory", "head", "phone", "address", "told_at_once", "sits_as", "number_pattern", "closed",
    ]  # fmt: skip
    base_order = ("name", "asc")


class EmployeeRegistry(RegistryView):
    entity = models.Employee
    list_columns = ["last_name", "first_name", "middle_name", "position", "agency", "phone", "dismissed"]
    search_columns = ["last_name", "agency", "dismissed"]
    form_columns = ["agency", "last_name", "first_name", "middle_name", "position", "phone", "dismissed"]
    base_order = ("last_name", "asc")


# The menu in the order of the work; rare entries are folded into groups (`templates/menu.html`): screen, name, icon

DAILY = [
    (Calendar, "Calendar", _("Calendar of deadlines"), "fa-calendar-days"),
    (Execution, "Execution", _("My measures"), "fa-person-walking-arrow-right"),
    (Watching, "Watching", _("Watching"), "fa-binoculars"),
]
# The families stand by themselves; the other records are entered and read on the page of their family.
DOUBLES = (Doubles, "Doubles", _("Likely doubles"), "fa-clone")
RETENTION = (Retention, "Retention", _("To be destroyed"), "fa-file-circle-xmark")
BANK = [
    (FamilyRegistry, "Families", "fa-home"),
    (MemberRegistry, "Family members", "fa-users"),
    (RegistrationRegistry, "Registrations", "fa-clipboard-list"),
    (StayExtensionRegistry, "Extensions of deadlines", "fa-hourglass-half"),
    (DecisionRegistry, "Decisions", "fa-gavel"),
    (StageRegistry, "Stages", "fa-stairs"),
    (PlannedMeasureRegistry, "PlannedMeasures", "fa-list-check"),
    (PerformerReportRegistry, "PerformerReports", "fa-file-signature"),
    (TransferRegistry, "Transfers", "fa-truck-moving"),
    (AidRegistry, "Aid given", "fa-hands-helping"),
    (PaperRegistry, "Papers", "fa-paperclip"),
    (EducationRegistry, "Education, occupation", "fa-school"),
    (PupilSupportRegistry, "Pupil support", "fa-book-reader"),
    (SupervisionRegistry, "Supervision by other bodies", "fa-eye"),
    (IdentityDocumentRegistry, "Identity documents", "fa-id-card"),
    (MentorRegistry, "Mentors", "fa-user-friends"),
    (AssignmentRegistry, "Assignments", "fa-user-tag"),
    (AgendaItemRegistry, "AgendaItems", "fa-list-ol"),
    (DeliveryRegistry, "Deliveries", "fa-envelope-circle-check"),
    (AgencyFindingRegistry, "AgencyFindings", "fa-comments"),
    (SurveyActRegistry, "Survey acts", "fa-clipboard-check"),
]
OPEN_CARDS = "/signalcardregistry/list/?_flt_0_state=open"
SIGNALS = (SignalCardRegistry, "SignalCards", "fa-bell")
SURVEYS = (SurveyGroupRegistry, "Surveys", "fa-house-circle-check")
INQUIRIES = (AgencyInquiryRegistry, "AgencyInquiries", "fa-envelope-open-text")
PROGRAMMES = (ProgrammeRegistry, "Programmes", "fa-route")
MEETINGS = (MeetingRegistry, "Meetings", "fa-people-group")
INSTRUCTIONS = (InstructionRegistry, "Instructions", "fa-bullhorn")
PLACES = [
    (TerritoryRegistry, "Territories", "fa-map"),
    (TerritoryAliasRegistry, "Aliases of territories", "fa-tags"),
    (ChildPopulationRegistry, "Child population", "fa-child"),
    (AgencyRegistry, "Agencies", "fa-building"),
    (EmployeeRegistry, "Employees", "fa-address-book"),
    (CommissionMemberRegistry, "CommissionMembers", "fa-users-rectangle"),
]
DICTIONARIES = [
    CriterionRegistry, RemovalReasonRegistry, FamilyCategoryRegistry, RelationshipKindRegistry, AgencyKindRegistry,
    EducationStatusRegistry, IdentityKindRegistry, SupervisionKindRegistry, AidKindRegistry, MeasureBlockRegistry,
    MeasureKindRegistry, MeasureSetRegistry, MeasureSetLineRegistry, DynamicsLevelRegistry, FamilyReactionRegistry,
    StageKindRegistry, SignalCardOutcomeRegistry,
    LawReminderRegistry, DecisionOutcomeRegistry, TypicalInstructionRegistry, DeadlineRegistry, WorkingDayRegistry,
    RegionalHolidayRegistry, SettledYearRegistry, RetentionRuleRegistry, BookWordRegistry,
]  # fmt: skip
SCHOOLS = (Schools, "Schools", _("Schools and kindergartens"), "fa-school")
TEMPLATES = (PaperTemplates, "PaperTemplates", _("Templates of papers"), "fa-file-word")
# The statutory forms stand in the menu by themselves; all others stand on the page where reports are chosen.
REPORTS = [
    (big_picture.BigPicture, "BigPicture", _("Picture of the bank"), "fa-chart-pie"),
    (ReportCatalogue, "ReportCatalogue", _("All reports"), "fa-chart-column"),
    (charts.Charts, "Charts", _("Charts"), "fa-chart-bar"),
    *((reports.SCREENS[one.view], one.view, one.label, one.icon) for one in CATALOGUE if one.statutory),
    (SubmissionRegistry, "Submissions", models.Submission.TITLES, "fa-stamp"),
]
EXCHANGE = [
    (Exchange, "Exchange", _("Loading and unloading Excel"), "fa-right-left"),
    (Work, "Work", _("Background jobs"), "fa-list-check"),
]
ADMINISTRATION = [
    (Users, "Users", _("Users"), "fa-user-gear"),
    (Roles, "Roles", _("Roles"), "fa-user-shield"),
]
KEEPING = [
    (Openings, "Openings", _("Who looked into families"), "fa-user-clock"),
    (Doctor, "Doctor", _("State of the bank"), "fa-stethoscope"),
    (Backups, "Backups", _("Copies of the bank"), "fa-box-archive"),
    (JournalScreen, "Journal", _("Journal"), "fa-clock-rotate-left"),
]

# Screens that stand behind links of other pages.
SCREENS: list[type] = [
    Books, FamilyPage, FamilyActs, FamilyNames, FamilyStory, Performers, NewFamily, SignalPage, SignalLikeness,
    NewSignal, SignalLog, SignalScans, SignalClocks, Emergency, SurveyPage, InquiryPage, Findings, SurveyActs,
    SurveyPapers, MeetingPage, ProgrammePage, ProgrammeActs, ProgrammePapers, SittingPage, MeetingPapers, Deliveries,
    InstructionPage, TransferPage, TransferFiles, before_sending.BeforeSending, submissions.Submissions, Search,
    OwnAccount, Lookup, Papers, PassportScreen, Guide, Drafts, SavedFilters, FamilyPast, Months, HoldPage,
]  # fmt: skip


def register(appbuilder: AppBuilder) -> None:
    """Add every list, form and screen to the application, in the order of the menu."""
    for screen in [*SCREENS, *(reports.SCREENS[one.view] for one in CATALOGUE if not one.statutory)]:
        appbuilder.add_view_no_menu(screen)
    for page, name, label, icon in DAILY:
        appbuilder.add_view(page, name, label=label, icon=icon)
    for view, name, icon in BANK[:1]:
        appbuilder.add_view(view, name, label=view.entity.TITLES, icon=icon)
    cards, name, icon = SIGNALS
    appbuilder.add_view(cards, name, label=cards.entity.TITLES, icon=icon, href=OPEN_CARDS)
    for view, name, icon in (SURVEYS, INQUIRIES, PROGRAMMES, MEETINGS, INSTRUCTIONS):
        appbuilder.add_view(view, name, label=view.entity.TITLES, icon=icon)
    for screen, name, title, icon in REPORTS:
        appbuilder.add_view(
            screen, name, label=title, icon=icon, category="Reports", category_label=_("Reports"),
            category_icon="fa-table",
        )  # fmt: skip
    for screen, name, title, icon in EXCHANGE:
        appbuilder.add_view(screen, name, label=title, icon=icon)
    for view, name, icon in BANK[1:]:
        appbuilder.add_view(
            view, name, label=view.entity.TITLES, icon=icon, category="Records", category_label=_("All records")
        )
    for screen, name, title, icon in (DOUBLES, RETENTION):
        appbuilder.add_view(screen, name, label=title, icon=icon, category="Records", category_label=_("All records"))
    bodies = {"category": "Bodies", "category_label": _("Territories and bodies")}
    for view, name, icon in PLACES:
        appbuilder.add_view(view, name, label=view.entity.TITLES, icon=icon, **bodies)
    for screen, name, title, icon in (SCHOOLS, TEMPLATES):
        appbuilder.add_view(screen, name, label=title, icon=icon, **bodies)
    for view in DICTIONARIES:
        appbuilder.add_view(
            view, view.entity.__name__, label=view.entity.TITLES, icon="fa-list", category="Dictionaries",
            category_label=_("Dictionaries"),
        )  # fmt: skip
    for screen, name, title, icon in ADMINISTRATION:
        appbuilder.add_view(
            screen, name, label=title, icon=icon, category="Administration", category_label=_("Administration")
        )
    for screen, name, title, icon in KEEPING:
        appbuilder.add_view(screen, name, label=title, icon=icon)
