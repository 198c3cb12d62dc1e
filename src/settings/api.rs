//! Where GitHub's REST API is: github.com, GHE.com, an Enterprise Server, or a proxy.
//!
//! The base comes from the settings alone, never from a payload's URLs or `X-GitHub-Enterprise-Host`.

use super::reader::Reader;
use super::row::Row;
use crate::machine::Domain;
use crate::words::api_base::ApiBase;

impl ApiBase {
    /// The domains of this GitHub's own that a runner must reach; github.com's are among the runner's anyway.
    pub fn domains(&self) -> Vec<Domain> {
        let host = match self.authority.strip_prefix("api.") {
            Some(own) if own.ends_with(".ghe.com") => own,
            _ if self.is_server() => self.authority.split(':').next().unwrap_or_default(),
            _ => return Vec::new(),
        };
        [host.to_owned(), format!("*.{host}")]
            .iter()
            .filter_map(|domain| Domain::parse(domain).ok())
            .collect()
    }
}

pub(super) fn domain(reader: &mut Reader<'_>, row: &Row) -> Option<ApiBase> {
    let cure = "write the host alone, as github.example.com or octo.ghe.com; unset it for github.com";
    reader.parsed(row, cure, |text| {
        ApiBase::for_domain(text).ok_or("is not the host name of a GitHub Enterprise")
    })
}

pub(super) fn url(reader: &mut Reader<'_>, row: &Row) -> Option<ApiBase> {
    let cure = "write it as https://HOST/PATH, without user, query or fragment; http only to this machine";
    reader.parsed(row, cure, |text| ApiBase::parse(text).ok_or("is not the base URL of an API"))
}

/// Where GitHub's webhook leads, without its last slash.
pub(super) fn webhook(reader: &mut Reader<'_>, row: &Row) -> Option<String> {
    let cure = "write it as https://HOST or https://HOST/PATH, as `modal deploy` prints it, or unset it";
    reader.parsed(row, cure, |url| {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let named =
            name.starts_with('[') || (name.bytes().any(|b| b.is_ascii_alphanumeric()) && !name.contains('…'));
        let plain = url.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"`\\".contains(&b));
        (named && plain && !host.contains('@'))
            .then(|| url.trim_end_matches('/').to_owned())
            .ok_or("is not the URL of a webhook")
    })
}
