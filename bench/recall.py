#!/usr/bin/env python3
"""MinHash against brute force: which near-duplicates `tamis dedup` finds, and whether what it drops deserves it.

usage: recall.py TAMIS REPORT.md CORPUS.jsonl.zst..

The brute force shares no code with the program and hashes nothing: it splits words by the general categories of
Python's own Unicode tables, numbers words and shingles exactly, and finds every pair of Jaccard >= FLOOR through an
inverted index over the rarest shingles of each document (prefix filtering: two sets of Jaccard >= t always share one
of the n - ceil(t n) + 1 rarest). Keepers follow the rule of src/dedup/resolve.h. It does not imitate the sketches.
"""
import array
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata

SHINGLE = 5
FLOOR = 0.5
THRESHOLD = 0.8
SHAPES = ((16, 6), (14, 8))
CUTS = (0.8, 0.85, 0.9)
BANDS_OF_J = ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.85), (0.85, 0.9), (0.9, 0.95), (0.95, 1.0001))
BUCKET_CAP = 32


# ---- words-1 and shingles -------------------------------------------------------------------------------------------

UNSPACED = ("CJK ", "HIRAGANA ", "KATAKANA ", "HALFWIDTH KATAKANA ", "THAI ", "LAO ", "KHMER ", "MYANMAR ",
            "IDEOGRAPHIC ITERATION")


class Classes(dict):
    """For str.translate: every character becomes w (of a word), u (a word by itself), m (combining) or a space."""

    def __missing__(self, code):
        character = chr(code)
        category = unicodedata.category(character)
        if category[0] == "L" and unicodedata.name(character, "").startswith(UNSPACED):
            kind = "u"
        elif category[0] in "LN" or character == "_":
            kind = "w"
        else:
            kind = "m" if category[0] == "M" else " "
        self[code] = kind
        return kind


CLASSES = Classes()
WORD = re.compile("um*|w[wm]*")


def fold(character):
    """Simple case folding: one character to one."""
    if character == "\u0130":
        return character
    folded = character.casefold()
    if len(folded) > 1:
        folded = character.lower()
    return folded if len(folded) == 1 else character


class Folds(dict):
    def __missing__(self, code):
        self[code] = fold(chr(code))
        return self[code]


FOLDS = Folds()


def words(text):
    classes = text.translate(CLASSES)
    folded = text.translate(FOLDS)
    assert len(classes) == len(folded) == len(text)
    return [folded[m.start():m.end()] for m in WORD.finditer(classes)]


class Shingles:
    """Numbers for words and for shingles, given on first sight: equal numbers, equal shingles."""

    def __init__(self):
        self.words, self.grams = {}, {}

    def of(self, text):
        known = self.words
        ids = [known.setdefault(word, len(known)) for word in words(text)]
        assert len(known) < 1 << 24
        if not ids:
            return set()
        size = min(SHINGLE, len(ids))
        grams, out, mask, value = self.grams, set(), (1 << 24 * size) - 1, 0
        for i, word in enumerate(ids):
            value = (value << 24 | word + 1) & mask
            if i + 1 >= size:
                out.add(grams.setdefault(value, len(grams)))
        return out


# ---- Brute force ----------------------------------------------------------------------------------------------------

class Corpus:
    def __init__(self, path):
        self.path, self.ids, self.sets, self.bytes = path, [], [], []
        shingles, classes = Shingles(), {}
        self.exact = []  # per document: number of its class of equal texts
        text_bytes = 0
        with subprocess.Popen(["zstd", "-dcq", "--long=27", path], stdout=subprocess.PIPE) as process:
            for line in process.stdout:
                document = json.loads(line)
                text = document["text"]
                self.ids.append(document["id"])
                self.bytes.append(len(text.encode()))
                self.sets.append(frozenset(shingles.of(text)))
                self.exact.append(classes.setdefault(" ".join(text.split()), len(classes)))
        assert process.returncode == 0 and len(set(self.ids)) == len(self.ids)
        self.number = {name: n for n, name in enumerate(self.ids)}
        self.order = sorted(range(len(self.ids)), key=lambda n: (-self.bytes[n], n))
        self.rank = [0] * len(self.ids)
        for rank, n in enumerate(self.order):
            self.rank[n] = rank
        self.standing, self.copies = self.fold_exact()

    def fold_exact(self):
        """The first of every class of equal texts stands for it; returns those, and {copy: who stands}."""
        first, copies = {}, {}
        for n in self.order:
            stands = first.setdefault(self.exact[n], n)
            if stands != n:
                copies[n] = stands
        return set(first.values()), copies

    def jaccard(self, a, b):
        common = len(self.sets[a] & self.sets[b])
        either = len(self.sets[a]) + len(self.sets[b]) - common
        return common / either if either else 0.0

    def pairs(self):
        """{(a, b): jaccard}, a before b in keeper order, of all standing pairs of Jaccard >= FLOOR."""
        often = array.array("L", [0]) * (1 + max((max(s) for s in self.sets if s), default=0))
        for n in self.standing:
            for gram in self.sets[n]:
                often[gram] += 1
        index, found = {}, {}
        by_size = sorted((n for n in self.standing if self.sets[n]), key=lambda n: len(self.sets[n]))
        for n in by_size:
            grams = sorted(self.sets[n], key=lambda gram: (often[gram], gram))
            size = len(grams)
            met = set()
            for gram in grams[:size - math.ceil(FLOOR * size) + 1]:
                if often[gram] > 1:
                    met.update(index.get(gram, ()))
                    index.setdefault(gram, []).append(n)
            for other in met:
                if len(self.sets[other]) >= FLOOR * size:
                    similarity = self.jaccard(n, other)
                    if similarity >= FLOOR:
                        found[self.ordered(n, other)] = similarity
        return found

    def ordered(self, a, b):
        return (a, b) if self.rank[a] < self.rank[b] else (b, a)

    def greedy(self, pairs, threshold):
        """In keeper order, a document goes when some kept one before it is similar enough: {dropped: keeper}."""
        earlier = {}
        for (a, b), similarity in pairs.items():
            if similarity >= threshold:
                earlier.setdefault(b, []).append(a)
        dropped = {}
        for n in self.order:
            kept = [a for a in earlier.get(n, ()) if a not in dropped]
            if kept:
                dropped[n] = min(kept, key=self.rank.__getitem__)
        return dropped


# ---- The program ----------------------------------------------------------------------------------------------------

def run_tamis(tamis, corpus, bands, rows, threshold, folder):
    """Returns ({dropped: (keeper, similarity)}, {(a, b): jaccard}, stderr)."""
    pairs_path, clusters_path = os.path.join(folder, "pairs.jsonl"), os.path.join(folder, "clusters.jsonl")
    done = subprocess.run(
        [tamis, "dedup", "--kind", "prose", "--threshold", str(threshold), "--bands", str(bands), "--rows", str(rows),
         "--no-text", "--pairs", pairs_path, "--clusters", clusters_path, corpus.path],
        stderr=subprocess.PIPE, text=True, check=True)
    dropped, pairs = {}, {}
    with open(clusters_path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["keeper"] != row["id"]:
                dropped[corpus.number[row["id"]]] = (corpus.number[row["keeper"]], row["similarity"])
    with open(pairs_path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            pair = corpus.ordered(corpus.number[row["a"]], corpus.number[row["b"]])
            assert pair not in pairs, "a pair was listed twice"
            pairs[pair] = row["jaccard"]
    return dropped, pairs, done.stderr.strip()


def s_curve(similarity, bands, rows):
    return 1 - (1 - similarity ** rows) ** bands


# ---- Comparing ------------------------------------------------------------------------------------------------------

def percent(part, whole):
    return f"{100 * part / whole:.2f} %" if whole else "-"


def check_drops(corpus, dropped, threshold):
    """False drops, and similarities that differ from brute force. A copy goes where the first of its class goes."""
    false, unequal = 0, 0
    for n, (keeper, similarity) in dropped.items():
        true = corpus.jaccard(n, keeper)
        false += true < threshold or keeper in dropped or corpus.rank[keeper] > corpus.rank[n]
        unequal += similarity != true
    return false, unequal


def recall_rows(brute, found, crowd, bands, rows, cuts):
    """(label, pairs, found, expected; the same of uncrowded pairs) per slice of Jaccard."""
    out = []
    for label, low, high in cuts:
        here = [(pair, j) for pair, j in brute.items() if low <= j < high]
        sparse = [(pair, j) for pair, j in here if max(crowd[pair[0]], crowd[pair[1]]) < BUCKET_CAP]
        row = [label]
        for some in (here, sparse):
            row += [len(some), sum(pair in found for pair, _ in some),
                    sum(s_curve(j, bands, rows) for _, j in some)]
        out.append(row)
    return out


def recall_table(corpus, brute, found, bands, rows):
    crowd = [0] * len(corpus.ids)
    for a, b in brute:
        crowd[a] += 1
        crowd[b] += 1
    cuts = [(f">= {cut}", cut, 2.0) for cut in CUTS]
    cuts += [(f"{low} to {min(high, 1.0)}", low, high) for low, high in BANDS_OF_J]
    lines = ["| Jaccard | pairs | found | recall | S-curve | uncrowded pairs | found | recall | S-curve |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for label, n, hits, wanted, n_s, hits_s, wanted_s in recall_rows(brute, found, crowd, bands, rows, cuts):
        lines.append(f"| {label} | {n} | {hits} | {percent(hits, n)} | {percent(wanted, n)} "
                     f"| {n_s} | {hits_s} | {percent(hits_s, n_s)} | {percent(wanted_s, n_s)} |")
    return lines


def document_row(corpus, brute, dropped, threshold, shape):
    should = corpus.greedy(brute, threshold)
    did = {n for n in dropped if n not in corpus.copies}
    both = len(did & set(should))
    left = {b for (a, b), j in brute.items() if j >= threshold and a not in did and b not in did}
    right = len(corpus.standing) - len(did ^ set(should))
    return (f"| {shape} | {threshold} | {len(should)} | {len(did)} | {both} | {len(set(should) - did)} "
            f"| {len(did - set(should))} | {percent(both, len(should))} | {percent(right, len(corpus.standing))} "
            f"| {len(left)} |")


def study(tamis, path, folder):
    begin = time.monotonic()
    corpus = Corpus(path)
    brute = corpus.pairs()
    seconds = time.monotonic() - begin
    name = os.path.basename(path).split(".")[0]
    out = [f"## {name}", "",
           f"{len(corpus.ids)} documents, {sum(corpus.bytes) / 1e6:.1f} MB of text, {len(corpus.copies)} exact copies, "
           f"{len(brute)} pairs of Jaccard >= {FLOOR} among the others (brute force, {seconds:.0f} s).", ""]
    documents = ["| shape | threshold | brute force drops | tamis drops | both | missed | only tamis | recall "
                 "| verdicts equal | kept, yet similar to another kept |",
                 "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    tables, remarks = [], []
    for bands, rows in SHAPES:
        shape = f"{bands} x {rows}"
        for threshold in (THRESHOLD, FLOOR):
            dropped, found, said = run_tamis(tamis, corpus, bands, rows, threshold, folder)
            false, unequal = check_drops(corpus, dropped, threshold)
            exact = sum(n in dropped for n in corpus.copies)
            wrong = sum(corpus.jaccard(*pair) != j for pair, j in found.items())
            remarks.append(f"* {shape} at {threshold}: {len(dropped) - exact} near-duplicates dropped, {false} "
                           f"documents falsely; {exact} of {len(corpus.copies)} exact copies dropped; {unequal} "
                           f"similarities of drops and {wrong} of {len(found)} listed pairs differ from brute force. "
                           f"{pairs_left_out(said)}")
            documents.append(document_row(corpus, brute, dropped, threshold, shape))
        tables += ["", f"Pairs, {shape}:", ""] + recall_table(corpus, brute, found, bands, rows)
    return out + remarks + ["", "Documents:", ""] + documents + tables + [""]


def pairs_left_out(said):
    """What the program says about the cap of a bucket."""
    numbers = re.search(r"(\d[\d,]*) pairs compared(.*)", said, re.S)
    if not numbers:
        return ""
    return f"{numbers.group(1)} pairs compared" + (", some left out by the cap." if "left out" in said else ".")


HEAD = """# MinHash against brute force, {date}

`bench/recall.py`, {version}, 2 cores of an x86-64 server. Shingles of {shingle} words, `--kind prose`. Brute force is
a second implementation in Python that finds every pair of Jaccard >= {floor}; nothing of it is shared with the program.

* *falsely* dropped: Jaccard with the keeper under the threshold, or the keeper does not stay, or it comes later in
  keeper order. Similarities are compared for equality, to the last bit.
* *S-curve*: 1 - (1 - J^rows)^bands, averaged over the same pairs. What the sketches promise.
* *Uncrowded*: both documents have fewer than {cap} others of Jaccard >= {floor}. The cap of {cap} partners in a bucket
  is hardly ever at work there, so these columns measure the sketches alone.
* Documents: *brute force drops* by the greedy rule on all pairs; *recall* is the share of those that tamis drops;
  *verdicts equal* counts kept documents too. The last column is what a reader of the output would notice.
"""


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    tamis, report = sys.argv[1:3]
    version = subprocess.run([tamis, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[0]
    lines = [HEAD.format(date=time.strftime("%Y-%m-%d"), version=version, shingle=SHINGLE, floor=FLOOR,
                         cap=BUCKET_CAP)]
    with tempfile.TemporaryDirectory() as folder:
        for path in sys.argv[3:]:
            lines += study(tamis, path, folder)
    text = "\n".join(lines)
    with open(report, "w", encoding="utf-8") as out:
        out.write(text)
    print(text)


if __name__ == "__main__":
    main()
