"""GET /bytes/N and /delay/T/bytes/N by aiohttp.web."""

import asyncio
import random
import re
import sys

from aiohttp import web

try:
    import uvloop

    uvloop.install()
except ImportError:
    pass

DELAY = re.compile(r"(exp:)?(\d+)(ns|us|ms|s)$")
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
bodies = {}


async def answer(request):
    size = int(request.match_info["size"])
    if size not in bodies:
        bodies[size] = b"x" * size
    delay = DELAY.match(request.match_info.get("delay", ""))
    if delay:
        seconds = int(delay[2]) * UNITS[delay[3]]
        await asyncio.sleep(random.expovariate(1 / seconds) if delay[1] else seconds)
    return web.Response(body=bodies[size])


app = web.Application()
app.router.add_get(r"/bytes/{size:\d+}", answer)
app.router.add_get(r"/delay/{delay}/bytes/{size:\d+}", answer)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, backlog=4096, print=None)
