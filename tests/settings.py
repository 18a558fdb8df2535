"""The settings of an application under test: nothing slow, nothing that needs https."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def of_test(folder: Path, database: str | None = None, **more: Any) -> dict[str, Any]:
    """Settings of an application that keeps everything in a folder; `database`: its address, SQLite there if None."""
    return {
        "TESTING": True,
        "SECRET_KEY": "key of the test suite, long enough to sign",
        "SQLALCHEMY_DATABASE_URI": database or f"sqlite:///{folder / 'bank.db'}",
        "INSTANCE_PATH": str(folder),
        "PAPERS_FOLDER": str(folder / "papers"),
        "SESSION_COOKIE_SECURE": False,
        "SESSION_COOKIE_NAME": "session",
        "HTTPS": False,
        "WTF_CSRF_SSL_STRICT": False,
        "FAB_PASSWORD_HASH_METHOD": "pbkdf2:sha256:1",
        **more,
    }
