"""What tests/gotree/run and tests/gotree/stdlib share: the Go toolchain, the world that programs run in on both sides,
options, the documented limits, and the verdict."""

import argparse
import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "boot"))
from side_by_side import (ROOT, SKIPPED, Failure, Skip, clean_process, command_of, execute, judge_all,  # noqa: E402
                          summary, tell)

LIMITS = ROOT / "docs" / "handbook" / "limits.md"
PASS_RATE = 0.98


class Go:
    """A Go toolchain that nothing of the caller's settings reaches, and a directory for what it builds."""

    def __init__(self, command, cache):
        self.command = shutil.which(command)
        if not self.command:
            raise Skip("no Go toolchain")
        self.cache = Path(cache).resolve()
        # The build cache of the go command itself is the caller's: it only ever holds what the same inputs give.
        kept = {name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME", "GOCACHE") if name in os.environ}
        # For the programs that run the toolchain themselves: the one that built them comes first.
        self.environment = dict(
            kept, GOENV="off", GOFLAGS="", GO111MODULE="off", GOTOOLCHAIN="local", CGO_ENABLED="0", GOOS="linux",
            GOARCH="amd64", GOPATH=str(self.cache / "gopath"),
            PATH=os.pathsep.join([str(Path(self.command).resolve().parent), os.environ.get("PATH", os.defpath)]))
        root, release = self.ask("env", "GOROOT", "GOVERSION").splitlines()
        self.root, self.release = Path(root), release

    def ask(self, *words):
        return subprocess.run([self.command, *words], env=self.environment, check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    def build(self, words, inputs, target, cwd, environment=()):
        """Runs `go WORDS -o target` unless the target was made from the same; Skip when it does not build."""
        target = self.cache / self.release / target
        key = hashlib.sha256(repr((words, sorted(environment), [hashlib.sha256(path.read_bytes()).hexdigest()
                                                                for path in inputs])).encode()).hexdigest()
        stamp = target.parent / f".{target.name}.stamp"
        if target.exists() and stamp.exists() and stamp.read_text() == key:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as scratch:
            made = Path(scratch) / "made"
            verb, *rest = words
            built = subprocess.run([self.command, verb, "-o", made, *rest], cwd=cwd, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, env=dict(self.environment, **dict(environment)))
            if built.returncode or not made.exists():
                lines = built.stdout.decode(errors="replace").splitlines()
                told = [line for line in lines if not line.startswith("#")] or ["no test files"]
                raise Skip(f"does not build: {told[0]}")
            made.replace(target)
        stamp.write_text(key)
        return target


class World:
    """Where and with what a program runs, natively and under rt0."""

    def __init__(self, go, directory, also=()):
        self.directory = Path(directory)
        # The same on both sides. Tests ask for GOOS and GOARCH; PWD spares a look at the host's own path.
        self.environment = {name: go.environment[name] for name in
                            ("GOENV", "GOFLAGS", "GOOS", "GOARCH", "GOTOOLCHAIN", "PATH")}
        self.environment["PWD"] = str(directory)
        self.native_environment = dict(go.environment, **self.environment)
        self.mounts = []
        for path in [go.root, *self.linked(go.root), *also]:
            self.mounts += ["--mount", f"{path.resolve()}:{path}"]

    @staticmethod
    def linked(root):
        """Debian keeps the sources elsewhere, behind links, which may not lead out of a mount."""
        return [path for path in sorted(root.iterdir()) if path.is_symlink() and path.is_dir()]

    def native(self, command, limit, **how):
        return execute(command, self.directory, self.native_environment, limit, **how)

    def rt0(self, options, command, **how):
        chosen = ["--cores", str(len(os.sched_getaffinity(0))), "--cwd", str(self.directory), *self.mounts]
        for name, value in self.environment.items():
            chosen += ["--env", f"{name}={value}"]
        return execute([*options.rt0, "run", "--quiet", *chosen, *command], "/", None, options.timeout, **how)


# -- limits --------------------------------------------------------------------------------------------------------

def documented_limits():
    """The names in the first columns of the tables of the handbook's list of limits."""
    names = set()
    for line in LIMITS.read_text().splitlines() if LIMITS.exists() else []:
        if line.startswith("| `"):
            names.update(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return names


# -- the command ---------------------------------------------------------------------------------------------------

def option_parser(text):
    parser = argparse.ArgumentParser(description=text)
    add = parser.add_argument
    add("--rt0", default=str(ROOT / "build/tools/rt0/rt0"), help="the rt0 command, with options if need be")
    add("--go", default="go", help="the Go toolchain")
    add("--cache", default=str(ROOT / "build/gotree"), metavar="DIR", help="where programs are built, and kept")
    add("--only", action="append", metavar="NAME", help="only these (a pattern; may be repeated)")
    add("--jobs", type=int, default=2, metavar="N", help="so many at a time")
    add("--timeout", type=float, default=300, metavar="S", help="seconds that rt0 may take for one")
    add("-v", "--verbose", action="store_true", help="tell of those that pass or are skipped too")
    add("--list", action="store_true", help="print the names, run nothing")
    return parser


def chosen(names, options):
    return [name for name in names
            if not options.only or any(fnmatch.fnmatch(name, pattern) for pattern in options.only)]


def main_of(body, options, name):
    """Runs `body(options)` as a command: bad usage is 2, nothing to run 77."""
    clean_process()
    options.rt0 = command_of(options.rt0)
    if not options.list and not shutil.which(options.rt0[0]):
        print(f"{name}: no rt0 at {options.rt0[0]}", file=sys.stderr)
        return 2
    try:
        return body(options)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED


class Told:
    """Tells what is worth telling; keeps the reasons of what was skipped and the names of what failed."""

    def __init__(self, verbose):
        self.verbose, self.reasons, self.failed = verbose, {}, []
        self.limits = documented_limits()

    def __call__(self, name, verdict, detail):
        if verdict == "skip":
            self.reasons.setdefault(detail.split(":")[0], []).append(name)
        if verdict == "fail":
            self.failed.append(name)
            detail = ("  (a documented limit)\n" if name in self.limits else "") + detail
        if verdict == "fail" or self.verbose:
            tell(name, verdict, detail)

    def conclude(self, counts):
        """The summary and the exit status."""
        for reason, names in sorted(self.reasons.items()):
            print(f"skipped: {len(names):4}  {reason}")
        unexplained = [name for name in self.failed if name not in self.limits]
        if unexplained:
            print("failed, and not among the limits of docs/handbook/limits.md: " + " ".join(unexplained))
        print(summary(counts))
        run = counts["pass"] + counts["fail"]
        if not run:
            return SKIPPED
        rate = counts["pass"] / run
        if rate < PASS_RATE:
            print(f"{100 * rate:.1f} % passed: fewer than {100 * PASS_RATE:.0f} %")
        return 0 if not unexplained and rate >= PASS_RATE else 1
