"""A stand-in GitHub: stateful, strict about what it is asked, and able to fail in the ways that GitHub does.

`state` holds repositories' jobs and runners, `server` speaks HTTP, `deliveries` signs and sends webhooks.
"""

from tests.standin.deliveries import deliver, payload, sign
from tests.standin.server import StandinGitHub

__all__ = ["StandinGitHub", "deliver", "payload", "sign"]
