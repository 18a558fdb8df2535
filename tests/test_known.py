"""The bank as it was known on a day: a report over it is the report of that day, whatever was entered since."""

import json
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select, update

from app import access, clock, journal, known
from app.cli import bank
from app.domain import periods
from app.domain.refusal import Refusal
from app.domain.terms import JobState
from app.extensions import db
from app.models import Agency, Criterion, Family, Job, JournalEntry, Member, Registration, SignalCard
from app.reports import CATALOGUE, files, frozen, recount
from app.reports.differing import differences
from app.reports.frozen_report import FrozenReport
from app.reports.places import ReportPlaces
from tests import factories
from tests.reports import scattered
from tests.reports.test_quarterly import hard
from tests.reports.test_submissions import submitted
from tests.work.conftest import done

__all__ = ["done", "hard"]

QUARTER = periods.quarter(2026, 3)
ENTRIES = JournalEntry.__table__


def told(place_id: int) -> dict[str, object]:
    """What every report says of the quarter over a territory, in every breakdown."""
    found = {}
    for one in CATALOGUE:
        for by in one.options["by"].values if "by" in one.options else ("",):
            tree = ReportPlaces(one.sources)
            options = {key: choice.usual for key, choice in one.options.items()} | ({"by": by} if by else {})
            found[f"{one.name} {by}"] = one.data(one.count(QUARTER, tree.all[place_id], tree, **options))
    return found


def later() -> None:
    """Let what was entered since the last call have been entered two days after."""
    db.session.flush()
    moved = update(ENTRIES).where(ENTRIES.c.id > later.since).values(at=clock.now() + timedelta(days=2))
    db.session.connection().execute(moved)
    db.session.commit()


def text_of(document) -> str:
    return " ".join(document.text_content().split())


def begin() -> None:
    db.session.commit()
    later.since = db.session.scalar(select(func.max(ENTRIES.c.id)))


def mend_everything(cast) -> None:
    """Entries behind the day, corrections and annulments of rows of every kind that reports count."""
    families = db.session.scalars(select(Family).where(Family.annulled_at.is_(None)).order_by(Family.id)).all()
    late = factories.family(cast.north, categories=["1"])
    factories.aid(late, date(2026, 8, 8), recipients=[factories.member(late, "сын", date(2012, 1, 1))])
    factories.registration(late, date(2026, 7, 15))
    families[0].territory = cast.south
    families[1].actual_address, families[1].categories = "ул. Новая, 1", []
    for child in db.session.scalars(select(Member).order_by(Member.id).limit(9)):
        child.born_on, child.last_name = date(2004, 1, 1), "Исправленный"
        factories.refresh(child.family)
        factories.education(child, date(2026, 7, 7), "none")
    stays = db.session.scalars(select(Registration).where(Registration.annulled_at.is_(None)).order_by(Registration.id))
    for place, stay in enumerate(stays.all()):
        if place % 3 == 0:
            stay.annulled_at, stay.annul_reason = datetime(2026, 10, 2, tzinfo=UTC), "внесена дважды"
        elif place % 3 == 1 and stay.removed_on is None and stay.registered_on < date(2026, 7, 1):
            stay.criteria[0].criterion = factories.by_code(Criterion, "2.3.1")
    for card in db.session.scalars(select(SignalCard)):
        card.annulled_at, card.annul_reason = datetime(2026, 10, 2, tzinfo=UTC), "внесена дважды"
    cast.agency("5.2").name = "Переименованное учреждение"
    cast.north.name = "Переименованное поселение"


@pytest.mark.one_database("the bank of the day is made again in SQLite, whatever the bank itself lies in")
def test_every_report_by_data_of_a_day_is_the_report_of_that_day(hard, cast):
    scattered.scatter(cast, [cast.north, cast.south], 5)
    begin()
    then = told(hard.id)
    mend_everything(cast)
    later()
    now = told(hard.id)
    assert sum(now[name] != then[name] for name in then) > len(CATALOGUE), "what was mended changes the reports"
    with known.as_of(clock.today()):
        assert db.session.get(Agency, cast.agency("5.2").id).name != "Переименованное учреждение"
        again = told(hard.id)
    assert {name: again[name] for name in then if again[name] != then[name]} == {}
    assert told(hard.id) == now, "the bank itself is read again"


@pytest.mark.one_database("the bank of the day is made again in SQLite, whatever the bank itself lies in")
def test_a_submitted_report_recomputed_for_its_own_two_dates_equals_itself(hard, cast):
    scattered.scatter(cast, [cast.north, cast.south], 7)
    rows = [submitted(hard, one.name) for one in CATALOGUE]
    begin()
    with access.unrestricted():
        mend_everything(cast)
        later()
        same = {row.report for row in rows if not recount.recounted(row).differences}
        assert same <= {"commission"}, "what was mended changes every report but that of the meetings"
        kept = [(row.report, row.choice, row.period, row.territory_id, recount.stored(row)) for row in rows]
        with known.as_of(clock.local(rows[0].submitted_at).date()):
            for name, choice, period, place, stored in kept:
                again = frozen.freeze(recount.report_named(name), period, place, recount.options_of(choice))
                assert differences(stored, FrozenReport(again.figures, again.lists)) == [], name


@pytest.mark.one_database("whose rows are made again is decided in Python")
def test_who_lost_a_family_since_counts_it_and_reads_no_word_of_it(cast):
    family = factories.family(cast.north, "00077")
    factories.member(family, "мать", date(1990, 1, 1), last_name="Утраченная")
    factories.registration(family, date(2026, 2, 1))
    one = next(each for each in CATALOGUE if each.name == "registry")
    begin()
    family.territory = cast.other_district
    later()

    def registry(scope: access.Scope) -> dict:
        with access.acting_as(scope), known.as_of(clock.today()):
            tree = ReportPlaces()
            return one.data(one.count(QUARTER, tree.all[cast.north.id], tree))

    anna = access.Scope(today=clock.today(), territories=frozenset([cast.north.id]), kept=frozenset([cast.north.id]))
    assert registry(anna)["total"]["families"] == 1
    assert "Утраченная" not in json.dumps(registry(anna), ensure_ascii=False)
    assert "Утраченная" in json.dumps(registry(access.EVERYTHING), ensure_ascii=False)
    member = access.Scope(today=clock.today(), assigned_to=cast.employee("boris").id, territories=anna.territories)
    assert registry(member)["total"]["families"] == 0


@pytest.mark.one_database("the day is compared in Python")
def test_of_a_day_before_the_journal_or_after_today_nothing_is_said(app, cast):
    for day, words in (
        (date(2001, 1, 1), "Журнал банка ведётся с"),
        (clock.today() + timedelta(days=1), "не наступил"),
    ):
        with pytest.raises(Refusal, match=words), known.as_of(day):
            pass


@pytest.mark.one_database("the command counts as the screen does")
def test_the_command_says_by_data_of_which_day(app, hard, tmp_path):
    db.session.commit()
    out = tmp_path / "state.html"
    words = ["report", "state", "--from", "2026-07-01", "--to", "2026-09-30", "--as", "html", str(out)]
    result = app.test_cli_runner().invoke(bank, [*words, "--known-on", f"{clock.today():%d.%m.%Y}"])
    assert result.exit_code == 0, result.output
    assert f"по данным на {clock.today():%d.%m.%Y} 23:59" in out.read_text(encoding="utf-8")
    assert (
        files.known_on(clock.today())
        in db.session.scalars(select(JournalEntry.summary).order_by(JournalEntry.id.desc()).limit(1)).one()
    )
    assert journal.differences(db.session.scalars(select(Family).limit(1)).one()) == []


@pytest.mark.one_database("the page and the job count as the reports above")
def test_a_page_says_by_data_of_which_day_and_a_large_bank_is_made_again_in_the_background(
    hard, cast, sign_in, page, done, monkeypatch
):
    begin()
    mend_everything(cast)
    later()
    anna, today = sign_in("anna"), clock.today()
    asked = f"period=2026-Q3&territory={hard.id}&known={today:%d.%m.%Y}"

    def number(address: str) -> str:
        return page(anna, address).xpath("//tfoot//td[@class='num']//text()")[0]

    address = f"/reports/movement/?{asked}"
    shown = page(anna, address)
    assert f"по данным на {today:%d.%m.%Y} 23:59" in text_of(shown)
    assert number(address) != number(address.partition("&known")[0])
    link = next(link for link in shown.xpath("//tfoot//a/@href"))
    assert "known=" in link
    assert page(anna, link).xpath("//tbody/tr")
    assert "не наступил" in text_of(page(anna, f"/reports/movement/?known={today + timedelta(days=1):%d.%m.%Y}", 400))
    day = page(anna, f"/reports/demography/?period=day&to=31.07.2026&territory={hard.id}")
    assert "Показано на 31.07.2026" in text_of(day)

    monkeypatch.setattr(known, "MOST_AT_ONCE", 0)
    assert "в фоне" in text_of(page(anna, address))
    assert anna.get(f"/reports/movement/file/xlsx?{asked}").status_code == 400
    assert anna.post(f"/reports/movement/later/xlsx?{asked}").status_code == 302
    done()
    job = db.session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()
    assert job.state is JobState.DONE, job.result
    sheet = load_workbook(BytesIO(anna.get(f"/work/{job.id}/file").get_data())).worksheets[0]
    assert any(files.known_on(today) in str(cell.value) for row in sheet.iter_rows() for cell in row)
