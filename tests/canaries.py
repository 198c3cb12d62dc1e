"""Every secret that the tests make, and whether one of them shows where none may.

The stand-in GitHub notes what it gives out; each answer to a delivery, each line that the endpoint writes and each
message to the fake Modal (but for a sandbox's stdin) is searched.
"""

_secrets: set[str] = set()


def note(*secrets: str) -> None:
    """From now on these may show nowhere."""
    _secrets.update(secrets)


def assert_none_in(text: str | bytes, where: str) -> None:
    """Fails, without repeating it, if a secret shows."""
    shown = text.decode("latin-1") if isinstance(text, bytes) else text
    assert not any(secret in shown for secret in _secrets), f"a secret shows in {where}"
