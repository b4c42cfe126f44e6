"""GET /bytes/N and /delay/T/bytes/N by Sanic."""

import asyncio
import random
import re
import sys

from sanic import Sanic
from sanic.response import empty, raw

DELAY = re.compile(r"(exp:)?(\d+)(ns|us|ms|s)$")
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
bodies = {}
app = Sanic("contender")


@app.get("/bytes/<size:int>")
async def answer(request, size):
    if size not in bodies:
        bodies[size] = b"x" * size
    return raw(bodies[size])


@app.get("/delay/<delay>/bytes/<size:int>")
async def answer_later(request, delay, size):
    parsed = DELAY.match(delay)
    if not parsed:
        return empty(404)
    seconds = int(parsed[2]) * UNITS[parsed[3]]
    await asyncio.sleep(random.expovariate(1 / seconds) if parsed[1] else seconds)
    return await answer(request, size)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), access_log=False, single_process=True, motd=False)
