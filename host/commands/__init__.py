"""The commands of `./jitney`: what each takes, its help, and how it is begun. One module a command.

Each module has `parser()` and `run(options)`. Until `run` is called, nothing here imports more than Python's own
library: help is shown, and arguments are checked, before anything is built or installed.
"""

#: The commands in the order of the help: the module here that has each, and what it is for.
COMMANDS = {
    "demo": ("demo", "run one job from end to end on this machine, without any account"),
    "setup": ("setup", "install jitney at Modal and GitHub, step by step"),
    "try": ("trial", "start one real runner, watch it come online, and remove it"),
    "teardown": ("teardown", "remove everything that setup made"),
    "serve": ("serve", "serve the endpoint on this machine"),
    "doctor": ("doctor", "check settings, credential, permissions, webhook and Modal"),
    "explain": ("explain", "tell the story of one job, and what it waits for"),
    "cost": ("cost", "show what sandboxes cost"),
    "replay": ("replay", "decide on one delivery again, and print every check"),
}
