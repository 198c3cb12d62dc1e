"""Floods by strangers beside valid deliveries, over real connections: each valid one is answered, memory is bounded.

`bench/strangers.py` has the floods; `docs/security.md` says what it measured.
"""

import pytest

from bench.strangers import FLOODS, MEMORY, Flood, suffer


@pytest.mark.parametrize(
    ("flood", "files"),
    # With few files connections run out, with many the places for bodies.
    [*((flood, 1024) for flood in FLOODS), (FLOODS[0], 4096)],
    ids=lambda told: told.name.replace(" ", "-") if isinstance(told, Flood) else str(told),
)
def test_every_valid_delivery_is_answered(flood: Flood, files: int) -> None:
    fared = suffer(flood, valid=20, files=files)
    assert fared.answered == fared.sent == 20
    assert fared.peak < MEMORY
