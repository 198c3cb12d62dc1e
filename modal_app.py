"""jitney on Modal: `modal deploy modal_app.py`, after `./build.sh`.

Wiring only. One container holds the webhook and the courses that it opens, so that they share one memory; what must
outlive it waits in a Dict, an entry each, and holds no call. What a delivery means is the component's to say.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import modal

from host.launcher import APP, TICKETS
from host.modal import image

app = modal.App(APP)
#: Which runner the image has, what sandboxes cost, which deliveries came: what a new container shows at once.
kept = modal.Dict.from_name("jitney", create_if_missing=True)
#: Tickets that wait.
tickets = modal.Dict.from_name(TICKETS, create_if_missing=True)
settings = modal.Secret.from_name("github-secret", required_keys=["WEBHOOK_SECRET"])

#: Seconds for which a container without a call stays, and is paid for: the fewest that Modal takes; and those of the
#: webhook, for a delivery that follows another. While it waits for more, it has itself held (host/awake.py).
SHORTEST = 2
FOLLOWED = 5


@app.cls(
    image=image.web(),
    secrets=[settings],
    # A throttled sandbox creation ends in a deferral, not in a silent wait.
    env={"MODAL_MAX_THROTTLE_WAIT": "5"},
    max_containers=1,
    scaledown_window=FOLLOWED,
    # A GPU's sandbox may take 21 minutes to be scheduled; a `resume` holds the container for an hour.
    timeout=2 * 60 * 60,
    # A `resume` that dies with its container is called again.
    retries=modal.Retries(max_retries=8, initial_delay=5.0, max_delay=60.0),
    enable_memory_snapshot=True,
)
@modal.concurrent(max_inputs=1000)
class Jitney:
    """The webhook, and the courses of its jobs."""

    @modal.enter(snap=True)
    def load(self) -> None:
        """The component stands in the memory snapshot, and so does all that takes a while to import: a delivery would
        wait for it, and Modal bill it each time. Settings do not."""
        # What Modal's own web runtime is made of, which imports it after the snapshot.
        import aiohttp  # noqa: F401

        import host.endpoint
        import host.modal.launcher
        import host.modal.tickets
        import host.status  # noqa: F401
        from host.component import Loaded

        self.loaded = Loaded()

    @modal.enter(snap=False)
    async def open(self) -> None:
        """Reads the settings, which may have changed since the snapshot."""
        from host import log
        from host.component import Component
        from host.endpoint import Endpoint
        from host.modal.launcher import ModalLauncher
        from host.modal.tickets import ModalTickets
        from host.records.store import ModalStore

        log.configure()
        launcher = ModalLauncher(app, refresh_runner_image.spawn.aio)
        component = Component(os.environ, self.loaded)
        self.endpoint = Endpoint(
            component, launcher, ModalTickets(tickets), built_image, ModalStore(kept), hold_awake
        )
        self.endpoint.begin()

    @modal.asgi_app(label="jitney")
    def webhook(self) -> Any:
        """What GitHub calls."""
        return self.endpoint

    @modal.method()
    async def resume(self, ticket: str | None = None, due: float = 0.0) -> None:
        """Holds the container while it is at something or tickets wait; it takes them up by itself, and one call does
        for all of them. A version before this one left a call for each ticket, due in seconds since the epoch."""
        await self.endpoint.resume(ticket, due)

    @modal.method()
    async def sweep(self) -> None:
        """Brings jobs, sandboxes and registrations into line."""
        await self.endpoint.sweep()

    @modal.exit()
    async def close(self) -> None:
        """Courses that cannot end before the container does go on in the next one."""
        await self.endpoint.close(grace=8.0)


async def hold_awake() -> None:
    """Has the container held while it is at something, where it would end, and another one begun if it dies."""
    await Jitney().resume.spawn.aio()


async def built_image() -> Any:
    """The runner image's version, and when it was built; None before the first."""
    # What `setup` remembers is read by nothing else for weeks, and what is not read is forgotten after seven days.
    await kept.get.aio("setup", None)
    return await kept.get.aio("runner-image", None)


# Its container ends with its one call, so no window is paid for, and importing Modal's client is done once for all.
@app.function(
    image=image.web(),
    schedule=modal.Period(minutes=3),
    single_use_containers=True,
    scaledown_window=SHORTEST,
    enable_memory_snapshot=True,
)
def tick() -> None:
    """Sweeps, in the one container that knows what it is at: a method can have no schedule of its own."""
    Jitney().sweep.spawn()


@app.function(image=image.web(), secrets=[settings], scaledown_window=SHORTEST)
def examine() -> int:
    """Says what stands in the way, seen from where jitney runs; the exit status."""
    from host.operator.doctor import doctor

    return doctor(os.environ, as_json=False)


@app.function(image=image.web(), secrets=[settings], scaledown_window=SHORTEST)
def tell(subject: str) -> int:
    """Tells the story of one job, with the credential that jitney has; the exit status."""
    import asyncio

    from host.operator.explain import AtModal, explain

    return asyncio.run(explain(os.environ, subject, AtModal(), as_json=False))


# A function that exits leaves a traceback in the log; these run where they are asked, and only end there.


@app.local_entrypoint()
def doctor() -> None:
    """`modal run modal_app.py::doctor`: what stands in the way, seen from where jitney runs."""
    sys.exit(examine.remote())


@app.local_entrypoint()
def explain(subject: str) -> None:
    """`modal run modal_app.py::explain --subject …`: the story of one job, with the credential that jitney has."""
    sys.exit(tell.remote(subject))


@app.function(
    image=image.workshop(),
    secrets=[settings],
    schedule=modal.Cron("23 4 * * *"),
    timeout=60 * 60,
    retries=3,
    scaledown_window=SHORTEST,
)
def refresh_runner_image() -> None:
    """Builds the runner images with the runner that GitHub wants today, and publishes them for new sandboxes."""
    from host import log
    from host.component import Component
    from host.conversation import runner_release
    from host.modal.archives import gather

    log.configure()
    component = Component(os.environ)
    release = runner_release(component)
    home = modal.App.lookup(APP)
    with tempfile.TemporaryDirectory() as folder:
        archives = Path(folder)
        gather(component, archives)
        for registry_image in [None, *component.images()]:
            under = modal.Image.from_registry(registry_image) if registry_image else image.base()
            built = image.runner(under, release.version, release.url, release.sha256, archives).build(home)
            built.publish(image.published(registry_image))
            log.logger().info("runner-image", name=image.published(registry_image), version=release.version)
    kept.put("runner-image", {"version": release.version, "built": int(time.time() * 1000)})
