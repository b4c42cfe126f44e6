// fetch, gather, echo and timers as Node's own modules have them, one loop.
import {connect, createServer} from 'node:net';
import {fetch, gather} from './http.mjs';
import {Job, Requests, fail, now, serveUntilStopped} from './participant.mjs';

const kOutcomes = {ECONNREFUSED: 'connect_refused', ECONNRESET: 'reset', EPIPE: 'reset'};

function echo(job) {
  const sockets = new Set();
  const requests = new Requests(job, () => sockets.forEach((socket) => socket.destroy(new Error('stop'))));
  for (let task = 0; task < job.tasks; ++task) new EchoTask(job, requests, sockets, task).next();
}

// One connection, with one message in flight.
class EchoTask {
  constructor(job, requests, sockets, task) {
    Object.assign(this, {job, requests, sockets, task, socket: null, sequence: 0n, isOver: true});
    this.message = Buffer.alloc(job.number('message_bytes'));
    this.back = Buffer.alloc(this.message.length);
    this.message.forEach((_, i) => this.message[i] = (task + i) & 255);
    this.message.writeBigUInt64LE(BigInt(task), 0);
  }

  next(lastEnd = null) {
    if (!this.requests.goOn()) return this.requests.taskIsOver();
    const wait = this.requests.waitMs(this.task);
    if (wait > 0) return setTimeout(() => this.next(), wait);
    this.begun = lastEnd ?? now();
    this.isOver = false;
    this.got = 0;
    this.sequence += 1n;
    // Node may still hold the buffer of the last message only while it is unsent; it has come back.
    this.message.writeBigUInt64LE(this.sequence, 8);
    if (this.socket === null) this.open();
    this.socket.write(this.message);
  }

  open() {
    const socket = connect({port: this.job.port, host: '127.0.0.1', noDelay: true});
    this.socket = socket;
    this.sockets.add(socket);
    socket.setTimeout(this.job.milliseconds('deadline'), () => this.isOver || socket.destroy(new Error('deadline')));
    socket.on('data', (data) => this.take(data));
    socket.on('error', (error) => this.end(
      error.message === 'deadline' ? 'timeout_body' : kOutcomes[error.code] ?? 'local_resource'));
    socket.on('close', () => this.end(this.got > 0 ? 'truncated' : 'eof_before_response'));
  }

  take(data) {
    const room = this.back.length - this.got;
    data.copy(this.back, this.got, 0, room);
    this.got += data.length;
    if (this.got < this.back.length) return;
    this.end(data.length <= room && this.back.equals(this.message) ? 'ok' : 'content_mismatch');
  }

  end(outcome) {
    if (this.isOver) return;
    this.isOver = true;
    if (outcome !== 'ok') {
      this.sockets.delete(this.socket);
      this.socket.destroy();
      this.socket = null;
    }
    const hasBody = outcome === 'ok' || outcome === 'content_mismatch';
    this.next(this.requests.ended(this.task, this.begun, outcome, hasBody ? this.message.length : 0));
  }
}

function echoServer() {
  serveUntilStopped(createServer({noDelay: true}, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  }));
}

// A late firing moves none after it.
function timers(job) {
  const period = job.nanoseconds('period');
  const first = now() + BigInt(period);  // when all tasks exist
  const requests = new Requests(job, () => {});
  const wait = (task, due) => {
    const left = Number(due - now()) / 1e6;
    // Its clock counts whole milliseconds, and may be ahead.
    if (left > 0) return setTimeout(wait, Math.ceil(left), task, due);
    requests.ended(task, due, 'ok');
    const next = due + BigInt(period);
    // Nobody waits for what is due after the hard stop.
    if (!requests.goOn() || next > requests.hardStop) return requests.taskIsOver();
    wait(task, next);
  };
  for (let task = 0; task < job.tasks; ++task) wait(task, first + BigInt(Math.floor(period * task / job.tasks)));
}

const job = new Job();
const workloads = {fetch, gather, timers, echo: job.role === 'client' ? echo : echoServer};
if (!(job.workload in workloads)) fail('takes part in fetch, gather, echo and timers alone');
workloads[job.workload](job);
