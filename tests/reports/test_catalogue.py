"""The reports of figures by rows: every number is the length of its list, the golden tables, counts by hand."""

import csv
import json
from collections import Counter
from datetime import date, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from app import access
from app.domain import periods
from app.domain.refusal import Refusal
from app.domain.terms import Sex, TerritoryKind
from app.extensions import db
from app.models import Aid, ChildPopulation, Family, SignalCard
from app.reports import CATALOGUE, files, places, report, small
from app.reports.grid import Grid, Share
from app.reports.period_figures import AGES
from app.reports.places import ReportPlaces
from app.reports.quarterly_figures import CRITERIA, REASONS
from app.reports.quarterly_rows import SENDERS
from app.reports.report import FAMILY_PAGE
from tests import factories
from tests.reports import by_hand, scattered
from tests.reports.test_quarterly import MADE, hard

__all__ = ["hard"]

QUARTER = periods.quarter(2026, 3)
AUGUST = periods.month(2026, 8)
KNOWN = {one.name: one for one in CATALOGUE}
GRIDS = [one for one in CATALOGUE if "by" in one.options]


def counted(name, place, period=QUARTER, **options):
    one = KNOWN[name]
    tree = ReportPlaces(one.sources)
    chosen = {key: choice.usual for key, choice in one.options.items()} | options
    return one.count(period, tree.all[place.id], tree, **chosen), tree


def data(name, place, period=QUARTER, **options):
    form, _tree = counted(name, place, period, **options)
    return KNOWN[name].data(form)


def faults(one, form: Grid, tree, *, lists: bool = True) -> list[str]:
    """Cells whose number is not what the list behind them gives.

    All columns of a row are counted at once over the rows that its lists show. Of each row the first list that is not
    empty is read, and `lists` of the total are read one and all.
    """
    found = []
    for line in (*form.lines, None):
        spot = places.spot(tree, form.place, line.at if line else "")
        within = places.shown_in(spot.rows, spot.keys)
        suffix = line.suffix if line else ""
        numbers = {column.key + suffix: form.at(line, column.key) for column in form.columns
                   if not isinstance(column, Share)}  # fmt: skip
        shown = report.count_by([form.indicators[key] for key in numbers], within, ())
        for key, number in numbers.items():
            if shown[key].get((), 0) != number:
                found.append(f"{one.name} {line and line.said} {key}: {number}, its rows give {shown[key]}")
        for key in numbers if lists and line is None else [key for key, number in numbers.items() if number][:1]:
            rows, number = report.length(form.indicators[key], within)
            if number != numbers[key] or len(report.behind(form.indicators[key], within)) != rows:
                found.append(f"{one.name} {line and line.said} {key}: {numbers[key]}, list {number}")
            indicator = form.indicators[key]
            if indicator.distinct is None and indicator.amount is None and rows != number:
                found.append(f"{one.name} {key}: {rows} rows of {number}")
    return found


def faults_of_all(place, period) -> list[str]:
    """Of every report by whatever it is broken down; the total of each is the same, and its lists are read once."""
    found = []
    for one in GRIDS:
        for number, by in enumerate(one.options["by"].values):
            form, tree = counted(one.name, place, period, by=by)
            found += [f"by {by}: {fault}" for fault in faults(one, form, tree, lists=number == 0)]
            assert form.lines, f"{one.name} {by}"
    return found


@pytest.mark.one_database("the property is of the conditions; the hard cases below are counted on Postgres")
def test_every_number_of_every_report_is_the_length_of_its_list_in_a_bank_of_chance(cast):
    scattered.scatter(cast, [cast.north, cast.south, cast.district, cast.far], 17, families=28)
    assert not faults_of_all(cast.root, periods.given(date(2026, 6, 15), date(2026, 9, 20)))


@pytest.mark.one_database("the bank of chance above is counted on SQLite", on="postgres")
def test_every_number_of_every_report_is_the_length_of_its_list_in_the_bank_of_hard_cases(hard, cast):
    scattered.scatter(cast, [cast.north, cast.south, cast.far], 7)
    assert not faults_of_all(cast.root, QUARTER)


@pytest.mark.one_database("its conditions are asked as those of the numbers are", on="postgres")
def test_what_came_close_is_not_counted_and_says_why(hard, cast):
    scattered.scatter(cast, [cast.north, cast.south], 7)
    said = set()
    for one in GRIDS:
        form, _tree = counted(one.name, hard)
        within = places.shown_in(form.rows)
        for indicator in form.indicators.values():
            assert indicator.rule, f"{one.name} {indicator.key} has no rule in words"
            near = report.beside(indicator.near, within)
            assert len(near) == report.how_many_beside(indicator.near, within)
            said |= {indicator.near.why(row) for row in near}
            if indicator.source.name in ("stays", "children"):
                names = [("family_id", "member_id")["member_id" in row] for row in near]
                keys = [(row[name], row["registered_on"]) for row, name in zip(near, names, strict=True)]
                mine = {(row[name], row["registered_on"]) for row in report.behind(indicator, within)
                        for name in [("family_id", "member_id")["member_id" in row]]}  # fmt: skip
                assert not mine & set(keys), indicator.key
    assert {"исполнилось 18 лет 30.09.2026", "поставлена 01.10.2026", "выбыл из семьи 30.09.2026",
            "в день помощи семья на учёте не состояла", "дата рождения не указана"} <= said  # fmt: skip


# Counts by hand


@pytest.mark.parametrize("period", [QUARTER, AUGUST, periods.given(date(2026, 2, 28), date(2026, 10, 1))], ids=str)
def test_the_figures_agree_with_a_count_by_hand(hard, cast, period):
    """Family by family and child by child over objects, on the edges of age, membership and stay."""
    scattered.scatter(cast, [cast.north, cast.south], 11)
    db.session.flush()
    db.session.expire_all()
    families = [one for one in db.session.scalars(select(Family).where(Family.district_id == hard.id))
                if not one.annulled_at]  # fmt: skip
    cards = db.session.scalars(select(SignalCard)).all()
    wanted = by_hand.form(families, period.start, period.end, cards=[card for card in cards if
                                                                     card.district_id == hard.id])  # fmt: skip
    demography, movement = data("demography", hard, period), data("movement", hard, period)
    activity = data("activity", hard, period)
    for row in demography["rows"]:
        counter = wanted.get(row["territory"], Counter())
        for group in ("0-3", "4-6", "7-13", "14-15", "16-18"):
            assert row[group] == counter[f"rt {group}"], (row["territory"], group)
        assert row["all"] == counter["18"]
    for row in movement["rows"]:
        counter = wanted.get(row["territory"], Counter())
        keys = {
            "start": "6", "start children": "7", "registered": "8", "registered children": "9", "removed": "10",
            "end": "12", "end children": "18", **{code: code for code in ("11.1", "11.2", "11.3", "11.4")},
        }  # fmt: skip
        assert {key: row[key] for key in keys} == {key: counter[column] for key, column in keys.items()}
    assert {row["territory"]: (row["sent"], row["registered"]) for row in activity["rows"]} == {
        row["territory"]: (wanted.get(row["territory"], Counter())["4"], wanted.get(row["territory"], Counter())["8"])
        for row in activity["rows"]
    }
    children = [(one, person) for one in families if standing(one, period.end) for person in one.members
                if by_hand.child_on(person, period.end)]  # fmt: skip
    total = demography["total"]
    for short, sex in (("m", Sex.MALE), ("f", Sex.FEMALE)):
        assert total[f"all {short}"] == sum(person.sex is sex for _one, person in children)
    idle = [person for _one, person in children if by_hand.age(person.born_on, period.end) >= 7
            and getattr(by_hand.education_on(person, period.end), "code", "") in ("none", "works")]  # fmt: skip
    assert data("not-in-education", hard, period)["total"]["all"] == len(idle)
    teenagers = {one.id for one, person in children if 7 <= by_hand.age(person.born_on, period.end) <= 13}
    ages = data("child-ages", hard, period)["total"]
    assert ages["7-13"] == len(teenagers)
    assert ages["7-13 share"] == round(100 * len(teenagers) / ages["families"], 1)
    check_aid(families, period, data("aid", hard, period, by="kind"))


def standing(one, day):
    return any(by_hand.on_record(stay, day) for stay in one.registrations if not stay.annulled_at)


def check_aid(families, period, told):
    ids = {one.id: one for one in families}
    given = [aid for aid in db.session.scalars(select(Aid)) if aid.family_id in ids and not aid.annulled_at
             and aid.given_on in period and standing(ids[aid.family_id], aid.given_on)]  # fmt: skip
    for row in told["rows"]:
        mine = [aid for aid in given if str(aid.kind) == row["kind"]]
        assert row["units"] == len(mine)
        assert row["families"] == len({aid.family_id for aid in mine})
        assert row["roubles"] == float(sum(aid.amount or 0 for aid in mine))
        assert row["persons"] == len({one.id for aid in mine for one in aid.recipients if not one.annulled_at})
    assert told["total"]["units"] == len(given)
    assert told["total"]["families"] == len({aid.family_id for aid in given})


def test_the_movement_over_months_is_that_of_each_month(hard):
    whole = data("movement", hard, periods.year_period(2026), by="months")
    assert [row["period"] for row in whole["rows"]] == [periods.month(2026, number).title for number in range(1, 13)]
    for number, row in enumerate(whole["rows"], start=1):
        month = data("movement", hard, periods.month(2026, number))["total"]
        assert {key: value for key, value in row.items() if key != "period"} == {
            key: value for key, value in month.items() if key != "territory"
        }
    assert whole["total"]["registered"] == sum(row["registered"] for row in whole["rows"])
    with pytest.raises(Refusal, match="выберите кварталы"):
        data("movement", hard, periods.given(date(1990, 1, 1), date(2026, 1, 1)), by="months")


def test_a_repeated_stay_and_the_length_of_stay(cast):
    one = factories.family(cast.north)
    factories.registration(one, date(2025, 1, 1), until=date(2025, 6, 1))
    factories.registration(one, date(2026, 9, 1))
    factories.registration(factories.family(cast.north), date(2026, 9, 21))
    db.session.add(ChildPopulation(territory=cast.north, counted_on=date(2026, 1, 1), children=400))
    db.session.flush()
    total = data("general", cast.district)["total"]
    assert (total["families"], total["repeats"], total["repeats_share"]) == (2, 1, 50.0)
    assert (total["days"], total["mean_days"], total["population"], total["per_1000"]) == (29 + 9, 19.0, 400, 0.0)
    assert data("movement", cast.district)["total"]["repeated"] == 1


def test_a_card_of_59_minutes_was_in_time_and_one_of_61_was_not(cast):
    for minutes in (59, 60, 61):
        sent = by_hand.datetime_of(2026, 8, 10)
        factories.signal_card(cast.north, cast.agency("5.3"), sent_at=sent, arrived_at=sent,
                              detected_at=sent - timedelta(minutes=minutes))  # fmt: skip
    row = next(row for row in data("activity", cast.district, by="agency")["rows"])
    assert (row["sent"], row["in_time"], row["cohort_open"], row["cohort_placed"]) == (3, 2, 3, 0)


# The golden tables of the slides


@pytest.fixture
def republic(cast):
    """A region with the districts of the slides, of which Казань has seven parts."""
    return factories.territory("Республика", TerritoryKind.REGION, cast.root)


def read(data_folder, name):
    with (data_folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.one_database("a thousand and a half children; the conditions are tried on both above")
def test_a_bank_with_the_children_of_the_slide_gives_its_table_back(republic, data_folder, cast):
    groups = {"4-6": date(2021, 3, 1), "7-13": date(2017, 3, 1), "14-15": date(2011, 3, 1), "16-18": date(2009, 3, 1)}
    wanted = {}
    child = factories.member(factories.family(cast.north))  # nobody on record
    for line in read(data_folder, "districts_rt.csv"):
        place = factories.territory(line["district"], TerritoryKind.DISTRICT, republic)
        numbers = {group: int(line[f"age{group.replace('-', '_')}"]) for group in groups}
        wanted[line["district"]] = numbers
        one = factories.family(place)
        factories.registration(one, date(2026, 1, 15))
        days = [born for group, born in groups.items() for _child in range(numbers[group])]
        again(child, len(days), family_id=[one.id] * len(days), born_on=days)
    told = data("demography", republic, by="district")
    assert {row["territory"]: {group: row[group] for group in groups} for row in told["rows"]} == wanted
    assert told == data("demography", republic, by="territory")
    assert [told["total"][group] for group in groups] == [372, 933, 288, 214]
    assert told["total"]["all"] == 372 + 933 + 288 + 214


def again(row, times, **others) -> list[int]:
    """Further rows like one, past the session, since nothing but a report reads them; others: the values in which they
    differ. Gives their keys."""
    table = row.__table__
    like = dict(db.session.execute(select(table).where(table.c.id == row.id)).mappings().one())
    first = db.session.scalar(select(func.max(table.c.id))) + 1
    rows = [{**like, "id": first + place, **{name: values[place] for name, values in others.items()}}
            for place in range(times)]  # fmt: skip
    if rows:
        db.session.execute(table.insert(), rows)
    return [one["id"] for one in rows]


@pytest.mark.one_database("four hundred cards; the conditions are tried on both above")
def test_a_bank_with_the_cards_of_the_slide_gives_its_table_back(republic, data_folder, cast):
    city = factories.territory("Казань", TerritoryKind.DISTRICT, republic)
    parts = {"Авиастроительный", "Вахитовский", "Кировский", "Московский", "Ново-Савиновский", "Приволжский",
             "Советский"}  # fmt: skip
    wanted = {}
    one = factories.family(cast.north)
    stay = factories.registration(one, date(2026, 8, 3), sender=cast.agency("5.3"))
    for line in read(data_folder, "signal_cards_rt.csv"):
        name = line["district"]
        above, kind = (city, TerritoryKind.SETTLEMENT) if name in parts else (republic, TerritoryKind.DISTRICT)
        place = factories.territory(name, kind, above)
        sent, placed = int(line["sent"]), int(line["placed"])
        wanted[name] = (sent, placed)
        many = range(max(sent, placed))
        families = again(one, len(many), number=[f"{place.id}-{number}" for number in many],
                         territory_id=[place.id for _family in many],
                         district_id=[city.id if name in parts else place.id for _family in many])  # fmt: skip
        again(stay, len(many), family_id=families, decision_id=again(stay.decision, len(many), family_id=families),
              registered_on=[date(2026, 8, 3) if number < placed else date(2026, 10, 3) for number in many],
              card_sent_on=[date(2026, 8, 1) if number < sent else date(2026, 6, 1) for number in many])  # fmt: skip
    told = data("activity", republic, by="territory")
    assert {row["territory"]: (row["sent"], row["registered"]) for row in told["rows"]} == wanted
    rolled = {row["territory"]: row["sent"] for row in data("activity", republic, by="district")["rows"]}
    assert rolled["Казань"] == sum(wanted[name][0] for name in parts)
    assert "Советский" not in rolled
    assert sum(rolled.values()) == told["total"]["sent"] == sum(sent for sent, _placed in wanted.values())


@pytest.fixture
def data_folder(data):
    return data


# Who sees what


def test_the_region_gets_the_counts_without_names(hard, cast):
    with access.acting_as(access.Scope(all_statistics=True)):
        for one in CATALOGUE:
            form, _tree = counted(one.name, cast.root)
            assert not form.shows_names
            told = json.dumps(one.data(form), ensure_ascii=False)
            assert "Полозов" not in told, one.name
    with access.unrestricted():
        assert "Полозов" in json.dumps(data("registry", cast.root), ensure_ascii=False)


# What a reader adds up, in each row: a whole and its parts.
ADDED_UP = {
    "quarterly": (["4", *SENDERS], ["10", *REASONS], ["12", *CRITERIA], ["12", "6", "8", "10"]),
    "demography": (["all", *AGES], ["all m", *(f"{key} m" for key in AGES)], ["7-13", "7-13 m", "7-13 f"]),
    "movement": (["end", "start", "registered", "removed"], ["removed", *REASONS]),
    "state": (["families", "start", "registered", "removed"], ["families", *CRITERIA.values()]),
    "general": (["families", "none", "one", "two", "many"], ["families", *CRITERIA.values()]),
    "not-in-education": (["all", *map(str, range(7, 18))], ["all", "urban", "rural"]),
}


@pytest.mark.one_database("what is hidden is decided in Python, of numbers that are counted on both elsewhere")
def test_groups_under_five_are_hidden_on_request_and_no_sum_tells_them(hard, cast):
    scattered.scatter(cast, [cast.north, cast.south], 3)
    for one in CATALOGUE:
        if "small" not in one.options:
            continue
        shown, form = (counted(one.name, hard, small=choice)[0] for choice in ("show", "hide"))
        open_, told = (json.loads(json.dumps(one.data(each), default=float)) for each in (shown, form))
        counts = [key for key, each in form.indicators.items() if each.unit in small.COUNTED and key in told["total"]]
        wholes = [*open_["rows"], open_["total"]]
        rows = [*told["rows"], told["total"]]
        sums = [[(place, key) for place in range(len(rows))] for key in counts]
        sums += [[(place, key) for key in keys] for place in range(len(rows)) for keys in ADDED_UP.get(one.name, ())]
        hidden = {(place, key) for place, row in enumerate(rows) for key in counts if row[key] == small.HIDDEN}
        assert hidden or one.name not in ADDED_UP, one.name
        for place, row in enumerate(wholes):
            assert {key for key in counts if 0 < row[key] < small.SMALL} <= {key for at, key in hidden if at == place}
        for spots in sums:
            telling = [spot for spot in spots if wholes[spot[0]][spot[1]]]
            assert sum(spot in hidden for spot in telling) != 1 or len(telling) == 1, (one.name, spots)
        assert small.HIDDEN not in json.dumps(open_, ensure_ascii=False), one.name
        assert not form.checks, "a check would tell what is hidden"


@pytest.mark.one_database("a wall is laid by the same lines; any bank is counted on SQLite", on="postgres")
def test_what_is_counted_for_a_person_is_what_the_person_sees(hard, cast):
    scattered.scatter(cast, [cast.north, cast.south], 3)
    with access.acting_as(access.Scope(territories=frozenset([cast.north.id]))):
        for one in GRIDS:
            form, tree = counted(one.name, cast.north)
            assert not faults(one, form, tree)
    with access.acting_as(access.NOBODY):
        for one in GRIDS:
            form, _tree = counted(one.name, hard)
            assert not any(form.number(column.key) for column in form.columns if not isinstance(column, Share)), (
                one.name
            )


# Files


@pytest.mark.parametrize("name", ["demography", "registry", "state", "monthly"])
def test_a_report_is_a_workbook_of_numbers_whose_cells_lead_to_their_lists(hard, name):
    form, _tree = counted(name, hard)

    def link(key, at=None):
        return "" if key == FAMILY_PAGE else f"https://bank.example/{key}/{at}"

    content, _mime = files.written(KNOWN[name], form, "xlsx", link=link, **MADE)
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    linked = [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert linked
    assert all(isinstance(cell.value, (int, float)) for cell in linked)
    assert all(cell.hyperlink.target.startswith("https://bank.example/") for cell in linked)
