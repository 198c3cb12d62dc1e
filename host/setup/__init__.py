"""`setup` and `teardown`: from nothing to a working installation in one command, and back to nothing.

What is to be asked of GitHub and what an answer means is the component's to say; `cloud` does what Modal is to do,
`terminal` shows and asks, `install` and `removal` are the two orders of steps.
"""
