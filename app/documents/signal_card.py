"""A signal card as a paper, and the letter with which it goes to a municipality that does not use this bank."""

from __future__ import annotations

from datetime import date, datetime

from flask import current_app

from app import signer, words
from app.clock import local
from app.documents import blanks
from app.models import CardChild, CardScan, SignalCard
from app.render import html_pdf
from app.render.binding import Binder, Marks

LETTER = "Сопроводительное письмо"


def pdf(card: SignalCard, *, letter: bool, made_by: str, made_at: datetime, today: date) -> bytes:
    """The card; with `letter`, one that was sent out of the bank has its letter before it. Raises PrintError."""
    book, title = Binder(), f"Сигнальная карта № {card.number}/{card.year}"
    if letter and card.sent_out_to:
        book.begin(LETTER)
        book.add_text(_page("signal_letter", card, today))
        book.begin(title)
    book.add_text(_page("signal_card", card, today))
    marks = Marks(title, words.CONFIDENTIAL, f"Сформировано: {made_by}, {words.moment(local(made_at))}")
    return book.pdf(marks)


def _page(template: str, card: SignalCard, today: date) -> bytes:
    page = current_app.jinja_env.get_template(f"documents/{template}.html").render(
        card=card, facts=_facts(card), children=[_child(child) for child in card.children if not child.annulled_at],
        photos=[_photo(scan) for scan in card.scans if not scan.annulled_at],
        told=blanks.lines(card.description), measures=blanks.lines(card.measures), text=blanks.text,
        signer=signer.present(), today=blanks.long_day(today), rule=blanks.rule,
    )  # fmt: skip
    return html_pdf.pdf(page)


def _facts(card: SignalCard) -> list[tuple[str, str]]:
    """The positions of the card in the order of its form; an empty one is a blank line."""
    return [
        ("Фамилия, имя, отчество", blanks.text(card.full_name)),
        ("Дата рождения", words.day(card.born_on)),
        ("Адрес", words.address(blanks.text(card.address))),
        ("Домашний телефон", blanks.text(card.home_phone)),
        ("Мобильный телефон", blanks.text(card.mobile_phone)),
        ("Дата и время выявления", words.moment(local(card.detected_at))),
        ("Выявлено в ходе", blanks.text(card.detected_during)),
        ("Кем выявлено", blanks.text(card.agency or card.source)),
        ("Сотрудник", blanks.text(card.employee or card.informant)),
        ("Угроза жизни и здоровью детей", blanks.text(card.threat)),
        ("Дети посещают школу, детский сад", words.yes_no(card.children_study)),
        ("Родители употребляют алкоголь, наркотики", words.yes_no(card.parents_drink)),
        ("Родители живут вместе", words.yes_no(card.live_together)),
        ("Семья состоит на чьём-либо учёте", words.yes_no(card.known_to_bodies)),
        ("Предварительные критерии", blanks.text("; ".join(map(str, card.criteria)))),
        ("Направлена", words.moment(local(card.sent_at))),
        ("Получена", words.moment(local(card.received_at)) if card.received_at else ""),
    ]


def _child(child: CardChild) -> str:
    age = words.day(child.born_on) if child.born_on else "" if child.age is None else words.age(child.age)
    return blanks.text(", ".join(part for part in (str(child), age) if part))


def _photo(scan: CardScan) -> str:
    """A photo is not printed with the card: it is named, with its size, so that whoever has the paper asks for it."""
    pages = f", {words.counted(scan.pages, 'страница', 'страницы', 'страниц')}" if scan.pages > 1 else ""
    return blanks.text(f"{scan.file_name} ({-(-scan.size // 1024)} КБ{pages})")
