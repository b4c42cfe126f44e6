//! fetch, gather, echo and timers on tokio, a task for each connection or timer: client THREADS.
mod http;
mod net;
mod participant;

use std::io;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime;

use participant::{fail, now, run_client, until, Job, Outcome};

/// On a port that is free, with the port.
fn listen() -> io::Result<(TcpListener, u16)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(4096)?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Sleeps in each task. A late firing moves none after it.
async fn timers(job: &Job) {
    let period = job.duration_ns("period");
    let (tasks, grace_ns) = (job.tasks() as i64, job.grace_ns);
    let first = now() + period; // when all tasks exist
    run_client(job, |mut requests| async move {
        let mut due = first + period * requests.task as i64 / tasks;
        // Nobody waits for what is due after the hard stop.
        while due - grace_ns < requests.window_end() {
            until(due).await;
            requests.ended(due, Outcome::Ok, 0, None);
            if requests.next().await.is_none() {
                break;
            }
            due += period;
        }
        requests
    })
    .await
}

async fn take_part(job: &Job) -> io::Result<()> {
    match (job.workload.as_str(), job.role.as_str()) {
        ("fetch", _) => http::fetch(job).await,
        ("timers", _) => timers(job).await,
        ("echo", "client") => net::echo(job).await,
        ("echo", _) => {
            let (listener, port) = listen()?;
            net::echo_server(job, listener, port).await
        }
        ("gather", _) => {
            let (listener, port) = listen()?;
            http::gather(job, listener, port).await
        }
        _ => fail("takes part in fetch, gather, echo and timers alone"),
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let threads = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut builder = match threads {
        1 => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    let job = Job::read();
    builder.worker_threads(threads).enable_all().build()?.block_on(take_part(&job))
}
