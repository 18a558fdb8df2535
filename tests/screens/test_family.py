"""The page of a family and the acts on it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from lxml import html
from sqlalchemy import event, func, select

from app.clock import today
from app.domain.terms import Act
from app.extensions import db
from app.models import (
    Aid,
    Deadline,
    Decision,
    Family,
    JournalEntry,
    Member,
    Registration,
    RelationshipKind,
    RemovalReason,
    SearchWord,
)
from app.services import families, registrations
from tests import factories
from tests.states import kept

pytestmark = pytest.mark.one_database(
    "words of pages and refusals of forms; test_at_once.py does each of the acts on both"
)

MOST_STATEMENTS = 15


@kept
def family(cast) -> int:
    """A family of the north with everything a page may show."""
    row = factories.family(cast.north, "00042", registered_address="п. Северный, ул. Луговая, д. 2",
                           income_per_member=Decimal("7911.77"), categories=("1", "5"))  # fmt: skip
    mother = factories.member(row, "мать", date(1988, 2, 3), "Заречная", "Нина", "Павловна", workplace="не работает")
    son = factories.member(row, "сын", date(today().year - 9, 1, 1), "Заречный", "Лев", "Олегович")
    factories.member(row, "отец", date(1980, 1, 1), "Заречный", "Олег", "Ильич", left_on=date(2024, 1, 1))
    factories.education(son, date(2024, 9, 1), organisation="МБОУ СОШ № 3", grade="2А")
    factories.support(son, today().year, 1, free_meals=True, free_textbooks=False)
    factories.registration(row, date(2023, 2, 1), until=date(2023, 12, 1))
    factories.registration(row, date(2025, 6, 10), criteria=("2.2.1", "2.5.1"), sender=cast.agency("5.3"),
                           received_on=date(2025, 6, 11))  # fmt: skip
    for number in range(12):
        factories.aid(row, today() - timedelta(days=number), recipients=[son, mother], amount=Decimal("10.50"))
    factories.mentor(row, cast.employee("gleb"), date(2025, 6, 20))
    return row.id


def live_members(family: int) -> list[Member]:
    members = select(Member).where(Member.family_id == family, Member.annulled_at.is_(None), Member.left_on.is_(None))
    return list(db.session.scalars(members))


def text_of(document) -> str:
    return re.sub(r"\s+", " ", document.text_content())


def count(entity) -> int:
    return db.session.scalar(select(func.count()).select_from(entity.__table__))


def fill(client, url: str, **values: str):
    """Post a form as a browser does: with the version that stands in it."""
    found = re.search(r'name="version"[^>]*value="(\d*)"', client.get(url).text)
    return client.post(url, data={"version": found[1] if found else "", **values})


def key_of(entity, code: str) -> str:
    return str(factories.by_code(entity, code).id)


# The page


def test_the_page_tells_who_where_since_when_and_why(family, sign_in, page):
    text = text_of(page(sign_in("anna"), f"/family/{family}"))
    for words in (
        "№ 00042 Заречная", "состоит на учёте с 10.06.2025", "Заречный Лев Олегович", "9 лет", "МБОУ СОШ № 3",
        "Луговая, д. 2", "2.2.1", "Многодетная семья", "7\u00a0911,77", "Учёт с 01.02.2023 по 01.12.2023",
        "Осинцев Глеб", "126,00", "просрочено, срок был 14.06.2025",
    ):  # fmt: skip
        assert re.sub(r"\s+", " ", words) in text, words


def test_the_page_takes_few_statements(family, sign_in):
    client = sign_in("anna")
    client.get("/")
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(f"/family/{family}").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(seen) <= MOST_STATEMENTS + 1, "\n".join(seen)  # one more: how many were opened within the hour


def test_opening_is_noted_before_the_answer_leaves(family, sign_in):
    sign_in("anna").get(f"/family/{family}")
    noted = db.session.scalars(select(JournalEntry).where(JournalEntry.act == Act.OPENED)).all()
    assert [(entry.family_id, entry.user_name) for entry in noted] == [(family, "Рябинина Анна")]


@pytest.mark.parametrize("path", ["", "/timeline", "/history", "/place", "/remove", "/annul/Family/{}"])
def test_a_strangers_family_does_not_exist(family, cast, sign_in, path):
    stranger = factories.family(cast.far).id
    db.session.commit()
    client = sign_in("anna")
    address = f"/family/{stranger}{path.format(stranger)}"
    assert client.get(address).status_code == 404
    assert client.get(f"/family/99999999999999999999{path.format(1)}").status_code == 404
    if path not in ("", "/timeline", "/history"):
        assert client.post(address, data={"reason": "x"}).status_code == 404


def test_a_commission_member_reads_and_does_nothing(family, sign_in, page):
    client = sign_in("boris")
    document = page(client, f"/family/{family}")
    assert not [
        link for link in document.xpath("//main//a/@href") if re.search("/(place|remove|enter|annul|edit|add)", link)
    ]
    assert "Заречный Лев" in text_of(document)
    for path in ("place", "remove", "history", f"annul/Family/{family}"):
        assert client.get(f"/family/{family}/{path}").status_code == 403
        assert client.post(f"/family/{family}/{path}", data={"reason": "x"}).status_code in (403, 405)
    assert sign_in("vera").get(f"/family/{family}").status_code == 404


def test_a_specialist_sees_the_families_the_agency_guides(family, cast, sign_in, page):
    other = factories.family(cast.north).id
    db.session.commit()
    client = sign_in("gleb")
    page(client, f"/family/{family}")
    assert client.get(f"/family/{other}").status_code == 404
    assert client.post(f"/family/{family}/remove", data={}).status_code == 403


@pytest.mark.parametrize("name", ["oleg", "renata", "avgust"])
def test_who_keeps_no_families_opens_none(family, sign_in, name):
    assert sign_in(name).get(f"/family/{family}").status_code == 403


def test_the_head_bears_the_acts_of_the_day_and_folds_the_rare_ones(family, sign_in, page):
    head = page(sign_in("anna"), f"/family/{family}").xpath("//*[contains(@class, 'page-head__actions')]")[0]
    assert [" ".join(one.text_content().split()) for one in head.xpath("a")] == [
        "Помощь",
        "Скан",
        "Изменить",
    ]
    rare = [" ".join(one.text_content().split()) for one in head.xpath(".//details[@data-more]//a")]
    assert rare[:3] == ["Паспорт", "Программа реабилитации", "Снять с учёта"]
    assert rare[-1] == "Семья внесена по ошибке: аннулировать"


def test_a_person_is_one_line_that_opens(family, sign_in, page):
    lines = page(sign_in("anna"), f"/family/{family}").xpath("//details[@class='person']")
    assert len(lines) == len(live_members(family))
    for line in lines:
        assert line.xpath("summary//h3")
        assert not line.xpath("summary//a"), "acts stand inside"
        assert line.xpath("div//a[contains(@href, '/memberregistry/edit/')]")


def test_after_an_act_one_is_back_in_the_section_it_was_about(family, sign_in, page):
    anna = sign_in("anna")
    document = page(anna, f"/family/{family}")
    ways = {"/execution/window": "aid", "/mentorregistry/add": "workers", "/memberregistry/add": "people"}
    for way, place in ways.items():
        address = document.xpath(f"//a[starts-with(@href, '{way}')]/@href")[0]
        assert f"next=/family/{family}%23{place}" in address
        assert document.xpath(f"//*[@id='{place}']")


def test_looking_changes_nothing(family, sign_in):
    before = {entity: count(entity) for entity in (Family, Member, Registration, Decision, Aid)}
    client = sign_in("anna")
    stay = db.session.scalar(select(Registration.id).where(Registration.removed_on.is_(None)))
    for path in ("", "/timeline", "/history", "/place", "/remove", f"/enter/{stay}", f"/annul/Registration/{stay}"):
        assert client.get(f"/family/{family}{path}").status_code == 200
    assert client.get("/family/new").status_code == 200
    assert {entity: count(entity) for entity in before} == before
    changes = select(JournalEntry).where(JournalEntry.act.in_((Act.CREATED, Act.CHANGED, Act.ANNULLED)))
    assert not [row for row in db.session.scalars(changes) if row.family_id == family and row.user_id]


@pytest.mark.parametrize("query", ["page=-1", "page=x", "page=99999999999999999999", "page=²"])
def test_a_spoilt_page_number_is_told(family, sign_in, query):
    client = sign_in("anna")
    assert client.get(f"/family/{family}/history?{query}").status_code == 400
    assert client.get(f"/family/{family}/timeline?{query}").status_code == 400


def test_an_empty_family_has_a_page_too(app, cast, sign_in, page):
    key = factories.family(cast.north, actual_address=None).id
    db.session.commit()
    assert "на учёте не состояла" in text_of(page(sign_in("anna"), f"/family/{key}"))


# Placing, removing, entering


def test_a_removed_family_is_placed_anew_on_the_date_of_the_decision(app, cast, sign_in):
    row = factories.family(cast.north)
    factories.registration(row, date(2023, 2, 1), until=date(2023, 12, 1))
    key, criterion, sender = row.id, key_of(factories.Criterion, "2.3.1"), str(cast.agency("5.7").id)
    db.session.commit()
    answer = sign_in("anna").post(
        f"/family/{key}/place",
        data={"number": "12/4", "decided_on": "2026-05-04", "criteria": [criterion], "sender": sender,
              "received_on": "05.05.2026", "entered_on": "2026-05-06"},
    )  # fmt: skip
    assert (answer.status_code, answer.location) == (302, f"/family/{key}#stays")
    stay = db.session.scalars(select(Registration).order_by(Registration.id.desc())).first()
    assert (stay.registered_on, stay.decision.number, stay.main_criterion.code) == (date(2026, 5, 4), "12/4", "2.3.1")
    assert (stay.received_on, stay.entered_on, stay.sender_id) == (date(2026, 5, 5), date(2026, 5, 6), int(sender))


def test_what_was_typed_survives_a_refusal(family, sign_in):
    answer = sign_in("anna").post(
        f"/family/{family}/place",
        data={"number": "12/4", "decided_on": "2025-09-04", "criteria": [key_of(factories.Criterion, "2.3.1")],
              "note": "со слов соседей", "received_on": "32.13.2026"},
    )  # fmt: skip
    assert answer.status_code == 200
    for typed in ('value="12/4"', 'value="2025-09-04"', "со слов соседей", 'value="32.13.2026"'):
        assert typed in answer.text
    assert count(Registration) == 2


def test_a_family_on_record_is_refused_with_the_reason(family, sign_in):
    answer = sign_in("anna").post(
        f"/family/{family}/place",
        data={"decided_on": "2025-09-04", "criteria": [key_of(factories.Criterion, "2.3.1")]},
    )
    assert "Семья уже состоит на учёте с 10.06.2025" in answer.text
    assert count(Registration) == 2
    assert count(Decision) == 3


def test_a_family_is_removed_by_a_decision_with_a_reason(family, sign_in):
    client = sign_in("anna")
    answer = fill(client, f"/family/{family}/remove", number="20/1", decided_on="2026-05-04",
                  reason=key_of(RemovalReason, "11.2"))  # fmt: skip
    assert answer.status_code == 302
    stay = db.session.scalar(select(Registration).where(Registration.registered_on == date(2025, 6, 10)))
    assert (stay.removed_on, stay.removal_reason.code, stay.removal_decision.number) == (
        date(2026, 5, 4),
        "11.2",
        "20/1",
    )


def test_another_reason_wants_a_note(family, sign_in):
    client = sign_in("anna")
    values = {"number": "20/1", "decided_on": "2026-05-04", "reason": key_of(RemovalReason, "11.4.2")}
    answer = fill(client, f"/family/{family}/remove", **values)
    assert "требует примечания" in answer.text
    assert 'value="20/1"' in answer.text
    assert fill(client, f"/family/{family}/remove", note="Переезд", **values).status_code == 302


def test_the_second_of_two_who_remove_is_told_both_values(family, sign_in):
    client = sign_in("anna")
    version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(f"/family/{family}/remove").text)[1]
    values = {"decided_on": "2026-05-04", "reason": key_of(RemovalReason, "11.2"), "number": "20/1"}
    assert client.post(f"/family/{family}/remove", data={"version": version, **values}).status_code == 302
    answer = client.post(f"/family/{family}/remove", data={"version": version, **values, "decided_on": "2026-05-07"})
    assert answer.status_code == 200
    assert "уже снята с учёта 04.05.2026" in answer.text
    assert "У вас: 07.05.2026" in answer.text


def test_a_form_over_an_older_row_is_told_both_values(family, sign_in):
    client = sign_in("anna")
    address = f"/family/{family}/remove"
    values = {"decided_on": "2026-05-04", "reason": key_of(RemovalReason, "11.2")}
    answer = client.post(address, data={"version": "777", **values})
    assert "изменил другой человек" in answer.text
    assert "снятие 04.05.2026" in answer.text
    assert fill(client, address, **values).status_code == 302


def typed_in(answer) -> dict[str, object]:
    """What a browser would send back from the form of an act, every field as it stands there."""
    form = html.fromstring(answer.text).xpath("//form[contains(@class, 'card')]")[0]
    data = {name: value for name, value in form.form_values() if name != "form_key"}
    criteria = form.xpath(".//select[@name='criteria']")
    return data | {"criteria": [key for box in criteria for key in box.xpath("./option[@selected]/@value") if key]}


def last_stay() -> Registration:
    return db.session.scalars(select(Registration).where(Registration.removed_on.is_(None))).one()


def test_a_stay_is_corrected_on_a_page_of_its_own(family, cast, sign_in, page):
    client, stay = sign_in("anna"), last_stay()
    url = f"/family/{family}/correct/{stay.id}"
    assert page(client, f"/family/{family}").xpath(f"//a[@href='{url}']")
    page(client, url)
    data = typed_in(client.get(url))
    assert data["received_on"] == "11.06.2025"
    assert len(data["criteria"]) == 2
    entries = select(func.count(JournalEntry.id)).where(JournalEntry.act == Act.CHANGED)
    before = db.session.scalar(entries)
    assert client.post(url, data=data).status_code == 302
    assert db.session.scalar(entries) == before, "an unchanged form changes nothing"
    other = key_of(factories.Criterion, "2.3.1")
    changed = data | {"number": "5/9", "sender": "", "received_on": "2025-06-12", "criteria": [other]}
    assert client.post(url, data=changed).status_code == 302
    stay = last_stay()
    assert (stay.decision.number, stay.sender, stay.received_on) == ("5/9", None, date(2025, 6, 12))
    assert [one.criterion.code for one in stay.criteria] == ["2.3.1"]
    assert "5/9" in client.get(f"/family/{family}/history").text


def test_the_end_of_a_stay_is_corrected_too_and_a_retired_word_stays(family, sign_in):
    client = sign_in("anna")
    stay = db.session.scalars(select(Registration).where(Registration.removed_on.is_not(None))).one()
    stay.removal_reason.retired = stay.criteria[0].criterion.retired = True
    reason, criterion = stay.removal_reason_id, stay.criteria[0].criterion_id
    db.session.commit()
    url = f"/family/{family}/correct/{stay.id}"
    data = typed_in(client.get(url)) | {"removed_on": "2023-12-05", "removal_number": "3/3"}
    assert client.post(url, data=data).status_code == 302
    stay = db.session.get_one(Registration, stay.id)
    assert (stay.removed_on, stay.removal_decision.number) == (date(2023, 12, 5), "3/3")
    assert (stay.removal_reason_id, stay.criteria[0].criterion_id) == (reason, criterion)


def test_a_refused_correction_keeps_what_was_typed_and_stores_nothing(family, sign_in):
    client, stay = sign_in("anna"), last_stay()
    url = f"/family/{family}/correct/{stay.id}"
    data = typed_in(client.get(url)) | {"decided_on": "2025-07-01", "note": "проверено по протоколу"}
    answer = client.post(url, data=data)
    assert "раньше даты постановления" in answer.text
    assert "проверено по протоколу" in answer.text
    assert last_stay().decision.decided_on == date(2025, 6, 10)


@pytest.mark.parametrize("change", [{"note": "первая"}, {"number": "1/77"}, {"criteria": "2.3.1"}])
def test_the_second_of_two_who_correct_sees_what_the_first_stored(family, sign_in, change):
    client, stay = sign_in("anna"), last_stay()
    url = f"/family/{family}/correct/{stay.id}"
    first = typed_in(client.get(url))
    if "criteria" in change:
        change = {"criteria": [key_of(factories.Criterion, change["criteria"])]}
    assert client.post(url, data=first | change).status_code == 302
    answer = client.post(url, data=first | {"received_on": "2025-06-13"})
    assert answer.status_code == 200
    assert "изменил другой человек" in answer.text
    assert "Записано:" in answer.text
    assert client.post(url, data=typed_in(answer)).status_code == 302
    assert last_stay().received_on == date(2025, 6, 13)


def test_a_decision_is_entered_by_itself(family, sign_in, page):
    client, url = sign_in("anna"), f"/family/{family}/decide"
    page(client, url)
    assert "field__error" in client.post(url, data={"decided_on": "2026-01-01"}).text
    values = {"kind": "refuse", "number": "4/4", "decided_on": "2026-01-01"}
    assert client.post(url, data=values).status_code == 302
    assert "уже внесено" in client.post(url, data=values).text
    assert "об отказе в постановке" in client.get(f"/family/{family}").text


def son(family: int) -> Member:
    return db.session.scalars(select(Member).where(Member.family_id == family, Member.first_name == "Лев")).one()


def test_a_child_is_moved_to_another_family_on_a_page_of_its_own(family, cast, sign_in, page):
    other = factories.family(cast.south, "00043")
    factories.member(other, "бабушка", date(1955, 1, 1), "Луговая", "Нина", None)
    db.session.commit()
    client, child, other_id = sign_in("anna"), son(family).id, other.id
    url = f"/family/{family}/move/{child}"
    assert page(client, f"/family/{family}").xpath(f"//a[@href='{url}']")
    page(client, url)
    assert "field__error" in client.post(url, data=typed_in(client.get(url))).text
    data = typed_in(client.get(url)) | {"to_family": other_id, "day": "2026-05-04", "reason": "Опека бабушки"}
    refused = client.post(url, data=data | {"day": "2016-01-01"})
    assert "Опека бабушки" in refused.text
    assert client.post(url, data=data | {"day": "2030-01-01"}).status_code == 200
    assert son(family).left_on is None
    assert client.post(url, data=data).status_code == 302
    assert son(family).left_on == date(2026, 5, 4)
    assert son(other_id).joined_on == date(2026, 5, 4)
    first, second = (text_of(page(client, f"/family/{key}")) for key in (family, other_id))
    assert "Опека бабушки" in first
    assert "МБОУ СОШ № 3" in second
    for key in (family, other_id):
        assert "Перевод" in client.get(f"/family/{key}/history").text
    assert "другой человек" in client.post(url, data=data).text


FORGED = {
    "far": "Такой записи нет",
    "nothing": "Такой записи нет",
    "": "Заполните это поле",
    "1 or 1=1": "Такой записи нет",
    "annulled": "Запись аннулирована",
    "read": "Эта семья вам не поручена",
    "home": "уже в этой семье",
}


@pytest.mark.parametrize("to", FORGED)
def test_a_child_is_moved_only_to_a_family_of_ones_own(family, cast, sign_in, to):
    """Whatever key a browser sends: of a foreign family, of one that is only read, of none."""
    annulled, far, read = factories.family(cast.south), factories.family(cast.far), factories.family(cast.far)
    registrations.annul(annulled, reason="внесена дважды", today=today())
    anna, boris = cast.user("anna"), cast.user("boris")
    anna.roles.append(boris.roles[0])
    factories.assignment(factories.employee(cast.agency("5.1"), anna), date(2026, 1, 1), of=read)
    db.session.commit()
    client, child = sign_in("anna"), son(family).id
    url = f"/family/{family}/move/{child}"
    data = typed_in(client.get(url)) | {"day": "2026-05-04", "reason": "Опека"}
    keys = {"far": far.id, "nothing": 987654, "annulled": annulled.id, "read": read.id, "home": family}
    people = count(Member)
    answer = client.post(url, data=data | {"to_family": keys.get(to, to)})
    assert answer.status_code == 200
    assert FORGED[to] in html.fromstring(answer.text).get_element_by_id("to_family-error").text_content()
    assert "Опека" in answer.text
    assert son(family).left_on is None
    assert count(Member) == people


def test_no_list_form_changes_the_family_of_a_member(family, cast, sign_in):
    other = factories.family(cast.south, "00043").id
    db.session.commit()
    client, url = sign_in("anna"), f"/memberregistry/edit/{son(family).id}"
    data = typed_in(client.get(url)) | {"family": other, "family_id": other, "origin_id": 1}
    assert client.post(url, data=data).status_code == 302
    assert (son(family).family_id, son(family).origin_id) == (family, None)


@pytest.mark.parametrize("act", ["decide", "correct/{}", "move/{}"])
def test_an_act_on_the_record_is_for_who_keeps_the_family(family, cast, sign_in, act):
    own = last_stay().id
    stay = factories.registration(factories.family(cast.far), date(2026, 1, 1))
    db.session.commit()
    address = f"/family/{stay.family_id}/{act.format(stay.id)}"
    for send in (sign_in("anna").get, sign_in("anna").post):
        assert send(address).status_code == 404
    for send in (sign_in("boris").get, sign_in("boris").post):
        assert send(f"/family/{family}/{act.format(own)}").status_code == 403
    assert sign_in("anna").get(f"/family/{family}/correct/{stay.id}").status_code == 404


def test_noting_the_entry_stops_the_clock(family, sign_in):
    client = sign_in("anna")
    stay = db.session.scalar(select(Registration.id).where(Registration.removed_on.is_(None)))
    assert "Срок прошёл 14.06.2025" in client.get(f"/family/{family}").text
    refused = fill(client, f"/family/{family}/enter/{stay}", entered_on="2025-06-01")
    assert refused.status_code == 200
    assert fill(client, f"/family/{family}/enter/{stay}", entered_on="2025-06-13").status_code == 302
    page_after = client.get(f"/family/{family}").text
    assert "Срок прошёл" not in page_after
    assert "в срок 14.06.2025" in page_after


# Annulling


def test_a_wrong_aid_is_annulled_with_a_reason_and_leaves_the_page(family, sign_in):
    client = sign_in("anna")
    aid = db.session.scalar(select(Aid.id).order_by(Aid.id))
    refused = fill(client, f"/family/{family}/annul/Aid/{aid}", reason=" ")
    assert refused.status_code == 200
    assert db.session.get(Aid, aid).annulled_at is None
    assert fill(client, f"/family/{family}/annul/Aid/{aid}", reason="внесена дважды").status_code == 302
    assert db.session.get(Aid, aid).annul_reason == "внесена дважды"
    assert "115,50" in client.get(f"/family/{family}").text
    assert client.post(f"/family/{family}/annul/Aid/{aid}", data={"reason": "ещё раз"}).status_code == 409


def test_a_decision_in_use_is_not_annulled(family, sign_in):
    decision = db.session.scalar(select(Registration.decision_id).where(Registration.removed_on.is_(None)))
    answer = fill(sign_in("anna"), f"/family/{family}/annul/Decision/{decision}", reason="ошибка")
    assert "держится учёт" in answer.text
    assert db.session.get(Decision, decision).annulled_at is None


def test_an_annulled_family_is_shown_as_such_and_found_no_more(family, sign_in):
    client = sign_in("anna")
    assert fill(client, f"/family/{family}/annul/Family/{family}", reason="внесена дважды").status_code == 302
    shown = client.get(f"/family/{family}").text
    assert "внесена дважды" in shown
    assert "/place" not in shown
    assert client.post(f"/family/{family}/place", data={}).status_code == 403
    assert "не найдено" in client.get("/search?q=Заречная").text


@pytest.mark.parametrize("path", ["Aid/1000000", "User/1", "Journal/1", "Aid/99999999999999999999", "family/1"])
def test_only_rows_of_the_family_are_annulled(family, sign_in, path):
    client = sign_in("anna")
    assert client.get(f"/family/{family}/annul/{path}").status_code == 404
    assert client.post(f"/family/{family}/annul/{path}", data={"reason": "x"}).status_code == 404


def test_a_row_of_another_family_is_not_annulled_here(family, cast, sign_in):
    other = factories.aid(factories.family(cast.north), date(2026, 1, 1)).id
    db.session.commit()
    assert sign_in("anna").post(f"/family/{family}/annul/Aid/{other}", data={"reason": "x"}).status_code == 404


def test_the_history_shows_changes_and_the_views_by_a_switch(family, sign_in, page):
    anna = sign_in("anna")
    anna.get(f"/family/{family}")
    changes = page(anna, f"/family/{family}/history")
    assert "просмотр" not in [cell.text_content() for cell in changes.xpath("//tbody//td[3]")]
    views = changes.xpath("//a[contains(@href, 'show=')]/@href")[0]
    assert {cell.text_content().strip() for cell in page(anna, views).xpath("//tbody//td[3]")} == {"просмотр"}
    assert anna.get(f"/family/{family}/history?show=nosuch").status_code == 400


def test_the_history_says_who_what_was_and_is(family, sign_in, page):
    client = sign_in("anna")
    stay = db.session.scalar(select(Registration.id).where(Registration.removed_on.is_(None)))
    fill(client, f"/family/{family}/enter/{stay}", entered_on="2025-06-13")
    text = text_of(page(client, f"/family/{family}/history"))
    assert "Рябинина Анна" in text
    assert "Дата внесения в банк: 13.06.2025" in text
    assert "entered_on" not in text


# A fresh family


def first_form(cast, **values: str) -> dict[str, str]:
    mother = db.session.scalar(select(RelationshipKind.id).where(RelationshipKind.name == "мать"))
    return {
        "territory": str(cast.north.id), "number": "", "registered_address": "п. Северный, ул. Новая, д. 8",
        "people-0-last_name": "Кленовая", "people-0-first_name": "Рита", "people-0-born_on": "1990-04-05",
        "people-0-role": str(mother), "people-1-last_name": "", "people-1-first_name": "", **values,
    }  # fmt: skip


def test_a_family_is_entered_with_its_first_members(app, cast, sign_in, page):
    client = sign_in("anna")
    page(client, "/family/new")
    answer = client.post("/family/new", data=first_form(cast))
    assert answer.status_code == 302, answer.text
    family = db.session.scalars(select(Family)).one()
    assert (family.name, family.number, family.district_id) == ("Кленовая", "00001", cast.district.id)
    assert family.actual_address == family.registered_address == "п. Северный, ул. Новая, д. 8"
    assert [member.first_name for member in family.members] == ["Рита"]
    assert db.session.scalar(select(SearchWord).where(SearchWord.word == "кленовая")) is not None


def test_likely_duplicates_are_shown_before_saving(app, cast, sign_in):
    client = sign_in("anna")
    client.post("/family/new", data=first_form(cast))
    answer = client.post("/family/new", data=first_form(cast, number="00900"))
    assert answer.status_code == 200
    assert "№ 00001 Кленовая" in answer.text
    assert count(Family) == 1
    mark = re.search(r'name="confirmed" value="(\w+)"', answer.text)[1]
    other = first_form(cast, number="00900", confirmed=mark, registered_address="п. Северный, ул. Старая, д. 1")
    assert client.post("/family/new", data=other).status_code == 200
    assert client.post("/family/new", data=first_form(cast, number="00900", confirmed=mark)).status_code == 302
    assert count(Family) == 2


AGAIN = {"people-0-last_name": "Кленовая", "people-0-first_name": "Рита", "registered_address": ""}


@pytest.mark.parametrize(
    "values",
    [
        {"people-0-first_name": "Ритта"}, {"people-0-last_name": "Kленовая"}, {"people-0-born_on": ""},
        {"people-0-last_name": "Рита", "people-0-first_name": "Кленовая"},
    ],
)  # fmt: skip
def test_a_person_spelled_otherwise_is_noticed_too(app, cast, sign_in, values):
    client = sign_in("anna")
    client.post("/family/new", data=first_form(cast))
    answer = client.post("/family/new", data=first_form(cast, **{**AGAIN, **values}))
    assert answer.status_code == 200
    assert "№ 00001 Кленовая" in answer.text
    assert count(Family) == 1


def member_form(family: Family, **values: str) -> dict[str, str]:
    return {"family": str(family.id), "last_name": "Кленовая", "first_name": "Рита", "born_on": "1990-04-05", **values}


@pytest.mark.parametrize(("own", "values"), [
    (False, {}), (False, {"first_name": "Рина"}), (False, {"born_on": ""}), (True, {"born_on": "1991-04-05"}),
    (True, {"last_name": "Кленова"}), (True, {"born_on": ""}),
])  # fmt: skip
def test_a_member_who_is_in_the_bank_already_is_shown_before_saving(app, cast, sign_in, own, values):
    client = sign_in("anna")
    client.post("/family/new", data=first_form(cast))
    known = db.session.scalars(select(Family)).one()
    family = known if own else factories.family(cast.south, "00700")
    db.session.commit()
    form = member_form(family, **values)
    answer = client.post("/memberregistry/add", data=form)
    assert answer.status_code == 200
    assert f"/family/{known.id}" in answer.text
    assert "Кленовая Рита, дата рождения 05.04.1990" in answer.text
    mark = re.search(r'name="confirmed" value="(\w+)"', answer.text)[1]
    assert (
        client.post("/memberregistry/add", data={**form, "workplace": "совхоз", "confirmed": mark}).status_code == 200
    )
    assert count(Member) == 1
    assert client.post("/memberregistry/add", data={**form, "confirmed": mark}).status_code == 302
    assert count(Member) == 2


MEMBER = {"last_name": "Кленовая", "first_name": "Рита", "middle_name": "", "born_on": "1990-04-05"}


def edit(client, path: str, row, **values: str):
    return client.post(f"/{path}/edit/{row.id}", data={**values, "version": str(row.version)})


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("was", [{"first_name": "Роза"}, {"born_on": date(1991, 1, 1)}], ids=["name", "date"])
def test_a_member_who_becomes_like_another_one_is_shown_before_saving(app, cast, sign_in, own, was):
    client = sign_in("anna")
    client.post("/family/new", data=first_form(cast))
    known = db.session.scalars(select(Family)).one()
    told = {"born_on": date(1990, 4, 5), "last_name": "Кленовая", "first_name": "Рита", "middle_name": None, **was}
    if own:
        told["last_name"] = "Осинина"
    member = factories.member(known if own else factories.family(cast.south, "00700"), "мать", **told)
    db.session.commit()
    answer = edit(client, "memberregistry", member, **MEMBER)
    assert answer.status_code == 200
    assert f"/family/{known.id}" in answer.text
    assert "Похожее уже есть в банке" in answer.text
    db.session.refresh(member)
    assert (member.last_name, member.first_name, member.born_on) == (
        told["last_name"], told["first_name"], told["born_on"])  # fmt: skip
    mark = re.search(r'name="confirmed" value="(\w+)"', answer.text)[1]
    assert edit(client, "memberregistry", member, **{**MEMBER, "first_name": "Рина"}, confirmed=mark).status_code == 200
    if not own:  # in one family the two would be one person twice
        assert edit(client, "memberregistry", member, **MEMBER, confirmed=mark).status_code == 302


def test_what_an_edit_leaves_as_it_was_is_not_asked_about(app, cast, sign_in):
    client = sign_in("anna")
    client.post("/family/new", data=first_form(cast))
    member = factories.member(factories.family(cast.south, "00700"), "мать", date(1990, 4, 5), "Кленовая", "Рита", None)
    db.session.commit()
    assert edit(client, "memberregistry", member, **MEMBER, workplace="совхоз").status_code == 302


def test_a_person_who_was_moved_is_not_like_himself(app, cast, sign_in):
    first, second = factories.family(cast.north, "00700"), factories.family(cast.north, "00701")
    factories.member(first, "мать", date(1988, 1, 2), "Осинина", "Ирма", None)
    boy = factories.member(first, "сын", date(2015, 5, 5), "Осинин", "Ян", None)
    moved = families.move(boy, second, day=date(2026, 9, 1), reason="опека", role=None, today=date(2026, 9, 30))
    db.session.commit()
    values = {"last_name": "Осинин", "first_name": "Ян", "born_on": "2015-05-06"}
    assert edit(sign_in("anna"), "memberregistry", moved, **values, joined_on="2026-09-01").status_code == 302


def test_a_family_that_comes_to_the_address_of_another_one_is_shown_before_saving(app, cast, sign_in):
    client = sign_in("anna")
    client.post("/family/new", data=first_form(cast))
    known = db.session.scalars(select(Family)).one()
    family = factories.family(cast.north, "00700", actual_address="п. Северный, ул. Старая, д. 1")
    db.session.commit()
    values = {"number": "00700", "territory": str(cast.north.id), "actual_address": family.actual_address}
    assert edit(client, "familyregistry", family, **values, income_source="пенсия").status_code == 302
    db.session.refresh(family)
    values["actual_address"] = "п. Северный, ул. Новая, д. 8"
    answer = edit(client, "familyregistry", family, **values)
    assert answer.status_code == 200
    assert f"/family/{known.id}" in answer.text
    mark = re.search(r'name="confirmed" value="(\w+)"', answer.text)[1]
    assert edit(client, "familyregistry", family, **values, confirmed=mark).status_code == 302


def test_a_brother_and_a_namesake_are_entered_at_once(app, cast, sign_in):
    client = sign_in("anna")
    client.post("/family/new", data=first_form(cast))
    family = db.session.scalars(select(Family)).one()
    for values in ({"first_name": "Вера"}, {"last_name": "Осинина", "born_on": "1991-04-05"}):
        assert client.post("/memberregistry/add", data=member_form(family, **values)).status_code == 302
    other = factories.family(cast.south, "00700")
    db.session.commit()
    assert client.post("/memberregistry/add", data=member_form(other, born_on="1991-04-05")).status_code == 302


def test_whom_one_does_not_see_is_not_told(app, cast, sign_in):
    factories.member(factories.family(cast.far, "00001"), "мать", date(1990, 4, 5), "Кленовая", "Рита", None)
    family = factories.family(cast.north, "00700")
    db.session.commit()
    assert sign_in("anna").post("/memberregistry/add", data=member_form(family)).status_code == 302


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"people-0-born_on": "2099-01-01"}, "Дата рождения ещё не наступила"),
        ({"people-0-first_name": ""}, "Заполните это поле"),
        ({"people-0-born_on": "вчера"}, 'value="вчера"'),
        ({"territory": ""}, "Территория"),
        ({"people-0-first_name": "—"}, "Заполните это поле"),
        ({"people-0-sex": "x"}, "Кленовая"),
        ({"people-0-role": "100500"}, "Кленовая"),
    ],
)
def test_a_wrong_first_form_stores_nothing_and_keeps_what_was_typed(app, cast, sign_in, values, said):
    answer = sign_in("anna").post("/family/new", data=first_form(cast, **values))
    assert answer.status_code == 200
    assert said in answer.text
    assert 'value="Кленовая"' in answer.text
    assert count(Family) == count(Member) == 0


def test_a_family_without_a_person_is_not_entered(app, cast, sign_in):
    nobody = {"people-0-last_name": "", "people-0-first_name": " ", "people-0-born_on": ""}
    answer = sign_in("anna").post("/family/new", data=first_form(cast, **nobody))
    assert "В семье нет ни одного человека" in answer.text
    assert "п. Северный, ул. Новая, д. 8" in answer.text
    assert count(Family) == 0


def test_what_looks_the_same_is_entered_the_same_and_told(app, cast, sign_in):
    client = sign_in("anna")
    typed = first_form(cast, **{"people-0-last_name": " Kлен\xadовая ", "people-0-middle_name": "нет"})
    answer = client.post("/family/new", data=typed, follow_redirects=True)
    assert "В слове «Кленовая» были буквы латиницы (K)" in answer.text
    rita = db.session.scalars(select(Member)).one()
    assert (rita.last_name, rita.middle_name) == ("Кленовая", None)


def test_the_last_person_of_a_family_is_not_annulled(app, cast, sign_in):
    client = sign_in("anna")
    client.post("/family/new", data=first_form(cast))
    rita = db.session.scalars(select(Member)).one()
    url = f"/family/{rita.family_id}/annul/Member/{rita.id}"
    assert "последний человек в семье" in fill(client, url, reason="ошибка").text
    assert count(Member) == 1
    db.session.expire_all()
    assert db.session.scalars(select(Member)).one().annulled_at is None


def test_more_rows_are_given_without_saving(app, cast, sign_in):
    answer = sign_in("anna").post("/family/new", data=first_form(cast, more="1"))
    assert 'name="people-6-last_name"' in answer.text
    assert 'value="Кленовая"' in answer.text
    assert count(Family) == 0


def test_a_family_is_not_entered_on_a_strangers_territory(app, cast, sign_in):
    answer = sign_in("anna").post("/family/new", data=first_form(cast, territory=str(cast.far.id)))
    assert answer.status_code == 200
    assert count(Family) == 0


@pytest.mark.parametrize("name", ["boris", "gleb", "oleg", "renata", "avgust"])
def test_only_the_coordinator_enters_families(app, cast, sign_in, name):
    client = sign_in(name)
    assert client.get("/family/new").status_code == 403
    assert client.post("/family/new", data=first_form(cast)).status_code == 403


def change_deadline(client, code: str, **changes: str):
    """Fill the form of the dictionary over what it shows, and send it."""
    address = f"/deadlineregistry/edit/{key_of(Deadline, code)}"
    form = html.fromstring(client.get(address).text).xpath("//main//form[@method='post' or @method='POST']")[0]
    return client.post(address, data={**dict(form.form_values()), **changes})


def test_a_deadline_edited_in_the_dictionary_changes_the_clock(family, sign_in):
    client = sign_in("anna")
    assert "Срок прошёл 14.06.2025" in client.get(f"/family/{family}").text
    assert change_deadline(sign_in("oleg"), "bank_entry_3d", number="5", unit="working_day").status_code == 302
    shown = client.get(f"/family/{family}").text
    assert "Срок прошёл 20.06.2025" in shown  # 12, 13 and 14 June were days off
    assert "5 рабочих дней" in shown
    assert "Положение, 3.2" in shown
    assert "поступление постановления и карты учёта 11.06.2025" in shown


def families_late(client) -> int:
    return len(html.fromstring(client.get("/familyregistry/list/?_flt_0_overdue=1").text).xpath("//main//tbody/tr"))


def test_a_deadline_edited_in_the_dictionary_changes_the_first_page(family, sign_in, page):
    client = sign_in("anna")
    received = today() - timedelta(days=4)
    stay = db.session.scalars(select(Registration).where(Registration.removed_on.is_(None))).one()
    stay.received_on = received
    db.session.commit()
    assert families_late(client) == 1
    assert change_deadline(sign_in("oleg"), "bank_entry_3d", number="5", unit="working_day").status_code == 302
    assert families_late(client) == 0
    assert change_deadline(sign_in("oleg"), "month_2", number="19").status_code == 302
    assert re.search(r"19\.\d\d\.\d{4}\s+Направление районного банка данных", text_of(page(client, "/")))


def test_a_deadline_that_cannot_be_counted_is_refused_beside_its_field(family, sign_in):
    answer = change_deadline(sign_in("oleg"), "month_2", number="45")
    assert answer.status_code == 200
    assert "Число месяца – от 1 до 31." in answer.text
