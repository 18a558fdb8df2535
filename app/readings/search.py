"""Finding families by number, any name and address, through the stored keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.conditions import LAST_LETTER
from app.domain import names
from app.domain.terms import DoublesVerdict
from app.extensions import db
from app.models import DoublesDecision, Family, Member, Registration, SearchWord

SHOWN, COUNTED = 50, 1000
MOST_WORDS = 8
LONGEST_NUMBER = 20

# A Core table: it only leads to ids, and the families of these ids are narrowed by the scope of the outer SELECT.
_word = SearchWord.__table__
_decision = DoublesDecision.__table__


@dataclass
class Found:
    """Families of the person that match, at most `SHOWN` of `total`; a total above `COUNTED` is not counted on."""

    words: list[str]
    families: list[Family] = field(default_factory=list)
    total: int = 0
    by_part: bool = False

    @property
    def more_than_counted(self) -> bool:
        return self.total > COUNTED

    def matches(self, text: str | None) -> bool:
        """Whether a text holds one of the words looked for, in the way the families were found."""
        found = names.folded(text)
        if self.by_part:
            return any(word in found for word in self.words)
        return any(one.startswith(word) for one in found.split() for word in self.words)


def words_of(query: str) -> list[str]:
    """The words that are looked for, each once."""
    return list(dict.fromkeys(names.folded(query).split()))


def families(query: str, *, limit: int = SHOWN) -> Found:
    """The families that hold every word: by its beginning, or, if there is none, by any part of a word."""
    words = words_of(query)
    if not words:
        return Found([])
    found = _fetch(words, and_(*(Family.id.in_(_beginning(word)) for word in words)), limit)
    if not found.total:
        found = _fetch(words, _holds(words), limit)
        found.by_part = True
    return found


def by_number(query: str) -> list[Family]:
    """The families whose card number is exactly this, leading zeros apart (several districts may use one number)."""
    wanted = query.strip().lstrip("№").strip()
    if not wanted or len(wanted) > LONGEST_NUMBER:
        return []
    spellings = {wanted, wanted.upper()}
    if wanted.isdigit():
        plain = wanted.lstrip("0")
        spellings |= {plain.zfill(width) for width in range(max(len(plain), 1), LONGEST_NUMBER + 1)}
    found = _numbered(Family.number.in_(spellings))
    return found or _numbered(Family.id.in_(_merged(spellings)))


def _numbered(condition: ColumnElement[bool]) -> list[Family]:
    return list(db.session.scalars(select(Family).where(Family.annulled_at.is_(None), condition).limit(2)))


def _merged(numbers: set[str]) -> Select[tuple[int]]:
    """Ids of the families into which the bearers of some numbers were merged."""
    merged = _decision.c.verdict == DoublesVerdict.MERGED, _decision.c.taken_back_at.is_(None)
    return select(_decision.c.family_id).where(_decision.c.former_number.in_(numbers), *merged)


def _fetch(words: list[str], condition: ColumnElement[bool], limit: int) -> Found:
    """Few are gathered once and then put in order; of many, whoever comes first in the order is looked for there."""
    live = (Family.annulled_at.is_(None), condition)
    ids = db.session.scalars(select(Family.id).where(*live).limit(COUNTED + 1)).all()
    if not ids:
        return Found(words)
    meant = live if len(ids) > COUNTED else (Family.id.in_(ids),)
    shown = list(
        db.session.scalars(
            select(Family)
            .where(*meant)
            .order_by(Family.sort_key, Family.id)
            .limit(limit)
            .options(
                joinedload(Family.territory),
                selectinload(Family.members.and_(Member.annulled_at.is_(None))).joinedload(Member.role),
                selectinload(Family.registrations.and_(Registration.annulled_at.is_(None))),
            )
        )
    )
    return Found(words, shown, len(ids))


def _beginning(word: str) -> Select[tuple[int]]:
    """Ids of the families with a word that begins so; «00012» is also looked for as «12»."""
    prefixes = {word, word.lstrip("0")} - {""} if word.isdigit() else {word}
    return select(_word.c.family_id).where(
        or_(*(and_(_word.c.word >= prefix, _word.c.word <= prefix + LAST_LETTER) for prefix in sorted(prefixes)))
    )


def _holds(words: list[str]) -> ColumnElement[bool]:
    """Whether the stored key of a family holds every word as a part.

    By bytes: the key is folded already, and LIKE would fold it again letter by letter.
    """
    find = func.instr if db.session.get_bind().dialect.name == "sqlite" else func.strpos
    return and_(*(find(Family.search_key, word) > 0 for word in words))
