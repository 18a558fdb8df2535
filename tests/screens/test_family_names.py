"""Names in papers: what the rules make of them is shown, what is typed is printed while the name is the same."""

from __future__ import annotations

import io
from typing import Any

import docx as library
import pytest

from app import clock
from app.domain.terms import Case, DecisionKind, Sex
from app.extensions import db
from app.models import Family, Member, RelationshipKind
from app.services import families, registry
from tests import factories, meeting_scenes, scans
from tests.states import kept
from tests.test_acts import form_on

pytestmark = pytest.mark.one_database("how a name is written is decided in Python; test_at_once.py writes it on both")


@kept
def scene(cast) -> dict[str, Any]:
    """A family whose surname no rule knows, its mother, and an item decided about it at a meeting that is open."""
    row = factories.family(cast.north)
    factories.member(row, "сын", last_name="Цой", first_name="Ли", middle_name=None)
    mother = factories.member(row, "мать", last_name="Цой", first_name="Ай", middle_name=None, sex=Sex.FEMALE)
    meeting = meeting_scenes.meeting(meeting_scenes.commission(cast))
    item = meeting_scenes.item(meeting, row)
    meeting_scenes.decide(item, DecisionKind.HEAR)
    return {"family": row, "mother": mother, "item": item}


def say(client, scene, family: str, **cases: str):
    """Type how a family and its mother are said."""
    page = f"/family/{scene['family'].id}/names"
    answers = [client.post(page, data=form_on(client, page) | {"plural": family}, follow_redirects=True)]
    person = f"{page}/{scene['mother'].id}"
    answers.append(client.post(person, data=form_on(client, person) | cases, follow_redirects=True))
    return [answer.get_data(as_text=True) for answer in answers]


def of_papers(client, scene) -> str:
    """The words of the resolution and of the notice as PDF, and of the extract as Word."""
    pdfs = [client.get(f"/item/{scene['item'].id}/{paper}.pdf").data for paper in ("resolution", "notice")]
    word = library.Document(io.BytesIO(client.get(f"/item/{scene['item'].id}/extract.docx").data))
    parts = [*(scans.flowing(scans.texts(pdf)) for pdf in pdfs), *(line.text for line in word.paragraphs)]
    return " ".join(" ".join(parts).split())


@pytest.mark.parametrize("who", ["zoya", "anna"])
def test_what_is_typed_is_shown_before_it_is_printed_and_printed_by_every_paper(who, cast, scene, sign_in):
    client = sign_in(who)
    shown = say(client, scene, "Цоев", genitive="Цой Айи", dative="Цой Айе")[-1]
    assert "Семья в документах: <strong>Цоев</strong>" in shown
    assert "Цой Айи" in shown
    printed = of_papers(client, scene)
    assert printed.count("В отношении семьи Цоев: Цой Айи") == 2
    assert "Цой Айе" in printed


def test_what_the_rules_say_anyway_is_not_kept(cast, scene, sign_in):
    mother = scene["mother"]
    say(sign_in("zoya"), scene, "", dative=mother.declined_in(Case.DATIVE))
    db.session.refresh(mother)
    assert (mother.dative, mother.declined_for) == (None, None)


def test_another_name_is_declined_by_the_rules_again(cast, scene, sign_in):
    zoya = sign_in("zoya")
    say(zoya, scene, "Цоев", genitive="Цой Айи")
    mother = db.session.get(Member, scene["mother"].id)
    mother.last_name, mother.first_name = "Полозова", "Инна"
    registry.save(mother, clock.today())
    db.session.commit()
    printed = of_papers(zoya, scene)
    assert "В отношении семьи Полозовых: Полозовой Инны" in printed
    assert "Цо" not in printed


def test_a_person_who_moves_keeps_the_typed_cases(cast, scene, sign_in):
    say(sign_in("zoya"), scene, "", genitive="Цой Айи")
    mother = db.session.get(Member, scene["mother"].id)
    role = db.session.scalars(db.select(RelationshipKind)).first()
    moved = families.move(mother, factories.family(cast.north), day=clock.today(), reason="переезд", role=role,
                          today=clock.today())  # fmt: skip
    assert (moved.genitive, moved.declined_for) == ("Цой Айи", "Цой Ай")


def test_a_name_that_is_none_is_refused_and_stays_in_the_field(cast, scene, sign_in):
    shown = say(sign_in("zoya"), scene, "12", genitive="Цой; Айи")
    assert all("Имя пишется буквами" in page for page in shown)
    assert 'value="12"' in shown[0]
    assert db.session.get(Family, scene["family"].id).plural is None
