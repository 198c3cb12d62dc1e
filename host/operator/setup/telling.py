"""What ends `setup` or `teardown` before its time, as the step that says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from wasmtime import Trap, WasmtimeError

from host.modal.client import PATIENCE, AuthError, Error
from host.modal.cloud import NotDeployed, Silent
from host.operator.setup.terminal import SLOW, Item, Stopped, Terminal


@contextmanager
def telling(terminal: Terminal, command: str) -> Iterator[None]:
    """Shows what ends `command`."""
    again = f"run {command} again: it continues from here"
    try:
        yield
    except Stopped as stopped:
        terminal.show(stopped.args[0])
    except Silent:
        why, cure = f"did not answer within {PATIENCE:.0f} s", "check that this machine has a network"
        terminal.show(Item("failed", "Modal", why, cure))
    except NotDeployed as fault:
        cure = "fix what it says and run setup again: it continues from here"
        terminal.show(Item("failed", "deploy", f"failed:\n{fault}", cure))
    except AuthError:
        terminal.show(
            Item("failed", "Modal", "you are not signed in", "run `.venv/bin/modal setup`, then run this again")
        )
    except Error as error:
        terminal.show(Item("failed", "Modal", f"cannot do it: {type(error).__name__}: {error}", again))
    except (Trap, WasmtimeError):
        terminal.show(Item("failed", "GitHub", SLOW, again))
