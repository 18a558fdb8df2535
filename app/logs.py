"""What the logs of the server say of an error: where it happened and of what kind, never what it said.

The words of an error are those of a person, a number, a row: «invalid literal: '…'», «Key (…)=(…) already exists».
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

TALKATIVE = ("pytrovich",)  # libraries that tell each word they are given when asked for details


class DiscreetRecord(logging.LogRecord):
    """A line of a log: one line whatever it quotes, and an error without its words."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if self.exc_info and self.exc_info[0] is not None:
            self.exc_text = told(self.exc_info[1])

    def getMessage(self) -> str:  # noqa: N802  the name is the library's
        return super().getMessage().replace("\r", "\\r").replace("\n", "\\n")


def told(error: BaseException | None) -> str:
    """Where an error and those behind it were raised, and their kinds; the last one last."""
    lines: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = type(error)
        lines = [*_frames(error.__traceback__), f"{kind.__module__}.{kind.__qualname__}", *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def keep_discreet() -> None:
    """Let every log of this process, ours and those of libraries, be written so."""
    logging.setLogRecordFactory(DiscreetRecord)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
