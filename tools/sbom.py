"""What an artifact is made of, as CycloneDX 1.6: `python tools/sbom.py ARTIFACT OUTPUT PLATFORM PACKAGE…`.
Asks cargo alone."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def packages(platform: str, roots: list[str]) -> list[dict[str, Any]]:
    """What is linked into these packages for a platform: their dependencies, neither for tests nor for builds."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", platform]
    read = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    known = {package["id"]: package for package in read["packages"]}
    nodes = {node["id"]: node for node in read["resolve"]["nodes"]}
    left = [identifier for identifier, package in known.items() if package["name"] in roots]
    linked: set[str] = set()
    while left:
        identifier = left.pop()
        if identifier in linked or any("proc-macro" in t["kind"] for t in known[identifier]["targets"]):
            continue
        linked.add(identifier)
        for dependency in nodes[identifier]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                left.append(dependency["pkg"])
    return sorted((known[identifier] for identifier in linked), key=lambda package: package["name"])


def component(package: dict[str, Any]) -> dict[str, Any]:
    """One package, as CycloneDX names it."""
    name, version = package["name"], package["version"]
    purl = f"pkg:cargo/{name}@{version}"
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
        "licenses": [{"expression": package["license"]}] if package["license"] else [],
    }  # fmt: skip


def main() -> int:
    """Writes the bill of materials."""
    artifact, output = map(Path, sys.argv[1:3])
    platform, *roots = sys.argv[3:]
    listed = packages(platform, roots)
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    version = next(package["version"] for package in listed if package["name"] == "jitney")
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "name": artifact.name, "version": version,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            },
        },
        "components": [component(package) for package in listed if package["source"] is not None],
    }  # fmt: skip
    output.write_text(json.dumps(bill, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
