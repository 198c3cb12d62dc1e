"""jitney's host: it moves bytes, holds Modal handles and keeps time. What any of it means, the component decides.

`endpoint` takes deliveries, `component` asks for verdicts, `courses` executes commands through a `launcher`;
`journal` keeps what was deferred, `log` says what happened, and `__main__` is the command line.
"""
