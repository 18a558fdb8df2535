"""Signal cards: the coordinator's queue over many of them, and what stands beside a card as likely the same family.

The cards are made of families of the bank, misspelt as people misspell, and taken out again when they are measured.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Table, delete, insert, select

from app.domain import contacts, names
from app.domain.terms import SignalSource, Threat
from app.extensions import db, look_at_contents, portions
from app.models import CardChild, CardWord, Family, Member, SignalCard, SignalCardOutcome
from app.readings import likely
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Line, Section, clock, counting
from benchmarks.pages import Reader

CARDS, CARDS_OF_A_FAMILY = 50_000, 5  # at most; a small bank has fewer
OPEN, UNOPENED = 500, 50  # of the latest cards
FIRST_NUMBER = 1_000_000  # of the cards made here: no other bears such
LIST = "/signalcardregistry/list/"
SAMPLE = 20  # cards beside which the likely families are looked for
MOST_CHILDREN = 20
PORTION = 5_000

_card, _word, _child, _family, _member = (
    entity.__table__ for entity in (SignalCard, CardWord, CardChild, Family, Member)
)


def measure(bank: Bank, runs: int) -> Section:
    """The queue, its filters and a page of a card; then the search for likely families alone."""
    families = _count(bank, _family)
    with filled(bank) as count:
        section = Section(f"Сигнальные карты: карт {count}, семей {families} (координатор всего банка)")
        reader = Reader(bank, runs)
        for title, asked in (
            ("очередь", "_flt_0_state=open"), ("не открытые", "_flt_0_state=waiting"),
            ("опоздавшие", "_flt_0_state=late"), ("все карты", ""),
            ("все карты, далеко", f"page_SignalCardRegistry={count // 25 * 4 // 5}"),
            ("по фамилии", "_flt_0_last_name=Ручь"),
        ):  # fmt: skip
            section.lines.append(reader.line(title, f"{LIST}?{asked}"))
        section.lines.append(reader.line("карта и похожие семьи", f"/signal/{_one_open(bank)}"))
        section.lines += likely_families(bank, SAMPLE if runs else 1)
    return section


def likely_families(bank: Bank, sample: int) -> Iterator[Line]:
    """The reading alone: beside cards that tell all, that tell names only, and that name twenty children.

    The median of a sample of cards; the note tells the longest.
    """
    with bank.opened():
        families = db.session.scalars(
            select(SignalCard.id).where(SignalCard.number >= FIRST_NUMBER).order_by(SignalCard.id.desc()).limit(sample)
        ).all()
        for title, change in (
            ("похожие семьи: всё известно", {}),
            ("похожие семьи: без дат и адреса", {"born_on": None, "address": None, "middle_name": None}),
            ("похожие семьи: двадцать детей", {"children": MOST_CHILDREN}),
        ):
            yield _of_kind(title, families, dict(change))


def _of_kind(title: str, keys: Any, change: dict[str, Any]) -> Line:
    children, times, sent = change.pop("children", 0), [], []
    for key in keys:
        card = db.session.get(SignalCard, key)
        assert card is not None
        for name, value in change.items():
            setattr(card, name, value)
        for number in range(children):
            born_on = date(2012, 1, 1) + timedelta(days=97 * number)
            db.session.add(CardChild(card=card, name=card.first_name, born_on=born_on))
        db.session.flush()
        likely.of_card(card)
        with counting(db.engine) as statements:
            started = clock()
            likely.of_card(card)
            times.append((clock() - started) * 1000)
        sent.append(len(statements))
        db.session.rollback()
    return Line(title, median(times), statements=max(sent), note=f"дольше всего {max(times):.0f} мс")


@contextmanager
def filled(bank: Bank) -> Iterator[int]:
    """A bank with cards in proportion to its families, how many; what an interrupted run has left goes first."""
    _empty(bank)
    count = min(CARDS, _count(bank, _family) * CARDS_OF_A_FAMILY)
    with bank.opened():
        outcomes = db.session.scalars(select(SignalCardOutcome.id).order_by(SignalCardOutcome.id)).all()
        made = [_made(place, row, count, outcomes) for place, row in enumerate(_people(count))]
        for portion in portions(made, PORTION):
            connection = db.session.connection()
            connection.execute(insert(_card), [row for row, _children, _words in portion])
            numbers = [row["number"] for row, _children, _words in portion]
            keys = dict(connection.execute(select(_card.c.number, _card.c.id).where(_card.c.number.in_(numbers))).all())
            own = {"created_at": made[0][0]["sent_at"], "version": 1}
            for table, place in ((_child, 1), (_word, 2)):
                rows = [{**one, "card_id": keys[each[0]["number"]]} for each in portion for one in each[place]]
                rows = [one | own for one in rows] if table is _child else rows
                if rows:
                    connection.execute(insert(table), rows)
        look_at_contents()
        db.session.commit()
    try:
        yield count
    finally:
        _empty(bank)


def _empty(bank: Bank) -> None:
    with bank.opened():
        of_ours = select(_card.c.id).where(_card.c.number >= FIRST_NUMBER)
        for table in (_word, _child):
            db.session.connection().execute(delete(table).where(table.c.card_id.in_(of_ours)))
        db.session.connection().execute(delete(_card).where(_card.c.number >= FIRST_NUMBER))
        db.session.commit()


def _people(count: int) -> Iterator[Any]:
    """Adults of the bank with their families, again from the beginning when they end."""
    asked = (
        select(_member.c.last_name, _member.c.first_name, _member.c.middle_name, _member.c.born_on,
               _family.c.id.label("family_id"), _family.c.territory_id, _family.c.district_id,
               _family.c.actual_address)
        .join(_family, _family.c.id == _member.c.family_id)
        .where(_member.c.born_on < date(TODAY.year - 18, 1, 1))
        .order_by(_member.c.id)
        .limit(count)
    )  # fmt: skip
    rows = db.session.connection().execute(asked).all()
    for place in range(count):
        yield rows[place % len(rows)]


Made = tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]


def _made(place: int, person: Any, count: int, outcomes: Sequence[int]) -> Made:
    """The values of a card, of its children and of its words: every third surname lacks a letter."""
    sent_at = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC) - timedelta(minutes=10 * (count - place))
    last_name = person.last_name if place % 3 else person.last_name[:2] + person.last_name[3:]
    is_open, is_unopened = place >= count - OPEN, place >= count - UNOPENED
    name = names.full(last_name, person.first_name, person.middle_name)
    phone = f"8 (900) {zlib.crc32(str(place % (count // 2 + 1)).encode()) % 10_000_000:07}"
    row = {
        "district_id": person.district_id, "territory_id": person.territory_id, "year": TODAY.year,
        "number": FIRST_NUMBER + place, "source": SignalSource.CITIZEN, "informant": "сосед", "last_name": last_name,
        "first_name": person.first_name, "middle_name": person.middle_name, "born_on": person.born_on,
        "address": person.actual_address, "mobile_phone": phone, "detected_at": sent_at - timedelta(minutes=30),
        "description": "Дети одни", "threat": Threat.NONE, "sent_at": sent_at, "arrived_at": sent_at,
        "received_at": None if is_unopened else sent_at + timedelta(minutes=20),
        "closed_at": None if is_open else sent_at + timedelta(days=2),
        "outcome_id": None if is_open else outcomes[place % len(outcomes)],
        "family_id": None if is_open else person.family_id, "created_at": sent_at, "version": 1,
        "name_key": names.sort_key(name)[:250], "search_key": names.folded(f"{name} {person.actual_address}"),
    }  # fmt: skip
    children = [{"name": f"Анна {place % 7}"}] if place % 2 else []
    said = names.words(name, person.actual_address, *(child["name"] for child in children))
    return row, children, [{"word": names.as_kept(word)} for word in sorted({*said, *contacts.phones(phone)})]


def _count(bank: Bank, table: Table) -> int:
    return int(_first(bank, f"SELECT count(*) FROM {table.name}"))


def _one_open(bank: Bank) -> int:
    """An opened card on which nothing is decided."""
    return int(_first(bank, f"""
        SELECT max(id) FROM signal_card WHERE number >= {FIRST_NUMBER} AND received_at IS NOT NULL AND closed_at IS NULL
    """))  # fmt: skip


def _first(bank: Bank, query: str) -> Any:
    plain = bank.plain()
    found = plain.execute(query).fetchone()
    plain.close()
    return found[0]
