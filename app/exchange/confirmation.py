"""What a person confirmed of a load that was shown: the plan as it stood, and the answers to its questions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from app.exchange import closed_rows
from app.exchange.changes import Plan

CHANGED_MEANWHILE = (
    "Пока вы смотрели, банк изменился. Проверьте, что произойдёт теперь, и подтвердите загрузку ещё раз."
)
DONE_MEANWHILE = "Пока вы смотрели, банк изменился: то, что есть в книге, уже записал кто-то другой."
ANSWERED = "Ответы приняты. Проверьте, что произойдёт теперь, и подтвердите загрузку."
UNANSWERED = "Есть вопросы без ответа: без них ничего не загружается. Остальные ваши ответы сохранены."


@dataclass(frozen=True)
class Confirmation:
    """fingerprint: of the plan that was shown. offered: the answers that were shown with it, as JSON. again: the person
    asks to be shown what will happen, and loads nothing yet. reason: why rows of a submitted period are loaded."""

    fingerprint: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    offered: str = "{}"
    again: bool = False
    reason: str = ""

    def warning(self, planned: Plan) -> str:
        """Why the plan is shown again instead of being done; empty if it is the one that was confirmed."""
        said = {key: answer for key, answer in self.answers.items() if answer}
        differs, untouched = planned.fingerprint != self.fingerprint, json.dumps(said) == self.offered
        if planned.unanswered:
            return CHANGED_MEANWHILE if self.fingerprint and differs and untouched else UNANSWERED
        if planned.faults or differs:
            if untouched and not planned.does_something and not planned.faults:
                return DONE_MEANWHILE
            return CHANGED_MEANWHILE if untouched else ANSWERED
        return ANSWERED if self.again else closed_rows.warning(planned, self.reason)
