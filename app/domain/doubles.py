"""Two records of one family, or of one person, become one: which value stays, and what cannot be."""

from __future__ import annotations

import enum
from typing import Any

from app.domain.refusal import Refusal

TAKEN_BACK = "Это решение уже отменено."
NOT_LIVE = "Одна из этих записей аннулирована: объединять нечего."
THE_SAME = "Выберите две разные записи."
MOVES_AWAY = "Дело семьи № {number} передаётся. Сначала дождитесь ответа или отзовите передачу."
TWICE_MATCHED = "Один и тот же человек выбран дважды: у каждого одна пара."
STRANGER = "Этот человек не из этих семей."
OTHER_FAMILY = (
    "Эти люди записаны в двух семьях. Объедините семьи, а если человек живёт то в одной, то в другой, переведите его "
    "на странице семьи."
)
KNOWN_ALREADY = "Об этой паре уже решено: {verdict}."


class Side(enum.Enum):
    """Whose value stays where two records say different things."""

    KEPT = "kept"
    OTHER = "other"
    BOTH = "both"


def usual(ours: Any, theirs: Any, *, joins: bool) -> Side:
    """The side that is proposed: what is known instead of nothing; of two long texts both."""
    if ours in (None, "", []):
        return Side.OTHER
    return Side.BOTH if joins and theirs not in (None, "", []) else Side.KEPT


def chosen(side: Side, ours: Any, theirs: Any) -> Any:
    """The value that stays; both: of lists whatever is in either, of texts one below the other."""
    if side is Side.KEPT:
        return ours
    if side is Side.OTHER:
        return theirs
    if isinstance(ours, list):
        return sorted({*ours, *theirs})
    return "\n".join(filter(None, (ours, theirs)))


def check_people(pairs: dict[int, int], kept: set[int], other: set[int]) -> None:
    """Whoever is matched is of these families, and has one pair. Raises Refusal."""
    if not (set(pairs) <= other and set(pairs.values()) <= kept):
        raise Refusal(STRANGER)
    if len(set(pairs.values())) < len(pairs):
        raise Refusal(TWICE_MATCHED)
