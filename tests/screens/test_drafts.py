"""Drafts: kept field by field for one person, gone with the form, never in the journal; and when a session ends."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any, NamedTuple

import lxml.html
import pytest
from sqlalchemy import func, select, update

from app import clock
from app.clock import now
from app.extensions import db
from app.models import (
    AgencyFinding,
    AgencyKind,
    Draft,
    JournalEntry,
    SentForm,
    SignalCard,
    SurveyAct,
    UserSession,
)
from app.services import drafts
from tests import factories
from tests.test_at_once import said, sent_together

pytestmark = pytest.mark.one_database("what is typed is kept as words; test_at_once.py sends forms at once on Postgres")

JSON = {"Accept": "application/json"}
KEY = "d" * 24
OTHER = {"last_name": "Ольхова"}  # a card that says the same twice is refused for that


def keep(browser: Any, user: Any, kind: str = "signal", **values: Any) -> Any:
    """What the script of the page sends while a person types."""
    headers, csrf = values.pop("headers", {}), values.pop("csrf", True)
    data = {"draft": KEY, "page": "p" * 24, "typed_by": str(user.id), **values}
    return browser.post(f"/draft/{kind}", data=data, headers=JSON | headers, csrf=csrf)


def stored() -> list[Draft]:
    db.session.rollback()
    return list(db.session.scalars(select(Draft).where(Draft.sent_at.is_(None)).order_by(Draft.id)))


def typed_card(cast: factories.Cast) -> dict[str, str]:
    """The least that a card says."""
    return {
        "last_name": "Мятлева", "first_name": "Нина", "description": "Ребёнок пришёл без тёплой одежды.",
        "address": "п. Северный, ул. Речная, д. 7", "detected_on": f"{clock.today() - timedelta(days=1):%d.%m.%Y}",
        "detected_time": "11:40", "threat": "exists", "territory": str(cast.north.id),
    }  # fmt: skip


@pytest.fixture
def gleb(sign_in):
    return sign_in("gleb")


def test_what_is_typed_is_kept_field_by_field(gleb, cast):
    first = keep(gleb, cast.user("gleb"), last_name="Мят", criteria=["1", "2"])
    assert first.status_code == 200
    assert first.json["said"].startswith("Черновик сохранён в ")
    second = keep(gleb, cast.user("gleb"), last_name="Мятлева", first_name="Нина", criteria="")
    assert second.json["id"] == first.json["id"]
    assert second.json["saved_at"] >= first.json["saved_at"]
    [row] = stored()
    assert row.words == {"last_name": ["Мятлева"], "first_name": ["Нина"], "criteria": [""]}
    assert row.user_id == cast.user("gleb").id


def test_nothing_of_it_is_in_the_journal_or_in_the_log(gleb, cast, caplog):
    before = db.session.scalar(select(func.count(JournalEntry.id)))
    with caplog.at_level(logging.DEBUG):
        keep(gleb, cast.user("gleb"), last_name="Мятлева")
        gleb.post(f"/draft/{stored()[0].id}/drop")
    assert db.session.scalar(select(func.count(JournalEntry.id))) == before
    assert "Мятлева" not in caplog.text


def test_a_draft_is_seen_and_deleted_by_its_person_alone(gleb, cast, sign_in):
    keep(gleb, cast.user("gleb"), last_name="Мятлева")
    [row] = stored()
    anna = sign_in("anna")
    assert "Мятлева" not in anna.get("/signal/new").text
    assert anna.post(f"/draft/{row.id}/drop").status_code == 404
    keep(anna, cast.user("anna"), last_name="Ольхова")  # under the same key
    assert [each.words["last_name"] for each in stored()] == [["Мятлева"], ["Ольхова"]]
    assert "Мятлева" in gleb.get("/signal/new").text
    answer = gleb.post(f"/draft/{row.id}/drop", data={"back": "/signalcardregistry/list/"})
    assert answer.location == "/signalcardregistry/list/"
    assert [each.words["last_name"] for each in stored()] == [["Ольхова"]]


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "x", ""])
def test_after_deleting_one_stays_on_this_server(gleb, cast, back):
    keep(gleb, cast.user("gleb"), last_name="Мятлева")
    assert gleb.post(f"/draft/{stored()[0].id}/drop", data={"back": back}).location == "/signal/new"


def test_what_is_begun_stands_over_the_list_of_cards(gleb, cast, page):
    keep(gleb, cast.user("gleb"), last_name="Мятлева", first_name="Нина")
    [notice] = page(gleb, "/signalcardregistry/list/").find_class("draft-notice")
    assert "Мятлева Нина" in notice.text_content()
    assert notice.xpath("string(.//a/@href)") == f"/signal/new?draft={stored()[0].id}"
    assert notice.xpath("string(.//input[@name='back']/@value)") == "/signalcardregistry/list/"


def test_who_may_not_send_the_form_keeps_no_draft_of_it(cast, sign_in):
    for name in ("boris", "oleg", "renata"):
        assert keep(sign_in(name), cast.user(name), last_name="М").status_code == 403
    assert sign_in("anna").post("/draft/nothing", data={"draft": KEY}, headers=JSON).status_code == 404
    assert stored() == []


def test_twenty_drafts_are_enough(gleb, cast):
    for number in range(drafts.MOST):
        assert keep(gleb, cast.user("gleb"), draft=f"{number:024}", last_name="М").status_code == 200
    answer = keep(gleb, cast.user("gleb"), last_name="М")
    assert (answer.status_code, "уже 20" in answer.json["said"]) == (409, True)
    assert keep(gleb, cast.user("gleb"), draft=f"{3:024}", last_name="Мя").status_code == 200
    assert len(stored()) == drafts.MOST


@pytest.mark.parametrize("words", [
    {"description": "я" * (drafts.LARGEST + 1)}, {f"children-{number}-name": "М" for number in range(501)},
])  # fmt: skip
def test_a_draft_has_its_bounds(gleb, cast, words):
    answer = keep(gleb, cast.user("gleb"), **words)
    assert (answer.status_code, "слишком много" in answer.json["said"]) == (409, True)
    assert stored() == []


@pytest.mark.parametrize("beside", [{"draft": "x"}, {"draft": ""}, {"typed_by": ""}, {"typed_by": "987"}])
def test_a_page_of_another_person_keeps_nothing(gleb, cast, beside):
    answer = keep(gleb, cast.user("gleb"), last_name="М", **beside)
    assert (answer.status_code, answer.json["said"][:23]) == (409, "Черновик не сохраняется")
    assert stored() == []


def test_what_comes_later_than_the_form_itself_makes_no_draft(gleb, cast):
    """The last words of a page may arrive after its form: the card is sent, nothing is left to be continued."""
    db.session.add(SentForm(user_id=cast.user("gleb").id, key="p" * 24, digest="0" * 64, sent_at=now(),
                            answer={"text": "", "location": "/"}))  # fmt: skip
    assert keep(gleb, cast.user("gleb"), last_name="М").status_code == 409
    assert stored() == []


def test_old_drafts_are_swept_at_the_next_sign_in(gleb, cast, sign_in):
    keep(gleb, cast.user("gleb"), draft="o" * 24, last_name="М")
    keep(gleb, cast.user("gleb"), last_name="М")
    old = now() - drafts.KEPT - timedelta(minutes=1)
    db.session.execute(update(Draft).where(Draft.key == "o" * 24).values(saved_at=old))
    sign_in("anna")
    assert [row.key for row in stored()] == [KEY]


def test_when_the_session_has_ended_the_page_is_told_and_goes_on_after_signing_in(gleb, cast, sign_in):
    user, origin = cast.user("gleb"), {"Origin": "http://localhost"}
    gleb.csrf_token()
    db.session.execute(update(UserSession).values(last_seen_at=now() - timedelta(hours=1)))
    ended = keep(gleb, user, last_name="М", headers=origin)
    assert (ended.status_code, ended.json["signed_in"]) == (401, False)
    assert keep(gleb, user, last_name="М", sent_again="1", headers=origin).status_code == 401
    assert stored() == []
    of_page = gleb.token
    gleb.enter("gleb")
    gleb.token = of_page
    anew = keep(gleb, user, last_name="М", headers=origin)
    assert (anew.status_code, anew.json["signed_in"]) == (401, True)
    kept = keep(gleb, user, last_name="М", sent_again="1", headers=origin)
    assert (kept.status_code, kept.json["id"]) == (200, stored()[0].id)
    gleb.token = kept.json["token"]
    assert keep(gleb, user, last_name="Мя", headers=origin).status_code == 200
    assert keep(gleb, user, last_name="Мя", sent_again="1", headers={"Origin": "http://evil.example"},
                csrf=False).status_code == 401  # fmt: skip


def test_another_person_who_signs_in_on_the_same_page_keeps_nothing_of_it(gleb, cast):
    user, origin = cast.user("gleb"), {"Origin": "http://localhost"}
    gleb.enter("anna")
    answer = keep(gleb, user, last_name="М", sent_again="1", headers=origin)
    assert (answer.status_code, "вошёл другой" in answer.json["said"]) == (409, True)
    assert stored() == []


# One draft on two pages


class Drafted(NamedTuple):
    """A form whose words are kept: who sends it, its kind and address, the words by which its draft is known, and
    what is sent."""

    who: str
    kind: str
    url: str
    words: dict[str, str]
    typed: dict[str, str]


@pytest.fixture(params=drafts.KINDS)
def form(request, cast):
    """A form of each kind."""
    if request.param == "signal":
        return Drafted("gleb", "signal", "/signal/new", {"last_name": "Ольхова"}, typed_card(cast))
    gleb, today = cast.employee("gleb"), f"{clock.today():%d.%m.%Y}"
    group = factories.survey_group(gleb, clock.today(), of=factories.family(cast.north))
    inquiry = factories.inquiry(group, gleb.agency)
    kind = factories.by_code(AgencyKind, "RT.2").id
    told = factories.finding(group, gleb.agency, "Семья не приходила") if request.param == "corrected" else None
    db.session.commit()
    survey, said = str(group.id), {"told_on": today, "text": "Мятлева приходила на приём."}
    return {
        "act": Drafted("gleb", "act", f"/survey/{survey}/act", {"persons-0-last_name": "Ольхова", "survey": survey},
                       {"visited_on": today, "access": "nobody"}),
        "answer": Drafted("gleb", "answer", f"/inquiry/{inquiry.id}/answer",
                          {"text": "Ольхова", "inquiry": str(inquiry.id)}, said),
        "told": Drafted("anna", "told", f"/survey/{survey}/findings/add", {"text": "Ольхова", "survey": survey},
                        said | {"kind": str(kind), "agency": "", "told_by": "Дежурный"}),
        "corrected": told and Drafted(
            "anna", "corrected", f"/finding/{told.id}/edit", {"text": "Ольхова", "finding": str(told.id)},
            said | {"version": "1", "told_by": "Дежурный"},
        ),
    }[request.param]  # fmt: skip


def forms_stored() -> int:
    db.session.rollback()
    return sum(
        db.session.scalar(select(func.count()).select_from(one)) or 0 for one in (SignalCard, SurveyAct, AgencyFinding)
    )


def test_what_is_typed_on_a_second_page_after_the_first_was_sent_is_a_draft_of_its_own(sign_in, cast, form, page):
    who, kind, url, words, typed = form
    browser, user = sign_in(who), cast.user(who)
    first = keep(browser, user, kind, **words)
    key = first.json["id"]
    second = dict(
        lxml.html.fromstring(browser.get(f"{url}?draft={key}").text).xpath("//form[@data-draft]")[0].form_values()
    )
    assert second["draft"] == KEY
    answer = browser.post(url, data=typed | {"draft": KEY, "form_key": "p" * 24})
    assert answer.status_code == 302, said(answer.text)
    assert stored() == []
    for _time in range(2):
        answer = keep(browser, user, kind, page=second["form_key"], **words)
        assert (answer.status_code, "другой странице" in answer.json["said"]) == (200, True)
        assert "Введённое здесь хранится отдельно" in answer.json["said"]
    [row] = stored()
    assert row.id == answer.json["id"] != key
    [notice] = page(browser, url).find_class("draft-notice")
    assert "Ольхова" in notice.text_content()
    assert (
        keep(browser, user, kind, page="p" * 24, **words).status_code == 409
    )  # the last words of the page that was sent


def test_a_form_whose_draft_was_sent_from_another_page_is_sent_when_that_is_said_again(sign_in, cast, form):
    who, kind, url, words, typed = form
    browser, user = sign_in(who), cast.user(who)
    browser.post(url, data=typed | {"draft": KEY, "form_key": "p" * 24})
    keep(browser, user, kind, page="q" * 24, **words)
    before = forms_stored()
    answer = browser.post(url, data=typed | {"draft": KEY, "form_key": "q" * 24} | OTHER)
    assert (answer.status_code, forms_stored()) == (200, before)
    document = lxml.html.fromstring(answer.text)
    assert document.xpath("//*[@data-errors]")
    again = {name: value for name, value in document.xpath("//form[@data-draft]")[0].form_values()
             if name in ("draft", "form_key", "act", "version", "visit")}  # fmt: skip
    assert again["draft"] == "q" * 24
    answer = browser.post(url, data=typed | again | OTHER)
    assert answer.status_code == 302, said(answer.text)
    assert stored() == []


def test_of_two_pages_of_a_draft_that_are_sent_at_once_one_is_told(sign_in, cast, form):
    who, kind, url, words, typed = form
    browser, user = sign_in(who), cast.user(who)
    keep(browser, user, kind, **words)
    forms = [typed | {"draft": KEY, "form_key": letter * 24, "csrf_token": browser.csrf_token()} for letter in "pq"]
    answers = sent_together(browser, url, forms)
    assert sorted(status for status, _location, _text in answers) == [200, 302]
    assert forms_stored() == 1
    assert stored() == []


def test_what_is_typed_while_another_page_of_the_draft_is_sent_is_in_a_draft_or_told(sign_in, cast, form):
    who, kind, url, words, typed = form
    browser, user = sign_in(who), cast.user(who)
    keep(browser, user, kind, **words)
    token = browser.csrf_token()
    beside = {"page": "q" * 24, "typed_by": str(user.id)}
    together = [(url, typed | {"form_key": "p" * 24}), (f"/draft/{kind}", words | beside)]
    answers = sent_together(browser, [url for url, _data in together],
                            [data | {"draft": KEY, "csrf_token": token} for _url, data in together])  # fmt: skip
    assert [status for status, _location, _text in answers] == [302, 200]
    told = "Введённое здесь хранится отдельно" in json.loads(answers[1][2])["said"]
    assert [row.key for row in stored()] == (["q" * 24] if told else [])


def test_a_button_of_an_old_page_deletes_no_other_draft(gleb, cast):
    user = cast.user("gleb")
    old = keep(gleb, user, last_name="Мятлева").json["id"]
    gleb.post("/signal/new", data=typed_card(cast) | {"draft": KEY})
    assert "удалять нечего" in gleb.post(f"/draft/{old}/drop", follow_redirects=True).text
    dropped = keep(gleb, user, draft="e" * 24, last_name="Ольхова").json["id"]
    gleb.post(f"/draft/{dropped}/drop")
    assert keep(gleb, user, draft="f" * 24, last_name="Сосновская").json["id"] not in (old, dropped)
    assert gleb.post(f"/draft/{dropped}/drop").status_code == 404
    assert len(stored()) == 1


def test_drafts_that_were_sent_do_not_count(gleb, cast):
    for number in range(drafts.MOST):
        gleb.post("/signal/new", data=typed_card(cast) | {"draft": f"{number:024}"})
    assert keep(gleb, cast.user("gleb"), last_name="М").status_code == 200


# When the session ends


def test_every_page_knows_when_the_session_ends(gleb, page):
    main = page(gleb, "/account/").get_element_by_id("content")
    assert 29 * 60 <= int(main.get("data-session-idle")) <= 30 * 60
    assert 12 * 3600 - 60 <= int(main.get("data-session-shift")) <= 12 * 3600


def test_typing_is_work(gleb, cast):
    early = now() - timedelta(minutes=28)
    db.session.execute(
        update(UserSession).values(last_seen_at=early, created_at=now() - timedelta(hours=11, minutes=50))
    )
    left = keep(gleb, cast.user("gleb"), last_name="М").json["left"]
    assert left["idle"] > 29 * 60
    assert 9 * 60 <= left["shift"] <= 10 * 60
    assert db.session.scalar(select(UserSession.last_seen_at)).replace(tzinfo=None) > early.replace(tzinfo=None)


def test_whoever_says_so_stays(gleb):
    db.session.execute(update(UserSession).values(last_seen_at=now() - timedelta(minutes=29)))
    assert gleb.get("/account/stay", headers=JSON).json["idle"] > 29 * 60
    db.session.execute(update(UserSession).values(last_seen_at=now() - timedelta(minutes=31)))
    assert gleb.get("/account/stay", headers=JSON).status_code == 302
