//! The component: reads the settings, looks at the request, and hands it on or denies it.
#![allow(
    unsafe_code,
    unused_qualifications,
    elided_lifetimes_in_paths,
    unreachable_pub,
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "generated code"
)]

use crate::rule::{Outgoing, allows};

// The functions of `wasi:http@0.2.12` that are used here, and the types that they need, as WASI defines them.
wit_bindgen::generate!({
    inline: "
        package jitney:guard;
        world guard {
            import wasi:cli/environment@0.2.12;
            import wasi:http/types@0.2.12;
            import wasi:http/outgoing-handler@0.2.12;
            export wasi:http/outgoing-handler@0.2.12;
        }
        package wasi:cli@0.2.12 {
            interface environment {
                get-environment: func() -> list<tuple<string, string>>;
                get-arguments: func() -> list<string>;
                initial-cwd: func() -> option<string>;
            }
        }
        package wasi:http@0.2.12 {
            interface types {
                variant scheme { HTTP, HTTPS, other(string) }
                record DNS-error-payload { rcode: option<string>, info-code: option<u16> }
                record TLS-alert-received-payload { alert-id: option<u8>, alert-message: option<string> }
                record field-size-payload { field-name: option<string>, field-size: option<u32> }
                variant error-code {
                    DNS-timeout,
                    DNS-error(DNS-error-payload),
                    destination-not-found,
                    destination-unavailable,
                    destination-IP-prohibited,
                    destination-IP-unroutable,
                    connection-refused,
                    connection-terminated,
                    connection-timeout,
                    connection-read-timeout,
                    connection-write-timeout,
                    connection-limit-reached,
                    TLS-protocol-error,
                    TLS-certificate-error,
                    TLS-alert-received(TLS-alert-received-payload),
                    HTTP-request-denied,
                    HTTP-request-length-required,
                    HTTP-request-body-size(option<u64>),
                    HTTP-request-method-invalid,
                    HTTP-request-URI-invalid,
                    HTTP-request-URI-too-long,
                    HTTP-request-header-section-size(option<u32>),
                    HTTP-request-header-size(option<field-size-payload>),
                    HTTP-request-trailer-section-size(option<u32>),
                    HTTP-request-trailer-size(field-size-payload),
                    HTTP-response-incomplete,
                    HTTP-response-header-section-size(option<u32>),
                    HTTP-response-header-size(field-size-payload),
                    HTTP-response-body-size(option<u64>),
                    HTTP-response-trailer-section-size(option<u32>),
                    HTTP-response-trailer-size(field-size-payload),
                    HTTP-response-transfer-coding(option<string>),
                    HTTP-response-content-coding(option<string>),
                    HTTP-response-timeout,
                    HTTP-upgrade-failed,
                    HTTP-protocol-error,
                    loop-detected,
                    configuration-error,
                    internal-error(option<string>)
                }
                resource fields {
                    has: func(name: string) -> bool;
                }
                resource outgoing-request {
                    path-with-query: func() -> option<string>;
                    scheme: func() -> option<scheme>;
                    authority: func() -> option<string>;
                    headers: func() -> fields;
                }
                resource request-options {}
                resource future-incoming-response {}
            }
            interface outgoing-handler {
                use types.{outgoing-request, request-options, future-incoming-response, error-code};
                handle: func(request: outgoing-request, options: option<request-options>)
                    -> result<future-incoming-response, error-code>;
            }
        }
    ",
    world: "jitney:guard/guard",
    generate_all,
});

use exports::wasi::http::outgoing_handler::{
    ErrorCode, FutureIncomingResponse, Guest, OutgoingRequest, RequestOptions,
};
use wasi::http::outgoing_handler;
use wasi::http::types::Scheme;

struct Guard;

impl Guest for Guard {
    fn handle(
        request: OutgoingRequest,
        options: Option<RequestOptions>,
    ) -> Result<FutureIncomingResponse, ErrorCode> {
        let environment = wasi::cli::environment::get_environment();
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

export!(Guard);
