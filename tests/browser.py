"""A real headless Chromium: the machine's, or the one that `./build.sh test` unpacks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.processes import ROOT

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
SHOTS = ROOT / "target" / "screenshots"


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser; the test is skipped where there is none to be had."""
    found = shutil.which("chromium") or shutil.which(str(ROOT / ".tools" / "bin" / "chromium"))
    if found is None:
        pytest.skip("no Chromium here, and none in a package of Debian's that could be unpacked")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
