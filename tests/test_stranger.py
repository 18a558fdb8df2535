"""Somebody who holds the permission and not the rows: for Anna, what is Galina's does not exist, by any address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import RelationshipProperty, class_mapper

from app import access, models, scopes
from app.domain import terms
from app.exchange import waiting
from app.extensions import db
from app.models import Draft, ImportBatch, Job, Model, SavedFilter, Whose
from app.reports import CATALOGUE
from app.screens import lookup
from tests import factories, scans
from tests.states import kept
from tests.test_registry import form_of, is_walked
from tests.test_routes import REGISTRY, STATIC, is_open
from tests.unmade import making_no_files

# By these words rows of Galina's would be known on a page of Anna's.
HERS = ("77099", "Чужанин", "Дальнее", "Чужая школа", "Соседний район", "чужая.xlsx")
SOMEBODYS = (Whose.FAMILY, Whose.GIVEN, Whose.CARD, Whose.SURVEY, Whose.MEETING, Whose.TERRITORY, Whose.AGENCY)

# The addresses of the other screens with keys of hers, by endpoint; {own} is a family of Anna's.
FOREIGN = {
    "Doubles.back": ["/doubles/decision/{DoublesDecision}/back"],
    "Doubles.different": ["/doubles/families/{own}/{Family}/different", "/doubles/people/{Member}/{Member}/different"],
    "Doubles.families": ["/doubles/families/{own}/{Family}", "/doubles/families/{Family}/{own}"],
    "Doubles.of_family": ["/doubles/family/{Family}"],
    "Doubles.people": ["/doubles/people/{Member}/{Member}"],
    "Drafts.drop": ["/draft/{Draft}/drop"],
    "HoldPage.hold": ["/family/{Family}/hold"],
    "Openings.held": ["/openings/held/{Member}.pdf"],
    "Retention.act": ["/retention/{Destruction}"],
    "Retention.confirm": ["/retention/{Destruction}/confirm"],
    "Retention.paper": ["/retention/{Destruction}/act.pdf"],
    "Retention.to_edit": ["/retention/{Destruction}/act.docx"],
    "Retention.withdraw": ["/retention/{Destruction}/withdraw"],
    "Exchange.batch": ["/exchange/batch/{ImportBatch}"],
    "Exchange.prepared": ["/exchange/prepared/{Job}"],
    "Exchange.undo": ["/exchange/undo/{ImportBatch}"],
    "Months.answer": ["/months/answer/{Family}"],
    "Months.assemble": ["/months/assemble/{Territory}"],
    "Months.book": ["/months/book/{BookStep}"],
    "Months.remind": ["/months/remind/{Territory}"],
    "Execution.cut": ["/execution/aid/{Aid}/cut"],
    "Execution.not_done": ["/execution/measure/{PlannedMeasure}/not-done"],
    "Deliveries.annul": ["/delivery/{Delivery}/annul"],
    "Deliveries.of_item": ["/item/{AgendaItem}/deliveries"],
    "Deliveries.of_meeting": ["/meeting/{Meeting}/deliveries.pdf"],
    "Deliveries.receipt": ["/delivery/{Delivery}/receipt"],
    "Deliveries.scan": ["/item/{AgendaItem}/scan"],
    "Execution.window": ["/execution/window?f={Family}", "/execution/window?m={PlannedMeasure}",
                         "/execution/window?f={own}&m={PlannedMeasure}"],
    "FamilyActs.annul": [
        "/family/{Family}/annul/Member/{Member}", "/family/{own}/annul/Member/{Member}",
        "/family/{own}/annul/Family/{Family}", "/family/{Family}/annul/Family/{Family}",
    ],
    "FamilyActs.correct": ["/family/{Family}/correct/{Registration}", "/family/{own}/correct/{Registration}"],
    "FamilyActs.criteria": ["/family/{Family}/criteria"],
    "FamilyActs.decide": ["/family/{Family}/decide"],
    "FamilyActs.enter": ["/family/{Family}/enter/{Registration}", "/family/{own}/enter/{Registration}"],
    "FamilyActs.extend": ["/family/{Family}/extend/{Registration}/3", "/family/{own}/extend/{Registration}/3"],
    "FamilyActs.move": ["/family/{Family}/move/{Member}", "/family/{own}/move/{Member}"],
    "FamilyActs.place": ["/family/{Family}/place"],
    "FamilyActs.remove": ["/family/{Family}/remove"],
    "FamilyNames.names": ["/family/{Family}/names"],
    "FamilyNames.of_person": ["/family/{Family}/names/{Member}", "/family/{own}/names/{Member}"],
    "FamilyPage.history": ["/family/{Family}/history"],
    "FamilyPage.show": ["/family/{Family}"],
    "FamilyPast.on": ["/family/{Family}/on"],
    "FamilyStory.course": ["/family/{Family}/course"],
    "FamilyStory.course_paper": ["/family/{Family}/course.pdf"],
    "FamilyStory.mark": ["/family/{Family}/mark/Registration/{Registration}",
                         "/family/{own}/mark/Registration/{Registration}"],
    "FamilyStory.people": ["/family/{Family}/people"],
    "FamilyStory.people_paper": ["/family/{Family}/people.pdf"],
    "FamilyStory.since": ["/family/{Family}/since"],
    "FamilyStory.since_paper": ["/family/{Family}/since.pdf"],
    "FamilyStory.timeline": ["/family/{Family}/timeline"],
    "FamilyStory.timeline_paper": ["/family/{Family}/timeline.pdf"],
    "Findings.add": ["/survey/{SurveyGroup}/findings/add"],
    "Findings.annul": ["/finding/{AgencyFinding}/annul"],
    "Findings.edit": ["/finding/{AgencyFinding}/edit"],
    "InquiryPage.again": ["/inquiry/{AgencyInquiry}/again"],
    "InquiryPage.ask": ["/survey/{SurveyGroup}/ask"],
    "InquiryPage.close": ["/inquiry/{AgencyInquiry}/close"],
    "InquiryPage.show": ["/inquiry/{AgencyInquiry}"],
    "InquiryPage.withdraw": ["/inquiry/{AgencyInquiry}/withdraw"],
    "InstructionPage.accept": ["/instruction/{Instruction}/accept"],
    "InstructionPage.annul": ["/instruction/scan/{InstructionScan}/annul"],
    "InstructionPage.download": ["/instruction/scan/{InstructionScan}/file"],
    "InstructionPage.scan": ["/instruction/{Instruction}/scan"],
    "InstructionPage.enter": ["/instruction/{Instruction}/enter"],
    "InstructionPage.give_back": ["/instruction/{Instruction}/return"],
    "InstructionPage.show": ["/instruction/{Instruction}"],
    "MeetingPage.add": ["/meeting/{Meeting}/matter"],
    "MeetingPage.call_off": ["/meeting/{Meeting}/call-off"],
    "MeetingPage.correct": ["/item/{AgendaItem}/correct"],
    "MeetingPage.down": ["/item/{AgendaItem}/down"],
    "MeetingPage.gather": ["/meeting/{Meeting}/gather"],
    "MeetingPage.prepare": ["/meeting/{Meeting}/prepare"],
    "MeetingPage.put_back": ["/item/{AgendaItem}/put-back"],
    "MeetingPage.put_on": ["/meeting/{Meeting}/put-on"],
    "MeetingPage.show": ["/meeting/{Meeting}"],
    "MeetingPage.take_off": ["/item/{AgendaItem}/take-off"],
    "MeetingPage.up": ["/item/{AgendaItem}/up"],
    "MeetingPapers.agenda": ["/meeting/{Meeting}/agenda.pdf"],
    "MeetingPapers.extract": ["/item/{AgendaItem}/extract.pdf"],
    "MeetingPapers.minutes": ["/meeting/{Meeting}/minutes.pdf"],
    "MeetingPapers.minutes_to_edit": ["/meeting/{Meeting}/minutes.docx"],
    "MeetingPapers.of_item_to_edit": ["/item/{AgendaItem}/resolution.docx", "/item/{AgendaItem}/notice.docx"],
    "MeetingPapers.notice": ["/item/{AgendaItem}/notice.pdf"],
    "MeetingPapers.packs": ["/meeting/{Meeting}/packs"],
    "MeetingPapers.resolution": ["/item/{AgendaItem}/resolution.pdf"],
    "NewSignal.sent": ["/signal/{SignalCard}/sent"],
    "Papers.add": ["/family/{Family}/papers/add"],
    "Papers.annul": ["/papers/{Paper}/annul"],
    "Papers.download": ["/papers/{Paper}/file"],
    "PassportScreen.card": ["/family/{Family}/card.pdf"],
    "PassportScreen.passport": ["/family/{Family}/passport.pdf"],
    **{
        f"{one.view}.{act}": [f"/reports/{one.name}/{path}territory={{Territory}}"]
        for one in CATALOGUE
        for act, path in (("behind", "behind?figure=families&"), ("export", "file/xlsx?"),
                          ("list_file", "behind/file?figure=families&"), ("picture", "picture/0/svg?"),
                          ("later", "later/xlsx?"))
    },
    "ProgrammeActs.add_stage": ["/programme/{Programme}/stage"],
    "ProgrammeActs.edit_stage": ["/stage/{Stage}/edit"],
    "ProgrammeActs.extend": ["/stage/{Stage}/extend"],
    "ProgrammeActs.plan": ["/stage/{Stage}/plan"],
    "ProgrammeActs.put_set": ["/stage/{Stage}/set"],
    "ProgrammeActs.review": ["/stage/{Stage}/review"],
    "ProgrammeActs.settle": ["/measure/{PlannedMeasure}/settle"],
    "ProgrammePage.approve": ["/programme/{Programme}/approve"],
    "ProgrammePage.edit": ["/programme/{Programme}/edit"],
    "ProgrammePage.finish": ["/programme/{Programme}/finish"],
    "ProgrammePage.of_family": ["/programme/of-family/{Family}"],
    "ProgrammePage.open": ["/programme/open/{Family}"],
    "ProgrammePage.show": ["/programme/{Programme}"],
    "ProgrammePapers.calendar": ["/programme/{Programme}/calendar.pdf"],
    "ProgrammePapers.card": ["/programme/{Programme}/card.pdf"],
    "ProgrammePapers.card_to_edit": ["/programme/{Programme}/card.docx"],
    "ProgrammePapers.summary": ["/stage/{Stage}/summary.pdf"],
    "SavedFilters.drop": ["/saved/{SavedFilter}/drop"],
    "SavedFilters.rename": ["/saved/{SavedFilter}/rename"],
    "SignalLikeness.compare": ["/signal/{SignalCard}/compare/{own}", "/signal/{SignalCard}/compare/{Family}"],
    "SignalClocks.extend": ["/signal/{SignalCard}/extend/{Deadline}"],
    "Emergency.mark": ["/signal/{SignalCard}/emergency"],
    "Emergency.tell": ["/signal/{SignalCard}/tell/{Agency}"],
    "SignalPage.ask": ["/signal/{SignalCard}/ask"],
    "SignalPage.attach": ["/signal/{SignalCard}/attach"],
    "SignalPage.close": ["/signal/{SignalCard}/close"],
    "SignalPage.printed": ["/signal/{SignalCard}/card.pdf"],
    "SignalPage.send_out": ["/signal/{SignalCard}/send-out"],
    "SignalPage.receive": ["/signal/{SignalCard}/receive"],
    "SignalPage.redirect": ["/signal/{SignalCard}/redirect"],
    "SignalPage.show": ["/signal/{SignalCard}"],
    "SignalPage.undo": ["/signal/{SignalCard}/undo"],
    "SignalScans.add": ["/signal/{SignalCard}/scan"],
    "SignalScans.annul": ["/signal-scan/{CardScan}/annul"],
    "SignalScans.download": ["/signal-scan/{CardScan}/file"],
    "SittingPage.attend": ["/meeting/{Meeting}/attendance"],
    "SittingPage.close": ["/meeting/{Meeting}/close"],
    "SittingPage.decide": ["/item/{AgendaItem}"],
    "SittingPage.open": ["/meeting/{Meeting}/open"],
    "SittingPage.reopen": ["/meeting/{Meeting}/reopen"],
    "SittingPage.take_back": ["/item/{AgendaItem}/take-back"],
    "BeforeSending.show": ["/before-sending/senders?territory={Territory}"],
    "Submissions.behind": ["/submission/{Submission}/behind?figure=1&at="],
    "Submissions.correct": ["/submission/{Submission}/correct"],
    "Submissions.note": ["/submission/{Submission}/note.pdf"],
    "Submissions.note_to_edit": ["/submission/{Submission}/note.docx"],
    "Submissions.paper": ["/submission/{Submission}/file.pdf"],
    "Submissions.recount": ["/submission/{Submission}/recount"],
    "Submissions.scan": ["/submission/{Submission}/scan"],
    "Submissions.show": ["/submission/{Submission}"],
    "Submissions.submit": ["/submit/senders?territory={Territory}"],
    "SurveyActs.compare": ["/survey/act/{SurveyAct}/compare/{SurveyAct}"],
    "SurveyActs.correct": ["/survey/act/{SurveyAct}/correct"],
    "SurveyActs.drop": ["/survey/act/{SurveyAct}/drop"],
    "SurveyActs.show": ["/survey/act/{SurveyAct}"],
    "SurveyActs.write": ["/survey/{SurveyGroup}/act"],
    "SurveyPapers.act": ["/survey/act/{SurveyAct}/act.pdf"],
    "SurveyPapers.add": ["/survey/{SurveyGroup}/scan"],
    "SurveyPapers.annul": ["/survey-scan/{SurveyScan}/annul"],
    "SurveyPapers.blank": ["/survey/{SurveyGroup}/blank.pdf"],
    "SurveyPapers.download": ["/survey-scan/{SurveyScan}/file"],
    "SurveyPapers.for_child": ["/survey/act/{SurveyAct}/child/{SurveyPerson}.pdf"],
    "SurveyPage.call_off": ["/survey/{SurveyGroup}/call-off"],
    "SurveyPage.change": ["/survey/{SurveyGroup}/change"],
    "SurveyPage.extend": ["/survey/{SurveyGroup}/extend"],
    "SurveyPage.of_card": ["/signal/{SignalCard}/survey"],
    "SurveyPage.of_family": ["/family/{Family}/survey"],
    "SurveyPage.show": ["/survey/{SurveyGroup}"],
    "TransferFiles.answered": ["/transfer/{Transfer}/receipt"],
    "TransferFiles.receipt": ["/transfer/{Transfer}/receipt.json"],
    "TransferFiles.seal": ["/transfer/{Transfer}/file"],
    "TransferPage.decline": ["/transfer/{Transfer}/decline"],
    "TransferPage.receive": ["/transfer/{Transfer}/receive"],
    "TransferPage.send": ["/family/{Family}/transfer"],
    "TransferPage.show": ["/transfer/{Transfer}"],
    "TransferPage.undo": ["/transfer/{Transfer}/undo"],
    "TransferPage.withdraw": ["/transfer/{Transfer}/withdraw"],
    "Work.cancel": ["/work/{Job}/cancel"],
    "Work.file_of": ["/work/{Job}/file"],
    "Work.job": ["/work/{Job}"],
    "Work.progress": ["/work/{Job}/progress"],
}  # fmt: skip
# Screens of the administrator and of the auditor: Anna has no permission for them at all.
CLOSED = ("Users.", "Roles.", "JournalScreen.")
# What names no row of a family, a territory or a body.
KEYLESS = {
    "calendar_feed": "opened by a secret alone: tests/test_feeds.py",
    "OwnAccount.end": "one's own sessions only: tests/test_sessions.py",
    "Lookup.find": "walked below",
    "Deliveries.of_period": "days, and no key: tests/screens/test_deliveries.py",
    "Charts.chart": "names a report, and no row: its figures are those of the report's own page",
    "Guide.task": "the same for everybody: tests/test_guide.py",
    "Guide.picture": "the same for everybody: tests/test_guide.py",
    "SavedFilters.keep": "names a list, and no row",
    "SignalPage.answer": "the sender's body answers, and Anna sends none: tests/services/test_signals.py",
    "InquiryPage.answer": "the body that is asked answers, and Anna is of none: tests/screens/test_inquiries.py",
    "InquiryPage.nothing": "the body that is asked answers, and Anna is of none: tests/screens/test_inquiries.py",
    "InstructionPage.answer": "the body that was instructed answers, and Anna is of none: tests/test_access.py",
    "SignalPage.recall": "a card that went on is nobody's of Anna's: tests/services/test_signals.py",
    "Drafts.keep": "names a form, and no row",
    "Openings.month": "names a month, and no row: tests/screens/test_openings.py",
    "Openings.paper": "asks as its page does, by a word: tests/screens/test_openings.py",
    **dict.fromkeys(
        ("Books.form", "Books.give", "Books.mend", "Books.say", "Books.show"), "a file that is put by: walked below"
    ),
    **dict.fromkeys(
        ("PaperTemplates.file_of", "PaperTemplates.preview", "PaperTemplates.retire", "PaperTemplates.standard"),
        "the words of a municipality, of no territory",
    ),
}

# Addresses at which nothing stands as yet.
SHOWS_NOTHING = {
    r"/reports/(quarterly|registry|monthly|state)/picture/.*": "a list is not drawn",
    r"/reports/[^/]+/picture/[^01].*": "a report has not so many pictures",
    r"/execution/window": "of no measure and no family; with keys it is among the cases above",
    r"/signal-log/log\.(pdf|xlsx)": "no period is asked for: tests/screens/test_signal_log.py",
    r"/exchange/prepared/\d+": "a job that is not done: tests/work/test_jobs.py",
    r"/survey/act/\d+/compare/\d+": "with itself; with another one: tests/screens/test_survey_acts.py",
    r"/signal/\d+/sent": "of a card that one has sent oneself: tests/screens/test_signal_form.py",
    r"/transfer/\d+/receipt\.json": "of a file that came from elsewhere: tests/screens/test_transfer_files.py",
    r"/transfer/\d+/(receive|decline)": "of a file that goes out: tests/screens/test_transfers.py",
    r"/instruction/(\d+/scan|scan/\d+/annul)": "nobody has answered yet: tests/screens/test_instructions.py",
    r"/submission/\d+/behind\?.*": "no list of an empty sheet; with one: tests/reports/test_submissions.py",
    r"/doubles/(families|people)/\d+/\d+": "a row and itself are no pair: tests/screens/test_doubles.py",
    r"/submission/\d+/(scan|note\.(pdf|docx))": "no sheet, no corrected version: tests/reports/test_submissions.py",
    r"/work/\d+/file": "a job that is not done: tests/work/test_jobs.py",
    r"/reports/[^/]+/behind(/file)?": "no figure is asked for; with one it is among the cases above",
}


# A signal card goes to any territory of the bank: their names are no secret there.
NAMES_OF_ALL = {"/signal/new": ("Дальнее", "Соседний район")}


@kept
def hers(cast: factories.Cast) -> dict[str, Any]:
    """One row of everything that is somebody's, in Galina's district."""
    body = factories.agency("Чужая школа", "5.3", cast.other_district)
    person = factories.employee(body, last_name="Чужанина")
    found = factories.one_of_each(cast.far, "77099", body, person, last_name="Чужанин", word="Дальнее", year=2025)
    found["ImportBatch"] = ImportBatch(district=cast.other_district, user=cast.user("galina"), as_of=date(2026, 9, 30),
                                       file_name="чужая.xlsx", sha256="0" * 64)  # fmt: skip
    found["Job"] = Job(kind=terms.JobKind.PREVIEW, title="чужая.xlsx", user_id=cast.user("galina").id)
    found["SavedFilter"] = SavedFilter(user_id=cast.user("galina").id, view="FamilyRegistry", name="чужая.xlsx",
                                       conditions={"_flt_0_number": "77099"})  # fmt: skip
    found["Draft"] = Draft(user_id=cast.user("galina").id, kind="signal", key="d" * 24,
                           words={"last_name": ["Чужанин"]})  # fmt: skip
    db.session.add_all([found["ImportBatch"], found["Job"], found["SavedFilter"], found["Draft"]])
    return found


@kept
def mine(cast: factories.Cast) -> dict[str, Any]:
    """The same of Anna's."""
    return factories.one_of_each(cast.north, "00077", cast.agency("5.3"), cast.employee("gleb"))


def stored(rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows as the database has them."""
    with access.unrestricted():
        db.session.expire_all()
        return {name: {column.key: getattr(row, column.key) for column in class_mapper(type(row)).columns}
                for name, row in rows.items()}  # fmt: skip


def tried(app: Flask, hers: dict[str, Any], own: int) -> Iterator[tuple[str, str]]:
    """(method, address) of every route with a key of hers in it; a route without a case fails."""
    keys = {name: row.id for name, row in hers.items()}
    keys["Deadline"] = factories.by_code(models.Deadline, "signal_receipt_1h").id
    for rule in app.url_map.iter_rules():
        view, _dot, act = rule.endpoint.partition(".")
        if not rule.arguments or rule.endpoint in STATIC | KEYLESS.keys() or rule.endpoint.startswith(CLOSED):
            continue
        if view in REGISTRY:
            name = REGISTRY[view].__name__
            addresses = [f"/{view.lower()}/{act}/{keys[name]}"] if REGISTRY[view].WHOSE in SOMEBODYS else []
        else:
            assert rule.endpoint in FOREIGN, f"{rule.endpoint}: say in FOREIGN by which keys a stranger would try it"
            addresses = [each.format(own=own, **keys) for each in FOREIGN[rule.endpoint]]
        for address in addresses:
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, address


@pytest.mark.one_database("the scope of a person is laid over every statement alike: test_access.py, on both")
def test_every_address_with_a_foreign_key_is_404(app, mine, hers, sign_in, undrawn):
    anna, before = sign_in("anna"), stored(hers)
    for method, address in tried(app, hers, mine["Family"].id):
        answer = anna.get(address) if method == "GET" else anna.post(address, data={"reason": "проба", "version": "1"})
        assert answer.status_code == 404, f"{method} {address}: {answer.status_code}"
    assert stored(hers) == before


@pytest.mark.one_database("the scope of a person is laid over every statement alike: test_access.py, on both")
def test_every_case_is_of_a_route_that_is_there(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert FOREIGN.keys() | KEYLESS.keys() <= endpoints


@pytest.mark.long
@pytest.mark.one_database("test_statements.py and test_offered.py open every page on SQLite", on="postgres")
def test_every_page_opens_for_somebody(app, hers, cast, sign_in, monkeypatch):
    """The 404 above are of the rows and not of the addresses. Postgres understands what each page asks it."""
    monkeypatch.setattr("app.failures.render_template", lambda *_, **__: "")  # nobody asks what a closed page says
    scans.store(hers["Paper"])
    people = {name: sign_in(name) for name in ("galina", "oleg", "avgust")}
    keyed = (address for method, address in tried(app, hers, hers["Family"].id) if method == "GET")
    addresses = [*keyed, *without_keys(app, hers), f"/users/{cast.user('vera').id}"]
    db.session.remove()
    for address in addresses:
        endpoint, found = endpoint_of(app, address), {}
        if is_silent(address) or ("?" not in address and anna_opens(app, endpoint)):
            continue
        for name in [name for name in people if is_open(app, endpoint, name)] or people:
            if 200 not in found.values():
                with making_no_files():
                    found[name] = people[name].get(address, follow_redirects=True).status_code
        assert 200 in found.values(), f"{address}: {found}"


@pytest.mark.long
@pytest.mark.parametrize("name", ["anna", "boris", "gleb"])
def test_no_list_no_search_no_select_no_workbook_tells_of_foreign_rows(name, app, cast, mine, hers, sign_in):
    browser = sign_in(name)
    assert "77099" in sign_in("galina").get("/familyregistry/list/").text
    addresses = [address for address in without_keys(app, hers) if is_open(app, endpoint_of(app, address), name)]
    db.session.remove()
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code < 500, address
        text = scans.told(answer).replace(address, "")
        found = [word for word in HERS if word in text]
        found = [word for word in found if word not in NAMES_OF_ALL.get(address, ())]
        assert not found, (name, address, found)


def anna_opens(app: Flask, endpoint: str) -> bool:
    """Whether tests/test_unseen_signs.py opens a page on Postgres: those that need no key, and those of the lists."""
    without_a_key = not any(rule.arguments for rule in app.url_map.iter_rules(endpoint))
    return is_open(app, endpoint, "anna") and (without_a_key or endpoint.partition(".")[0] in REGISTRY)


def is_silent(address: str) -> bool:
    return re.fullmatch("|".join(SHOWS_NOTHING), address) is not None


def endpoint_of(app: Flask, address: str) -> str:
    """Which page is at an address."""
    return str(app.url_map.bind("localhost").match(address.partition("?")[0])[0])


def without_keys(app: Flask, hers: dict[str, Any]) -> Iterator[str]:
    """Every page that needs no key, the lookups, and the lists and reports asked for a foreign row."""
    for rule in app.url_map.iter_rules():
        fetched = "GET" in rule.methods and rule.endpoint not in ("SignIn.logout", "SignIn.login")
        if fetched and not rule.arguments and is_walked(rule.endpoint):
            yield rule.rule
    yield from (f"/lookup/{entity}" for entity in lookup.SOURCES)
    yield from (f"/lookup/{entity}?family={hers['Family'].id}" for entity in lookup.SOURCES)
    yield "/memberregistry/list/?_flt_0_state=children"
    yield from (f"/search?q={word}" for word in ("чужан", "тестов"))
    yield from (f"/familyregistry/list/?_flt_0_territory={hers[name].id}" for name in ("Territory",))
    yield f"/memberregistry/list/?_flt_0_family={hers['Family'].id}"
    yield f"/reports/quarterly/?territory={hers['Territory'].id}"
    yield f"/exchange/export?district={hers['ImportBatch'].district_id}"


@pytest.mark.one_database("the scope of a person is laid over every statement alike: test_access.py, on both")
@pytest.mark.parametrize("view", [view for view, entity in REGISTRY.items() if entity.WHOSE in SOMEBODYS])
def test_a_form_of_ones_own_takes_no_foreign_key(view, app, mine, hers, sign_in, page):
    """Each relation of a form, forged: the form says no beside the field or the row keeps what it was."""
    entity = REGISTRY[view]
    row, anna = mine[entity.__name__], sign_in("anna")
    url = f"/{view.lower()}/edit/{row.id}"
    if anna.get(url).status_code == 404:
        pytest.skip("its rows are not edited in the list")
    data = form_of(page(anna, url))
    before = stored({entity.__name__: row})
    for name, value in forged(entity, data, hers):
        answer = anna.post(url, data={**data, name: value})
        assert answer.status_code == 200, f"{name}: {answer.status_code}"
        assert "Такой записи нет" in answer.text, name
        assert stored({entity.__name__: row}) == before, name


def forged(entity: Any, data: dict[str, Any], hers: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The relations of a form whose rows are somebody's, each with a key of hers."""
    for attribute in class_mapper(entity).attrs:
        if isinstance(attribute, RelationshipProperty) and attribute.key in data:
            target = attribute.mapper.class_
            if access.whose_rows(target) in SOMEBODYS:
                key = str(hers[target.__name__].id)
                yield attribute.key, [key] if attribute.uselist else key


def test_a_workbook_that_another_person_put_by_is_not_loaded(mine, hers, cast, sign_in):
    key = waiting.keep(b"PK", "чужая.xlsx", cast.user("galina").id)
    anna = sign_in("anna")
    for address in ("/exchange/apply", "/exchange/faults"):
        answer = anna.post(address, data={"key": key, "fingerprint": "x"})
        assert "чужая.xlsx" not in answer.text
        assert "уже загружена" in answer.text
    for address in (f"/book/{key}", f"/book/{key}/form", f"/book/{key}/mend"):
        for answer in (anna.get(address, follow_redirects=True), anna.post(address, follow_redirects=True)):
            assert "чужая.xlsx" not in answer.text
    assert "уже загружена" in anna.post(f"/book/{key}", follow_redirects=True).text
    assert waiting.said(key, cast.user("galina").id) == {}


def test_a_commission_member_reads_no_assignment_of_another(cast, mine, hers, sign_in):
    factories.assignment(cast.employee("vera"), date(2026, 1, 1), of=factories.family(cast.south, number="00088"))
    db.session.commit()
    boris = sign_in("boris")
    assert "00088" not in boris.get("/familyregistry/list/").text
    with access.acting_as(scopes.scope_of(cast.user("boris"), [terms.Role.COMMISSION], date(2026, 9, 30))):
        seen = db.session.query(models.Assignment).all()
        assert {row.employee_id for row in seen} & {cast.employee("vera").id} == set()


def test_a_specialist_reads_no_family_and_no_body_of_another_district(cast, mine, hers, sign_in):
    gleb = sign_in("gleb")
    assert gleb.get(f"/family/{mine['Family'].id}").status_code == 200
    assert gleb.get(f"/family/{hers['Family'].id}").status_code == 404
    assert gleb.get(f"/agencyregistry/show/{hers['Agency'].id}").status_code == 404
    assert gleb.get(f"/memberregistry/show/{hers['Member'].id}").status_code == 404


def test_every_entity_that_is_somebodys_has_a_foreign_row_here(hers):
    mapped = (mapper.class_ for mapper in Model.registry.mappers)
    owned = (entity for entity in mapped if access.whose_rows(entity) in (*SOMEBODYS, Whose.LOAD))
    assert {entity.__name__ for entity in owned if hasattr(entity, "id")} <= hers.keys()
