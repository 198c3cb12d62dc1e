"""What an operator asks at a terminal, a command a module: `doctor`, `explain`, `cost`, `replay`, and `setup`."""
