"""A case that is destroyed is nowhere any longer; what figures count of it stays, and nothing of others is touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import JSON, String, insert, select
from sqlalchemy.orm import class_mapper

from app import access, doctor, journal
from app.backup import archive, making, noting, sealing
from app.clock import now
from app.demo import bank as demo
from app.domain import periods, terms
from app.exchange import months
from app.extensions import db
from app.journal import chain
from app.models import (
    BookStep,
    CardStep,
    CardWord,
    Destruction,
    DestructionItem,
    Draft,
    Family,
    JournalEntry,
    Meeting,
    Model,
    Registration,
    SavedFilter,
    Scanned,
    SearchWord,
    SentForm,
    SignalCard,
    SurveyGroup,
    UserSession,
    said_of,
)
from app.reports import CATALOGUE
from app.reports.places import ReportPlaces
from app.services import belongings, destruction, family_keys, mentions, remains
from app.work import wiping
from tests import factories
from tests.settings import KEEPERS_KEY

TODAY = date(2026, 11, 16)
CANARY = "канарейкина"


def act_over(families: tuple[int, ...] = (), cards: tuple[int, ...] = (), place: int | None = None) -> Destruction:
    """An act that was confirmed, over whatever cases: what may be chosen is tried elsewhere."""
    row = Destruction(
        territory_id=place or db.session.scalar(select(Family.district_id).limit(1)), year=2026, number=7,
        commission="Рябинина Анна, председатель", prepared_by="Рябинина Анна", confirmed_by="Лугова Зоя",
    )  # fmt: skip
    named: Any = {"territory_id": row.territory_id, "reason": "Пять лет после снятия с учёта", "due_on": TODAY}
    row.items = [
        *(DestructionItem(family_id=key, named=_named(key), **named) for key in families),
        *(DestructionItem(card_id=key, named=f"карта № {key}", **named) for key in cards),
    ]  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def _named(family_id: int) -> str:
    return f"семья № {db.session.get_one(Family, family_id).number}"


# Everything is declared


def undeclared() -> Iterator[str]:
    """What an entity of a case does not say of its columns, as sentences: a test asks it."""
    for entity in belongings.entities():
        mapper = class_mapper(entity)
        said = {name: said_of(entity, name) for name in ("LASTS", "GOES", "COARSE")}
        for name in set().union(*said.values()) - set(mapper.column_attrs.keys()):
            yield f"{entity.__name__} has no column {name}"
        for key, fate in () if issubclass(entity, Scanned) else remains.fates(entity).items():
            column = mapper.column_attrs[key].columns[0]
            if fate is remains.Fate.GOES and key not in said["GOES"]:
                yield f"{entity.__name__}.{key}: say in LASTS, GOES or COARSE what is left of it after destruction"
            if fate is remains.Fate.GOES and not column.nullable:
                yield f"{entity.__name__}.{key} cannot be empty, so it cannot go"


@pytest.mark.one_database("declarations are read, no statement is asked")
def test_every_column_of_a_case_says_what_is_left_of_it():
    assert not list(undeclared()), "\n".join(undeclared())


@pytest.mark.one_database("declarations are read, no statement is asked")
def test_a_fact_that_leads_to_a_family_is_met_without_being_named():
    """Whatever names a family, a card, or a row of them is of the case; what is nobody's case is listed here."""
    of_cases = {entity.__tablename__ for entity in belongings.entities()} | {
        entity.__tablename__ for entity, _column, _target in belongings._tables_of_words()
    }
    links = {table.name for table in Model.metadata.tables.values() if all(column.foreign_keys for column in table.c)}
    leading = {
        table.name
        for table in Model.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in of_cases and key.column.name == "id" and table.name not in of_cases
    }
    assert leading - links == {"destruction_item"}


# Canaries


def plant(rows: dict[Any, set[int]], scans: Path) -> int:
    """A word that nothing else holds into every text of every row, by the session, so that the journal knows it."""
    number = count()
    for entity, ids in rows.items():
        for row in db.session.scalars(select(entity).where(entity.id.in_(ids))):
            for name, fate in remains.fates(entity).items():
                column = class_mapper(entity).column_attrs[name].columns[0]
                if (
                    fate is remains.Fate.WORDS or (fate is remains.Fate.GOES and isinstance(column.type, String))
                ) and not (issubclass(entity, Scanned) and name in ("key", "mime", "sha256")):
                    said = f"{CANARY}{next(number)}"
                    setattr(row, name, said[: column.type.length or 99])
                elif isinstance(column.type, JSON):
                    setattr(row, name, {"number": 3, "said": f"{CANARY}{next(number)}"})
            if issubclass(entity, Scanned):
                path = scans / row.key[:2] / row.key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{CANARY}{next(number)}")
    db.session.flush()
    return next(number)


def plant_among_others(cast: factories.Cast, family: Family) -> None:
    """The words of the case where no key leads to it."""
    user, name = cast.user("anna").id, family.members[0].full_name
    survey = db.session.scalars(select(SurveyGroup.id).where(SurveyGroup.family_id == family.id)).first()
    db.session.add_all([
        Draft(user_id=user, kind="told", key="e" * 24, words={"survey": [str(survey)], "text": [f"{CANARY} сказано"]}),
        Draft(user_id=user, kind="signal", key="d" * 24,
              words={"last_name": [family.members[0].last_name], "first_name": [family.members[0].first_name]}),
        SavedFilter(user_id=user, view="FamilyRegistry", name="Мой отбор", conditions={"_flt_0_name": name}),
        UserSession(user_id=user, token_hash="0" * 64, data={"_flashes": [["success", name]], "kept": 1}),
    ])  # fmt: skip
    sent = {"user_id": user, "key": "f" * 20, "digest": "0" * 64, "sent_at": now()}
    db.session.flush()
    db.session.execute(insert(SentForm.__table__).values(**sent, answer={"text": name, "location": "/"}))
    journal.write([
        journal.entry(terms.Act.SEARCHED, entity="Family", summary=f"Поиск: {name}", records=1),
        journal.entry(terms.Act.OPENED, entity="Family", entity_id=family.id, family_id=family.id, summary=name),
    ])  # fmt: skip
    plant_in_notes(cast, name)


def plant_in_notes(cast: factories.Cast, name: str) -> None:
    """A name in every long text and JSON of rows that are nobody's case, and in a frozen book of the district."""
    factories.load(cast.district, TODAY)
    planted = set()
    for entity, columns in mentions.notes():
        if (row := db.session.scalars(select(entity).limit(1)).first()) is None:
            continue
        for column in columns:
            words: Any = {"said": [name], name: 1} if isinstance(column.type, JSON) else f"Мать {name}, дом 5"
            setattr(row, column.key, words)
        planted.add(entity.__name__)
    assert planted >= {"Meeting", "MeetingAttendance", "ImportBatch", "BookStep", "BookLayout", "PerformerReport"}
    with access.unrestricted():
        months.assemble(cast.district, periods.month(2026, 10), "Рябинина Анна", TODAY)


def content(rows: dict[Any, set[int]]) -> dict[str, list[Any]]:
    """Rows as the database holds them."""
    found = {}
    for entity, ids in rows.items():
        table: Any = class_mapper(entity).local_table
        found[entity.__name__] = [tuple(row) for row in db.session.connection().execute(
            select(table).where(table.c.id.in_(ids)).order_by(table.c.id))]  # fmt: skip
    return found


def everywhere(app: Any) -> Iterator[Path]:
    instance = Path(app.instance_path)
    folders = [instance, Path(app.config["PAPERS_FOLDER"])]
    yield from (path for folder in folders for path in folder.rglob("*") if path.is_file())


def holding(paths: Iterator[Path]) -> list[str]:
    """The files in which a canary is found, in any of the ways in which letters are written down."""
    forms = [
        word.encode(way) for word in (CANARY, CANARY.capitalize(), CANARY.upper()) for way in ("utf-8", "utf-16-le")
    ]
    forms += [CANARY.encode("unicode_escape"), CANARY.capitalize().encode("unicode_escape")]
    return [str(path) for path in paths if any(form in path.read_bytes() for form in forms)]


def cells_holding() -> list[str]:
    """The columns in which a canary is left, for whoever has to find where it came from."""
    found = []
    for table in Model.metadata.sorted_tables:
        for row in db.session.connection().execute(select(table)).mappings():
            found += [f"{table.name}.{name} of {row.get('id')}" for name, value in row.items()
                      if CANARY in repr(value).lower()]  # fmt: skip
    return found


def dumped(app: Any, tmp_path: Path) -> list[Path]:
    """The database as bytes: SQLite's own files, or what Postgres gives of every table."""
    if db.engine.dialect.name == "sqlite":
        place = Path(db.engine.url.database)
        return [path for path in place.parent.glob(f"{place.name}*") if path.is_file()]
    path = tmp_path / "tables"
    with db.engine.connect() as connection:
        tables = Model.metadata.sorted_tables
        path.write_text("\n".join(repr(tuple(row)) for table in tables for row in connection.execute(select(table))))
    return [path]


@pytest.fixture
def both(cast, app) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two families with a row of everything, of two territories."""
    one = factories.one_of_each(cast.north, "00011", cast.agency("5.2"), cast.employee("gleb"))
    factories.education(one["Member"], date(2019, 9, 1), organisation="Школа")
    db.session.add(CardStep(card=one["SignalCard"], kind=terms.CardStepKind.UNDONE, territory=cast.north, note="шаг",
                            before={"district_id": cast.district.id, "year": 2026, "number": 1}))  # fmt: skip
    other = factories.one_of_each(cast.far, "00012", cast.agency("5.3"), cast.employee("boris"), last_name="Кленова",
                                  word="Южное")  # fmt: skip
    db.session.flush()
    return one, other


@pytest.mark.one_database("Postgres is the stricter one about the order in which rows go", on="postgres")
def test_nothing_of_a_destroyed_case_is_found_anywhere(app, cast, both, tmp_path):
    one, other = both
    family, card = one["Family"], one["SignalCard"]
    found, others = belongings.of([family.id]), belongings.of([other["Family"].id])
    card.family = family
    neighbour = factories.family(cast.south, number="00013")
    factories.member(neighbour, last_name="Кленова")
    factories.registration(neighbour, date(2026, 3, 12))
    found = belongings.of([family.id])
    assert card.id in found.cards
    scans = Path(app.config["PAPERS_FOLDER"])
    assert plant(found.rows, scans) > 60
    family_keys.refresh(family, TODAY)
    db.session.add(CardWord(word=CANARY, card_id=card.id))
    plant_among_others(cast, family)
    db.session.commit()
    noting.seal(whole=True)
    before, untouched = (
        db.session.scalar(select(JournalEntry.id).order_by(JournalEntry.id.desc())),
        content(others.rows),
    )
    assert holding(iter(dumped(app, tmp_path))), "the canaries are there before"

    act, key = act_over((family.id,), place=cast.district.id), family.id
    act_key = act.id
    with access.unrestricted():
        destruction.destroy(act, TODAY)
    db.session.commit()
    wiping.finish()

    assert cells_holding() == []
    assert holding(iter(dumped(app, tmp_path))) == []
    assert holding(everywhere(app)) == []
    assert content(others.rows) == untouched
    assert not any(scans.glob("*/*"))
    act = db.session.get_one(Destruction, act_key)
    assert act.state is terms.DestructionState.WIPED
    # What is left: who did what, the figures, and the sentence in place of the words.
    family = db.session.get_one(Family, key)
    assert (family.destroyed, family.name, family.number) == ("7/2026", "уничтожено по акту № 7/2026", "00011")
    said = set(
        db.session.scalars(
            select(JournalEntry.summary).where(
                JournalEntry.id <= before, JournalEntry.family_id == family.id, JournalEntry.entity != "DestructionItem"
            )
        )
    )
    assert said == {"уничтожено по акту № 7/2026"}
    assert db.session.scalars(select(SavedFilter)).all() == []
    kept = db.session.scalars(select(UserSession).where(UserSession.token_hash == "0" * 64)).one()
    assert kept.data == {"kept": 1}
    assert (
        db.session.scalars(select(CardStep).where(CardStep.kind == terms.CardStepKind.UNDONE)).one().before["number"]
        == 3
    )
    assert {row.word for row in db.session.scalars(select(SearchWord).where(SearchWord.family_id == family.id))} >= {
        "00011",
        "акту",
    }
    # The book of the district that was frozen has the other family still; a note keeps what names nobody.
    book = db.session.scalars(select(BookStep).where(BookStep.sha256.is_not(None)).order_by(BookStep.id.desc())).first()
    numbers = {row[0].value for row in load_workbook(BytesIO(book.content))["Члены семьи"].iter_rows(min_row=2)}
    assert numbers == {"00013"}
    assert book.sha256 == sha256(book.content).hexdigest()
    assert book.note.startswith("изъяты сведения семей: 1, акт № 7/2026. Не прислали книгу: ")
    assert "Мать … … …, дом 5" in set(db.session.scalars(select(Meeting.others_present)))
    # The journal is whole and still gives every row, and the doctor has nothing to say of it.
    noting.seal(whole=True)
    assert list(chain.faults(Path(app.instance_path))) == []
    assert [f"{each.entity.__name__} {each.key}: {each.names}" for each in journal.all_differences()] == []
    # A copy made afterwards holds nothing either.
    out = tmp_path / "copies"
    out.mkdir()
    made = making.make(out)
    assert made.faults == []
    unpacked = tmp_path / "open"
    with made.path.open("rb") as file:
        archive.unpack(file, sealing.unlocked(file, "", KEEPERS_KEY), unpacked)
    assert holding(path for path in unpacked.rglob("*") if path.is_file()) == []


# Figures


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every number of a report, by where it stands; the order of families among each other does not matter."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from numbers(each, f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from numbers(each, f"{path}[]")
    elif not isinstance(value, str):
        yield path, value


def figures(days: list[periods.Period]) -> dict[str, Counter[tuple[str, Any]]]:
    """Every report of the catalogue over some periods, over the first of them in all its shapes."""
    found = {}
    with access.unrestricted():
        for one in CATALOGUE:
            tree = ReportPlaces(one.sources)
            options = [{name: option.usual for name, option in one.options.items()}]
            for name, option in one.options.items():
                options += [{**options[0], name: value} for value in option.values if value != option.usual]
            for period in days:
                for chosen in options if period is days[0] else options[:1]:
                    form = one.count(period, tree.default(), tree, **chosen)
                    found[f"{one.name} {period.title} {chosen}"] = Counter(numbers(one.data(form)))
    return found


@pytest.mark.one_database(
    "what the reports count is the same statement on both, and rows are emptied by both alike above"
)
def test_every_figure_of_past_periods_is_what_it_was(app, cast):
    demo.fill(date(2026, 10, 12))
    db.session.flush()
    stays = Registration.__table__.c
    days = [periods.year_period(2025), periods.month(2026, 9)]
    before = figures(days)
    removed = db.session.scalars(select(stays.family_id).where(stays.removed_on.is_not(None)).distinct()).all()
    on_record = db.session.scalars(select(stays.family_id).where(stays.removed_on.is_(None)).limit(15)).all()
    cards = db.session.scalars(
        select(SignalCard.id).where(SignalCard.family_id.is_(None), SignalCard.closed_at.is_not(None))
    ).all()
    assert len(removed) > 5
    assert len(cards) > 2
    with access.unrestricted():
        destruction.destroy(act_over(tuple({*removed, *on_record}), tuple(cards)), TODAY)
    db.session.expire_all()
    after = figures(days)
    assert {name: (before[name] - after[name], after[name] - before[name]) for name in before
            if before[name] != after[name]} == {}  # fmt: skip
    assert sum(map(len, before.values())) > 2000
    elsewhere = ("Место на диске", "Часы сервера", "Резервные копии", "Сканы", "Настройки")
    found = [one.text for one in doctor.ailments(date(2026, 10, 12)) if one.probe.name not in elsewhere]
    assert found == []
