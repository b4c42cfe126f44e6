//! echo by tokio's sockets.
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::participant::{fail, run_client, serve_until_stopped, Job, Outcome};

/// So many bytes fit into the sockets' buffers while nobody reads.
const UNANSWERED_MOST: usize = 128 * 1024;

/// Of what failed; `has_begun`: a part of the answer had come.
pub fn outcome_of_io(error: &io::Error, has_begun: bool) -> Outcome {
    match error.raw_os_error() {
        Some(libc::ECONNREFUSED) => Outcome::ConnectRefused,
        Some(libc::ENETUNREACH) | Some(libc::EHOSTUNREACH) => Outcome::ConnectUnreachable,
        Some(libc::EMFILE) | Some(libc::EADDRNOTAVAIL) => Outcome::LocalResource,
        Some(libc::ECONNRESET) | Some(libc::EPIPE) => Outcome::Reset,
        _ if error.kind() != io::ErrorKind::UnexpectedEof => Outcome::Protocol,
        _ if has_begun => Outcome::Truncated,
        _ => Outcome::Eof,
    }
}

/// Connects where there is no connection. Sends the message and reads as much; `got` counts.
async fn exchange(
    connection: &mut Option<TcpStream>,
    port: u16,
    message: &[u8],
    back: &mut [u8],
    got: &mut usize,
) -> io::Result<()> {
    if connection.is_none() {
        let opened = TcpStream::connect(("127.0.0.1", port)).await?;
        opened.set_nodelay(true)?;
        *connection = Some(opened);
    }
    let stream = connection.as_mut().expect("a connection");
    stream.write_all(message).await?;
    while *got < back.len() {
        match stream.read(&mut back[*got..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            some => *got += some,
        }
    }
    Ok(())
}

pub async fn echo(job: &Job) {
    let size = job.number("message_bytes");
    if size > UNANSWERED_MOST {
        fail(&format!("sends a message whole before it reads: --message-bytes {} at most", UNANSWERED_MOST));
    }
    let (deadline, port) = (job.deadline(), job.port);
    run_client(job, |mut requests| async move {
        let mut message: Vec<u8> = (0..size).map(|at| (requests.task + at) as u8).collect();
        message[..8].copy_from_slice(&(requests.task as u64).to_le_bytes());
        let mut back = vec![0; size];
        let mut connection = None;
        let mut sequence: u64 = 0;
        while let Some(begun) = requests.next().await {
            sequence += 1;
            message[8..16].copy_from_slice(&sequence.to_le_bytes());
            let mut got = 0;
            let asked = exchange(&mut connection, port, &message, &mut back, &mut got);
            let outcome = match requests.unless_stopped(timeout(deadline, asked)).await {
                None => Outcome::Cancelled,
                Some(Err(_)) if got > 0 => Outcome::TimeoutBody,
                Some(Err(_)) => Outcome::TimeoutHeaders,
                Some(Ok(Err(error))) => outcome_of_io(&error, got > 0),
                Some(Ok(Ok(()))) if back == message => Outcome::Ok,
                Some(Ok(Ok(()))) => Outcome::ContentMismatch,
            };
            if outcome != Outcome::Ok {
                connection = None;
                got = 0;
            }
            requests.ended(begun, outcome, got, None);
        }
        requests
    })
    .await
}

async fn send_back(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            got => stream.write_all(&buffer[..got]).await?,
        }
    }
}

pub async fn echo_server(job: &Job, listener: TcpListener, port: u16) {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(send_back(stream));
        }
    });
    serve_until_stopped(job, port).await
}
