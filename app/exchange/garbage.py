"""Large books are read and loaded without Python looking through all of what they hold, again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_searched() -> Iterator[None]:
    """Let nothing be searched for garbage meanwhile: what is no longer needed goes by itself, rings apart."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
