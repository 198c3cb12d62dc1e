//! A thing is said once. A reason is a code and a sentence, and the delivery's answer, the check, the verdict and the
//! conclusion all have it: the conclusion keeps the sentence, else the first moment that has it, and the others the code.

use super::evidence::Evidence;
use super::{Conclusion, Moment};
use jitney::words::printable::Sentence;

/// Leaves out of the moments what was said before, or is said in the conclusion.
pub(super) fn once(evidence: &Evidence<'_>, timeline: Vec<Moment>, conclusion: &Conclusion) -> Vec<Moment> {
    let reasons = reasons(evidence);
    let mut said: Vec<&str> = Vec::new();
    let mut short = |mut moment: Moment| {
        for reason in &reasons {
            let Some((code, sentence)) = reason.split_once(": ") else { continue };
            if !moment.said.contains(reason.as_str()) {
                continue;
            }
            if conclusion.text.contains(sentence) || said.contains(&sentence) {
                moment.said = moment.said.replace(reason.as_str(), code);
            } else {
                said.push(sentence);
            }
        }
        moment
    };
    timeline.into_iter().map(&mut short).collect()
}

/// Every reason that may be said, as it is shown, the longest first.
fn reasons(evidence: &Evidence<'_>) -> Vec<String> {
    let facts = evidence.facts;
    let mut reasons = Vec::new();
    reasons.extend(facts.decision.verdict.reply().map(|answer| answer.reason.to_string()));
    reasons.extend(evidence.refused().map(|(_, why)| why));
    for action in ["queued", "in_progress", "completed"] {
        let said = facts.deliveries.of(action).and_then(|logged| logged.carried.said.as_ref());
        reasons.extend(said.map(|said| Sentence(&said.reason).to_string()));
    }
    reasons.extend(evidence.recent().iter().map(|row| Sentence(&row.said().reason).to_string()));
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.len()));
    reasons.dedup();
    reasons
}
