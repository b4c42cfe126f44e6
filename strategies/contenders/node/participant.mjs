// What takes part in a trial: the job, the records of requests, the reports. docs/participant-protocol.md describes the
// lines. Orders come on descriptor 3, reports go to 4, and one record of each request to 5.
import {readSync, writeSync} from 'node:fs';
import {Socket} from 'node:net';

const kOrders = 3, kReports = 4, kRecords = 5;
const kRecordBytes = 24;
const kUnitsNs = {ns: 1, us: 1e3, ms: 1e6, s: 1e9};

// The ids of outcomes, by the names of docs/participant-protocol.md.
const kNames = ['ok', 'http_status', 'content_mismatch', 'dns', 'connect_refused', 'connect_timeout',
  'connect_unreachable', 'reset', 'eof_before_response', 'truncated', 'timeout_headers', 'timeout_body', 'protocol',
  'limit', 'local_resource', 'cancelled', 'internal'];
const kIds = new Map(kNames.map((name, id) => [name, id]));

// CLOCK_MONOTONIC in ns, which is more than a double holds exactly.
export const now = () => process.hrtime.bigint();

export function report(message) {
  writeSync(kReports, JSON.stringify(message) + '\n');
}

// Says what cannot be done, and ends.
export function fail(reason) {
  report({type: 'failed', reason});
  process.exit(0);
}

function nanosecondsOf(text) {
  const [, number, unit] = /^(\d+)(\D+)$/.exec(text);
  return Number(number) * kUnitsNs[unit];
}

// The first line. What this program cannot do ends it.
export class Job {
  constructor() {
    const byte = Buffer.alloc(1);
    let line = '';
    while (readSync(kOrders, byte) === 1 && byte[0] !== 10) line += byte.toString('latin1');
    const job = JSON.parse(Buffer.from(line, 'latin1').toString());
    Object.assign(this, {
      hasTurns: job.turns > 0, role: job.role, workload: job.workload, graceNs: job.grace_ns, port: job.address?.port,
      parameters: job.work.parameters, urls: job.work.urls,
    });
    const usual = {think_time: '0s', keep_alive: 'on', request_bytes: '0', transport: 'tcp', idle: '0', churn: '0',
      jitter: '0'};
    for (const [name, value] of Object.entries(usual)) {
      const given = this.parameters[name] ?? value;
      if (given !== value) fail(`can do ${this.workload} with ${name} ${value} alone, not ${given}`);
    }
    if (job.address?.path) fail('connects to ports alone, not to a Unix socket');
    if (job.requests > 0) fail('knows no budget of requests; give --duration instead');
  }

  number(name) { return Number(this.parameters[name]); }
  nanoseconds(name) { return nanosecondsOf(this.parameters[name]); }
  milliseconds(name) { return this.nanoseconds(name) / 1e6; }
  get tasks() { return this.number(this.workload === 'timers' ? 'timers' : 'connections'); }

  // What the embedded origin is asked for.
  origin(delayName) {
    const parts = [['delay', this.parameters[delayName]], ['burn', this.parameters.cpu_burn ?? '0s']];
    const delays = parts.filter(([, value]) => value !== '0s').map(([name, value]) => `/${name}/${value}`).join('');
    return `http://127.0.0.1:${this.port}${delays}/bytes/${this.number('body_bytes')}`;
  }
}

// Calls `take` for each order after the job.
function onOrders(take) {
  let rest = '';
  const socket = new Socket({fd: kOrders, readable: true, writable: false});
  socket.setEncoding('utf8');
  socket.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const line of lines) take(JSON.parse(line));
  });
  socket.on('close', () => process.exit(1));  // the runner has gone
}

// Records each request, and knows when the next may begin.
export class Requests {
  // `cancel`: ends what is in flight, at the hard stop; its requests then end as cancelled.
  constructor(job, cancel) {
    this.windowEnd = 1n << 62n;
    this.isStopped = false;
    this.lookAgainMs = job.tasks / 2;  // for "go": all tasks together look twice a millisecond
    this.turns = null;                 // those to come; null: not known yet
    this.turnEnd = job.hasTurns ? 0n : this.windowEnd;
    this.records = Buffer.alloc(1 << 20);
    this.used = 0;
    this.items = new Map();
    this.unready = new Set(Array(job.tasks).keys());
    this.running = job.tasks;
    const stop = () => {
      this.isStopped = true;
      this.windowEnd = 0n;
      cancel();
    };
    onOrders((order) => {
      if (order.type !== 'go') return stop();
      this.windowEnd = BigInt(order.window_end_ns);
      if (job.hasTurns) {
        const length = BigInt(order.turns.length_ns);
        this.turns = order.turns.begins_ns.map((ns) => ({begin: BigInt(ns), end: BigInt(ns) + length}));
      }
      this.hardStop = this.windowEnd + BigInt(job.graceNs);
      setTimeout(stop, Number(this.hardStop - now()) / 1e6);
    });
  }

  goOn() { return now() < this.windowEnd; }

  // How long the task has to wait before it may begin its next request: 0 while its turn lasts.
  waitMs(task) {
    const at = now();
    if (at < this.turnEnd || this.unready.has(task)) return 0;
    if (this.turns === null) return this.lookAgainMs;
    while (this.turns.length > 0 && this.turns[0].end <= at) this.turns.shift();
    const {begin, end} = this.turns[0] ?? {begin: this.windowEnd, end: this.turnEnd};
    if (begin <= at) this.turnEnd = end;
    return begin <= at ? 0 : Math.ceil(Number(begin - at) / 1e6);
  }

  // The request ends now. `url`: of several that are asked for, which. Returns when: the task's next one begins then, so
  // that no time is lost between them.
  ended(task, begun, outcome, bodyBytes = 0, url = null) {
    if (this.used + kRecordBytes > this.records.length) {
      this.records = Buffer.concat([this.records], 2 * this.records.length);
    }
    const name = this.isStopped && outcome !== 'ok' ? 'cancelled' : outcome;
    const end = now();
    const at = this.used;
    this.used += kRecordBytes;
    this.records.writeBigInt64LE(begun, at);
    this.records.writeBigInt64LE(end, at + 8);
    this.records.writeUInt32LE(bodyBytes, at + 16);
    this.records.writeUInt16LE(kIds.get(name), at + 20);
    this.records.writeUInt16LE(task, at + 22);
    if (url !== null) {
      if (!this.items.has(url)) this.items.set(url, {});
      const counts = this.items.get(url);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    if (this.unready.size > 0 && this.unready.delete(task) && this.unready.size === 0) {
      report({type: 'ready'});
    }
    return end;
  }

  // A task issues no more. After the last one, all is reported.
  taskIsOver() {
    if (--this.running > 0) return;
    for (let at = 0; at < this.used;) at += writeSync(kRecords, this.records, at, this.used - at);
    const items = [...this.items].map(([name, outcomes]) => ({name, outcomes}));
    report({type: 'record', records: this.used / kRecordBytes, items});
    process.exit(0);
  }
}

// `server` is a net.Server that does not listen yet.
export function serveUntilStopped(server) {
  server.listen({port: 0, host: '127.0.0.1', backlog: 4096}, () => {
    report({type: 'listening', address: {port: server.address().port, path: '', target: ''}});
    onOrders((order) => {
      if (order.type !== 'stop') return;
      report({type: 'record'});
      process.exit(0);
    });
  });
}
