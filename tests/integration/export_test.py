"""Exports a result and has it read by the programs that the formats are for:
export_test.py PROGRAM RESULT [TEST...].

RESULT is the one of the golden files. A reader that is not installed is skipped; exit code 77 when
that leaves nothing.
"""

import importlib.util
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PATIENCE_S = 60
COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")
HDR_JAR = pathlib.Path("/usr/share/java/hdrhistogram.jar")
STAND_INS = pathlib.Path(__file__).resolve().parent / "stand_ins"
URING = "fetch/strategy:uring/connections:64"
ASIO = "fetch/strategy:asio/connections:64"
# A formula, separators, quotes, markup, a line end, an escape sequence and letters beyond ASCII.
HOSTILE = "=1,\"<b>|`x`\n\x1b[31m\t@all #1 /a=b%20 \u00b5\u2028&\\"

program = ""
result = pathlib.Path()


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=PATIENCE_S,
                          check=False, **options)


def output_of(*command, **options):
    """What the command says on standard output; it must succeed."""
    done = run(*command, **options)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise AssertionError(f"{command}: exit {done.returncode}: {said}")
    return done.stdout.decode()


def needs_file(path):
    return unittest.skipUnless(path.exists(), f"not installed: {path}")


def needs_tool(tool):
    return unittest.skipUnless(shutil.which(tool), f"not installed: {tool}")


class ExportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def export(self, form, *options, source=None):
        return output_of(program, "export", source or result, "--format", form, *options)

    def exported_file(self, name, form, *options, source=None):
        path = self.folder / name
        self.assertEqual(self.export(form, *options, "--out", path, source=source), "")
        return path

    def hostile(self):
        """The result with names that no format is made for."""
        document = json.loads(result.read_text())
        for cell in document["cells"]:
            if cell["strategy"] == "asio":
                cell["strategy"] += HOSTILE
                cell["id"] = cell["id"].replace("strategy:asio", "strategy:asio" + HOSTILE)
        path = self.folder / "hostile.json"
        path.write_text(json.dumps(document))
        return path

    def both(self):
        return (result, self.hostile())


class CommandTest(ExportTest):
    """The command line itself."""

    def refused(self, code, says, *arguments):
        done = run(program, "export", *arguments)
        said = done.stderr.decode()
        self.assertEqual(done.returncode, code, said)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(len(said.splitlines()), 1, said)
        self.assertTrue(said.startswith("asyncbench: "), said)
        self.assertIn(says, said)

    def test_names_what_is_wrong(self):
        self.refused(2, "junit, hgrm, hlog, folded", result)
        self.refused(2, "did you mean junit", result, "--format", "juint")
        self.refused(2, "no result file given", "--format", "junit")
        self.refused(2, "ENOENT", self.folder / "none.json", "--format", "junit")
        self.refused(2, "unknown cell", result, "--format", "junit", "--cell", "fetch")
        self.refused(2, "--direction bigger", result, "--format", "github-action-benchmark")
        self.refused(2, "unknown direction", result, "--format", "github-action-benchmark",
                     "--direction", "up")
        self.refused(2, "here are 3; choose one with --cell", result, "--format", "hgrm")
        self.refused(2, "no profile in this result", result, "--format", "speedscope")
        self.refused(2, "no valid profile trial", result, "--format", "folded")
        self.refused(2, "--against", result, "--format", "folded-difference")
        self.refused(2, "libcurl is a client", result, "--format", "hgrm", "--cell",
                     "serve/strategy:curl_multi/connections:64")

    def test_keeps_the_old_file_when_it_cannot_write(self):
        self.refused(6, "ENOENT", result, "--format", "junit", "--out",
                     self.folder / "missing/x.xml")
        if os.path.exists("/dev/full"):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([program, "export", result, "--format", "junit"], stdout=full,
                                      stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False)
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertIn(b"ENOSPC", done.stderr)

    def test_says_what_it_leaves_out(self):
        done = run(program, "export", result, "--format", "bencher")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"left out: serve/strategy:asio/connections:64: failed: ", done.stderr)

    def test_exports_one_cell(self):
        self.assertEqual(list(json.loads(self.export("bencher", "--cell", URING))), [URING])

    def test_writes_a_folder_of_percentile_files(self):
        for source in self.both():
            folder = self.folder / f"{source.stem}.hgrm"
            folder.mkdir()
            self.export("hgrm", "--out", folder, source=source)
            names = sorted(path.name for path in folder.iterdir())
            self.assertEqual(len(names), 3, names)
            self.assertIn("fetch+strategy=uring+connections=64.hgrm", names)
            for name in names:
                self.assertRegex(name, r"^[ -~]+$")


@needs_file(COMPARE)
class ComparePyTest(ExportTest):
    """Google Benchmark's own comparison."""

    def compare(self, *arguments):
        environment = dict(os.environ)
        if importlib.util.find_spec("scipy") is None:
            environment["PYTHONPATH"] = str(STAND_INS)
        return output_of(sys.executable, COMPARE, "--no-color", *arguments, env=environment)

    def test_compares_two_results(self):
        for source in self.both():
            path = self.exported_file("r.json", "google-benchmark", source=source)
            text = self.compare("benchmarks", path, path)
            self.assertIn(f"{URING}_pvalue", text)
            self.assertIn("U Test, Repetitions: 3 vs 3", text)
            self.assertIn(f"{URING}_median", text)
            self.assertIn("OVERALL_GEOMEAN", text)

    def test_compares_two_strategies_of_one_result(self):
        path = self.exported_file("r.json", "google-benchmark")
        text = self.compare("filters", path, "strategy:asio", "strategy:uring")
        entries = {}
        for entry in json.loads(path.read_text())["benchmarks"]:
            if entry["run_type"] == "aggregate" and entry["aggregate_name"] == "median":
                entries[entry["run_name"]] = entry
        change = entries[URING]["real_time"] / entries[ASIO]["real_time"] - 1
        cpu = entries[URING]["cpu_time"] / entries[ASIO]["cpu_time"] - 1
        line = next(line for line in text.splitlines() if "_median " in line)
        self.assertIn(f"{change:+.4f}", line)
        self.assertIn(f"{cpu:+.4f}", line)


class OpenMetricsTest(ExportTest):
    @needs_tool("promtool")
    def test_passes_promtool(self):
        for source in self.both():
            done = run("promtool", "check", "metrics",
                       input=self.export("openmetrics", source=source).encode())
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    @unittest.skipUnless(importlib.util.find_spec("prometheus_client"),
                         "not installed: prometheus_client")
    def test_is_read_by_the_openmetrics_parser(self):
        from prometheus_client.openmetrics import parser  # pylint: disable=import-outside-toplevel
        for source in self.both():
            text = self.export("openmetrics", source=source)
            families = {family.name: family
                        for family in parser.text_string_to_metric_families(text)}
            throughput = families["asyncbench_throughput_requests_per_second"]
            self.assertEqual(throughput.unit, "requests_per_second")
            medians = {sample.labels["strategy"]: sample.value for sample in throughput.samples
                       if sample.labels["workload"] == "fetch"
                       and sample.labels["estimate"] == "median"}
            cells = json.loads(source.read_text())["cells"]
            # Control characters and separators of lines are not passed on to who reads the text.
            def name(cell):
                return re.sub("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", "?", cell["strategy"])
            self.assertEqual(medians, {name(cell): cell["summary"]["throughput_per_s"]["median"]
                                       for cell in cells if cell["workload"] == "fetch"})


@needs_file(HDR_JAR)
@needs_tool("java")
class HdrHistogramTest(ExportTest):
    """The reference implementation, in Java."""

    def processed(self, log, *options):
        output_of("java", "-cp", HDR_JAR, "org.HdrHistogram.HistogramLogProcessor", "-i", log, "-o",
                  self.folder / "out", *options)
        return (self.folder / "out.hgrm").read_text()

    def test_reads_the_log_and_makes_the_same_percentiles_of_it(self):
        def without_comments(text):
            # The last three lines are part of the format.
            lines = text.splitlines()
            return [line for line in lines[:-3] if not line.startswith("#")] + lines[-3:]

        log = self.exported_file("r.hlog", "hlog")
        for cell in (URING, ASIO):
            theirs = without_comments(self.processed(log, "-tag", cell))
            ours = without_comments(self.export("hgrm", "--cell", cell))
            self.assertGreater(len(ours), 15)
            self.assertEqual(ours, theirs)

    def test_finds_a_tag_for_every_cell(self):
        for source in self.both():
            log = self.exported_file("r.hlog", "hlog", source=source)
            tags = output_of("java", "-cp", HDR_JAR, "org.HdrHistogram.HistogramLogProcessor", "-i",
                             log, "-listtags")
            self.assertEqual(len(re.findall("^(?:fetch|serve)/", tags, re.MULTILINE)), 3, tags)


class StandardLibraryTest(ExportTest):
    """Formats whose consumers are services, read as these read them."""

    def test_junit_is_xml(self):
        for source in self.both():
            suite = xml.etree.ElementTree.fromstring(self.export("junit", source=source))[0]
            self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("skipped")),
                             ("5", "1", "1"))
            self.assertEqual(len(suite), 5)

    def test_json_holds_finite_numbers(self):
        def refuse(constant):
            raise AssertionError(constant)

        for source in self.both():
            bencher = json.loads(self.export("bencher", source=source), parse_constant=refuse)
            self.assertEqual(len(bencher), 3)
            for measures in bencher.values():
                for measure in measures.values():
                    self.assertLessEqual(set(measure), {"value", "lower_value", "upper_value"})
            for direction in ("bigger", "smaller"):
                entries = json.loads(self.export("github-action-benchmark", "--direction", direction,
                                                 source=source), parse_constant=refuse)
                for entry in entries:
                    self.assertLessEqual({"name", "unit", "value"}, set(entry))
                    self.assertTrue(math.isfinite(entry["value"]))


def main():
    global program, result  # pylint: disable=global-statement
    program = sys.argv.pop(1)
    result = pathlib.Path(sys.argv.pop(1))
    ran = unittest.main(exit=False, verbosity=2).result
    if not ran.wasSuccessful():
        return 1
    return 77 if ran.testsRun == len(ran.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
