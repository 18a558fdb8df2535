"""The rules of a rehabilitation programme, its stages and the measures of its plan (Приложение 3)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date

from app.domain.periods import month_later
from app.domain.refusal import Refusal
from app.domain.terms import MeasureState, ProgrammeState, StageFollows, StageState

LONGEST_MONTHS = 36  # a programme or a stage that is to last longer is a slip of the pen

# What may become of a measure: from which state into which.
TRANSITIONS: dict[MeasureState, tuple[MeasureState, ...]] = {
    MeasureState.PLANNED: (MeasureState.DONE, MeasureState.NOT_DONE, MeasureState.CANCELLED),
    MeasureState.DONE: (MeasureState.PLANNED,),
    MeasureState.NOT_DONE: (MeasureState.PLANNED, MeasureState.DONE),
    MeasureState.CANCELLED: (MeasureState.PLANNED,),
}
POST_REHABILITATION = "post"  # the kind of the stage that goes on after a family has left the record
ENDS = (ProgrammeState.COMPLETED, ProgrammeState.TERMINATED)
WITH_A_REASON = (MeasureState.NOT_DONE, MeasureState.CANCELLED)


def state(*, approved: bool, closed_as: ProgrammeState | None) -> ProgrammeState:
    """Where a programme is: a draft, approved, or ended in one of two ways."""
    if closed_as is not None:
        return closed_as
    return ProgrammeState.APPROVED if approved else ProgrammeState.DRAFT


def stage_state(*, approved: bool, starts_on: date, reviewed_on: date | None, today: date) -> StageState:
    """Where a stage is on a day: an approved one is active from its first day until it is reviewed."""
    if reviewed_on is not None:
        return StageState.REVIEWED
    return StageState.ACTIVE if approved and starts_on <= today else StageState.PLANNED


def is_overdue(state: MeasureState, due_on: date, today: date) -> bool:
    """Due before today and still planned."""
    return state is MeasureState.PLANNED and due_on < today


def check_term(*, starts_on: date, ends_on: date) -> None:
    """A term ends not before it begins, and lasts no longer than anybody plans for."""
    if ends_on < starts_on:
        raise Refusal(f"Срок заканчивается ({ends_on:%d.%m.%Y}) раньше, чем начинается.", "ends_on")
    if ends_on > month_later(starts_on, LONGEST_MONTHS):
        raise Refusal("Срок больше трёх лет: проверьте год.", "ends_on")


def check_programme(*, starts_on: date, ends_on: date, registered_on: date, removed_on: date | None,
                    decided_on: date | None, closed_on: date | None, closed_as: ProgrammeState | None,
                    today: date) -> None:  # fmt: skip
    """A programme is of a stay: it begins not before the family was placed on record, and not after it left."""
    check_term(starts_on=starts_on, ends_on=ends_on)
    if starts_on < registered_on:
        raise Refusal(f"Программа начинается раньше постановки на учёт ({registered_on:%d.%m.%Y}).", "starts_on")
    if removed_on is not None and starts_on > removed_on:
        raise Refusal(f"Программа начинается после снятия с учёта ({removed_on:%d.%m.%Y}).", "starts_on")
    if decided_on is not None and decided_on > today:
        raise Refusal("Дата утверждения ещё не наступила.", "decided_on")
    if closed_on is not None and closed_on > today:
        raise Refusal("Дата завершения программы ещё не наступила.", "closed_on")
    if (closed_on is None) != (closed_as is None) or (closed_as is not None and closed_as not in ENDS):
        raise Refusal("Программа или завершена, или прекращена, и в какой-то день.", "closed_as")


def check_stage(*, starts_on: date, ends_on: date, programme_starts: date, meeting_on: date | None,
                reviewed_on: date | None, follows: StageFollows | None, told: bool,
                others: Iterable[tuple[date, date]], today: date) -> None:  # fmt: skip
    """A stage lies in its programme and shares no day with another one; what became of it is told of a day gone by.

    told: whether the dynamics and the reaction are said. others: the terms of the other stages of the programme.
    """
    check_term(starts_on=starts_on, ends_on=ends_on)
    if starts_on < programme_starts:
        raise Refusal(f"Этап начинается раньше программы ({programme_starts:%d.%m.%Y}).", "starts_on")
    for start, end in others:
        if starts_on <= end and start <= ends_on:
            raise Refusal(f"На эти дни уже есть этап: с {start:%d.%m.%Y} по {end:%d.%m.%Y}.", "starts_on")
    if meeting_on is not None and meeting_on > today:
        raise Refusal("День заседания ещё не наступил.", "meeting_on")
    if reviewed_on is None:
        return
    if reviewed_on > today:
        raise Refusal("Этот день ещё не наступил.", "reviewed_on")
    if reviewed_on < starts_on:
        raise Refusal(f"Итоги подведены раньше, чем этап начался ({starts_on:%d.%m.%Y}).", "reviewed_on")
    if not told:
        raise Refusal("Укажите динамику и реакцию семьи.", "dynamics")
    if follows is None:
        raise Refusal("Укажите, что следует за этапом.", "follows")


def check_stage_of_programme(*, ends_on: date, programme_ends: date, approved: bool, reviewed: bool) -> None:
    """A stage ends with its programme at the latest; results are drawn of one that was approved."""
    if ends_on > programme_ends:
        raise Refusal(f"Этап кончается позже программы ({programme_ends:%d.%m.%Y}): сначала измените её срок.",
                      "ends_on")  # fmt: skip
    if reviewed and not approved:
        raise Refusal("Этап ещё не утверждён: итоги подводят по утверждённому этапу.", "reviewed_on")


def check_decided(*, day: date | None, today: date) -> None:
    """A decision was made on a day gone by."""
    if day is not None and day > today:
        raise Refusal("Этот день ещё не наступил.")


def check_told(*, state: MeasureState, done_on: date | None, reason: str | None) -> None:
    """A reason is told of what was not done or was cancelled, a day of what was done."""
    if reason and state not in WITH_A_REASON:
        raise Refusal("Причину пишут, если мероприятие не исполнено или отменено: уберите её.", "reason")
    if done_on is not None and state is not MeasureState.DONE:
        raise Refusal("Дату исполнения пишут, если мероприятие исполнено: уберите её.", "done_on")


def check_measure(*, due_on: date, starts_on: date, state: MeasureState, done_on: date | None, reason: str | None,
                  family: Hashable, members: Iterable[Hashable], today: date) -> None:  # fmt: skip
    """A measure is due within reach of its stage; done on a day gone by, or not done for a reason.

    starts_on: of its stage. members: the family of each of those it is for.
    """
    if due_on < starts_on:
        raise Refusal(f"Срок раньше начала этапа ({starts_on:%d.%m.%Y}).", "due_on")
    if due_on > month_later(starts_on, LONGEST_MONTHS):
        raise Refusal("Срок больше чем через три года: проверьте год.", "due_on")
    if any(belongs != family for belongs in members):
        raise Refusal("Мероприятие планируют для членов этой семьи.", "members")
    if state is MeasureState.DONE and done_on is None:
        raise Refusal("Укажите, когда мероприятие исполнено.", "done_on")
    if done_on is not None and done_on > today:
        raise Refusal("Дата исполнения ещё не наступила.", "done_on")
    if state in WITH_A_REASON and not (reason or "").strip():
        raise Refusal("Укажите причину.", "reason")


def check_answers(programme: Hashable, problem_of: Hashable | None) -> None:
    """A measure answers a problem of its own programme. problem_of: of which that problem is, if any."""
    if problem_of is not None and problem_of != programme:
        raise Refusal("Мероприятие отвечает на проблему другой программы.", "problem")


def check_transition(state: MeasureState, to: MeasureState) -> None:
    """Raise Refusal unless a measure in a state may go over into another one."""
    if to not in TRANSITIONS[state]:
        raise Refusal(f"Мероприятие {state}: {to} оно не станет.")


def check_problem(text: str | None) -> None:
    """A problem is said in words."""
    if not (text or "").strip():
        raise Refusal("Назовите проблему семьи.", "text")


def check_mark(entity: str | None, key: int | None) -> None:
    """A mark names the row that is important."""
    if not entity or not key:
        raise Refusal("Отметка ни к чему не относится.")


def check_report(*, starts_on: date, ends_on: date, received_on: date, today: date) -> None:
    """A body reports on a period; its report came on a day gone by, and not before the period had begun."""
    if ends_on < starts_on:
        raise Refusal("Период заканчивается раньше, чем начинается.", "ends_on")
    if received_on > today:
        raise Refusal("Этот день ещё не наступил.", "received_on")
    if received_on < starts_on:
        raise Refusal("Отчёт поступил раньше, чем начался его период.", "received_on")


def check_set_line(*, days: int | None, is_there: bool) -> None:
    """A measure stands in a set once, and is due while a stage may last. is_there: another line has it."""
    if is_there:
        raise Refusal("Это мероприятие в наборе уже есть.", "kind")
    if days is None or not 0 <= days <= LONGEST_MONTHS * 31:
        raise Refusal("Срок – от нуля дней до трёх лет.", "days")


def check_employee(agency: int, performer: int) -> None:
    """Whoever performs a measure is of the body that answers for it."""
    if agency != performer:
        raise Refusal("Этот сотрудник – другого органа.", "employee")
