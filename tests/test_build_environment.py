"""What is run to build sees no setting: a dependency's build script could keep what it finds there."""

from pathlib import Path

import pytest

from host.commands import COMMANDS
from host.component import Component
from tests.checkout import Checkout


@pytest.mark.parametrize("entry", ["./build.sh", "./jitney"])
@pytest.mark.parametrize("command", COMMANDS)
def test_cargo_and_pip_see_no_setting_and_the_host_sees_all(tmp_path: Path, command: str, entry: str) -> None:
    checkout = Checkout.make(tmp_path, "cargo", "rustc", "python3")
    names = [setting.name for setting in Component({}).declared()] + ["MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"]
    told = {name: f"canary of {name}" for name in names}
    ran = checkout.run(entry, command, **told)
    assert ran.returncode == 0, ran.stderr
    assert {"cargo", "rustc", "python", "python3", "host"} <= checkout.noted()
    for spy in ("cargo", "rustc", "python3", "python"):
        seen = (checkout.notes / spy).read_text()
        assert f"COMMAND={command}" in seen
        assert "canary" not in seen, f"{spy} sees {seen}"
    assert all(value in (checkout.notes / "host").read_text() for value in told.values())
