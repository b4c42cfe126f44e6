"""The course of a trial on an asyncio loop: a client until the window has ended, a server until it is stopped."""

import asyncio
import json
import os

from participant import CANCELLED, ORDERS, Requests, Timer, listening, now, report


class Orders:
    """The orders after the job, one after the other."""

    def __init__(self):
        self._lines = asyncio.Queue()
        self._rest = b""
        asyncio.get_running_loop().add_reader(ORDERS, self._read)

    def _read(self):
        data = os.read(ORDERS, 65536)
        if not data:
            os._exit(1)  # the runner has gone
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._lines.put_nowait(json.loads(line))

    async def next(self):
        return await self._lines.get()


async def run_client(job, task):
    """`task(number, requests)` is a coroutine that issues requests while next_begin() has one."""
    requests = Requests(job)
    tasks = [asyncio.create_task(task(number, requests)) for number in range(job.tasks)]
    ender = asyncio.create_task(_end(job, tasks, requests))
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    ender.cancel()
    requests.write()


async def next_begin(requests, number, last_end=None):
    """Waits for the task's turn, and returns when its next request begins: as the last one ends, so that no time is
    lost between them, or when its turn does. None: there are no more."""
    while wait := requests.wait_ns(number):
        last_end = None
        await asyncio.sleep(-(-wait // 1_000_000) / 1e3)  # in whole milliseconds, which libuv rounds to
    return (last_end or now()) if requests.go_on() else None


async def _end(job, tasks, requests):
    """Tells the window's end, and cancels what has not ended by the hard stop."""
    orders = Orders()
    order = await orders.next()
    if order["type"] == "go":
        requests.set_window(order)
        try:
            await asyncio.wait_for(orders.next(), (requests.window_end + job.grace_ns - now()) / 1e9)
        except asyncio.TimeoutError:
            pass
    requests.stop()
    for task in tasks:
        task.cancel()


async def serve_until_stopped(port):
    """The server listens on the port already."""
    listening(port)
    orders = Orders()
    while (await orders.next())["type"] != "stop":
        pass
    report(type="record")


def timers(job, resolution_ns=1):
    """A client of timers, for run_client(). `resolution_ns`: what the loop's clock counts in; it wakes no task before."""
    first = now() + job.nanoseconds("period")  # when all tasks exist

    async def task(number, requests):
        timer = Timer(job, first, number)
        while True:
            try:
                while (left := timer.due - now()) > 0:
                    await asyncio.sleep(-(-left // resolution_ns) * resolution_ns / 1e9)
            except asyncio.CancelledError:
                if timer.due <= now():
                    requests.ended(number, timer.due, CANCELLED)
                return
            requests.ended(number, timer.due, 0)
            if not requests.go_on():
                return
            timer.next()

    return task
