// GET /bytes/N and /delay/T/bytes/N by Node's http module.
import {createServer} from 'node:http';

const kPath = /^(?:\/delay\/(exp:)?(\d+)(ns|us|ms|s))?\/bytes\/(\d+)$/;
const kMilliseconds = {ns: 1e-6, us: 1e-3, ms: 1, s: 1e3};
const bodies = new Map();

function bodyOf(size) {
  let body = bodies.get(size);
  if (body === undefined) bodies.set(size, body = Buffer.alloc(size, 'x'));
  return body;
}

const server = createServer((request, response) => {
  const path = kPath.exec(request.url);
  if (path === null) {
    response.writeHead(404, {'Content-Length': 0}).end();
    return;
  }
  const size = Number(path[4]);
  const answer = () => response.writeHead(200, {'Content-Length': size}).end(bodyOf(size));
  if (path[2] === undefined) {
    answer();
    return;
  }
  const mean = Number(path[2]) * kMilliseconds[path[3]];
  setTimeout(answer, path[1] ? -mean * Math.log(1 - Math.random()) : mean);
});
server.keepAliveTimeout = 75_000;
server.listen({port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096});
