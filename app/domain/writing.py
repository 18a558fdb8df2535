"""Text as people type and paste it: what looks the same is made the same, wherever it comes in.

One place for the cells of workbooks and the fields of forms. Codes, passwords, words of one alphabet stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TypeGuard

# Latin and Greek letters that look like Cyrillic ones; some are typed for letters that a Russian keyboard lacks.
_TO_CYRILLIC = str.maketrans(
    "ABCEHKMOPTXYaceopxykiIhəƏɵƟëËïÏΑΒΕΗΙΚΜΟΡΤΧορ",
    "АВСЕНКМОРТХУасеорхукіІһәӘөӨёЁїЇАВЕНІКМОРТХор",
)
_TO_LATIN = str.maketrans("АВСЕНКМОРТХУасеорхукіІһәӘөӨёЁїЇ", "ABCEHKMOPTXYaceopxykiIhəƏɵƟëËïÏ")

_SOUNDS = {
    "shch": "щ", "sch": "щ", "zh": "ж", "kh": "х", "ch": "ч", "sh": "ш", "ts": "ц", "yu": "ю", "ya": "я", "yo": "ё",
    **dict(zip("abvgdejziklmnoprstufhcyxwq", "абвгдежзиклмнопрстуфхцыхвк", strict=True)),
}  # fmt: skip
_LATIN_SOUND = re.compile("|".join(_SOUNDS), re.IGNORECASE)
_ONE_SIGN = str.maketrans({"\t": " ", "\u2010": "-", "\u2011": "-"})  # the hyphens of a text processor
_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_LINE_END = re.compile(" ?\n ?")
_ANY_SPACES = re.compile(r"\s+")
# A text that stays as it is: Russian letters, digits, signs, single spaces between them.
_LETTERS = r"[0-9А-Яа-яЁё!-/:-@\[-`{-~№«»–—]+"
_PLAIN = re.compile(rf"{_LETTERS}(?: {_LETTERS})*")
_PLAIN_LINES = re.compile(rf"{_LETTERS}(?:[ \n]{_LETTERS})*")
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_FOREIGN = re.compile("[A-Za-z\u00c0-\u024f\u0259\u0275\u0370-\u03ff]")
_UNSEEN = {"Cf", "Cc", "Cs", "Co"}

# Errors of Excel, in English and as a Russian one shows them, and of LibreOffice.
_ERROR = re.compile(
    r"#(REF|VALUE|NAME|NULL|NUM|N/A|DIV/0|GETTING_DATA|SPILL|CALC|FIELD|BLOCKED|CONNECT|BUSY|UNKNOWN|PYTHON|EXTERNAL|ФОРМУЛА"
    r"|ССЫЛКА|ЗНАЧ|ИМЯ|ПУСТО|ЧИСЛО|Н/Д|ДЕЛ/0|ПЕРЕНОС|ВЫЧИСЛ|ПОЛЕ|ЗАБЛОКИРОВАНО|ПОДКЛЮЧИТЬ|ЗАНЯТО|НЕИЗВЕСТНО"
    r"|ОЖИДАНИЕ[_ ]ДАННЫХ)[!?]?|#{3,}|(Err|Ошибка):\d{3}",
    re.IGNORECASE,
)

# How people write that there is nothing to write.
_NOTHING = {
    "нет", "не имеет", "не имеется", "нет данных", "нет сведений", "нет отчества", "без отчества", "отсутствует",
    "отсутствуют", "отсутствует отчество", "не известно", "неизвестно", "не известен", "не известна", "неизвестен",
    "неизвестна", "не указано", "не указан", "не указана", "б/о", "н/д", "н/у", "прочерк", "сведений нет",
    "данных нет", "не установлен", "не установлена", "не установлено",
}  # fmt: skip
_BEGINNINGS = {letter for text in _NOTHING for letter in (text[0], text[0].upper())}
_DASHES = re.compile(r"[\s\-–—−‐‑‒―_.]+")


def line(value: Any) -> str | None:
    """A text of one line; nothing left is None."""
    return value if is_plain(value) else _cleaned_line(value)


def lines(value: Any) -> str | None:
    """A text of several lines, single spaces within each; nothing left is None."""
    return value if value.__class__ is str and _PLAIN_LINES.fullmatch(value) else _cleaned_lines(value)


def is_plain(value: Any) -> TypeGuard[str]:
    """Whether a value is a text with nothing to clean, as nearly all are: to see that costs less than to clean it."""
    return value.__class__ is str and _PLAIN.fullmatch(value) is not None


def _cleaned_line(value: Any) -> str | None:
    text = _visible(value)
    return None if text is None else _ANY_SPACES.sub(" ", _one_alphabet(text)).strip() or None


def _cleaned_lines(value: Any) -> str | None:
    text = _visible(value)
    if text is None:
        return None
    text = _AROUND_LINE_END.sub("\n", _SPACES.sub(" ", _one_alphabet(text)))
    return text.strip() or None


def is_nothing(text: str) -> bool:
    """Whether a text only says that there is nothing: «-», «нет», «отсутствует», «б/о», «н/д»."""
    if text[:1].isalnum() and text[0] not in _BEGINNINGS:  # so it is mostly
        return False
    first = text.lstrip(" .")[:1]
    if first.isalnum() and first not in _BEGINNINGS:
        return False
    plain = _ANY_SPACES.sub(" ", text.casefold()).strip(" .")
    return plain in _NOTHING or bool(_DASHES.fullmatch(text))


def is_error(text: str) -> bool:
    """Whether a text is what Excel shows for an error: «#REF!», «#N/A»."""
    return ("#" in text or ":" in text) and bool(_ERROR.fullmatch(text.strip()))


def known(text: str | None) -> str | None:
    """A text of an optional field: what only says that there is nothing is None."""
    return None if text is None or is_nothing(text) else text


def is_look_alike(text: str) -> bool:
    """Whether words of a text are of another alphabet and look like Cyrillic ones whole: «Bepa»."""
    return bool(_FOREIGN.search(text)) and not _FOREIGN.search(look(text))


def look(text: str) -> str:
    """What is seen: «4 А» and «4 A» of another alphabet look the same."""
    return text.translate(_TO_CYRILLIC)


def is_latin(text: str) -> bool:
    """Whether a text is written in Latin letters alone, as the names of columns of an old system are."""
    return text.isascii() and any(map(str.isalpha, text))


def in_cyrillic(text: str) -> str:
    """Russian words written in Latin letters: «DATA_ROJD» is «дата_рожд»."""
    return _LATIN_SOUND.sub(lambda found: _SOUNDS[found[0].lower()], text)


def turned(value: Any) -> list[str]:
    """What to tell of the words of two alphabets that reading turns into one: nobody sees the difference."""
    text = _visible(value) or ""
    if not _is_mixed(text):
        return []
    words = dict.fromkeys(found[0] for found in _WORD.finditer(text))
    return [_told(word, whole) for word in words if (whole := _WORD.sub(_word, word)) != word]


def _told(word: str, whole: str) -> str:
    strange = "".join(dict.fromkeys(was for was, becomes in zip(word, whole, strict=True) if was != becomes))
    kinds = ("кириллицы", "латинскими") if _FOREIGN.search(whole) else ("латиницы", "русскими")
    return f"В слове «{whole}» были буквы {kinds[0]} ({', '.join(strange)}): они заменены {kinds[1]}."


def has_unseen(value: str) -> bool:
    """Whether a text holds characters that nobody sees and reading drops: controls, zero width, soft hyphens."""
    return not value.isprintable() and any(
        unicodedata.category(letter) in _UNSEEN and letter not in "\t\n\r" for letter in value
    )


def _visible(value: Any) -> str | None:
    """Composed letters, plain line ends and none of the characters that nobody sees."""
    if value is None:
        return None
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", text).translate(_ONE_SIGN)
    if not text.replace("\n", "").isprintable():
        text = "".join(each for each in text if each == "\n" or _is_seen(each))
    return unicodedata.normalize("NFC", text)


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter) not in _UNSEEN and letter not in "\ufffe\uffff"


def _is_mixed(text: str) -> bool:
    return not text.isascii() and bool(_FOREIGN.search(text)) and bool(_CYRILLIC.search(text))


def _one_alphabet(text: str) -> str:
    return _WORD.sub(_word, text) if _is_mixed(text) else text


def _word(found: re.Match[str]) -> str:
    """A word in one alphabet, if every letter of the other one has its double; Cyrillic is preferred."""
    word = found[0]
    foreign = len(_FOREIGN.findall(word))
    if not foreign or not _CYRILLIC.search(word):
        return word
    cyrillic, latin = word.translate(_TO_CYRILLIC), word.translate(_TO_LATIN)
    ways = [way for way, other in ((cyrillic, _FOREIGN), (latin, _CYRILLIC)) if not other.search(way)]
    if len(ways) == 2 and foreign * 2 > len(word):
        return latin
    return ways[0] if ways else word
