"""What a password must be, and how a one-time password is made. No rules of composition: length and not guessable."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta

from app.domain.names import key
from app.domain.refusal import Refusal

SHORTEST, LONGEST = 12, 256
ONE_TIME_LASTS = timedelta(hours=72)
# Words that everybody here would try first.
WORDS_OF_THE_PLACE = (
    "район",
    "патронат",
    "кдн",
    "комиссия",
    "опека",
    "банк данных",
    "семья",
    "patronat",
    "kdn",
    "rayon",
)

_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_SIGNS = re.compile(r"[\W_]+")
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_DIGITS = "23456789"


def check(password: str, *, username: str, about: Iterable[str], refused: Collection[str],
          field: str = "password") -> None:  # fmt: skip
    """Refuse a password that is short, guessable or built of the name one signs in by.

    about: words of the person (first and last name); refused: common passwords and their stems.
    """
    if len(password) < SHORTEST:
        raise Refusal(f"Пароль слишком короткий: нужно не меньше {SHORTEST} знаков, например несколько слов.", field)
    if len(password) > LONGEST or "\0" in password:
        raise Refusal(f"Пароль слишком длинный: не больше {LONGEST} знаков.", field)
    if _holds_name(password, username):
        raise Refusal("В пароле не должно быть имени для входа: его знают другие.", field)
    if _is_guessable(password.casefold().replace("ё", "е"), (username, *about), refused):
        raise Refusal("Такой пароль легко подобрать. Возьмите несколько слов, не связанных с вами и с работой.", field)


def _holds_name(password: str, username: str) -> bool:
    """Whether the name to sign in stands in a password, whatever its letter case, spaces and signs between letters."""
    folded, name = (_SIGNS.sub("", text.casefold().replace("ё", "е")) for text in (password, username))
    return len(name) > 2 and name in folded


def _is_guessable(password: str, about: Iterable[str], refused: Collection[str]) -> bool:
    if password in refused or len(set(password)) < 5 or _runs_in_order(password):
        return True
    known = {word for text in (*about, *WORDS_OF_THE_PLACE) for word in key(text).split() if len(word) > 2}
    core = _ENDS.sub("", password)
    parts = {_repeated(part) for part in re.split(r"[\W\d_]+", core) if part}
    if not parts or core in refused:
        return True
    return all(part in known or part in refused for part in parts) and (len(parts) <= 2 or bool(known & parts))


def _repeated(text: str) -> str:
    """«qwertyqwerty» is «qwerty»."""
    for size in range(1, len(text) // 2 + 1):
        if len(text) % size == 0 and text[:size] * (len(text) // size) == text:
            return text[:size]
    return text


def _runs_in_order(text: str) -> bool:
    """«abcdefghijkl», «987654321098», «qwertyuiop[]»: a run along the alphabet, the digits or the keyboard."""
    for row in ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
                "абвгдежзийклмнопрстуфхцчшщъыьэюя", "йцукенгшщзхъфывапролджэячсмитьбю."):  # fmt: skip
        if text in row or text in row[::-1]:
            return True
    return False


def one_time() -> str:
    """A random password to be said aloud and typed once: «kfmw-7h3q-zrtc-9x2e», 77 bits."""
    return "-".join("".join(secrets.choice(_LETTERS + _DIGITS) for _ in range(4)) for _ in range(4))
