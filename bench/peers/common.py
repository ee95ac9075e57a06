"""What the peers' drivers share: reading, word shingles, groups by equal bands, the line that says what was done."""
import json
import os
import re
import sys
import time
from collections import defaultdict

BANDS, ROWS, WORDS = 14, 8, 5
WORD = re.compile(r"\w+")


def read(path):
    """(ids, texts) of a file of JSON Lines."""
    ids, texts = [], []
    with open(path, "rb") as lines:
        for line in lines:
            document = json.loads(line)
            ids.append(document["id"])
            texts.append(document["text"])
    return ids, texts


def shingles(text):
    """The set of all runs of five words, in lower case."""
    words = WORD.findall(text.lower())
    if len(words) < WORDS:
        return {" ".join(words)}
    return {" ".join(words[i:i + WORDS]) for i in range(len(words) - WORDS + 1)}


def partners(path, least):
    """Of every document, longest first, the ids of those that share so much of its shingles (Jaccard): all pairs."""
    ids, texts = read(path)
    sets = [({hash(shingle) for shingle in shingles(text)}, name) for text, name in zip(texts, ids)]
    sets.sort(key=lambda one: len(one[0]))
    found = {name: set() for _, name in sorted(zip(texts, ids), key=lambda one: -len(one[0].encode()))}
    for i, (one, name) in enumerate(sets):
        for other, partner in sets[i + 1:]:
            if len(other) * least > len(one):
                break
            both = len(one & other)
            if both >= least * (len(one) + len(other) - both):
                found[name].add(partner)
                found[partner].add(name)
    return found


def grouped_greedily(found):
    """Who goes when a document goes that is like one that stays, and those that they are like."""
    kept, grouped = set(), set()
    for name, alike in found.items():
        keeper = next((one for one in found if one in alike and one in kept), None)
        if keeper is None:
            kept.add(name)
        else:
            grouped |= {name, keeper}
    return grouped


class Groups:
    """Union of numbers; the smallest of a set stands for it."""

    def __init__(self, count):
        self.parent = list(range(count))

    def find(self, a):
        while self.parent[a] != a:
            self.parent[a] = self.parent[self.parent[a]]
            a = self.parent[a]
        return a

    def join(self, a, b):
        a, b = self.find(a), self.find(b)
        self.parent[max(a, b)] = min(a, b)

    def by_keys(self, keys_of):
        """Joins all that share a key; keys_of yields the keys of each number in turn."""
        first = {}
        for number, keys in enumerate(keys_of):
            for key in keys:
                self.join(number, first.setdefault(key, number))

    def sets(self):
        members = defaultdict(list)
        for number in range(len(self.parent)):
            members[self.find(number)].append(number)
        return [group for group in members.values() if len(group) > 1]


def write_groups(path, groups):
    """One line per document of a group: its id, a tab, the id of the first of the group."""
    with open(path, "w", encoding="utf-8") as out:
        for group in groups:
            for name in group:
                print(name, group[0], sep="\t", file=out)


class Clock:
    """Runs from when the peer's modules are loaded until its verdicts stand."""

    def __init__(self):
        self.wall, self.processor = time.monotonic(), os.times()

    def done(self, **what):
        now = os.times()
        cpu = (now.user + now.system + now.children_user + now.children_system
               - self.processor.user - self.processor.system
               - self.processor.children_user - self.processor.children_system)
        print(json.dumps({"wall": round(time.monotonic() - self.wall, 4), "processor": round(cpu, 4), **what}))
        sys.stdout.flush()
