"""fetch, gather, echo and timers on asyncio alone; docs/participant-protocol.md says how it takes part."""

import argparse
import asyncio
import pathlib
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "python_participant"))
import loop_participant  # noqa: E402
import participant as p  # noqa: E402
from connections import ProtocolConnection, StreamConnection  # noqa: E402

GATEWAY_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + b"x" * 12
GATEWAY_FAILS = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


def outcome_of(error, connection):
    """Of a request that raised it; `connection` is None while there is none yet."""
    if isinstance(error, asyncio.CancelledError):
        return p.CANCELLED
    if isinstance(error, TimeoutError):
        if connection is None:
            return p.CONNECT_TIMEOUT
        return p.TIMEOUT_BODY if connection.head_is_complete else p.TIMEOUT_HEADERS
    if isinstance(error, asyncio.IncompleteReadError):
        return p.TRUNCATED if error.partial or connection.head_is_complete else p.EOF
    if isinstance(error, (ValueError, asyncio.LimitOverrunError)):
        return p.PROTOCOL
    if isinstance(error, ConnectionRefusedError):
        return p.CONNECT_REFUSED
    return p.RESET if isinstance(error, ConnectionError) else p.LOCAL_RESOURCE


FAILURES = (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError, asyncio.CancelledError)


def fetch(job, connect):
    targets = job.targets()
    deadline = job.seconds("deadline")

    async def task(number, requests):
        connection, server, nth, end = None, None, number, None
        while begun := await loop_participant.next_begin(requests, number, end):
            target = targets[nth % len(targets)]
            nth += 1
            body = b""
            try:
                async with asyncio.timeout(deadline):
                    if connection and server != (target.host, target.port):
                        connection.close()
                    if not connection or not connection.is_open:
                        connection, server = None, (target.host, target.port)
                        connection = await connect(*server)
                    status, body = await connection.ask(target.request)
                outcome = target.outcome_of(status, body)
            except FAILURES as error:
                outcome = outcome_of(error, connection)
                if connection:
                    connection.close()
            end = requests.ended(number, begun, outcome, len(body), target.url if job.urls else None)
            if outcome == p.CANCELLED:
                return

    return loop_participant.run_client(job, task)


def echo(job, connect):
    deadline = job.seconds("deadline")

    async def task(number, requests):
        connection, sequence, end = None, 0, None
        rest = bytes((number + i) & 255 for i in range(job.number("message_bytes") - 16))
        while begun := await loop_participant.next_begin(requests, number, end):
            sequence += 1
            message = struct.pack("<QQ", number, sequence) + rest
            body_bytes = 0
            try:
                async with asyncio.timeout(deadline):
                    if not connection or not connection.is_open:
                        connection = None
                        connection = await connect("127.0.0.1", job.port)
                    outcome = p.OK if await connection.echo(message) == message else p.CONTENT_MISMATCH
                body_bytes = len(message)
            except FAILURES as error:
                outcome = outcome_of(error, connection)
            if outcome != p.OK and connection:
                connection.close()
            end = requests.ended(number, begun, outcome, body_bytes)
            if outcome == p.CANCELLED:
                return

    return loop_participant.run_client(job, task)


async def serve(connected):
    """`connected(reader, writer)` is a coroutine for each connection."""
    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=4096)
    await loop_participant.serve_until_stopped(server.sockets[0].getsockname()[1])


class Echo(asyncio.Protocol):
    """Sends back what comes, and reads no more while the other side does not take it."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def echo_server():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0, backlog=4096)
    await loop_participant.serve_until_stopped(server.sockets[0].getsockname()[1])


async def echo_by_streams(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def gather(job, connect):
    """A gateway. Each of its connections has one to each upstream, which stay open."""
    target = job.upstream()
    deadline = job.seconds("deadline")

    async def ask(upstreams, nth):
        if not upstreams[nth] or not upstreams[nth].is_open:
            upstreams[nth] = await connect(target.host, target.port)
        return target.outcome_of(*await upstreams[nth].ask(target.request)) == p.OK

    async def connected(reader, writer):
        upstreams = [None] * job.number("fan_out")
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                try:
                    async with asyncio.timeout(deadline):
                        answers = await asyncio.gather(*(ask(upstreams, nth) for nth in range(len(upstreams))))
                except (OSError, EOFError, ValueError, TimeoutError):
                    answers = [False]
                    for upstream in filter(None, upstreams):
                        upstream.close()
                writer.write(GATEWAY_REPLY if all(answers) else GATEWAY_FAILS)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for upstream in filter(None, upstreams):
                upstream.close()
            writer.close()

    return serve(connected)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["protocol", "streams"], default="protocol")
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    if options.uvloop:
        import uvloop

        uvloop.install()
    job = p.Job(["fetch", "gather", "echo", "timers"])
    if sys.version_info < (3, 11):
        p.fail("needs Python 3.11 (asyncio.timeout)")
    connect = (ProtocolConnection if options.mode == "protocol" else StreamConnection).open
    if job.workload == "timers":
        # libuv's clock counts whole milliseconds.
        work = loop_participant.run_client(job, loop_participant.timers(job, 1_000_000 if options.uvloop else 1))
    elif job.workload == "gather":
        work = gather(job, connect)
    elif job.workload == "fetch":
        work = fetch(job, connect)
    elif job.role == "client":
        work = echo(job, connect)
    else:
        work = echo_server() if options.mode == "protocol" else serve(echo_by_streams)
    asyncio.run(work)


if __name__ == "__main__":
    main()
