"""Sandboxes and their queue on this machine: `launcher` starts processes, `journal` keeps what was deferred.

`standin_runner` is what runs where no runner is named.
"""
