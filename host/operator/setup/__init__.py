"""`setup` and `teardown`: from nothing to a working installation in one command, and back to nothing.

What is to be asked of GitHub and what an answer means is the component's to say; `host.modal.cloud` does what Modal
is to do, `record` is what of it a next run must know, `terminal` shows and asks, `telling` says what went wrong;
`install` and `removal` are the two orders of steps.
"""
