"""The log of signal cards for a period: what stands in it, for whom, and that a print of it is in the journal."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app import access, clock, scopes
from app.domain.terms import Act, Role
from app.extensions import db
from app.models import JournalEntry, SignalCardOutcome
from app.services import signals
from tests import factories, scans
from tests.states import kept

pytestmark = pytest.mark.one_database("a list and its papers; test_stranger.py prints each on Postgres")

LOG = "/signal-log/"
QUARTER = "from=01.07.2026&to=30.09.2026"
FIRST = datetime(2026, 6, 30, 21, 0, tzinfo=UTC)  # 1 July, 00:00 in Moscow
LAST = datetime(2026, 9, 30, 20, 59, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG = "Дома холодно, печь не топлена. " * 700


def card(place, at, body, **values):
    times = {"detected_at": at - HOUR, "sent_at": at, "arrived_at": at}
    return factories.signal_card(place, body, **{**times, **values})


@kept
def cards(cast):
    """A card on each edge of the quarter, a closed one, one of a long text, one that went on to another district."""
    school = cast.agency("5.3")
    for at, name in ((FIRST - HOUR, "Июнева"), (FIRST, "Первина"), (LAST, "Последнева"), (LAST + HOUR, "Октябрева")):
        card(cast.north, at, school, last_name=name)
    closed = card(cast.south, FIRST + HOUR, school, last_name="Закрытина", received_at=FIRST + 2 * HOUR)
    closed.outcome = factories.by_code(SignalCardOutcome, "not_confirmed")
    closed.outcome_note, closed.closed_at = "Условия хорошие", FIRST + 30 * HOUR
    card(cast.north, FIRST + 3 * HOUR, school, last_name="Долгова", description=LONG)
    card(cast.north, FIRST, school, last_name="Ошибкина", annulled_at=clock.now(), annul_reason="дважды")
    gone = card(cast.north, FIRST + 4 * HOUR, school, last_name="Уехалова", received_at=FIRST + 5 * HOUR)
    far = cast.far.id
    with access.acting_as(scopes.scope_of(cast.user("anna"), [Role.COORDINATOR], clock.today())):
        signals.redirect(gone, far, "живут там")
    gone.steps[-1].at = FIRST + 6 * HOUR
    return gone


def rows_of(answer) -> list[tuple[str, ...]]:
    sheet = load_workbook(BytesIO(answer.data)).worksheets[0]
    rows = [tuple("" if cell is None else str(cell) for cell in row) for row in sheet.iter_rows(values_only=True)]
    head = next(place for place, row in enumerate(rows) if row[0] == "№")
    return [row for row in rows[head + 1 :] if "/" in row[0]]


def test_the_log_has_each_card_that_came_with_the_number_under_which_it_came(cards, sign_in):
    answer = sign_in("anna").get(f"{LOG}log.xlsx?{QUARTER}")
    assert answer.status_code == 200
    rows = {row[3]: row for row in rows_of(answer)}
    assert list(rows) == ["Первина Инна", "Закрытина Инна", "Долгова Инна", "карта передана", "Последнева Инна"]
    assert rows["Первина Инна"][1] == "01.07.2026 00:00"
    assert rows["Последнева Инна"][1] == "30.09.2026 23:59"
    closed = rows["Закрытина Инна"]
    assert closed[2].startswith("Органы управления образованием")
    assert closed[5:7] == ("Южное городское поселение", "Сведения не подтвердились. Условия хорошие")
    assert closed[7].startswith("2026-07-02")
    assert rows["Долгова Инна"][4].startswith("Дома холодно")
    assert len(rows["Долгова Инна"][4]) == 400
    gone = rows["карта передана"]
    assert gone[5] == "Перенаправлена: Дальнее сельское поселение"
    assert gone[6] == "не открыта"
    assert "Уехалова" not in str(rows)


def test_who_got_the_card_has_it_whole_under_the_number_of_the_own_district(cards, sign_in):
    day = clock.today()
    answer = sign_in("galina").get(f"{LOG}log.xlsx?from={day:%d.%m.%Y}&to={day:%d.%m.%Y}")
    assert [(row[0], row[3], row[5]) for row in rows_of(answer)] == [
        (f"1/{day.year}", "Уехалова Инна", "Дальнее сельское поселение")
    ]


def test_the_paper_bears_its_mark_wraps_long_texts_and_is_in_the_journal(cards, sign_in):
    answer = sign_in("anna").get(f"{LOG}log.pdf?{QUARTER}")
    assert answer.mimetype == "application/pdf"
    text = scans.flowing(scans.texts(answer.data))
    for words in ("Журнал сигнальных карт", "III квартал 2026 года", "Карт: 5", "Конфиденциально", "Тестовый район"):
        assert words in text, words
    assert "печь не топлена" in text
    entry = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc())).first()
    assert (entry.act, entry.entity, entry.records) == (Act.PRINTED, "SignalCard", 5)


def test_an_empty_period_says_so(cards, sign_in):
    answer = sign_in("anna").get(f"{LOG}log.pdf?from=01.01.2020&to=31.01.2020")
    assert "За этот период сигнальные карты не поступали" in scans.flowing(scans.texts(answer.data))


@pytest.mark.parametrize(("asked", "said"), [
    ("from=&to=", "Укажите первый и последний день"),
    ("from=30.09.2026&to=01.07.2026", "30.09.2026 – 01.07.2026"),
    ("from=31.02.2026&to=01.07.2026", "31.02.2026"),
    ("from=01.07.2026", "Укажите первый и последний день"),
])  # fmt: skip
def test_days_that_are_no_period_are_asked_for_again_as_typed(cards, sign_in, asked, said):
    answer = sign_in("anna").get(f"{LOG}log.pdf?{asked}")
    assert answer.status_code == 400
    text = answer.get_data(as_text=True)
    assert said in text
    assert f'value="{asked[5:15].split("&")[0]}"' in text


def test_more_cards_than_a_log_holds_are_refused_in_words(cards, sign_in, monkeypatch):
    monkeypatch.setattr("app.documents.signal_log.MOST", 3)
    answer = sign_in("anna").get(f"{LOG}log.xlsx?{QUARTER}")
    assert answer.status_code == 400
    assert "возьмите период короче" in answer.get_data(as_text=True)


def test_the_list_of_cards_has_the_button_for_who_may_and_for_nobody_else(cards, sign_in):
    assert "Журнал за период" in sign_in("anna").get("/signalcardregistry/list/").get_data(as_text=True)
    assert "Журнал за период" not in sign_in("gleb").get("/signalcardregistry/list/").get_data(as_text=True)
    assert sign_in("anna").get(LOG).status_code == 200
