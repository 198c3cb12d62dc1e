//! The third half: the GitHub App's key, for an instance that holds nothing else.

use super::{ApiBase, Checked, Environment, Reader, api, scope};
use crate::words::scope::Scope;
use base64ct::{Base64, Encoding};
use rsa::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
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
    /// Reads a keys instance's half; no settings and no problems where there is no App.
    pub fn read(environment: &Environment) -> Checked<Self> {
        const ID: &str = "GITHUB_APP_ID";
        const KEY: &str = "GITHUB_APP_PRIVATE_KEY";
        let mut reader = Reader::new(environment);
        let (app, pem) = (reader.text(ID), reader.text(KEY));
        if app.is_none() && pem.is_none() {
            return Checked { settings: None, problems: Vec::new(), warnings: Vec::new() };
        }
        let api = api::read(&mut reader);
        let scope = scope(&mut reader);
        match app {
            None => reader.problem(ID, "is not set, but the App's key is", "set it to the App's client id"),
            Some(id) if !is_id(id) => {
                reader.problem(
                    ID,
                    "is no App's id",
                    "set it to the App's client id, as Iv23li…, or its number",
                );
            }
            Some(_) => {}
        }
        let key = match pem.map(read_key) {
            Some(Ok(key)) => Some(key),
            Some(Err(fault)) => {
                reader.problem(KEY, fault, "paste the whole .pem file that GitHub made for the App");
                None
            }
            None => {
                reader.problem(KEY, "is not set, but the App's id is", "paste the App's .pem file");
                None
            }
        };
        let Reader { problems, warnings, .. } = reader;
        let settings = match (app, key) {
            (Some(app), Some(key)) if problems.is_empty() => {
                Some(Self { app: app.to_owned(), key, api, scope })
            }
            _ => None,
        };
        Checked { settings, problems, warnings }
    }
}

fn is_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Reads a key as people paste it: PKCS#1 (GitHub's own) or PKCS#8, its newlines real, escaped, or become blanks,
/// quoted or not.
fn read_key(text: &str) -> Result<PrivateKey, &'static str> {
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let (_, rest) = text.split_once("-----BEGIN ").ok_or("is no PEM file: it does not say BEGIN")?;
    let (label, rest) = rest.split_once("-----").ok_or("is no PEM file")?;
    let (body, _) = rest.split_once("-----END ").ok_or("breaks off before its END line")?;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = Base64::decode_vec(&body).map_err(|_| "is damaged: what it holds is not base64")?;
    let damaged = "is damaged, or no RSA key";
    match label {
        "RSA PRIVATE KEY" => PrivateKey::from_pkcs1_der(&der).map_err(|_| damaged),
        "PRIVATE KEY" => PrivateKey::from_pkcs8_der(&der).map_err(|_| damaged),
        "ENCRYPTED PRIVATE KEY" => Err("is protected by a password"),
        _ => Err("is a PEM file, but of no private key"),
    }
}
