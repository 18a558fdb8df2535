"""The rules of the register of delivery: when a paper of a meeting may be handed over, and what shows its receipt."""

from __future__ import annotations

from datetime import date

from app.domain.refusal import Refusal
from app.domain.terms import TemplateKind

# The papers of one matter; the minutes are kept by the commission.
DELIVERED = (TemplateKind.RESOLUTION, TemplateKind.EXTRACT, TemplateKind.NOTICE, TemplateKind.LETTER)
MOST_AT_ONCE = 30  # to whom one paper is given in one go
LONGEST_WHOM = 300  # characters of a name


def check_sent(kind: TemplateKind, *, sent_on: date, held_on: date, is_closed: bool, today: date) -> None:
    """Raise Refusal with the field at fault unless a paper of a meeting may have been handed over on a day."""
    if kind not in DELIVERED:
        raise Refusal("Протокол не вручают: выберите документ по вопросу.", "kind")
    if sent_on > today:
        raise Refusal("Этот день ещё не наступил.", "sent_on")
    if kind is TemplateKind.NOTICE:
        if sent_on > held_on:
            raise Refusal(f"Приглашают до заседания ({held_on:%d.%m.%Y}).", "sent_on")
    elif not is_closed:
        raise Refusal("Заседание не закрыто: у постановления ещё нет номера. Вручить можно приглашение.", "kind")
    elif sent_on < held_on:
        raise Refusal(f"Этот день – раньше заседания ({held_on:%d.%m.%Y}).", "sent_on")


def check_received(*, sent_on: date, received_on: date | None, mark: str | None, today: date) -> None:
    """Raise Refusal with the field at fault unless the receipt of a paper may be told so."""
    if received_on is None:
        if mark:
            raise Refusal("Укажите, в какой день документ получили.", "received_on")
        return
    if received_on > today:
        raise Refusal("Этот день ещё не наступил.", "received_on")
    if received_on < sent_on:
        raise Refusal(f"Получить раньше, чем отправлено ({sent_on:%d.%m.%Y}), нельзя.", "received_on")


def recipients(text: str) -> list[str]:
    """To whom a paper is given: one on a line, each once. Raises Refusal."""
    found = list(dict.fromkeys(line for line in (" ".join(line.split()) for line in text.splitlines()) if line))
    if not found:
        raise Refusal("Напишите, кому вручён документ.", "whom")
    if len(found) > MOST_AT_ONCE:
        raise Refusal(f"За один раз – не больше {MOST_AT_ONCE} получателей.", "whom")
    for one in found:
        if len(one) > LONGEST_WHOM:
            raise Refusal(f"Строка длиннее {LONGEST_WHOM} знаков: пишите каждого получателя с новой строки.", "whom")
    return found
