"""jitney's host: it moves bytes, holds Modal handles and keeps time. What any of it means, the component decides.

`endpoint` takes deliveries, `component` asks for verdicts, `courses` executes commands through a `launcher`, which
`modal` or `local` has; `operator` is for terminals, `status` for browsers, and `__main__` is the command line.
"""

#: jitney's version, as Cargo.toml and pyproject.toml have it.
VERSION = "0.1.0"
