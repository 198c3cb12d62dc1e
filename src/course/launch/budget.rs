//! `MONTHLY_BUDGET_USD`: where this month's sandboxes have cost as much as they may, the job waits, and says why.

use super::{End, Launch, State};
use crate::course::{Command, Report, Step};
use crate::reply::Reason;
use crate::words::usd::Usd;

/// The delay before a job that the budget does not cover is looked at again: a month may have begun, or the operator
/// have raised it.
const DELAY: u64 = 900_000;

impl Launch {
    /// The budget, where it is still to be looked at. A runner that fails a refused job costs next to nothing.
    pub(super) fn budget(&self) -> Option<Usd> {
        self.settings.monthly_budget.filter(|_| !self.affordable && self.refusal.is_none())
    }

    pub(super) fn look_at_spending(&mut self, budget: Usd) -> Step {
        self.tell(State::Budgeting(budget), Command::Spent(self.now.month()))
    }

    /// A job is started while anything is left: what it will cost is not known before.
    pub(super) fn budgeted(&mut self, budget: Usd, outcome: &Report) -> Step {
        match outcome {
            Report::Spent(spent) if *spent < budget => {
                self.affordable = true;
                self.begin()
            }
            Report::Spent(spent) => {
                let delay = self.dice.jitter(DELAY);
                let text = format!(
                    "sandboxes have cost {spent} of this month's MONTHLY_BUDGET_USD, {budget}; the job waits"
                );
                self.end(End::Defer(delay, Reason::new("budget-spent", text)))
            }
            _ => {
                self.defer(Reason::new("budget-unknown", "what sandboxes have cost cannot be told just now"))
            }
        }
    }
}
