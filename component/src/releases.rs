//! The Actions runner: which release goes into the runner image, and what an operator should know of an image.

use super::bindings::exports::jitney::core::{courses, releases as wit};
use super::play::{Conversation, settings};
use super::{Jitney, now};
use jitney::course::desk::Play;
use jitney::github::release::{self, RunnerRelease};
use jitney::machine::archives::{self, Archive, Source};
use jitney::settings::CoursesSettings;
use jitney::words::time::Timestamp;
use jitney::words::version::RunnerVersion;
use jitney_operator::releases;
use wasi::cli::environment::get_environment;

type Search = Conversation<Result<RunnerRelease, String>>;

impl wit::Guest for Jitney {
    type Search = Search;

    fn alarms(version: String, built: u64) -> Vec<String> {
        let server = CoursesSettings::read(&get_environment()).settings.is_some_and(|s| s.api.is_server());
        match RunnerVersion::parse(&version) {
            Some(version) => release::alarms(version, Timestamp(built), server, now()),
            None => vec!["the runner image has no version that can be read".to_owned()],
        }
    }

    fn sources() -> Vec<wit::Source> {
        let carry = |source: Source| wit::Source { url: source.url(), name: source.repository.to_string() };
        sources().into_iter().map(carry).collect()
    }

    fn archives(name: String, listing: String) -> Vec<wit::Archive> {
        let source = sources().into_iter().find(|source| source.repository.to_string() == name);
        let carry = |archive: Archive| wit::Archive {
            commit: archive.commit.as_str().to_owned(),
            file: archive.file,
            folder: archive.folder,
        };
        source.map_or_else(Vec::new, |source| source.archives(&listing).into_iter().map(carry).collect())
    }

    fn images() -> Vec<String> {
        CoursesSettings::read(&get_environment()).settings.map_or_else(Vec::new, |settings| settings.images())
    }
}

fn sources() -> Vec<Source> {
    let settings = CoursesSettings::read(&get_environment()).settings;
    settings.map_or_else(Vec::new, |settings| archives::sources(&settings.archives))
}

impl wit::GuestSearch for Search {
    fn open() -> Result<wit::Search, String> {
        let settings = settings()?;
        let (api, credential) = (settings.api.clone(), settings.credential.clone());
        let play = Play::new(credential, None, |desk| releases::search(desk, settings));
        Ok(wit::Search::new(Conversation::new(api, play)))
    }

    fn next(&self, report: courses::Report) -> Option<courses::Command> {
        Self::next(self, report)
    }

    fn found(&self) -> Result<wit::Release, String> {
        let found = self.take().ok_or("the search is not over")??;
        Ok(wit::Release { version: found.version.to_string(), url: found.url, sha256: found.sha256.into() })
    }
}
