"""The pages for people, and the commands in them."""

import pathlib
import re

# What is built or fetched.
LEFT_OUT = re.compile(r"(^|/)(build[^/]*|node_modules|\.git)/")


def pages(repository):
    """The paths of all pages, as the repository has them."""
    found = [path.relative_to(repository) for path in repository.rglob("*.md")]
    return sorted(path for path in found if not LEFT_OUT.search(path.as_posix()))


def is_guide(page):
    """Whether it is for users: README.md and docs/."""
    return page == pathlib.Path("README.md") or page.parent == pathlib.Path("docs")


def shell_blocks(text):
    """The blocks of commands, as lists of them: those that name no other language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    for block in (block for language, block in blocks if language in ("", "sh")):
        lines = block.replace("\\\n", " ").splitlines()
        yield [line for line in lines if line.strip() and not line.startswith("#")]


def without_comment(line):
    """The command without the remark after it."""
    return re.sub(r"\s{2,}#.*|\s#\s.*", "", line).strip()


def commands_in_text(text):
    """Commands of asyncbench in backticks, those of several words."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for command in re.findall(r"`(asyncbench\s[^`]+)`", prose):
        yield re.sub(r"\s+", " ", command)
