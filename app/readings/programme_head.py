"""The programme at the head of the page of a family: stage, what is next and by whom, what is late, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.terms import MeasureState
from app.models import Aid
from app.readings.overview import MeasureFact, Overview, ProgrammeFact, StageFact

SHOWN = 4  # measures of each kind
LATELY = timedelta(days=30)


@dataclass(frozen=True)
class ProgrammeHead:
    """What a programme that is not ended is at today; `stage`: the one that runs, else the next one, else the last."""

    programme: ProgrammeFact
    stage: StageFact | None
    planned: int
    aids: int
    next: Sequence[MeasureFact]
    overdue: Sequence[MeasureFact]
    done: Sequence[MeasureFact]
    helped: Sequence[Aid]

    @property
    def more_overdue(self) -> int:
        return max(0, len(self.overdue) - SHOWN)


def of(seen: Overview) -> ProgrammeHead | None:
    """The programme that is not ended; None if there is none."""
    running = next((one for one in seen.programmes if one.done is None), None)
    if running is None:
        return None
    begun = running.since or date.min
    measures = [one for one in seen.measures if one.until is None or one.until >= begun]
    waiting = [one for one in measures if one.state is MeasureState.PLANNED]
    late = [one for one in waiting if one.until is not None and one.until < seen.today]
    lately = seen.today - LATELY
    done = [one for one in measures if one.state is MeasureState.DONE and one.done is not None and one.done >= lately]
    return ProgrammeHead(
        programme=running,
        stage=_stage(seen),
        planned=sum(one.state is not MeasureState.CANCELLED for one in measures),
        aids=seen.aid_count,
        next=[one for one in waiting if one not in late][:SHOWN],
        overdue=late,
        done=sorted(done, key=lambda one: (one.done or seen.today, one.id), reverse=True)[:SHOWN],
        helped=[aid for aid in seen.aids if lately <= aid.given_on <= seen.today][:SHOWN],
    )


def _stage(seen: Overview) -> StageFact | None:
    open_ = [one for one in seen.stages if one.done is None]
    begun = [one for one in open_ if one.since is not None and one.since <= seen.today]
    if begun:
        return begun[-1]
    return open_[0] if open_ else seen.stages[-1] if seen.stages else None
