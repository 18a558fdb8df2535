"""What reviewers would say again and again, said by the machine. A failure tells what to do."""

from __future__ import annotations

import ast
import csv
import io
import re
import subprocess
import tokenize
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import djlint.api
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from sqlalchemy.orm import class_mapper

from app import models
from app.models import Entity, OfFamily

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations/ru/LC_MESSAGES/messages.po"
SOURCES = sorted(path for path in (ROOT / "app").rglob("*.py"))
TEMPLATES = sorted((ROOT / "app/templates").rglob("*.html"))
MAPPED = sorted((mapper.class_ for mapper in models.Family.registry.mappers), key=lambda entity: entity.__name__)
ENTITIES = [entity for entity in MAPPED if issubclass(entity, Entity)]


T = TypeVar("T")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """The tree of a module, walked once; the module itself is the first."""
    return list(ast.walk(ast.parse(text_of(path))))


def modules() -> Iterator[tuple[Path, list[ast.AST]]]:
    """Every module of the application by its path in the project, with the nodes of its tree."""
    return ((path.relative_to(ROOT), nodes_of(path)) for path in SOURCES)


def for_each(things: Iterable[T]) -> Callable[[Callable[[T], None]], Callable[[], None]]:
    """One test that asks the same of each thing and tells all that fail."""

    def asked(check: Callable[[T], None]) -> Callable[[], None]:
        def test() -> None:
            faults = []
            for thing in things:
                try:
                    check(thing)
                except AssertionError as fault:
                    faults.append(f"{name_of(thing) if isinstance(thing, Path) else thing}: {fault}")
            assert not faults, "\n".join(faults)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return asked


def test_every_word_of_the_interface_is_in_the_russian_catalogue():
    with CATALOGUE.open("rb") as file:
        translated = {message.id for message in read_po(file, locale="ru") if message.id and message.string}
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    found = extract_from_dir(str(ROOT / "app"), methods, keywords={"_": None, "gettext": None, "lazy_gettext": None})
    used = {message if isinstance(message, str) else message[0] for _file, _line, message, _comments, _context in found}
    missing = sorted(used - translated)
    assert not missing, f"run `make words` and translate in {name_of(CATALOGUE)}: {missing}"


def test_the_catalogue_keeps_the_placeholders():
    with CATALOGUE.open("rb") as file:
        for message in read_po(file, locale="ru"):
            if message.id:
                wanted, given = (sorted(re.findall(r"%\(\w+\)[sd]", text)) for text in (message.id, message.string))
                assert wanted == given, f"{message.id!r}: the translation has other placeholders"


@for_each(SOURCES)
def test_modules_are_named_for_what_they_hold_and_say_it(path):
    assert not re.search(r"util|helper|common|manager|base|misc", path.stem), "name the module for what it holds"
    tree = nodes_of(path)[0]
    if tree.body:
        assert ast.get_docstring(tree), f"{name_of(path)}: begin with a docstring that says what the module is for"


@for_each(SOURCES)
def test_only_the_clock_reads_the_clock(path):
    if path.name == "clock.py":
        return
    source = text_of(path)
    assert not re.search(r"date\.today\(|datetime\.(now|utcnow|today)\(|time\.time\(", source), (
        "take `today` as an argument, or ask app.clock at the edge"
    )


@for_each(SOURCES)
def test_only_periods_do_arithmetic_of_months(path):
    """A place in a list of names is no arithmetic: `MONTHS[day.month - 1]`."""
    if name_of(path).endswith("domain/periods.py"):
        return
    found = re.search(r"\.month\s*([-+*/%]|[=!]=)(?! 1\])|monthrange|relativedelta|(//|%) ?12\b", text_of(path))
    assert not found, f"{name_of(path)}: ask app.domain.periods for months and quarters"


@for_each([path for path in SOURCES if {"screens", "services", "readings"} & set(path.parts)])
def test_raw_sql_stays_out_of_screens_and_services(path):
    imported = {
        name.name
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for name in node.names
    }
    assert "text" not in imported, "raw SQL escapes the scope of rows"


@for_each(SOURCES)
def test_no_alias_is_joined_by_hand(path):
    """SQLAlchemy does not carry a loader criterion into `join(alias, condition)`: join along a relation instead."""
    assert "aliased(" not in text_of(path), "an alias joined by hand escapes the scope of rows"


# Where rows are written past the session, and why the journal still knows.
BULK = {
    "app/journal/__init__.py": "writes the journal itself",
    "app/journal/chain.py": "seals of the journal",
    "app/sessions.py": "sessions are no facts",
    "app/services/accounts.py": "sessions and counters of sign-ins, which have entries of their own",
    "app/services/family_keys.py": "the words by which a family is found are derived",
    "app/backup/restoring.py": "sessions and jobs of a restored bank are over; an entry says that it was restored",
    "app/exchange/apply/__init__.py": "a lock, no rows",
    "app/exchange/apply/links.py": "lists of links, told by whoever sets them (tests/test_replay.py)",
    "app/exchange/apply/ready.py": "rows that the store hands over, each with its entry",
    "app/exchange/apply/store.py": "an entry for each row (tests/test_replay.py)",
    "app/exchange/undo.py": "an entry for each row (tests/test_replay.py)",
    "app/services/row_moves.py": "an entry for each row (tests/services/test_merging.py)",
    "app/demo/bank.py": "an invented bank: an entry for each family",
    "app/health.py": "the row of a trial is taken back",
    "app/known.py": "rows of a database that lasts as long as a question, made from their entries",
    "app/sent_forms.py": "keys of forms, no facts",
    "app/services/second_step.py": "secrets and codes of signing in, each with an entry of its own",
    "app/services/drafts.py": "what is typed and not sent yet, no facts",
    "app/services/remains.py": "what is left of a destroyed case: its entries are left as the rows are",
    "app/services/mentions.py": "drafts, filters and answers that mention a destroyed case, no facts",
    "app/work/wiping.py": "results of jobs that told of a destroyed case, no facts",
    "app/work/queue.py": "what the server is asked to do, no facts",
}


def test_rows_change_through_the_session_or_are_journalled_by_hand():
    users = {
        name_of(path)
        for path in SOURCES
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        if {"insert", "update", "delete", "text"} & {name.name for name in node.names}
    }
    users -= {"app/entities/kinds.py"}  # the condition of an index
    assert users <= BULK.keys(), f"change rows through the session, the journal hangs on it: {users - BULK.keys()}"


@for_each([path for path in SOURCES if "services" in path.parts])
def test_services_do_not_commit(path):
    assert ".commit(" not in text_of(path), "the edge commits once"


def test_one_place_commits_and_it_is_told_how_it_ended():
    users = {name_of(path) for path in SOURCES if "session.commit(" in text_of(path)}
    assert users == {"app/acts.py"}, "let Screen.done, or acts.commit in a command, commit"


def test_screens_act_through_the_edge_that_keeps_the_answer():
    """What a screen would do after a commit of its own could fail, and its page would then say what is not true."""
    for path in SOURCES:
        if {"screens", "crud"} & set(path.parts):
            assert "commit(" not in text_of(path), f"{name_of(path)}: act through Screen.done"


@for_each(TEMPLATES)
def test_every_form_that_changes_something_bears_its_keys(path):
    source = text_of(path)
    forms = len(re.findall(r"<form[^>]*method=\"post\"", source))
    assert source.count("form_keys.html") + source.count('name="form_key"') >= forms, "include form_keys.html"


# Rooms that know of no browser: they run for a command and in the background as well.
INNER = {"domain", "entities", "services", "readings", "exchange", "reports", "documents", "render", "demo"}
INNER_FILES = {"app/access.py", "app/clock.py", "app/journal/__init__.py", "app/models.py"}


def test_who_acts_and_which_day_it_is_are_said_by_the_edge():
    forbidden = {"g", "request", "session", "has_request_context", "current_user"}
    faults = []
    for path in SOURCES:
        if not (INNER & set(Path(name_of(path)).parts) or name_of(path) in INNER_FILES):
            continue
        source = text_of(path)
        for node in nodes_of(path):
            if not isinstance(node, ast.ImportFrom):
                continue
            names = {name.name for name in node.names}
            if node.module in ("flask", "flask_login", "flask.globals") and (found := names & forbidden):
                faults.append(f"{name_of(path)}: {sorted(found)}: who acts is in the scope (`access.scope()`)")
            if node.module == "app.clock" and "today" in names:
                faults.append(f"{name_of(path)}: take `today` as an argument")
        if "clock.today(" in source:
            faults.append(f"{name_of(path)}: take `today` as an argument")
    assert not faults, "\n".join(faults)


@for_each(TEMPLATES)
def test_templates_escape_and_stay_at_home(path):
    source = text_of(path)
    assert not re.search(r"\|\s*safe\b", source), "no |safe: what is stored is shown as text"
    assert not re.search(r"(src|href|action)=[\"'](https?:)?//", source), "nothing is loaded from elsewhere"
    assert not re.search(r"\son\w+=[\"']", source), "no inline handlers: the policy refuses them"
    assert not re.search(r"<script(?![^>]*(src=|nonce=|type=\"application/json\"))", source), "a script has a nonce"


rules_of_templates = cache(lambda: djlint.api.load_config(ROOT))


@for_each(TEMPLATES)
def test_templates_are_well_formed(path):
    found = djlint.api.lint_text(rules_of_templates(), text_of(path), name_of(path))
    assert not found, "\n".join(f"{one.line}: {one.code} {one.message}" for one in found)


def test_markup_is_written_by_hand_only_where_it_was_reviewed():
    # Widgets; the grid that app/render/html.py has escaped; the guide, made of files of ours by a library that escapes.
    reviewed = {"app/forms.py", "app/screens/reports.py", "app/readings/guide.py"}
    users = {name_of(path) for path in SOURCES if re.search(r"\bMarkup\(|render_template_string", text_of(path))}
    assert users <= reviewed, f"let a template escape it: {users - reviewed}"


@for_each(ENTITIES)
def test_every_entity_is_titled_and_every_column_labelled(entity):
    assert entity.TITLE
    assert entity.TITLES
    assert entity.__doc__, "say what the entity is"
    unlabelled = {"token_hash", "data", "user_id", "role_id", "id"}
    for column in class_mapper(entity).columns:
        assert "label" in column.info or column.key in unlabelled, f"{entity.__name__}.{column.key} has no label"


def test_every_table_of_a_family_is_under_the_scope():
    """A table that points to a family is narrowed by `access`, or it is one of those that are narrowed by name."""
    by_name = {"assignment", "search_word", "registration_criterion", "family_categories", "signal_card",
               "survey_group", "agenda_item", "instruction", "transfer", "doubles_decision",
               "destruction_item"}  # fmt: skip
    for table in models.Model.metadata.tables.values():
        points = any(key.column.table.name == "family" for key in table.foreign_keys)
        mapped = [mapper.class_ for mapper in models.Family.registry.mappers if mapper.local_table is table]
        if points and table.name not in by_name:
            assert mapped, table.name
            assert issubclass(mapped[0], OfFamily), f"{table.name}: mix OfFamily in"


def test_nothing_is_left_to_be_done_later():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".html", ".css", ".md", ".po", ".toml", ".cfg", ".txt", ".csv"} and path.is_file():
            source = text_of(path)
            assert not re.search(r"\b(TODO|FIXME|XXX)\b", source) or name == "tests/test_conventions.py", name


def test_limits_of_the_two_tables_of_contents():
    for name, limit in (("app/models.py", 1200), ("app/views.py", 900)):
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= limit, f"{name}: move a section beside it"


def test_every_package_is_pinned():
    """`make lock` writes the locks; a package named in an .in file and forgotten there is installed at any version."""
    for name in ("requirements", "requirements-dev"):
        named = [line for line in (ROOT / f"{name}.in").read_text().splitlines() if line[:1].isalnum()]
        locked = [line for line in (ROOT / f"{name}.txt").read_text().splitlines() if line[:1].isalnum()]
        assert all("==" in line for line in named + locked), name
        pins = {_pin(line) for line in locked}
        assert {_pin(line) for line in named} <= pins, f"{name}.in has changed: run make lock"


def _pin(line: str) -> tuple[str, str]:
    name, _equals, version = line.partition("==")
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower(), version.strip()


@cache
def comments_of(path: Path) -> list[tuple[int, str]]:
    """The comments of a file with the lines they stand on."""
    source = text_of(path)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


# The code of the rule, and why: two spaces after a code of ruff, a comment after one of mypy.
EXCUSED = re.compile(r"# (noqa: [A-Z]+\d+  [\w`].+|type: ignore\[[a-z-]+\]  # \w.+)")


def test_whoever_hushes_a_linter_says_why():
    faults = []
    folders = ("app", "tests", "benchmarks", "migrations/env.py", "config.py", "run.py", "gunicorn.conf.py")
    paths = [path for name in folders for path in [ROOT / name, *(ROOT / name).rglob("*.py")] if path.is_file()]
    hushes = re.compile(r"noqa|type: *ignore")
    for path in paths:
        for line, comment in comments_of(path) if hushes.search(text_of(path)) else ():
            if hushes.search(comment) and not EXCUSED.match(comment) and path != Path(__file__):
                faults.append(f"{name_of(path)}:{line}: {comment}")
    assert not faults, "name the rule and the reason beside it:\n" + "\n".join(faults)


def test_every_rule_that_is_left_out_for_good_has_its_reason():
    """In pyproject.toml: a reason on the line of the rule, or on the line above it."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    left_out = re.compile(
        r'^(    "(?:[A-Z]+\d+"|ignore:)|".+" = \[("[A-Z]+\d*"(, )?)+\]|(exclude_|ignore_|follow_)\w+ =)'
    )
    faults = [
        line
        for above, line in pairwise(lines)
        if left_out.match(line) and " # " not in line and not above.strip().startswith("#")
    ]
    assert not faults, faults
    for pattern in tomllib.loads("\n".join(lines))["tool"]["ruff"]["lint"]["per-file-ignores"]:
        assert list(ROOT.glob(pattern)), f"nothing is called {pattern}: take its line out"


def test_nothing_is_too_long():
    """No file over 600 lines, no class over 300, no function over 50: part it where its words change."""
    faults = []
    for path in sorted((ROOT / "app").rglob("*")):
        name = str(path.relative_to(ROOT))
        if path.suffix in (".py", ".js", ".html", ".css") and "fonts" not in path.parts:
            lines = len(text_of(path).splitlines())
            if lines > 600:
                faults.append(f"{name}: {lines} lines")
    for path, nodes in modules():
        for node in nodes:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                most = 300 if isinstance(node, ast.ClassDef) else 50
                if lines > most:
                    faults.append(f"{path}: {node.name} has {lines} lines")
    assert not faults, "\n".join(faults)


def test_every_class_has_a_name_of_its_own():
    """One word names one thing in the whole application: a second class of a name is called by another word."""
    known: dict[str, str] = {}
    faults = []
    for path, nodes in modules():
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                if node.name in known:
                    faults.append(f"{node.name}: {known[node.name]}, {path}")
                known[node.name] = str(path)
    assert not faults, "\n".join(faults)


def rooms() -> set[str]:
    """The modules and packages that the application consists of."""
    found = {path.stem for path in (ROOT / "app").glob("*.py")} | {
        path.parent.name for path in (ROOT / "app").glob("*/__init__.py")
    }
    return found - {"__init__"}


def test_every_room_stands_on_a_floor_and_on_the_map():
    """The floors of pyproject.toml, which lint-imports keeps, are those that CONTRIBUTING.md draws for a reader."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    floors = [floor.replace("app.", "").split(" | ") for floor in contracts[0]["layers"]]
    drawn = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```")[1].strip().splitlines()
    assert [re.split(r"  +", line)[0].split(" | ") for line in drawn] == floors, "draw the floors of pyproject.toml"
    assert {room for floor in floors for room in floor} == rooms(), "give each room its floor in pyproject.toml"


# Who may hold which role, and where a sign-in begins and ends, is one room's work.
OF_SIGN_INS = {
    "User": {"app/services/accounts.py"},
    "Role": {"app/services/accounts.py", "app/services/installation.py"},
    "FurtherRole": {"app/services/accounts.py"},
    "HomeTerritory": {"app/services/accounts.py"},
    "Account": {"app/services/accounts.py"},
    "UserSession": {"app/sessions.py"},
}


def test_only_the_accounts_make_users_and_give_roles():
    faults = []
    for path, nodes in modules():
        for node in nodes:
            made = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if made in OF_SIGN_INS and str(path) not in OF_SIGN_INS[made]:
                faults.append(f"{path}:{node.lineno}: {made}")
            given = {ast.unparse(target) for target in node.targets} if isinstance(node, ast.Assign) else set()
            if "user.roles" in given and str(path) not in OF_SIGN_INS["User"]:
                faults.append(f"{path}:{node.lineno}: user.roles")
    assert not faults, "let app.services.accounts do it: " + "; ".join(faults)


RUSSIAN = re.compile("[А-Яа-яЁё]")
FIELDS = re.compile(r"(Field|CleanString|CleanText|add_view|add_link)$")


def labels_in(template: str) -> list[str]:
    """The Russian text of a template that is a label: no sentence, no phrase around a value."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", template, flags=re.DOTALL)
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", "◆", text, flags=re.DOTALL)
    runs = [" ".join(run.split()) for run in re.split(r"<[^>]*>", text)]
    labels = [run for run in runs if "◆" not in run or re.fullmatch(r"[^◆]+: ◆", run)]
    labels += re.findall(r'(?:placeholder|title|aria-label|alt)="([^"◆]*)"', text)
    return [label for label in labels if RUSSIAN.search(label) and not label.endswith((".", "!", "?"))]


@for_each([path for path in TEMPLATES if "documents" not in path.parts])
def test_labels_of_a_page_are_in_the_catalogue(path):
    """A label, a button, a title is English in `_()` and Russian in messages.po; a whole sentence stands as it is."""
    found = labels_in(text_of(path))
    assert not found, f"{path.name}: say it by _() and translate it: {found}"


def test_labels_of_fields_and_of_the_menu_are_in_the_catalogue():
    """What a field or a line of the menu is called is English in `_()`; its description may be a Russian sentence."""
    faults = []
    for path, nodes in modules():
        for call in nodes:
            if not isinstance(call, ast.Call) or not FIELDS.search(ast.unparse(call.func)):
                continue
            named = [*call.args[:1], *(word.value for word in call.keywords if word.arg in ("label", "category_label"))]
            for label in named:
                if any(isinstance(part, ast.Constant) and RUSSIAN.search(str(part.value)) for part in ast.walk(label)):
                    faults.append(f"{path}:{call.lineno}")
    assert not faults, faults


# What the rooms that speak Russian say: whole sentences and the words of papers, where they are defined.
SPEAKS_RUSSIAN = {
    "access": "refusals", "backup": "what is wrong with a copy, and how far it is",
    "cli": "the commands", "demo": "the invented bank", "doctor": "what is wrong with a bank",
    "documents": "the papers of a family", "domain": "rules, closed lists and their legal words",
    "exchange": "the workbook and its faults", "journal": "lines of the journal", "readings": "lists, events, search",
    "render": "the feet of sheets", "reports": "the statutory forms", "services": "refusals and notes",
    "troubles": "why nothing was stored", "words": "days, sums and numbers in words",
    "work": "how far a job is and how it ended",
}  # fmt: skip
# Tables of the other rooms that hold Russian names, and why they are no labels of a page.
NAMES_IN_RUSSIAN = {
    ("app/pages.py", "BROWSERS"): "what programs call themselves",
    ("app/screens/passport.py", "PASSPORT, CARD"): "the papers as the Положение calls them",
    ("app/screens/users.py", "SCREEN_NAMES"): "the words of the code for whoever gives a role: one table, whole",
}


def russian_of(nodes: list[ast.AST]) -> Iterator[tuple[int, str, str]]:
    """The Russian literals of a module: the line, the text with its values as ◆, the table that holds it."""
    skipped: set[ast.AST] = set()
    for node in nodes:
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        if documented and isinstance(node.body[0], ast.Expr):
            skipped.add(node.body[0].value)
        if isinstance(node, ast.JoinedStr):
            skipped.update(node.values)
        if isinstance(node, ast.keyword) and node.arg == "summary":
            skipped.update(ast.walk(node.value))  # a line of the journal
    held = {
        inner: ast.unparse(statement.targets[0]).strip("()")
        for statement in nodes[0].body
        if isinstance(statement, ast.Assign)
        for inner in ast.walk(statement)
    }
    for node in nodes:
        if node in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "◆" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if RUSSIAN.search(text):
            yield node.lineno, text, held.get(node, "")


def is_label(text: str) -> bool:
    """Words that begin as a label does and are no sentence, no phrase around a value."""
    return text[:1].isupper() and "◆" not in text and not text.rstrip().endswith((".", "!", "?", ":"))


def test_a_label_is_said_by_the_catalogue_and_a_sentence_where_it_is_defined():
    """The two languages of the interface: CONTRIBUTING.md, «A page's words»."""
    faults = []
    for path, nodes in modules():
        room = path.parts[1].removesuffix(".py")
        for line, text, table in russian_of(nodes):
            declared = room in SPEAKS_RUSSIAN or (str(path), table) in NAMES_IN_RUSSIAN
            if not declared and is_label(text):
                faults.append(f"{path}:{line}: «{text}»: say it by _() in English and translate it")
    assert not faults, "\n".join(faults)
    assert set(SPEAKS_RUSSIAN) <= rooms(), "there is no such room"


def test_the_keys_of_the_catalogue_and_the_names_of_the_code_are_english():
    with CATALOGUE.open("rb") as file:
        turned = [message.id for message in read_po(file, locale="ru") if RUSSIAN.match(str(message.id))]
    assert not turned, turned
    for path, nodes in modules():
        named = {getattr(node, kind, None) for node in nodes for kind in ("id", "attr", "arg", "name")}
        assert not [name for name in named if isinstance(name, str) and not name.isascii()], path


def permissions_of(nodes: list[ast.AST]) -> Iterator[str]:
    """The permissions that the screens of a module ask: named by `permission_name`, or as their methods are."""
    for node in nodes:
        asked = [ast.unparse(one) for one in node.decorator_list] if isinstance(node, ast.FunctionDef) else []
        if "has_access" in asked:
            named = [re.findall(r"^permission_name\('(\w+)'\)", one) for one in asked]
            yield next((name[0] for name in named if name), node.name)


def test_every_permission_of_a_screen_has_a_name_that_people_read():
    from app.screens.users import ACT_NAMES

    for path, nodes in modules():
        if "screens" in path.parts:
            nameless = set(permissions_of(nodes)) - ACT_NAMES.keys() - {"end"}  # the own sessions: no role gives them
            assert not nameless, f"{path}: name it in ACT_NAMES of app/screens/users.py: {sorted(nameless)}"


def test_what_is_a_label_is_told_from_a_sentence():
    assert labels_in("<h1>Снять с учёта</h1>") == ["Снять с учёта"]
    assert labels_in("<h1>Снять с учёта: {{ family }}</h1>") == ["Снять с учёта: ◆"]
    assert labels_in('<a title="Печать">{{ _("Print") }}</a>') == ["Печать"]
    assert is_label("Снять с учёта")
    assert not is_label("Семья на учёте не состояла.")
    assert not is_label("не указано")
    assert labels_in("<p>Семья на учёте не состояла.</p><p>с {{ day }} по {{ until }}</p>") == []


def test_every_class_of_the_style_sheets_is_used():
    """A class that no page, no view and no script names is dead: take it out of the style sheet."""
    places = [*SOURCES, *TEMPLATES, *(ROOT / "app/static").rglob("*.js")]
    named = set(re.findall(r"-?[A-Za-z_][\w-]*", "\n".join(text_of(path) for path in places)))
    for path in sorted((ROOT / "app/static").rglob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", text_of(path), flags=re.DOTALL)
        styled = set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", " ".join(re.findall(r"([^{}]+)\{", text))))
        dead = {name for name in styled - named if not name.startswith(MADE_ELSEWHERE)}
        assert not dead, f"{path.name}: {sorted(dead)}"


def test_every_static_file_that_a_page_names_is_there():
    """A sheet or a script that is named wrongly is only a page without its looks, and no answer tells."""
    for path in TEMPLATES:
        for name in re.findall(r"url_for\('static', filename='([^'%]+)'", text_of(path)):
            assert (ROOT / "app/static" / name).is_file(), f"{name_of(path)}: there is no app/static/{name}"


def test_every_style_sheet_is_loaded():
    """The frame of every page loads the sheets in their order; a sheet of one page alone is loaded by that page."""
    loaded = "\n".join(text_of(path) for path in TEMPLATES)
    for path in sorted((ROOT / "app/static").rglob("*.css")):
        named = f'"{path.stem}"' in loaded or f"css/{path.name}" in loaded
        assert named, f"{name_of(path)}: name it in app/templates/appbuilder/init.html, or in the page that needs it"


def test_what_an_object_holds_is_said_when_it_is_made():
    """An attribute that a later method gives birth to is not there before it: begin it in `__init__`."""
    faults = []
    for path, nodes in modules():
        for node in nodes:
            if isinstance(node, ast.ClassDef) and not node.bases:
                said, born = _attributes(node)
                faults += [f"{path}: {node.name}.{name}" for name in sorted(born - said)]
    assert not faults, "\n".join(faults)


def _attributes(node: ast.ClassDef) -> tuple[set[str], set[str]]:
    """The attributes that a class says of itself or sets when it is made, and those its methods set."""
    said = {one.id for each in node.body for one in ast.walk(each) if isinstance(one, ast.Name)
            if isinstance(each, ast.Assign | ast.AnnAssign) and isinstance(one.ctx, ast.Store)}  # fmt: skip
    born: set[str] = set()
    for method in node.body:
        if isinstance(method, ast.FunctionDef):
            found = {one.attr for one in ast.walk(method) if isinstance(one, ast.Attribute)
                     and isinstance(one.ctx, ast.Store) and ast.unparse(one.value) == "self"}  # fmt: skip
            (said if method.name == "__init__" else born).update(found)
    return said, born


def test_portions_are_taken_in_one_place():
    """`extensions.portions` cuts values into what one statement takes; nobody counts the places by hand."""
    for path, nodes in modules():
        for node in nodes:
            by_hand = isinstance(node, ast.Call) and re.match(r"range\(0, len\(.*\), ", ast.unparse(node))
            assert not by_hand, f"{path}:{node.lineno}: use `extensions.portions`"


# What libraries call by its name: sessions of Flask, types and functions of SQLAlchemy, sign-in and views of FAB.
CALLED_BY_LIBRARIES = {
    "open_session", "save_session", "process_bind_param", "process_result_value", "_load_user",
    "_update_remember_cookie", "user_view", "create_login_manager", "create_jwt_manager", "create_limiter",
    "add_limit_view", "is_item_public", "_add_admin_views", "_init_forms", "to_python",
    "_gen_cache_key", "_get_writer", "_write_rows", "handle_starttag", "handle_endtag", "handle_data",
}  # fmt: skip
# Decorators by which a function is handed over to whoever calls it.
HANDED_OVER = ("expose", "command", "listens_for", "compiles", "template_", "context_processor", "route", "group")


def test_whoever_is_told_that_somebody_was_quicker_may_save_over_it():
    """A form that keeps its old version is refused for ever: screens ask `overtaken.check`, which tells and renews."""
    forever = re.compile(r"not (?:forms\.)?check_version\(.*\):\n\s+raise Refusal\(AT_ONCE\)")
    assert [name_of(path) for path in SOURCES if forever.search(path.read_text("utf-8"))] == []


def test_nothing_is_defined_that_nobody_names():
    """A function or a class that only its own definition (or only a test) names is dead: take it out."""
    texts = [text_of(path) for path in [*SOURCES, *TEMPLATES, ROOT / "config.py", ROOT / "run.py"]]
    named = Counter(re.findall(r"\w+", "\n".join(texts)))
    dead = []
    for path, nodes in modules():
        for node in nodes:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name in CALLED_BY_LIBRARIES:
                continue
            decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
            hidden = node.name.startswith("__") or any(word in decorators for word in HANDED_OVER)
            if named[node.name] == 1 and not hidden:
                dead.append(f"{path}:{node.lineno} {node.name}")
    assert not dead, "\n".join(dead)


# select2 writes its own; the tone of an event is the end of its class.
MADE_ELSEWHERE = ("select2-", "timeline--")


# Columns of the reference files whose cells are words of the program, not of people.
CODED = {
    "code", "block_code", "measure_code", "parent", "kind", "scheme", "group", "appendix4_line", "appendix4_flag",
    "children_line", "effect", "starts", "stops", "unit",
    "set", "measure", "agency_kind", "criterion", "meaning",
}  # fmt: skip


@for_each(sorted((ROOT / "app/reference").glob("*.csv")))
def test_what_a_dictionary_shows_is_written_for_its_reader(path):
    """No working notes: no English, no address, no word on where a row was found."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name, value in row.items():
                if name not in CODED:
                    found = re.search(r"https?:|www\.|\b[a-z]{3,}\b|_", value, flags=re.IGNORECASE | re.ASCII)
                    assert found is None, f"{row}: {found}"


# Papers that a reader of the project cannot open, and the numbers of remarks in them.
UNSEEN = re.compile(
    r"\b(?:SECURITY|DOMAIN|REPORTS|STACK|EXCHANGE|HOUSE|ATTACK|WALK|ROAD|DESIGN|SPEED)(?:\.md|[,:)]|\s+section)"
    r"|[(,;:.]\s*(?:and )?[BHKSFZ]\d{1,2}\s*[),;.:]"
)


def remarks_in(path: Path) -> str:
    """The words of a file that only people read: comments and docstrings of Python, everything of other files."""
    source = text_of(path)
    if path.suffix != ".py":
        return source
    comments = (comment for _line, comment in comments_of(path))
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    docstrings = (ast.get_docstring(node) or "" for node in nodes_of(path) if isinstance(node, documented))
    return "\n".join((*comments, *docstrings))


def test_no_paper_is_named_that_a_reader_cannot_open():
    """The clause of the Положение or a plain sentence stands instead."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        path = ROOT / name
        ours = path.is_file() and not {"vendor", "fonts"} & set(path.parts) and ".min." not in path.name
        if ours and path.suffix in {".py", ".html", ".css", ".js", ".md", ".toml", ".cfg"}:
            found = UNSEEN.search(remarks_in(path))
            assert found is None, f"{name}: {found}"


def test_a_paper_that_a_reader_cannot_open_is_told_from_other_words():
    for text in (
        "(SECURITY, Z6)",
        "DOMAIN, section 5",
        "(REPORTS)",
        "see EXCHANGE.md",
        "the law (K02)",
        "as said; B1.",
    ):
        assert UNSEEN.search(text), text
    for text in ("REPORTS = 1", "the cell B2 holds", "Положение, 3.2", "RFC 9110"):
        assert not UNSEEN.search(text), text


def test_the_readme_names_every_command_every_role_and_no_other():
    """What README.md tells to type is there, and what is there is told."""
    from app import cli
    from app.domain.terms import Role

    told = (ROOT / "README.md").read_text(encoding="utf-8")
    typed = set(re.findall(r"flask --app run bank ([a-z-]+)", told))
    assert typed - set(cli.bank.commands) == set(), "README names commands that are not there"
    assert set(cli.bank.commands) - typed == {"demo"}, "tell of the command in README.md"  # `make run` calls it
    rows = set(
        re.findall(r"^\| ([А-Я][а-яА-Я ]+) \|", told.partition("## Для кого")[2].partition("\n## ")[0], re.MULTILINE)
    )
    assert rows - {"Роль"} == {role.value for role in Role}, "the table of roles in README.md"
    made = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = [
        told,
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        (ROOT / "docs/quality.md").read_text(encoding="utf-8"),
    ]
    named = {
        name
        for text in pages
        for name in re.findall(r"`make\s([a-z]+)|^make ([a-z]+)", text, re.MULTILINE)
        for name in name
        if name
    }
    assert named <= made, "there is no such goal in the Makefile"
    settings = (ROOT / "config.py").read_text(encoding="utf-8")
    for name in re.findall(r"`([A-Z]{2,}_[A-Z_]+)(?:=\d)?`", told):
        assert f'"{name}"' in settings, f"{name}: config.py reads no such setting"
