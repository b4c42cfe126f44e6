"""A line on stderr that says what is measured, and how long it will take."""

import sys
import time


class Progress:
    def __init__(self, expected_s):
        """`expected_s` is the sum of what step() will be told."""
        self.expected_s, self.begin = expected_s, time.monotonic()
        self.begun_s = 0
        self.live = sys.stderr.isatty()

    def step(self, expected_s, text):
        """Something begins that is expected to take so long."""
        if self.live:
            slower = 1
            if self.begun_s > 5:
                slower = (time.monotonic() - self.begin) / self.begun_s
            left_s = round(max(0, self.expected_s - self.begun_s) * slower)
            left = f"{left_s // 60}:{left_s % 60:02} left"
            print(f"\r\033[K  {left}  {text}"[:100], end="", file=sys.stderr, flush=True)
        self.begun_s += expected_s

    def note(self, text):
        """For a log: a line of its own. On a terminal, step() has said it."""
        if not self.live:
            print(f"  {text}", file=sys.stderr, flush=True)

    def clear(self):
        if self.live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
