"""Programs that are all alive and work in turns: one is continued while all others are stopped."""

import dataclasses
import math
import statistics
import time

from peers.processes import PATIENCE_S, fail, wait_for_rest
from peers.servers import received_bytes

WARM_BYTES = 100_000  # so much a server has received before its load counts as begun


@dataclasses.dataclass
class Turn:
    seconds: float
    requests: int | None  # by the server's counter, or by bytes
    received: int
    generator_ns: int
    server_ns: int


class Load:
    """A generator of load and its server. The generator is stopped except in its turns."""

    def __init__(self, generator, server):
        self.generator, self.server = generator, server
        self.stopped_at = None
        deadline = time.monotonic() + PATIENCE_S
        until = self._received_in_all() + WARM_BYTES
        while self._received_in_all() < until:
            generator.check_alive()
            if time.monotonic() > deadline:
                fail(f"{' '.join(generator.command)} does not send requests")
            time.sleep(0.01)
        generator.stop()
        wait_for_rest([generator, server.process])

    def _received_in_all(self):
        return sum(received_bytes(self.server.port).values())

    def take_turn(self, seconds):
        """Returns None where nothing was served, or where a connection or a thread ended."""
        both = [self.generator, self.server.process]
        self.generator.check_alive()
        count = self.server.count()
        wait_for_rest(both)
        received = received_bytes(self.server.port)
        generator_ns, server_ns = (process.cpu_ns() for process in both)
        if self.stopped_at not in (None, generator_ns):
            fail(f"{self.generator.command[0]} worked although it was stopped")
        begin = time.monotonic()
        self.generator.resume()
        time.sleep(seconds)
        self.generator.stop()
        lasted = time.monotonic() - begin
        wait_for_rest(both)
        self.stopped_at = self.generator.cpu_ns()
        server_after_ns = self.server.process.cpu_ns()
        received_after = received_bytes(self.server.port)
        turn = Turn(
            seconds=lasted,
            requests=None if count is None else self.server.count() - count,
            received=sum(received_after.values()) - sum(received.values()),
            generator_ns=sum(self.stopped_at.values()) - sum(generator_ns.values()),
            server_ns=sum(server_after_ns.values()) - sum(server_ns.values()),
        )
        whole = received.keys() == received_after.keys()
        whole &= generator_ns.keys() <= self.stopped_at.keys()
        whole &= server_ns.keys() <= server_after_ns.keys()
        return turn if whole and turn.received > 0 and turn.requests != 0 else None


def count_by_bytes(rounds, generator_of, request_bytes=None):
    """Fills in the requests of servers without a counter: what they received, by the length of a
    request of the same generator, which servers with a counter have shown. `generator_of` finds the
    generator in the key of a load. With `request_bytes` all requests have that length. A turn with a
    part of a request is thrown away."""
    lengths = {}
    for of_round in rounds:
        for key, turn in of_round.items():
            if turn and turn.requests:
                of_generator = lengths.setdefault(generator_of(key), [])
                of_generator.append(turn.received / turn.requests)
    for of_round in rounds:
        for key, turn in of_round.items():
            if turn and turn.requests is None:
                known = [math.nan] if request_bytes is None else [float(request_bytes)]
                length = statistics.mode(lengths.get(generator_of(key), known))
                if not length.is_integer():
                    fail(f"the length of a request of {generator_of(key)} is not known: {length}")
                turn.requests, part = divmod(turn.received, int(length))
                if part:
                    of_round[key] = None


def take_rounds(loads, rounds, seconds, random, tell):
    """Gives every load of `loads` (by key) one turn a round, in random order; returns the turns of
    each round by key. A first round is thrown away: it warms up."""
    taken = []
    for index in range(rounds + 1):
        order = list(loads)
        random.shuffle(order)
        of_round = {}
        for key in order:
            tell(index)
            of_round[key] = loads[key].take_turn(seconds)
        if index > 0:
            taken.append(of_round)
    return taken


def log_ratio(rounds, ours, theirs, figure):
    """The median over the rounds of the log ratio of two loads in a figure of their turns."""
    ratios = [
        math.log(figure(of_round[ours]) / figure(of_round[theirs]))
        for of_round in rounds
        if of_round[ours] and of_round[theirs]
    ]
    if 2 * len(ratios) < len(rounds) or not ratios:
        fail(
            f"{ours} or {theirs} served nothing in most turns: "
            "repeat with a longer --turn or on a machine with less other load"
        )
    return statistics.median(ratios)
