"""jitney beside what a user would write: `./build.sh bench`."""
