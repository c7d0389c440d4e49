"""The same program natively and under rt0: running it, comparing what came out, counting verdicts.

Used by tests/boot/compare and tests/gotree.
"""

import concurrent.futures
import difflib
import os
import re
import resource
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
SKIPPED = 77


class Outcome(NamedTuple):
    stdout: bytes
    stderr: bytes
    status: int          # as a shell has it: 128+n for signal n
    seconds: float
    files: dict = {}     # path -> content, or None for a directory


class Skip(Exception):
    pass


class Failure(Exception):
    pass


# -- running -------------------------------------------------------------------------------------------------------

def clean_process():
    """Children start with default signals and an empty mask, and leave no core files, however we were started."""
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGINT}:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            pass
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)   # ours; subprocess restores the child's
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    os.umask(0o022)


def command_of(text):
    """The words of a command, whose program is found from wherever it is started later."""
    words = shlex.split(text)
    if os.sep in words[0]:
        words[0] = os.path.abspath(words[0])
    return words


def execute(command, cwd, env, limit, given=b"", merged=False):
    """Runs a command to its end; merged: standard error goes where standard output goes."""
    started = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT if merged else subprocess.PIPE, cwd=cwd, env=env,
                             start_new_session=True)
    try:
        out, err = child.communicate(given, timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
        raise Failure(f"still running after {limit:.0f} s: {shlex.join(map(str, command))}\n"
                      f"{tail(out)}{tail(err or b'')}") from None
    status = child.returncode if child.returncode >= 0 else 128 - child.returncode
    return Outcome(out, err or b"", status, time.monotonic() - started)


# -- comparing -----------------------------------------------------------------------------------------------------

def tail(text, lines=12):
    return "".join(f"    | {line}\n" for line in text.decode(errors="replace").splitlines()[-lines:])


def without_dates(text):
    """The dates of package log: the guest's clock is its own."""
    return re.sub(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", b"DATE TIME", text)


def difference(name, want, got):
    lines = difflib.unified_diff(want.decode(errors="backslashreplace").splitlines(),
                                 got.decode(errors="backslashreplace").splitlines(), "native", "rt0", lineterm="", n=1)
    shown = [line[:200] for line in list(lines)[2:26]]
    return f"  {name} differs:\n" + "".join(f"    {line}\n" for line in shown or ["only in its last line end"])


def compare_outcomes(want, got, comparable_error):
    """What differs in status and streams, as text; standard error after `comparable_error`. Empty when nothing does."""
    report = ""
    if want.status != got.status:
        report += f"  exit status: native {want.status}, rt0 {got.status}\n"
    if want.stdout != got.stdout:
        report += difference("standard output", want.stdout, got.stdout)
    expected, found = comparable_error(want.stderr), comparable_error(got.stderr)
    if expected != found:
        report += difference("standard error", expected, found)
    elif want.status != got.status:
        report += tail(got.stderr)
    return report


# -- the whole -----------------------------------------------------------------------------------------------------

def judge(examine, *what):
    """A verdict and a word on it: what `examine` returns, or why it raised."""
    try:
        return "pass", examine(*what)
    except Skip as reason:
        return "skip", str(reason)
    except Failure as reason:
        return "fail", str(reason)


def judge_all(named, examine, jobs, tell):
    """Judges each (name, arguments of `examine`), so many at a time; tells (name, verdict, detail) in the given order
    and returns the counts."""
    counts = {"pass": 0, "fail": 0, "skip": 0}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = [(name, pool.submit(judge, examine, *what)) for name, what in named]
        for name, future in running:
            verdict, detail = future.result()
            counts[verdict] += 1
            tell(name, verdict, detail)
    return counts


def tell(name, verdict, detail):
    first, _, rest = detail.partition("\n") if verdict != "fail" else ("", "", detail)
    print(f"{verdict}  {name:<36} {first}".rstrip(), flush=True)
    if rest:
        print(rest.rstrip("\n"), flush=True)


def summary(counts):
    return f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped"
