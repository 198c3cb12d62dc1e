//! CredentialScope repositories a world has, how jitney signs in to GitHub, and the settings that say so.

use crate::dice::Dice;
use crate::faults::{Fault, Strengths};
use jitney::settings::{CoursesSettings, IntakeSettings};

/// Never to be seen where it does not belong.
pub const SECRET: &str = "secret-canary";
/// See [`SECRET`].
pub const TOKEN: &str = "ghp_canary";

/// A repository.
#[derive(Clone, Debug)]
pub struct Home {
    /// `owner/name`.
    pub name: String,
    /// Whether anybody can open a pull request.
    pub public: bool,
    /// The App's installation that has it.
    pub installation: u64,
}

/// A world's repositories and its way to sign in.
#[derive(Debug)]
pub struct Layout {
    /// All of them.
    pub homes: Vec<Home>,
    /// Whether runners are registered at the organisation.
    pub organization: bool,
    /// Whether a GitHub App signs in.
    pub app: bool,
    /// Whether `ALLOWED_REPOS` names each repository.
    pub named: bool,
}

impl Layout {
    /// A seed's layout: one repository, three, ten, an organisation's, or an App's.
    pub fn roll(dice: &mut Dice, faults: &Strengths) -> Self {
        let (count, organization, app, named) = match dice.below(6) {
            _ if faults.get(Fault::Crowd) > 0 => (3, dice.below(2) == 0, false, true),
            _ if faults.get(Fault::Tokens) > 0 => (3, dice.below(2) == 0, true, dice.below(2) == 0),
            0 | 1 => (1, false, false, true),
            2 => (3, false, false, false),
            3 => (10, false, false, true),
            4 => (3, true, false, true),
            _ => (4, dice.below(2) == 0, true, dice.below(2) == 0),
        };
        let homes = (0..count).map(|at| Home {
            name: format!("octo/{}", NAMES.get(at).copied().unwrap_or("demo")),
            public: dice.below(2) == 0,
            installation: 7001 + (at as u64) % 2,
        });
        Self { homes: homes.collect(), organization, app, named }
    }

    /// One private repository, and a token.
    pub fn plain() -> Self {
        let home = Home { name: "octo/demo".to_owned(), public: false, installation: 7001 };
        Self { homes: vec![home], organization: false, app: false, named: true }
    }

    /// Ten repositories, each by its name, and a token.
    pub fn ten() -> Self {
        let home = |name| Home { name: format!("octo/{name}"), public: false, installation: 7001 };
        Self { homes: NAMES.into_iter().map(home).collect(), organization: false, app: false, named: true }
    }

    /// What jitney is told: both halves of its settings.
    pub fn settings(&self, places: u64) -> (IntakeSettings, CoursesSettings) {
        let names: Vec<&str> = self.homes.iter().map(|home| home.name.as_str()).collect();
        let allowed = if self.named { names.join(",") } else { "octo/*".to_owned() };
        let mut given = vec![
            ("WEBHOOK_SECRET", SECRET.to_owned()),
            ("ALLOWED_REPOS", allowed),
            ("ALLOWED_GPUS", "A10".to_owned()),
            ("MAX_RUNNERS", places.to_string()),
            ("RUNNER_SCOPE", if self.organization { "org" } else { "repo" }.to_owned()),
        ];
        given.push(if self.app {
            ("GITHUB_APP_ID", "4711".to_owned())
        } else {
            ("GITHUB_TOKEN", TOKEN.to_owned())
        });
        let given: Vec<(String, String)> =
            given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        (
            IntakeSettings::read(&given).settings.expect("good settings"),
            CoursesSettings::read(&given).settings.expect("good settings"),
        )
    }
}

const NAMES: [&str; 10] = ["demo", "api", "web", "docs", "infra", "mobile", "data", "tools", "site", "zebra"];
