"""Memory of a worker in huge pages: on a virtual machine a suite spends most of its time in looking up small ones.

`make test` lets Python take its memory from the C library and that one ask the kernel for pages of two megabytes.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

COLLAPSE = 25  # MADV_COLLAPSE, Linux 6.1
HUGE = 2**21  # bytes
MAPS = Path("/proc/self/maps")
ASKED = "hugetlb=1" in os.environ.get("GLIBC_TUNABLES", "")


def gather() -> None:
    """Put what this process holds into huge pages again: each fork has it torn into small ones, page by page as they
    are written to. Where the kernel does not know how, they stay torn.
    """
    if not ASKED:
        return
    advise = ctypes.CDLL(None).madvise
    for line in MAPS.read_text().splitlines():
        if line.endswith("[heap]"):
            start, end = (int(address, 16) // HUGE * HUGE for address in line.split()[0].split("-"))
            advise(ctypes.c_void_p(start + HUGE), ctypes.c_size_t(max(end - start - HUGE, 0)), COLLAPSE)
