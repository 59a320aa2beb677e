#!/usr/bin/env python3
"""Checks who may include whom: scripts/include_rules.py [--self-test]

Reads the #include lines of every source file and reports, with file and line,
  - an include of a folder that is not among those the including folder may use (MAY_USE),
  - a library header that a folder must do without (MUST_NOT_USE),
  - product code that includes test code,
  - folders that include each other in a circle (tests excluded).
--self-test plants one violation of each kind in a small tree and expects each to be reported.
"""
import os
import re
import sys
import tempfile

TOP_FOLDERS = ("harness", "reports", "scenarios", "sim", "src")

# What the files of a folder may include beside the folder itself and what is below it. A name is a
# folder with all below it, or one file. The longest folder that matches a file counts.
PROTOCOL = ["sim/protocol"]
SUPERVISOR = PROTOCOL + ["sim/process", "sim/stacks"]
SCHEDULE = SUPERVISOR + ["sim/supervisor"]
EXPLORE = SCHEDULE + ["sim/schedule"]
MAY_USE = {
    "src": [],
    "sim/protocol": [],
    "sim/process": [],
    "sim/runtime": PROTOCOL,
    "sim/stacks": PROTOCOL + ["sim/process"],
    "sim/supervisor": SUPERVISOR,
    "sim/text": [],
    "sim/json": ["sim/text"],
    "sim/schedule": SCHEDULE + ["sim/json"],
    # The registry knows the names and the parameters of the strategies.
    "sim/explore": EXPLORE + ["sim/json", "sim/runtime/strategies", "sim/text"],
    "sim/shrink": EXPLORE + ["sim/explore", "sim/text"],
    "sim/trace": [],
    "sim/wrapper": [],
    # Its random numbers are those of recordings: one generator.
    "sim/traffic": ["sim/trace", "src/chain", "src/ssz", "sim/protocol/random.h"],
    # These run inside the program under test.
    "sim/producer": ["sim/trace", "sim/runtime/runtime.h", "src/dispatch/include/heddle"],
    "sim/seeded_bugs": ["src"],
    "sim/hosts": ["sim/seeded_bugs/names.h"],
    "sim/channel": ["sim/runtime/runtime.h", "src"],
    # The subject and the benchmark explore the programs; a program itself includes program.h only.
    "sim/corpus": SCHEDULE + ["sim/explore"],
    "sim/corpus/programs": ["sim/corpus/program.h"],
    # Projects of their own.
    "sim/example": [],
    "reports/model": ["sim/stacks", "sim/protocol", "sim/hosts", "sim/text"],
    "reports": ["sim"],
    "harness": ["sim", "src", "reports"],
}

# Library headers that code must do without, by folder, and why.
HEAVY = (r"absl/.*|nlohmann/.*|CLI/.*|mutex|shared_mutex|condition_variable|thread|stop_token|"
         r"future|semaphore|latch|barrier|iostream|fstream|sstream|ostream|istream|filesystem|"
         r"regex|locale|format")
MUST_NOT_USE = {
    "sim/runtime": (HEAVY, "the runtime has no locks, no streams and no Abseil"),
    "sim/protocol": (HEAVY, "the protocol is part of the runtime"),
}
# One file stands between the command line and CLI11, which takes seconds to compile.
ONLY_IN = {r"CLI/.*": ("harness/cli/options.cc", "sim/corpus/corpus_benchmark.cc")}

# (including file, included file): why it stays for now. An entry that is not needed is an error.
EXCEPTIONS = {
    ("sim/runtime/core/hand_over.cc", "sim/runtime/interpose/thread.h"):
        "core hands control over with the interposed threads' own calls",
    ("sim/runtime/core/virtual_clock.cc", "sim/runtime/interpose/timers.h"):
        "time that passes fires the interposed timers",
    ("sim/runtime/core/decide.cc", "sim/runtime/interpose/signal_delivery.h"):
        "a thread that was chosen handles what has arrived at it",
    ("sim/runtime/core/waiting.cc", "sim/runtime/interpose/cancel.h"):
        "a wait ends where its thread is cancelled",
    ("sim/runtime/core/child_control.cc", "sim/runtime/interpose/signal_delivery.h"):
        "a child process begins with nothing pending, and takes what others send it",
    ("sim/runtime/core/child_control.cc", "sim/runtime/interpose/thread_pool.h"):
        "a child process has none of the other threads",
    ("sim/runtime/core/child_control.cc", "sim/runtime/interpose/timers.h"):
        "timers of a child process fire there",
    ("sim/runtime/core/child_threads.cc", "sim/runtime/interpose/timers.h"):
        "the root's clock knows the timers of child processes",
    ("sim/traffic/network.cc", "src/node/check.h"): "assertions are declared beside the node",
}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def within(path, folder):
    return path == folder or path.startswith(folder + "/")


def is_test(path):
    """Test code: excluded from circles, and allowed to include what is in testing/ folders."""
    name = os.path.splitext(os.path.basename(path))[0]
    folders = path.split("/")[:-1]
    return (name.endswith(("_test", "_benchmark")) or name.startswith("test_") or
            "testing" in folders or "conformance" in folders)


def longest(table, path):
    folders = [folder for folder in table if within(path, folder)]
    return max(folders, key=len) if folders else None


def read_includes(root):
    """Yields (file, line number, included name, path below root or None)."""
    for top in TOP_FOLDERS:
        for folder, _, names in sorted(os.walk(os.path.join(root, top))):
            for name in sorted(names):
                if not name.endswith((".h", ".cc", ".c")):
                    continue
                path = os.path.relpath(os.path.join(folder, name), root)
                with open(os.path.join(folder, name), encoding="utf-8") as stream:
                    for number, line in enumerate(stream, 1):
                        match = INCLUDE.match(line)
                        if match:
                            yield path, number, match[2], resolve(root, path, match[1], match[2])


def resolve(root, path, quote, name):
    candidates = [name, "src/dispatch/include/" + name]
    if quote == '"':
        candidates.insert(0, os.path.join(os.path.dirname(path), name))
    for candidate in candidates:
        if os.path.isfile(os.path.join(root, candidate)):
            return os.path.normpath(candidate)
    return None


def library_problem(path, name):
    for pattern, files in ONLY_IN.items():
        if re.fullmatch(pattern, name) and path not in files:
            return f"<{name}> is included in {' and '.join(files)} only"
    folder = longest(MUST_NOT_USE, path)
    if folder and not is_test(path):
        pattern, reason = MUST_NOT_USE[folder]
        if re.fullmatch(pattern, name):
            return f"<{name}> is not for {folder}: {reason}"
    if not is_test(path) and name.startswith(("gtest/", "gmock/", "benchmark/")):
        return f"<{name}> is for tests only"
    return None


def project_problem(path, included):
    if is_test(included):
        return None if is_test(path) else f"{included} is test code"
    folder = longest(MAY_USE, path)
    if folder is None:
        return "no rule says what this folder may include (MAY_USE)"
    if within(included, folder) or any(within(included, each) for each in MAY_USE[folder]):
        return None
    allowed = ", ".join(MAY_USE[folder]) or "nothing of the project"
    return f"{included}: {folder} may include itself and {allowed}"


def circles(edges):
    """Strongly connected components of more than one folder (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(folder):
        index[folder] = low[folder] = len(index)
        stack.append(folder)
        for other in sorted(edges.get(folder, {})):
            if other not in index:
                visit(other)
                low[folder] = min(low[folder], low[other])
            elif other in stack:
                low[folder] = min(low[folder], index[other])
        if low[folder] == index[folder]:
            members = []
            while not members or members[-1] != folder:
                members.append(stack.pop())
            if len(members) > 1:
                found.append(sorted(members))

    for folder in sorted(edges):
        if folder not in index:
            visit(folder)
    return found


def check(root, exceptions):
    """All problems below `root`, a line each."""
    problems = []
    edges = {}  # folder -> folder -> "file:line" of the first include
    for path, number, name, included in read_includes(root):
        place = f"{path}:{number}"
        if (path, included or name) in exceptions:
            continue
        problem = project_problem(path, included) if included else library_problem(path, name)
        if problem:
            problems.append(f"{place}: {problem}")
        if included and not is_test(path):
            here, there = os.path.dirname(path), os.path.dirname(included)
            if here != there:
                edges.setdefault(here, {}).setdefault(there, place)
    for circle in circles(edges):
        for here in circle:
            for there, place in sorted(edges.get(here, {}).items()):
                if there in circle:
                    problems.append(f"{place}: {here} includes {there}: part of a circle")
    return problems


def check_with_exceptions(root, exceptions):
    rest = check(root, exceptions)
    problems = list(rest)
    for entry in exceptions:
        if check(root, exceptions.keys() - {entry}) == rest:
            problems.append(f"{entry[0]}: the exception for {entry[1]} is not needed: remove it")
    return problems


# --- Self-test -----------------------------------------------------------------------------------

GOOD_TREE = {
    "src/chain/slot.h": "",
    "src/chain/slot_test.cc": "#include <gtest/gtest.h>\n",
    "src/dispatch/include/heddle/host.h": "",
    "sim/protocol/control.h": "#include <atomic>\n",
    "sim/runtime/runtime.h": "",
    "sim/runtime/core/kernel.h": '#include "sim/protocol/control.h"\n#include <vector>\n',
    "sim/runtime/serve/serve.cc": '#include "sim/runtime/core/kernel.h"\n',
    "sim/runtime/core/testing/process.h": "#include <mutex>\n",
    "sim/process/process.h": '#include "absl/status/status.h"\n',
    "sim/stacks/frame.h": "",
    "sim/supervisor/supervisor.h": '#include "sim/stacks/frame.h"\n',
    "sim/schedule/schedule.h": '#include "sim/supervisor/supervisor.h"\n',
    "sim/explore/explore.h": '#include "sim/schedule/schedule.h"\n',
    "sim/shrink/shrink.h": '#include "sim/explore/explore.h"\n',
    "sim/trace/trace.h": "",
    "sim/traffic/generate.cc": '#include "sim/trace/trace.h"\n#include "src/chain/slot.h"\n',
    "sim/producer/producer.h": '#include <heddle/host.h>\n#include "sim/trace/trace.h"\n',
    "sim/seeded_bugs/bug.cc": '#include "src/chain/slot.h"\n',
    "sim/corpus/program.h": "",
    "sim/corpus/programs/aba.cc": '#include "sim/corpus/program.h"\n#include <mutex>\n',
    "reports/model/finding.h": '#include "sim/stacks/frame.h"\n',
    "reports/json.cc": '#include "reports/model/finding.h"\n',
    "harness/cli/options.cc": "#include <CLI/CLI.hpp>\n",
    "harness/run/run.cc": '#include "reports/model/finding.h"\n#include "src/chain/slot.h"\n',
}

# (file, what it says, the line that must be reported)
PLANTED = [
    ("src/chain/store.cc", '\n#include "sim/trace/trace.h"\n', 2),
    ("src/chain/report.cc", '#include "reports/json.h"\n#include "reports/model/finding.h"\n', 2),
    ("sim/protocol/names.cc", '#include "sim/runtime/runtime.h"\n', 1),
    ("sim/protocol/lock.h", "#include <mutex>\n", 1),
    ("sim/process/more.cc", '#include "sim/stacks/frame.h"\n', 1),
    ("sim/runtime/serve/fork.cc", '#include "sim/supervisor/supervisor.h"\n', 1),
    ("sim/runtime/core/string.cc", '#include <vector>\n#include "absl/strings/str_cat.h"\n', 2),
    ("sim/runtime/core/lock.cc", "#include <mutex>\n", 1),
    ("sim/runtime/strategies/log.cc", "#  include <iostream>\n", 1),
    ("sim/stacks/deep.cc", '#include "reports/model/finding.h"\n', 1),
    ("sim/supervisor/sites.cc", '#include "sim/schedule/schedule.h"\n', 1),
    ("sim/schedule/replay.cc", '#include "sim/explore/explore.h"\n', 1),
    ("sim/explore/replay.cc", '#include "sim/shrink/shrink.h"\n', 1),
    ("sim/shrink/judge.cc", '#include "harness/run/run.cc"\n', 1),
    ("sim/trace/writer.cc", '#include "src/chain/slot.h"\n', 1),
    ("sim/traffic/fault.cc", '#include "sim/protocol/control.h"\n', 1),
    ("sim/producer/pace.cc", '#include "src/chain/slot.h"\n', 1),
    ("sim/seeded_bugs/trace.cc", '#include "sim/trace/trace.h"\n', 1),
    ("sim/corpus/programs/cas.cc", '#include "sim/runtime/runtime.h"\n', 1),
    ("reports/model/result.cc", '#include "sim/explore/explore.h"\n', 1),
    ("reports/page.cc", '#include "harness/run/run.cc"\n', 1),
    ("harness/cli/run.cc", "#include <CLI/App.hpp>\n", 1),
    ("sim/runtime/core/start.cc", '#include "sim/runtime/core/testing/process.h"\n', 1),
    ("src/chain/mock.cc", "#include <gmock/gmock.h>\n", 1),
    # core -> serve closes a circle: serve includes core.
    ("sim/runtime/core/decide.cc", '#include "sim/runtime/serve/serve.cc"\n', 1),
    # A folder that no rule names.
    ("sim/new/thing.cc", '#include "sim/trace/trace.h"\n', 1),
]


def write_tree(root, files):
    for path, text in files.items():
        target = os.path.join(root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as stream:
            stream.write(text)


def problems_of(files, exceptions=None):
    with tempfile.TemporaryDirectory() as root:
        write_tree(root, files)
        return check_with_exceptions(root, exceptions or {})


def self_test():
    failures = []
    failures += [f"in a tree without violations: {each}" for each in problems_of(GOOD_TREE)]
    for path, text, line in PLANTED:
        found = problems_of({**GOOD_TREE, path: text})
        if not any(each.startswith(f"{path}:{line}: ") for each in found):
            failures.append(f"{path}:{line} is not reported: {text!r}; reported: {found}")
    # An exception silences its include; one that is not needed is reported.
    path, text, _ = PLANTED[0]
    exceptions = {(path, "sim/trace/trace.h"): "a reason"}
    found = problems_of({**GOOD_TREE, path: text}, exceptions)
    failures += [f"although it is an exception: {each}" for each in found]
    if not any("not needed" in each for each in problems_of(GOOD_TREE, exceptions)):
        failures.append("an exception that is not needed is not reported")
    for each in failures:
        print(each, file=sys.stderr)
    print(f"self-test: {len(PLANTED)} planted violations, {len(failures)} failures")
    return 1 if failures else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    problems = check_with_exceptions(root, EXCEPTIONS)
    for each in problems:
        print(each)
    print(f"include rules: {len(problems)} problems" if problems else "include rules: all kept")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
