"""The man page and the completions: whole, and read by the programs that they are for.

Usage: help_test.py ASYNCBENCH TEST
"""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77
program = sys.argv[1]


def output(*arguments, **more):
    return subprocess.run(arguments, check=True, capture_output=True, text=True, **more).stdout


def rendered(form):
    return output(program, "help", "--" + form)


def commands():
    overview = output(program, "--help")
    section = overview.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in section.splitlines()]


def options(command):
    text = output(program, command, "--help")
    heads = re.findall(r"^  (-\S+)", text, re.MULTILINE)
    return [name for head in heads for name in head.split(",") if name.startswith("--")]


def shell(name, form, script):
    """What `script` prints in a shell that has read the completions from the file $1."""
    if shutil.which(name) is None:
        sys.exit(SKIPPED)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(rendered(form))
        file.flush()
        return output(name, "-c", script, name, file.name)


class ManTest(unittest.TestCase):
    def test_groff_reads_it_without_warnings(self):
        if shutil.which("groff") is None:
            sys.exit(SKIPPED)
        read = subprocess.run(["groff", "-man", "-ww", "-z", "-K", "utf8", "-T", "utf8"],
                              input=rendered("man"), capture_output=True, text=True, check=False)
        self.assertEqual((read.returncode, read.stderr), (0, ""))

    def test_has_every_command_and_option(self):
        page = rendered("man").replace("\\-", "-")
        for command in commands():
            section = page.split(f'.SS "{command}"\n')[1].split(".SS ")[0]
            for option in options(command):
                self.assertIn(option + "\\fR", section.replace(", --", "\\fR --"), command)


class BashTest(unittest.TestCase):
    def completed(self, *words):
        script = ('source "$1"; shift; COMP_WORDS=(asyncbench "${@}"); '
                  'COMP_CWORD=$#; _asyncbench; echo "${COMPREPLY[@]}"')
        quoted = " ".join(f"'{word}'" for word in words)
        return shell("bash", "bash", f'set -- "$1" {quoted}; {script}').split()

    def test_completes_commands_options_and_workloads(self):
        self.assertEqual(self.completed("repo"), ["report"])
        self.assertEqual(self.completed("run", "--conn"), ["--connections"])
        self.assertEqual(self.completed("run", "fet"), ["fetch"])
        self.assertEqual(self.completed("gate", "--conn"), ["--connections"])
        self.assertEqual(self.completed("show", "no-such"), [])

    def test_completes_every_option(self):
        for command in commands():
            found = self.completed(command, "--")
            for option in options(command):
                self.assertIn(option, found, command)


class OtherShellsTest(unittest.TestCase):
    def test_have_every_option(self):
        zsh, fish = rendered("zsh"), rendered("fish")
        for command in commands():
            for option in options(command):
                self.assertIn(option + "[", zsh)
                self.assertRegex(fish, f"from {command}'.* -l {option[2:]} ")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
