"""How the C library hands out memory, set so that a page under load stays small.

Each request runs on one of many threads. glibc gives threads heaps of their own, and from heaps come even buffers of
megabytes once the first ones have been freed, so each heap grows to the largest answer that it has helped to compute
and never shrinks: 300 mixed requests took the page from 0.8 to 1.4 GB. With few heaps, and large buffers always
mapped and unmapped one by one, they took it to 1.0 GB.
"""

import ctypes
import sys

M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""Of mallopt, in glibc's malloc.h."""
MAX_HEAPS = 2
LARGE_BUFFER_BYTES = 2**20


def keep_memory_low() -> bool:
    """Set the limits, for the whole process; return whether its C library knows them."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and all([mallopt(M_ARENA_MAX, MAX_HEAPS), mallopt(M_MMAP_THRESHOLD, LARGE_BUFFER_BYTES)])
