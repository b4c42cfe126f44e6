"""What compare.py uses of scipy.stats: mannwhitneyu and gmean."""

import collections
import itertools
import math

import numpy

Result = collections.namedtuple("Result", ["statistic", "pvalue"])


def u_of(first, second):
    return sum((a > b) + (a == b) / 2 for a in first for b in second)


def mannwhitneyu(first, second, alternative):
    """The exact test over all ways to divide the values; for few of them."""
    assert alternative == "two-sided"
    values = list(first) + list(second)
    middle = len(first) * len(second) / 2
    found = abs(u_of(first, second) - middle)
    divisions = list(itertools.combinations(range(len(values)), len(first)))
    extreme = 0
    for chosen in divisions:
        part = [values[i] for i in chosen]
        rest = [values[i] for i in range(len(values)) if i not in chosen]
        extreme += abs(u_of(part, rest) - middle) >= found
    return Result(u_of(first, second), extreme / len(divisions))


def gmean(rows):
    """Of each column."""
    return numpy.array(math.exp(sum(map(math.log, column)) / len(column))
                       for column in zip(*rows))
