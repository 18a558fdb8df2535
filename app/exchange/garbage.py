"""Large books are read and loaded without Python looking through all of what they hold, again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_usual: list[tuple[int, int, int]] = []  # how often a search comes, while the next one is put off


@contextmanager
def not_searched() -> Iterator[None]:
    """Let nothing be searched for garbage meanwhile: what is no longer needed goes by itself, rings apart.

    Nor is what was made searched at once when it ends: most of it will soon be needed no longer.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            _put_off()
            gc.enable()


def _put_off() -> None:
    """Let the next search come only once as much again has been made and is still held."""
    now, made = gc.get_threshold(), gc.get_count()[0]
    if 0 < now[0] < made:
        if not _usual:
            _usual.append(now)
            gc.callbacks.append(_search_as_usual)
        gc.set_threshold(2 * made, *now[1:])


def _search_as_usual(_phase: str, _about: object) -> None:
    """The search that was put off has come: those after it come as often as before."""
    gc.callbacks.remove(_search_as_usual)
    gc.set_threshold(*_usual.pop())
