"""
Promises 1 and 4: everything read is accounted for, whatever becomes of it, and every drop has a record. And of a
confidential source no id and no text comes to light beside the shards.
"""
import json
import os
import random

import recount
from lib import program, world


def test_every_fate():
    """Rejects, filters, copies, hold-out, caps, pruning, surplus and repeats in one run."""
    world.three_sources(seed=21, count=260)
    world.three_recipe(
        sources=[world.source("law", "in/law.jsonl.zst", "law"),
                         world.source("web", "in/web.jsonl.zst", "general", take=60000),
                         world.source("src", "in/src.jsonl.zst", "code", "code")],
        select={"general": {"keep": 0.8, "policy": "random"}})
    program.run("recipe.yaml", "RUN", "--max-bad", 1)
    rows, _ = recount.recount("RUN")
    seen = {(row["fate"], row["stage"], row["rule"]) for row in rows}
    fates = {fate for fate, _, _ in seen}
    assert fates == set(recount.FATES), "only these fates: %s" % sorted(fates)
    for rule in ("exact", "minhash", "take", "random"):
        assert any(r == rule for _, _, r in seen), "no document was dropped by %s" % rule
    assert any(sum(row["targets"].values()) > 1 for row in rows if row["targets"]), "no document was used twice"
    assert any(len(row["targets"]) > 1 for row in rows if row["targets"]), "no document is shared by two targets"


def test_dropped_full():
    world.three_sources(seed=22, count=200)
    world.three_recipe(output={"shard_bytes": "64K", "compression": "gzip:1", "dropped": "full"})
    program.run("recipe.yaml", "RUN", "--max-bad", 1)
    rows, _ = recount.recount("RUN", dropped="full")
    assert any(row["fate"] == "dropped" for row in rows)


def test_dropped_none_and_plain_output():
    world.three_sources(seed=23, count=150)
    world.three_recipe(output={"shard_bytes": "64K", "compression": "none", "dropped": "none"}, targets=None)
    program.run("recipe.yaml", "RUN", "--max-bad", 1)
    recount.recount("RUN", dropped="none")


def test_ids_samples_texts():
    """With `ids`, texts of up to 200 documents per rule lie beside their records, as they are in the input."""
    world.three_sources(seed=24, count=200)
    world.three_recipe()
    program.run("recipe.yaml", "RUN", "--max-bad", 1)
    _, documents = recount.recount("RUN")
    texts = 0
    for name in os.listdir("RUN/dropped"):
        for record in program.read_records("RUN/dropped/" + name):
            if "text" in record:
                texts += 1
                assert record["text"] == json.loads(documents[record["number"]].line)["text"], record["id"]
    assert texts > 10, "%d sampled texts" % texts


def test_tokens_from_a_field():
    """Budgets go by the field the recipe names; a line without it falls back to the estimate."""
    maker = world.Maker(25)
    lines = [maker.line(maker.prose(100), tokens=maker.rng.randrange(50, 400)) for _ in range(200)]
    lines += [maker.line(maker.prose(100), tokens=maker.rng.choice([0, -3, "many", None, 2.5])) for _ in range(20)]
    other = [maker.line(maker.prose(100), tokens=maker.rng.randrange(50, 400)) for _ in range(200)]
    program.write_lines("in/a.jsonl", lines)
    program.write_lines("in/b.jsonl.gz", other)
    world.write_recipe("recipe.yaml", [world.source("a", "in/a.jsonl", "law", tokens="tokens"),
                                       world.source("b", "in/b.jsonl.gz", "general", tokens="tokens")],
                       [{"name": "t", "domain": "law", "ratio": 0.5, "tokens": 50000}], tokenizer="some-tokenizer")
    program.run("recipe.yaml", "RUN")
    recount.recount("RUN")


def test_random_targets():
    """Ratios of all sorts hold to within 0.1 % or one document, with and without repeats, one survey for all."""
    world.three_sources(seed=31, count=240)
    world.three_recipe()
    program.run("recipe.yaml", "RUN", "--max-bad", 1)
    rng = random.Random(31)
    for attempt in range(6):
        targets = []
        for index in range(rng.randint(1, 4)):
            shares = [rng.random() ** 2 * rng.choice((0, 1, 1)) for _ in range(3)]
            shares = [1000, 0, 0] if not sum(shares) else [round(1000 * share / sum(shares)) for share in shares]
            shares[2] = 1000 - shares[0] - shares[1]
            target = {"name": "t%d" % index, "domain": rng.choice(("law", "general", "code")), "max_epochs": 200,
                      "ratio": {"law": shares[0] / 1000, "general": shares[1] / 1000, "code": shares[2] / 1000}}
            if rng.random() < 0.6:
                target["tokens"] = rng.choice((1, 500, 20000, 150000))
            targets.append(target)
        world.three_recipe(targets=targets)
        program.run("recipe.yaml", "RUN", "--max-bad", 1, "--redo", "--seed", attempt)
        try:
            recount.recount("RUN")
        except recount.Broken as broken:
            raise AssertionError("%s, with targets %s" % (broken, json.dumps(targets)))


def test_repeated_ids_are_told_of():
    """Documents that share an id are never merged, but counted and warned of."""
    maker = world.Maker(30)
    program.write_lines("in.jsonl", [maker.line(maker.prose(80), id="id-%d" % (i % 40)) for i in range(60)])
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl", "general")])
    outcome = program.tamis("run", "recipe.yaml", "-o", "RUN", "--threads", 2)
    rows, _ = recount.recount("RUN")
    assert sum(row["fate"] in ("emitted", "held_out") for row in rows) == 60, "documents of one id were merged"
    told = [line for line in outcome.text().splitlines() if "repeat" in line or "same id" in line]
    assert any("20" in line or "40" in line for line in told), "nothing is said of the 20 ids that repeat: %s" % told


def test_plans_that_cannot_be():
    """More repeats than allowed, or a domain of which nothing is left: exit 3, with what would do."""
    world.three_sources(seed=26, count=100)
    world.three_recipe(targets=[{"name": "t", "domain": "law", "ratio": 0.9, "tokens": 5000000, "max_epochs": 2}])
    outcome = program.run("recipe.yaml", "RUN", "--max-bad", 1, code=3)
    assert b"law" in outcome.err and b"tokens:" in outcome.err, outcome.err
    assert not os.path.isdir("RUN/out") or not program.files_under("RUN/out")


# ---- Confidential sources -------------------------------------------------------------------------------------------


SECRET_WORDS = ["zyxgrantham", "quellmark", "hoxtable", "brindlewick", "thornquay", "velmost", "xanterloo", "wrexby"]


def secret_lines(maker):
    """Documents that go every way, with words and ids that stand nowhere else."""
    lines, texts = [], []
    for i in range(60):
        text = maker.near(maker.prose(100)) + "\n" + " ".join(maker.rng.choices(SECRET_WORDS, k=8))
        texts.append(text)
        lines.append(maker.line(text, id="TOPSECRET-%04d" % i))
    for i in range(15):
        lines.append(maker.line(texts[i], id="TOPSECRET-copy-%d" % i))
        lines.append(maker.line(maker.near(texts[-i - 1]), id="TOPSECRET-near-%d" % i))
        lines.append(maker.line("hoxtable " * 60, id="TOPSECRET-junk-%d" % i))
        lines.append(b'{"id": "TOPSECRET-broken-%d", "text": "velmost' % i)
    return lines, texts


def everything_readable(folder, without=()):
    """Decoded bytes of every file of a run, by name."""
    return {name: program.decompress(os.path.join(folder, name)) for name in program.files_under(folder)
            if not name.startswith(tuple(without)) and os.path.getsize(os.path.join(folder, name))}


def assert_silent(what, data, words=("TOPSECRET", *SECRET_WORDS)):
    for word in map(str.encode, words):
        at = data.find(word)
        assert at < 0, "%s tells of a confidential source: %r" % (what, data[max(0, at - 80):at + 80])


def confidential_run(dropped):
    maker = world.Maker(27)
    lines, texts = secret_lines(maker)
    program.write_lines("in/inhouse.jsonl.zst", lines)
    # an open source with copies of confidential texts: its keepers are confidential
    copies = [maker.line(text, id="open-copy-%d" % i) for i, text in enumerate(texts[:10])]
    open_lines = [maker.line(maker.prose(100), id="open-%d" % i) for i in range(100)]
    program.write_lines("in/open.jsonl.zst", open_lines)
    program.write_lines("in/copies.jsonl.zst", copies)
    world.write_recipe("recipe.yaml", [world.source("inhouse", "in/inhouse.jsonl.zst", "law", confidential=True),
                                       world.source("open", "in/open.jsonl.zst", "general")],
                       [{"name": "t", "domain": "law", "ratio": 0.4}], holdout={"share": 0.05},
                       output={"dropped": dropped, "shard_bytes": "64K"})
    return program.run("recipe.yaml", "RUN", "--max-bad", 1)


def test_confidential_sources_stay_silent():
    for dropped in ("ids", "full"):
        folder = "with-" + dropped
        os.makedirs(folder)
        os.chdir(folder)
        outcome = confidential_run(dropped)
        assert_silent("what the run prints", outcome.out + outcome.err)
        # the ledger is what the run works on; out/ and valid/ are what it was asked for
        for name, data in everything_readable("RUN", ("out/", "valid/", "ledger/")).items():
            assert_silent(name, data)
        rows, _ = recount.recount("RUN", dropped=dropped)
        fates = {row["fate"] for row in rows if row["source"] == "inhouse"}
        assert {"dropped", "rejected", "emitted"} <= fates, fates
        for verb in (["ledger", "RUN"], ["ledger", "RUN", "--format", "csv"], ["report", "RUN"],
                     ["report", "RUN", "--json"], ["status", "RUN"]):
            assert_silent("tamis %s" % " ".join(verb), b"".join(vars(program.tamis(*verb))[k] for k in ("out", "err")))
        os.chdir("..")


def test_confidential_keepers_stay_silent():
    """An open document that was dropped for a confidential one keeps its text; its keeper is not named."""
    confidential_run("ids")
    world.write_recipe("recipe2.yaml", [world.source("inhouse", "in/inhouse.jsonl.zst", "law", confidential=True),
                                        world.source("copies", "in/copies.jsonl.zst", "general"),
                                        world.source("open", "in/open.jsonl.zst", "general")],
                       holdout=None)
    program.run("recipe2.yaml", "RUN2", "--max-bad", 1)
    rows = {row["id"]: row for row in program.ledger_rows("RUN2")}
    taken = [id for id in rows if id.startswith("open-copy") and rows[id]["fate"] == "dropped"]
    assert len(taken) >= 8, "%d of 10 copies were found" % len(taken)
    assert all(rows[id]["keeper"].startswith("TOPSECRET") for id in taken)
    for id in taken:
        for options in ([], ["--json"]):
            told = program.tamis("explain", "RUN2", id, *options)
            assert_silent("tamis explain %s" % id, told.out + told.err)
    for name, data in everything_readable("RUN2", ("out/", "valid/", "ledger/")).items():
        assert_silent(name, data, ("TOPSECRET",))


def test_explaining_a_confidential_document():
    confidential_run("ids")
    for options in ([], ["--json"]):
        told = program.tamis("explain", "RUN", "TOPSECRET-copy-1", *options)
        assert_silent("tamis explain", told.out)
    told = program.tamis("explain", "RUN", "TOPSECRET-copy-1", "--show-confidential")
    assert b"TOPSECRET" in told.out


def test_confidential_folder_of_texts():
    """Where a document is a file, its path is its id."""
    maker = world.Maker(28)
    for i in range(30):
        text = maker.prose(60) if i % 3 else "hoxtable " * 40
        program.write("in/inhouse/TOPSECRET-%d.txt" % i, text)
    program.write("in/inhouse/TOPSECRET-bad.txt", b"velmost \xff velmost")
    program.write_lines("in/open.jsonl", [maker.line(maker.prose(60)) for _ in range(40)])
    world.write_recipe("recipe.yaml", [world.source("inhouse", "in/inhouse", "law", format="text", confidential=True),
                                       world.source("open", "in/open.jsonl", "general")], holdout=None)
    outcome = program.run("recipe.yaml", "RUN", "--max-bad", 1)
    assert_silent("what the run prints", outcome.out + outcome.err)
    for name, data in everything_readable("RUN", ("out/", "valid/", "ledger/", "recipe.yaml")).items():
        assert_silent(name, data)
    rows = program.ledger_rows("RUN")
    fates = {row["fate"] for row in rows if row["source"] == "inhouse"}
    assert {"dropped", "rejected", "emitted"} <= fates, fates
    for row in rows:
        if row["source"] == "inhouse" and row["fate"] == "dropped":
            told = program.tamis("explain", "RUN", row["id"])
            assert_silent("tamis explain", told.out + told.err)
            told = program.tamis("explain", "RUN", row["id"], "--json")
            assert_silent("tamis explain --json", told.out + told.err)
    assert_silent("tamis ledger", program.tamis("ledger", "RUN").out)


def test_the_gate_does_not_quote_confidential_ids():
    maker = world.Maker(29)
    program.write_lines("in/inhouse.jsonl", [maker.line("hoxtable " * 60, id="TOPSECRET-%d" % i) for i in range(60)])
    world.write_recipe("recipe.yaml", [world.source("inhouse", "in/inhouse.jsonl", "law", confidential=True)],
                       accept=None)
    for verb in (["check", "recipe.yaml"], ["run", "recipe.yaml", "-o", "RUN"],
                 ["run", "recipe.yaml", "-o", "RUN2", "--no-check"]):
        told = program.tamis(*verb, code=2)
        assert_silent("tamis %s" % " ".join(verb), told.out + told.err)


if __name__ == "__main__":
    program.main(globals())
