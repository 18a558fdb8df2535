"""What meetings decide about programmes is proposed by itself, carried out and undone; a removal closes the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app import access, clock
from app.domain.terms import (
    AgendaGround,
    DecisionKind,
    MeasureState,
    ProgrammeState,
    StageFollows,
    StageSort,
    StageState,
)
from app.extensions import db
from app.models import DynamicsLevel, FamilyReaction, RemovalReason
from app.readings import agenda
from app.services import reopening
from tests import factories, meeting_scenes
from tests.states import kept

DAY = timedelta(days=1)


@kept
def scene(cast: factories.Cast) -> dict[str, Any]:
    """A family on record, its programme with a stage and a measure, and today's open meeting of the commission."""
    today, body = clock.today(), meeting_scenes.commission(cast)
    of = factories.family(cast.north)
    factories.member(of)
    stay = factories.registration(of, today - 60 * DAY)
    programme = factories.programme(stay, today - 50 * DAY, today + 120 * DAY)
    stage = factories.stage(programme, today - 50 * DAY, today + 10 * DAY)
    measure = factories.measure(stage, today + 5 * DAY, performer=cast.agency("5.5"))
    return {"family": of, "programme": programme, "stage": stage, "measure": measure,
            "meeting": meeting_scenes.meeting(body, number=19), "body": body}  # fmt: skip


def proposed(scene: dict[str, Any]) -> list[AgendaGround]:
    with access.unrestricted():
        return [one.ground for one in agenda.proposals(scene["meeting"]) if one.family_id == scene["family"].id]


def decided(scene: dict[str, Any], kind: DecisionKind, **values: Any) -> Any:
    """The meeting decides so about the family, and is closed."""
    with access.unrestricted():
        item = meeting_scenes.item(scene["meeting"], scene["family"])
        meeting_scenes.decide(item, kind, **values)
        meeting_scenes.closed(scene["meeting"])
    db.session.expire_all()
    return item


def undone(scene: dict[str, Any]) -> None:
    with access.unrestricted():
        reopening.reopen(scene["meeting"], "Ошибка", clock.today())
    db.session.expire_all()


def approve(scene: dict[str, Any]) -> None:
    decision = factories.decision(scene["family"], clock.today() - 50 * DAY, DecisionKind.PROGRAMME, "5/1")
    scene["programme"].approval = scene["stage"].decision = decision
    db.session.flush()


def test_a_programme_waits_on_the_agenda_until_a_meeting_approves_it(scene):
    assert proposed(scene) == [AgendaGround.PROGRAMME]
    decided(scene, DecisionKind.PROGRAMME, note="с примечанием")
    programme, stage = scene["programme"], scene["stage"]
    assert programme.state is ProgrammeState.APPROVED
    assert stage.state(clock.today()) is StageState.ACTIVE
    assert (stage.meeting_number, stage.meeting_on, stage.meeting_note) == ("19", clock.today(), "с примечанием")
    undone(scene)
    assert (programme.state, stage.decision) == (ProgrammeState.DRAFT, None)


def test_a_stage_that_ends_is_proposed_and_a_meeting_makes_it_longer(scene):
    approve(scene)
    assert proposed(scene) == [AgendaGround.STAGE]
    before, until = scene["stage"].ends_on, clock.today() + 200 * DAY
    decided(scene, DecisionKind.EXTEND, until=until)
    stage = scene["stage"]
    assert (stage.ends_on, stage.sort, scene["programme"].ends_on) == (until, StageSort.EXTENDED, until)
    undone(scene)
    assert (stage.ends_on, stage.sort, stage.extension) == (before, StageSort.ORDINARY, None)


def test_a_removal_proposed_by_a_stage_closes_what_is_open_and_comes_back_with_its_undoing(scene):
    approve(scene)
    stage, programme, measure = scene["stage"], scene["programme"], scene["measure"]
    stage.reviewed_on, stage.follows = clock.today() - DAY, StageFollows.REMOVAL
    stage.dynamics, stage.reaction = (factories.by_code(DynamicsLevel, "high"), factories.by_code(FamilyReaction, "5"))
    db.session.flush()
    assert proposed(scene) == [AgendaGround.REMOVAL]
    decided(scene, DecisionKind.REMOVE, removal_reason=factories.by_code(RemovalReason, "11.2"))
    assert programme.state is ProgrammeState.COMPLETED
    assert programme.closed_on == clock.today()
    assert measure.state is MeasureState.CANCELLED
    undone(scene)
    assert programme.state is ProgrammeState.APPROVED
    assert (measure.state, measure.reason) == (MeasureState.PLANNED, None)


def test_a_family_watched_after_its_removal_keeps_its_programme(scene):
    approve(scene)
    today = clock.today()
    factories.stage(scene["programme"], today + 11 * DAY, today + 100 * DAY, "post")
    decided(scene, DecisionKind.REMOVE, removal_reason=factories.by_code(RemovalReason, "11.2"))
    assert scene["programme"].closed_on is None
    assert scene["measure"].state is MeasureState.PLANNED
