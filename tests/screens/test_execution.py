"""The window of execution, «Мои мероприятия», aid to many families at once, and what each refuses."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from lxml import html
from sqlalchemy import func, select

from app.clock import today
from app.domain.terms import AidRhythm, MeasureState, PaperKind
from app.extensions import db
from app.models import (
    Aid,
    AidKind,
    Family,
    IdentityDocument,
    Member,
    Paper,
    PlannedMeasure,
    Stage,
    Supervision,
    SupervisionKind,
)
from app.readings import my_measures
from app.services import papers, programmes
from tests import factories, scans
from tests.states import kept
from tests.test_statements import asked

pytestmark = pytest.mark.one_database("pages and refusals; test_at_once.py does the acts at once on Postgres")

BEGAN = date(2026, 1, 12)
MOST_STATEMENTS = 12


@kept
def plan(cast) -> dict[str, int]:
    """A family of the north whose plan names Gleb's body for one measure and another body for a second one."""
    row = factories.family(cast.north, "00042")
    mother = factories.member(row, "мать", date(1988, 2, 3), "Заречная", "Нина", "Павловна")
    son = factories.member(row, "сын", date(today().year - 9, 1, 1), "Заречный", "Лев", "Олегович")
    gone = factories.member(row, "отец", date(1980, 1, 1), "Заречный", "Олег", "Ильич", left_on=date(2026, 2, 1))
    stay = factories.registration(row, BEGAN)
    programme = factories.programme(stay, BEGAN, date(2027, 1, 12), approved=True)
    stage = factories.stage(programme, BEGAN, date(2026, 12, 31))
    gleb = cast.employee("gleb")
    late = today() - timedelta(days=10)
    first = factories.measure(stage, late, performer=gleb.agency, members=[son])
    second = factories.measure(stage, today() + timedelta(days=10), "4.11", performer=gleb.agency)
    others = factories.measure(stage, late, "1.1", performer=cast.agency("5.3"))
    other = factories.family(cast.north, "00043")
    child = factories.member(other, "дочь", date(today().year - 8, 3, 3), "Лугина", "Ия", "Олеговна")
    factories.registration(other, date(2026, 3, 1))
    factories.mentor(other, gleb, date(2026, 3, 2))
    db.session.flush()
    return {"family": row.id, "first": first.id, "second": second.id, "others": others.id, "other": other.id,
            "mother": mother.id, "son": son.id, "gone": gone.id, "child": child.id, "stage": stage.id}  # fmt: skip


def window(client, query: str) -> dict[str, list[str]]:
    """What a browser would send of the window as it opens."""
    found = html.fromstring(client.get(f"/execution/window?{query}").text).xpath("//form[@method='post'][@enctype]")[0]
    values: dict[str, list[str]] = {}
    for name, value in found.form_values():
        if name != "file":
            values.setdefault(name, []).append(value)
    return values


def send(client, query: str, **changes):
    values = window(client, query) | {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(f"/execution/window?{query}", data=values, content_type="multipart/form-data")


def said(answer) -> str:
    return re.sub(r"\s+", " ", html.fromstring(answer.text).xpath("//main")[0].text_content())


def kind(code: str) -> str:
    return str(factories.by_code(AidKind, code).id)


def aids() -> list[Aid]:
    return list(db.session.scalars(select(Aid).order_by(Aid.id)))


def test_a_measure_is_carried_out_in_one_window_that_knows_most_already(plan, sign_in, cast):
    gleb = sign_in("gleb")
    begun = window(gleb, f"m={plan['first']}")
    assert begun["whom-0-recipients"] == [str(plan["son"])]
    assert begun["given_on"] == [f"{today():%d.%m.%Y}"]
    answer = send(gleb, f"m={plan['first']}", description="Занятие проведено", kind=kind("5.3"),
                  file=(io.BytesIO(scans.picture("PNG")), "photo.png"))  # fmt: skip
    assert answer.status_code == 302, said(answer)
    [aid] = aids()
    assert (aid.planned_id, aid.measure.code, aid.performer, aid.employee) == (
        plan["first"], "2.16", cast.employee("gleb").agency, cast.employee("gleb"))  # fmt: skip
    assert [one.id for one in aid.recipients] == [plan["son"]]
    measure = db.session.get_one(PlannedMeasure, plan["first"])
    assert (measure.state, measure.done_on) == (MeasureState.DONE, today())
    [paper] = db.session.scalars(select(Paper))
    assert paper.aid_id == aid.id
    assert gleb.get(f"/papers/{paper.id}/file").status_code == 200, "what the body brought it sees"
    assert send(gleb, f"m={plan['first']}", description="Ещё занятие", kind=kind("5.3")).status_code == 302
    assert len(aids()) == 2, "one measure has many aids"


def test_what_a_body_has_carried_out_wrongly_it_annuls_and_the_measure_is_to_be_done_again(plan, sign_in):
    gleb = sign_in("gleb")
    send(gleb, f"m={plan['first']}", kind=kind("5.3"))
    [aid] = aids()
    found = html.fromstring(gleb.get(f"/aidregistry/annul/{aid.id}").text)
    version = found.xpath("//input[@name='version']/@value")[0]
    assert (
        gleb.post(f"/aidregistry/annul/{aid.id}", data={"version": version, "reason": "Не та семья"}).status_code == 302
    )
    db.session.expire_all()
    assert db.session.get_one(Aid, aid.id).annul_reason == "Не та семья"
    assert db.session.get_one(PlannedMeasure, plan["first"]).state is MeasureState.PLANNED


REFUSED = [
    ({"given_on": "tomorrow"}, "ещё не наступила"),
    ({"whom__0__recipients": "gone"}, "не жили в семье: Заречный Олег Ильич"),
    ({"whom__0__amount": "100"}, "У этого вида помощи суммы не бывает"),
    ({"given_on": "01.01.2026"}, "В этот день семья ещё не состояла на учёте"),
    ({"rhythm": "weekly"}, "Укажите, до какого дня"),
    ({"until": "31.12.2026"}, "Укажите, как часто"),
    ({"rhythm": "weekly", "until": "31.12.2030"}, "не больше чем на год"),
    ({"whom__0__recipients": "child"}, "член этой семьи"),
]


@pytest.mark.one_database("rules in Python; the window is stored on both by the others")
@pytest.mark.parametrize(("changes", "sentence"), REFUSED, ids=[sentence for _changes, sentence in REFUSED])
def test_a_refusal_says_why_and_loses_nothing_that_was_typed(plan, sign_in, changes, sentence):
    words = plan | {"tomorrow": f"{today() + timedelta(days=1):%d.%m.%Y}"}
    changes = {name: str(words.get(value, value)) for name, value in changes.items()}
    answer = send(sign_in("gleb"), f"m={plan['first']}", kind=kind("5.3"), description="Подробно описано", **changes)
    assert answer.status_code == 200
    assert sentence in said(answer)
    assert "Подробно описано" in answer.text
    assert not aids()
    assert db.session.get_one(PlannedMeasure, plan["first"]).state is MeasureState.PLANNED


def test_aid_of_a_day_before_the_record_is_told_with_the_reason(plan, sign_in):
    anna = sign_in("anna")
    early = {"given_on": "01.01.2026", "kind": kind("2.1"), "whom__0__amount": "1500,50"}
    answer = send(anna, f"f={plan['family']}", **early)
    assert 'name="whom-0-before_record"' in answer.text
    assert send(anna, f"f={plan['family']}", **early, whom__0__before_record="По линии школы").status_code == 302
    [aid] = aids()
    assert (aid.before_record, aid.amount, aid.planned_id) == ("По линии школы", Decimal("1500.50"), None)


def test_a_form_that_is_sent_twice_is_one_aid(plan, sign_in):
    gleb, query = sign_in("gleb"), f"m={plan['second']}"
    values = window(gleb, query) | {"kind": kind("5.3")}
    for _time in range(2):
        answer = gleb.post(f"/execution/window?{query}", data=values, content_type="multipart/form-data")
        assert answer.status_code == 302
    assert len(aids()) == 1


def test_the_second_of_two_who_carry_out_one_measure_is_told(plan, sign_in):
    anna, gleb, query = sign_in("anna"), sign_in("gleb"), f"m={plan['first']}"
    values = window(anna, query) | {"kind": kind("5.3")}
    assert send(gleb, query, kind=kind("5.3")).status_code == 302
    answer = anna.post(f"/execution/window?{query}", data=values, content_type="multipart/form-data")
    assert answer.status_code == 200
    assert "мероприятие изменили (исполнено" in said(answer)
    assert len(aids()) == 1


def test_one_form_is_for_many_families_with_their_own_recipients_and_sums(plan, sign_in):
    gleb = sign_in("gleb")
    listed = gleb.get("/execution/families")
    assert "00042" in listed.text
    assert "00043" in listed.text
    assert "00042" not in gleb.get("/execution/families?q=Лугина").text
    again = html.fromstring(gleb.get(f"/execution/families?q=Лугина&f={plan['family']}").text)
    assert again.xpath("//input[@name='f']/@value") == [str(plan["family"]), str(plan["other"])]
    assert again.xpath("//input[@name='f'][@checked]/@value") == [str(plan["family"])], (
        "a further search keeps the ticks"
    )
    query = f"f={plan['family']}&f={plan['other']}"
    begun = window(gleb, query)
    assert (begun["whom-0-recipients"], begun["whom-1-recipients"]) == ([str(plan["son"])], [str(plan["child"])])
    unclear = send(gleb, query, measure="организац", whom__0__amount="10")
    assert "может значить" in said(unclear)
    assert "В списке нет" in said(send(gleb, query, measure="9.99"))
    photo = (io.BytesIO(scans.picture("PNG")), "photo.png")
    answer = send(
        gleb, query, kind=kind("2.3"), measure="1.1", whom__0__amount="10", whom__1__amount="20,50", file=photo
    )
    assert answer.status_code == 302, said(answer)
    first, second = aids()
    assert [(one.family_id, one.amount) for one in (first, second)] == [
        (plan["family"], Decimal(10)), (plan["other"], Decimal("20.50"))]  # fmt: skip
    assert first.batch == second.batch
    assert {one.measure.code for one in (first, second)} == {"1.1"}, "«1.1» is not «1.10»"
    assert {paper.aid_id for paper in db.session.scalars(select(Paper))} == {first.id, second.id}
    answer = send(gleb, query, kind=kind("2.3"), given_on="15.02.2026")
    assert answer.status_code == 200
    assert "00043" in said(answer)
    assert len(aids()) == 2, "all or nothing"


def test_many_measures_are_carried_out_from_the_list(plan, sign_in, page):
    gleb = sign_in("gleb")
    late = said(gleb.get("/execution/?state=overdue"))
    assert "просрочено дней: 10" in late
    assert "1.1 " not in late, "another body's measure is not Gleb's"
    page(gleb, "/execution/")
    query = f"m={plan['first']}&m={plan['second']}"
    assert send(gleb, query, description="Проведено").status_code == 302
    assert db.session.scalar(select(func.count()).where(PlannedMeasure.state == MeasureState.DONE)) == 2
    assert "Предстоят 0" in said(gleb.get("/execution/"))
    assert "2.16" in said(gleb.get("/execution/?state=done"))
    everything = said(sign_in("anna").get("/execution/?state=overdue"))
    assert "1.1 " in everything
    assert "Исполнить" in everything


def test_a_measure_that_was_not_carried_out_says_why(plan, sign_in):
    gleb, address = sign_in("gleb"), f"/execution/measure/{plan['first']}/not-done"
    version = html.fromstring(gleb.get(address).text).xpath("//input[@name='version']/@value")[0]
    assert gleb.post(address, data={"version": version}).status_code == 200
    assert gleb.post(address, data={"version": version, "reason": "Семья выехала"}).status_code == 302
    measure = db.session.get_one(PlannedMeasure, plan["first"])
    assert (measure.state, measure.reason) == (MeasureState.NOT_DONE, "Семья выехала")


def test_regular_aid_is_entered_once_and_cut_short(cast, plan, sign_in):
    gleb = sign_in("gleb")
    until = today() + timedelta(days=90)
    answer = send(gleb, f"f={plan['family']}", kind=kind("8.1"), rhythm="daily", until=f"{until:%d.%m.%Y}", again="1")
    assert answer.status_code == 302, said(answer)
    assert answer.location == f"/execution/window?f={plan['family']}", "one more aid to the same family"
    [aid] = aids()
    assert (aid.rhythm, aid.until) == (AidRhythm.DAILY, until)
    address = f"/execution/aid/{aid.id}/cut"
    family = db.session.get_one(Family, plan["family"])
    factories.aid(family, today(), performer=cast.agency("5.3"), until=until, rhythm=AidRhythm.DAILY)
    ends = html.fromstring(gleb.get(f"/family/{plan['family']}").text).xpath("//section[@id='aid']//td//a/@href")
    assert [each for each in ends if "/cut" in each] == [address], "a body ends its own"
    for day, status in ((until, 200), (today() - timedelta(days=1), 200), (today() + timedelta(days=5), 302)):
        version = html.fromstring(gleb.get(address).text).xpath("//input[@name='version']/@value")[0]
        assert gleb.post(address, data={"version": version, "until": f"{day:%d.%m.%Y}"}).status_code == status, day
    db.session.expire_all()
    assert db.session.get_one(Aid, aid.id).until == today() + timedelta(days=5)


def test_nobody_carries_out_what_is_anothers(plan, sign_in):
    gleb, vera = sign_in("gleb"), sign_in("vera")
    for query, status in ((f"m={plan['others']}", 403), ("m=999999", 404), ("m=x", 404)):
        assert gleb.get(f"/execution/window?{query}").status_code == status, query
        assert gleb.post(f"/execution/window?{query}", data={}).status_code == status, query
    many = "&".join(f"m={number}" for number in range(61))
    for query, says in (("", "Ничего не отмечено"), (many, "Отмечено 61, а сразу – не больше 60.")):
        back = gleb.get(f"/execution/window?next=/execution/?state%3Doverdue&{query}")
        assert (back.status_code, back.location) == (302, "/execution/?state=overdue")
        assert says in said(gleb.get(back.location))
        assert gleb.post(f"/execution/window?{query}", data={}).status_code == 404
    assert vera.get(f"/execution/window?f={plan['family']}").status_code == 403
    stranger = sign_in("galina")
    for address in (f"/execution/window?f={plan['family']}", f"/execution/measure/{plan['first']}/not-done"):
        assert stranger.get(address).status_code == 404


# What a body sees


def test_a_body_sees_the_families_it_works_with_while_it_works_with_them(plan, sign_in, cast):
    gleb = sign_in("gleb")
    assert gleb.get(f"/family/{plan['family']}").status_code == 200
    stage = db.session.get_one(Stage, plan["stage"])
    stage.programme.closed_on, stage.programme.closed_as = today(), "completed"
    db.session.commit()
    assert gleb.get(f"/family/{plan['family']}").status_code == 404, "an ended programme ends the sight"
    family = db.session.get_one(Family, plan["family"])
    meeting = factories.meeting(cast.employee("boris").agency, today())
    item = factories.agenda_item(meeting, family)
    order = factories.instruction(item, cast.employee("gleb").agency, today(), given_on=today())
    db.session.commit()
    assert gleb.get(f"/family/{plan['family']}").status_code == 200, "an instruction is work"
    order.annulled_at = stage.created_at
    order.annul_reason = "Отменено"
    db.session.commit()
    assert gleb.get(f"/family/{plan['family']}").status_code == 404


def test_a_plan_gives_work_to_nobody_before_it_is_approved(plan, sign_in):
    gleb, anna = sign_in("gleb"), sign_in("anna")
    stage = db.session.get_one(Stage, plan["stage"])
    decision = stage.decision
    stage.decision = stage.programme.approval = None
    db.session.commit()
    report = f"/execution/report/?period={today():%Y-%m}"
    assert gleb.get(f"/family/{plan['family']}").status_code == 404, "a draft tells a body of no family"
    assert gleb.get(f"/execution/window?m={plan['first']}").status_code == 404
    for client in (gleb, anna):
        assert "Просрочены 0" in said(client.get("/execution/?state=overdue"))
    assert "Заречная" not in said(gleb.get(report))
    programmes.approve(stage.programme, decision, today())
    db.session.commit()
    assert gleb.get(f"/family/{plan['family']}").status_code == 200
    assert "Просрочены 1" in said(gleb.get("/execution/?state=overdue"))
    assert "Заречная" in said(gleb.get(report))


def test_a_body_sees_no_health_and_no_documents_of_the_family_and_no_papers_but_its_own(plan, sign_in):
    family = db.session.get_one(Family, plan["family"])
    mother = db.session.get_one(Member, plan["mother"])
    illness = db.session.scalars(select(SupervisionKind).where(SupervisionKind.special).limit(1)).one()
    db.session.add(IdentityDocument(family=family, member=mother, number="345678"))
    db.session.add(Supervision(family=family, member=mother, kind=illness, started_on=BEGAN))
    papers.attach(family, kind=PaperKind.OTHER, title="Справка из диспансера", dated_on=None, decision=None,
                  file_name="a.pdf", scan=papers.inspected(scans.pdf("ATTACHED")), today=today())  # fmt: skip
    db.session.commit()
    [paper] = db.session.scalars(select(Paper.id))
    gleb, anna = sign_in("gleb"), sign_in("anna")
    for words in ("345678", "Справка из диспансера", illness.name):
        assert words in said(anna.get(f"/family/{family.id}"))
        assert words not in said(gleb.get(f"/family/{family.id}"))
    assert gleb.get(f"/papers/{paper}/file").status_code == 404


def test_my_measures_ask_no_more_for_a_long_plan_and_count_no_further_than_is_told(plan, sign_in, cast, monkeypatch):
    browsers = {name: sign_in(name) for name in ("gleb", "anna")}
    few = {(name, state): asked(browser, f"/execution/?state={state}")
           for name, browser in browsers.items() for state in ("due", "overdue", "done")}  # fmt: skip
    stage, body = db.session.get_one(Stage, plan["stage"]), cast.employee("gleb").agency
    for number in range(60):
        done = {"state": MeasureState.DONE, "done_on": today()} if number % 3 == 0 else {}
        factories.measure(stage, today() + timedelta(days=number - 30), performer=body, **done)
    db.session.commit()
    for (name, state), before in few.items():
        after = asked(browsers[name], f"/execution/?state={state}")
        assert len(after) <= max(len(before), MOST_STATEMENTS), (name, state)
        assert len(after) <= MOST_STATEMENTS, (name, state, Counter(after).most_common(3))
    assert "1 / " not in said(browsers["gleb"].get("/execution/?state=due")), "they stand on one page"
    monkeypatch.setattr(my_measures, "PAGE", 11)
    assert "1 / 2" in said(browsers["gleb"].get("/execution/?state=due"))
    assert "2 / 2" in said(browsers["gleb"].get("/execution/?state=due&page=9"))
    monkeypatch.setattr(my_measures, "MOST_COUNTED", 15)
    page = said(browsers["gleb"].get("/execution/?state=due&page=1"))
    assert "15+" in page
    assert "Предыдущая страница 2" in page


def test_the_window_of_many_measures_asks_no_more_than_that_of_one(cast, sign_in):
    body = cast.employee("gleb").agency
    others = []
    for number in range(9):
        of = factories.family(cast.north, f"9{number:04}")
        factories.member(of)
        programme = factories.programme(factories.registration(of, BEGAN), BEGAN, date(2027, 1, 12), approved=True)
        at = factories.stage(programme, BEGAN, date(2026, 12, 31))
        others.append(factories.measure(at, today(), performer=body))
    db.session.commit()
    for browser in (sign_in("gleb"), sign_in("anna")):
        one, nine = ("&".join(f"m={row.id}" for row in rows) for rows in (others[:1], others))
        browser.get(f"/execution/window?{one}")  # where the families of a body live is kept from then on
        assert len(asked(browser, f"/execution/window?{nine}")) <= len(asked(browser, f"/execution/window?{one}"))


def test_the_head_of_the_family_tells_what_is_next_what_is_late_and_what_was_done(plan, sign_in, page):
    gleb = sign_in("gleb")
    head = page(gleb, f"/family/{plan['family']}").xpath("//*[@id='programme']")[0]
    text = " ".join(head.text_content().split())
    for words in ("План: 3 | Помощь: 0", "2.16", "4.11", "за месяц ничего"):
        assert words in text, words
    assert send(gleb, f"m={plan['first']}", kind=kind("5.3")).status_code == 302
    head = page(gleb, f"/family/{plan['family']}").xpath("//*[@id='programme']")[0]
    assert f"{today():%d.%m.%Y} 2.16" in " ".join(head.text_content().split())


def test_the_report_of_a_performer_is_read_and_printed_to_be_signed(plan, sign_in, cast):
    gleb, anna = sign_in("gleb"), sign_in("anna")
    assert send(gleb, f"m={plan['first']}", kind=kind("2.1"), whom__0__amount="150").status_code == 302
    period = f"{today():%Y-%m}"
    read = said(gleb.get(f"/execution/report/?period={period}"))
    assert "Заречная" in read
    assert "150,00 руб." in read
    assert "1.1 " not in read, "another body's measure"
    text = scans.flowing(scans.texts(gleb.get(f"/execution/report/report.pdf?period={period}").get_data()))
    for words in ("Отчёт исполнителя", "2.16", "Заречный Лев Олегович", "исполнено: 1", "(подпись, дата)"):
        assert words in text, words
    body = cast.employee("gleb").agency_id
    assert "Заречная" in said(anna.get(f"/execution/report/?agency={body}&period={period}"))
    assert anna.get(f"/execution/report/?agency={body}&period=2001-01").status_code == 400
    assert "Заречная" not in said(sign_in("galina").get("/execution/report/"))
