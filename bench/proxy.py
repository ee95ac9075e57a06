#!/usr/bin/env python3
"""What the built-in proxy learns, what its losses say of noise, and what it costs.

usage: proxy.py TAMIS REPORT.md CORPORA

Takes a sample of three domains (documents cut at 8,192 bytes), trains the proxy on it as it is and with noise put in,
and compares: its loss of held-out documents with that of byte n-grams smoothed by Witten and Bell and by Kneser and
Ney, made here from the same documents; scores of two seeds; and scores of noise with scores of text.
"""
import array
import hashlib
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

DOMAINS = {"prose": (("books_general", 2_000_000),),
           "law": (("books_law", 1_000_000), ("law_de", 1_000_000)),
           "code": (("code_src", 2_000_000),)}
DOCUMENT_BYTES = 8192
LEAST_BYTES = 200
HELD_OUT = 0.02
PASSES, CHECKPOINTS = 3, 12
WINDOW = 10
SHUFFLED, RANDOM = 0.06, 0.06
ORDERS = (4, 6)
ROUNDS = 3


# ---- The sample ------------------------------------------------------------------------------------------------------

def draw(word):
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")


def read(path, most):
    """Documents in a drawn order up to so many bytes, no two of them beginning alike."""
    raw = subprocess.run(["zstd", "-dc", "--long=27", path], stdout=subprocess.PIPE, check=True).stdout
    documents = sorted(map(json.loads, raw.splitlines()), key=lambda d: draw("sample" + d["id"]))
    total, beginnings, out = 0, set(), []
    for document in documents:
        text = document["text"].encode()[:DOCUMENT_BYTES].decode("utf-8", "ignore")
        if len(text.encode()) < LEAST_BYTES or text[:LEAST_BYTES] in beginnings:
            continue
        beginnings.add(text[:LEAST_BYTES])
        out.append((document["id"], text))
        total += len(text.encode())
        if total >= most:
            break
    return out


def shuffle_words(text, chance):
    pieces = re.split(r"(\s+)", text)
    words = pieces[::2]
    chance.shuffle(words)
    pieces[::2] = words
    return "".join(pieces)


def with_noise(identity, text):
    """The id begins with what was done to the text."""
    share = draw("noise" + identity) / 2.0 ** 64
    chance = random.Random(draw("words" + identity))
    if share < SHUFFLED:
        return "shuffled/" + identity, shuffle_words(text, chance)
    if share < SHUFFLED + RANDOM:
        return "random/" + identity, "".join(chr(chance.randrange(32, 127)) for _ in range(len(text.encode())))
    return "clean/" + identity, text


def write(folder, sample, change):
    """A file per domain; the texts by id."""
    os.makedirs(folder)
    texts = {}
    for domain, documents in sample.items():
        with open(f"{folder}/{domain}.jsonl", "w", encoding="utf-8") as out:
            for identity, text in documents:
                identity, text = change(identity, text)
                texts[identity] = (domain, text.encode())
                out.write(json.dumps({"id": identity, "text": text}) + "\n")
    return texts


# ---- The program -----------------------------------------------------------------------------------------------------

def train(tamis, folder, output, *more):
    files = [f"{folder}/{domain}.jsonl" for domain in DOMAINS]
    done = subprocess.run([tamis, "proxy", "-q", "--json", *files, "-o", output, *more], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def trajectories(folder):
    """Losses by id."""
    with open(f"{folder}/manifest.json", encoding="utf-8") as manifest:
        columns = len(json.load(manifest)["steps"])
    with open(f"{folder}/ids.jsonl", encoding="utf-8") as lines:
        ids = [json.loads(line) for line in lines]
    with open(f"{folder}/loss.npy", "rb") as file:
        raw = file.read()
    losses = array.array("f", raw[len(raw) - 4 * columns * len(ids):])
    return {identity: losses[i * columns:(i + 1) * columns] for i, identity in enumerate(ids)}


# ---- Byte n-grams ----------------------------------------------------------------------------------------------------

class Grams:
    """Counts of bytes after contexts of 0 to order - 1 bytes; the beginning of a document counts as NULs."""

    def __init__(self, texts, order):
        self.order = order
        self.counts = [{} for _ in range(order)]
        for text in texts:
            padded = bytes(order - 1) + text
            for n, table in enumerate(self.counts):
                for i in range(order - 1, len(padded)):
                    row = table.setdefault(padded[i - n:i], {})
                    row[padded[i]] = row.get(padded[i], 0) + 1
        self.continued = self.continuations()
        self.discounts = [self.discount(table) for table in self.continued]

    def continuations(self):
        """For Kneser and Ney: in how many longer contexts a byte was seen."""
        tables = [{} for _ in range(self.order - 1)] + [self.counts[-1]]
        for n in range(self.order - 1):
            for context, row in self.counts[n + 1].items():
                shorter = tables[n].setdefault(context[1:], {})
                for byte in row:
                    shorter[byte] = shorter.get(byte, 0) + 1
        return tables

    @staticmethod
    def discount(table):
        """Chen and Goodman 1999, for counts of 1, 2 and more."""
        of = [0] * 5
        for row in table.values():
            for count in row.values():
                of[min(count, 5) - 1] += count < 5
        if not (of[0] and of[1] and of[2]):
            return 0.5, 0.5, 0.5
        y = of[0] / (of[0] + 2 * of[1])
        return 1 - 2 * y * of[1] / of[0], 2 - 3 * y * of[2] / of[1], 3 - 4 * y * of[3] / of[2]

    def witten_bell(self, context, byte):
        p = 1 / 256
        for n in range(self.order):
            row = self.counts[n].get(context[len(context) - n:])
            if row is None:
                break
            p = (row.get(byte, 0) + len(row) * p) / (sum(row.values()) + len(row))
        return p

    def kneser_ney(self, context, byte):
        p = 1 / 256
        for n in range(self.order):
            row = self.continued[n].get(context[len(context) - n:])
            if row is None:
                break
            off = self.discounts[n]
            left = sum(off[min(count, 3) - 1] for count in row.values())
            count = row.get(byte, 0)
            p = ((count - off[min(count, 3) - 1] if count else 0) + left * p) / sum(row.values())
        return p

    def bits(self, text, probability):
        padded = bytes(self.order - 1) + text
        return -sum(math.log2(probability(padded[i - self.order + 1:i], padded[i]))
                    for i in range(self.order - 1, len(padded)))


def baselines(texts, trained):
    """Bits per byte of the held-out documents by model, each domain and all."""
    held_out = [text for identity, text in texts.items() if identity not in trained]
    rows = {}
    for order in ORDERS:
        grams = Grams([text for identity, (_, text) in texts.items() if identity in trained], order)
        for name, probability in (("Witten-Bell", grams.witten_bell), ("Kneser-Ney", grams.kneser_ney)):
            bits, size = dict.fromkeys(DOMAINS, 0.0), dict.fromkeys(DOMAINS, 0)
            for domain, text in held_out:
                bits[domain] += grams.bits(text, probability)
                size[domain] += len(text)
            rows[f"{order}-gram, {name}"] = [bits[d] / size[d] for d in DOMAINS] + [sum(bits.values()) / sum(size.values())]
    return rows


# ---- Scores ----------------------------------------------------------------------------------------------------------

def dynamic_uncertainty(losses):
    p = [math.exp(-loss) for loss in losses]
    window = min(WINDOW, len(p))
    return statistics.fmean(statistics.stdev(p[k:k + window]) for k in range(len(p) - window + 1))


def tdds(losses, decay=0.9):
    moves = [abs(b - a) for a, b in zip(losses, losses[1:])]
    score = 0.0
    for k in range(len(losses) - WINDOW + 1):
        window = moves[k:k + WINDOW - 1]
        mean = statistics.fmean(window)
        score = (1 - decay) * score + decay * math.sqrt(sum((move - mean) ** 2 for move in window))
    return score


SCORES = {"dynamic_uncertainty": dynamic_uncertainty, "mean_loss": statistics.fmean, "tdds (decay 0.9)": tdds,
          "tdds (decay 0.1)": lambda losses: tdds(losses, 0.1), "learnability": lambda losses: losses[0] - losses[-1]}


def ranks(values):
    order = sorted(range(len(values)), key=lambda i: values[i])
    out, i = [0.0] * len(values), 0
    while i < len(order):
        j = i
        while j + 1 < len(order) and values[order[j + 1]] == values[order[i]]:
            j += 1
        for k in range(i, j + 1):
            out[order[k]] = (i + j) / 2
        i = j + 1
    return out


def spearman(a, b):
    a, b = ranks(a), ranks(b)
    mean = (len(a) - 1) / 2
    above = sum((x - mean) * (y - mean) for x, y in zip(a, b))
    return above / math.sqrt(sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b))


def auroc(positive, negative):
    above = sum(ranks(positive + negative)[:len(positive)])
    return (above - len(positive) * (len(positive) - 1) / 2) / (len(positive) * len(negative))


def noise_rows(texts, losses):
    """AUROC of each score by kind of noise, inside domains, then the mean over domains."""
    rows = []
    for name, score in SCORES.items():
        scores = {identity: score(column) for identity, column in losses.items()}
        cells = []
        for kind in ("shuffled", "random"):
            by_domain = [auroc([scores[i] for i in scores if i.startswith(kind) and texts[i][0] == domain],
                               [scores[i] for i in scores if i.startswith("clean") and texts[i][0] == domain])
                         for domain in DOMAINS]
            cells.append(f"{statistics.fmean(by_domain):.2f} ({', '.join(f'{v:.2f}' for v in by_domain)})")
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows


def seed_rows(texts, first, second):
    rows = []
    clean = [i for i in first if i.startswith("clean")]
    for name, score in SCORES.items():
        def of(ids):
            return spearman([score(first[i]) for i in ids], [score(second[i]) for i in ids])
        cells = [of(list(first)), of(clean)] + [of([i for i in clean if texts[i][0] == d]) for d in DOMAINS]
        rows.append(f"| {name} | {' | '.join(f'{v:.2f}' for v in cells)} |")
    return rows


# ---- The report ------------------------------------------------------------------------------------------------------

def in_bits(nats):
    return nats / math.log(2)


def learning_table(result):
    inputs = {os.path.basename(i["input"])[:-len(".jsonl")]: i for i in result["inputs"]}
    rows = ["| after pass | " + " | ".join(f"{d}, trained | {d}, held out" for d in DOMAINS) + " | all, held out |",
            "|---" * (2 * len(DOMAINS) + 2) + "|"]
    per_pass = CHECKPOINTS // PASSES
    for number in range(PASSES):
        at = (number + 1) * per_pass - 1
        cells = [f"{in_bits(inputs[d][key][at]):.3f}" for d in DOMAINS for key in ("loss", "held_out")]
        rows.append(f"| {number + 1} | {' | '.join(cells)} | {in_bits(result['held_out'][at]):.3f} |")
    return rows


def baseline_table(result, rows):
    inputs = {os.path.basename(i["input"])[:-len(".jsonl")]: i for i in result["inputs"]}
    ours = [in_bits(inputs[d]["held_out"][-1]) for d in DOMAINS] + [in_bits(result["held_out"][-1])]
    out = [f"| | {' | '.join(DOMAINS)} | all |", "|---" * (len(DOMAINS) + 2) + "|"]
    for name, cells in [(f"proxy, {PASSES} passes", ours)] + list(rows.items()):
        out.append(f"| {name} | {' | '.join(f'{v:.3f}' for v in cells)} |")
    return out


def speed_rows(tamis, folder, scratch):
    """The best of some rounds: other work on the machine only ever slows it down."""
    rows = []
    for threads in (1, 2):
        learnt, measured = [], []
        for number in range(ROUNDS):
            result = train(tamis, folder, f"{scratch}/speed-{threads}-{number}", "--passes", "1", "--checkpoints", "2",
                           "--threads", str(threads))
            learnt.append(result["learnt"]["seconds"] / result["learnt"]["bytes"] * 1e6)
            measured.append(result["measured"]["seconds"] / result["measured"]["bytes"] * 1e6)
        rows.append(f"| {threads} | {min(learnt):.2f} | {1 / min(learnt):.2f} | {statistics.median(learnt):.2f} | "
                    f"{min(measured):.2f} | {1 / min(measured):.2f} | {statistics.median(measured):.2f} |")
    return rows


HEAD = """# The built-in proxy, {date}

`bench/proxy.py`, {version}, {cores} cores. A sample of {megabytes:.1f} MB: English books (prose), an English book of legal
history and German laws (law), source code (code); documents are cut at {cut} bytes. {parameters} parameters.
"""


def report_lines(tamis, corpora, scratch):
    sample = {domain: [document for name, most in files for document in read(f"{corpora}/{name}.jsonl.zst", most)]
              for domain, files in DOMAINS.items()}
    texts = write(f"{scratch}/clean", sample, lambda identity, text: (identity, text))
    noisy = write(f"{scratch}/noisy", sample, with_noise)
    clean = train(tamis, f"{scratch}/clean", f"{scratch}/t0", "--held-out", str(HELD_OUT))
    for seed in (1, 2):
        train(tamis, f"{scratch}/noisy", f"{scratch}/t{seed}", "--seed", str(seed))
    first, second = trajectories(f"{scratch}/t1"), trajectories(f"{scratch}/t2")
    kinds = {kind: sum(i.startswith(kind) for i in noisy) for kind in ("clean", "shuffled", "random")}
    lines = [HEAD.format(date=time.strftime("%Y-%m-%d"), cores=os.cpu_count(), cut=DOCUMENT_BYTES,
                         version=subprocess.run([tamis, "--version"], stdout=subprocess.PIPE, text=True,
                                                check=True).stdout.split("\n")[0],
                         megabytes=clean["bytes"] / 1e6, parameters=f"{clean['parameters']:,}")]
    lines += [f"Bits per byte; {clean['documents']} documents trained on, {clean['held_out_documents']} held out:", ""]
    lines += learning_table(clean) + ["", "Bits per byte of the held-out documents, at the end:", ""]
    lines += baseline_table(clean, baselines(texts, trajectories(f"{scratch}/t0")))
    lines += ["", f"With noise put in ({kinds['shuffled']} documents with their words shuffled, {kinds['random']} of random "
              f"ASCII, {kinds['clean']} as they are), {CHECKPOINTS} checkpoints, seed 1. AUROC of \"a high score is noise\""
              f" inside domains, and its mean ({', '.join(DOMAINS)}):", "",
              "| score | words shuffled | random characters |", "|---|---|---|"]
    lines += noise_rows(noisy, first)
    lines += ["", "Spearman between seeds 1 and 2, which differ in the first weights and in the order of documents:", "",
              f"| score | all | without noise | {' | '.join(DOMAINS)} |", "|---" * (len(DOMAINS) + 3) + "|"]
    lines += seed_rows(noisy, first, second)
    lines += ["", f"Seconds per MB, best and median of {ROUNDS}:", "",
              "| threads | learning, best | MB/s | median | measuring, best | MB/s | median |", "|---" * 7 + "|"]
    return lines + speed_rows(tamis, f"{scratch}/clean", scratch) + [""]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    tamis, report, corpora = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        text = "\n".join(report_lines(tamis, corpora, scratch))
    with open(report, "w", encoding="utf-8") as out:
        out.write(text)
    print(text)


if __name__ == "__main__":
    main()
