"""
Near-duplicates held against brute force: every pair's Jaccard similarity from plain sets of tuples of words. No
document is dropped without a kept one as similar as the threshold asks, similarities are exact, and what is similar is
found.
"""
import json

from lib import program, words1, world

SAME = 1e-12


class Truth:
    """Texts by id, and the similarity of any two."""

    def __init__(self, texts, size=5):
        self.texts = texts
        self.sets = {id: words1.shingles(text, size) for id, text in texts.items()}
        self.normal = {id: words1.normal(text) for id, text in texts.items()}

    def jaccard(self, a, b):
        return words1.jaccard(self.sets[a], self.sets[b])

    def exact(self, a, b):
        return self.normal[a] == self.normal[b]

    def pairs(self, least):
        """(a, b, similarity) of all pairs from `least` on that are no exact copies; by shared shingles."""
        holders, seen = {}, {}
        for id, shingles in self.sets.items():
            for shingle in shingles:
                for other in holders.setdefault(shingle, []):
                    seen[other, id] = True
                holders[shingle].append(id)
        for a, b in seen:
            similarity = self.jaccard(a, b)
            if similarity >= least and not self.exact(a, b):
                yield a, b, similarity


def other_scripts(maker):
    """Texts of words that are not ASCII: accents, Greek, Cyrillic, Han, Thai, combining marks, capitals."""
    alphabets = ["αβγδεζηθικλμνξοπρσςτυφχψω", "абвгдежзийклмнопрстуфхцчшщъыьэюя", "äöüßéèêçñåøæœ",
                 "ÀÁÂÃÄÅÆÇÈÉÊË", "ǅǈǋẞſK\u0130Å"]
    words = []
    for _ in range(120):
        kind = maker.rng.randrange(7)
        if kind < 5:
            words.append("".join(maker.rng.choices(alphabets[kind], k=maker.rng.randint(2, 7))))
        elif kind == 5:
            words.append("".join(chr(maker.rng.randrange(0x4e00, 0x9fa5)) for _ in range(4)) + "ไทยน้ำ")
        else:
            words.append(maker.rng.choice(["e\u0301te\u0301", "İstanbul", "naïve_1", "x̲y", "ﬁn", "٣٤٥", "½", "人々〇"]))
    return " ".join(words)


def planted(seed, families=70, members=6):
    """Texts by id, in the order they are written: families of copies at all distances, and strangers."""
    maker = world.Maker(seed)
    texts = {}
    for family in range(families):
        scripts = family % 7 == 3
        text = other_scripts(maker) if scripts else maker.prose(maker.rng.choice((12, 60, 150, 300)))
        texts["f%03d-0" % family] = text
        for member in range(1, members):
            changes = maker.rng.choice((0, 1, 1, 2, 3, 5, 8))
            copy = maker.near(texts["f%03d-%d" % (family, maker.rng.randrange(member))], changes)
            if member % 3 == 1:  # what similarity does not see
                copy = copy.replace(" ", "  ", 3).upper() if not scripts else copy.replace(" ", "\n", 2)
            if member % 3 == 2:
                copy = copy.replace(". ", " ... ").replace(".\n", "!\n")
            if changes == 0 and member % 2:
                copy = "  " + copy + "\u2003\n"
            texts["f%03d-%d" % (family, member)] = copy
    for stranger in range(60):
        texts["s%03d" % stranger] = maker.prose(80)
    for i, text in enumerate(("one two three", "One, two: THREE!", "one two", "1 2 3 4", "!!!", "???", "")):
        texts["short-%d" % i] = text
    ids = list(texts)
    maker.rng.shuffle(ids)
    return maker, {id: texts[id] for id in ids}


def write_texts(path, maker, texts):
    program.write_lines(path, [maker.line(text, id=id) for id, text in texts.items()])


def greedy(order, similar):
    """Who is dropped, and for whom: by the first kept one before it in keeper order that is similar enough."""
    kept, dropped = [], {}
    for id in order:
        keeper = next((other for other in kept if (other, id) in similar or (id, other) in similar), None)
        if keeper is None:
            kept.append(id)
        else:
            dropped[id] = keeper
    return dropped


def keeper_order(texts):
    """Longest first, then as they come."""
    number = {id: i for i, id in enumerate(texts)}
    return sorted(texts, key=lambda id: (-len(texts[id].encode()), number[id]))


def check_verb(seed, threshold, *options, size=5):
    maker, texts = planted(seed)
    write_texts("in.jsonl", maker, texts)
    truth = Truth(texts, size)
    program.tamis("dedup", "in.jsonl", "--kind", "prose", "--threshold", threshold, "--clusters", "clusters.jsonl",
                  "--pairs", "pairs.jsonl", "-o", "kept.jsonl", "-q", *options)
    pairs = {(p["a"], p["b"]): p["jaccard"] for p in program.read_records("pairs.jsonl")}
    clusters = program.read_records("clusters.jsonl")
    kept = [json.loads(line)["id"] for line in program.read_lines("kept.jsonl")]
    dropped = {c["id"]: (c["keeper"], c["similarity"]) for c in clusters if c["id"] != c["keeper"]}
    assert len(set(kept)) == len(kept) and set(kept) | set(dropped) == set(texts), "kept and dropped are not all"
    assert not set(kept) & set(dropped), "kept and dropped at once"
    assert len(pairs) > 50 and len(dropped) > 50, "%d pairs, %d dropped: too few to say" % (len(pairs), len(dropped))
    for (a, b), said in pairs.items():
        assert said >= threshold, "%s and %s are listed at %s" % (a, b, said)
        real = truth.jaccard(a, b)
        assert abs(real - said) <= SAME, "%s and %s: %.17g, not %.17g" % (a, b, said, real)
    for id, (keeper, said) in dropped.items():
        assert keeper in kept, "%s was dropped for %s, which is not kept" % (id, keeper)
        real = 1.0 if truth.exact(id, keeper) else truth.jaccard(id, keeper)
        assert real >= threshold or truth.exact(id, keeper), "%s was dropped for %s at %.4f" % (id, keeper, real)
        assert abs(said - real) <= SAME, "%s for %s: similarity %.17g, not %.17g" % (id, keeper, said, real)
    check_found(truth, threshold, dropped, pairs)
    return truth, texts, pairs, dropped


def check_found(truth, threshold, dropped, pairs):
    """Of two similar documents one goes. The bands find 99.99 % of pairs at 0.9, and 99 % at 0.8."""
    classes = {}
    for id in truth.texts:
        classes.setdefault(truth.normal[id], []).append(id)
    for ids in classes.values():
        stay = [id for id in ids if id not in dropped]
        assert len(stay) <= 1, "exact copies are both kept: %s" % stay
    missed = [(a, b, s) for a, b, s in truth.pairs(threshold) if a not in dropped and b not in dropped]
    total = sum(1 for _ in truth.pairs(threshold))
    surely = [pair for pair in missed if pair[2] >= 0.9]
    assert not surely, "both of a pair are kept: %s" % (surely[:3],)
    assert len(missed) <= 0.02 * total, "%d of %d similar pairs are both kept: %s" % (len(missed), total, missed[:3])


def test_dedup_verb():
    truth, texts, pairs, dropped = check_verb(71, 0.8)
    # by brute force over the verified pairs, the exact copies folded first
    order, first = keeper_order(texts), {}
    for id in order:
        first.setdefault(truth.normal[id], id)
    heads = [id for id in order if first[truth.normal[id]] == id]
    similar = {pair for pair, similarity in pairs.items() if similarity >= 0.8}
    expected = greedy(heads, similar)
    for id in order:
        head = first[truth.normal[id]]
        if id == head:
            assert (dropped.get(id) or (None,))[0] == expected.get(id), "%s: dropped for %s, by hand for %s" % (
                id, dropped.get(id), expected.get(id))
        else:
            assert id in dropped, "%s is an exact copy of %s and is kept" % (id, head)


def test_dedup_verb_at_other_settings():
    check_verb(72, 0.9, "--threads", 3)
    check_verb(73, 0.7, "--shingle", 3, "--bands", 20, "--rows", 5, size=3)
    check_verb(74, 0.95)


def test_keep_by_field():
    """max:FIELD and min:FIELD choose the keeper; a document without the field comes last."""
    maker = world.Maker(75)
    for keep, best in (("max:score", max), ("min:score", min)):
        lines, scores = [], {}
        for family in range(60):
            text = maker.prose(100)
            for member in range(4):
                id = "f%d-%d" % (family, member)
                scores[id] = maker.rng.choice((maker.rng.randrange(-50, 50), maker.rng.random() * 10))
                more = {"score": scores[id]} if member else {}
                lines.append(maker.line(maker.near(text, 1) if member else text, id=id, **more))
        maker.rng.shuffle(lines)
        program.write_lines("in.jsonl", lines)
        program.tamis("dedup", "in.jsonl", "--kind", "prose", "--keep", keep, "--clusters", "clusters.jsonl", "-q",
                      "--no-text")
        clusters = program.read_records("clusters.jsonl")
        keepers = {c["keeper"] for c in clusters}
        right = sum(1 for id in keepers if scores[id] == best(scores[id[:-1] + str(m)] for m in (1, 2, 3)))
        assert len(keepers) >= 60 and right >= 0.95 * len(keepers), "%s: %d of %d keepers are the best" % (
            keep, right, len(keepers))
        assert not any(id.endswith("-0") for id in keepers), "%s: a document without the field is a keeper" % keep


def test_run_with_domains():
    """Between two domains the stricter threshold; earlier sources keep; and nothing in valid/ is near out/."""
    maker, texts = planted(76, families=120)
    ids = list(texts)
    part = {"a": ids[::2], "b": ids[1::2]}
    domain = {"a": "law", "b": "general"}
    where = {id: name for name, of in part.items() for id in of}
    for name, of in part.items():
        write_texts("in/%s.jsonl.zst" % name, maker, {id: texts[id] for id in of})
    world.write_recipe("recipe.yaml", [world.source(name, "in/%s.jsonl.zst" % name, domain[name]) for name in part],
                       filters=[], holdout={"share": 0.2},
                       dedup={"minhash": {"threshold": {"law": 0.95, "general": 0.8}}},
                       targets=[{"name": "t", "domain": "law", "ratio": 0.5}])
    program.run("recipe.yaml", "RUN")
    rows = {row["id"]: row for row in program.ledger_rows("RUN")}
    truth = Truth(texts)
    counts = {"exact": 0, "minhash": 0}
    for id, row in rows.items():
        if row["fate"] != "dropped":
            continue
        counts[row["rule"]] += 1
        keeper = rows[row["keeper"]]
        assert keeper["fate"] != "dropped" or keeper["stage"] == "select", "%s: its keeper was dropped" % id
        assert (where[row["keeper"]], id) != ("b", id) or where[id] == "b", "%s of the first source lost to the " \
            "second" % id
        if row["rule"] == "exact":
            assert truth.exact(id, row["keeper"]), "%s is no copy of %s" % (id, row["keeper"])
            continue
        wanted = 0.8 if where[id] == where[row["keeper"]] == "b" else 0.95
        assert row["threshold"] == wanted, "%s: threshold %s" % (id, row["threshold"])
        real = truth.jaccard(id, row["keeper"])
        assert abs(real - row["similarity"]) <= SAME and real >= wanted, "%s: %s, really %s" % (id, row, real)
        assert row["value"] == row["similarity"]
    assert min(counts.values()) > 20, counts
    held = [id for id, row in rows.items() if row["fate"] == "held_out"]
    used = [id for id, row in rows.items() if row["fate"] in ("emitted", "surplus")]
    assert len(held) > 20, "%d held out" % len(held)
    for a in held:
        for b in used:
            near = truth.jaccard(a, b)
            assert near < 0.8, "%s is held out and %s is not, at %.3f" % (a, b, near)


def test_unverified_is_said():
    """verify: none takes components on trust, and says so."""
    maker, texts = planted(77, families=30)
    write_texts("in.jsonl", maker, texts)
    outcome = program.tamis("dedup", "in.jsonl", "--kind", "prose", "--verify", "none", "--clusters", "clusters.jsonl",
                            "--no-text")
    assert b"not verified" in outcome.err, outcome.err
    truth = Truth(texts)
    for record in program.read_records("clusters.jsonl"):
        if record["id"] != record["keeper"] and not truth.exact(record["id"], record["keeper"]):
            assert record["similarity"] is None, record
    write_texts("in/web.jsonl", maker, texts)
    world.write_recipe("recipe.yaml", [world.source("web", "in/web.jsonl", "general")], filters=[],
                       dedup={"minhash": {"verify": "none"}})
    outcome = program.run("recipe.yaml", "RUN")
    assert program.load("RUN/report.json")["duplicates"]["unverified"] is True
    assert b"not verified" in outcome.out or b"unverified" in outcome.out, outcome.out


if __name__ == "__main__":
    program.main(globals())
