"""Files leave by one road: under a Russian name, to keep or to show, cached nowhere."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
from docx import Document

import app as application
from app import clock, views
from app.documents import editable
from app.domain.terms import PaperKind, ParentalRole, TemplateKind
from app.extensions import db
from app.models import DecisionOutcome, Destruction, PaperTemplate, SurveyPerson
from app.render import docx
from app.reports import CATALOGUE
from app.services import papers
from app.words import CONFIDENTIAL
from tests import factories, scans
from tests.conftest import drawing_nothing
from tests.test_registry import WALKED, is_walked
from tests.unmade import making_no_files

pytestmark = pytest.mark.one_database("the name, the kind and the headers of a file, whatever rows it was made of")

FORM = "/reports/quarterly"
ALONE = (views.SIGNALS, views.SURVEYS, views.INQUIRIES, views.PROGRAMMES, views.MEETINGS, views.INSTRUCTIONS)
VIEWS = [view for view, *_rest in ALONE] + WALKED
NOT_FILES = ("text/html", "application/json", "text/plain", "image/svg+xml")  # a drawing is a part of its page


@pytest.fixture
def addresses(cast) -> dict[str, str]:
    """An address of every route that answers with a file, of a family that Anna sees."""
    family = factories.family(cast.north, number="00077")
    factories.member(family)
    factories.registration(family, date(2026, 1, 1))
    db.session.commit()
    paper = papers.attach(family, kind=PaperKind.OTHER, title="Акт", dated_on=None, decision=None,
                          file_name="акт обследования.pdf", scan=papers.inspected(scans.pdf()),
                          today=date(2026, 1, 1)).id  # fmt: skip
    signal = factories.signal_card(cast.north, cast.agency("5.3"), received_at=clock.now())
    photo, card = papers.attach_to_card(signal, "дом.pdf", papers.inspected(scans.pdf("дом"))).id, signal.id
    group = factories.survey_group(cast.employee("gleb"), date(2026, 12, 1), of=family)
    act = factories.survey_act(group, date(2026, 11, 1))
    child = SurveyPerson(group_id=group.id, act=act, role=ParentalRole.CHILD, first_name="Ия")
    db.session.add(child)
    db.session.commit()
    of_visit = papers.attach_to_survey(group, None, "акт.pdf", papers.inspected(scans.pdf())).id
    db.session.commit()
    gleb = cast.employee("gleb")
    meeting = factories.meeting(gleb.agency, date(2026, 11, 1), [gleb])
    item = factories.agenda_item(meeting, family, decided_at=clock.now(),
                                 outcome=factories.by_code(DecisionOutcome, "heard"))  # fmt: skip
    template = PaperTemplate(kind=TemplateKind.EXTRACT, since=date(2026, 1, 1), file_name="выписка.docx",
                             content=editable.standard(TemplateKind.EXTRACT))  # fmt: skip
    ended = Destruction(territory=cast.district, year=2026, number=1, commission="А, б", prepared_by="А")
    db.session.add_all([template, ended])
    handed_in = factories.submission(cast.district)
    kept_book = factories.book_step(cast.district, date(2026, 1, 1))
    db.session.commit()
    found = {f"{view.__name__}.xlsx": f"/{view.__name__.lower()}/xlsx" for view in VIEWS}
    return found | {
        "MeetingPapers.agenda": f"/meeting/{meeting.id}/agenda.pdf",
        "MeetingPapers.minutes": f"/meeting/{meeting.id}/minutes.pdf",
        "MeetingPapers.minutes_to_edit": f"/meeting/{meeting.id}/minutes.docx",
        "MeetingPapers.resolution": f"/item/{item.id}/resolution.pdf",
        "MeetingPapers.extract": f"/item/{item.id}/extract.pdf",
        "MeetingPapers.notice": f"/item/{item.id}/notice.pdf",
        "MeetingPapers.of_item_to_edit": f"/item/{item.id}/resolution.docx",
        "Deliveries.of_meeting": f"/meeting/{meeting.id}/deliveries.pdf",
        "Deliveries.of_period": "/deliveries/of-period.pdf?from=01.01.2026&to=30.06.2026",
        "PaperTemplates.file_of": f"/paper-templates/{template.id}/file",
        "PaperTemplates.preview": f"/paper-templates/{template.id}/preview",
        "PaperTemplates.standard": "/paper-templates/standard/letter.docx",
        "Openings.held": f"/openings/held/{family.members[0].id}.pdf",
        "Retention.paper": f"/retention/{ended.id}/act.pdf",
        "Retention.to_edit": f"/retention/{ended.id}/act.docx",
        "SubmissionRegistry.xlsx": "/submissionregistry/xlsx",
        "Submissions.paper": f"/submission/{handed_in.id}/file.pdf",
        "Papers.download": f"/papers/{paper}/file",
        "PassportScreen.passport": f"/family/{family.id}/passport.pdf",
        "PassportScreen.card": f"/family/{family.id}/card.pdf",
        "QuarterlyForm.list_file": f"{FORM}/behind/file?period=2026-Q1&figure=18",
        **{f"{one.view}.export": f"/reports/{one.name}/file/xlsx?period=2026-Q1" for one in CATALOGUE},
        "Exchange.export": "/exchange/export",
        "Books.empty": "/book/empty",
        "Months.book": f"/months/book/{kept_book.id}",
        **{
            f"FamilyStory.{part}_paper": f"/family/{family.id}/{part}.pdf"
            for part in ("course", "people", "since", "timeline")
        },
        "SignalLog.paper": "/signal-log/log.pdf",
        "SignalLog.workbook": "/signal-log/log.xlsx",
        "SignalScans.download": f"/signal-scan/{photo}/file",
        "SignalPage.printed": f"/signal/{card}/card.pdf",
        "SurveyPapers.act": f"/survey/act/{act.id}/act.pdf",
        "SurveyPapers.blank": f"/survey/{group.id}/blank.pdf",
        "SurveyPapers.download": f"/survey-scan/{of_visit}/file",
        "SurveyPapers.for_child": f"/survey/act/{act.id}/child/{child.id}.pdf",
    }


def test_every_file_leaves_with_a_name_and_without_a_cache(addresses, sign_in):
    anna = sign_in("anna")
    for endpoint, address in addresses.items():
        answer = anna.get(address)
        assert answer.status_code == 200, endpoint
        assert answer.mimetype not in NOT_FILES, endpoint
        way, _mark, name = answer.headers["Content-Disposition"].partition("; filename*=UTF-8''")
        assert way == "attachment", endpoint
        name.encode("ascii")
        if answer.mimetype == docx.MIME and not endpoint.startswith("PaperTemplates."):
            feet = [one.footer.paragraphs[-1].text for one in Document(io.BytesIO(answer.data)).sections]
            assert all(CONFIDENTIAL in foot and "Сформировано" in foot for foot in feet), endpoint
        assert unquote(name).rpartition(".")[0], endpoint
        assert answer.headers["Cache-Control"] == "no-store", endpoint


def test_a_list_is_called_in_russian_as_on_its_page(addresses, sign_in):
    header = sign_in("anna").get(addresses["MemberRegistry.xlsx"]).headers["Content-Disposition"]
    assert unquote(header).endswith("Члены семей.xlsx")


def test_no_file_leaves_by_another_road():
    found = [
        path.name
        for path in Path(application.__file__).parent.rglob("*.py")
        if "Content-Disposition" in path.read_text(encoding="utf-8") and path.name != "screen.py"
    ]
    assert found == [], f"{found}: send it by app.screens.screen.file"


def test_every_page_that_is_fetched_is_a_page_or_stands_among_the_files(app, addresses, sign_in):
    """A route that answers with a file is walked here, or this test names it."""
    anna, adapter = sign_in("anna"), app.url_map.bind("localhost")
    family = db.session.query(factories.Family.id).scalar()
    values = {"pk": family, "name": "on-record", "entity": "Family", "kind": "pdf"}
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or "static" in rule.endpoint or set(rule.arguments) - set(values):
            continue
        if not is_walked(rule.endpoint):
            continue
        with drawing_nothing(), making_no_files():
            answer = anna.get(adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}))
        if answer.status_code == 200 and answer.mimetype not in NOT_FILES:
            assert rule.endpoint in addresses, f"{rule.endpoint}: add its address above"
