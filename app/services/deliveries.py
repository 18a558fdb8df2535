"""What becomes of the papers of meetings: the signed scan is kept with its decision, and to whom each was given is
written down. Callers commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app import clock, words
from app.domain import deliveries as rules
from app.domain.refusal import Refusal
from app.domain.terms import DeliveryWay, PaperKind, TemplateKind
from app.extensions import db, hold_row
from app.models import AgendaItem, Delivery
from app.render import scans
from app.services import papers, sitting

TAKEN_OFF = "Этот вопрос снят с повестки."
NOT_DECIDED = "Заседание не закрыто: постановления по этому вопросу ещё нет."
OF_NOBODY = "Этот вопрос – не о семье и не о сигнальной карте: скан не к чему приложить."
# How the signed scan of each paper is called, and what it is in the passport.
SCANS = {
    TemplateKind.RESOLUTION: ("Постановление № {number}", PaperKind.DECISION),
    TemplateKind.EXTRACT: ("Выписка из постановления № {number}", PaperKind.DECISION),
    TemplateKind.LETTER: ("Сопроводительное письмо к постановлению № {number}", PaperKind.OTHER),
    TemplateKind.NOTICE: ("Приглашение на заседание {day}", PaperKind.OTHER),
}
ANNULLED = "Эта запись реестра аннулирована."


@dataclass(frozen=True)
class Handed:
    """A paper that was handed or sent, as typed; whom: one on a line."""

    kind: TemplateKind
    whom: str
    sent_on: date
    way: DeliveryWay
    handed_by: str | None = None
    received_on: date | None = None
    mark: str | None = None


def note(item: AgendaItem, said: Handed, today: date) -> list[Delivery]:
    """Write down to whom a paper of an item was handed or sent: a row for each of them. Raises Refusal."""
    if item.annulled_at is not None:
        raise Refusal(TAKEN_OFF)
    meeting = item.meeting
    rules.check_sent(said.kind, sent_on=said.sent_on, held_on=meeting.held_on, is_closed=item.number is not None,
                     today=today)  # fmt: skip
    rules.check_received(sent_on=said.sent_on, received_on=said.received_on, mark=said.mark, today=today)
    rows = [
        Delivery(meeting_id=item.meeting_id, item=item, kind=said.kind, whom=whom, sent_on=said.sent_on, way=said.way,
                 handed_by=said.handed_by, received_on=said.received_on, mark=said.mark)
        for whom in rules.recipients(said.whom)
    ]  # fmt: skip
    db.session.add_all(rows)
    db.session.flush()
    return rows


def keep_scan(item: AgendaItem, paper: TemplateKind, file_name: str, scan: scans.Inspected, today: date) -> None:
    """Keep the signed scan of a paper of an item with its decision; where the family is not in the bank yet, with its
    card. Raises Refusal with the form's field.
    """
    if item.number is None and paper is not TemplateKind.NOTICE:
        raise Refusal(NOT_DECIDED, "file")
    title, kind = SCANS[paper]
    with sitting.by_the_commission():
        if item.family is not None:
            papers.attach(
                item.family, kind=kind, title=title.format(number=item.number, day=words.day(item.meeting.held_on)),
                dated_on=min(item.meeting.held_on, today), decision=item.decision, file_name=file_name, scan=scan,
                today=today,
            )  # fmt: skip
        elif item.card is not None:
            papers.attach_to_card(item.card, file_name, scan)
        else:
            raise Refusal(OF_NOBODY, "file")


def receive(row: Delivery, received_on: date, mark: str | None, today: date) -> None:
    """Write down that a paper was received, and what shows it. Raises Refusal."""
    _hold(row)
    rules.check_received(sent_on=row.sent_on, received_on=received_on, mark=mark, today=today)
    row.received_on, row.mark = received_on, mark
    db.session.flush()


def annul(row: Delivery, reason: str) -> None:
    """A row that was entered by mistake leaves the register. Raises Refusal."""
    _hold(row)
    row.annulled_at, row.annul_reason = clock.now(), reason
    db.session.flush()


def _hold(row: Delivery) -> None:
    """Let nobody else act on a row until the transaction ends. Raises Refusal if it is annulled."""
    hold_row(Delivery, row.id)
    db.session.refresh(row)
    if row.annulled_at is not None:
        raise Refusal(ANNULLED)
