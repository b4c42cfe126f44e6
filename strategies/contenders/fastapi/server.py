"""GET /bytes/N and /delay/T/bytes/N by FastAPI."""

import asyncio
import random
import re

from fastapi import FastAPI, HTTPException, Response

DELAY = re.compile(r"(exp:)?(\d+)(ns|us|ms|s)$")
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
bodies = {}
app = FastAPI()


@app.get("/bytes/{size}")
async def answer(size: int):
    if size not in bodies:
        bodies[size] = b"x" * size
    return Response(bodies[size], media_type="application/octet-stream")


@app.get("/delay/{delay}/bytes/{size}")
async def answer_later(delay: str, size: int):
    parsed = DELAY.match(delay)
    if not parsed:
        raise HTTPException(404)
    seconds = int(parsed[2]) * UNITS[parsed[3]]
    await asyncio.sleep(random.expovariate(1 / seconds) if parsed[1] else seconds)
    return await answer(size)
