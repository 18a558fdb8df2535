"""A job is claimed by one worker at a time, survives its worker, and ends once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app import access, clock
from app.domain.refusal import Refusal
from app.domain.terms import JobState
from app.extensions import begin_writing, db
from app.models import Job, SentForm
from app.work import queue
from app.work.results import JobFiles, Result


def state(job_id: int) -> JobState:
    db.session.rollback()
    return db.session.scalar(select(Job.state).where(Job.id == job_id))


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Let the queue's clock go on."""
    moment = clock.now() + by
    monkeypatch.setattr(queue, "now", lambda: moment)


def finish(claim: queue.Claim) -> None:
    begin_writing()
    queue.finish(claim, Result("Готово."))
    db.session.commit()


def test_the_oldest_job_is_claimed_first_and_by_one_worker_only(asked):
    first, second = asked().id, asked().id
    assert queue.claim("one").id == first
    assert queue.claim("two").id == second
    assert queue.claim("three") is None


def test_workers_that_come_at_once_share_the_jobs(app, asked):
    jobs = [asked().id for _ in range(6)]
    db.session.remove()

    def claim(number: int) -> list[int]:
        found = []
        with app.app_context(), access.acting_as(access.NOBODY):
            while (one := queue.claim(f"worker {number}")) is not None:
                found.append(one.id)
        return found

    with ThreadPoolExecutor(4) as pool:
        claimed = [job for found in pool.map(claim, range(4)) for job in found]
    assert sorted(claimed) == jobs


@pytest.mark.parametrize("by", [queue.LEASE + timedelta(seconds=1), -timedelta(days=2)])
def test_a_job_is_taken_over_when_its_worker_is_silent_for_too_long_or_claimed_it_by_a_wrong_clock(
    asked, monkeypatch, by
):  # fmt: skip
    asked()
    lost = queue.claim("one")
    assert queue.claim("two") is None
    later(monkeypatch, by)
    taken = queue.claim("two")
    assert (taken.id, taken.attempts) == (lost.id, 2)


def test_a_worker_that_renews_keeps_its_job(asked, monkeypatch):
    asked()
    claim = queue.claim("one")
    later(monkeypatch, queue.LEASE - timedelta(seconds=1))
    queue.renew(claim)
    later(monkeypatch, queue.LEASE - timedelta(seconds=2))
    assert queue.claim("two") is None


def test_who_has_lost_a_job_stores_nothing_of_it(asked, cast, monkeypatch):
    """What the slow worker did stands in the transaction that its end is refused in."""
    job_id = asked().id
    lost = queue.claim("one")
    later(monkeypatch, queue.LEASE + timedelta(seconds=1))
    finish(queue.claim("two"))
    begin_writing()
    db.session.add(SentForm(user_id=cast.user("anna").id, key="k" * 20, digest="0", sent_at=clock.now()))
    with pytest.raises(queue.LostError):
        queue.finish(lost, Result("Второй раз."))
    db.session.rollback()
    with pytest.raises(queue.LostError):
        queue.tell(lost, "дальше", 1, 2)
    queue.end(lost, JobState.REFUSED, "не вышло")
    queue.give_back(lost, spent=True)
    assert state(job_id) is JobState.DONE
    assert db.session.scalar(select(Job.result))["text"] == "Готово."
    assert db.session.scalar(select(SentForm)) is None


def test_a_job_that_waits_is_stopped_at_once(asked):
    job = asked()
    begin_writing()
    queue.cancel(job)
    db.session.commit()
    assert state(job.id) is JobState.CANCELLED
    assert queue.claim("one") is None


def test_a_job_that_runs_hears_of_it_at_its_next_word_and_at_its_end(asked):
    job = asked()
    claim = queue.claim("one")
    begin_writing()
    queue.cancel(job)
    db.session.commit()
    with pytest.raises(queue.CancelledError):
        queue.tell(claim, "дальше", 1, 2)
    begin_writing()
    with pytest.raises(queue.CancelledError):
        queue.finish(claim, Result("Готово."))
    db.session.rollback()
    assert state(job.id) is JobState.RUNNING


def test_what_is_over_is_not_stopped_any_more(asked):
    job = asked()
    finish(queue.claim("one"))
    begin_writing()
    queue.cancel(job)
    db.session.commit()
    assert state(job.id) is JobState.DONE


def test_a_job_given_back_waits_again_with_its_checkpoint(asked):
    asked()
    claim = queue.claim("one")
    queue.tell(claim, "дальше", 1, 2, {"made": [7]})
    queue.give_back(claim, spent=False)
    again = queue.claim("two")
    assert (again.attempts, again.checkpoint) == (1, {"made": [7]})


def test_nobody_fills_the_queue_alone(asked):
    for _ in range(queue.MOST_OF_ONE):
        asked()
    with pytest.raises(Refusal, match="незаконченных заданий"):
        asked()
    asked("boris")


def test_after_a_day_a_job_and_its_files_are_forgotten(asked):
    old, fresh, waits = asked().id, asked().id, asked().id
    for _ in range(2):
        finish(queue.claim("one"))
    JobFiles(old).write("файл", b"old")
    JobFiles(fresh).write("файл", b"fresh")
    begin_writing()
    long_ago = clock.now() - queue.KEPT - timedelta(minutes=1)
    db.session.execute(update(Job).where(Job.id == old).values(ended_at=long_ago))
    db.session.commit()
    queue.sweep()
    assert set(db.session.scalars(select(Job.id))) == {fresh, waits}
    assert not JobFiles(old).path.exists()
    assert JobFiles(fresh).read("файл") == b"fresh"
