//! `doctor`: what GitHub is asked on an operator's behalf.

use super::Jitney;
use super::bindings::exports::jitney::core::{courses, doctor as wit};
use super::play::{Conversation, settings};
use jitney::course::desk::Play;
use jitney_operator::doctor::{Finding, Level, examine};

type Examination = Conversation<Vec<Finding>>;

impl wit::Guest for Jitney {
    type Examination = Examination;
}

impl wit::GuestExamination for Examination {
    fn open(can_sign: bool) -> Result<wit::Examination, String> {
        let settings = settings()?;
        let (api, credential) = (settings.api.clone(), settings.credential.clone());
        let play = Play::new(credential, None, |desk| examine(desk, settings, can_sign));
        Ok(wit::Examination::new(Self::new(api, play)))
    }

    fn next(&self, report: courses::Report) -> Option<courses::Command> {
        Self::next(self, report)
    }

    fn findings(&self) -> Vec<wit::Finding> {
        self.take().unwrap_or_default().into_iter().map(carry).collect()
    }
}

fn carry(finding: Finding) -> wit::Finding {
    let level = match finding.level {
        Level::Ok => wit::Level::Ok,
        Level::Warn => wit::Level::Warn,
        Level::Fail => wit::Level::Fail,
        Level::Unchecked => wit::Level::Unchecked,
    };
    wit::Finding { level, what: finding.what, why: finding.why, cure: finding.cure }
}
