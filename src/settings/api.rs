//! Where GitHub's REST API is: github.com, GHE.com, an Enterprise Server, or a proxy.
//!
//! The base comes from the settings alone, never from a payload's URLs or `X-GitHub-Enterprise-Host`.

use super::reader::{Environment, Reader};
use crate::machine::Domain;
use crate::words::api_base::ApiBase;

impl ApiBase {
    /// The one of an environment that may lack all else; `None` where its settings are at fault.
    pub fn of(environment: &Environment) -> Option<Self> {
        let mut reader = Reader::new(environment);
        let base = read(&mut reader);
        reader.problems.is_empty().then_some(base)
    }

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

pub(super) fn read(reader: &mut Reader<'_>) -> ApiBase {
    let domain = reader.text("GITHUB_ENTERPRISE_DOMAIN").map(|domain| {
        ApiBase::for_domain(domain).unwrap_or_else(|| {
            let cure = "write the host alone, as github.example.com or octo.ghe.com; unset it for github.com";
            reader.problem(
                "GITHUB_ENTERPRISE_DOMAIN",
                "is not the host name of an enterprise's GitHub",
                cure,
            );
            ApiBase::github()
        })
    });
    let url = reader.text("GITHUB_API_URL").map(|url| {
        ApiBase::parse(url).unwrap_or_else(|| {
            let cure =
                "write it as https://HOST/PATH, without user, query or fragment; http only to this machine";
            reader.problem("GITHUB_API_URL", "is not the base URL of an API", cure);
            ApiBase::github()
        })
    });
    url.or(domain).unwrap_or_else(ApiBase::github)
}
