//! Which jobs are ours by their labels, and which machine the labels ask for.
//!
//! A job is ours if its labels hold all of `RUNNER_LABELS` (`self-hosted` may be left out) and nothing beyond
//! those, `self-hosted`, `linux`, `x64`, shape labels (`cpu=4`, `memory=16`, `gpu=H100:2`, `timeout=2h`, `image=…`,
//! `docker`, `id=…`) and the profiles of `RUNNER_PROFILES`.

use crate::machine::{Limits, Machine, Shape};
use crate::reply::Reason;
use crate::words::label::Label;
use crate::words::printable::Shown;
use std::collections::BTreeMap;

/// Which jobs are ours, and what they may ask for.
#[derive(Clone, Debug)]
pub struct JobRules {
    /// `RUNNER_LABELS`.
    pub labels: Vec<Label>,
    /// `RUNNER_PROFILES`, by name in lower case.
    pub profiles: BTreeMap<String, Shape>,
    /// The operator's limits.
    pub limits: Limits,
}

impl JobRules {
    /// Why a job of these labels is not ours, or `None` if it is.
    pub fn foreign(&self, labels: &[Label]) -> Option<Reason> {
        let foreign = |text: String| Some(Reason::new("labels-not-ours", text));
        if labels.is_empty() {
            return foreign("the job names no label".to_owned());
        }
        let missing = self
            .labels
            .iter()
            .find(|ours| !ours.is("self-hosted") && !labels.iter().any(|label| label.is(ours.as_str())));
        if let Some(missing) = missing {
            return foreign(format!("the job does not ask for `{}`", Shown(missing.as_str())));
        }
        let beyond = labels.iter().find(|label| !self.knows(label))?;
        foreign(format!("the job asks for `{}`, which is no label of ours", Shown(beyond.as_str())))
    }

    fn knows(&self, label: &Label) -> bool {
        ["self-hosted", "linux", "x64"].iter().any(|known| label.is(known))
            || self.labels.iter().any(|ours| label.is(ours.as_str()))
            || self.profile(label).is_some()
            || Shape::is_set_by(label)
            || label.assignment().is_some_and(|(key, _)| key == "id")
    }

    fn profile(&self, label: &Label) -> Option<&Shape> {
        self.profiles.get(&label.as_str().to_ascii_lowercase())
    }

    /// The machine that these labels ask for, or why they may not have it. Labels win over profiles.
    pub fn machine(&self, labels: &[Label]) -> Result<Machine, Reason> {
        let mut shape = Shape::of_labels(labels)?;
        let mut allowed_image = None;
        for profile in labels.iter().filter_map(|label| self.profile(label)) {
            allowed_image = allowed_image.or(profile.image.as_deref());
            shape = shape.over(profile);
        }
        if shape.image.as_deref() != allowed_image {
            let text = "a job's label may not choose an image; the operator can offer one as a profile in RUNNER_PROFILES";
            return Err(Reason::new("image-not-allowed", text));
        }
        self.limits.machine(&shape)
    }
}
