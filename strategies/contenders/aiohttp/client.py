"""fetch and gather by aiohttp: ClientSession, and for the gateway aiohttp.web before it."""

import asyncio
import pathlib
import socket
import sys

import aiohttp
from aiohttp import web
from yarl import URL

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "python_participant"))
import loop_participant  # noqa: E402
import participant as p  # noqa: E402

try:
    import uvloop

    uvloop.install()
except ImportError:
    pass

FAILURES = (aiohttp.ClientError, OSError, ValueError, asyncio.TimeoutError, asyncio.CancelledError)


def outcome_of(error, has_head):
    """Of a request that raised it; `has_head`: the head of an answer had come."""
    if isinstance(error, asyncio.CancelledError):
        return p.CANCELLED
    if isinstance(error, asyncio.TimeoutError):
        return p.TIMEOUT_BODY if has_head else p.TIMEOUT_HEADERS
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return p.EOF
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, socket.gaierror):
            return p.DNS
        return p.CONNECT_REFUSED if isinstance(error.os_error, ConnectionRefusedError) else p.CONNECT_UNREACHABLE
    if isinstance(error, aiohttp.ClientOSError):
        return p.RESET
    if isinstance(error, aiohttp.ClientPayloadError):
        # In the middle of a body, aiohttp does not tell an end from a reset.
        return p.RESET if isinstance(error.__cause__, ConnectionResetError) else p.TRUNCATED
    if isinstance(error, (aiohttp.ClientResponseError, ValueError)):
        return p.PROTOCOL
    return p.RESET if isinstance(error, ConnectionError) else p.LOCAL_RESOURCE


def session_of(job, connections):
    """`connections`: the most at once; 0: no limit."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=job.seconds("deadline")),
        auto_decompress=False,
    )


async def fetch(job):
    targets = [(target, URL(target.url, encoded=True)) for target in job.targets()]

    async with session_of(job, job.tasks) as session:

        async def task(number, requests):
            nth, end = number, None
            while begun := await loop_participant.next_begin(requests, number, end):
                target, url = targets[nth % len(targets)]
                nth += 1
                body, has_head = b"", False
                try:
                    async with session.get(url, allow_redirects=False) as response:
                        has_head = True
                        body = await response.read()
                    outcome = target.outcome_of(response.status, body)
                except FAILURES as error:
                    outcome = outcome_of(error, has_head)
                end = requests.ended(number, begun, outcome, len(body), target.url if job.urls else None)

        await loop_participant.run_client(job, task)


async def gather(job):
    target = job.upstream()
    url = URL(target.url, encoded=True)
    fan_out = job.number("fan_out")

    async with session_of(job, 0) as session:

        async def ask():
            try:
                async with session.get(url) as response:
                    return target.outcome_of(response.status, await response.read()) == p.OK
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
                return False

        async def answer(request):
            if all(await asyncio.gather(*(ask() for _ in range(fan_out)))):
                return web.Response(body=b"x" * 12)
            raise web.HTTPBadGateway

        app = web.Application()
        app.router.add_get(r"/bytes/{size:\d+}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        await loop_participant.serve_until_stopped(runner.addresses[0][1])
        await runner.cleanup()


if __name__ == "__main__":
    the_job = p.Job(["fetch", "gather"])
    asyncio.run((fetch if the_job.workload == "fetch" else gather)(the_job))
