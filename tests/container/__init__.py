"""Modal's own container: what `modal deploy` sent is laid out as its recipe says, and run by the wheel's entrypoint.

`image` lays out the files, `deployed` is the app and what a container of it is told, `running` is such a container,
`gateway` is the web in front of it. It is the nearest to production that there is without an account: the client, its
container runtime and its wire are the real ones. What stands in is the control plane, and this machine's Python.
"""

from tests.container.deployed import Deployed
from tests.container.gateway import Gateway
from tests.container.running import Running

__all__ = ["Deployed", "Gateway", "Running"]
