//! The face to scripts: readiness and metrics.

use super::api::for_scripts;
use super::{Answer, Context, Request, Response, response};

/// `ready` or 503, for load balancers and watchdogs. Says nothing else, so anybody may ask.
pub fn ready(context: &Context<'_>) -> Response {
    let (status, text) = if context.ready { (200, "ready\n") } else { (503, "not ready\n") };
    response::plain(status, "text/plain; charset=utf-8", text.into())
}

/// Prometheus text exposition format 0.0.4.
pub fn metrics(request: &Request, context: &Context<'_>) -> Answer {
    for_scripts(request, context, || {
        let text = (context.metrics)().into_bytes();
        Ok(response::plain(200, "text/plain; version=0.0.4; charset=utf-8", text).into())
    })
}
