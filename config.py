"""Settings from the environment, each with one line of why; roles as one reviewed table."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from app.domain.terms import Role

ROOT = Path(__file__).resolve().parent

# Keys that stand in documentation and examples: whoever signs with one signs with nothing.
KNOWN_KEYS = {
    "changeme", "change-me", "secret", "secret-key", "dev", "development", "thisismyscretkey",
    "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h", "\2\1thisismyscretkey\1\2\\e\\y\\y\\h",
}  # fmt: skip
SHORTEST_KEY = 32


# The settings that a copy of the bank carries along, for the machine it is restored on. Keys of the copies are not.
NAMES = (
    "DATABASE_URL", "INSTANCE_PATH", "PAPERS_FOLDER", "TIME_ZONE", "REGION_NAME", "TRUSTED_HOSTS", "PROXIES",
    "PATRONAT_HTTPS", "BACKUP_FOLDER", "BACKUP_SECOND_FOLDER", "BACKUP_KEEPERS", "BACKUP_AT", "SECRET_KEY",
    "SECOND_STEP_ROLES", "MANY_FAMILIES", "MOST_FAMILIES", "CLAMD", "CLAMD_REQUIRED",
)  # fmt: skip


class BadSetting(SystemExit):
    """A setting that must not be run with: the process ends with this sentence."""


def settings(environ: Mapping[str, str] = os.environ, *, serving: bool = True) -> dict[str, Any]:
    """The whole configuration. `serving`: pages will be served, so a lasting secret key is needed."""
    instance = Path(environ.get("INSTANCE_PATH", ROOT / "instance"))
    local = environ.get("PATRONAT_LOCAL") == "1"  # one person's machine: no https, a key kept in instance/
    https = not local and environ.get("PATRONAT_HTTPS", "1") == "1"
    return {
        "LOCAL": local,
        "INSTANCE_PATH": str(instance),
        # Signs what leaves for the browser; lost or guessed, anyone can sign.
        "SECRET_KEY": _secret_key(environ, instance, local=local, serving=serving),
        # One small server: SQLite by default, Postgres by its address.
        "SQLALCHEMY_DATABASE_URI": _database(environ, instance),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "query_cache_size": 1500,  # statements that are written out once: a page has fifteen of its own
            "pool_pre_ping": True,  # the database may have been restarted since
            "hide_parameters": True,  # values of families stay out of logs and messages
            # Russian letters as they are take a third of the room, and nobody reads the spaces.
            "json_serializer": json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode,
        },
        # Scans lie outside the web root and the code.
        "PAPERS_FOLDER": environ.get("PAPERS_FOLDER", str(instance / "papers")),
        # Deadlines and ages are counted by the municipality's clock.
        "TIME_ZONE": environ.get("TIME_ZONE", "Europe/Moscow"),
        # The root of the tree of territories on an empty database; renamed later on the screen.
        "REGION_NAME": environ.get("REGION_NAME", "Регион"),
        # Names this server answers to; any other Host is refused (no open redirects).
        "TRUSTED_HOSTS": _list(environ.get("TRUSTED_HOSTS", "localhost,127.0.0.1,[::1]")),
        "FAB_SAFE_REDIRECT_HOSTS": _list(environ.get("TRUSTED_HOSTS", "localhost,127.0.0.1")),
        # How many proxies stand in front and may name the client's address.
        "PROXIES": int(environ.get("PROXIES", "0")),
        # Styles and scripts are kept by the browser; their addresses change with them (app/pages.py).
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=30),
        # A request larger than a scan with its form is refused before it is read.
        "MAX_CONTENT_LENGTH": 25 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
        # Sessions: on the server, 30 minutes idle, a shift at most.
        "SESSION_COOKIE_NAME": "__Host-session" if https else "session",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_IDLE": timedelta(minutes=30),
        "SESSION_LIFE": timedelta(hours=12),
        "HTTPS": https,
        # The token of a form lives as long as the session: a long form is never lost to its age.
        "WTF_CSRF_TIME_LIMIT": None,
        # The token is checked by app/failures.py, which knows the form of an ended session that is sent once more.
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_SSL_STRICT": https,
        "BABEL_DEFAULT_LOCALE": "ru",
        "BABEL_DEFAULT_TIMEZONE": environ.get("TIME_ZONE", "Europe/Moscow"),
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),  # absolute: overrides FAB's own Russian too
        # Roles that must sign in by two steps; on one person's machine none must.
        "SECOND_STEP_ROLES": _list(environ.get("SECOND_STEP_ROLES", "" if local else "Координатор,Администратор")),
        # Families that one person opens or exports in an hour before the password is asked again, and at all.
        "MANY_FAMILIES": int(environ.get("MANY_FAMILIES", "120")),
        "MOST_FAMILIES": int(environ.get("MOST_FAMILIES", "400")),
        # Where clamd listens («/run/clamav/clamd.ctl», «host:3310»; "" – nobody is asked), and what its silence means.
        "CLAMD": environ.get("CLAMD", ""),
        "CLAMD_REQUIRED": environ.get("CLAMD_REQUIRED", "1") == "1",
        "LANGUAGES": {"ru": {"flag": "ru", "name": "Русский"}},
        # Copies of the bank: where they lie, where once more, who opens them, at what hour of the night ("" – never).
        "BACKUP_FOLDER": environ.get("BACKUP_FOLDER", ""),
        "BACKUP_SECOND_FOLDER": environ.get("BACKUP_SECOND_FOLDER", ""),
        "BACKUP_PASSPHRASE": environ.get("BACKUP_PASSPHRASE", "") or _local_passphrase(environ, instance, local=local),
        "BACKUP_PASSPHRASE_FILE": environ.get("BACKUP_PASSPHRASE_FILE", ""),
        "BACKUP_KEEPERS": _list(environ.get("BACKUP_KEEPERS", "")),
        "BACKUP_AT": _hour(environ.get("BACKUP_AT", "02:30")),
        "APP_NAME": "Патронат",
        # Tables and permissions are made by migrations and `flask bank install`, never by a start.
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ROLES": FAB_ROLES,
        "AUTH_TYPE": 1,
        "AUTH_ROLE_ADMIN": Role.ADMINISTRATOR.value,
        "AUTH_ROLE_PUBLIC": "Public",
        "AUTH_USER_REGISTRATION": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_ADD_MENU_API": False,
        "FAB_API_KEY_ENABLED": False,
        "FAB_PASSWORD_HASH_METHOD": "scrypt:32768:8:3",
        # Compared when nobody bears the name: as slow as a real one, so that the time tells nothing.
        "AUTH_DB_FAKE_PASSWORD_HASH_CHECK": "scrypt:32768:8:3$9bwqVztUMZUOLujw$"
        "3596906e0f0c4af582c309b933c7c0e2da97232174a9937ace372b0f90a1cbc6"
        "1743a8d68777839450f3994bd41bd3cb50b9f58661f3423709cf4c49c32b9bbd",
        "FOR_EVERYONE": FOR_EVERYONE,
        "AUTH_RATE_LIMITED": False,  # attempts are counted in the database, for every worker (app/signin.py)
    }


def _secret_key(environ: Mapping[str, str], instance: Path, *, local: bool, serving: bool) -> str:
    key = environ.get("SECRET_KEY", "")
    if key:
        if key.casefold() in KNOWN_KEYS or len(key.encode()) < SHORTEST_KEY:
            raise BadSetting(f"SECRET_KEY: нужно не меньше {SHORTEST_KEY} случайных знаков, не из примеров.")
        return key
    if local:
        return _kept_key(instance / "secret_key")
    if serving:
        raise BadSetting(
            "SECRET_KEY не задан. Создайте его: python -c 'import secrets; print(secrets.token_hex(32))' "
            "и передайте серверу в переменной окружения SECRET_KEY."
        )
    return secrets.token_hex(SHORTEST_KEY)  # a command signs nothing that outlives it


def _kept_key(path: Path) -> str:
    """The key of a local start, made once and readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(SHORTEST_KEY))
    return path.read_text().strip()


def _local_passphrase(environ: Mapping[str, str], instance: Path, *, local: bool) -> str:
    """One person's machine closes its copies by a passphrase kept beside the bank, unless another way is named."""
    if not local or environ.get("BACKUP_PASSPHRASE_FILE") or environ.get("BACKUP_KEEPERS"):
        return ""
    return _kept_key(instance / "backup_passphrase")


def _hour(text: str) -> time | None:
    """«02:30» as a time of the day; nothing: never."""
    try:
        return time.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadSetting("BACKUP_AT: час ночной копии пишется как 02:30.") from error


def _database(environ: Mapping[str, str], instance: Path) -> str:
    url = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'patronat.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


READ = "can_(list|show)"
EXPORT = "can_(list|show|xlsx)"
WRITE = "can_(list|show|xlsx|add|edit|annul)"

OF_FAMILY = (
    "Family|Member|Registration|StayExtension|Decision|Aid|Education|PupilSupport|Supervision|IdentityDocument|Mentor|"
    "Assignment|Programme|Stage|PlannedMeasure"
)
PLACES = "Territory|TerritoryAlias|ChildPopulation|Agency|Employee"
# Words that the law and its forms rest on, and what counts deadlines: the administrator's. The others are local.
WORDS_OF_LAW = (
    "Criterion|RemovalReason|FamilyCategory|RelationshipKind|AgencyKind|EducationStatus|IdentityKind|SupervisionKind|"
    "SignalCardOutcome|LawReminder|DecisionOutcome|Deadline|WorkingDay|RegionalHoliday|SettledYear"
)
# Reports that name nobody where the person sees no family, and those of families.
FIGURES_ALONE = (
    "StateOfBank|GeneralFigures|Demography|ChildAges|Movement|Activity|Senders|Effectiveness|AidGiven|NotInEducation"
)
REPORTS = f"RegistryOfFamilies|{FIGURES_ALONE}"
LOCAL_WORDS = (
    "BookWord|AidKind|MeasureBlock|MeasureKind|MeasureSet|MeasureSetLine|DynamicsLevel|FamilyReaction|StageKind|"
    "TypicalInstruction|RetentionRule"
)

# Who may what: role → (views, permissions), both anchored patterns over FAB's names. Which rows is said in access.py.
ROLES: dict[Role, list[tuple[str, str]]] = {
    Role.ADMINISTRATOR: [
        ("Users|Roles", "can_.*"),
        ("Journal", "can_list"),
        ("Backups", "can_(list|make)"),
        ("Doctor", "can_(show|run)"),
        ("Work", "can_show"),
        (PLACES, WRITE),
        (f"{WORDS_OF_LAW}|{LOCAL_WORDS}", WRITE),
        ("Lookup", "can_find"),
    ],
    Role.COORDINATOR: [
        ("Family", "can_(special|passports)"),  # health and convictions; passports of a whole list
        ("FamilyPage", "can_(show|print|mark|history|add|decide|place|criteria|remove)"),
        ("FamilyPage", "can_(correct|move|enter|extend|annul|names)"),
        ("Search|Work|Calendar", "can_show"),
        ("Doubles", "can_(show|merge)"),
        ("Backups", "can_(list|make)"),
        ("Openings", "can_show"),
        ("Retention", "can_(show|destroy|confirm|forbid)"),
        ("SignalCard", "can_(list|show|xlsx|send|keep)"),
        ("SurveyGroup", "can_(list|show|xlsx|name)"),
        ("AgencyInquiry", "can_(list|show|xlsx|ask)"),
        ("AgencyFinding", "can_(list|show|xlsx|tell)"),
        ("SurveyAct", "can_(list|show|xlsx|write)"),
        ("Drafts", "can_(keep|drop)"),
        ("Meeting", "can_(list|show|xlsx|plan|prepare|hold|close)"),
        ("AgendaItem", EXPORT),
        ("Delivery", "can_(list|show|xlsx|note)"),
        ("Instruction", "can_(list|show|xlsx|accept|scan)"),
        ("CommissionMember|PerformerReport", WRITE),
        ("Transfer", "can_(list|show|xlsx|send|receive)"),
        ("PaperTemplate", "can_(list|add)"),
        (OF_FAMILY, WRITE),
        ("Execution", "can_(show|execute)"),
        ("Watching", "can_show"),
        ("Programme", "can_(plan|approve)"),
        ("Paper", EXPORT),
        ("Papers", "can_(add|download|annul)"),
        ("Passport", "can_(passport|card)"),
        (f"QuarterlyForm|MonthlyBank|CommissionWork|{REPORTS}", "can_(show|behind|export)"),
        ("ReportCatalogue|BigPicture|Charts", "can_show"),
        ("Submission", "can_(list|show|xlsx|submit)"),
        ("Exchange", "can_(show|preview|apply|undo|export)"),
        (PLACES, WRITE),
        (WORDS_OF_LAW, EXPORT),
        (LOCAL_WORDS, WRITE),
        ("Lookup", "can_find"),
    ],
    Role.SECRETARY: [
        ("Family", "can_(special|passports)"),
        ("Retention", "can_(show|confirm)"),  # the second of the two people
        ("FamilyPage", "can_(print|names)"),
        ("FamilyPage|Search|Work|Calendar|Watching", "can_show"),
        (
            "Family|Member|Registration|StayExtension|Decision|Aid|Education|PupilSupport|Supervision|Paper|SurveyGroup|"
            "SurveyAct|Programme|Stage|PlannedMeasure",
            READ,
        ),
        ("SignalCard", READ),
        ("Drafts", "can_(keep|drop)"),
        ("Meeting", "can_(list|show|xlsx|plan|prepare|hold|close)"),
        ("AgendaItem", EXPORT),
        ("Delivery", "can_(list|show|xlsx|note)"),
        ("Instruction", "can_(list|show|xlsx|accept|scan)"),
        ("CommissionMember|TypicalInstruction", WRITE),
        ("Transfer", READ),
        ("PaperTemplate", "can_(list|add)"),
        ("Agency|Employee", READ),
        (f"CommissionWork|{REPORTS}", "can_(show|behind|export)"),
        ("ReportCatalogue|BigPicture|Charts", "can_show"),
        ("Submission", EXPORT),
        ("Papers", "can_download"),
        ("Passport", "can_(passport|card)"),
        ("Lookup", "can_find"),
    ],
    Role.COMMISSION: [
        ("Family", "can_(special|passports)"),
        ("FamilyPage", "can_print"),
        ("FamilyPage|Search|Work|Calendar|Watching", "can_show"),
        (
            "Family|Member|Registration|StayExtension|Decision|Aid|Education|PupilSupport|Supervision|Paper|SurveyGroup|"
            "Programme|Stage|PlannedMeasure",
            READ,
        ),
        ("SurveyAct", "can_(list|show|write)"),  # written by whoever is of the group
        ("Drafts", "can_(keep|drop)"),
        ("SignalCard", "can_show"),  # of a survey whose group one is of
        ("AgencyInquiry", "can_(list|show|ask)"),  # whoever leads a group asks
        ("AgencyFinding", "can_tell"),
        ("Meeting|AgendaItem|Instruction", READ),
        ("Lookup", "can_find"),
        ("Papers", "can_download"),
        ("Passport", "can_(passport|card)"),
        (f"QuarterlyForm|{REPORTS}", "can_(show|behind|export)"),
        ("ReportCatalogue|BigPicture|Charts", "can_show"),
        ("Submission", EXPORT),
    ],
    Role.SPECIALIST: [
        ("FamilyPage|Search|Calendar", "can_show"),
        ("Family|Member|Education|PupilSupport|Programme|Stage|PlannedMeasure", READ),
        ("SignalCard", "can_(list|show|send)"),
        ("SurveyGroup", READ),
        ("AgencyInquiry", "can_(list|show|ask|answer)"),
        ("AgencyFinding", "can_tell"),
        ("SurveyAct", "can_(list|show|write)"),
        ("Drafts", "can_(keep|drop)"),
        ("Instruction", "can_(list|show|answer|scan)"),
        ("Aid", "can_(list|show|add|annul)"),
        ("Execution", "can_(show|execute)"),
        ("Papers", "can_download"),  # of what the body brought itself
        ("Programme", "can_plan"),  # of the group that one leads
        ("Agency", READ),
        ("Lookup", "can_find"),
    ],
    Role.REGION: [
        (f"QuarterlyForm|CommissionWork|{FIGURES_ALONE}", "can_(show|export)"),
        ("ReportCatalogue|BigPicture|Charts", "can_show"),
        ("Submission", EXPORT),
        ("Work|Calendar", "can_show"),  # a report over very many families is made in the background
        (PLACES, READ),
    ],
    Role.AUDITOR: [
        ("Journal", "can_list"),
        ("Openings", "can_show"),
    ],
}
# What every signed-in person may, whatever the role: the own password, sessions and filters of lists, and to read how
# things are done.
FOR_EVERYONE = [("Account|SavedFilters", "can_.*"), ("Guide", "can_show")]

FAB_ROLES = {role.value: [[f"^({views})$", f"^({acts})$"] for views, acts in table] for role, table in ROLES.items()}

if __name__ == "__main__":
    sys.exit("config.py is read by the application; it is not a command.")
