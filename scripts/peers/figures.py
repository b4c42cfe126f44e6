"""Ratios with their intervals, judged against targets and printed as rows."""

import dataclasses
import math
import statistics

# Student's t, 97.5 %, for 1, 2, ... degrees of freedom.
T_975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
T_975 += [2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086]
T_975 += [2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042]
WIDTH = 0.03  # how far an interval may reach to either side


@dataclasses.dataclass
class Target:
    """A ratio to reach: at most `ratio`, or at least."""

    ratio: float
    at_least: bool = False

    def judge(self, low, high):
        if low <= self.ratio <= high:
            return "near"
        return "pass" if (low > self.ratio) == self.at_least else "FAIL"

    def __str__(self):
        return f"{'>=' if self.at_least else '<='}{self.ratio:.2f}"


class Same:
    """The target of two that should not differ."""

    def judge(self, low, high):
        return "alike" if low <= 1 <= high else "apart"

    def __str__(self):
        return "=1    "


def interval(log_ratios):
    """The ratio, and its 95 % t interval, of independent log ratios (two or more)."""
    mean, count = statistics.mean(log_ratios), len(log_ratios)
    t = T_975[min(count - 1, len(T_975)) - 1]
    half = t * statistics.stdev(log_ratios) / math.sqrt(count)
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def digits(value, width):
    """The value with as many decimals, three at most, as the width has room for."""
    decimals = max(0, min(3, width - 1 - len(str(int(value)))))
    return f"{value:{width}.{decimals}f}"


class Table:
    """Prints rows as they come, and keeps what they amount to."""

    def __init__(self):
        self.failed, self.wide, self.last_heading = False, 0, None

    def head(self):
        columns = "ratio 95 % interval target"
        print(f"{'':<26} {'ours':>6} {'theirs':>6} {'':<6} {columns}", flush=True)

    def heading(self, text):
        """Rows belong to the last heading; the same again is not repeated."""
        if text != self.last_heading:
            print(text, flush=True)
        self.last_heading = text

    def row(self, what, ours, theirs, unit, log_ratios, target):
        """`ours` and `theirs` are one figure a set, as is `log_ratios`."""
        ratio, low, high = interval(log_ratios)
        word = target.judge(low, high)
        self.failed |= word == "FAIL"
        self.wide += max(high / ratio, ratio / low) > 1 + WIDTH
        print(
            f"  {what:<24} {digits(statistics.median(ours), 6)} "
            f"{digits(statistics.median(theirs), 6)} {unit:<6} {digits(ratio, 5)} "
            f"[{digits(low, 5)},{digits(high, 5)}] {target} {word}",
            flush=True,
        )

    def foot(self):
        if self.wide:
            print(
                f"{self.wide} intervals are wider than +-{WIDTH:.0%}: repeat with more --sets, "
                "or while\nnothing else runs"
            )
