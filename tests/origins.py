"""Repositories for git to fetch from in the place of github.com's, so that no test asks the network."""

import subprocess
from pathlib import Path

#: Whoever commits here, and when: the same files give the same commit.
WHO = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in
       (("NAME", "o"), ("EMAIL", "o@example.com"), ("DATE", "2026-01-01T00:00:00Z"))}  # fmt: skip


def instead(folder: Path) -> dict[str, str]:
    """The environment in which git finds github.com's repositories in a folder."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{folder}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }


class Origin:
    """A repository of actions in such a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.home = folder / f"{name}.git"
        self.git("init", "--quiet", "--initial-branch", "main", str(self.home), at=Path.cwd())

    def git(self, *words: str, at: Path | None = None) -> str:
        """What git says."""
        ran = subprocess.run(
            ["git", *words], cwd=at or self.home, env=WHO | {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return ran.stdout.strip()

    def release(self, *tags: str, annotated: bool = False, **files: str) -> str:
        """A commit with these files, and tags for it; its id."""
        for name, text in files.items():
            (self.home / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", " ".join(tags))
        for tag in tags:
            self.git("tag", "--force", *(["--annotate", "--message", tag] if annotated else []), tag)
        return self.git("rev-parse", "HEAD")
