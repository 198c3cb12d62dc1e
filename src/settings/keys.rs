//! The third part: the GitHub App's key, for an instance that holds nothing else.

use super::checked::Checked;
use super::parts;
use super::reader::{Environment, Reader};
use super::row::Instances;
use super::table::{GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY, RUNNER_SCOPE};
use crate::words::api_base::ApiBase;
use crate::words::scope::Scope;
use rsa::PrivateKey;
use std::fmt;

/// What a keys instance works with.
#[derive(Clone)]
pub struct KeysSettings {
    /// `GITHUB_APP_ID`: the App's client id or its number.
    pub app: String,
    /// `GITHUB_APP_PRIVATE_KEY`.
    pub key: PrivateKey,
    /// Where GitHub is.
    pub api: ApiBase,
    /// `RUNNER_SCOPE`: which permissions a token needs.
    pub scope: Scope,
}

impl fmt::Debug for KeysSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeysSettings").field("app", &self.app).finish_non_exhaustive()
    }
}

impl KeysSettings {
    /// Reads a keys instance's part; no settings and no problems where there is no App.
    pub fn read(environment: &Environment) -> Checked<Self> {
        let mut reader = Reader::new(Instances::KEYS, environment);
        if reader.text(&GITHUB_APP_ID.row).is_none() && reader.text(&GITHUB_APP_PRIVATE_KEY.row).is_none() {
            return reader.check(None);
        }
        let api = parts::api(&mut reader);
        let scope = RUNNER_SCOPE.read(&mut reader);
        let (app, key) = (GITHUB_APP_ID.read(&mut reader), GITHUB_APP_PRIVATE_KEY.read(&mut reader));
        let settings = app.zip(key).map(|(app, key)| Self { app, key, api, scope });
        reader.check(settings)
    }
}
