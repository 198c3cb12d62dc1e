"""All that speaks to Modal: nothing else in `host` imports its client.

`launcher` starts sandboxes, `image` says what they and the web container are made of, `client` answers what a command
asks of the app, `cloud` makes and removes what `setup` and `teardown` do.
"""
