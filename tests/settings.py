"""The settings of an application under test: nothing slow, nothing that needs https."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# The keys of two keepers of copies: open ones, and the closed one of the first.
KEEPERS = (
    "age1tkd3w5rumj06zsfrvpu0t232v8r9ryzw9k5ezj2kqf580pa78v5syftqk8",
    "age1h6muy7ujw4u70jr8a4xnk0glkep8ttgs2kpwu76m7jnr0m9qqprqkeeaqj",
)
KEEPERS_KEY = "AGE-SECRET-KEY-16CFR88SL37TGLPCEPARE0TRCD2XRJYZELALCH2N9Y837GKJL3G7SKRT8N3"


def of_test(folder: Path, database: str | None = None, **more: Any) -> dict[str, Any]:
    """Settings of an application that keeps everything in a folder; `database`: its address, SQLite there if None."""
    return {
        "TESTING": True,
        "LOCAL": True,
        "SECRET_KEY": "key of the test suite, long enough to sign",
        "SQLALCHEMY_DATABASE_URI": database or f"sqlite:///{folder / 'bank.db'}",
        "INSTANCE_PATH": str(folder),
        "PAPERS_FOLDER": str(folder / "papers"),
        "SESSION_COOKIE_SECURE": False,
        "SESSION_COOKIE_NAME": "session",
        "HTTPS": False,
        "WTF_CSRF_SSL_STRICT": False,
        "FAB_PASSWORD_HASH_METHOD": "pbkdf2:sha256:1",
        "BACKUP_KEEPERS": list(KEEPERS),  # a passphrase is slow on purpose
        "BACKUP_AT": None,
        "SECOND_STEP_ROLES": [],
        **more,
    }
