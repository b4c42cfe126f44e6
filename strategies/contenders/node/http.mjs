// fetch and gather by Node's http module: an Agent that keeps its connections.
import {Agent, createServer, get} from 'node:http';
import {Requests, now, serveUntilStopped} from './participant.mjs';

const kOutcomes = {
  ECONNREFUSED: 'connect_refused', ECONNRESET: 'reset', EPIPE: 'reset', ENOTFOUND: 'dns', EAI_AGAIN: 'dns',
  ENETUNREACH: 'connect_unreachable', EHOSTUNREACH: 'connect_unreachable', EMFILE: 'local_resource',
  EADDRNOTAVAIL: 'local_resource',
};

// What is asked for. The body of the first good answer is what all others must be.
class Target {
  constructor(url, bodyBytes = null) {
    const {hostname, port, pathname, search} = new URL(url);
    this.options = {host: hostname, port: port || 80, path: pathname + search};
    Object.assign(this, {url, bodyBytes, body: null});
  }

  outcomeOf(status, body) {
    if ((status < 200 || status >= 300) && status !== 304) return 'http_status';
    if (this.body === null && [null, body.length].includes(this.bodyBytes)) this.body = body;
    return this.body !== null && this.body.equals(body) ? 'ok' : 'content_mismatch';
  }
}

// Of a request that failed; `hasHead`: the head of an answer had come.
function outcomeOf(error, hasHead) {
  if (error.message === 'deadline') return hasHead ? 'timeout_body' : 'timeout_headers';
  if (error.message === 'socket hang up') return 'eof_before_response';
  if (error.code === 'ECONNRESET' && error.message === 'aborted') return 'truncated';
  return kOutcomes[error.code] ?? 'protocol';
}

// Asks for the target; `done` gets how the request ended and the size of the body.
function ask(agent, target, deadlineMs, done) {
  let hasHead = false;
  const failed = (error) => {
    const outcome = outcomeOf(error, hasHead);
    done && done(outcome, 0);
    done = null;
  };
  const request = get({...target.options, agent, timeout: deadlineMs}, (response) => {
    hasHead = true;
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('error', failed);
    response.on('end', () => {
      const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      done && done(target.outcomeOf(response.statusCode, body), body.length);
      done = null;
    });
  });
  request.on('timeout', () => request.destroy(new Error('deadline')));
  request.on('error', failed);
}

export function fetch(job) {
  const targets = job.urls.length > 0 ? job.urls.map((url) => new Target(url))
    : [new Target(job.origin('server_delay'), job.number('body_bytes'))];
  const agent = new Agent({keepAlive: true, maxSockets: job.tasks});
  const deadlineMs = job.milliseconds('deadline');
  const requests = new Requests(job, () => agent.destroy());
  const next = (task, nth, lastEnd = null) => {
    if (!requests.goOn()) return requests.taskIsOver();
    const wait = requests.waitMs(task);
    if (wait > 0) return setTimeout(next, wait, task, nth);
    const target = targets[nth % targets.length];
    const begun = lastEnd ?? now();
    ask(agent, target, deadlineMs, (outcome, bodyBytes) => {
      const end = requests.ended(task, begun, outcome, bodyBytes, job.urls.length > 0 ? target.url : null);
      next(task, nth + 1, end);
    });
  };
  for (let task = 0; task < job.tasks; ++task) next(task, task);
}

// A gateway.
export function gather(job) {
  const upstream = new Target(job.origin('upstream_delay'), job.number('body_bytes'));
  const fanOut = job.number('fan_out');
  const agent = new Agent({keepAlive: true, maxSockets: fanOut * job.number('connections')});
  const deadlineMs = job.milliseconds('deadline');
  const reply = Buffer.alloc(12, 'x');
  const askOne = () => new Promise((resolve) => ask(agent, upstream, deadlineMs, resolve));
  const server = createServer(async (request, response) => {
    const outcomes = await Promise.all(Array.from({length: fanOut}, askOne));
    if (outcomes.every((outcome) => outcome === 'ok')) {
      response.writeHead(200, {'Content-Length': reply.length}).end(reply);
    } else {
      response.writeHead(502, {'Content-Length': 0}).end();
    }
  });
  server.keepAliveTimeout = 75_000;
  serveUntilStopped(server);
}
