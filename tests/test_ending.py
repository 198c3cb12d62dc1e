"""How a sandbox ended, as the host reads it: the binary's own line, and nothing that a job could make of it."""

import json
from pathlib import Path

import pytest

from host.ending import Ending, read
from tests.sandbox import PUSH, Sandbox

LINE = '{"event":"sandbox-ended","cause":"refused","exit":0,"job_s":1.5,"peak_memory":7,"oom_kills":null}'


def test_the_binary_s_line_is_read_and_its_causes_are_known(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, PUSH | {"steps": [{"name": "a"}]})
    told = sandbox.give()
    ending = read(sandbox.said, 0)
    assert ending.cause == told["cause"] == "done"
    assert ending.figures == {name: told[name] for name in ending.figures} and "listening_s" in ending.figures


@pytest.mark.parametrize(
    ("output", "status", "ending"),
    [
        (f"Listening for Jobs\n{LINE}\n", 0, Ending(0, "refused", {"job_s": 1.5, "peak_memory": 7})),
        (f"{LINE}\nnot JSON\n[]\n7\n{{}}", 0, Ending(0, "refused", {"job_s": 1.5, "peak_memory": 7})),
        (LINE.replace("refused", "banana"), 65, Ending(65, "no-job")),
        (LINE.replace("1.5", '"<script>"'), 0, Ending(0, "refused", {"peak_memory": 7})),
        (LINE.replace("1.5", "true"), 0, Ending(0, "refused", {"peak_memory": 7})),
        (LINE.replace("1.5", "NaN"), 0, Ending(0, "refused", {"peak_memory": 7})),
        (LINE.replace("1.5", "1e999"), 0, Ending(0, "refused", {"peak_memory": 7})),
        (f"{LINE}\n{'[' * 10_000}\n", 0, Ending(0, "refused", {"job_s": 1.5, "peak_memory": 7})),
        ('{"event":"sandbox-ended","cause":["done"]}', 1, Ending(1, "failed")),
        (LINE + "\n" + "x" * 20_000, 124, Ending(124, "timed-out")),
        ("", 137, Ending(137, "killed")),
        ("", -15, Ending(-15, "killed")),
        ("", 7, Ending(7, "deprecated")),
        (json.dumps({"event": "other", "cause": "done"}), 3, Ending(3, "failed")),
    ],
)
def test_what_is_no_such_line_counts_for_nothing(output: str, status: int, ending: Ending) -> None:
    assert read(output, status) == ending
