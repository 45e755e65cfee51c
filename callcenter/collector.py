"""Keeps Python's garbage collector away from what lives as long as the process.

The tables of places alone are a million objects; a full collection that walks them stops every
pop for a tenth of a second and more. What is there when the service is up is set aside, and what
comes later is looked at in larger helpings: most of it dies by reference count.
"""

from __future__ import annotations

import gc

YOUNG = 20_000  # allocations between collections of the youngest; Python's own is 700


def set_aside() -> None:
    """Call once, when everything that stays has been loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
