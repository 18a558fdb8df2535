"""Reads from the bank what helps to understand a hand-made book, and keeps there what a person has answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from sqlalchemy import select

from app import access
from app.clock import now
from app.domain import book_words, names
from app.domain.refusal import Refusal
from app.domain.schools import may_be_school
from app.domain.terms import BookWordKind, TerritoryKind
from app.exchange import bank
from app.exchange.cells import Codes
from app.exchange.handmade import Understood
from app.exchange.handmade.asking import AS_TEXT
from app.exchange.handmade.known import KnownToBank, layout_key
from app.exchange.handmade.vocabulary import Vocabulary
from app.extensions import db
from app.models import BookLayout, BookWord, Territory, TerritoryAlias
from app.services import registry, schools

# Answers that the next book of the same headers is read by; the others belong to one book alone.
KEPT = ("word:", "sex:", "pair:", "whom:", "one:", "foreign:", "place:", "body:", "school:")
# What a book leaves out is the same in the next book of the same headers alone; the settlement is but proposed there.
OF_HEADERS = ("criterion", "reason", "territory")
OF_SHEET = ("hidden",)  # they hold for the sheet of that name under the same headers
NAMED = {"body": BookWordKind.BODY, "school": BookWordKind.SCHOOL}  # whose other names are words of books
FOR_ALL = "*"  # the set of headers of what is asked of the whole book
LONGEST_WORD = 300


def known(places: bank.Places) -> KnownToBank:
    """What the bank knows of the districts of the person who asks."""
    found = KnownToBank()
    scope = access.scope()
    for territory_id, row in places.territories.items():
        below = places.below(territory_id)
        if row.kind is not TerritoryKind.DISTRICT:
            continue
        if not any(map(scope.covers_territory, below)):
            for part in below:
                named = row.name if part == territory_id else f"{places.territories[part].name}, {row.name}"
                found.foreign.update(dict.fromkeys(places.names_of(part), named))
            continue
        found.districts[names.key(row.name)] = row.name
        for part in below:
            if part != territory_id and scope.covers_territory(part):
                found.district_of.setdefault(places.territories[part].name, set()).add(row.name)
                for key in places.names_of(part):
                    found.settlements.setdefault(key, places.territories[part].name)
        near = {*below, *places.above(territory_id)}
        found.bodies += [(body.kind, body.name) for body in places.bodies.values() if body.territory_id in near]
    _read_layouts(found, places)
    taught = {body.name for body in places.bodies.values() if may_be_school(body.name)}
    found.schools = list(dict.fromkeys([*schools.writings(), *sorted(taught)]))
    return found


def _read_layouts(found: KnownToBank, places: bank.Places) -> None:
    digests: dict[str, dict[str, str]] = {}
    for row in db.session.scalars(select(BookLayout).order_by(BookLayout.used_at)):
        digests.setdefault(row.headers, {}).update(row.answers)
        if (place := places.territories.get(row.district_id)) is not None:
            found.layouts_of.setdefault(row.headers, set()).add(place.name)
    found.layouts = digests


def vocabulary(codes: Mapping[str, Codes], found: KnownToBank) -> Vocabulary:
    """The dictionaries with the words of books; the headers go to what is known of the bank."""
    result = Vocabulary(codes)
    table = BookWord.__table__
    rows = db.session.execute(
        select(table.c.kind, table.c.text, table.c.text_key, table.c.meaning)
        .where(table.c.retired.is_(False)).order_by(table.c.id)
    )  # fmt: skip
    for kind, text, key, meaning in rows:
        if kind is BookWordKind.COLUMN:
            found.headers[key] = meaning
        elif kind is BookWordKind.BODY:
            found.body_words[key] = meaning
        elif kind is BookWordKind.SCHOOL:
            found.school_words[key] = meaning
        else:
            result.learn(kind.value, text, meaning)
    return result


def digest(headers: str) -> str:
    """The set of headers as it is kept."""
    return sha256(headers.encode()).hexdigest()


def remembered(found: KnownToBank) -> dict[str, str]:
    """The answers that were given for whole books."""
    return dict(found.layouts.get(digest(FOR_ALL), {}))


def learn(understood: Understood, answers: Mapping[str, str], codes: Mapping[str, Codes], today: date) -> list[str]:
    """Keep what was answered: words as words of books, places as their aliases, the rest by the set of headers.

    Gives a sentence of each answer that says otherwise than an earlier one.
    """
    district = _district(understood.district)
    if district is None:
        return []
    replaced = Replaced(understood, codes)
    answers = {**_one_by_one(understood, answers), **answers}
    for key, said in answers.items():
        what, _, rest = key.partition(":")
        if what == "word" and said != AS_TEXT:
            kind, _, word = rest.partition(":")
            replaced.word(word, kind, _learn_word(_kind(kind), word, said, today), said)
        elif what in NAMED and said != AS_TEXT:
            replaced.word(rest, "", _learn_word(NAMED[what], rest, said, today), said)
        elif what == "place" and said != AS_TEXT:
            replaced.place(rest, _learn_place(rest, said, today), said)
    by_headers: dict[str, dict[str, str]] = {digest(FOR_ALL): {}}
    by_headers.update({digest(layout.key): {"seen:": "1"} for layout in understood.layouts})
    for key, said in answers.items():
        what, _, rest = key.partition(":")
        if what in ("column", "who", "births"):
            number, _, place = rest.partition(":")
            for layout in understood.layouts:
                if str(layout.number) == number:
                    by_headers.setdefault(digest(layout.key), {})[f"{what}:{place}" if place else f"{what}:"] = said
        elif what in OF_HEADERS:
            for layout in understood.layouts:
                by_headers[digest(layout.key)][key] = said
        elif what in OF_SHEET:
            for layout in understood.layouts:
                if any(rest in (table.place, table.sheet) for table in layout.tables):
                    by_headers[digest(layout.key)][key] = said
        elif key.startswith(KEPT):
            by_headers[digest(FOR_ALL)][key] = said
    for headers, told in by_headers.items():
        replaced.of_layout(_keep(district, headers, told), told)
    return replaced.told


def learn_names(said: Mapping[str, str], today: date) -> None:
    """Keep other names of schools, bodies and places: «school:СОШ 7» → the name that the bank has."""
    for key, name in said.items():
        what, _, text = key.partition(":")
        if what in NAMED:
            _learn_word(NAMED[what], text, name, today)
        else:
            _learn_place(text, name, today)


@dataclass
class Replaced:
    """The sentences of answers that say otherwise than earlier ones."""

    understood: Understood
    codes: Mapping[str, Codes]
    told: list[str] = field(default_factory=list)

    def word(self, word: str, kind: str, was: str | None, now_: str) -> None:
        """was: what the word meant before; None: nothing."""
        if was is not None and was != now_:
            names_ = self.codes[kind].names if kind in self.codes else {}
            before, after = names_.get(was, was), names_.get(now_, now_)
            self.told.append(
                f"«{word}» прежде значило «{before}», теперь – «{after}»: так будут прочитаны следующие книги."
            )

    def place(self, text: str, known: str | None, said: str) -> None:
        """known: the place that goes by this name already."""
        if known is not None and names.key(known) != names.key(said):
            self.told.append(
                f"«{text}» уже записано другим названием территории «{known}»: в этой книге прочитано как «{said}», "
                "в следующих останется прежнее. Изменить – в списке территорий."
            )

    def of_layout(self, before: Mapping[str, str], now_: Mapping[str, str]) -> None:
        """Of the columns and questions of one set of headers, or of every book."""
        meant = book_words.meanings()
        for name, said in now_.items():
            was, (what, _, rest) = before.get(name), name.partition(":")
            if was is None or was == said or what in ("word", "body", "school", "place", "seen", "territory"):
                continue
            headers = [column.header for layout in self.understood.layouts for column in layout.columns
                       if what == "column" and column.key.rpartition(":")[2] == rest]  # fmt: skip
            if headers:
                subject, was, said = f"Столбец «{headers[0]}»", meant.get(was, was), meant.get(said, said)
            else:
                question = self.understood.asking.questions.get(name)
                texts = {each.value: each.text for each in (*question.choices, *question.more)} if question else {}
                subject, was, said = question.text if question else name, texts.get(was, was), texts.get(said, said)
            self.told.append(f"{subject}: прежний ответ «{was}» заменён на «{said}».")


def _one_by_one(understood: Understood, answers: Mapping[str, str]) -> dict[str, str]:
    """What was answered for many words at once, of each word: the words of other books are still asked about."""
    found = {}
    for key, said in answers.items():
        question = understood.asking.questions.get(key)
        if key.startswith("words:") and question is not None:
            found.update({f"word:{key.partition(':')[2]}:{word}": said for word in question.words})
    return found


def _keep(district: Territory, headers: str, told: dict[str, str]) -> dict[str, str]:
    """Keep answers; gives those that were kept before."""
    row = db.session.scalar(
        select(BookLayout).where(BookLayout.district_id == district.id, BookLayout.headers == headers)
    )
    if row is None:
        row = BookLayout(district_id=district.id, headers=headers, answers={})
        db.session.add(row)
    before: dict[str, str] = dict(row.answers or {})
    row.answers = {**before, **told}
    row.used_at = now()
    db.session.flush()
    return before


def _district(name: str) -> Territory | None:
    return db.session.scalar(
        select(Territory).where(Territory.name_key == names.key(name), Territory.kind == TerritoryKind.DISTRICT)
    )


def _learn_word(kind: BookWordKind, text: str, meaning: str, today: date) -> str | None:
    """Learn a word; gives what it meant before."""
    key = names.key(text)
    if not key or len(text) > LONGEST_WORD:
        return None
    row = db.session.scalar(select(BookWord).where(BookWord.kind == kind, BookWord.text_key == key))
    if row is None:
        row = BookWord(kind=kind, text=text, meaning=meaning)
    was = row.meaning if row.id is not None and not row.retired else None
    row.meaning, row.retired = meaning, False
    registry.save(row, today)
    return was


def _kind(code: str) -> BookWordKind:
    kind = BookWordKind.of(code)
    if kind is None:
        raise Refusal("Вопрос уже другой: откройте книгу ещё раз.", None)
    return kind


def _learn_place(text: str, name: str, today: date) -> str | None:
    """The name of a place in a book becomes another name of the place; gives the place that bears it already."""
    scope = access.scope()
    places = db.session.scalars(select(Territory).where(Territory.name_key == names.key(name))).all()
    mine = [place for place in places if scope.covers_territory(place.id)]
    known = db.session.scalar(select(TerritoryAlias).where(TerritoryAlias.name_key == names.key(text)))
    if known is not None:
        return known.territory.name if scope.covers_territory(known.territory_id) else None
    if len(mine) == 1 and names.key(text) != mine[0].name_key and len(text) <= 200:
        registry.save(TerritoryAlias(territory=mine[0], name=text), today)
    return None


__all__ = ["FOR_ALL", "KEPT", "digest", "known", "layout_key", "learn", "remembered", "vocabulary"]
