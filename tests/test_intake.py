"""Who decides on a delivery: one instance for many that are not read, and one alone for each that is."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from wasmtime import Trap, WasmtimeError

from host import intake
from host.component import Component, Instance, Loaded
from host.intake import Intake
from tests.processes import ROOT, SECRET
from tests.standin import payload
from tests.standin.deliveries import sign

BODY = json.dumps(payload("workflow_job.queued", repository="octo/demo", labels=["ubuntu-latest"])).encode()


class Counting(Component):
    """The real component, which counts the intake instances that are made of it."""

    made = 0

    def intake(self) -> Instance:
        self.made += 1
        return super().intake()


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return Loaded()


@pytest.fixture
def component(loaded: Loaded) -> Iterator[Counting]:
    yield Counting({"WEBHOOK_SECRET": SECRET, "ALLOWED_REPOS": "octo/demo"}, loaded)


def head(secret: str, body: bytes) -> str:
    return f"x-github-event: workflow_job\nx-hub-signature-256: {sign(secret, body)}"


async def decide(one: Intake, secret: str, body: bytes = BODY) -> tuple[str, str]:
    verdict = await one.decide(head(secret, body), bytearray(body))
    return verdict.tag, verdict.payload.reason


async def test_forged_deliveries_share_an_instance_and_one_that_is_read_has_its_own(component: Counting) -> None:
    one = Intake(component)
    for _ in range(20):
        assert await decide(one, "not the secret") == ("unread", "signature-mismatch")
    assert component.made == 1
    for read in range(3):
        assert await decide(one, SECRET) == ("reply", "labels-not-ours")
        assert await decide(one, "not the secret") == ("unread", "signature-mismatch")
        assert component.made == 2 + read
    assert (await one.decide("no colon", bytearray(BODY))).tag == "unread"
    assert one.turn_away("", "busy").reason == "busy"
    assert component.made == 4


async def test_an_instance_is_replaced_after_so_many_uses(
    component: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "USES", 10)
    one = Intake(component)
    for number in range(1, 41):
        if number % 2:
            await decide(one, "not the secret")
        else:
            one.turn_away("", "truncated")
    assert component.made == 4


def test_an_instance_is_not_used_for_long_and_reads_nothing_large_on_the_event_loop() -> None:
    assert intake.USES <= 1000 and intake.INLINE <= 64 * 1024


async def test_an_instance_that_fails_decides_on_nothing_again(
    component: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Intake(component)
    with monkeypatch.context() as short:
        # The instance gets no time to decide, so it traps.
        short.setattr(one._spare, "_epochs", 0)
        component._engine.increment_epoch()
        with pytest.raises((Trap, WasmtimeError)):
            await decide(one, "not the secret")
    assert await decide(one, "not the secret") == ("unread", "signature-mismatch")
    assert component.made == 2


async def test_a_large_body_has_an_instance_of_its_own(component: Counting) -> None:
    one = Intake(component)
    large = BODY + b" " * intake.INLINE
    for _ in range(3):
        assert (await decide(one, "not the secret", large))[0] == "unread"
    assert component.made == 4
    await decide(one, "not the secret")
    assert component.made == 4


#: Has an instance refuse a body, and looks through its memory: a piece that can be read in front of a far larger one
#: that can't, as the operating system shows it.
LOOK = """
import hashlib, re, sys
from host.component import Component, Loaded
from host.intake import Intake
import asyncio

told, kind = sys.argv[1:]
intake = Intake(Component({"WEBHOOK_SECRET": told}, Loaded()))
kept = intake._spare
head = sys.stdin.readline().strip().replace("|", chr(10))
verdict = asyncio.run(intake.decide(head, bytearray(sys.stdin.readline().strip().encode())))
assert verdict.tag == kind, verdict.tag
spaces = []
for line in open("/proc/self/maps"):
    place, rights = line.split()[:2]
    start, end = (int(part, 16) for part in place.split("-"))
    spaces.append((start, end, rights))
found, looked = 0, 0
with open("/proc/self/mem", "rb") as memory:
    for (start, end, rights), (after, far, none) in zip(spaces, spaces[1:]):
        if rights.startswith("rw") and none.startswith("---") and after == end and far - after > 1 << 30:
            memory.seek(start)
            content = memory.read(end - start)
            looked += b"WEBHOOK_SECRET" in content or told.encode() in content
            found += len(re.findall(rb"mark-[0-9]{4}-of-this-body", content))
print(looked, found)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux shows a process its memory as a file")
@pytest.mark.parametrize(("secret", "kind", "left"), [("not the secret", "unread", False), (SECRET, "reply", True)])
def test_of_a_body_that_was_not_read_nothing_is_left_for_the_next(secret: str, kind: str, left: bool) -> None:
    """Of one that was read something is, so the look finds what there is."""
    content = payload("workflow_job.queued", repository="octo/demo", labels=["ubuntu-latest"])
    content["marks"] = [f"mark-{number:04}-of-this-body" for number in range(100)]
    body = json.dumps(content)
    told = f"{head(secret, body.encode()).replace(chr(10), '|')}\n{body}\n"
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, SECRET, kind], input=told, capture_output=True, text=True, cwd=ROOT, timeout=120,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    looked, found = (int(figure) for figure in ran.stdout.split())
    assert looked == 1, "the instance's memory was not found"
    assert bool(found) == left, f"{found} marks of {hashlib.sha256(body.encode()).hexdigest()[:8]} are in its memory"
