"""Holds the program's own documents against their schemas: documents_test.py PROGRAM SCHEMAS.

What compare, history, gate, calibrate and search print must be valid; and it must cease to be when it is
damaged, so that a schema which accepts anything does not pass.
"""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import jsonschema

PROGRAM = ""
SCHEMAS = pathlib.Path()

SHORT = [
    "--duration", "50ms", "--warmup", "20ms", "--grace", "200ms",
    "--cpu-idle", "default", "--peer-strategy", "asio",
]  # fmt: skip
FETCH = ["fetch", "--server-delay", "2ms", *SHORT]
ONE_CELL = [*FETCH, "--strategies", "epoll", "--connections", "2"]


def validator(kind):
    with open(SCHEMAS / f"{kind}-1.schema.json", encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def objects(value, path=()):
    """Every object within a document, with where it is."""
    if isinstance(value, dict):
        yield path
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from objects(inner, (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


# Objects whose names are the user's or the machine's.
FREE = {"parameters", "medians"}


def damaged(document):
    """Pairs of what is wrong and a document with exactly that fault."""
    for path in objects(document):
        if path and path[-1] in FREE:
            continue
        other = copy.deepcopy(document)
        at(other, path)["colour"] = 1
        yield f"an unknown field in {path}", other
        for name in at(document, path):
            other = copy.deepcopy(document)
            del at(other, path)[name]
            if name not in OF_ONE_COMPARISON:
                yield f"{name} missing in {path}", other
            other = copy.deepcopy(document)
            at(other, path)[name] = {"odd": []}
            yield f"{name} of an odd type in {path}", other


# What only one of the two comparisons has, that of strategies or that of results.
OF_ONE_COMPARISON = {
    "relevant", "until_decided", "measured_apart", "reference", "families", "losses", "noise",
    "answer", "family", "tier", "behind", "in_family", "deviation", "decision", "blocks_needed",
}  # fmt: skip


class Documents(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="asyncbench-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_program(self, *arguments):
        ended = subprocess.run(
            [PROGRAM, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=230
        )
        # Times as short as these decide nothing.
        self.assertIn(ended.returncode, (0, 1, 3, 4), ended.stderr)
        return ended.stdout

    def check(self, kind, *arguments):
        document = json.loads(self.run_program(*arguments))
        schema = validator(kind)
        self.assertEqual([f"{e.json_path}: {e.message}" for e in schema.iter_errors(document)], [])
        accepted = [what for what, bad in damaged(document) if schema.is_valid(bad)]
        self.assertEqual(accepted, [])
        return document

    def measure(self, out):
        self.run_program(
            "run", *FETCH, "--strategies", "epoll,asio", "--connections", "2",
            "--trials", "8", "--out", out,
        )  # fmt: skip

    def test_comparison(self):
        self.measure("a.json")
        self.measure("b.json")
        document = self.check("comparison", "compare", "--json", "a.json")
        standings = document["groups"][0]["standings"]
        self.assertTrue(any(standing["contrasts"] for standing in standings))
        self.check("comparison", "compare", "--json", "a.json", "b.json")
        document = self.check("gate", "gate", "--json", "a.json", "b.json")
        self.assertIsNone(document["result"])

    def test_history(self):
        self.measure("r.json")
        folder = pathlib.Path(self.folder)
        result = json.loads((folder / "r.json").read_text())
        (folder / "results").mkdir()
        for day in range(1, 17):
            result["run"].update(id=f"{day}", started=f"2026-11-{day:02}T04:00:00Z")
            result["environment"]["git_commit"] = f"{day:040x}"
            if day == 11:  # from here on
                for trial in result["cells"][1]["trials"]:
                    trial["subject"]["cpu_system_ns"] *= 2
                    trial["peer"]["cpu_system_ns"] *= 2
                    for turn in trial.get("turns", {"rounds": []})["rounds"]:
                        turn[5:] = [cpu and 2 * cpu for cpu in turn[5:]]
            (folder / f"results/{day}.json").write_text(json.dumps(result))
        document = self.check("history", "history", "results", "--format", "json")
        self.assertEqual([document["runs"][c["to"]]["commit"] for c in document["changes"]],
                         [f"{11:040x}"])  # fmt: skip

    def test_gate(self):
        builds = ["--base", PROGRAM, "--candidate", PROGRAM]
        document = self.check("gate", "gate", "--json", *builds, "--pairs", "1", *ONE_CELL)
        self.assertTrue(document["figures"])

    def test_calibration(self):
        document = self.check(
            "calibration", "calibrate", "--json", "--gates", "1", "--out", "c.json", *ONE_CELL
        )
        self.assertTrue(document["spreads"])

    def test_crossover(self):
        document = self.check(
            "search", "search", *FETCH, "--json", "--crossover", "epoll,asio",
            "--over", "connections=1..2", "--budget", "36",
        )  # fmt: skip
        self.assertTrue(document["points"])

    def test_objective(self):
        self.check(
            "search", "search", *FETCH, "--json", "--strategies", "epoll",
            "--objective", "p50<200ms", "--rate-from", "200", "--rate-to", "300",
        )  # fmt: skip

    def test_sweep(self):
        self.check(
            "search", "search", *FETCH, "--json", "--strategies", "epoll", "--usl",
            "--connections", "1..6+1", "--trials", "1",
        )  # fmt: skip


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    SCHEMAS = pathlib.Path(sys.argv[2])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
