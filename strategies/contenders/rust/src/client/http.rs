//! fetch and gather by hyper's client, which pools its connections.
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use hyper::body::HttpBody;
use hyper::client::HttpConnector;
use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{Body, Client, Request, Response, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::net::outcome_of_io;
use crate::participant::{fail, run_client, serve_until_stopped, Job, Outcome};

/// What is asked for. The body of the first good answer is what all others must be.
struct Target {
    url: Uri,
    name: Option<String>,      // of several
    body_bytes: Option<usize>, // where it is known
    body: Mutex<Option<Vec<u8>>>,
}

impl Target {
    fn new(url: &str, name: Option<String>, body_bytes: Option<usize>) -> Target {
        let url = url.parse().unwrap_or_else(|_| fail(&format!("{} is no URL", url)));
        Target { url, name, body_bytes, body: Mutex::new(None) }
    }

    fn outcome_of(&self, status: StatusCode, body: &[u8]) -> Outcome {
        if !status.is_success() && status != StatusCode::NOT_MODIFIED {
            return Outcome::HttpStatus;
        }
        let mut first = self.body.lock().unwrap();
        if first.is_none() && self.body_bytes.map_or(true, |length| length == body.len()) {
            *first = Some(body.to_vec());
        }
        if first.as_deref() == Some(body) {
            Outcome::Ok
        } else {
            Outcome::ContentMismatch
        }
    }
}

/// Of a request that failed; `has_head`: the head of an answer had come.
fn outcome_of(error: &hyper::Error, has_head: bool) -> Outcome {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(each) = cause {
        if let Some(refused) = each.downcast_ref::<io::Error>() {
            return outcome_of_io(refused, has_head);
        }
        cause = each.source();
    }
    match has_head {
        true if error.is_incomplete_message() => Outcome::Truncated,
        false if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => Outcome::Eof,
        _ => Outcome::Protocol,
    }
}

/// Tuned for many requests to few servers: it keeps all connections.
fn client_of(connections: usize) -> Client<HttpConnector> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder().pool_max_idle_per_host(connections).retry_canceled_requests(false).build(connector)
}

/// How the request ends. The body is read into `body`.
async fn get(
    client: &Client<HttpConnector>,
    target: &Target,
    deadline: Duration,
    body: &mut Vec<u8>,
) -> Outcome {
    body.clear();
    let mut has_head = false;
    let asked = async {
        let mut response = client.get(target.url.clone()).await?;
        has_head = true;
        while let Some(part) = response.body_mut().data().await {
            body.extend_from_slice(&part?);
        }
        Ok::<_, hyper::Error>(response.status())
    };
    match timeout(deadline, asked).await {
        Ok(Ok(status)) => target.outcome_of(status, body),
        Ok(Err(error)) => outcome_of(&error, has_head),
        Err(_) if has_head => Outcome::TimeoutBody,
        Err(_) => Outcome::TimeoutHeaders,
    }
}

pub async fn fetch(job: &Job) {
    let targets: Arc<Vec<Target>> = Arc::new(if job.urls.is_empty() {
        vec![Target::new(&job.origin("server_delay"), None, Some(job.number("body_bytes")))]
    } else {
        job.urls.iter().map(|url| Target::new(url, Some(url.clone()), None)).collect()
    });
    let client = client_of(job.tasks());
    let deadline = job.deadline();
    run_client(job, |mut requests| {
        let (targets, client) = (targets.clone(), client.clone());
        async move {
            let mut body = Vec::new();
            let mut nth = requests.task;
            while let Some(begun) = requests.next().await {
                let target = &targets[nth % targets.len()];
                let asked = get(&client, target, deadline, &mut body);
                let outcome = requests.unless_stopped(asked).await.unwrap_or(Outcome::Cancelled);
                requests.ended(begun, outcome, body.len(), target.name.as_deref());
                nth += 1;
            }
            requests
        }
    })
    .await
}

/// What each request of the gateway asks.
struct Upstream {
    target: Target,
    fan_out: usize,
    deadline: Duration,
    client: Client<HttpConnector>,
}

impl Upstream {
    /// Asks all at once, and joins.
    async fn answer(&self) -> hyper::Result<Response<Body>> {
        let asked = (0..self.fan_out).map(|_| async {
            let mut body = Vec::new();
            get(&self.client, &self.target, self.deadline, &mut body).await
        });
        let mut response = Response::new(Body::from("xxxxxxxxxxxx"));
        if join_all(asked).await.iter().any(|outcome| *outcome != Outcome::Ok) {
            *response.status_mut() = StatusCode::BAD_GATEWAY;
        }
        Ok(response)
    }
}

pub async fn gather(job: &Job, listener: TcpListener, port: u16) {
    let fan_out = job.number("fan_out");
    let upstream = Arc::new(Upstream {
        target: Target::new(&job.origin("upstream_delay"), None, Some(job.number("body_bytes"))),
        fan_out,
        deadline: job.deadline(),
        client: client_of(fan_out * job.number("connections")),
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let upstream = upstream.clone();
            let answer = service_fn(move |_: Request<Body>| {
                let upstream = upstream.clone();
                async move { upstream.answer().await }
            });
            tokio::spawn(Http::new().serve_connection(stream, answer));
        }
    });
    serve_until_stopped(job, port).await
}
