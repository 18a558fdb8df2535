"""A paper of one page of HTML, bound as a PDF: marked as confidential, with who made it and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app

from app import words
from app.clock import local
from app.documents import blanks
from app.models import Employee
from app.render import docx, html_pdf
from app.render.binding import Binder, Marks
from app.render.picture import Picture


@dataclass(frozen=True)
class MadeBy:
    """Who makes a paper and when."""

    name: str
    at: datetime


def pdf(template: str, title: str, made: MadeBy, **values: Any) -> bytes:
    """A template of `documents` as a PDF with its marks. Raises PrintError."""
    book = Binder()
    book.begin(title)
    book.add_text(page(template, **values))
    return book.pdf(_marks(title, made))


def pictured(template: str, picture: Picture, title: str, made: MadeBy, **values: Any) -> bytes:
    """A picture on a sheet of its own, and behind it a template of `documents` that says the same in words.

    Raises PrintError.
    """
    book = Binder()
    book.begin(title)
    book.add_drawing(title, picture)
    book.add_text(page(template, **values))
    return book.pdf(_marks(title, made))


def _marks(title: str, made: MadeBy) -> Marks:
    return Marks(title, words.CONFIDENTIAL, _said(made))


def word(content: bytes, made: MadeBy) -> bytes:
    """A Word file that leaves with its marks, as every printed page does."""
    return docx.marked(content, f"{words.CONFIDENTIAL}. {_said(made)}")


def _said(made: MadeBy) -> str:
    return f"Сформировано: {made.name}, {words.moment(local(made.at))}"


def page(template: str, **values: Any) -> bytes:
    """A template of `documents` as a PDF without marks. Raises PrintError."""
    found = current_app.jinja_env.get_template(f"documents/{template}.html")
    return html_pdf.pdf(found.render(text=blanks.text, lines=blanks.lines, rule=blanks.rule, signed=signed, **values))


def signed(person: Employee) -> str:
    """A person as a signature is deciphered: «И. О. Фамилия»."""
    return words.initials(person.last_name, person.first_name, person.middle_name)
