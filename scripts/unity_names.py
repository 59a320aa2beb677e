#!/usr/bin/env python3
"""Finds names that would clash in a unity build of the runtime: scripts/unity_names.py [--self-test]

CMake compiles several files of the runtime as one, and which these are changes with every new file.
So no two of its files may give the same name to something in their unnamed namespaces, even where
they do not meet at present. Reports each such name and its files. KNOWN are those from before: none
may be added, and one that is gone is taken out.
--self-test plants a clash in a small tree and expects it to be reported.
"""
import glob
import os
import re
import sys
import tempfile

FOLDERS = ("sim/protocol", "sim/runtime/core", "sim/runtime/interpose", "sim/runtime/serve",
           "sim/runtime/strategies")
KNOWN = {
    "AwaitCommand", "CheckUnlock", "Drain", "Ending", "FileOf", "HasEnded", "Header", "IsNumber", "Lock",
    "Never", "Raw", "Read", "SeeOff", "State", "Take", "TimedWait", "Wait", "Wanted",
    "Write", "early", "programs", "table", "vdso",
}

# What begins at the margin of an unnamed namespace: a type, an alias, a function or a variable.
NAMES = (
    re.compile(r"(?:struct|class|union|enum(?: class)?)\s+(\w+)"),
    re.compile(r"using (\w+) ="),
    re.compile(r"[\w:<>,&*\s\[\]]*?[\s*&](\w+)\s*(?:\(|=|\[|;|\{)"),
)


def names_of(path):
    """The names in the unnamed namespaces of a file. Those inside a named one of its own are safe."""
    inside, outer = False, []
    with open(path, encoding="utf-8") as file:
        for line in file:
            named = re.match(r"namespace ([\w:]+) \{", line)
            if named:
                outer.append(named.group(1))
            elif line.startswith("namespace {"):
                inside = True
            elif line.startswith("}  // namespace"):
                if line.rstrip() == "}  // namespace":
                    inside = False
                elif outer:
                    outer.pop()
            elif inside and line[0] not in " \n}/#":
                for pattern in NAMES:
                    found = pattern.match(line)
                    if found:
                        yield "::".join(outer), found.group(1)
                        break


def clashes(root):
    files = {}
    for folder in FOLDERS:
        for path in sorted(glob.glob(os.path.join(root, folder, "*.cc"))):
            if not path.endswith("_test.cc"):
                for key in names_of(path):
                    files.setdefault(key, set()).add(os.path.relpath(path, root))
    return {name: sorted(where) for (_, name), where in files.items() if len(where) > 1}


def check(root, known):
    found = clashes(root)
    problems = [f"{name} is in the unnamed namespaces of {' and of '.join(where)}: rename one"
                for name, where in sorted(found.items()) if name not in known]
    problems += [f"{name} clashes no more: take it out of KNOWN" for name in sorted(known - set(found))]
    return problems


def self_test():
    text = "namespace heddle {{\nnamespace {{\n\n{}\n}}  // namespace\n}}  // namespace heddle\n"
    bodies = {
        "sim/runtime/core/a.cc": "constinit int table = 0;\n\nvoid Take(int what) {\n  Give(what);\n}\n",
        "sim/runtime/serve/b.cc": "struct Header {\n  int table;\n};\n",
        "sim/runtime/serve/c.cc": "int Take(const char* text) {\n  return *text;\n}\n",
    }
    with tempfile.TemporaryDirectory() as root:
        for path, body in bodies.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text.format(body))
        failures = []
        if list(clashes(root)) != ["Take"]:
            failures.append(f"only Take clashes; found: {clashes(root)}")
        if check(root, {"Take"}):
            failures.append(f"a known clash is reported: {check(root, {'Take'})}")
        if len(check(root, {"Take", "Header"})) != 1:
            failures.append("a known clash that is gone is not reported")
    for failure in failures:
        print(failure)
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(1 if self_test() else 0)
    if sys.argv[1:]:
        sys.exit(__doc__)
    problems = check(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."), KNOWN)
    for problem in problems:
        print(problem)
    print(f"unity names: {len(problems)} problems" if problems else "unity names: none clashes anew")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
