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
from tests.test_registry import WALKED

pytestmark = pytest.mark.one_database("the name, the kind and the headers of a file, whatever rows it was made of")

FORM = "/reports/quarterly"
ALONE = (views.SIGNALS, views.SURVEYS, views.INQUIRIES, views.PROGRAMMES, views.MEETINGS, views.INSTRUCTIONS)
VIEWS = [view for view, *_rest in ALONE] + WALKED
NOT_FILES = ("text/html", "application/json", "text/plain", "image/svg+xml")  # a drawing is a part of its page
SHOWN = ("ProgrammePapers.calendar", "ProgrammePapers.card", "ProgrammePapers.summary")  # and kept by whoever wants to
# An address of every route that answers with a file, with the keys of what is made below.
FILES = {
    **{f"{view.__name__}.xlsx": f"/{view.__name__.lower()}/xlsx" for view in VIEWS},
    "MeetingPapers.agenda": "/meeting/{meeting}/agenda.pdf",
    "MeetingPapers.minutes": "/meeting/{meeting}/minutes.pdf",
    "MeetingPapers.minutes_to_edit": "/meeting/{meeting}/minutes.docx",
    "MeetingPapers.resolution": "/item/{item}/resolution.pdf",
    "MeetingPapers.extract": "/item/{item}/extract.pdf",
    "MeetingPapers.notice": "/item/{item}/notice.pdf",
    "MeetingPapers.of_item_to_edit": "/item/{item}/resolution.docx",
    "Deliveries.of_meeting": "/meeting/{meeting}/deliveries.pdf",
    "Deliveries.of_period": "/deliveries/of-period.pdf?from=01.01.2026&to=30.06.2026",
    "PaperTemplates.file_of": "/paper-templates/{template}/file",
    "PaperTemplates.preview": "/paper-templates/{template}/preview",
    "PaperTemplates.standard": "/paper-templates/standard/letter.docx",
    "Openings.held": "/openings/held/{person}.pdf",
    "ProgrammePapers.calendar": "/programme/{plan}/calendar.pdf",
    "ProgrammePapers.card": "/programme/{plan}/card.pdf",
    "ProgrammePapers.card_to_edit": "/programme/{plan}/card.docx",
    "ProgrammePapers.summary": "/stage/{stage}/summary.pdf",
    "Retention.paper": "/retention/{ended}/act.pdf",
    "Retention.to_edit": "/retention/{ended}/act.docx",
    "SubmissionRegistry.xlsx": "/submissionregistry/xlsx",
    "Submissions.paper": "/submission/{handed_in}/file.pdf",
    "Papers.download": "/papers/{paper}/file",
    "PassportScreen.passport": "/family/{family}/passport.pdf",
    "PassportScreen.card": "/family/{family}/card.pdf",
    "Performers.printed": "/execution/report/report.pdf",
    "QuarterlyForm.list_file": f"{FORM}/behind/file?period=2026-Q1&figure=18",
    **{f"{one.view}.export": f"/reports/{one.name}/file/xlsx?period=2026-Q1" for one in CATALOGUE},
    "Exchange.export": "/exchange/export",
    "Books.empty": "/book/empty",
    "Months.book": "/months/book/{book}",
    **{
        f"FamilyStory.{part}_paper": f"/family/{{family}}/{part}.pdf"
        for part in ("course", "people", "since", "timeline")
    },
    "SignalLog.paper": "/signal-log/log.pdf",
    "SignalLog.workbook": "/signal-log/log.xlsx",
    "SignalScans.download": "/signal-scan/{photo}/file",
    "SignalPage.printed": "/signal/{card}/card.pdf",
    "SurveyPapers.act": "/survey/act/{act}/act.pdf",
    "SurveyPapers.blank": "/survey/{group}/blank.pdf",
    "SurveyPapers.download": "/survey-scan/{of_visit}/file",
    "SurveyPapers.for_child": "/survey/act/{act}/child/{child}.pdf",
}


@pytest.fixture
def addresses(cast) -> dict[str, str]:
    """The addresses of files, of a family that Anna sees."""
    family = factories.family(cast.north, number="00077")
    factories.member(family)
    stay = factories.registration(family, date(2026, 1, 1))
    plan = factories.programme(stay, date(2026, 2, 2), date(2026, 12, 12), approved=True)
    stage = factories.stage(plan, date(2026, 2, 2), date(2026, 8, 8))
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
    keys = {
        "family": family.id, "person": family.members[0].id, "paper": paper, "card": card, "photo": photo,
        "group": group.id, "of_visit": of_visit, "act": act.id, "child": child.id, "meeting": meeting.id,
        "item": item.id, "template": template.id, "ended": ended.id, "handed_in": handed_in.id, "book": kept_book.id,
        "plan": plan.id, "stage": stage.id,
    }  # fmt: skip
    return {endpoint: address.format(**keys) for endpoint, address in FILES.items()}


def test_every_file_leaves_with_a_name_and_without_a_cache(addresses, sign_in):
    anna, gleb = sign_in("anna"), sign_in("gleb")
    for endpoint, address in addresses.items():
        answer = (gleb if endpoint == "Performers.printed" else anna).get(address)
        assert answer.status_code == 200, endpoint
        assert answer.mimetype not in NOT_FILES, endpoint
        way, _mark, name = answer.headers["Content-Disposition"].partition("; filename*=UTF-8''")
        assert way == ("inline" if endpoint in SHOWN else "attachment"), endpoint
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
