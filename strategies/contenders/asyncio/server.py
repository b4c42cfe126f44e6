"""HTTP/1.1 over asyncio alone: GET /bytes/N, and /delay/T/bytes/N after T (10ms, 5ns, exp:10ms)."""

import argparse
import asyncio
import random
import re

PATH = re.compile(rb"(?:/delay/(exp:)?(\d+)(ns|us|ms|s))?/bytes/(\d+)$")
UNITS = {b"ns": 1e-9, b"us": 1e-6, b"ms": 1e-3, b"s": 1.0}
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

replies = {}  # by size


def reply_of(size):
    """The whole response; those of a few sizes are asked for again and again."""
    if size not in replies:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"
        replies[size] = head % size + b"x" * size
    return replies[size]


def answer(request):
    """How long to wait, the response, and whether the connection stays open."""
    line, _, fields = request.partition(b"\r\n")
    keeps = b"connection: close" not in fields.lower()
    words = line.split(b" ")
    path = PATH.match(words[1]) if len(words) == 3 and words[0] == b"GET" else None
    if path is None:
        return 0, NOT_FOUND, keeps
    random_delay, number, unit, size = path.groups()
    delay = int(number) * UNITS[unit] if number else 0
    if random_delay:
        delay = random.expovariate(1 / delay)
    return delay, reply_of(int(size)), keeps


class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.received = b""
        self.waits = False

    def data_received(self, data):
        self.received += data
        if not self.waits:
            self.go_on()

    def go_on(self):
        self.waits = False
        while not self.waits:
            request, end, rest = self.received.partition(b"\r\n\r\n")
            if not end:
                return
            self.received = rest
            delay, reply, keeps = answer(request)
            if delay:
                self.waits = True
                asyncio.get_running_loop().call_later(delay, self.send, reply, keeps, True)
            else:
                self.send(reply, keeps, False)

    def send(self, reply, keeps, has_waited):
        self.transport.write(reply)
        if not keeps:
            self.transport.close()
        elif has_waited:
            self.go_on()


async def serve_stream(reader, writer):
    try:
        keeps = True
        while keeps:
            delay, reply, keeps = answer(await reader.readuntil(b"\r\n\r\n"))
            if delay:
                await asyncio.sleep(delay)
            writer.write(reply)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(options):
    loop = asyncio.get_running_loop()
    if options.mode == "streams":
        server = await asyncio.start_server(serve_stream, "127.0.0.1", options.port, backlog=4096)
    else:
        server = await loop.create_server(Server, "127.0.0.1", options.port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mode", choices=["protocol", "streams"], default="protocol")
    parser.add_argument("--uvloop", action="store_true")
    chosen = parser.parse_args()
    if chosen.uvloop:
        import uvloop

        uvloop.install()
    asyncio.run(main(chosen))
