//! `status`: who may see the page, and what is on it that only the settings know.

use super::{Jitney, bindings::exports::jitney::core::status as wit, now};
use jitney::ending::Cause;
use jitney::reply::Answered;
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::ticket::Ticket;
use jitney::words::usd::Usd;
use jitney_operator::inside::inside;
use jitney_operator::status::{self, Trouble};
use wasi::cli::environment::get_environment;

impl wit::Guest for Jitney {
    fn may_see(authorization: String, cookies: String) -> bool {
        let settings = IntakeSettings::read(&get_environment()).settings;
        settings.is_some_and(|settings| status::may_see(&settings, &authorization, &cookies, now()))
    }

    fn is_shown() -> bool {
        IntakeSettings::read(&get_environment())
            .settings
            .is_some_and(|settings| settings.status_token.is_some())
    }

    fn open_session(typed: String) -> Option<String> {
        status::open_session(&IntakeSettings::read(&get_environment()).settings?, &typed, now())
    }

    fn close_session() -> String {
        status::close_session()
    }

    fn alarms(figures: wit::Figures) -> Vec<String> {
        let wit::Figures { oldest_queued, quota, living, spent, swept } = figures;
        let spent = Usd::from_nano(spent);
        let figures = status::Figures { oldest_queued, quota, living, spent, swept };
        CoursesSettings::read(&get_environment())
            .settings
            .map_or_else(Vec::new, |settings| status::alarms(&settings, &figures))
    }

    fn pages() -> String {
        CoursesSettings::read(&get_environment())
            .settings
            .map_or_else(String::new, |settings| settings.api.pages())
    }

    fn limits() -> Vec<(String, String)> {
        let settings = CoursesSettings::read(&get_environment()).settings;
        let limits = settings.map_or_else(Vec::new, |settings| status::limits(&settings));
        limits.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn inside(sandbox: String) -> Vec<(String, String)> {
        inside(&sandbox).into_iter().map(|(purpose, command)| (purpose.to_owned(), command)).collect()
    }

    fn troubled(trouble: wit::Trouble) -> String {
        let trouble = match trouble {
            wit::Trouble::Tickets => Trouble::Tickets,
            wit::Trouble::TakingUp => Trouble::TakingUp,
            wit::Trouble::Sweeping => Trouble::Sweeping,
            wit::Trouble::House => Trouble::House,
        };
        status::troubled(trouble)
    }

    fn waiting(tickets: Vec<String>) -> Vec<wit::WaitingJob> {
        let carry = |ticket: Ticket| wit::WaitingJob {
            repository: ticket.repository.to_string(),
            run: ticket.run.0,
            job: ticket.job.0,
            created: ticket.created.map(|created| created.0),
            deferrals: ticket.deferrals,
        };
        status::waiting(&tickets).into_iter().map(carry).collect()
    }

    fn why_ended(cause: String) -> Option<String> {
        Cause::of_word(&cause).map(|cause| cause.said().to_owned())
    }

    fn recall(answered: String) -> Option<wit::Answered> {
        let answered = Answered::read(&answered)?;
        Some(wit::Answered {
            outcome: answered.outcome.into_owned(),
            reason: answered.reason.into_owned(),
            why: answered.why.into_owned(),
            repository: answered.repository.map_or_else(String::new, |repository| repository.to_string()),
            run: answered.run.map_or(0, |run| run.0),
            job: answered.job.map_or(0, |job| job.0),
        })
    }
}
