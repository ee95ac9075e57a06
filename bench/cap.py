#!/usr/bin/env python3
"""What the cap on the partners of a document in a bucket costs, and what other partners would find.

usage: cap.py TAMIS REPORT.md CORPUS.jsonl.zst..

The band keys come from the ledger of a run; buckets, pairings and the greedy rule are done again here, and the similar
pairs come from the brute force of recall.py. Every pairing but the last is linear in the size of a bucket.
"""
import array
import ast
import collections
import glob
import os
import subprocess
import sys
import tempfile
import time

import recall

THRESHOLDS = (0.8, 0.5)
CROWDED = 33  # documents: in a bucket of as many all meet
RECIPE = """version: 1
sources:
  - {{name: corpus, paths: ["{path}"], domain: corpus, kind: prose}}
holdout: none
"""
SKETCHED = 2  # a flag of a row of survey.npy
BYTES = {"<u8": 8, "<f8": 8, "<u4": 4, "<u2": 2, "|u1": 1}


# ---- Band keys ------------------------------------------------------------------------------------------------------

def npy(path):
    """Header and values of a .npy file of version 1.0."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x93NUMPY\x01\x00" and sys.byteorder == "little"
    begin = 10 + int.from_bytes(data[8:10], "little")
    return ast.literal_eval(data[10:begin].decode()), data[begin:]


def sketched(path):
    """Per document of a survey.npy: has it keys?"""
    header, data = npy(path)
    names = [field[0] for field in header["descr"]]
    sizes = [BYTES[field[1]] for field in header["descr"]]
    flags, row = sum(sizes[:names.index("flags")]), sum(sizes)
    assert len(data) == row * header["shape"][0]
    return [byte & SKETCHED != 0 for byte in data[flags::row]]


def band_keys(tamis, path, folder):
    """{document: its band keys}, from bands.npy of every ledger part, where they lie band by band."""
    recipe, run = os.path.join(folder, "recipe.yaml"), os.path.join(folder, os.path.basename(path) + ".run")
    with open(recipe, "w", encoding="utf-8") as out:
        out.write(RECIPE.format(path=os.path.abspath(path)))
    subprocess.run([tamis, "run", recipe, "-o", run, "--set", "accept=all", "--no-check", "-q"], check=True,
                   stdout=subprocess.DEVNULL)
    keys, first = {}, 0
    for part in sorted(glob.glob(os.path.join(run, "ledger", "part-*"))):
        header, data = npy(os.path.join(part, "bands.npy"))
        words = array.array("Q", data)
        has = sketched(os.path.join(part, "survey.npy"))
        numbers = [first + i for i, yes in enumerate(has) if yes]
        assert [len(numbers)] == list(header["shape"][1:]), "bands.npy is not what survey.npy says"
        for i, number in enumerate(numbers):
            keys[number] = words[i::len(numbers)]
        first += len(has)
    return keys


# ---- Pairings: (a, b) of the members of a bucket of a band, which stand in keeper order -----------------------------

def window(members, nearest):
    """Everyone with the `nearest` just before."""
    for j, later in enumerate(members):
        for earlier in members[max(0, j - nearest):j]:
            yield earlier, later


def meet(first, nearest):
    """The first `first` in keeper order, and the `nearest` just before."""
    def pairs(bucket, _band, _keys):
        for j, later in enumerate(bucket):
            for earlier in bucket[:j] if j <= first + nearest else bucket[:first] + bucket[j - nearest:j]:
                yield earlier, later
    return pairs


def meet_by_next(first, nearest):
    """The `first` in keeper order, and the `nearest` just before in the order of the next band's key."""
    def pairs(bucket, band, keys):
        yield from meet(first, 0 if len(bucket) > CROWDED else CROWDED)(bucket, band, keys)
        yield from window(sorted(bucket, key=lambda n: keys[n][(band + 1) % len(keys[n])]), nearest)
    return pairs


def meet_twice(first, nearest, again, others):
    """Besides, the `again` just before of those that share the key of one more of the next `others` bands."""
    def pairs(bucket, band, keys):
        yield from meet(first, nearest if len(bucket) > CROWDED else CROWDED)(bucket, band, keys)
        for step in range(1, min(others + 1, len(keys[bucket[0]]))):
            both = collections.defaultdict(list)
            for n in bucket:
                both[keys[n][(band + step) % len(keys[n])]].append(n)
            for members in both.values():
                yield from window(members, again)
    return pairs


def meet_apart(first, nearest, further):
    """Besides, `further` that stand before those, in every band at another distance."""
    def pairs(bucket, band, keys):
        yield from meet(first, nearest if len(bucket) > CROWDED else CROWDED)(bucket, band, keys)
        for j, later in enumerate(bucket):
            end = max(0, j - nearest - band * further)
            for earlier in bucket[max(0, end - further):end]:
                yield earlier, later
    return pairs


PAIRINGS = [("the first 32", meet(32, 0)),
            ("the first 16 and the 16 just before", meet(16, 16)),
            ("the first 8 and the 24 just before (as it is)", meet(8, 24)),
            ("the first 2 and the 30 just before", meet(2, 30)),
            ("the 32 just before", meet(0, 32)),
            ("the first 8 and the 48 just before", meet(8, 48)),
            ("the first 8 and, in the order of the next band's key, the 24 just before", meet_by_next(8, 24)),
            ("the first 8 and the 16 just before, and 8 that share the next band too", meet_twice(8, 16, 8, 1)),
            ("the first 8 and the 8 just before, and 16 that share one of 15 bands", meet_twice(8, 8, 16, 15)),
            ("the 32 just before that share one of 15 bands", meet_twice(0, 0, 32, 15)),
            ("the first 8 and the 24 just before, and 24 that share one of 8 bands", meet_twice(8, 24, 24, 8)),
            ("the first 8, the 12 just before, 12 further on in every band", meet_apart(8, 12, 12)),
            ("all: no cap", meet(0, sys.maxsize))]


# ---- Comparing ------------------------------------------------------------------------------------------------------

def row(corpus, brute, pairs):
    """How many pairs were compared; of the similar ones and of the documents to drop, how many are found."""
    found = {pair: brute[pair] for pair in pairs if pair in brute}
    cells = [str(len(pairs))]
    for threshold in THRESHOLDS:
        similar = [sum(j >= threshold for j in some.values()) for some in (found, brute)]
        did, should = (set(corpus.greedy(some, threshold)) for some in (found, brute))
        cells += [str(similar[0]), recall.percent(*similar),
                  f"{len(did & should)}", recall.percent(len(did & should), len(should))]
    return " | ".join(cells)


def study(tamis, path, folder):
    corpus = recall.Corpus(path)
    brute = corpus.pairs()
    keys = band_keys(tamis, path, folder)
    buckets = collections.defaultdict(list)
    for n in corpus.order:
        if n in corpus.standing:
            for band, key in enumerate(keys.get(n, ())):
                buckets[band, key].append(n)
    sizes = sorted(map(len, buckets.values()), reverse=True)
    wanted = " and ".join(f"{sum(j >= t for j in brute.values())} pairs of Jaccard >= {t}, "
                          f"{len(corpus.greedy(brute, t))} documents to drop" for t in THRESHOLDS)
    out = [f"## {os.path.basename(path).split('.')[0]}", "",
           f"{wanted}. {sum(size > CROWDED for size in sizes)} buckets of more than {CROWDED} documents; the largest "
           f"hold {', '.join(map(str, sizes[:5]))}.", "",
           "| partners of a document in its bucket | pairs compared "
           + "".join(f"| pairs >= {t} found | recall | of those to drop | recall " for t in THRESHOLDS) + "|",
           "|---|--:" + "|--:" * (4 * len(THRESHOLDS)) + "|"]
    for name, pairing in PAIRINGS:
        pairs = {corpus.ordered(a, b) for (band, _), bucket in buckets.items() for a, b in pairing(bucket, band, keys)}
        out.append(f"| {name} | {row(corpus, brute, pairs)} |")
    return out + [""]


HEAD = """# What the cap on a bucket costs, {date}

`bench/cap.py`, {version}: band keys of 16 x 6 from a ledger, pairings simulated in Python. In a bucket (documents that
share a band key) every document meets some others; what that leaves out is lost, unless the two meet in another band.
The first in keeper order are the longest. "Just before" means nearest in keeper order: with the default order the
documents whose length is closest from above. Documents are dropped by the greedy rule on the pairs found.
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
