"""The forms of the bank that are no form of the registry, each filled in as it would be accepted."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import lxml.html
import pytest
from flask.testing import FlaskClient

from app import access, clock, scopes
from app.documents import editable
from app.documents.survey_act import QR_PREFIX
from app.domain import terms
from app.extensions import db
from app.models import (
    AgencyFinding,
    AgencyInquiry,
    AgendaItem,
    CardExtension,
    CardScan,
    CardTelling,
    Criterion,
    Deadline,
    DecisionOutcome,
    Delivery,
    Destruction,
    DestructionItem,
    DoublesDecision,
    DynamicsLevel,
    Family,
    FamilyReaction,
    InstructionScan,
    Job,
    Meeting,
    Paper,
    PaperTemplate,
    RemovalReason,
    Role,
    SignalCardOutcome,
    StageKind,
    Submission,
    SurveyAct,
    SurveyGroup,
    SurveyScan,
    User,
    UserSession,
)
from app.render import qr
from app.services import signals
from tests import factories, scans
from tests.exchange.workbooks import Sound, load
from tests.states import MIXED, Bank, kept

CODE = "code-of-a-survey"


@dataclass(frozen=True)
class ActForm:
    """A form or a button of an act.

    who: of the cast; page: where it stands; url: where it is sent; typed: what is filled in, a file as what makes it;
    makes: the entity of which there is one more afterwards; once: of two that are sent at once one is refused.
    """

    who: str
    page: str
    url: str
    typed: dict[str, Any] = field(default_factory=dict)
    makes: type[Any] | None = None
    once: bool = True

    def element(self, document: Any) -> Any:
        """The form itself; a button that does not stand now was on a page that was opened earlier, with its keys."""
        forms = document.xpath("//main//form[@method='post']")
        return next((form for form in forms if (form.get("action") or self.page) == self.url), forms[0])

    def filled(self, client: FlaskClient) -> dict[str, Any]:
        """What a browser would send: what stands in the form with its hidden keys, and what is typed."""
        return self.fields(lxml.html.fromstring(client.get(self.page).text))

    def fields(self, document: Any) -> dict[str, Any]:
        """The same of a page that is open."""
        data: dict[str, Any] = {}
        for name, value in self.element(document).form_values():
            data.setdefault(name, []).append(value)
        return data | self.typed


def scan() -> tuple[Any, str]:
    return io.BytesIO(scans.pdf("акт")), "акт.pdf"


@lru_cache(maxsize=1)  # made twice, it bears two moments, and is another file
def _extract() -> bytes:
    return editable.standard(terms.TemplateKind.EXTRACT)


def template() -> Callable[[], tuple[Any, str]]:
    content = _extract()
    return lambda: (io.BytesIO(content), "выписка.docx")


def scan_with_code() -> tuple[Any, str]:
    """The first page of a blank act with the code of a survey that Gleb leads."""
    return io.BytesIO(base64.b64decode(qr.data_uri(QR_PREFIX + CODE).partition(",")[2])), "акт.png"


@kept
def beside(cast: factories.Cast) -> dict[str, Any]:
    """What acts need beside a family on record: one that is on none, one that was, a load, sessions open elsewhere,
    signal cards, bodies that are asked, meetings with what stands on their agendas."""
    free = factories.family(cast.north, number="00099")
    twins = [factories.member(free, last_name="Ольхов", first_name=name) for name in ("Тихон", "Тихан")]
    gone = factories.family(cast.north, number="00098")
    factories.member(gone, last_name="Бывалов")
    ended = factories.registration(gone, date(2025, 1, 1), until=date(2025, 6, 1))
    waits = factories.family(cast.north, number="00097")
    factories.member(waits, last_name="Выжидаев")
    awaited = factories.registration(waits, date(2026, 1, 1), received_on=date(2026, 1, 2))
    worked = factories.family(cast.north, number="00086")
    factories.member(worked, last_name="Трудов")
    stay = factories.registration(worked, date(2026, 1, 1))
    plan = factories.programme(stay, date(2026, 2, 2), date(2026, 12, 12), approved=True)
    stage = factories.stage(plan, date(2026, 2, 2), date(2026, 8, 8))
    db.session.commit()
    ended_acts = _destructions(cast)
    batch = load(Sound().content())
    return {"free": free.id, "twins": [row.id for row in twins], "gone": gone.id, "ended": ended.id,
            "waits": waits.id, "awaited": awaited.id, "batch": batch.id, "stage": stage.id, "sessions": _sessions(cast),
            "destructions": ended_acts, "cards": _cards(cast), "inquiries": _inquiries(cast),
            "meetings": _meetings(cast)}  # fmt: skip


@pytest.fixture
def acts(bank: Bank, rows: Mapping[str, Any], beside: Mapping[str, Any], cast: factories.Cast) -> dict[str, ActForm]:
    """Every act, over `rows` of a family that is on record, and what is `beside` it. Where both were laid, and nothing
    else was written, their keys are those of the last time."""
    if bank.state == MIXED:
        return _acts(rows, beside, cast)
    here = (bank.database.url, bank.state, clock.today())
    if here not in _known:
        _known[here] = _acts(rows, beside, cast)
    return _known[here]


_known: dict[tuple[str, str, date], dict[str, ActForm]] = {}


def _acts(rows: Mapping[str, Any], beside: Mapping[str, Any], cast: factories.Cast) -> dict[str, ActForm]:
    family, vera = rows["Family"].id, cast.user("vera").id
    free, gone, opened = beside["free"], beside["gone"], beside["sessions"]
    asked = ((Criterion, "2.1.1"), (Criterion, "2.3.1"), (RemovalReason, "11.2"))
    criterion, other, reason = (factories.by_code(*one).id for one in asked)
    here = f"/family/{family}"
    found = {
        "place": _of_family(f"/family/{free}/place", makes="Registration", number="5/1", decided_on="2026-02-02",
                            criteria=[str(criterion)], note="учёт"),
        "change criteria": _of_family(f"{here}/criteria", makes="Decision", number="5/7", decided_on="2026-05-02",
                                      criteria=[str(other)], note="по итогам"),
        "decide": _of_family(f"{here}/decide", makes="Decision", kind="extend", number="5/2", decided_on="2026-05-02",
                             note="продлить"),
        "correct": _of_family(f"{here}/correct/{rows['Registration'].id}", number="5/3", note="как в копии"),
        "correct an ended stay": _of_family(f"/family/{gone}/correct/{beside['ended']}", number="5/5",
                                            removal_number="5/6", note="как в копии"),
        "remove": _of_family(f"{here}/remove", makes="Decision", number="5/4", decided_on="2026-05-05",
                             reason=str(reason), note="основание"),
        "enter": _of_family(f"{here}/enter/{rows['Registration'].id}", entered_on="2026-03-04"),
        "extend": _of_family(f"/family/{beside['waits']}/extend/{beside['awaited']}/{_entry()}",
                             makes="StayExtension", until="2026-05-05", reason="ждём копию"),
        "move": _of_family(f"{here}/move/{rows['Member'].id}", makes="Member", to_family=str(free),
                           day="2026-05-05", reason="переезд"),
        "name in papers": _of_family(f"{here}/names", plural="Ясеневых-Полян"),
        "name a person in papers": _of_family(f"{here}/names/{rows['Member'].id}", dative="Ясеневой-Поляне"),
        "annul": _of_family(f"/aidregistry/annul/{rows['Aid'].id}", reason="ошибка ввода"),
        "annul on the page": _of_family(f"{here}/annul/Supervision/{rows['Supervision'].id}", reason="ошибка ввода"),
        "annul the family": _of_family(f"{here}/annul/Family/{family}", reason="ошибка ввода"),
        "merge families": _of_family(f"/doubles/families/{free}/{gone}", makes="DoublesDecision", reason="одна семья"),
        "merge people": _of_family("/doubles/people/{}/{}".format(*beside["twins"]), makes="DoublesDecision",
                                   reason="один ребёнок"),
        "say they are different": ActForm("anna", f"/doubles/families/{free}/{gone}",
                                          f"/doubles/families/{free}/{gone}/different", makes=DoublesDecision),
        "take a decision on doubles back": _of_family(f"/doubles/decision/{rows['DoublesDecision'].id}/back",
                                                      reason="ошиблись"),
        "annul a paper": _of_family(f"/papers/{rows['Paper'].id}/annul", reason="ошибка ввода"),
        "attach a paper": _of_family(f"{here}/papers/add", makes="Paper", title="Акт", file=scan),
        "new family": _of_family("/family/new", makes="Family", territory=str(cast.south.id), number="00500",
                                 registered_address="ул. Луговая, д. 9", **_first_member(criterion)),
        "new signal card": _of_family("/signal/new", makes="SignalCard", last_name="Мятлева", first_name="Нина",
                                      description="без одежды", threat="exists", source="anonymous"),
        "undo a load": ActForm("anna", f"/exchange/batch/{beside['batch']}", f"/exchange/undo/{beside['batch']}"),
        "add a user": ActForm("oleg", "/users/add", "/users/add",
                              {"username": "semen", "last_name": "Ольхов", "first_name": "Семён"}, User),
        "change a user": ActForm("oleg", f"/users/{vera}", f"/users/{vera}", {"first_name": "Верена"}),
        "add a role": ActForm("oleg", "/roles/", "/roles/add", {"name": "Инспектор", "same_as": "Член КДН"}, Role),
    }  # fmt: skip
    for button in ("password", "unlock", "deactivate", "activate", "sessions/end", f"sessions/{opened['vera']}/end"):
        found[f"button {button.replace(str(opened['vera']), 'N')}"] = ActForm(
            "oleg", f"/users/{vera}", f"/users/{vera}/{button}", once=False
        )
    found |= _of_cards(beside["cards"], cast, family)
    found |= _of_surveys(beside["cards"], cast, free)
    found |= _of_survey_acts(beside["cards"])
    found |= _of_inquiries(beside["inquiries"])
    found |= _of_meetings(beside["meetings"])
    found |= _of_sittings(beside["meetings"])
    found |= _of_programmes(rows, beside)
    found |= _of_destructions(beside["destructions"], family)
    found |= _of_reports(rows["Submission"].id, cast)
    own = f"/account/sessions/{opened['anna']}/end"
    found["end an own session"] = ActForm("anna", "/account/", own, once=False)
    return found


def _destructions(cast: factories.Cast) -> dict[str, int]:
    """A family whose term of keeping is over, and two of which an act of Anna's waits for another person."""
    found: dict[str, int] = {}
    for number, name in enumerate(("prepare", "confirm", "withdraw"), start=1):
        old = factories.family(cast.north, number=f"0007{number}")
        factories.member(old, "мать", date(1970, 1, 1), last_name="Стародубова")
        factories.registration(old, date(2015, 1, 1), until=date(2016, 6, 1))
        if name == "prepare":
            found[name] = old.id
            continue
        act = Destruction(
            territory=cast.district, year=2026, number=number, commission="Рябинина Анна, председатель",
            prepared_by="Рябинина Анна", prepared_by_id=cast.user("anna").id,
            items=[DestructionItem(territory=cast.district, family=old, named=f"семья № {old.number}",
                                   reason="Пять лет", due_on=date(2021, 6, 1))],
        )  # fmt: skip
        db.session.add(act)
        db.session.flush()
        found[name] = act.id
    db.session.commit()
    return found


def _of_destructions(keys: Mapping[str, int], family: int) -> dict[str, ActForm]:
    """The acts on cases whose term of keeping is over, and the hold on one."""
    people = "Рябинина Анна, председатель\nЛугова Зоя, секретарь\nКленов Борис, член комиссии"
    until = f"{clock.today() + timedelta(days=2500):%d.%m.%Y}"
    confirm, withdraw = f"/retention/{keys['confirm']}", f"/retention/{keys['withdraw']}/withdraw"
    return {
        "prepare a destruction": ActForm("anna", "/retention/", "/retention/prepare",
                                         {"cases": [f"f{keys['prepare']}"], "commission": people}, Destruction),
        "confirm a destruction": ActForm("zoya", confirm, f"{confirm}/confirm", {}, Job, once=False),
        "withdraw a destruction": ActForm("anna", withdraw, withdraw, {"reason": "не все дела проверены"}),
        "hold a family": _of_family(f"/family/{family}/hold", makes="RetentionHold", until=until, reason="проверка"),
    }  # fmt: skip


def _of_reports(submitted: int, cast: factories.Cast) -> dict[str, ActForm]:
    """A report of a quarter long past is submitted, and one that was submitted is corrected."""
    asked = f"/submit/senders?territory={cast.district.id}&from=2010-01-01&to=2010-03-31"
    correct = f"/submission/{submitted}/correct"
    agreed = {"agreed_by": "Председатель комиссии", "agreed_on": "2026-02-02"}
    return {
        "submit a report": ActForm("anna", asked, asked, {**agreed, "file": scan}, Submission),
        "correct a report": ActForm("anna", correct, correct, {**agreed, "note": "позднее постановление"}, Submission),
    }


def _of_cards(cards: Mapping[str, int], cast: factories.Cast, family: int) -> dict[str, ActForm]:
    """The acts on signal cards, each on a card of its own."""
    outcome = factories.by_code(SignalCardOutcome, "not_confirmed").id
    later = f"/signal/{cards['later']}/extend/{factories.by_code(Deadline, 'survey_default').id}"

    def act(name: str, typed: dict[str, Any], *, who: str = "anna", page: str = "") -> ActForm:
        here = f"/signal/{cards[name]}"
        return ActForm(who, page or f"{here}/{name}", f"{here}/{name}", typed, once=name not in ("receive", "undo"))

    return {
        "ask the sender": act("ask", {"question": "Сколько детей?"}),
        "answer the coordinator": act("answer", {"answer": "Двое"}, who="gleb"),
        "attach a card": act("attach", {"family": str(family)}),
        "send a card on": act("redirect", {"territory": str(cast.far.id), "note": "живут там"}),
        "send a card out": act("send-out", {"addressee": "Администрация соседнего округа", "note": "живут там"}),
        "close a card": act("close", {"outcome": str(outcome), "note": "не подтвердилось"}),
        "open a card": act("receive", {}, page=f"/signal/{cards['receive']}"),
        "undo a step of a card": act("undo", {}, page=f"/signal/{cards['undo']}"),
        "extend a clock of a card": ActForm(
            "anna",
            later,
            later,
            {"until": f"{clock.today() + timedelta(days=9):%d.%m.%Y}", "reason": "ждём соседей"},
            CardExtension,
        ),
        "take a card back": act("recall", {}, page="/signal/sent-on"),
    }


def _of_surveys(cards: Mapping[str, int], cast: factories.Cast, family: int) -> dict[str, ActForm]:
    """The acts on photos, on an emergency and on surveys, each on a card of its own."""
    due_on = clock.today() + timedelta(days=2)
    here = clock.local(clock.now())
    group = {"leader": str(cast.employee("gleb").id), "due_on": f"{due_on:%d.%m.%Y}"}
    body = cast.agency("5.7").id

    def of_card(name: str, act: str, typed: dict[str, Any], makes: type[Any] | None = None, page: str = "") -> ActForm:
        url = f"/signal/{cards[name]}/{act}"
        return ActForm("anna", page or url, url, typed, makes)

    def of_survey(name: str, typed: dict[str, Any]) -> ActForm:
        url = f"/survey/{cards[f'survey to {name}']}/{name}"
        return ActForm("anna", url, url, typed)

    photo = cards["its scan"]
    told = {"told_to": "дежурный", "told_on": f"{here:%d.%m.%Y}", "told_time": f"{here:%H:%M}"}
    return {
        "photos of a card": of_card("scan", "scan", {"file": scan}, CardScan),
        "annul a photo": ActForm("anna", f"/signal-scan/{photo}/annul", f"/signal-scan/{photo}/annul",
                                 {"reason": "чужое фото"}),
        "mark an emergency": of_card("emergency", "emergency", {}, page=f"/signal/{cards['emergency']}"),
        "tell a body": replace(of_card("tell", f"tell/{body}", told, CardTelling), once=False),
        "name a group": of_card("survey", "survey", group, SurveyGroup),
        "survey of a family": ActForm("anna", f"/family/{family}/survey", f"/family/{family}/survey", group,
                                      SurveyGroup),
        "change a group": of_survey("change", {**group, "task": "Уточнить адрес"}),
        "extend a survey": of_survey("extend", {"until": f"{clock.today() + timedelta(days=9):%d.%m.%Y}",
                                                "reason": "семья в отъезде"}),
        "call a survey off": of_survey("call-off", {"reason": "уехали"}),
    }  # fmt: skip


def _of_survey_acts(cards: Mapping[str, int]) -> dict[str, ActForm]:
    """The acts on acts of surveys, each of a survey of its own; a group's leader signs by the same form."""
    visited = {"visited_on": f"{clock.today():%d.%m.%Y}", "access": "refused", "persons-0-last_name": "Мятлева"}

    def of_act(name: str) -> ActForm:
        url = f"/survey/act/{cards[f'act to {name}']}/{name}"
        return ActForm("anna", url, url, {"reason": "описка"}, SurveyAct if name == "correct" else None)

    def write(name: str, **typed: str) -> ActForm:
        url = f"/survey/{cards[f'survey to {name}']}/act"
        return ActForm("gleb", url, url, {**visited, **typed}, SurveyAct)

    scans_of, photo = f"/survey/{cards['survey to write']}/scan", cards["scan of a survey"]
    return {
        "write an act": write("write"),
        "sign an act": write("sign", sign="1", access="took_place", threat="none", conclusion="Вывод",
                             **{f"{heading.value}_level": "full" for heading in terms.SurveyHeading}),
        "correct an act": of_act("correct"),
        "drop an act": of_act("drop"),
        "bring a scan": ActForm("gleb", "/survey-scan", "/survey-scan", {"file": scan_with_code}, SurveyScan),
        "photos of a survey": ActForm("gleb", scans_of, scans_of, {"file": scan}, SurveyScan),
        "annul a scan of a survey": ActForm("gleb", f"/survey-scan/{photo}/annul", f"/survey-scan/{photo}/annul",
                                            {"reason": "чужое фото"}),
    }  # fmt: skip


def _survey_acts(cast: factories.Cast) -> dict[str, int]:
    """Surveys that Gleb leads, each ready for what is done with its act, and a scan of one."""
    gleb, found = cast.employee("gleb"), {}
    for name in ("write", "sign", "correct", "drop"):
        card = factories.signal_card(cast.north, received_at=clock.now(), detected_at=clock.now() - timedelta(days=3),
                                     sent_at=clock.now() - timedelta(days=2))  # fmt: skip
        code = {"code": CODE} if name == "write" else {}
        group = factories.survey_group(gleb, clock.today() + timedelta(days=1), card=card, **code)
        found[f"survey to {name}"] = group.id
        if name in ("correct", "drop"):
            found[f"act to {name}"] = factories.survey_act(group, clock.today(), signed=name == "correct").id
    photo = SurveyScan(group_id=found["survey to write"], file_name="фото.jpg", mime="image/jpeg", size=1,
                       sha256="1" * 64, key="survey photo")  # fmt: skip
    db.session.add(photo)
    db.session.commit()
    return found | {"scan of a survey": photo.id}


def _of_inquiries(keys: Mapping[str, int]) -> dict[str, ActForm]:
    """The acts on what bodies are asked and tell, each on an inquiry of its own."""
    due_on, day = (f"{clock.today() + timedelta(days=days):%d.%m.%Y}" for days in (3, 0))
    survey, said = f"/survey/{keys['survey']}", {"told_on": day, "text": "На учёте не состоит"}

    def act(name: str, typed: dict[str, Any], *, who: str = "anna", page: str = "", once: bool = True) -> ActForm:
        url = f"/inquiry/{keys[name]}/{name}"
        return ActForm(who, page or url, url, typed, AgencyFinding if name == "answer" else None, once)

    asked = f"/inquiry/{keys['nothing']}"
    of_kind, finding = {"kind": str(keys["kind"])}, f"/finding/{keys['finding']}"
    return {
        "ask agencies": ActForm("anna", f"{survey}/ask", f"{survey}/ask",
                                {"agencies": [str(keys["body"])], "due_on": due_on}, AgencyInquiry),
        "answer an inquiry": act("answer", said, who="gleb", once=False),
        "know nothing": act("nothing", {}, who="gleb", page=asked),
        "take an answer": act("close", {}, page=survey),
        "ask once more": act("again", {"due_on": due_on, "question": "Состоит ли на учёте?"}),
        "withdraw an inquiry": act("withdraw", {"reason": "не нужно"}),
        "enter what was told": ActForm("anna", f"{survey}/findings/add", f"{survey}/findings/add", {**of_kind, **said},
                                       AgencyFinding, once=False),
        "correct what was told": ActForm("anna", f"{finding}/edit", f"{finding}/edit", {**said, "text": "Состоит"}),
        "annul what was told": ActForm("anna", f"{finding}/annul", f"{finding}/annul", {"reason": "ошибка"}),
    }  # fmt: skip


def _inquiries(cast: factories.Cast) -> dict[str, int]:
    """Inquiries, each ready for the act of its name: two of Gleb's body, three others that Anna settles."""
    gleb, due_on = cast.employee("gleb"), clock.today() + timedelta(days=3)
    groups = {
        name: factories.survey_group(gleb, due_on, of=factories.family(cast.north))
        for name in ("answer", "nothing", "close", "again", "withdraw", "finding")
    }
    asked = {
        name: factories.inquiry(groups[name], gleb.agency if name in ("answer", "nothing") else cast.agency("5.7"),
                                answered_at=clock.now() if name in ("close", "again") else None)
        for name in groups if name != "finding"
    }  # fmt: skip
    told = factories.finding(groups["finding"], cast.agency("5.7"), kind="RT.3")
    keys = {name: row.id for name, row in asked.items()}
    keys |= {"finding": told.id, "survey": groups["close"].id, "kind": told.kind_id, "body": cast.agency("5.5").id}
    db.session.commit()
    return keys


def _of_meetings(keys: Mapping[str, int]) -> dict[str, ActForm]:
    """The acts on a plan and on agendas, each on a meeting of its own that is not open yet."""
    ahead = f"{clock.today() + timedelta(days=40):%d.%m.%Y}"

    def of_meeting(name: str, typed: dict[str, Any], *, page: str = "", makes: type[Any] | None = None,
                   once: bool = True) -> ActForm:  # fmt: skip
        here = f"/meeting/{keys[f'meeting to {name}']}"
        return ActForm("zoya", page or f"{here}/{name}", f"{here}/{name}", typed, makes, once)

    def of_item(name: str, typed: dict[str, Any] | None = None) -> ActForm:
        url, page = f"/item/{keys[f'item to {name}']}/{name}", f"/meeting/{keys[f'meeting to {name}']}"
        return ActForm("zoya", url if typed else page, url, typed or {})

    return {
        "plan meetings": ActForm("anna", "/meetings/plan", "/meetings/plan",
                                 {"agency": str(keys["body"]), "days": ahead, "place": "зал"}, Meeting),
        "prepare a meeting": of_meeting("prepare", {"number": "77", "place": "малый зал"}),
        "call a meeting off": of_meeting("call-off", {"reason": "карантин"}),
        "gather an agenda": of_meeting("gather", {}, page=f"/meeting/{keys['meeting to gather']}"),
        "put proposed matters on": of_meeting("put-on", {"matter": [f"standstill-{keys['long on record']}---"]},
                                              page=f"/meeting/{keys['meeting to put-on']}", makes=AgendaItem),
        "put a matter on": of_meeting("matter", {"title": "О работе школ", "why": "по плану"}, makes=AgendaItem,
                                      once=False),
        "take a matter off": of_item("take-off", {"reason": "семья уехала"}),
        "put a matter back": of_item("put-back"),
        "move a matter up": of_item("up"),
        "move a matter down": of_item("down"),
    }  # fmt: skip


def _of_sittings(keys: Mapping[str, int]) -> dict[str, ActForm]:
    """The acts on meetings that sit, and on what they have ordered."""
    today, ahead = (f"{clock.today() + timedelta(days=days):%d.%m.%Y}" for days in (0, 20))
    heard, said = factories.by_code(DecisionOutcome, "heard").id, {"done_on": today, "answer": "Обследовали"}

    def sit(act: str, typed: dict[str, Any], *, page: str = "", once: bool = True) -> ActForm:
        url = f"/meeting/{keys[f'meeting to {act}']}/{act}"
        return ActForm("zoya", page or url, url, typed, once=once)

    def order(act: str, typed: dict[str, Any], *, who: str = "zoya", page: str = "") -> ActForm:
        url = f"/instruction/{keys[f'order to {act}']}"
        return ActForm(who, url if page else f"{url}/{act}", f"{url}/{act}", typed)

    item, decided = f"/item/{keys['item to decide']}", f"/item/{keys['item to take-back']}"
    given = f"/item/{keys['item to reopen']}/deliveries"
    return {
        "open a meeting": sit("open", {}, page=f"/meeting/{keys['meeting to open']}"),
        "tick who has come": sit("attendance", {"present": []}, once=False),
        "decide an item": ActForm("zoya", item, item, {"outcome": str(heard), "note": "заслушали"}),
        "take a decision back": ActForm("zoya", decided, f"{decided}/take-back"),
        "close a meeting": sit("close", {}),
        "correct a decision": ActForm(
            "zoya", f"/meeting/{keys['meeting to reopen']}", f"/item/{keys['item to reopen']}/correct", makes=AgendaItem
        ),
        "undo a closing": sit("reopen", {"reason": "ошибка в решении"}),
        "bring a template": ActForm(
            "zoya",
            "/paper-templates/add",
            "/paper-templates/add",
            {"kind": "extract", "since": today, "file": template()},
            PaperTemplate,
        ),
        "retire a template": ActForm("zoya", "/paper-templates/", f"/paper-templates/{keys['template']}/retire"),
        "answer an instruction": order("answer", said, who="gleb"),
        "enter an answer from paper": order("enter", said),
        "accept an answer": order("accept", {}, page="its own"),
        "add a scan to an answer": order("scan", {"file": scan}, who="gleb"),
        "annul a scan of an answer": ActForm(
            "gleb", *[f"/instruction/scan/{keys['scan to annul']}/annul"] * 2, {"reason": "не тот файл"}
        ),
        "write a delivery down": ActForm(
            "zoya",
            given,
            given,
            {"kind": "resolution", "sent_on": today, "way": "handed", "whom": "Ивановой Анне", "received_on": today},
            Delivery,
            once=False,
        ),
        "bring a signed scan": ActForm("zoya", *[f"/item/{keys['item to scan']}/scan"] * 2, {"file": scan}, Paper),
        "mark a receipt": ActForm(
            "zoya", *[f"/delivery/{keys['delivery to mark']}/receipt"] * 2, {"received_on": today, "mark": "расписка"}
        ),
        "annul a delivery": ActForm(
            "zoya", *[f"/delivery/{keys['delivery to annul']}/annul"] * 2, {"reason": "ошибка"}
        ),
        "return an answer": order("return", {"reason": "без акта", "due_on": ahead}),
    }


def _meetings(cast: factories.Cast) -> dict[str, int]:
    """Meetings of the commission, each ready for the act of its name, and instructions to Gleb's body."""
    boris, vera, gleb = (cast.employee(name) for name in ("boris", "vera", "gleb"))
    body, today = boris.agency, clock.today()
    for person, post in ((boris, terms.CommissionPost.CHAIR), (vera, terms.CommissionPost.SECRETARY)):
        factories.commission_member(person, body, date(2026, 1, 1), post=post)
    named = {"presiding": boris, "secretary": vera}
    waits = ("prepare", "call-off", "gather", "put-on", "matter", "take-off", "put-back", "up", "down", "open")
    sits = ("attendance", "decide", "take-back", "close", "reopen")
    found = {
        name: factories.meeting(body, today - timedelta(days=place), number=place, **named)
        for place, name in enumerate(waits, start=1)
    } | {
        name: factories.meeting(body, today - timedelta(days=place), [boris, vera], number=place, **named)
        for place, name in enumerate(sits, start=len(waits) + 1)
    }
    items = {name: [factories.agenda_item(found[name]) for _place in range(2)] for name in ("up", "down")}
    items |= {name: [factories.agenda_item(found[name])] for name in ("take-off", "put-back", *sits)}
    items["put-back"][0].annulled_at, items["put-back"][0].annul_reason = clock.now(), "снят"
    found["reopen"].closed_at = clock.now()
    items["reopen"][0].number = "15/1"
    for name in ("take-back", "close", "reopen"):
        items[name][0].decided_at, items[name][0].outcome = clock.now(), factories.by_code(DecisionOutcome, "heard")
    long_ago = factories.family(cast.north, number="00096")
    decided = factories.family(cast.north, number="00085")
    items["scan"] = [factories.agenda_item(found["attendance"], decided, number="11/2")]
    factories.registration(long_ago, today - timedelta(days=600))
    orders = {
        name: factories.instruction(items["decide"][0], gleb.agency, today + timedelta(days=9),
                                    given_on=today - timedelta(days=30),
                                    answered_at=clock.now() if name in ("accept", "return", "scan") else None)
        for name in ("answer", "enter", "accept", "return", "scan")
    }  # fmt: skip
    keys = {f"meeting to {name}": row.id for name, row in found.items()}
    keys |= {f"item to {name}": rows[-1 if name == "up" else 0].id for name, rows in items.items()}
    keys |= {f"order to {name}": row.id for name, row in orders.items()}
    of = orders["scan"]
    wrong = InstructionScan(
        meeting_id=of.meeting_id, instruction=of, item_id=of.item_id, agency_id=of.agency_id, given_on=of.given_on,
        file_name="не тот.pdf", mime="application/pdf", size=1, sha256="3" * 64, key="wrong answer",
    )  # fmt: skip
    db.session.add(wrong)
    db.session.flush()
    keys["scan to annul"] = wrong.id
    for name in ("mark", "annul"):
        given = Delivery(
            meeting=found["reopen"], item=items["reopen"][0], kind=terms.TemplateKind.EXTRACT, whom=f"Кому: {name}",
            sent_on=today, way=terms.DeliveryWay.POST,
        )  # fmt: skip
        db.session.add(given)
        db.session.flush()
        keys[f"delivery to {name}"] = given.id
    keys |= {"body": body.id, "long on record": long_ago.id}
    row = PaperTemplate(kind=terms.TemplateKind.EXTRACT, since=date(2026, 1, 1), file_name="выписка.docx",
                        content=editable.standard(terms.TemplateKind.EXTRACT))  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return keys | {"template": row.id}


def _cards(cast: factories.Cast) -> dict[str, int]:
    """Cards of Gleb's body, each ready for the act of its name: Anna has opened all but one."""
    names = ("ask", "answer", "attach", "redirect", "send-out", "close", "receive", "undo", "recall", "scan",
             "emergency", "tell", "survey", "change", "extend", "call-off", "later")  # fmt: skip
    body, far = cast.employee("gleb").agency, cast.far.id
    found = {name: factories.signal_card(cast.north, body, received_at=clock.now()) for name in names}
    found["receive"].received_at = None
    found["answer"].question = "Сколько детей?"
    with access.acting_as(scopes.scope_of(cast.user("anna"), [terms.Role.COORDINATOR], clock.today())):
        signals.ask(found["undo"], "Сколько детей?")
        signals.redirect(found["recall"], far, "живут там")
        signals.mark_emergency(found["tell"])
    gleb, due_on = cast.employee("gleb"), clock.today() + timedelta(days=3)
    groups = {name: factories.survey_group(gleb, due_on, card=found[name]) for name in ("change", "extend", "call-off")}
    photo = CardScan(card=found["scan"], file_name="фото.jpg", mime="image/jpeg", size=1, sha256="1" * 64, key="photo")
    db.session.add(photo)
    db.session.commit()
    keys = {name: card.id for name, card in found.items()}
    surveys = {f"survey to {name}": group.id for name, group in groups.items()}
    return keys | surveys | {"its scan": photo.id} | _survey_acts(cast)


def _of_programmes(rows: Mapping[str, Any], beside: Mapping[str, Any]) -> dict[str, ActForm]:
    """What is done with a programme, its stages and its measures, and with what was done for the family."""
    plan, stage, measure = (rows[name].id for name in ("Programme", "Stage", "PlannedMeasure"))
    kind = str(factories.by_code(StageKind, "final").id)
    level = str(factories.by_code(DynamicsLevel, "medium").id)
    reaction = str(factories.by_code(FamilyReaction, "4").id)
    return {
        "open a programme": _of_family(f"/programme/open/{beside['waits']}", makes="Programme",
                                       starts_on="2026-02-02", ends_on="2026-12-12", problems="долги"),
        "change a programme": _of_family(f"/programme/{plan}/edit", note="уточнено"),
        "approve a programme": _of_family(f"/programme/{plan}/approve", makes="Decision", number="5/8",
                                          decided_on="2026-03-10", note="утвердить"),
        "end a programme": _of_family(f"/programme/{plan}/finish", how="terminated", day="2026-11-11",
                                      reason="переезд"),
        "add a stage": _of_family(f"/programme/{plan}/stage", makes="Stage", kind=kind, starts_on="2026-09-10",
                                  ends_on="2026-12-10", tasks="закрепить"),
        "change a stage": _of_family(f"/stage/{stage}/edit", tasks="уточнено"),
        "review a stage": _of_family(f"/stage/{beside['stage']}/review", reviewed_on="2026-08-08", dynamics=level,
                                     reaction=reaction, analysis="лучше", follows="next"),
        "extend a stage": _of_family(f"/stage/{beside['stage']}/extend", makes="Decision", number="5/9",
                                     decided_on="2026-08-01", until="2026-10-10", note="продлить"),
        "change a plan": _of_family(f"/stage/{stage}/plan", **{"lines-0-details": "по вечерам"}),
        "settle a measure": _of_family(f"/measure/{measure}/settle", state="cancelled", done_on="", reason="сами"),
        "say a measure was not done": _of_family(f"/execution/measure/{measure}/not-done", reason="отказались"),
    }  # fmt: skip


def _of_family(url: str, makes: str = "", **typed: Any) -> ActForm:
    entity = next((one.class_ for one in Family.registry.mappers if one.class_.__name__ == makes), None)
    return ActForm("anna", url, url, typed, entity)


def _entry() -> int:
    """The deadline of entering a family in the bank (Положение, 3.2)."""
    return factories.by_code(Deadline, "bank_entry_3d").id


def _first_member(criterion: int) -> dict[str, Any]:
    return {"people-0-last_name": "Мятлев", "people-0-first_name": "Лев", "people-0-middle_name": "Ильич",
            "placing-decided_on": "2026-02-02", "placing-criteria": [str(criterion)]}  # fmt: skip


def _sessions(cast: factories.Cast) -> dict[str, int]:
    """A session of each of two people that is open elsewhere."""
    found = {}
    for name in ("anna", "vera"):
        row = UserSession(token_hash=name * 10, user_id=cast.user(name).id)
        db.session.add(row)
        db.session.flush()
        found[name] = row.id
    db.session.commit()
    return found


NAMES = (
    "place", "change criteria", "decide", "correct", "correct an ended stay", "remove", "enter", "extend", "move",
    "name in papers", "name a person in papers", "annul", "annul on the page", "annul the family", "merge families",
    "merge people", "say they are different", "take a decision on doubles back", "annul a paper", "attach a paper",
    "new family",
    "new signal card", "undo a load", "add a user", "change a user", "add a role", "button password", "button unlock",
    "button deactivate", "button activate", "button sessions/end", "button sessions/N/end", "ask the sender",
    "answer the coordinator", "attach a card", "send a card on", "send a card out", "close a card", "open a card",
    "undo a step of a card", "extend a clock of a card", "take a card back", "photos of a card", "annul a photo",
    "mark an emergency",
    "tell a body", "name a group", "survey of a family", "change a group", "extend a survey", "call a survey off",
    "write an act", "sign an act", "correct an act", "drop an act", "bring a scan", "photos of a survey",
    "annul a scan of a survey", "ask agencies", "answer an inquiry", "know nothing", "take an answer",
    "ask once more", "withdraw an inquiry", "enter what was told", "correct what was told", "annul what was told",
    "plan meetings", "prepare a meeting", "call a meeting off", "gather an agenda", "put proposed matters on",
    "put a matter on", "take a matter off", "put a matter back", "move a matter up", "move a matter down",
    "open a meeting", "tick who has come", "decide an item", "take a decision back", "close a meeting",
    "correct a decision", "undo a closing", "bring a template", "retire a template",
    "answer an instruction", "enter an answer from paper", "accept an answer",
    "add a scan to an answer", "annul a scan of an answer",
    "write a delivery down", "bring a signed scan", "mark a receipt", "annul a delivery", "return an answer",
    "open a programme", "change a programme", "approve a programme", "end a programme", "add a stage",
    "change a stage", "review a stage", "extend a stage", "change a plan", "settle a measure",
    "say a measure was not done", "prepare a destruction", "confirm a destruction", "withdraw a destruction",
    "hold a family", "submit a report", "correct a report", "end an own session",
)  # fmt: skip
