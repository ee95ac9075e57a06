#!/usr/bin/env python3
"""The rows of bench/speed.sh.

usage: speed.py slice FOLDER TO MEGABYTES     the first documents of every corpus
       speed.py measure FOLDER REPORT.md

Every run of tamis is paired with a run of `zstd -dc FILE > /dev/null` taken right before it. What each run decided
(clusters, or the ledger and the shards) must be what one thread without vector instructions decides, or this fails.
"""
import concurrent.futures
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TAMIS = os.environ.get("TAMIS", "build/tamis")
ROUNDS = int(os.environ.get("ROUNDS", 5))
ONLY = os.environ.get("ONLY", "")
CORES = os.sched_getaffinity(0)
CORE = max(CORES)
CORPORA = {"prose": "prose", "code": "code", "languages": "prose"}  # and the kind of their documents
ROWS = ("survey.npy", "resolve.npy", "select.npy", "mix.npy")
HEAD = ("| what | threads | times zstd -dc | range | processor | us a document | MB/s | wall, s | zstd -dc, s | "
        "memory, MB |\n"
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
RECIPE = """version: 1
seed: 17
holdout: none
sources:
  - {{name: corpus, paths: [{paths}], domain: general, kind: {kind}}}
filters:
  - gopher_quality: {{dialect: tamis@1, on: [all]}}
  - gopher_repetition: {{on: [all]}}
  - regex: {{pack: {pack}, on: [all]}}
dedup:
  exact: true
  minhash: {{verify: {verify}}}
{select}targets:
  - {{name: all, domain: general, general: general, ratio: 1}}
accept: all
output: {{shard_bytes: 64M, compression: "zstd:1", dropped: ids}}
"""


class Took:
    def __init__(self, wall, processor, memory):
        self.wall, self.processor, self.memory = wall, processor, memory


def timed(command, cores, log, environment=None):
    """Wall seconds, processor seconds and peak bytes of a command on these cores; stdout is thrown away."""
    begin = time.monotonic()
    with open(log, "wb") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                                   preexec_fn=lambda: os.sched_setaffinity(0, cores),
                                   env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        with open(log, encoding="utf-8", errors="replace") as lines:
            raise SystemExit(f"speed: failed ({process.returncode}): {' '.join(command)}\n{lines.read()[-500:]}")
    return Took(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def hash_files(paths):
    hashed = hashlib.sha256()
    for path in sorted(paths):
        hashed.update(os.path.basename(path).encode())
        with open(path, "rb") as file:
            while True:
                block = file.read(1 << 20)
                if not block:
                    break
                hashed.update(block)
    return hashed.hexdigest()


def hash_run(folder):
    """The verdicts in the ledger, row by row, and the shards. Where the ledger is cut into parts follows from how the
    input was cut into chunks, which is no verdict."""
    columns, shards = {}, []
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(base, name)
            if name in ROWS:
                with open(path, "rb") as file:
                    head = file.read(10)
                    file.seek(10 + int.from_bytes(head[8:10], "little"))
                    columns.setdefault(name, hashlib.sha256()).update(file.read())
            elif name.endswith(".zst"):
                shards.append(path)
    return hash_files(shards) + "".join(columns[name].hexdigest() for name in sorted(columns))


class Corpus:
    """One input: its files, what a decompression of the same text is, and how large it is."""

    def __init__(self, name, kind, files, base):
        self.name, self.kind, self.files, self.base = name, kind, files, base
        self.documents = self.bytes = 0

    def measure_size(self):
        for file in self.files:
            with subprocess.Popen(["zstd", "-dcq", file] if file.endswith(".zst") else ["gzip", "-dc", file],
                                  stdout=subprocess.PIPE) as process:
                while True:
                    block = process.stdout.read(1 << 20)
                    if not block:
                        break
                    self.documents += block.count(b"\n")
                    self.bytes += len(block)

    def warm(self):
        for file in self.files + self.base:
            with open(file, "rb") as bytes_of:
                while bytes_of.read(1 << 20):
                    pass


class Bench:
    def __init__(self, folder, work, out):
        self.folder, self.work, self.out = folder, work, out
        self.twin = os.path.join(work, "twin")
        os.makedirs(self.twin, exist_ok=True)
        self.log = os.path.join(work, "log")
        self.truths, self.scaling = {}, []

    def say(self, line):
        print(line, file=self.out, flush=True)

    def pack(self):
        return os.path.join(HERE, "patterns.yaml")

    def recipe(self, corpus, verify, keep):
        path = os.path.join(self.work, "recipe.yaml")
        paths = ", ".join(json.dumps(os.path.abspath(file)) for file in corpus.files)
        select = f"select: {{general: {{keep: {keep:.4f}}}}}\n" if keep else ""
        with open(path, "w", encoding="utf-8") as file:
            file.write(RECIPE.format(paths=paths, kind=corpus.kind, pack=self.pack(), verify=verify, select=select))
        return path

    def command(self, mode, corpus):
        """The command of a mode and a function that finds what it decided."""
        run, clusters = os.path.join(self.work, "RUN"), os.path.join(self.work, "clusters.jsonl")
        shutil.rmtree(run, ignore_errors=True)
        if mode == "dedup":
            return ([TAMIS, "dedup", "--kind", corpus.kind, "--no-text", "--verify", "none", "--clusters", clusters]
                    + corpus.files, lambda: hash_files([clusters]))
        drops = os.path.join(self.work, "drops.jsonl")
        filters = {"quality": ["gopher_quality:dialect=tamis@1,on=all"], "repetition": ["gopher_repetition:on=all"],
                   "regex": [f"regex:pack={self.pack()},on=all"]}
        filters["all"] = sum(filters.values(), [])
        if mode == "verdicts":
            command = [TAMIS, "dedup", "--kind", corpus.kind, "--no-text", "--verify", "none", "--clusters", clusters,
                       "--drops", drops]
            for one in filters["all"]:
                command += ["--filter", one]
            return command + corpus.files, lambda: hash_files([clusters, drops])
        if mode.startswith("filter"):
            command = [TAMIS, "filter", "--kind", corpus.kind, "--no-text", "--drops", drops]
            for one in filters[mode.partition(" ")[2]]:
                command += ["--filter", one]
            return command + corpus.files, lambda: hash_files([drops])
        verify, keep = ("none", None) if mode == "ledger" else ("exact", self.share(corpus))
        command = [TAMIS, "run", self.recipe(corpus, verify, keep), "-o", run]
        command += {"ledger": ["--no-check", "--no-text"], "run": ["--no-check"], "checked": [],
                    "reread": ["--no-check", "--memory", "1G"]}[mode]
        return command, lambda: hash_run(run)

    def share(self, corpus):
        """What of the surviving tokens to take so that half of the text is written."""
        key = ("share", corpus.name)
        if key not in self.truths:
            run = os.path.join(self.work, "SHARE")
            shutil.rmtree(run, ignore_errors=True)
            timed([TAMIS, "run", self.recipe(corpus, "none", None), "-o", run, "--no-check", "-q"],
                  os.sched_getaffinity(0), self.log)
            with open(os.path.join(run, "report.json"), encoding="utf-8") as file:
                written = json.load(file)["targets"][0]["bytes_written"]
            shutil.rmtree(run)
            self.truths[key] = min(1, corpus.bytes / 2 / written)
        return self.truths[key]

    def truth(self, mode, corpus):
        """What one thread decides without vector instructions, found once."""
        mode = "run" if mode in ("checked", "reread") else mode
        key = (mode, corpus.name)
        if key not in self.truths:
            command, decided = self.command(mode, corpus)
            timed(command + ["--threads", "1", "-q"], {CORE}, self.log, {"TAMIS_CPU": "plain"})
            self.truths[key] = decided()
        return self.truths[key]

    def rows(self, what, mode, corpus, counts=(1, 2), cpu=None):
        """One row for each number of threads; their rounds take turns, so that what else the machine does meets all."""
        name = f"{corpus.name}: {what}"
        if ONLY not in name:
            return
        truth = self.truth(mode, corpus)
        pairs = {threads: [] for threads in counts}
        corpus.warm()
        for _ in range(ROUNDS):
            for threads, taken in pairs.items():
                command, decided = self.command(mode, corpus)
                base = timed(["zstd", "-dcq"] + corpus.base, {CORE}, self.log)
                cores = {CORE} if threads == 1 else CORES
                took = timed(command + ["--threads", str(threads), "-q"], cores, self.log,
                             {"TAMIS_CPU": cpu} if cpu else None)
                taken.append((base, took))
                if decided() != truth:
                    raise SystemExit(f"speed: {name}, {threads} threads: decides other than a plain run of one thread")
        for threads, taken in pairs.items():
            self.print_row(what, threads, corpus, taken)
        if len(counts) == 2:
            self.scaling.append((corpus.name, mode, pairs[1], pairs[2], self.two_at_once(mode, corpus, cpu)))

    def two_at_once(self, mode, corpus, cpu):
        """Wall seconds of two runs of one thread at once, each on a core of its own: what the machine allows for."""
        if cpu or mode not in TWICE or corpus.name not in CORPORA:
            return None
        command, _ = self.command(mode, corpus)
        other = [word if word.endswith("recipe.yaml") else word.replace(self.work, self.twin) for word in command]
        walls = []
        for _ in range(ROUNDS):
            for folder in (self.work, self.twin):
                shutil.rmtree(os.path.join(folder, "RUN"), ignore_errors=True)
            with concurrent.futures.ThreadPoolExecutor() as both:
                begin = time.monotonic()
                runs = [both.submit(timed, words + ["--threads", "1", "-q"], {core}, os.path.join(folder, "log"))
                        for words, core, folder in ((command, min(CORES), self.work), (other, max(CORES), self.twin))]
                for run in runs:
                    run.result()
                walls.append(time.monotonic() - begin)
        return statistics.median(walls)

    def plain_row(self, what, command, corpus):
        """Something else than tamis, for comparison."""
        if ONLY not in f"{corpus.name}: {what}":
            return
        corpus.warm()
        self.print_row(what, 1, corpus, [(timed(["zstd", "-dcq"] + corpus.base, {CORE}, self.log),
                                          timed(command, {CORE}, self.log)) for _ in range(ROUNDS)])

    def print_row(self, what, threads, corpus, pairs):
        ratios = [took.wall / base.wall for base, took in pairs]
        wall = statistics.median(took.wall for _, took in pairs)
        processor = statistics.median(took.processor / max(base.processor, 1e-3) for base, took in pairs)
        base = statistics.median(base.wall for base, _ in pairs)
        ratio = f"**{statistics.median(ratios):.2f}** | {min(ratios):.2f} to {max(ratios):.2f}"
        self.say(f"| {what} | {threads} | {ratio} | {processor:.2f} | {wall / corpus.documents * 1e6:.2f} | "
                 f"{corpus.bytes / wall / 1e6:.0f} | {wall:.2f} | "
                 f"{base:.2f} | {max(took.memory for _, took in pairs) / 1e6:.0f} |")
        print(f"speed: {corpus.name}: {what}, {threads} threads: {statistics.median(ratios):.2f}", file=sys.stderr)

    def stats(self, mode, corpus):
        """Nanoseconds and bytes per stage, where the program tells them (--stats)."""
        command, _ = self.command(mode, corpus)
        helped = subprocess.run([TAMIS, command[1], "--help"], capture_output=True, text=True).stdout
        if "--stats" not in helped or ONLY:
            return
        timed(command + ["--threads", "1", "--stats", "--progress", "never"], {CORE}, self.log)
        with open(self.log, encoding="utf-8", errors="replace") as lines:
            self.say(f"\n`{command[1]}` on {corpus.name}, one thread, `--stats`:\n\n```\n{lines.read().rstrip()}\n```")

    def corpus(self, name, kind, files=None, base=None):
        files = files or [os.path.join(self.folder, name + ".jsonl.zst")]
        made = Corpus(name, kind, files, base or files)
        made.measure_size()
        return made


MODES = {"dedup": "`dedup --no-text`, unverified", "verdicts": "`dedup --no-text --filter ..`: Gopher, 20 patterns",
         "ledger": "`run --no-check --no-text`: the same, and the sample",
         "run": "`run --no-check`, verified, half written at zstd 1", "checked": "`run` with the check, the same",
        "reread": "`run --no-check --memory 1G`: the same, text not kept between reads",
         "filter quality": "`filter --no-text`: gopher_quality", "filter repetition": "the same: gopher_repetition",
         "filter regex": "the same: regex, 20 patterns", "filter all": "the same: all three"}
TWICE = ("dedup", "verdicts", "run")  # modes that are also run as two processes at once


def title(bench, corpus, about):
    packed = sum(os.path.getsize(file) for file in corpus.files)
    bench.say(f"\n## {corpus.name}\n\n{about}{corpus.documents} documents, {corpus.bytes / 1e6:.1f} MB of JSON Lines "
              f"({packed / 1e6:.1f} MB packed), {corpus.bytes / max(corpus.documents, 1):.0f} bytes a document.\n\n"
              f"{HEAD}")


def main_rows(bench):
    for name, kind in CORPORA.items():
        corpus = bench.corpus(name, kind)
        title(bench, corpus, "")
        for mode, what in MODES.items():
            if name != "prose" and mode in ("ledger", "checked") or name == "languages" and mode in ("run", "reread"):
                continue
            if not mode.startswith("filter"):
                bench.rows(what, mode, corpus)
            elif name == "prose":
                bench.rows(what, mode, corpus, (1,))
        if name == "prose":
            for cpu in ("avx2", "plain"):
                for mode in ("dedup", "verdicts", "run"):
                    bench.rows(f"TAMIS_CPU={cpu}: {MODES[mode]}", mode, corpus, (1,), cpu)
            for mode in ("dedup", "verdicts", "run"):
                bench.stats(mode, corpus)


def variant_rows(bench):
    path = os.path.join
    whole = path(bench.folder, "prose.jsonl.zst")
    folder = path(bench.folder, "prose.many")
    many = [path(folder, name) for name in sorted(os.listdir(folder))]
    variants = [("prose.single", None, None, "One frame, as `zstd -3 FILE` writes it. "),
                ("prose.gz", [path(bench.folder, "prose.jsonl.gz")], [whole],
                 "gzip; beside `zstd -dc` of the same text in zstd. "),
                ("prose.many", many, None, f"{len(many)} files of one frame each. "),
                ("prose.200", None, None, "The same text in documents of 200 bytes. "),
                ("prose.200k", None, None, "The same text in documents of 200 KB. ")]
    for name, files, base, about in variants:
        corpus = bench.corpus(name, "prose", files, base)
        title(bench, corpus, about)
        if name == "prose.gz":
            bench.plain_row("`gzip -dc`", ["gzip", "-dc"] + files, corpus)
        for mode in ("dedup", "verdicts"):
            bench.rows(MODES[mode], mode, corpus)


def scaling(bench):
    if not bench.scaling:
        return
    bench.say("""
## Two threads

Rounds of one and of two threads took turns; *times faster* is the median of what each round gave, with the least and the
greatest. *Two processes*: how much more two runs of one thread at once do than one, each on a core of its own.

| corpus | what | one thread, s | two, s | times faster | range | two processes |
|---|---|--:|--:|--:|--:|--:|""")
    for name, mode, one, two, at_once in bench.scaling:
        walls = [statistics.median(took.wall for _, took in taken) for taken in (one, two)]
        ratios = [a.wall / b.wall for (_, a), (_, b) in zip(one, two)]
        limit = f"{2 * walls[0] / at_once:.2f}" if at_once else ""
        bench.say(f"| {name} | {MODES[mode]} | {walls[0]:.2f} | {walls[1]:.2f} | **{statistics.median(ratios):.2f}** | "
                  f"{min(ratios):.2f} to {max(ratios):.2f} | {limit} |")


def preface(bench):
    version = subprocess.run([TAMIS, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    unpacker = subprocess.run(["zstd", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.partition(": ")[2].strip() for line in lines if line.startswith("model name")), model)
    bench.say(f"""# Speed, {os.environ.get('DATE', time.strftime('%Y-%m-%d'))}

`bench/speed.sh`, {version}; {model}, {len(os.sched_getaffinity(0))} cores;
load average at the start {os.getloadavg()[0]:.2f}; {unpacker.strip('*').strip()}.
Medians of {ROUNDS}, with the least and the greatest; files in the page cache.

*Times zstd -dc* is the wall time over that of `zstd -dc FILE > /dev/null`, run right before on core {CORE}: pinned,
since zstd from 1.5.4 on gives decompression a second thread for writing where it may. One thread of tamis is pinned to
the same core; two threads may use both cores and are held against the same one-core zstd. *Processor* is the same for
processor time, all threads together. *us a document* and *MB/s* (of JSON Lines) are by wall time. `dedup` also writes
its clusters, `filter` its drops, `run` its ledger (and shards); their bytes were compared, in every round, with those
of one thread under TAMIS_CPU=plain.""")


def measure(folder, report):
    work = tempfile.mkdtemp(prefix="tamis-speed-")
    try:
        with open(report, "w", encoding="utf-8") as out:
            bench = Bench(folder, work, out)
            preface(bench)
            main_rows(bench)
            variant_rows(bench)
            scaling(bench)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def cut_slices(folder, to, megabytes):
    os.makedirs(to, exist_ok=True)
    for name in CORPORA:
        with open(os.path.join(to, name + ".jsonl.zst"), "wb") as out, \
                subprocess.Popen(["zstd", "-dcq", os.path.join(folder, name + ".jsonl.zst")],
                                 stdout=subprocess.PIPE) as process:
            packer = subprocess.Popen(["split", "-C", "4m", "--filter=zstd -3 -q -c", "-"], stdin=subprocess.PIPE,
                                      stdout=out)
            left = megabytes * 1e6
            for line in process.stdout:
                packer.stdin.write(line)
                left -= len(line)
                if left <= 0:
                    break
            process.stdout.close()
            packer.stdin.close()
            if packer.wait():
                raise SystemExit("speed: cannot pack a slice")


if __name__ == "__main__":
    if sys.argv[1:2] == ["slice"] and len(sys.argv) == 5:
        cut_slices(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    elif sys.argv[1:2] == ["measure"] and len(sys.argv) == 4:
        measure(os.path.abspath(sys.argv[2]), sys.argv[3])
    else:
        raise SystemExit(__doc__)
