"""The part of `./build.sh mutants` that Python's tests judge."""

import argparse
import subprocess

from tools.mutants import bugs, host


def shard(text: str) -> tuple[int, int]:
    """K/N."""
    part, _, parts = text.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"must be K/N with K from 1 to N, not {text}")
    return int(part), int(parts)


def main() -> int:
    """Runs what is asked for, and writes the tables."""
    parser = argparse.ArgumentParser(prog="./build.sh mutants", description=__doc__)
    parser.add_argument("what", choices=["host", "bugs"])
    parser.add_argument("--open", action="store_true", help="only mutants that survived, or were not run")
    parser.add_argument("--shard", type=shard, help="the K-th of N parts, such as 1/8")
    parser.add_argument("--workers", type=int, default=2, help="how many are judged at once")
    parser.add_argument("--minutes", type=int, help="begins no other mutant after so many minutes")
    parser.add_argument("--test", action="append", default=[], metavar="TEST", help="a file of tests to look with")
    parser.add_argument("files", nargs="*", metavar="FILE", help="how a file's name begins, or part of a bug's name")
    asked = parser.parse_intermixed_args()
    well = True
    if asked.what == "bugs":
        well = bugs.run(asked.files, asked.open)
    else:
        host.run(asked.files, asked.shard, asked.open, asked.workers, asked.minutes, asked.test)
    pages = ["cargo", "run", "--quiet", "--locked", "-p", "jitney-mutants", "--", "pages"]
    return subprocess.run(pages).returncode if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
