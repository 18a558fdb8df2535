"""The group of commands, and what each of them runs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from app import access, acts, troubles
from app.domain.refusal import Refusal
from app.extensions import begin_writing, db

bank = AppGroup("bank", help="Банк данных семей.")


@contextmanager
def work(*, writes: bool = False) -> Iterator[None]:
    """The whole bank for one command; a refusal, a full disk, a silent database end it with a sentence.

    writes: what the command reads is what it writes over. One that makes a file reads, and holds nobody up.
    """
    with access.unrestricted():
        try:
            if writes:
                begin_writing()
            yield
        except Refusal as refusal:
            db.session.rollback()
            raise click.ClickException(refusal.text) from refusal
        except troubles.OutcomeUnknownError as error:
            raise click.ClickException(f"{troubles.UNKNOWN_TITLE}: связь с базой данных прервалась.") from error
        except (SQLAlchemyError, OSError) as error:
            trouble = troubles.of(error)
            if trouble is None:
                raise
            raise click.ClickException(f"{trouble.text} {acts.outcome()}") from error
