"""A family goes to another installation as one sealed file, is received there, and the receipt comes back."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import pyrage
import pytest
from sqlalchemy import select

from app import access, clock
from app.domain.terms import Case, TransferState
from app.exchange import envelopes
from app.extensions import db
from app.models import Family, Registration, Transfer
from tests import factories
from tests.phrases import QuickPhrases
from tests.screens.test_transfers import hidden, text

PHRASE = "очень-длинная-фраза-для-проб"
pytestmark = pytest.mark.one_database("files are sealed and read in Python; tests/services/test_transfers.py asks both")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyrage, "passphrase", QuickPhrases())


@pytest.fixture
def sent(cast: factories.Cast, sign_in: Any) -> Transfer:
    """A file of a family of the north that goes out of the bank."""
    with access.unrestricted():
        family = factories.family(cast.north, number="00041")
        mother = factories.member(family, "мать", date(1990, 1, 1), "Полозова", "Инна", "Олеговна")
        mother.dative, mother.declined_for = "Полозовой Инне", mother.full_name
        family.plural, family.plural_for = "Полозов", family.name
        factories.registration(family, date(2025, 2, 3), criteria=("2.1.1",))
        db.session.commit()
    said = {"elsewhere": "Степной район", "leaves": "y", "number": "7/3", "decided_on": f"{clock.today():%d.%m.%Y}"}
    sign_in("anna").post(f"/family/{family.id}/transfer", data=said)
    return db.session.scalars(select(Transfer)).one()


@pytest.fixture
def sealed(sent: Transfer, sign_in: Any) -> bytes:
    answer = sign_in("anna").post(f"/transfer/{sent.id}/file", data={"passphrase": PHRASE})
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert b"\xd0\x9f\xd0\xbe\xd0\xbb\xd0\xbe\xd0\xb7" not in answer.data, "no name is read without the phrase"
    return answer.data


def opened(client: Any, content: bytes, phrase: str = PHRASE) -> Any:
    said = {"file": (io.BytesIO(content), "дело.delo"), "passphrase": phrase}
    return client.post("/transfers/open", data=said, content_type="multipart/form-data")


def forget(sent: Transfer) -> tuple[str, str]:
    """As the other installation is, which knows nothing of the transfer; gives its key and secret."""
    known = sent.key, sent.secret
    with access.unrestricted():
        sent.key = "другой"
        db.session.commit()
    return known


def test_a_phrase_opens_what_it_has_sealed(sent):
    """By the library itself, once: it is slow on purpose."""
    with access.unrestricted():
        sealed = envelopes.seal(sent, PHRASE, clock.today())
    assert zipfile.is_zipfile(io.BytesIO(envelopes.unseal(sealed, PHRASE)))


def test_it_is_received_elsewhere_and_the_receipt_ends_the_stay_here(cast, sent, quick, sealed, sign_in, page):
    import lxml.html

    anna, galina, far = sign_in("anna"), sign_in("galina"), cast.far.id
    key, _secret = forget(sent)
    document = lxml.html.fromstring(opened(galina, sealed).text)
    assert "Полозова Инна Олеговна" in text(document)
    said = hidden(document) | {"territory": str(far)}
    again = galina.post("/transfers/receive", data=said | {"again": "1"})
    said = hidden(lxml.html.fromstring(again.text)) | {"territory": str(far)}
    answer = galina.post("/transfers/receive", data=said, follow_redirects=True)
    assert "Отправьте расписку" in answer.text
    with access.unrestricted():
        db.session.expire_all()
        arrived = db.session.scalars(select(Transfer).where(Transfer.key == key)).one()
        assert arrived.state is TransferState.RECEIVED
        [stay] = db.session.scalars(select(Registration).where(Registration.family_id == arrived.received_id))
        assert (stay.registered_on, stay.decision.number) == (clock.today(), "7/3")
        [mother] = arrived.received.members
        assert arrived.received.whose == "Полозов"
        assert mother.named_in(Case.DATIVE) == "Полозовой Инне"
    receipt = galina.get(f"/transfer/{arrived.id}/receipt.json")
    assert "уже принято" in opened(galina, sealed).text, "nobody receives it twice"

    with access.unrestricted():
        arrived.key, sent.key = "занято", key
        db.session.commit()
    bad = json.loads(receipt.data) | {"place": "Иное место"}
    for content, fault in ((b"{}", "не расписка"), (json.dumps(bad).encode(), "не подлинная"),
                           (json.dumps(bad | {"key": "x"}).encode(), "о другом деле")):  # fmt: skip
        answer = anna.post(f"/transfer/{sent.id}/receipt", data={"file": (io.BytesIO(content), "р.json")},
                           content_type="multipart/form-data")  # fmt: skip
        assert fault in answer.text
    answer = anna.post(f"/transfer/{sent.id}/receipt", data={"file": (io.BytesIO(receipt.data), "р.json")},
                       content_type="multipart/form-data", follow_redirects=True)  # fmt: skip
    assert "Расписка принята" in answer.text
    with access.unrestricted():
        db.session.expire_all()
        [stay] = db.session.scalars(select(Registration).where(Registration.family_id == sent.family_id))
        assert (stay.removed_on, stay.removal_reason.code) == (clock.today(), "11.4.2")


def packed(**parts: Any) -> bytes:
    """A file sealed by hand."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return pyrage.passphrase.encrypt(content.getvalue(), PHRASE)


def test_a_bad_file_is_one_sentence_and_nothing_is_stored(cast, sent, quick, sealed, sign_in):
    galina = sign_in("galina")
    assert "Файл не открылся" in opened(galina, sealed, "не та фраза совсем").text
    assert "Файл не открылся" in opened(galina, sealed[:-5]).text
    assert "Файл не открылся" in opened(galina, b"\x00" * 100).text
    assert "не файл дела" in opened(galina, pyrage.passphrase.encrypt(b"PK", PHRASE)).text
    whole = {envelopes.SAID: "{}", envelopes.BOOK: b"PK", envelopes.PASSPORT: b"%PDF"}
    assert "не файл дела" in opened(galina, packed(**whole)).text
    assert "не файл дела" in opened(galina, packed(**whole | {"../../etc": "x"})).text
    assert "не файл дела" in opened(galina, packed(**whole | {envelopes.SAID: "[" * 60_000})).text
    assert "из этого же банка" in opened(galina, sealed).text
    assert db.session.scalars(select(Family.id)).all() == [sent.family_id]


def test_a_short_phrase_seals_nothing(sent, sign_in, page):
    anna = sign_in("anna")
    document = page(anna, f"/transfer/{sent.id}/file")
    [offered] = document.xpath("//input[@name='passphrase']/@value")
    assert len(offered) > envelopes.SHORTEST_PHRASE
    assert "её подберут" in anna.post(f"/transfer/{sent.id}/file", data={"passphrase": "короткая"}).text
