"""The places of the code that name entities by hand, and a sentence for each that says what it forgot.

Everything else is derived from the mapper: rows of a person, the journal, annulment with the family, forms, filters,
the words of the history. CONTRIBUTING lists the same places (tests/test_entities.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import models
from app.models import Annullable, Entity, OfFamily, Whose

ROOT = Path(__file__).resolve().parent.parent

# Entities that have no list and no form of their own, and where they are seen instead.
WITHOUT_A_LIST = {
    "Account": "on the page of users",
    "UserSession": "on the page of users",
    "FurtherRole": "on the page of roles",
    "BookStep": "on the page of the books of a month",
    "GoneFamily": "on the page of the books of a month",
    "HomeTerritory": "on the page of users",
    "Destruction": "on the page of what is to be destroyed",
    "DestructionItem": "on the page of its act",
    "RetentionHold": "on the page of its family",
    "ImportBatch": "on the page of the exchange",
    "JournalEntry": "in the journal",
    "RegistrationCriterion": "on the page of its family, with the stay",
    "CardChild": "on the page of its signal card",
    "CardScan": "on the page of its signal card",
    "CardTelling": "on the page of its signal card",
    "DoublesDecision": "on the page of likely doubles",
    "ImportantMark": "in the chronology of its family",
    "InstructionScan": "on the page of its instruction",
    "MeetingAttendance": "on the page of its meeting",
    "Problem": "on the page of its programme",
    "SurveyExtension": "on the page of its survey",
    "CardExtension": "on the page of its signal card",
    "SurveyMark": "on the page of its survey act",
    "SurveyPerson": "on the page of its survey act",
    "SurveyScan": "on the page of its survey",
    "WorkingGroupMember": "on the page of its programme",
}


# The same of those whose page is a screen that asks the permission to list them.
WITHOUT_A_REGISTRY = {**WITHOUT_A_LIST, "PaperTemplate": "on the page of templates of papers"}


@dataclass(frozen=True)
class Place:
    """A place that must know an entity: which ones concern it, which it knows, and those it may leave out, with why."""

    path: str
    task: str
    knows: Callable[[str], bool]
    concerns: Callable[[type[Any]], bool]
    excused: dict[str, str] = field(default_factory=dict)

    def forgets(self, entity: type[Any]) -> bool:
        return self.concerns(entity) and not self.knows(entity.__name__) and entity.__name__ not in self.excused


def entities() -> list[type[Any]]:
    """Every entity of the bank, by name."""
    found = [mapper.class_ for mapper in Entity.registry.mappers if issubclass(mapper.class_, Entity)]
    return sorted(found, key=lambda entity: entity.__name__)


def forgotten(entity: type[Any]) -> Iterator[str]:
    """A sentence for each place that an entity was not added to."""
    for place in PLACES:
        if place.forgets(entity):
            yield f"{place.path}: {entity.__name__} is forgotten: {place.task}"


def _always(_entity: type[Any]) -> bool:
    return True


def _about_a_family(entity: type[Any]) -> bool:
    """A row of one family that people enter and annul."""
    return issubclass(entity, OfFamily) or (issubclass(entity, Annullable) and entity.WHOSE is Whose.GIVEN)


def _named_in(path: str) -> Callable[[str], bool]:
    """Whether a module names an entity: as a class, or as the word that its rows are kept by."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return names.__contains__


def _has_a_list(name: str) -> bool:
    from app import views

    return name in {view.entity.__name__ for view in vars(views).values() if hasattr(view, "entity")}


def _is_in_the_menu(name: str) -> bool:
    from app import views

    alone = (views.SIGNALS, views.SURVEYS, views.INQUIRIES, views.PROGRAMMES, views.MEETINGS, views.INSTRUCTIONS)
    entries = (*alone, *views.BANK, *views.PLACES, *(one for one in views.REPORTS if hasattr(one[0], "entity")))
    listed = [view for view, *_rest in entries] + views.DICTIONARIES
    return name in {view.entity.__name__ for view in listed}


def _somebody_may_list(name: str) -> bool:
    import config

    return any(
        re.match(views, name) and re.match(acts, "can_list")
        for role in config.FAB_ROLES.values()
        for views, acts in role
    )


def _has_a_rule(name: str) -> bool:
    from app.services import checks

    return name in {entity.__name__ for entity in checks.RULES}


def _is_asked_when_stored(name: str) -> bool:
    from app.services import soundness

    return name in {entity.__name__ for entity, _rule in soundness.RULES}


def _is_invented(name: str) -> bool:
    """Whether the lives of the demo bank hold rows of its table."""
    table = next(entity.__tablename__ for entity in entities() if entity.__name__ == name)
    return any(_named_in(f"app/demo/{room}.py")(table) for room in ("bank", "family", "programmes", "stays"))


PLACES = (
    Place("app/models.py", "import it, and name it in __all__", lambda name: name in models.__all__, _always),
    Place("app/views.py", "declare a RegistryView", _has_a_list, _always, WITHOUT_A_REGISTRY),
    Place("app/views.py", "give it a line of the menu: BANK, PLACES or DICTIONARIES", _is_in_the_menu, _always,
          WITHOUT_A_REGISTRY),
    Place("config.py", "say in ROLES who may list it", _somebody_may_list, _always, WITHOUT_A_LIST),
    Place("tests/factories.py", "add a row of it to `one_of_each`: it inherits the tests of every entity",
          _named_in("tests/factories.py"), _about_a_family),
    Place("app/services/checks.py", "give it a rule in RULES, with its clause in app/domain", _has_a_rule,
          _about_a_family),
    Place("app/services/soundness.py", "ask the same rule of rows that are stored already: RULES",
          _is_asked_when_stored, _about_a_family),
    Place("app/readings/overview.py", "read it for the page of the family", _named_in("app/readings/overview.py"),
          _about_a_family, {
              "GoneFamily": "the page of the books of a month tells it",
              "ImportantMark": "the chronology reads it",
              "Problem": "the page of the programme tells it",
              "WorkingGroupMember": "the page of the programme tells who is of the group",
          }),
    Place("app/documents/folder.py", "load it for the papers of the family, or say why they are silent on it",
          _named_in("app/documents/folder.py"), _about_a_family, {
              "Assignment": "who sees the family is no part of its papers",
              "GoneFamily": "the papers do not tell who sent which book",
              "ImportantMark": "the chronology reads it",
              "WorkingGroupMember": "the papers are signed by the bodies",
              "Mentor": "the papers are signed by the bodies",
              "RetentionHold": "how long the papers are kept is not told by them",
              "PupilSupport": "the record card does not ask about single quarters",
              "StayExtension": "the papers tell when a family was entered, not until when it was due",
          }),
    Place("app/exchange/bank.py", "let it travel by the workbook, with its sheet in app/exchange/workbook.py",
          _named_in("app/exchange/bank.py"), _about_a_family, {
              "Assignment": "each district gives its families to its own people",
              "GoneFamily": "each district asks its own settlements",
              "ImportantMark": "each district marks what is important to it",
              "PlannedMeasure": "app/exchange/programmes.py reads it",
              "Problem": "app/exchange/programmes.py reads it",
              "Programme": "app/exchange/programmes.py reads it",
              "Stage": "app/exchange/programmes.py reads it",
              "WorkingGroupMember": "each district names its own people",
              "Mentor": "each district names its own people",
              "Paper": "a workbook holds no files",
              "RetentionHold": "each district destroys by its own acts",
              "StayExtension": "each district answers for its own clocks",
          }),
    Place("app/demo/family.py", "invent some rows of it", _is_invented, _about_a_family, {
        "GoneFamily": "nothing is loaded into the demo bank: its families come from no book",
        "ImportantMark": "a person marks what is important",
        "Paper": "scans are attached by app/demo/papers.py",
        "RetentionHold": "app/demo/retention.py holds a family",
    }),
)  # fmt: skip
