#!/usr/bin/env python3
"""Measures others beside tamis: the same documents, the same questions, one core each.

usage: peers.py REPORT.md [PEER..]

Every peer is installed by name from its registry, pinned by requirements/PEER.txt, into build/bench/peers/venv (or
PEERS_VENV). The input is the first SLICE megabytes (16) of build/bench/prose.jsonl.zst, or of PEERS_INPUT. Each peer
runs beside tamis, which does the same job on the same file just before; ROUNDS (3) times, medians. QUALITY megabytes
(6) of questions and answers with many near-duplicates tell what each finds. Python's start and the loading of modules
are not counted for the peers; tamis is measured from its start to its end.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

from common import grouped_greedily, partners

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TAMIS = os.environ.get("TAMIS", os.path.join(ROOT, "build/tamis"))
INPUT = os.environ.get("PEERS_INPUT", os.path.join(ROOT, "build/bench/prose.jsonl.zst"))
VENVS = os.environ.get("PEERS_VENV", os.path.join(ROOT, "build/bench/peers/venv"))
SHARED = os.environ.get("TAMIS_SHARED_CORPORA", os.path.join(ROOT, "../shared/corpora"))
SLICE, QUALITY = (int(float(os.environ.get(name, usual)) * 1e6) for name, usual in (("SLICE", 16), ("QUALITY", 6)))
ROUNDS = int(os.environ.get("ROUNDS", 3))
LIMIT = int(os.environ.get("PEER_SECONDS", 240))
CORE = str(max(os.sched_getaffinity(0)))
ONE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS",
                              "MKL_NUM_THREADS", "ARROW_NUM_THREADS")}
ONE.update(TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")

DEDUP = ["dedup", "--no-text", "--verify", "none", "--bands", "14", "--rows", "8", "--shingle", "5"]
GOPHER = ["filter", "--no-text", "--filter", "gopher_quality:on=all", "--filter", "gopher_repetition:on=all"]

# job, peer, driver's name, what it is and what of the job it does and does not
JOBS = [
    ("dedup", "datatrove", "datatrove", "signature, buckets and cluster stages, 64-bit, without an executor; words by "
     "spaCy; signatures on disk; reads JSON Lines, no zstd; verifies nothing; writes numbers of documents "
     "to remove, no text"),
    ("dedup", "textdedup", "textdedup", "its whole minhash program on Hugging Face datasets; verification off; also "
     "writes an Arrow data set with all text, for it cannot be told not to"),
    ("dedup", "dupekit", "dupekit", "compiled (Rust on Arrow batches): clean, MinHash and LSH keys; shingles of 30 "
     "characters, for it has no words; groups are joined by the driver in Python"),
    ("dedup", "rensa", "rensa", "compiled (Rust) sketches and index; shingles are cut by the driver in Python"),
    ("dedup", "deduprs", "deduprs", "compiled (Rust): shingles, sketches, index, union-find; the driver reads in "
     "Python"),
    ("dedup", "datasketch", "datasketch", "numpy sketches, index of dicts; shingles are cut by the driver in Python"),
    ("dedup", "datajuicer", "datajuicer", "sketches of its document_minhash_deduplicator, sample by sample; groups are "
     "joined by the driver"),
    ("gopher", "datatrove", "datatrove", "GopherRepetitionFilter and GopherQualityFilter, both on every document; "
     "words by spaCy; no text written"),
    ("gopher", "dolma", "dolma", "tagger gopher_v2, which measures both sets of rules; decides nothing; called without "
     "the program around it, which would read gzip and write attributes"),
    ("gopher", "datajuicer", "datajuicer", "not Gopher's rules but six of its own (alphanumeric, line length, "
     "characters and words repeated, special characters, words), word n-grams of one length"),
    ("c4", "datatrove", "datatrove_c4", "C4QualityFilter, which tamis does not have; beside tamis' Gopher filters"),
    ("c4", "dolma", "dolma_c4", "tagger c4_v2, which tamis does not have; beside tamis' Gopher filters"),
]


def find_python(peer):
    """text-dedup wants Python 3.12."""
    if peer != "textdedup" or sys.version_info >= (3, 12):
        return sys.executable
    names = ["python3.12", "python3.13"]
    found = [shutil.which(name) for name in names]
    pyenv = os.path.expanduser("~/.pyenv/versions")
    folders = sorted(os.listdir(pyenv)) if os.path.isdir(pyenv) else []
    found += [os.path.join(pyenv, name, "bin/python3") for name in folders if name.startswith(("3.12", "3.13"))]
    for path in found:
        if path and subprocess.run([path, "-c", "import ensurepip"], capture_output=True).returncode == 0:
            return path
    raise RuntimeError("there is no Python 3.12 on this machine, which it wants")


def install(peer):
    """The peer's Python. Raises RuntimeError with the last line that pip said."""
    folder = os.path.join(VENVS, peer)
    python = os.path.join(folder, "bin/python")
    wanted = os.path.join(HERE, "requirements", peer + ".txt")
    stamp = os.path.join(folder, "installed.txt")
    with open(wanted, encoding="utf-8") as file:
        text = file.read()
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == text:
                return python
    print(f"peers: installing {peer}", file=sys.stderr)
    commands = [[find_python(peer), "-m", "venv", folder],
                [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r", wanted]]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(text)
    return python


def version(peer):
    names = {"textdedup": "text-dedup", "deduprs": "dedup-rs", "dupekit": "marin-dupekit",
             "datajuicer": "py-data-juicer"}
    name = names.get(peer, peer)
    with open(os.path.join(HERE, "requirements", peer + ".txt"), encoding="utf-8") as file:
        pins = dict(line.strip().partition("==")[::2] for line in file if "==" in line)
    return f"{name} {pins.get(name) or pins.get(name.replace('-', '_'))}"


def take(source, path, most):
    """The first documents of a packed corpus, plain and packed again in frames of 4 MiB."""
    with open(path, "wb") as out:
        with subprocess.Popen(["zstd", "-dcq", "--long=27", source], stdout=subprocess.PIPE) as process:
            for line in process.stdout:
                if out.tell() + len(line) > most:
                    break
                out.write(line)
            process.stdout.close()
    with open(path, "rb") as plain, open(path + ".zst", "wb") as packed:
        subprocess.run(["split", "-C", "4m", "--filter=zstd -3 -q -c", "-"], stdin=plain, stdout=packed, check=True)
    with open(path, "rb") as lines:
        return sum(1 for _ in lines)


def run_tamis(arguments, path):
    command = ["taskset", "-c", CORE, TAMIS] + arguments + ["--kind", "prose", "--threads", "1", "-q", path + ".zst"]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"peers: failed: {' '.join(command)}")
    return {"wall": time.monotonic() - begin, "processor": usage.ru_utime + usage.ru_stime}


def run_peer(python, job, driver, path, work, groups):
    folder = os.path.join(work, "peer")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    script = os.path.join(HERE, "dedup.py" if job == "dedup" else "filters.py")
    command = ["taskset", "-c", CORE, python, script, driver, path, folder] + ([groups] if job == "dedup" else [])
    with open(os.path.join(work, "log"), "w", encoding="utf-8") as log:
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, timeout=LIMIT,
                                  env={**os.environ, **ONE, "PYTHONDONTWRITEBYTECODE": "1"})
        except subprocess.TimeoutExpired as late:
            raise RuntimeError(f"not done after {LIMIT} seconds") from late
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines or not lines[-1].startswith("{"):
        with open(os.path.join(work, "log"), encoding="utf-8", errors="replace") as log:
            raise RuntimeError((log.read().strip().splitlines() or ["nothing said"])[-1][:200])
    return json.loads(lines[-1])


def measure(python, job, driver, path, work):
    tamis, peer, arguments = [], [], DEDUP if job == "dedup" else GOPHER
    for _ in range(ROUNDS):
        tamis.append(run_tamis(arguments, path))
        peer.append(run_peer(python, job, driver, path, work, os.path.join(work, "groups.tsv")))
    return tamis, peer


def spread(values):
    form = "%.0f" if statistics.median(values) >= 20 else "%.1f"
    return f"{form % statistics.median(values)} ({form % min(values)} to {form % max(values)})"


def row(what, does, documents, size, tamis, peer):
    walls, processors = ([p[name] / t[name] for p, t in zip(peer, tamis)] for name in ("wall", "processor"))
    wall = statistics.median(p["wall"] for p in peer)
    own = statistics.median(t["wall"] for t in tamis)
    dropped = peer[-1]["dropped"]
    return (f"| {what} | {wall / documents * 1e6:.1f} | {size / wall / 1e6:.2f} | {own / documents * 1e6:.1f} | "
            f"{size / own / 1e6:.0f} | {spread(walls)} | {spread(processors)} | "
            f"{'-' if dropped is None else dropped} | {does} |")


def grouped(path):
    with open(path, encoding="utf-8") as lines:
        return {line.split("\t")[0] for line in lines}


def clusters_of(arguments, path, work):
    """Ids of the documents that tamis puts together with others."""
    out = os.path.join(work, "clusters.jsonl")
    run_tamis(["dedup", "--no-text", "--clusters", out] + arguments, path)
    with open(out, encoding="utf-8") as lines:
        return {json.loads(line)["id"] for line in lines}


def quality(pythons, work, out):
    """Who finds what, against all pairs that share 4/5 of their shingles."""
    path = os.path.join(work, "quality.jsonl")
    documents = take(os.path.join(SHARED, "medquad.jsonl.zst"), path, QUALITY)
    found = partners(path, 0.8)
    truth = {name for name, alike in found.items() if alike}
    print(f"\n## What each finds\n\n{documents} questions and answers ({os.path.getsize(path) / 1e6:.1f} MB of "
          f"medquad): {len(truth)} have a partner with Jaccard similarity 0.8 or more (5-word shingles, all pairs "
          "compared by `common.py`). "
          "*Found*: how many of these each puts into a group; *beyond*: grouped documents that are not among them, "
          "which no peer here checks. A document that is only like one that goes stays by the rule of tamis and is in "
          "no group: *every pair compared* does that without sketches. A peer cuts words its own way, so a few "
          "documents near 0.8 differ by definition.\n\n"
          "| who | grouped | found | beyond |\n|---|--:|--:|--:|", file=out)
    answers = {"every pair compared": grouped_greedily(found),
               "tamis, verified": clusters_of(["--bands", "14", "--rows", "8", "--threshold", "0.8"], path, work),
               "tamis, unverified": clusters_of(["--bands", "14", "--rows", "8", "--verify", "none"], path, work)}
    for job, peer, driver, _ in JOBS:
        if job != "dedup" or peer not in pythons:
            continue
        groups = os.path.join(work, "quality.tsv")
        try:
            run_peer(pythons[peer], job, driver, path, work, groups)
            answers[version(peer)] = grouped(groups)
        except RuntimeError as error:
            print(f"| {version(peer)} | failed: {error} | | |", file=out)
    for who, ids in answers.items():
        print(f"| {who} | {len(ids)} | {len(ids & truth)} | {len(ids - truth)} |", file=out)


def main():
    report, only = sys.argv[1], sys.argv[2:]
    work = os.path.join(os.path.dirname(VENVS), "work")
    os.makedirs(work, exist_ok=True)
    path = os.path.join(work, "slice.jsonl")
    documents = take(INPUT, path, SLICE)
    size = os.path.getsize(path)
    load = os.getloadavg()[0]
    pythons, failures = {}, []
    for peer in dict.fromkeys(job[1] for job in JOBS):
        if only and peer not in only:
            continue
        try:
            pythons[peer] = install(peer)
        except (RuntimeError, OSError) as error:
            failures.append(f"{version(peer)}: cannot be installed: {error}")
    with open(report + ".part", "w", encoding="utf-8") as out:
        tamis = subprocess.run([TAMIS, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
        print(f"# Others beside tamis, {os.environ.get('DATE', time.strftime('%Y-%m-%d'))}\n\n`bench/peers/peers.py`, "
              f"{tamis}: {documents} documents of English prose, {size / 1e6:.1f} MB, one core (taskset), one thread "
              f"each; medians of {ROUNDS}; load average at the start {load:.1f}. tamis reads the same documents from "
              "zstd, the peers from plain JSON Lines. *Times* is the wall time of the peer over that of tamis in the "
              "same round, with least and most, *processor* the same for processor time; the peers' start is not "
              "counted, tamis' is.\n", file=out)
        head = "| who | us a document | MB/s | tamis, us | tamis, MB/s | times | processor | dropped | what it does |"
        title = {"dedup": "Near-duplicates, verdicts only, unverified: 5-word shingles, 14 bands of 8 rows",
                 "gopher": "Gopher's quality and repetition rules, verdicts only", "c4": "C4's rules"}
        last = None
        for job, peer, driver, does in JOBS:
            if peer not in pythons:
                continue
            if job != last:
                print(f"\n## {title[job]}\n\n{head}\n|---|--:|--:|--:|--:|--:|--:|--:|---|", file=out)
                last = job
            try:
                line = row(version(peer), does, documents, size, *measure(pythons[peer], job, driver, path, work))
            except RuntimeError as error:
                line = f"| {version(peer)} | failed: {error} | | | | | | | {does} |"
            print(line, file=out, flush=True)
            print(f"peers: {job}: {line}", file=sys.stderr)
        quality(pythons, work, out)
        if failures:
            print("\n## Not measured\n", file=out)
            for failure in failures:
                print(f"* {failure}", file=out)
    os.replace(report + ".part", report)
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main()
