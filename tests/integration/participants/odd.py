"""The example of a participant with a fault: odd.py EXAMPLE.py FAULT [ANYTHING]

A fault is a change of the example's text: what it replaces must be there.
"""

import pathlib
import sys

FAULTS = {
    "none": ("import asyncio", "import asyncio"),
    "dies": (
        'window_end = go["window_end_ns"]',
        'print("the pool has gone", flush=True); os._exit(3)',
    ),
    "garbage": ('report(type="ready", turns=False)', 'os.write(4, b"I am ready\\n")'),
    "silent": ('report(type="ready", turns=False)', 'print("waiting for the moon", flush=True)'),
    "lies": ("os.write(5,", "records.extend(records[-20:]); os.write(5,"),
    "cut_short": ('b"".join(records))', 'b"".join(records)[:-5])'),
    "other_clock": ("time.monotonic_ns(), size", "time.time_ns(), size"),
    "backwards": ("begun, time.monotonic_ns(), size", "begun, begun - 1, size"),
    "other_outcome": ("size, outcome, number", "size, 99, number"),
    "no_records": ('type="record", records=len(records)', 'type="record"'),
    "exits": ('report(type="record", records=len(records))', "os._exit(0)"),
    "lingers": ("records=len(records))", "records=len(records)); time.sleep(60)"),
    "no_turns": ("turns=False", "turns=True"),
    "children": (
        'window_end = go["window_end_ns"]',
        'window_end = go["window_end_ns"]; __import__("subprocess").Popen([sys.executable, "-c", '
        '"import time; time.sleep(60)", *sys.argv], start_new_session=True)',
    ),
    "ignores_sigterm": (
        "orders = open(3)",
        'orders = open(3); __import__("signal").signal(15, __import__("signal").SIG_IGN)',
    ),
}

example, fault = sys.argv[1:3]
before, after = FAULTS[fault]
text = pathlib.Path(example).read_text(encoding="utf-8")
if before not in text:
    sys.exit(f"{example} has no {before}")
exec(compile(text.replace(before, after, 1), example, "exec"))
