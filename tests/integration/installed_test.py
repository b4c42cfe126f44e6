"""What is installed is whole: installed_test.py BUILD PREFIX.

The build is installed into PREFIX, stripped, and packaged for Debian. The package is installed into
a root of its own.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path()
PREFIX = pathlib.Path()

FILES = [
    "bin/asyncbench",
    "bin/asyncbench-conformance",
    "include/asyncbench/core/plugin.hpp",
    "include/asyncbench/http/request.hpp",
    "include/asyncbench/measure/recorder.hpp",
    "include/asyncbench/workloads/plugin.hpp",
    "share/asyncbench/schema/result-1.schema.json",
    "share/asyncbench/suites/quick.toml",
    "share/asyncbench/template/CMakeLists.txt",
    "share/bash-completion/completions/asyncbench",
    "share/doc/asyncbench/README.md",
    "share/doc/asyncbench/docs/examples/resp_ping/CMakeLists.txt",
    "share/doc/asyncbench/docs/writing-a-strategy.md",
    "share/fish/vendor_completions.d/asyncbench.fish",
]
PROGRAMS = ["bin/asyncbench", "bin/asyncbench-conformance"]
RUN = ["run", "fetch", "--strategies", "epoll", "--connections", "2", "--trials", "1", "--duration",
       "100ms", "--warmup", "20ms", "--server-delay", "2ms", "--out", "r.json"]  # fmt: skip


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=200,
                          **more).stdout  # fmt: skip


class Installed(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="asyncbench-test-")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def check_files(self, prefix, others):
        missing = [file for file in [*FILES, *others] if not (prefix / file).stat().st_size]
        self.assertEqual(missing, [])
        for program in PROGRAMS:
            self.assertNotIn(".symtab", output("readelf", "-SW", prefix / program), "not stripped")
        # Nothing leads back into the trees that it came from.
        sources = re.search(r"^CMAKE_HOME_DIRECTORY:\w+=(.*)$",
                            (BUILD / "CMakeCache.txt").read_text(encoding="utf-8"), re.M)[1]  # fmt: skip
        for file in (prefix / "lib/cmake/asyncbench").iterdir():
            self.assertNotIn(sources, file.read_text(encoding="utf-8"), file)

    def check_program(self, prefix):
        program = prefix / "bin/asyncbench"
        self.assertIn("epoll", output(program, "list"))
        output(program, *RUN, cwd=self.scratch)
        output(prefix / "bin/asyncbench-conformance", "--gtest_filter=*/epoll.Receive*")

    def test_program(self):
        shutil.rmtree(PREFIX, ignore_errors=True)
        output("cmake", "--install", BUILD, "--prefix", PREFIX, "--strip")
        self.check_files(PREFIX, ["share/doc/asyncbench/LICENSE", "share/man/man1/asyncbench.1",
                                  "share/zsh/site-functions/_asyncbench"])  # fmt: skip
        self.check_program(PREFIX)

    def test_headers(self):
        """Each compiles with no other of ours than those that are installed."""
        include = PREFIX / "include/asyncbench"
        source = self.scratch / "all.cpp"
        headers = sorted(header.relative_to(include) for header in include.rglob("*.hpp"))
        self.assertIn(pathlib.Path("workloads/request_task.hpp"), headers)
        self.assertNotIn(pathlib.Path("workloads/http_client.hpp"), headers)
        source.write_text("".join(f'#include "{header}"\n' for header in headers))
        compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$",
                             (BUILD / "CMakeCache.txt").read_text(encoding="utf-8"), re.M)[1]  # fmt: skip
        output(compiler, "-std=c++20", "-fsyntax-only", f"-I{include}", source)

    def test_package(self):
        output("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", self.scratch)
        (package,) = self.scratch.glob("asyncbench_*.deb")
        self.check_dependencies(package)
        root = self.scratch / "root"
        # The packages that this system has, so that what it depends on must be among them.
        for folder in ("updates", "info", "triggers"):
            (root / "var/lib/dpkg" / folder).mkdir(parents=True)
        shutil.copy("/var/lib/dpkg/status", root / "var/lib/dpkg/status")
        dpkg = ["dpkg", f"--root={root}", "--log=/dev/null"]
        if os.geteuid() != 0:
            if shutil.which("fakeroot") is None:
                self.skipTest("dpkg needs root, or fakeroot")
            dpkg.insert(0, "fakeroot")
        output(*dpkg, "--install", package)
        self.check_files(root / "usr", ["share/doc/asyncbench/copyright",
                                        "share/man/man1/asyncbench.1.gz",
                                        "share/zsh/vendor-completions/_asyncbench"])  # fmt: skip
        self.check_program(root / "usr")
        output(*dpkg, "--remove", "asyncbench")
        left = [path for path in root.rglob("*asyncbench*") if "var" not in path.parts]
        self.assertEqual(left, [])

    def check_dependencies(self, package):
        """Each library that a program of it loads comes from a package that it depends on."""
        depends = output("dpkg-deb", "--field", package, "Depends")
        named = {each.split()[0] for each in depends.split(", ")}
        for program in PROGRAMS:  # "bin/NAME"
            needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-dW", BUILD / program[4:]))
            self.assertGreater(len(needed), 1)
            for library in needed:
                owners = output("dpkg-query", "--search", f"*/{library}").splitlines()
                self.assertTrue(named & {owner.split(":")[0] for owner in owners}, library)


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv[1]).resolve()
    PREFIX = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
