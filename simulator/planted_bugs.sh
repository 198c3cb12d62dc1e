#!/usr/bin/env bash
# Plants one bug after another into a copy of the core and prints which seeds of the simulation catch it.
# The figures of docs/reliability.md come from here. Takes some minutes; run it by hand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git clone -q . "$copy/jitney"
cd "$copy/jitney"

plant() {
  local name=$1 file=$2 edit=$3 said
  sed -i "$edit" "$file"
  if git diff --quiet; then
    printf '%s: could not be planted\n' "$name"
    exit 1
  fi
  cargo build --quiet --release --locked -p jitney-simulator
  said=$(./target/release/simulate --seeds 1000 || true)
  printf '| %s | %s | %s |\n' "$name" "$(grep -c '^seed' <<<"$said" || true)" "$(grep -m1 '^seed' <<<"$said" || true)"
  git checkout -q .
}

plant "two courses may have one job" src/course/launch.rs \
  's/self.tell(State::Claiming, Command::Claim(self.ticket.job))/self.tell(State::Claiming, Command::Pause(0))/'
plant "a re-launch does not look for sandboxes" src/course/launch.rs \
  's/JobState::Wanted => self.survey()/JobState::Wanted => self.begin()/'
plant "a failed launch leaves its sandbox" src/course/launch/clearing.rs \
  's/if self.minted.is_none() { self.sandbox.take() } else { None }/None::<String>/'
plant "the sandbox of a deleted runner counts for nothing" src/course/survey.rs \
  's/state == RunnerState::Gone/false/'
plant "the sweep opens no courses" src/course/sweep.rs 's/if !self.pending.contains(&job.job) {/if false {/'
plant "the sweep deletes no registrations" src/course/sweep.rs 's/if !runner.busy \&\&/if false \&\&/'
plant "ghosts are not looked up" src/course/launch/minting.rs \
  's/self.ghosts.push(self.name.clone());/let _ = may_exist;/'
