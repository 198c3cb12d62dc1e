//! One request to GitHub over WASI-HTTP, bounded in time and in bytes.
//!
//! Written on WASI-HTTP itself, with the bindings of `wasi`: the clients that there are bound only the time to connect, read
//! a body of any length, and panic on some answers. Redirects are not followed: WASI-HTTP follows none.

use anyhow::anyhow;
use jitney::github::{Cursor, Etag, Fault, Method, Request, Response};
use jitney::settings::ApiBase;
use jitney::words::time::Timestamp;
use wasi::http::outgoing_handler;
use wasi::http::types::{
    self, ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, OutgoingBody,
    OutgoingRequest, RequestOptions, Scheme,
};
use wasi::io::streams::StreamError;

const SECOND: u64 = 1_000_000_000;
const CONNECT_WITHIN: u64 = 5 * SECOND;
const FIRST_BYTE_WITHIN: u64 = 10 * SECOND;
const NEXT_BYTE_WITHIN: u64 = 5 * SECOND;
/// The longest body that is read. A page of a hundred workflow runs is over a MiB.
const BODY_LIMIT: usize = 4 << 20;

/// Sends `request` to this GitHub's API, or to github.com where it says so; GitHub's response, or why there is none.
pub(super) fn send(api: &ApiBase, request: &Request) -> Result<Response, Fault> {
    let outgoing =
        if request.at_github_com { prepare(&ApiBase::github(), request) } else { prepare(api, request) };
    let outgoing = outgoing.map_err(|_| Fault::Denied)?;
    let body = outgoing.body().map_err(|()| Fault::Denied)?;
    let options = RequestOptions::new();
    let bounded = [
        options.set_connect_timeout(Some(CONNECT_WITHIN)),
        options.set_first_byte_timeout(Some(FIRST_BYTE_WITHIN)),
        options.set_between_bytes_timeout(Some(NEXT_BYTE_WITHIN)),
    ];
    if bounded.contains(&Err(())) {
        return Err(Fault::Denied);
    }
    let response = outgoing_handler::handle(outgoing, Some(options)).map_err(|code| fault(&code))?;
    if let Some(json) = &request.body {
        let stream = body.write().map_err(|()| Fault::Broken)?;
        for piece in json.as_bytes().chunks(4096) {
            stream.blocking_write_and_flush(piece).map_err(|_| Fault::Broken)?;
        }
    }
    OutgoingBody::finish(body, None).map_err(|code| fault(&code))?;
    read(&await_response(&response)?)
}

fn prepare(base: &ApiBase, request: &Request) -> anyhow::Result<OutgoingRequest> {
    let headers: Vec<_> =
        request.headers().into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect();
    let outgoing = OutgoingRequest::new(Fields::from_list(&headers)?);
    let method = match request.method {
        Method::Get => types::Method::Get,
        Method::Post => types::Method::Post,
        Method::Patch => types::Method::Patch,
        Method::Delete => types::Method::Delete,
    };
    let scheme = if base.https { Scheme::Https } else { Scheme::Http };
    let path = format!("{}{}", base.prefix, request.path);
    outgoing.set_method(&method).map_err(|()| anyhow!("method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| anyhow!("scheme"))?;
    outgoing.set_authority(Some(&base.authority)).map_err(|()| anyhow!("authority"))?;
    outgoing.set_path_with_query(Some(&path)).map_err(|()| anyhow!("path"))?;
    Ok(outgoing)
}

fn await_response(response: &FutureIncomingResponse) -> Result<IncomingResponse, Fault> {
    response.subscribe().block();
    match response.get() {
        Some(Ok(Ok(response))) => Ok(response),
        Some(Ok(Err(code))) => Err(fault(&code)),
        Some(Err(())) | None => Err(Fault::Broken),
    }
}

fn read(response: &IncomingResponse) -> Result<Response, Fault> {
    let headers = response.headers();
    let text = |name: &str| -> Option<String> {
        let values = headers.get(name);
        Some(std::str::from_utf8(values.first()?).ok()?.trim().to_owned())
    };
    let number = |name: &str| -> Option<u64> { text(name)?.parse().ok() };
    let answer = Response {
        status: response.status(),
        retry_after: number("retry-after"),
        limit: number("x-ratelimit-limit"),
        remaining: number("x-ratelimit-remaining"),
        reset: number("x-ratelimit-reset"),
        next: text("link").as_deref().and_then(Cursor::of_link),
        etag: text("etag").as_deref().and_then(Etag::parse),
        date: text("date").as_deref().and_then(Timestamp::parse_header),
        token_ends: text("github-authentication-token-expiration")
            .as_deref()
            .and_then(Timestamp::parse_header),
        accepted_permissions: text("x-accepted-github-permissions"),
        unauthorized: false,
        body: Vec::new(),
    };
    drop(headers);
    let body = response.consume().map_err(|()| Fault::Broken)?;
    Ok(Response { body: read_body(&body)?, ..answer })
}

fn read_body(incoming: &IncomingBody) -> Result<Vec<u8>, Fault> {
    let stream = incoming.stream().map_err(|()| Fault::Broken)?;
    let mut body = Vec::new();
    loop {
        match stream.blocking_read(65_536) {
            Ok(piece) => body.extend_from_slice(&piece),
            Err(StreamError::Closed) => return Ok(body),
            Err(StreamError::LastOperationFailed(_)) => return Err(Fault::Broken),
        }
        if body.len() > BODY_LIMIT {
            return Err(Fault::TooLarge);
        }
    }
}

fn fault(code: &ErrorCode) -> Fault {
    match code {
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTimeout
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_)
        | ErrorCode::TlsProtocolError => Fault::Unreachable,
        ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Fault::TimedOut,
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Fault::Denied,
        _ => Fault::Broken,
    }
}
