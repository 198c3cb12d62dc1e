//! The settings of a GitHub App: its id and its key.

use super::reader::Reader;
use super::row::Row;
use base64ct::{Base64, Encoding};
use rsa::PrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;

pub(super) fn id(reader: &mut Reader<'_>, row: &Row) -> Option<String> {
    if reader.text(row).is_none() {
        reader.problem(row, "is not set, but the App's key is", "set it to the App's client id");
    }
    let cure = "set it to the App's client id, such as Iv23li…, or to its number";
    reader.parsed(row, cure, |id| {
        is_id(id).then(|| id.to_owned()).ok_or("is neither a client id nor the number of an App")
    })
}

pub(super) fn private_key(reader: &mut Reader<'_>, row: &Row) -> Option<PrivateKey> {
    if reader.text(row).is_none() {
        reader.problem(row, "is not set, but the App's id is", "paste the App's .pem file");
    }
    reader.parsed(row, "paste the whole .pem file that GitHub made for the App", read_key)
}

fn is_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Reads a key as people paste it: PKCS#1 (GitHub's own) or PKCS#8, its newlines real, escaped, or become blanks,
/// quoted or not.
fn read_key(text: &str) -> Result<PrivateKey, &'static str> {
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let (_, rest) = text.split_once("-----BEGIN ").ok_or("is not a PEM file: it has no BEGIN line")?;
    let (label, rest) = rest.split_once("-----").ok_or("is not a PEM file: its BEGIN line breaks off")?;
    let (body, _) = rest.split_once("-----END ").ok_or("breaks off before its END line")?;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = Base64::decode_vec(&body).map_err(|_| "is damaged: its content is not base64")?;
    let damaged = "is damaged, or not an RSA key";
    match label {
        "RSA PRIVATE KEY" => PrivateKey::from_pkcs1_der(&der).map_err(|_| damaged),
        "PRIVATE KEY" => PrivateKey::from_pkcs8_der(&der).map_err(|_| damaged),
        "ENCRYPTED PRIVATE KEY" => Err("is protected by a password"),
        _ => Err("is a PEM file, but not of a private key"),
    }
}
