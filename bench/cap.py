#!/usr/bin/env python3
"""What the cap on the partners of a document in a bucket costs, and what other partners would find.

usage: cap.py TAMIS REPORT.md CORPUS.jsonl.zst..

The band keys come from the ledger of a run; buckets, pairings and the greedy rule are done again here, and the pairs of
Jaccard >= 0.8 come from the brute force of recall.py. Every pairing is linear in the size of a bucket.
"""
import array
import collections
import glob
import os
import subprocess
import sys
import tempfile
import time

import recall

THRESHOLD = 0.8
RECIPE = """version: 1
sources:
  - {{name: corpus, paths: ["{path}"], domain: corpus, kind: prose}}
holdout: none
"""


def band_keys(tamis, path, folder):
    """{document: its band keys}, from bands.npy of every ledger part."""
    recipe, run = os.path.join(folder, "recipe.yaml"), os.path.join(folder, os.path.basename(path) + ".run")
    with open(recipe, "w", encoding="utf-8") as out:
        out.write(RECIPE.format(path=os.path.abspath(path)))
    subprocess.run([tamis, "run", recipe, "-o", run, "--set", "accept=all", "--no-check", "-q"], check=True,
                   stdout=subprocess.DEVNULL)
    keys, first = {}, 0
    for part in sorted(glob.glob(os.path.join(run, "ledger", "part-*"))):
        rows = npy_words(os.path.join(part, "bands.npy"))
        width = 1 + 16
        for at in range(0, len(rows), width):
            keys[first + rows[at]] = rows[at + 1:at + width]
        first += len(npy_words(os.path.join(part, "ids.npy"))) - 1
    return keys


def npy_words(path):
    """The u64 words of a version 1.0 .npy file."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x93NUMPY\x01\x00" and sys.byteorder == "little"
    words = array.array("Q")
    words.frombytes(data[10 + int.from_bytes(data[8:10], "little"):])
    return words


def first_then_nearest(first, nearest):
    """Partners of the j-th of a bucket in keeper order: the first `first`, and the `nearest` just before it."""
    def partners(j):
        return range(j) if j <= first + nearest else [*range(first), *range(j - nearest, j)]
    return partners


PAIRINGS = [("the first 32", first_then_nearest(32, 0)),
            ("the first 64", first_then_nearest(64, 0)),
            ("the first 128", first_then_nearest(128, 0)),
            ("the first 16 and the 16 just before", first_then_nearest(16, 16)),
            ("the first 8 and the 24 just before (as it is)", first_then_nearest(8, 24)),
            ("the 32 just before", first_then_nearest(0, 32)),
            ("all: no cap", range)]


def study(tamis, path, folder):
    corpus = recall.Corpus(path)
    brute = {pair: j for pair, j in corpus.pairs().items() if j >= THRESHOLD}
    should = set(corpus.greedy(brute, THRESHOLD))
    keys = band_keys(tamis, path, folder)
    buckets = collections.defaultdict(list)
    for n in corpus.order:
        if n in corpus.standing:
            for key in keys.get(n, ()):
                buckets[key].append(n)
    sizes = sorted(map(len, buckets.values()), reverse=True)
    out = [f"## {os.path.basename(path).split('.')[0]}", "",
           f"{len(brute)} pairs of Jaccard >= {THRESHOLD}, {len(should)} documents to drop; the largest buckets hold "
           f"{', '.join(map(str, sizes[:5]))} documents.", "",
           "| partners of a document in its bucket | pairs compared | similar pairs found | recall "
           "| documents dropped | of those to drop | recall |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name, partners in PAIRINGS:
        pairs = {(bucket[i], bucket[j]) for bucket in buckets.values() for j in range(1, len(bucket))
                 for i in partners(j)}
        found = {pair: brute[pair] for pair in pairs if pair in brute}
        did = set(corpus.greedy(found, THRESHOLD))
        out.append(f"| {name} | {len(pairs)} | {len(found)} | {recall.percent(len(found), len(brute))} | {len(did)} "
                   f"| {len(did & should)} | {recall.percent(len(did & should), len(should))} |")
    return out + [""]


HEAD = """# What the cap on a bucket costs, {date}

`bench/cap.py`, {version}: band keys of 16 x 6 from a ledger, pairings simulated in Python. In a bucket (documents that
share a band key) every document meets some others; what that leaves out is lost. The first in keeper order are the longest. "Just
before" means nearest in keeper order: with the default order the documents whose length is closest from above.
"""


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    tamis, report = sys.argv[1:3]
    version = subprocess.run([tamis, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[0]
    lines = [HEAD.format(date=time.strftime("%Y-%m-%d"), version=version)]
    with tempfile.TemporaryDirectory() as folder:
        for path in sys.argv[3:]:
            lines += study(tamis, path, folder)
    text = "\n".join(lines)
    with open(report, "w", encoding="utf-8") as out:
        out.write(text)
    print(text)


if __name__ == "__main__":
    main()
