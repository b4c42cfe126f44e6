//! What takes part in a trial: the job, the records of requests, the reports. docs/participant-protocol.md describes the
//! lines. Orders come on descriptor 3, reports go to 4, and one record of each request to 5.
use std::collections::HashMap;
use std::fs::File;
use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::mem::ManuallyDrop;
use std::os::unix::io::{FromRawFd, RawFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{json, Value};
use tokio::sync::watch;

const ORDERS: RawFd = 3;
const REPORTS: RawFd = 4;
const RECORDS: RawFd = 5;
const RECORD_BYTES: usize = 24;

/// How a request ended, by the ids of docs/participant-protocol.md.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Outcome {
    Ok = 0,
    HttpStatus = 1,
    ContentMismatch = 2,
    ConnectRefused = 4,
    ConnectUnreachable = 6,
    Reset = 7,
    Eof = 8,
    Truncated = 9,
    TimeoutHeaders = 10,
    TimeoutBody = 11,
    Protocol = 12,
    LocalResource = 14,
    Cancelled = 15,
}

const NAMES: [&str; 16] = [
    "ok", "http_status", "content_mismatch", "dns", "connect_refused", "connect_timeout", "connect_unreachable",
    "reset", "eof_before_response", "truncated", "timeout_headers", "timeout_body", "protocol", "limit",
    "local_resource", "cancelled",
];

/// One of those that the runner has opened. It stays open.
fn descriptor(number: RawFd) -> ManuallyDrop<File> {
    ManuallyDrop::new(unsafe { File::from_raw_fd(number) })
}

fn report(message: Value) {
    descriptor(REPORTS).write_all(format!("{}\n", message).as_bytes()).expect("a report");
}

/// Says what cannot be done, and ends.
pub fn fail(reason: &str) -> ! {
    report(json!({"type": "failed", "reason": reason}));
    std::process::exit(0)
}

/// CLOCK_MONOTONIC in ns.
pub fn now() -> i64 {
    let mut at = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut at) };
    at.tv_sec * 1_000_000_000 + at.tv_nsec
}

/// Until a time of that clock; at once where it has passed.
pub fn until(at: i64) -> tokio::time::Sleep {
    tokio::time::sleep(Duration::from_nanos((at - now()).max(0) as u64))
}

/// What the runner wants by now.
#[derive(Clone)]
struct Orders {
    window_end: i64,
    turns: Option<Arc<Vec<(i64, i64)>>>, // each from its begin to its end; None: not known yet
    is_stopped: bool,
}

/// The first line.
pub struct Job {
    pub role: String,
    pub workload: String,
    pub urls: Vec<String>,
    pub port: u16,
    pub grace_ns: i64,
    has_turns: bool,
    parameters: HashMap<String, String>,
    orders: watch::Receiver<Orders>,
}

impl Job {
    /// What this program cannot do ends it.
    pub fn read() -> Job {
        let mut lines = BufReader::new(unsafe { File::from_raw_fd(ORDERS) });
        let mut line = String::new();
        lines.read_line(&mut line).expect("a job");
        let job: Value = serde_json::from_str(&line).expect("a job in JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let parameters = job["work"]["parameters"].as_object().expect("parameters");
        let urls = job["work"]["urls"].as_array().expect("urls");
        let read = Job {
            role: text(&job["role"]),
            workload: text(&job["workload"]),
            urls: urls.iter().map(text).collect(),
            port: job["address"]["port"].as_u64().unwrap_or(0) as u16,
            grace_ns: job["grace_ns"].as_i64().unwrap_or(0),
            has_turns: job["turns"].as_i64().unwrap_or(0) > 0,
            parameters: parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            orders: hear(lines, job["grace_ns"].as_i64().unwrap_or(0)),
        };
        read.check(&job);
        read
    }

    fn check(&self, job: &Value) {
        let usual = [
            ("think_time", "0s"), ("keep_alive", "on"), ("request_bytes", "0"), ("transport", "tcp"), ("idle", "0"),
            ("churn", "0"), ("jitter", "0"),
        ];
        for (name, value) in usual {
            match self.parameters.get(name) {
                Some(given) if given != value => {
                    fail(&format!("can do {} with {} {} alone, not {}", self.workload, name, value, given))
                }
                _ => {}
            }
        }
        if !job["address"]["path"].as_str().unwrap_or_default().is_empty() {
            fail("connects to ports alone, not to a Unix socket");
        }
        if job["requests"].as_i64().unwrap_or(0) > 0 {
            fail("knows no budget of requests; give --duration instead");
        }
    }

    pub fn number(&self, name: &str) -> usize {
        self.parameters[name].parse().unwrap_or_else(|_| fail(&format!("{} is no number", name)))
    }

    /// In ns.
    pub fn duration_ns(&self, name: &str) -> i64 {
        let text = &self.parameters[name];
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let unit = match &text[digits..] {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            _ => fail(&format!("{} {} is no duration", name, text)),
        };
        text[..digits].parse::<i64>().map(|number| number * unit).unwrap_or_else(|_| fail(text))
    }

    pub fn deadline(&self) -> Duration {
        Duration::from_nanos(self.duration_ns("deadline") as u64)
    }

    pub fn tasks(&self) -> usize {
        self.number(if self.workload == "timers" { "timers" } else { "connections" })
    }

    /// What the embedded origin is asked for.
    pub fn origin(&self, delay_name: &str) -> String {
        let mut path = String::new();
        for (name, parameter) in [("delay", delay_name), ("burn", "cpu_burn")] {
            match self.parameters.get(parameter) {
                Some(value) if value != "0s" => path += &format!("/{}/{}", name, value),
                _ => {}
            }
        }
        format!("http://127.0.0.1:{}{}/bytes/{}", self.port, path, self.number("body_bytes"))
    }
}

/// Reads the orders after the job, in a thread of their own. When there are no more, the runner has gone.
fn hear(lines: BufReader<File>, grace_ns: i64) -> watch::Receiver<Orders> {
    let (teller, orders) = watch::channel(Orders { window_end: i64::MAX, turns: None, is_stopped: false });
    let teller = Arc::new(teller);
    std::thread::spawn(move || {
        for line in lines.lines().flatten() {
            let order: Value = serde_json::from_str(&line).expect("an order");
            if order["type"] != "go" {
                teller.send_modify(|orders| orders.is_stopped = true);
                continue;
            }
            let window_end = order["window_end_ns"].as_i64().unwrap_or(i64::MAX);
            let length = order["turns"]["length_ns"].as_i64().unwrap_or(0);
            let turns = order["turns"]["begins_ns"].as_array().map(|begins| {
                let begins = begins.iter().filter_map(Value::as_i64);
                Arc::new(begins.map(|begin| (begin, begin + length)).collect())
            });
            teller.send_modify(|orders| {
                orders.window_end = window_end;
                orders.turns = turns;
            });
            let at_the_hard_stop = teller.clone();
            std::thread::spawn(move || {
                let left = window_end.saturating_add(grace_ns) - now();
                std::thread::sleep(Duration::from_nanos(left.max(0) as u64));
                at_the_hard_stop.send_modify(|orders| orders.is_stopped = true);
            });
        }
        std::process::exit(1)
    });
    orders
}

/// Waits for the hard stop.
async fn stopped(mut orders: watch::Receiver<Orders>) {
    loop {
        let is_stopped = orders.borrow_and_update().is_stopped;
        if is_stopped || orders.changed().await.is_err() {
            return;
        }
    }
}

/// Those of one task, which issues one after the other.
pub struct Requests {
    pub task: usize,
    unready: Arc<AtomicUsize>, // tasks without a first outcome
    orders: watch::Receiver<Orders>,
    known: Orders,
    is_ready: bool,
    turn: usize,           // the next one
    turn_end: i64,         // of the one under way
    last_end: Option<i64>, // of its requests, where no wait came after it
    records: Vec<u8>,
    outcomes: HashMap<String, [u64; NAMES.len()]>, // by URL
}

impl Requests {
    fn new(job: &Job, unready: &Arc<AtomicUsize>, task: usize) -> Requests {
        Requests {
            task,
            unready: unready.clone(),
            orders: job.orders.clone(),
            known: job.orders.borrow().clone(),
            is_ready: false,
            turn: 0,
            turn_end: if job.has_turns { 0 } else { i64::MAX },
            last_end: None,
            records: Vec::new(),
            outcomes: HashMap::new(),
        }
    }

    /// i64::MAX: not known yet.
    pub fn window_end(&mut self) -> i64 {
        self.listen();
        self.known.window_end
    }

    fn listen(&mut self) {
        if self.orders.has_changed().unwrap_or(false) {
            self.known = self.orders.borrow_and_update().clone();
        }
    }

    /// Waits for the task's turn, and says when its next request begins: as the last one ends, so that no time is lost
    /// between them, or when its turn does. None: there is no next one.
    pub async fn next(&mut self) -> Option<i64> {
        loop {
            self.listen();
            let at = now();
            if self.known.is_stopped || at >= self.known.window_end {
                return None;
            }
            let begin = self.may_begin(at);
            if begin <= at {
                return Some(self.last_end.take().unwrap_or(at));
            }
            self.last_end = None;
            tokio::select! {
                _ = self.orders.changed() => self.known = self.orders.borrow().clone(),
                _ = until(begin) => {}
            }
        }
    }

    /// When the task may begin its next request; i64::MAX: not before the runner says more.
    fn may_begin(&mut self, at: i64) -> i64 {
        if at < self.turn_end || !self.is_ready {
            return at;
        }
        let turns = match &self.known.turns {
            Some(turns) => turns,
            None => return i64::MAX,
        };
        while let Some(&(begin, end)) = turns.get(self.turn) {
            if at < begin {
                return begin;
            }
            if at < end {
                self.turn_end = end;
                return at;
            }
            self.turn += 1;
        }
        self.known.window_end
    }

    /// What the request comes to; None: the hard stop came first.
    pub async fn unless_stopped<T>(&self, request: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            ended = request => Some(ended),
            _ = stopped(self.orders.clone()) => None,
        }
    }

    /// Records a request that ends now. `url`: of several that are asked for, which.
    pub fn ended(&mut self, begun: i64, outcome: Outcome, body_bytes: usize, url: Option<&str>) {
        let end = now();
        self.last_end = Some(end);
        self.records.extend_from_slice(&begun.to_le_bytes());
        self.records.extend_from_slice(&end.to_le_bytes());
        self.records.extend_from_slice(&(body_bytes as u32).to_le_bytes());
        self.records.extend_from_slice(&(outcome as u16).to_le_bytes());
        self.records.extend_from_slice(&(self.task as u16).to_le_bytes());
        if let Some(url) = url {
            match self.outcomes.get_mut(url) {
                Some(counts) => counts[outcome as usize] += 1,
                None => {
                    let mut counts = [0; NAMES.len()];
                    counts[outcome as usize] = 1;
                    self.outcomes.insert(url.to_string(), counts);
                }
            }
        }
        if !self.is_ready {
            self.is_ready = true;
            if self.unready.fetch_sub(1, Ordering::Relaxed) == 1 {
                report(json!({"type": "ready"}));
            }
        }
    }
}

/// Runs all tasks until the window has ended, and reports what they recorded.
pub async fn run_client<Run>(job: &Job, run: impl Fn(Requests) -> Run)
where
    Run: Future<Output = Requests> + Send + 'static,
{
    let unready = Arc::new(AtomicUsize::new(job.tasks()));
    let running: Vec<_> =
        (0..job.tasks()).map(|task| tokio::spawn(run(Requests::new(job, &unready, task)))).collect();
    let mut count = 0;
    let mut items: HashMap<String, [u64; NAMES.len()]> = HashMap::new();
    for each in running {
        let requests = each.await.expect("a task");
        descriptor(RECORDS).write_all(&requests.records).expect("records");
        count += requests.records.len() / RECORD_BYTES;
        for (url, counts) in requests.outcomes {
            let sum = items.entry(url).or_insert([0; NAMES.len()]);
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
    let items: Vec<Value> = items
        .into_iter()
        .map(|(url, counts)| {
            let named = NAMES.iter().zip(counts).filter(|(_, count)| *count > 0);
            let outcomes: HashMap<&str, u64> = named.map(|(name, count)| (*name, count)).collect();
            json!({"name": url, "outcomes": outcomes})
        })
        .collect();
    report(json!({"type": "record", "records": count, "items": items}));
}

/// To be called once a server listens on the port, of 127.0.0.1 alone.
pub async fn serve_until_stopped(job: &Job, port: u16) {
    report(json!({"type": "listening", "address": {"port": port, "path": "", "target": ""}}));
    stopped(job.orders.clone()).await;
    report(json!({"type": "record"}));
}
