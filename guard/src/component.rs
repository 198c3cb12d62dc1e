//! The component: reads the settings, looks at the request, and hands it on or denies it.

use crate::bindings::exports::wasi::http::outgoing_handler::{
    ErrorCode, FutureIncomingResponse, Guest, OutgoingRequest, RequestOptions,
};
use crate::bindings::wasi::cli::environment::get_environment;
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::Scheme;
use crate::rule::{Outgoing, allows};

struct Guard;

impl Guest for Guard {
    fn handle(
        request: OutgoingRequest,
        options: Option<RequestOptions>,
    ) -> Result<FutureIncomingResponse, ErrorCode> {
        let environment = get_environment();
        let setting =
            |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (url, domain) = (setting("GITHUB_API_URL"), setting("GITHUB_ENTERPRISE_DOMAIN"));
        let https = match request.scheme() {
            None | Some(Scheme::Https) => true,
            Some(Scheme::Http) => false,
            Some(Scheme::Other(_)) => return Err(ErrorCode::HttpRequestDenied),
        };
        let (authority, path) =
            (request.authority().unwrap_or_default(), request.path_with_query().unwrap_or_default());
        let authorized = request.headers().has("authorization");
        let outgoing = Outgoing { https, authority: &authority, path: &path, authorized };
        if !allows(url, domain, outgoing) {
            return Err(ErrorCode::HttpRequestDenied);
        }
        outgoing_handler::handle(request, options)
    }
}

mod exports {
    #![allow(unsafe_code, clippy::pedantic, reason = "generated code")]
    use super::Guard;
    use crate::bindings;

    bindings::export!(Guard with_types_in bindings);
}
