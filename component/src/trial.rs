//! `try`: one real runner, started, seen online, and removed again.

use super::Jitney;
use super::bindings::exports::jitney::core::{courses, trial as wit};
use super::play::{Conversation, settings};
use super::setup::carry;
use jitney::course::desk::Play;
use jitney_operator::trial::{Outcome, Plan, attempt};

/// A plan, and the conversation in which it is carried out.
pub(super) struct Trial {
    plan: String,
    conversation: Conversation<Outcome>,
}

impl wit::Guest for Jitney {
    type Trial = Trial;
}

impl wit::GuestTrial for Trial {
    fn open(repository: Option<String>) -> Result<wit::Trial, String> {
        let settings = settings()?;
        let (api, credential) = (settings.api.clone(), settings.credential.clone());
        let plan = Plan::new(&settings, repository.as_deref(), wasi::random::random::get_random_u64())?;
        let spelled = plan.to_string();
        let play = Play::new(credential, None, |desk| attempt(desk, settings, plan));
        Ok(wit::Trial::new(Self { plan: spelled, conversation: Conversation::new(api, play) }))
    }

    fn plan(&self) -> String {
        self.plan.clone()
    }

    fn next(&self, report: courses::Report) -> Option<courses::Command> {
        self.conversation.next(report)
    }

    fn outcome(&self) -> Option<wit::Outcome> {
        let outcome = self.conversation.take()?;
        let stages =
            outcome.stages.into_iter().map(|stage| wit::Stage { what: stage.what, took: stage.took });
        let faults = outcome.faults.into_iter().map(carry).collect();
        Some(wit::Outcome { stages: stages.collect(), faults, nano_usd: outcome.cost.as_nano() })
    }
}
