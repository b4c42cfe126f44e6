"""Holds a result against the schema: validate.py SCHEMA PROGRAM, or validate.py SCHEMA FILE.json.

The output of PROGRAM, or FILE.json, must be valid; and it must cease to be when it is damaged, so
that a schema which accepts anything does not pass.
"""

import copy
import json
import subprocess
import sys

import jsonschema


def damaged(result):
    """Pairs of what is wrong and a result with exactly that fault."""

    def change(what, edit):
        other = copy.deepcopy(result)
        edit(other)
        return what, other

    yield change("unknown field", lambda r: r.update(colour=1))
    yield change("unknown field of a cell", lambda r: r["cells"][0].update(colour=1))
    yield change("missing seed", lambda r: r["run"].pop("seed"))
    yield change("status", lambda r: r["cells"][0].update(status="fine"))
    yield change("negative window", lambda r: r["cells"][0]["trials"][0].update(window_ns=-1))
    yield change("other major", lambda r: r["schema"].update(major=2))
    yield change("outcome", lambda r: r["cells"][0]["trials"][0]["outcomes"].update(odd=1))
    yield change("no reason", lambda r: r["cells"][0].update(status="failed", reason=None))


def main():
    schema_path, source = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    if source.endswith(".json"):
        with open(source, encoding="utf-8") as file:
            result = json.load(file)
    else:
        result = json.loads(subprocess.run([source], check=True, stdout=subprocess.PIPE).stdout)
    errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(result)]
    if result["cells"] and result["cells"][0]["trials"]:
        errors += [f"accepted: {what}" for what, bad in damaged(result) if validator.is_valid(bad)]
    print("\n".join(errors) or "valid")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
