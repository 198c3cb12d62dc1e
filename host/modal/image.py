"""The images: the web container's, and the runner's, in which jobs run.

`modal deploy` builds no image that only sandboxes use, so the runner's comes in two parts. `base`, the slow one, is
built by the deploy because `refresh_runner_image` runs on top of it; that function then adds the Actions runner,
whose release only GitHub knows, and publishes the result under a name that sandboxes are started from.
"""

import hashlib
from functools import cache
from pathlib import Path

import modal

ROOT = Path(__file__).resolve().parent.parent.parent
#: The sandbox's main process, and the file by which it says that it is about to read its config.
ENTRYPOINT = "/opt/jitney/jitney-runner"
READING = "/run/jitney/reading"
#: Where the Actions runner is.
RUNNER = "/opt/actions-runner"
#: Where the binary tells it to look for archives of actions.
ARCHIVES = "/opt/jitney/actions"
#: The binary that `runner/` builds, which is all of ours in a sandbox.
BINARY = ROOT / "target" / "jitney-runner"

#: What jobs that ran on GitHub's own Ubuntu expect to find; docs/runner-image.md says what for.
# fmt: off
PACKAGES = [
    "acl", "autoconf", "automake", "bison", "brotli", "build-essential", "bzip2", "ca-certificates", "cmake", "curl",
    "dnsutils", "docker-buildx", "docker-compose-v2", "docker.io", "dpkg-dev", "fakeroot", "file", "flex",
    "fonts-noto-color-emoji", "gh", "git", "git-lfs", "gnupg", "iproute2", "iputils-ping", "jq", "libicu-dev",
    "libsqlite3-dev", "libssl-dev", "libtool", "libyaml-dev", "locales", "lsb-release", "lz4", "net-tools",
    "netcat-openbsd", "ninja-build", "nodejs", "npm", "openssh-client", "p7zip-full", "parallel", "patchelf", "pigz",
    "pipx", "pkg-config", "python3", "python3-dev", "python3-pip", "python3-venv", "rpm", "rsync", "shellcheck",
    "sqlite3", "sudo", "tar", "time", "tree", "tzdata", "unzip", "wget", "xvfb", "xz-utils", "zip", "zstd",
]
# fmt: on


def web() -> modal.Image:
    """The web container's: jitney's host and component on a small Debian."""
    return _with_host(modal.Image.debian_slim(python_version="3.13"))


def base() -> modal.Image:
    """What jitney's own runner image is made of, apart from the runner: Ubuntu and what jobs expect."""
    return modal.Image.from_registry("ubuntu:24.04", add_python="3.13").apt_install(*PACKAGES)


def workshop() -> modal.Image:
    """Where runner images are made: `base`, so that a deploy builds it, and jitney's host."""
    return _with_host(base())


def runner(under: modal.Image, version: str, url: str, sha256: str, archives: Path) -> modal.Image:
    """A runner image: `under` with the Actions runner of this release, checked, jitney's binary, and the archives of
    actions that lie in a folder here."""
    archive = "/tmp/actions-runner.tar.gz"
    commands = [
        f"curl -fsSL --retry 3 -o {archive} {url}",
        f"echo '{sha256}  {archive}' | sha256sum --check --strict",
        f"mkdir -p {RUNNER} && tar -xzf {archive} -C {RUNNER} && rm {archive}",
        f"{RUNNER}/bin/installdependencies.sh",
        f"test \"$({RUNNER}/bin/Runner.Listener --version)\" = '{version}'",
    ]
    image = under.run_commands(*commands)
    image = image.add_local_dir(archives, ARCHIVES, copy=True).add_local_file(BINARY, ENTRYPOINT, copy=True)
    return image.run_commands(f"chmod 755 {ENTRYPOINT}").env(
        {
            "ImageOS": "ubuntu24",
            "RUNNER_TOOL_CACHE": "/opt/hostedtoolcache",
            "AGENT_TOOLSDIRECTORY": "/opt/hostedtoolcache",
        }
    )


def published(registry_image: str | None) -> str:
    """The name under which a runner image is published: jitney's own, or the one on top of `registry_image`. It
    stands for the binary too, so that after an upgrade no sandbox is started with the former one."""
    made_of = f"{_binary()} {registry_image or ''}"
    return f"jitney-runner-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"


@cache
def _binary() -> str:
    return hashlib.sha256(BINARY.read_bytes()).hexdigest()


def _with_host(image: modal.Image) -> modal.Image:
    """Compiled ahead where it will run, so that a container starts in milliseconds."""
    return (
        image.pip_install_from_requirements(
            str(ROOT / "requirements" / "webhook.txt"), extra_options="--require-hashes"
        )
        .add_local_dir(ROOT / "host", "/root/host", copy=True, ignore=["**/__pycache__", "**/*.pyc"])
        .add_local_file(ROOT / "target" / "jitney.wasm", "/root/target/jitney.wasm", copy=True)
        .add_local_file(BINARY, "/root/target/jitney-runner", copy=True)
        .run_commands("cd /root && python -m host precompile")
    )
