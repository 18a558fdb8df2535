"""The second step of signing in: a code that a phone counts (TOTP), each good once, and codes on paper for its loss.

The secret lies in the database closed by a key that lies outside it: who reads the database signs in nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pyotp
import pyrage
from flask import current_app
from sqlalchemy import delete, func, select, update

from app import access, journal
from app.clock import now
from app.domain import terms
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import JournalEntry, RecoveryCode, SecondStep, User

STEP = 30  # seconds of one code
DRIFT = 1  # steps by which the clock of a phone may be off
CODES = 10
KEY = "second_step"
APART = timedelta(days=1)
WRONG = "Код не подошёл. Возьмите новый: старый годится один раз, и часы телефона должны идти верно."
TWO_PERSONS = (
    "Пароль и второй шаг входа одного человека не сбрасывает за сутки один администратор. Второй сброс делает другой "
    "администратор, или команда на сервере: flask --app run bank reset-second {name}"
)

_step, _code, _entry = SecondStep.__table__, RecoveryCode.__table__, JournalEntry.__table__


def is_required(roles: Iterable[str]) -> bool:
    """Whether any of these roles of the code must sign in by two steps."""
    return bool(set(current_app.config["SECOND_STEP_ROLES"]) & set(roles))


def of(user: User) -> SecondStep | None:
    """The second step of a user, confirmed or not; None: there is none."""
    return db.session.scalar(select(SecondStep).where(SecondStep.user_id == user.id))


def is_on(user: User) -> bool:
    """Whether a user signs in by two steps."""
    row = of(user)
    return row is not None and row.confirmed_at is not None


def begin(user: User) -> None:
    """Give a secret that waits for its first code; an earlier one that waited is forgotten. Raises Refusal."""
    row = of(user)
    if row is not None and row.confirmed_at is not None:
        raise Refusal("Второй шаг уже включён.")
    closed = _closed(pyotp.random_base32())
    if row is None:
        db.session.add(SecondStep(user_id=user.id, secret=closed, last_step=0))
    else:
        row.secret = closed
    db.session.flush()


def secret_of(row: SecondStep) -> str:
    """The secret as the phone takes it. Raises Refusal if its key is lost."""
    try:
        return bytes(pyrage.decrypt(base64.b64decode(row.secret), [_key()])).decode()
    except (pyrage.DecryptError, ValueError) as error:
        raise Refusal(
            "Ключ второго шага на сервере потерян: администратор сбрасывает второй шаг, и он включается заново."
        ) from error


def address(user: User, row: SecondStep) -> str:
    """What the picture for the phone says."""
    return pyotp.TOTP(secret_of(row)).provisioning_uri(name=user.username, issuer_name=current_app.config["APP_NAME"])


def confirm(user: User, code: str) -> list[str]:
    """Turn the second step on by the first code of the phone; gives the codes for its loss. Raises Refusal."""
    row = of(user)
    if row is None or row.confirmed_at is not None:
        raise Refusal("Начните заново: секрет для телефона не выдан.", "code")
    if not _takes(row, code):
        raise Refusal(WRONG, "code")
    row.confirmed_at = now()
    _note(user, "включён второй шаг входа")
    return _fresh_codes(user)


def fresh_codes(user: User, code: str) -> list[str]:
    """Other codes for the loss of the phone; the earlier ones are worth nothing. Raises Refusal."""
    row = of(user)
    if row is None or row.confirmed_at is None or not _takes(row, code):
        raise Refusal(WRONG, "code")
    _note(user, "выданы новые резервные коды")
    return _fresh_codes(user)


def turn_off(user: User, code: str) -> None:
    """Sign in by the password alone again, of one's own will. Raises Refusal."""
    row = of(user)
    if row is None or not _takes(row, code):
        raise Refusal(WRONG, "code")
    _forget(user)
    _note(user, "второй шаг входа выключен")


def check(user: User, code: str) -> bool:
    """Whether a code lets a user in: of the phone, or one of those on paper; neither is good twice."""
    row = of(user)
    if row is None or row.confirmed_at is None:
        return False
    return _takes(row, code) or _takes_paper(user, code)


def reset(user: User) -> None:
    """Forget the second step of somebody who has lost the phone. Raises Refusal."""
    if of(user) is None:
        raise Refusal("Второго шага у этого пользователя нет.")
    check_alone(user, terms.Act.PASSWORD_CHANGED)
    _forget(user)
    _note(user, "сброшен второй шаг входа", terms.Act.SECOND_STEP_RESET)


def check_alone(user: User, other: terms.Act) -> None:
    """Refuse one administrator who within a day would put aside both steps of a person. Raises Refusal."""
    actor = access.scope().user_id
    if actor is None:
        return
    did = select(_entry.c.id).where(
        _entry.c.user_id == actor, _entry.c.entity == "User", _entry.c.entity_id == user.id, _entry.c.act == other,
        _entry.c.at > now() - APART,
    )  # fmt: skip
    if db.session.connection().scalar(did.limit(1)) is not None:
        raise Refusal(TWO_PERSONS.format(name=user.username))


def codes_left(user: User) -> int:
    """How many codes on paper are still good."""
    good = select(func.count(_code.c.id)).where(_code.c.user_id == user.id, _code.c.used_at.is_(None))
    return db.session.scalar(good) or 0


def _takes(row: SecondStep, code: str) -> bool:
    """Whether the phone shows this code now; a step is remembered, and none is taken twice.

    A step that is still to come was taken by a clock that was wrong: it is forgotten, or nobody could sign in before.
    """
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdecimal() and len(typed) == 6):
        return False
    counted, here = pyotp.TOTP(secret_of(row)), int(now().timestamp()) // STEP
    last = row.last_step if row.last_step <= here + DRIFT else 0
    for step in range(here - DRIFT, here + DRIFT + 1):
        if step > last and secrets.compare_digest(counted.generate_otp(step), typed):
            taken = update(_step).where(_step.c.id == row.id, _step.c.last_step == row.last_step).values(last_step=step)
            return bool(db.session.execute(taken).rowcount)  # type: ignore[attr-defined]  # an UPDATE has it
    return False


def _takes_paper(user: User, code: str) -> bool:
    used = (
        update(_code)
        .where(_code.c.user_id == user.id, _code.c.code_hash == _hash(code), _code.c.used_at.is_(None))
        .values(used_at=now())
    )
    if not db.session.execute(used).rowcount:  # type: ignore[attr-defined]  # an UPDATE has it
        return False
    _note(user, "вход по резервному коду")
    return True


def _fresh_codes(user: User) -> list[str]:
    db.session.execute(delete(_code).where(_code.c.user_id == user.id))
    letters = "23456789abcdefghjkmnpqrstuvwxyz"
    made = [
        "-".join("".join(secrets.choice(letters) for _letter in range(4)) for _part in range(3)) for _n in range(CODES)
    ]
    db.session.add_all(RecoveryCode(user_id=user.id, code_hash=_hash(code)) for code in made)
    db.session.flush()
    return made


def _hash(code: str) -> str:
    """What is stored of a code: it is long and random, so a plain hash tells nothing of it."""
    return hashlib.sha256("".join(code.lower().replace("-", "").split()).encode("utf-8", "replace")).hexdigest()


def _forget(user: User) -> None:
    db.session.execute(delete(_code).where(_code.c.user_id == user.id))
    db.session.execute(delete(_step).where(_step.c.user_id == user.id))


def _note(user: User, what: str, act: terms.Act = terms.Act.CHANGED) -> None:
    by = {"user_id": user.id, "user_name": user.get_full_name()} if access.scope().user_id is None else {}
    summary = f"Пользователь: {user.username} — {what}"
    journal.write([journal.entry(act, entity="User", entity_id=user.id, summary=summary) | by])


def _closed(secret: str) -> str:
    return base64.b64encode(pyrage.encrypt(secret.encode(), [_key().to_public()])).decode()


def _key() -> pyrage.x25519.Identity:
    """The key of the secrets, made once; it goes along with the copies of the bank."""
    path = Path(current_app.instance_path) / "keys" / KEY
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{KEY}_{secrets.token_hex(4)}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(str(pyrage.x25519.Identity.generate()))
        try:
            os.link(part, path)  # whoever is second takes the key of the first
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return pyrage.x25519.Identity.from_str(path.read_text().strip())
