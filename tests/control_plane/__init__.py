"""A fake Modal: a control plane and a worker that speak Modal's own gRPC to the real client, of modal 1.6.4.

`state` is what it knows, `deploying` answers `modal deploy`, `stored` all that has a name there, `sandboxes`
everything about sandboxes, `server` serves them. The wire is internal to Modal and not documented: this follows the
client in the wheel, and shows what the client does, not what Modal's servers do.
"""

from tests.control_plane.server import ControlPlane
from tests.control_plane.state import FakeSandbox

__all__ = ["ControlPlane", "FakeSandbox"]
