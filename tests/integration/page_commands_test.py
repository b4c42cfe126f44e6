"""Types what the pages tell users to type: page_commands_test.py PROGRAM REPOSITORY
BUILD PLUGIN.

Each command of README.md, of docs/ and of the examples in --help runs, shortened, in a folder of
its own, and must end with a documented exit code. What cannot run is listed here with the reason,
so that a new command either runs or fails this test.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import pages

PROGRAM = pathlib.Path()
REPOSITORY = pathlib.Path()
BUILD = pathlib.Path()
PLUGIN = pathlib.Path()

# A server and a client as a reader may have them.
SERVER = pathlib.Path(__file__).resolve().parent / "servers" / "server.py"
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples"

OF_THE_TREE = "builds the whole tree, which the test was built in"
NOT_RUN = {
    "scripts/quickstart": "installs packages, builds, and measures for 90 s",
    "scripts/setup": "installs packages",
    "scripts/perf-gate --base-rev origin/main": "builds two revisions, as gate_builds_test does",
    "cmake --preset release -DASYNCBENCH_TESTS=OFF -DASYNCBENCH_BENCH=OFF": OF_THE_TREE,
    "cmake --build --preset release": OF_THE_TREE,
    "cmake --build build --target package": "Installed.test_package does it",
    "sudo apt-get install ./build/asyncbench_*.deb": "changes the system; Installed.test_package "
    "installs it into a root of its own",
    "docker build -t asyncbench .": "needs Docker and its registry",
    "docker run --rm asyncbench list": "needs Docker and its registry",
    "asyncbench gate --base-rev HEAD~1": "builds two revisions, as gate_builds_test does",
    "asyncbench gate --base-rev main fetch --strategies uring --connections 64": "as above",
    "asyncbench gate --base-program service.toml --base-rev main": "gate_programs_test does it in a "
    "repository of its own",
    "asyncbench gate --base-program service.toml --base-rev main --connections 32": "as above",
    "asyncbench gate --base-program old/service.toml --candidate-program service.toml": "as above",
    "asyncbench gate --base-program old.toml --candidate-program new.toml": "as above",
    "asyncbench gate --base-program server.toml --base-rev main --margin 5%": "as above",
    "asyncbench gate --base-program service.toml --candidate-program service.toml": "as above",
    "asyncbench export RESULT.json --format NAME [--cell ID] [--out FILE]": "is the form alone",
    "asyncbench COMMAND --help": "is the form alone",
    "asyncbench run serve --program contenders --strategies uring,epoll": "builds and measures a "
    "dozen servers, in minutes",
    "asyncbench run serve --strategies uring,epoll --program contenders --connections 64 "
    "--warmup 1500ms --trials 6 --against uring --budget 4m": "as above",
    "asyncbench run serve --strategies uring,epoll --program contenders --connections 64 "
    "--duration 500ms --warmup 300ms --trials 6 --against uring": "as above",
    # Those of docs/languages.md.
    "asyncbench run timers --strategies uring,epoll,thread_per_connection,asyncio,asyncio:uvloop,"
    "python_threading,go,node --timers 1000 --period 100ms --duration 1s --warmup 300ms --trials 6 "
    "--against uring --budget 4m": "measures programs of other languages, which may be missing",
    "asyncbench run fetch --strategies uring,epoll,asyncio,asyncio:uvloop,aiohttp,python_threading,"
    "go,node --connections 100 --server-delay exp:30ms --turn 300ms --warmup 500ms --trials 6 "
    "--against uring": "as above",
    "asyncbench run fetch --strategies uring,asyncio,go,node --connections 100 --server-delay exp:30ms "
    "--turn 900ms --warmup 500ms --trials 5 --against uring": "as above",
    "asyncbench run fetch --urls-from urls --connections 100 --strategies uring,epoll,asyncio,"
    "aiohttp,go,node --turn 300ms --warmup 500ms --trials 6 --against uring": "as above",
    "asyncbench run serve --strategies uring,epoll,asyncio,asyncio:uvloop,aiohttp,fastapi,"
    "python_threading,go,node --connections 1000 --server-delay 1s --warmup 1500ms --turns off "
    "--duration 3s --trials 3 --against uring": "as above",
}
# Programs of the reader's own. They read what they are given; Export.* runs the real ones.
STAND_INS = ["benchstat", "compare.py", "flamegraph.pl", "go", "java", "jq", "promtool"]

# What makes a command short: it replaces each match, in this order.
SHORT = "--duration 100ms --warmup 20ms"
SHORTER = [
    (r"(build/mine.so .*--strategies) all\b", r"\1 mine,epoll"),
    (r" --strategies all\b", " --strategies epoll,uring"),
    (r" (--budget|--duration|--frequency|--gates|--trials|--warmup) \S+", ""),
    (r"(asyncbench run)(?=(?!.*--resume|.*--strategies).*)", r"\1 --strategies epoll,uring"),
    (r"asyncbench run(?!.*--resume|.*--stages)", f"asyncbench run {SHORT} --trials 1"),
    (r"--stages \S+", "--stages 100ms:1000,100ms:1000..2000 --warmup 20ms --trials 1"),
    (r"asyncbench profile", f"asyncbench profile {SHORT} --trials 3"),
    (r"asyncbench versus", f"asyncbench versus {SHORT} --trials 1"),
    (r"(asyncbench versus)(?!.*--connections)", r"\1 --connections 8 --body-bytes 12"),
    (r"(--over \S+=1)\.\.\S+", rf"\1..2 {SHORT} --budget 36"),
    (r"uring,asio (?=--objective)", "uring "),
    (r'--objective "p99<5ms', f'{SHORT} --rate-from 200 --rate-to 300 --objective "p99<500ms'),
    (r"--usl( --connections \S+)?", f"--usl {SHORT} --trials 1 --connections 1..6+1"),
    (r"asyncbench gate(?=.* --base )", f"asyncbench gate {SHORT} --pairs 1"),
    (r"asyncbench calibrate( smoke)?( --strategies uring)?",
     f"asyncbench calibrate --gates 1 --out calibration.json fetch {SHORT} --strategies epoll "
     "--connections 1"),
    # The build that this test belongs to, and a name of the reader's choice.
    (r"cmake --install build ", "cmake --install $BUILD "),
    (r"--against CELL --cell CELL", "--against fetch/strategy:asio/connections:64/body_bytes:12 "
     "--cell fetch/strategy:uring/connections:64/body_bytes:12"),
    (r"--cell CELL", "--cell fetch/strategy:uring/connections:64/body_bytes:12"),
]  # fmt: skip

# Exit codes beside 0: such short times decide nothing, and a busy machine may spoil a trial.
UNDECIDED = {"gate": {1, 3, 4}, "versus": {3, 4}, "search": {3, 4}, "calibrate": {4}, "run": {4},
             "profile": {4}}  # fmt: skip
UNSUPPORTED = 5

INTERRUPTED = "asyncbench-20261121T120000Z.json"
INTERRUPTED_SEARCH = "asyncbench-search-20261121T120000Z.json"
RESULTS = ["before.json", "after.json", "r.json", "a.json", "c.json", "peer-uring.json",
           "peer-asio.json", "2026-11-21.json.gz"]  # fmt: skip


def free_port():
    """Not one that the thousands of connections of a measurement may take in the meantime."""
    range_of_system = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    while True:
        port = random.randrange(10000, int(range_of_system.split()[0]))
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


LONG = re.compile(r"asyncbench (calibrate|search|versus|run .* serve) (?!.*--resume)")


class Shell:
    """A shell that a reader types into: it keeps its folder and its variables."""

    def __init__(self, folder, environment):
        self.output = folder / ".output"
        self.bash = subprocess.Popen(
            ["bash"], cwd=folder, env=environment, text=True, bufsize=1, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.bash.stdin.write("set -o pipefail\n")

    def run(self, command):
        """Exit code and output."""
        self.bash.stdin.write(f"{{ {command}\n}} >{self.output} 2>&1 </dev/null; echo $?\n")
        ready, _, _ = select.select([self.bash.stdout], [], [], 100)
        if not ready:
            return None, "no end after 100 s: " + self.output.read_text(errors="replace")
        return int(self.bash.stdout.readline()), self.output.read_text(errors="replace")

    def close(self):
        self.bash.stdin.close()
        if self.bash.poll() is None:
            os.killpg(self.bash.pid, signal.SIGTERM)
        self.bash.wait(timeout=10)
        self.bash.stdout.close()


class Reader:
    """A folder with what a reader of the pages has at hand, until close()."""

    def __init__(self):
        self.closing = contextlib.ExitStack()
        scratch = self.closing.enter_context(
            tempfile.TemporaryDirectory(prefix="asyncbench-test-", ignore_cleanup_errors=True)
        )
        self.closing.callback(self.stop_origin)
        self.folder = pathlib.Path(scratch) / "here"
        tools = pathlib.Path(scratch) / "bin"
        tools.mkdir()
        for name in STAND_INS:
            (tools / name).write_text("#!/bin/sh\n[ -p /dev/stdin ] && cat >/dev/null\nexit 0\n")
            (tools / name).chmod(0o755)
        (tools / "asyncbench").symlink_to(PROGRAM)
        self.environment = {
            **os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": scratch,
            "BUILD": str(BUILD), "CXX": compiler(), "GITHUB_STEP_SUMMARY": "summary.md",
        }  # fmt: skip
        self.ports = {"8080": free_port(), "7777": free_port()}
        listed = json.loads(subprocess.check_output([PROGRAM, "list", "--json"]))
        self.unsupported = {
            strategy["name"] for strategy in listed["strategies"]
            if not any(work["supported"] for work in strategy["workloads"].values())
        }  # fmt: skip
        self.origin = None
        self.profiled = ""  # the last such command
        self.lay_out()

    def lay_out(self):
        """The folder as the pages expect it: a build, results, and a repository of the reader's."""
        for path in ("build", "old", "new", "results"):
            (self.folder / path).mkdir(parents=True)
        for path in ("build", "old", "new"):
            (self.folder / path / "asyncbench").symlink_to(PROGRAM)
        for path in ("old", "new"):
            shutil.copy(PLUGIN, self.folder / path / "mine.so")
        server = self.folder / "server"
        server.write_text(f'#!/bin/sh\nexec python3 {SERVER} "$1"\n')
        server.chmod(0o755)
        (self.folder / "server.toml").write_text('command = ["./server", "{port}"]\n'
                                                 'target = "/health"\n')
        client = self.folder / "client"
        client.write_text(f"#!/bin/sh\nexec python3 {EXAMPLES}/participant.py\n")
        client.chmod(0o755)
        shutil.copy(EXAMPLES / "participant.py", self.folder / "client.py")
        (self.folder / "client.toml").write_text('participant = ["./client"]\n')
        (self.folder / "docs").mkdir()
        (self.folder / "docs/examples").symlink_to(EXAMPLES)
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "init", "--quiet", self.folder], check=True)
        subprocess.run([*git, "-C", self.folder, "commit", "--quiet", "--allow-empty", "-m", "t"],
                       check=True)  # fmt: skip

    def add_results(self):
        """Those that the pages name: whole ones, and what an interrupted run has left."""
        short = [*SHORT.split(), "--strategies"]
        self.measure("run", "fetch", *short, "thread_per_connection,epoll,asio", "--trials", "2",
                     "--out", "r.json")  # fmt: skip
        for name in [*RESULTS, "b.json.gz", "results/1.json", "results/2.json"]:
            if name != "r.json":
                shutil.copy(self.folder / "r.json", self.folder / name)
        self.interrupt("run", "fetch", *short, "epoll,asio", "--trials", "4", "--out", INTERRUPTED)
        self.interrupt("search", "serve", *short, "epoll", "--trials", "1", "--usl",
                       "--connections", "1..6+1", "--out", INTERRUPTED_SEARCH)  # fmt: skip

    def measure(self, *arguments):
        subprocess.run([PROGRAM, *arguments], cwd=self.folder, check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    def interrupt(self, *arguments):
        begun = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, text=True,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip
        for line in begun.stderr:
            if line.startswith("[1/"):
                begun.send_signal(signal.SIGINT)
                break
        begun.communicate(timeout=60)
        if begun.returncode != 130:
            raise RuntimeError(f"{arguments}, interrupted, end with {begun.returncode}")

    def start_origin(self, command):
        self.origin = subprocess.Popen(shlex.split(command), cwd=self.folder, text=True,
                                       env=self.environment, stdout=subprocess.PIPE)  # fmt: skip
        if "listening on" not in self.origin.stdout.readline():
            raise RuntimeError(f"{command} does not listen, and ends with {self.origin.wait()}")

    def stop_origin(self):
        if self.origin is not None:
            ended, self.origin = self.origin, None
            ended.terminate()
            ended.communicate(timeout=10)
            if ended.returncode != 0:
                raise RuntimeError(f"{ended.args} ends with {ended.returncode}")

    def allowed(self, command):
        """The documented exit codes that it may end with here."""
        codes = {0}
        for name in re.findall(r"asyncbench (?:--?\S+ )*([a-z]+)", command):
            codes |= UNDECIDED.get(name, set())
        if "--fail-if" in command:
            codes |= {1, 3}
        if any(re.search(rf"\b{name}\b", command) for name in self.unsupported):
            codes.add(UNSUPPORTED)
        return codes

    def type(self, shell, command):
        """What is wrong with it, if anything."""
        for documented, port in self.ports.items():
            command = re.sub(rf"\b{documented}\b", str(port), command)
        for pattern, replacement in SHORTER:
            command = re.sub(pattern, replacement, command)
        # No later command needs a file of these: once is enough, whichever page had it.
        alike = command.removeprefix("build/")
        if alike in TYPED and LONG.match(alike):
            return None
        TYPED.add(alike)
        if "asyncbench origin" in command and "--help" not in command:
            self.stop_origin()
            self.start_origin(command)
            return None
        alone = "--url " in command and self.origin is None
        if alone:
            self.start_origin(f"asyncbench origin --port {self.ports['8080']}")
        begun = time.monotonic()
        code, output = shell.run(command)
        # A machine that stood still for the tenth of a second that SHORTER has left of a window.
        if TOO_SHORT in output and "--out" not in command:
            code, output = shell.run(command)
        if NO_SAMPLES in output:
            shell.run(f"{self.profiled} --force")
            code, output = shell.run(command)
        if command.startswith("asyncbench profile"):
            self.profiled = command
        if alone:
            self.stop_origin()
        print(f"  {time.monotonic() - begun:5.1f} s, exit code {code}: {command}", flush=True)
        if code in self.allowed(command):
            return None
        print(output[-2000:], flush=True)
        return f"{command}\nends with {code}:\n{output[-2000:]}"

    def read(self, blocks):
        """Types all of it; what went wrong."""
        shell = Shell(self.folder, self.environment)
        self.closing.callback(shell.close)
        wrong = []
        for block in blocks:
            for line in block:
                parts = pages.without_comment(line).split(" && ")
                skipped = [part for part in parts if part in NOT_RUN]
                SKIPPED.update(skipped)
                if len(skipped) < len(parts):
                    wrong.append(self.type(shell, " && ".join(p for p in parts if p not in NOT_RUN)))
            self.stop_origin()
        return [each for each in wrong if each]

    def close(self):
        self.closing.close()


TOO_SHORT = "use a longer --duration"
NO_SAMPLES = "no valid profile trial has samples"
TYPED = set()
SKIPPED = set()


def compiler():
    cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    return re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.M)[1]


def guides():
    return [page for page in pages.pages(REPOSITORY) if pages.is_guide(page)]


def text_of(page):
    return (REPOSITORY / page).read_text(encoding="utf-8")


def help_of(command):
    return subprocess.check_output([PROGRAM, command, "--help"], text=True)


def commands_of_program():
    listed = subprocess.check_output([PROGRAM, "--help"], text=True)
    return re.findall(r"^  ([a-z-]+) ", listed.split("\nCommands:\n")[1].split("\n\n")[0], re.M)


def help_examples(command):
    text = help_of(command).replace("\\\n", " ")
    examples = re.search(r"^Examples?:\n(.*?)(?:\n\n|\Z)", text, re.M | re.S)
    if examples is None:
        return []
    # A remark stands after two blanks.
    return [re.sub(r"(?<=\S) {2,}", "  # ", each.strip(), count=1) if "--over" not in each
            else re.sub(r" +", " ", each.strip())
            for each in examples[1].splitlines()]  # fmt: skip


def typed_from(page):
    """What goes wrong for a reader of the page, from its first line to its last."""
    with contextlib.closing(Reader()) as reader:
        text = text_of(page)
        blocks = list(pages.shell_blocks(text))
        commands = commands_of_program()
        for command in pages.commands_in_text(text):
            words = command.split()
            # "asyncbench gate" is a name; what has arguments can be typed.
            is_name = len(words) == 2 and words[1] in commands
            if not is_name and command not in str(blocks):
                blocks.append([command])
        if any(name in str(blocks) for name in (*RESULTS, INTERRUPTED, INTERRUPTED_SEARCH)):
            reader.add_results()
        return [f"{page}: {each}" for each in reader.read(blocks)]


def typed_from_help():
    """The same for the examples in --help, those that the pages lack."""
    typed = " ".join(text_of(page) for page in guides())
    examples = (help_examples(command) for command in commands_of_program())
    blocks = [[each for each in block if each not in typed] for block in examples]
    with contextlib.closing(Reader()) as reader:
        reader.add_results()
        return [f"--help: {each}" for each in reader.read(blocks)]


class Commands(unittest.TestCase):
    maxDiff = None

    def test_end_as_documented(self):
        # Times do not matter here, so two readers at once may type.
        with concurrent.futures.ThreadPoolExecutor(2) as readers:
            begun = [readers.submit(typed_from, page) for page in guides()]
            begun.append(readers.submit(typed_from_help))
            wrong = [each for reader in begun for each in reader.result()]
        self.assertEqual(wrong, [])
        self.assertEqual(set(NOT_RUN) - SKIPPED, set(), "no page has these commands")
        self.assertGreater(len(TYPED), 50)


if __name__ == "__main__":
    PROGRAM = pathlib.Path(sys.argv[1]).resolve()
    REPOSITORY = pathlib.Path(sys.argv[2]).resolve()
    BUILD = pathlib.Path(sys.argv[3]).resolve()
    PLUGIN = pathlib.Path(sys.argv[4]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]])
