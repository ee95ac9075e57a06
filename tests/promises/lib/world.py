"""
Corpora made from a seed: prose in random sentences, code, and planted copies, near-copies, junk and rejects. Words come
from the licence texts every Debian system has; real documents from the folder TAMIS_SHARED_CORPORA names, where it is.
"""
import glob
import json
import os
import random
import re

from lib import program

LICENCES = "/usr/share/common-licenses"
STOP_WORDS = "the be to of and that have with".split()


def shared_corpus(name):
    """The path of a real corpus, or Skip."""
    folder = os.environ.get("TAMIS_SHARED_CORPORA") or os.path.join(program.ROOT, "..", "shared", "corpora")
    path = os.path.join(folder, name + ".jsonl.zst")
    if not os.path.exists(path):
        raise program.Skip("%s is not here" % os.path.join("..", "shared", "corpora", name + ".jsonl.zst"))
    return path


def vocabulary():
    found = {}
    for path in sorted(glob.glob(os.path.join(LICENCES, "*"))):
        with open(path, encoding="utf-8", errors="replace") as f:
            for word in re.findall(r"[a-z]{3,12}", f.read()):
                found[word] = found.get(word, 0) + 1
    if len(found) < 500:
        raise program.Skip("no licence texts in %s to take words from" % LICENCES)
    return sorted(found, key=lambda word: (-found[word], word))


class Maker:
    """Makes texts and lines; the same seed, the same world."""

    def __init__(self, seed, sentences=0):
        self.rng = random.Random(seed)
        self.words = vocabulary()
        self.weights = [1 / (rank + 20) for rank in range(len(self.words))]
        self.serial = 0
        self.pool = [self.sentence() for _ in range(sentences)]

    def sentence(self, low=8, high=18):
        rng = self.rng
        chosen = rng.choices(self.words, self.weights, k=rng.randint(low, high))
        for _ in range(1 + len(chosen) // 6):
            chosen[rng.randrange(len(chosen))] = rng.choice(STOP_WORDS)
        return " ".join(chosen).capitalize() + "."

    def prose(self, words=120):
        """Fluent enough for the rules made for prose: no line twice, some stop words, few marks."""
        lines, count = [], 0
        while count < words:
            line = self.rng.choice(self.pool) if self.pool else self.sentence()
            lines.append(line)
            count += line.count(" ") + 1
        return "\n".join(lines)

    def code(self, functions=4):
        rng, out = self.rng, ["#include <stdio.h>", ""]
        for _ in range(functions):
            name, a, b = (rng.choice(self.words) for _ in range(3))
            out += ["static int %s_%d(int %s, int %s)" % (name, rng.randrange(10 ** 6), a, b), "{",
                    "    // %s" % self.sentence(3, 6), "    if (%s > %d) {" % (a, rng.randrange(1000)),
                    "        return %s * %d;" % (b, rng.randrange(1000)), "    }",
                    "    return %s ^ 0x%x;" % (a, rng.getrandbits(24)), "}", ""]
        return "\n".join(out)

    def near(self, text, changes=1):
        """The text with so many of its words replaced."""
        pieces = re.split(r"(\s+)", text)
        places = [i for i in range(0, len(pieces), 2) if pieces[i]]
        for place in self.rng.sample(places, min(changes, len(places))):
            pieces[place] = "%s%d" % (self.rng.choice(self.words), self.rng.randrange(10 ** 6))
        return "".join(pieces)

    def line(self, text, id=None, **more):
        """One JSON line. Without `id` a new one; id False: none."""
        self.serial += 1
        record = {} if id is False else {"id": id if id is not None else "doc-%06d" % self.serial}
        record["text"] = text
        record.update(more)
        style = self.serial % 3
        separators = [(",", ":"), (", ", ": "), (" ,  ", " : ")][style]
        return json.dumps(record, ensure_ascii=style == 1, separators=separators).encode()


def rejects():
    """(reason, line) of every kind that one line can show."""
    return [
        ("empty_line", b""),
        ("empty_line", b" \t "),
        ("invalid_json", b'{"id": "r1", "text": "no end'),
        ("invalid_json", b'{"id": "r2", "text": "one"} {"more": 1}'),
        ("invalid_json", b"{'id': 'r3', 'text': 'single quotes'}"),
        ("invalid_json", b'{"id": "r4", "text": "trailing comma",}'),
        ("invalid_utf8", b'{"id": "r5", "text": "bad \xff byte"}'),
        ("invalid_utf8", b'{"id": "r6", "text": "cut \xe2\x82"}'),
        ("raw_nul", b'{"id": "r7", "text": "a raw \x00 NUL"}'),
        ("lone_surrogate", b'{"id": "r8", "text": "half a pair \\ud83d here"}'),
        ("too_deep", b'{"id": "r9", "text": "deep", "x": ' + b"[" * 1500 + b"]" * 1500 + b"}"),
        ("not_an_object", b'["text", "in a list"]'),
        ("not_an_object", b'"only a string"'),
        ("not_an_object", b"17"),
        ("no_text", b'{"id": "r10", "body": "another name"}'),
        ("no_text", b'{"id": "r11", "text": null}'),
        ("no_text", b'{"id": "r12", "text": ["a", "list"]}'),
        ("no_text", b'{"id": "r13", "text": 17}'),
    ]


def junk(maker):
    """Texts that the usual filters drop, whatever their order."""
    return [
        "Too short.",
        " ".join("#%d" % maker.rng.randrange(100) for _ in range(200)),
        "\n".join([maker.sentence()] * 30),
        "\n".join("- " + maker.sentence(4, 6) for _ in range(30)),
        " ".join("%d" % maker.rng.randrange(10 ** 6) for _ in range(150)),
    ]


def mixed_source(maker, count, tag, words=(80, 260), code=False, oddities=True):
    """`count` good documents of one source with exact and near copies, junk and rejects among them, shuffled."""
    rng, lines, texts = maker.rng, [], []
    for _ in range(count):
        text = maker.code(rng.randint(2, 6)) if code else maker.prose(rng.randint(*words))
        texts.append(text)
        lines.append(maker.line(text, id=False if rng.random() < 0.05 else "%s-%d" % (tag, len(lines)),
                                url="https://example.org/%s/%d" % (tag, len(lines)), n=rng.randrange(10 ** 20)))
    for i in range(count // 20):
        lines.append(maker.line(rng.choice(texts), id="%s-copy-%d" % (tag, i)))
        lines.append(maker.line(maker.near(rng.choice(texts)), id="%s-near-%d" % (tag, i)))
    if oddities:
        lines += [maker.line(text, id="%s-junk-%d" % (tag, i)) for i, text in enumerate(junk(maker))]
        lines += [line for _, line in rejects()[:: 2 if code else 1]]
    rng.shuffle(lines)
    return lines


# ---- Recipes --------------------------------------------------------------------------------------------------------


def source(name, paths, domain, kind="prose", **more):
    return dict(more, name=name, paths=paths if isinstance(paths, list) else [paths], domain=domain, kind=kind)


FILTERS = ["gopher_repetition", "gopher_quality"]


def write_recipe(path, sources, targets=None, filters=None, **sections):
    """JSON is YAML: a recipe from Python's own values."""
    recipe = {"version": 1, "seed": 17, "sources": sources, "filters": FILTERS if filters is None else filters,
              "accept": "all"}
    if targets:
        recipe["targets"] = targets
    recipe.update(sections)
    recipe = {key: value for key, value in recipe.items() if value is not None}
    program.write(path, json.dumps(recipe, indent=1, ensure_ascii=False) + "\n")
    return path


def three_sources(seed=7, count=300, folder="in", ending=".jsonl.zst"):
    """Two prose domains and one of code, with copies between the sources; returns {source: lines} and their files."""
    maker = Maker(seed)
    world = {
        "law": mixed_source(maker, count // 2, "law"),
        "web": mixed_source(maker, count, "web"),
        "src": mixed_source(maker, count // 2, "src", code=True),
    }
    for line in world["law"][:20]:
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(text, str) and len(text) > 200:
            world["web"].append(maker.line(maker.near(text), id="web-of-law-%d" % len(world["web"])))
    for name, lines in world.items():
        program.write_lines(os.path.join(folder, name + ending), lines)
    return world


def three_recipe(path="recipe.yaml", folder="in", ending=".jsonl.zst", **sections):
    sources = [source("law", "%s/law%s" % (folder, ending), "law"),
               source("web", "%s/web%s" % (folder, ending), "general"),
               source("src", "%s/src%s" % (folder, ending), "code", "code")]
    targets = [{"name": "lawyer", "domain": "law", "general": "general", "ratio": 0.3},
               {"name": "coder", "domain": "code", "general": "general", "ratio": 0.6, "tokens": 60000,
                "max_epochs": 6}]
    sources = sections.pop("sources", sources)
    sections.setdefault("holdout", {"share": 0.02, "max_documents": 50})
    sections.setdefault("output", {"shard_bytes": "64K", "compression": "zstd:3", "dropped": "ids"})
    return write_recipe(path, sources, sections.pop("targets", targets), **sections)


