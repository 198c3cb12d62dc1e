//! Replies, carried across the boundary: as HTTP, for the log, and as what a host acts on and remembers.

use super::bindings::jitney::core::replies as wit;
use jitney::reply::{Answered, News, Reply, Tally, genuine};

pub(super) fn carry(reply: &Reply) -> wit::Reply {
    wit::Reply {
        status: reply.outcome.status(),
        body: reply.body(),
        log: reply.log(),
        outcome: reply.outcome.word().to_owned(),
        reason: reply.reason.code.to_owned(),
        delivery: genuine(reply).map_or_else(String::new, |guid| guid.as_str().to_owned()),
        answered: Answered::of(reply).write(),
        news: reply.news.as_deref().map(|told| news(told, &reply.reason.text)),
    }
}

fn news(news: &News, summary: &str) -> wit::News {
    match news {
        News::Running(running) => wit::News::Running(wit::Running {
            runner: running.runner.as_str().to_owned(),
            repository: running.repository.to_string(),
            run: running.run.0,
            job: running.job.0,
            queued: running.queued.unwrap_or_default(),
        }),
        News::Over { runner, at } => {
            wit::News::Over(wit::Over { runner: runner.as_str().to_owned(), at: at.0 })
        }
        News::Swept(counts) => wit::News::Swept(tally(counts, summary)),
    }
}

fn tally(counts: &Tally, summary: &str) -> wit::Tally {
    wit::Tally {
        summary: summary.to_owned(),
        repositories: counts.repositories,
        unreadable: counts.unreadable,
        requests: counts.requests,
        queued: counts.queued,
        opened: counts.opened,
        redelivered: counts.redelivered,
        hooks_hidden: counts.hooks_hidden,
        deleted: counts.deleted,
        ended: counts.ended,
        oldest_queued: counts.oldest_queued_s,
        quota: counts.quota_remaining,
    }
}
