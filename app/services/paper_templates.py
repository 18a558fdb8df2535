"""The templates of the papers of meetings: brought, used from a day on, no longer used. Callers commit."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from app import access
from app.domain.refusal import Refusal
from app.domain.terms import TemplateKind
from app.extensions import db
from app.models import PaperTemplate
from app.services import antivirus

LONGEST_NAME = 150


def bring(kind: TemplateKind, content: bytes, file_name: str, since: date) -> PaperTemplate:
    """Keep a template that was checked. Raises Refusal."""
    antivirus.check(content, "file")
    same = select(PaperTemplate.id).where(
        PaperTemplate.kind == kind, PaperTemplate.since == since, PaperTemplate.retired.is_(False)
    )
    if db.session.scalar(same.limit(1)) is not None:
        raise Refusal("С этого дня уже действует другой образец: выберите другой день или уберите тот.", "since")
    row = PaperTemplate(
        kind=kind, since=since, file_name=file_name[-LONGEST_NAME:], content=content,
        brought_by=access.scope().user_name,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def retire(row: PaperTemplate) -> None:
    """A template is no longer used: what was used before it is used again. Raises Refusal."""
    if row.retired:
        raise Refusal("Этот образец уже не используется.")
    row.retired = True
    db.session.flush()


def in_use(kind: TemplateKind, day: date) -> PaperTemplate | None:
    """The template of a kind on a day; None: the standard one."""
    asked = select(PaperTemplate).where(
        PaperTemplate.kind == kind, PaperTemplate.since <= day, PaperTemplate.retired.is_(False)
    )
    return db.session.scalars(asked.order_by(PaperTemplate.since.desc(), PaperTemplate.id.desc()).limit(1)).first()
