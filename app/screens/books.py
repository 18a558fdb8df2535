"""The page of a book that a settlement has made by hand: what is understood of it, and the few questions it leaves."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import clock, filters, journal
from app.acts import Answer, reads_first
from app.domain import book_words
from app.domain.refusal import Refusal
from app.domain.terms import Act, JobKind
from app.exchange import bank, preview, returned, sources, waiting
from app.exchange.handmade import Understood
from app.exchange.sources import BookSource, UnclearBookError
from app.exchange.waiting import WaitingBook
from app.extensions import db
from app.render import filled, xlsx
from app.screens.screen import Screen
from app.screens.work import later

LARGE_FILE = 1 << 20  # bytes: about a thousand families of a book in the exchange form
# How the fields of the page begin.
ANSWER, OTHER, NAMED, FIRST, LAST, STOOD = "answer:", "other:", "named:", "first:", "last:", "stood:"
SHOWN = 20  # lines of one part that are seen at once
MOST_REPLACED = 10  # sentences of answers that say otherwise than earlier ones


class Books(Screen):
    """A hand-made book between its file and its preview."""

    route_base = "/book"
    class_permission_name = "Exchange"
    default_view = "empty"

    @expose("/<key>")
    @has_access
    @permission_name("preview")
    def show(self, key: str) -> Response | str:
        """What is understood of a book; when nothing is left to ask, what it would do to the bank."""
        found = waiting.find(key, g.user.id)
        if found is None:
            return self._gone()
        address = filters.Address(url_for("Books.show", key=key))
        looks = address.asks("look")
        if looks and (kept := waiting.understood(key, g.user.id)) is not None:
            return self._book(key, kept)
        try:
            source = _source(found)
            understood = source.understood(clock.today())
            is_clear = understood.layouts and not understood.asking.unanswered and not looks
            if is_clear and (address.asks("go") or _is_known(understood)):
                return self._preview(source, key)
        except UnclearBookError as waits:
            understood = waits.understood
        except Refusal as refusal:
            return self._gone(refusal.text)
        return self._book(key, preview.of_book(understood, found.name))

    def _book(self, key: str, book: dict[str, Any]) -> str:
        """What is understood of a book. book: as `preview.of_book` tells it."""
        summary = f"Книга «{book['name']}»: что понято"
        journal.read(Act.LISTED, entity="ImportBatch", summary=summary, records=book["families"])
        return self.page("exchange/book.html", **shown_as(key, book))

    def _preview(self, source: BookSource, key: str) -> str:
        """What the book would do, on the page of every load."""
        shown = preview.shown(source.plan(clock.today()))
        summary = f"Сверка книги с банком: {shown['district']}"
        journal.read(Act.LISTED, entity="ImportBatch", summary=summary, records=shown["families"])
        template = "exchange/faults.html" if shown["faults"]["total"] else "exchange/preview.html"
        return self.page(template, plan=shown, key=key, answer=ANSWER, first=SHOWN)

    @expose("/<key>", methods=["POST"])
    @has_access
    @permission_name("preview")
    @reads_first
    def say(self, key: str) -> Response | str:
        """Keep the answers of the page, and learn from them."""
        found = waiting.find(key, g.user.id)
        if found is None:
            return self._gone()
        said = _SaidOfBook()
        try:
            source = _source(found)
            answer = self.done(said, lambda: self._learn(source, key))
        except Refusal as refusal:
            return self._gone(refusal.text)
        return answer or self._gone(said.text)

    def _learn(self, source: BookSource, key: str) -> Answer:
        given = dict(_given())
        if source.is_large:
            asked = {"key": key, "given": given}
            return later(JobKind.PREVIEW, f"{JobKind.PREVIEW}: {source.book.name}", asked)
        answered = source.with_answers(given, clock.today())
        replaced = [] if source.is_form else answered.learn(answered.understood(clock.today()), clock.today())
        for text in replaced[:MOST_REPLACED]:
            flash(text, "warning")
        waiting.say(key, g.user.id, dict(answered.new))
        return Answer(_("The answers are kept."), url_for("Books.show", key=key, go=1))

    @expose("/<key>/form")
    @has_access
    @permission_name("preview")
    def form(self, key: str) -> Response | str:
        """The book in the exchange form, to be sent the next month."""
        return self._give(key, returned.IN_FORM)

    @expose("/<key>/mend")
    @has_access
    @permission_name("preview")
    def mend(self, key: str) -> Response | str:
        """The rows with faults in the sender's own layout, each with what to correct."""
        return self._give(key, returned.TO_MEND)

    def _give(self, key: str, what: str) -> Response | str:
        found = waiting.find(key, g.user.id)
        if found is None:
            return self._gone()
        if len(found.content) > LARGE_FILE:
            return self.page("exchange/give.html", key=key, what=what, name=found.name)
        try:
            source = _source(found)
            if source.is_large:
                return self.page("exchange/give.html", key=key, what=what, name=found.name)
            given = returned.given(what, source, clock.today(), g.user.get_full_name(), clock.local(clock.now()))
        except UnclearBookError:
            return redirect(url_for("Books.show", key=key))
        except Refusal as refusal:
            return self._gone(refusal.text)
        journal.read(Act.EXPORTED, entity="ImportBatch", summary=given.summary, records=given.records)
        return self.file(given.content, xlsx.MIME, given.name)

    @expose("/<key>/give", methods=["POST"])
    @has_access
    @permission_name("preview")
    def give(self, key: str) -> Response | str:
        """The same of a large book, written in the background."""
        found = waiting.find(key, g.user.id)
        if found is None:
            return self._gone()
        said, what = _SaidOfBook(), request.form.get("what", "")
        title = {
            returned.IN_FORM: f"Книга в форме обмена: {found.name}",
            returned.TO_MEND: f"Что исправить: {found.name}",
        }
        if what not in title:
            abort(404)
        asked = {"key": key, "give": what}
        return self.done(said, lambda: later(JobKind.PREVIEW, title[what], asked)) or self._gone(said.text)

    @expose("/empty")
    @has_access
    @permission_name("preview")
    def empty(self) -> Response:
        """The empty exchange form, with lists to choose from."""
        content = filled.workbook(returned.empty(bank.dictionaries(), clock.today()), made_by=g.user.get_full_name(),
                                  made_at=clock.local(clock.now()))  # fmt: skip
        return self.file(content, xlsx.MIME, "форма обмена.xlsx")

    def _gone(self, text: str = waiting.GONE) -> Response:
        flash(text, "danger")
        return redirect(url_for("Exchange.show"))


class _SaidOfBook:
    """A refusal that is said on the page of the exchange."""

    text = ""

    def refuse(self, text: str, field: str | None) -> None:
        self.text = text


def _source(found: WaitingBook) -> BookSource:
    """Read a waiting book while no transaction holds the bank."""
    db.session.rollback()
    return sources.read(found.content, found.name, waiting.said(found.key, g.user.id))


def shown_as(key: str, book: dict[str, Any]) -> dict[str, Any]:
    """What the page of a hand-made book is made of. book: as `preview.of_book` tells it."""
    return {"key": key, "book": book, "answer": ANSWER, "other": OTHER, "named": NAMED, "first": FIRST, "last": LAST,
            "stood": STOOD, "seen": SHOWN, "meanings": book_words.meanings()}  # fmt: skip


def _is_known(understood: Understood) -> bool:
    """Whether every layout of the book has been answered for before."""
    return bool(understood.layouts) and all(layout.known for layout in understood.layouts)


def _given() -> dict[str, str]:
    """The answers of the form: a typed name, or one of the long list, stands above the short one, and what the person
    says now above what the page was opened with."""
    given: dict[str, str] = {}
    for further in (ANSWER, OTHER, NAMED):
        said = {name.removeprefix(further): value.strip() for name, value in request.form.items()
                if name.startswith(further) and value.strip()}  # fmt: skip
        given |= {key: text for key, text in said.items()
                  if key not in given or text != request.form.get(STOOD + key)}  # fmt: skip
    for name, value in request.form.items():
        if name.startswith(FIRST) and value.isdecimal():
            sheet = name.removeprefix(FIRST)
            given[f"header:{sheet}"] = f"{value}-{request.form.get(LAST + sheet, value) or value}"
    return given
