"""Holds the pages for people against the program and the repository:
pages_test.py PROGRAM REPOSITORY.

Their tables must list what the program has, their examples must use options that it takes, and
their links and the paths that they name must lead somewhere.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

import pages as pages_of

PROGRAM = ""
REPOSITORY = pathlib.Path()

SOURCES = "cpp|hpp|in|cmake|py|js|mjs|toml|md|css|html|supp"


def pages():
    return pages_of.pages(REPOSITORY)


def text_of(page):
    return (REPOSITORY / page).read_text(encoding="utf-8")


def section(text, heading):
    """From a heading to the next one of its level or above."""
    level = heading.split(" ")[0]
    after = text.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", after)[0]


def names_in_table(text):
    """What stands in backticks in the first column."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def anchors_of(text):
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def example_commands(text):
    """The commands of asyncbench in code blocks, as their arguments."""
    for block in re.findall(r"^```[a-z]*\n(.*?)^```", text, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            if re.match(r"(\S*/)?asyncbench ", line):
                words = shlex.split(line, comments=True)[1:]
                ends = [i for i, word in enumerate(words) if word in ("|", "&&", ">")]
                yield words[: ends[0]] if ends else words


def output_of(*arguments):
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=True
    ).stdout


def commands_of_program():
    listed = output_of("--help").split("\nCommands:\n")[1].split("\n\n")[0]
    return set(re.findall(r"^  ([a-z-]+) ", listed, re.M))


class Pages(unittest.TestCase):
    maxDiff = None

    def test_tables(self):
        readme = text_of("README.md")
        listed = json.loads(output_of("list", "--json"))
        strategies = {each["name"] for each in listed["strategies"]}
        shown = names_in_table(section(readme, "## Strategies"))
        # Built where Boost.Fiber is.
        self.assertEqual(shown - strategies - {"fiber"}, set(), "strategies that the program lacks")
        plain = {name for name in strategies if ":" not in name}
        self.assertEqual(plain - shown, set(), "strategies that README lacks")
        workloads = set(listed["strategies"][0]["workloads"])
        self.assertEqual(names_in_table(section(readme, "## Workloads")), workloads)
        before_examples = text_of("docs/commands.md").split("\n## ")[0]
        self.assertEqual(names_in_table(before_examples), commands_of_program())

    def test_examples(self):
        commands = commands_of_program()
        help_of = {}
        wrong = []
        for page in pages():
            for command, *rest in example_commands(text_of(page)):
                if command.startswith("-") or command == "COMMAND":
                    continue
                # Options of a plugin's workload, too: Commands.* types them.
                if "--plugin" in rest:
                    continue
                if command not in commands:
                    wrong.append(f"{page}: no command {command}")
                    continue
                if command not in help_of:
                    help_of[command] = output_of(command, "--help")
                known = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", help_of[command])
                options = [word.split("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
                wrong += [f"{page}: {command} {each}" for each in options if each not in known]
        self.assertTrue(help_of)
        self.assertEqual(wrong, [])

    def test_links(self):
        broken = []
        for page in pages():
            text = re.sub(r"```.*?```", "", text_of(page), flags=re.S)
            for link in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", link):
                    continue
                path, _, anchor = link.partition("#")
                target = (REPOSITORY / page.parent / path).resolve() if path else REPOSITORY / page
                if not target.exists():
                    broken.append(f"{page}: {link}")
                elif anchor and anchor not in anchors_of(target.read_text(encoding="utf-8")):
                    broken.append(f"{page}: {link}")
        self.assertEqual(broken, [])

    def test_paths(self):
        folders = {path.name for root in ("", "harness") for path in (REPOSITORY / root).iterdir()}
        missing = []
        for page in pages():
            if page.name == "CHANGELOG.md":  # tells of files that are gone
                continue
            folder = REPOSITORY / page.parent
            roots = [REPOSITORY, REPOSITORY / "harness", folder]
            roots += [folder / "src", folder / "src/charts"]
            for path in re.findall(rf"`([\w./*-]+\.(?:{SOURCES}))`", text_of(page)):
                # Other files are the reader's: "r.json", "plugin.cpp".
                ours = path.split("/")[0] in folders or page.parts[0] == "harness"
                found = (next(iter(root.glob(path)), None) for root in roots)
                if ours and "NAME" not in path and not path.startswith("../") and not any(found):
                    missing.append(f"{page}: {path}")
        self.assertEqual(missing, [])

    def test_options(self):
        """What pages, scripts and the Dockerfile give to CMake are its options."""
        cmake = (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8")
        known = set(re.findall(r"^(?:option|set)\((ASYNCBENCH_\w+)", cmake, re.M))
        scripts = [path.relative_to(REPOSITORY) for path in REPOSITORY.glob("scripts/*")
                   if path.is_file()]
        readers = [*pages(), *scripts, pathlib.Path("Dockerfile"), pathlib.Path(".ci/run"),
                   pathlib.Path("harness/cli/gate_builds.cpp")]  # fmt: skip
        given = {(page, option) for page in readers
                 for option in re.findall(r"-D(ASYNCBENCH_\w+)", text_of(page))}  # fmt: skip
        self.assertGreater(len(given), 5)
        self.assertEqual({each for each in given if each[1] not in known}, set())
        for script in re.findall(r"\bscripts/\w+", text_of("Dockerfile")):
            self.assertTrue((REPOSITORY / script).is_file(), script)

    def test_guides(self):
        """A part's README names files of its folder in its table, without their extensions."""
        missing = []
        for guide in sorted(REPOSITORY.glob("harness/*/README.md")):
            names = names_in_table(guide.read_text(encoding="utf-8"))
            wrong = [name for name in names if not any(guide.parent.glob(f"{name}*"))]
            missing += [f"{guide.parent.name}: {name}" for name in wrong]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    REPOSITORY = pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
