"""Sessions of rt0 debug, RT0 being the first argument: commands, each with what its answer must hold."""
import json, os, re, signal, subprocess, sys, tempfile

RT0 = os.path.abspath(sys.argv[1])
MAN = sys.argv[2] if len(sys.argv) > 2 else None
failures = []
exercised = set()


def check(what, good, detail=""):
    print(("pass  " if good else "FAIL  ") + what)
    if not good:
        failures.append(what)
        print("      " + str(detail)[:1500].replace("\n", "\n      "))


def rt0(*arguments, stdin="", **more):
    return subprocess.run([RT0, "debug", *arguments], input=stdin, capture_output=True, text=True, timeout=300, **more)


def answers(commands, *options):
    """The answer to each command: both streams, as they came."""
    words = []
    for i, command in enumerate(commands):
        words += ["--ex", f"echo @@{i}", "--ex", command]
    p = subprocess.run([RT0, "debug", "--batch", *options, *words, "--ex", "echo @@end"], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=300)
    parts = re.split(r"^@@(\d+|end)\n", p.stdout, flags=re.MULTILINE)
    found = {parts[k]: parts[k + 1] for k in range(1, len(parts) - 1, 2)}
    return [found.get(str(i), "(no answer)") for i in range(len(commands))], p.returncode


def names():
    """name → all of a command's names, from the table itself."""
    text = answers(["help all"])[0][0]
    out = {}
    for line in text.splitlines():
        if " -- " in line:
            words = line.split(" -- ")[0].split(", ")
            out[words[0]] = words
    return out


COMMANDS = names()


def name_of(line):
    """The command that a line of a case is; the longest name or alias that it begins with."""
    best = None
    for name, all_names in COMMANDS.items():
        family = name.split(" ")[0] + " " if " " in name else ""
        for spelling in [name] + [family + alias for alias in all_names[1:]]:
            if re.match(re.escape(spelling) + r"(?![\w-])", line) and (best is None or len(spelling) > len(best[1])):
                best = (name, spelling)
    return best[0] if best else None


def session(title, *steps, options=()):
    """steps: (command, pattern, …): every pattern is found in the answer; one that begins with ! is not."""
    texts, _ = answers([s[0] for s in steps], *options)
    for (command, *patterns), text in zip(steps, texts):
        exercised.add(name_of(command))
        wrong = [p for p in patterns
                 if (re.search(p[1:], text, re.MULTILINE) if p.startswith("!") else not re.search(p, text, re.MULTILINE))]
        check(f"{title}: {command}", not wrong, f"wanted {wrong}, got:\n{text}")
