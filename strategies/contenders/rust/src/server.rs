//! GET /bytes/N and /delay/T/bytes/N by hyper on tokio: server PORT THREADS.
use std::cell::{Cell, RefCell};
use std::collections::hash_map::{HashMap, RandomState};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::body::{Bytes, HttpBody};
use hyper::header::{HeaderValue, CONTENT_TYPE};
use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{Body, Request, Response, StatusCode};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime;

struct Asked {
    delay: Duration,
    body_bytes: usize,
}

fn asked_by(path: &str) -> Option<Asked> {
    let (delay, rest) = match path.strip_prefix("/delay/") {
        Some(rest) => {
            let slash = rest.find('/')?;
            (delay_of(&rest[..slash])?, &rest[slash..])
        }
        None => (Duration::ZERO, path),
    };
    let body_bytes = rest.strip_prefix("/bytes/")?.parse().ok()?;
    Some(Asked { delay, body_bytes })
}

/// "10ms", or "exp:10ms" for an exponential delay of that mean.
fn delay_of(text: &str) -> Option<Duration> {
    let mean = text.strip_prefix("exp:");
    let text = mean.unwrap_or(text);
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let unit_ns = match &text[digits..] {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => return None,
    };
    let delay = Duration::from_nanos(number.checked_mul(unit_ns)?);
    Some(if mean.is_some() { delay.mul_f64(exponential()) } else { delay })
}

/// A random number of the exponential distribution with mean 1, by xorshift64*: the standard library has no generator.
fn exponential() -> f64 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().build_hasher().finish() | 1);
    }
    STATE.with(|state| {
        let mut x = state.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state.set(x);
        let uniform = (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64;
        -(1.0 - uniform).ln()
    })
}

/// Made once for each size: all its responses share it.
fn body_of(size: usize) -> Bytes {
    thread_local! {
        static BODIES: RefCell<HashMap<usize, Bytes>> = RefCell::default();
    }
    BODIES.with(|bodies| {
        let mut bodies = bodies.borrow_mut();
        bodies.entry(size).or_insert_with(|| Bytes::from(vec![b'x'; size])).clone()
    })
}

async fn answer(mut request: Request<Body>) -> hyper::Result<Response<Body>> {
    while let Some(posted) = request.body_mut().data().await {
        posted?;
    }
    let mut response = Response::default();
    match asked_by(request.uri().path()) {
        Some(asked) => {
            if !asked.delay.is_zero() {
                tokio::time::sleep(asked.delay).await;
            }
            let kind = HeaderValue::from_static("application/octet-stream");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            *response.body_mut() = Body::from(body_of(asked.body_bytes));
        }
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    Ok(response)
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    socket.listen(4096)
}

async fn serve(port: u16) -> io::Result<()> {
    let listener = listen(port)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                stream.set_nodelay(true)?;
                // It ends with an error where the client has gone.
                tokio::spawn(Http::new().serve_connection(stream, service_fn(answer)));
            }
            // Out of descriptors, for example: others will close.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// A runtime of this thread's own, with a listener: connections stay where they were accepted.
fn run_loop(port: u16) -> io::Result<()> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(port))
}

fn main() -> io::Result<()> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().expect("server PORT THREADS"));
    let (port, threads) = (numbers.next().expect("a port"), numbers.next().unwrap_or(1));
    for _ in 1..threads {
        std::thread::spawn(move || run_loop(port));
    }
    run_loop(port)
}
