"""
Decision 11: a changed recipe keeps every stage it does not touch, and redoes the others only when told to; an input
that changed stops the run.
"""
import json
import os
import time

import recount
from lib import program, world

OPTIONS = ["--max-bad", 1]


def begin(**sections):
    world.three_sources(seed=51, count=200)
    world.three_recipe(**sections)
    program.run("recipe.yaml", "RUN", *OPTIONS)


def written(folder="RUN"):
    """When each file of the ledger was written."""
    home = os.path.join(folder, "ledger")
    return {name: os.stat(os.path.join(home, name)).st_mtime_ns for name in program.files_under(home)}


def part(name):
    return "part-000000/" + name


def refused(*options, names, keeps):
    """Exit 2 that names the stages to redo and no other; nothing in the folder changes, not even its recipe."""
    before = program.digest_tree("RUN")
    outcome = program.run("recipe.yaml", "RUN", *OPTIONS, *options, code=2)
    said = outcome.err.decode()
    line = next((line for line in said.splitlines() if "would be done again" in line), "")
    for name in names:
        assert name in line.split("began:")[-1], "%s is not named: %s" % (name, said)
    for name in keeps:
        assert name not in line.split("began:")[-1], "%s is named: %s" % (name, said)
    assert "--redo" in said, said
    after = program.digest_tree("RUN")
    changed = sorted(name for name in set(before) | set(after) if before.get(name) != after.get(name))
    assert not changed, "a refused run changed %s" % ", ".join(changed)


def test_a_changed_ratio():
    begin()
    change = ["--set", "targets.lawyer.ratio=0.45"]
    stood = written()
    refused(*change, names=["mix", "emit"], keeps=["survey", "resolve", "select"])
    program.run("recipe.yaml", "RUN", *OPTIONS, *change, "--redo")
    now = written()
    for name in (part("survey.npy"), part("bands.npy"), part("resolve.npy"), "survey.json", "resolve.json"):
        assert now[name] == stood[name], "%s was written again" % name
    assert now[part("mix.npy")] != stood[part("mix.npy")]
    ratio = {target["name"]: target["ratio"] for target in program.load("RUN/report.json")["targets"]}
    assert abs(ratio["lawyer"] - 0.45) < 0.01, ratio
    recount.recount("RUN")
    program.run("recipe.yaml", "FRESH", *OPTIONS, *change)
    program.assert_same_tree("RUN/out", "FRESH/out", "redone and fresh")
    program.assert_same_tree("RUN/valid", "FRESH/valid", "redone and fresh")


def test_a_refused_run_is_still_described_right():
    """After a refusal the verbs that look at the run still tell of the run that was made."""
    begin()
    before = program.tamis("ledger", "RUN").out
    program.run("recipe.yaml", "RUN", *OPTIONS, "--set", "targets=[]", code=2)
    assert program.tamis("ledger", "RUN").out == before, "tamis ledger tells another story after a refused run"


def test_a_changed_threshold_of_duplicates():
    begin()
    stood = written()
    change = ["--set", "dedup.minhash.threshold=0.6"]
    refused(*change, names=["resolve", "mix", "emit"], keeps=["survey"])
    program.run("recipe.yaml", "RUN", *OPTIONS, *change, "--redo")
    assert written()[part("survey.npy")] == stood[part("survey.npy")]
    recount.recount("RUN")
    program.run("recipe.yaml", "FRESH", *OPTIONS, *change)
    program.assert_same_tree("RUN/out", "FRESH/out", "redone and fresh")


def test_a_changed_filter():
    begin(filters=[{"gopher_quality": {"min_words": 50}}])
    stood = written()
    change = ["--set", "filters.0.gopher_quality.min_words=110"]
    refused(*change, names=["survey", "resolve", "mix", "emit"], keeps=[])
    program.run("recipe.yaml", "RUN", *OPTIONS, *change, "--redo")
    assert written()[part("survey.npy")] != stood[part("survey.npy")], "the survey was kept"
    rows, _ = recount.recount("RUN")
    assert any(row["rule"] == "gopher_short_doc" and row["threshold"] == 110 for row in rows)
    program.run("recipe.yaml", "FRESH", *OPTIONS, *change)
    program.assert_same_tree("RUN/out", "FRESH/out", "redone and fresh")


def test_changes_that_touch_nothing_else():
    begin()
    stood = written()
    program.run("recipe.yaml", "RUN", *OPTIONS)
    assert written() == stood, "a finished run was done again"
    for change in ("accept=all", "accept={gopher_short_doc: 0.9}"):
        program.run("recipe.yaml", "RUN", *OPTIONS, "--set", change)
        assert written() == stood, "%s did something again" % change
    refused("--set", "output.shard_bytes=128K", names=["emit"], keeps=["survey", "resolve", "mix"])
    refused("--seed", "99", names=["resolve", "mix", "emit"], keeps=["survey"])
    refused("--set", "holdout=none", names=["resolve", "mix", "emit"], keeps=["survey"])
    refused("--set", "select={general: {keep: 0.5}}", names=["mix", "emit"], keeps=["survey", "resolve"])


def test_other_words_for_the_same_recipe():
    """Comments, order of keys and defaults written out are the same recipe."""
    begin()
    stood = written()
    recipe = json.load(open("recipe.yaml"))
    recipe["holdout"] = {"max_documents": 50, "share": 0.02}
    recipe["dedup"] = {"exact": True, "minhash": {"rows": 6, "bands": 16}}
    program.write("recipe.yaml", "# the same\n" + json.dumps(dict(reversed(list(recipe.items())))))
    program.run("recipe.yaml", "RUN", *OPTIONS)
    assert written() == stood, "the same recipe in other words was done again"


def changed_input(change, what):
    begin()
    change()
    outcome = program.run("recipe.yaml", "RUN", *OPTIONS, code=3)
    assert b"input" in outcome.err and b"--redo" in outcome.err, "%s: %s" % (what, outcome.err)
    program.run("recipe.yaml", "RUN", *OPTIONS, "--redo")
    recount.recount("RUN")
    program.run("recipe.yaml", "FRESH", *OPTIONS)
    program.assert_same_tree("RUN/out", "FRESH/out", what)


def test_an_input_that_grew():
    def grow():
        maker = world.Maker(52)
        lines = program.read_lines("in/web.jsonl.zst")
        program.write_lines("in/web.jsonl.zst", lines + [maker.line(maker.prose(), id="late-1")])
    changed_input(grow, "an input that grew")


def test_an_input_of_the_same_length():
    """The same number of bytes, other ones, another time."""
    def scramble():
        lines = program.read_lines("in/web.jsonl.zst")
        program.write_lines("in/other.jsonl.zst", list(reversed(lines)))
        time.sleep(0.01)
        os.replace("in/other.jsonl.zst", "in/web.jsonl.zst")
    changed_input(scramble, "an input in another order")


def test_an_input_that_was_touched():
    changed_input(lambda: os.utime("in/web.jsonl.zst", ns=(10 ** 18, 10 ** 18)), "an input that was touched")


def test_an_input_more_and_one_less():
    begin()
    recipe = json.load(open("recipe.yaml"))
    recipe["sources"][1]["paths"] = ["in/web*"]
    program.write("recipe.yaml", json.dumps(recipe))
    program.run("recipe.yaml", "RUN", *OPTIONS, "--redo")
    maker = world.Maker(53)
    program.write_lines("in/web-2.jsonl", [maker.line(maker.prose(), id="more-%d" % i) for i in range(5)])
    program.run("recipe.yaml", "RUN", *OPTIONS, code=3)
    os.remove("in/web-2.jsonl")
    program.run("recipe.yaml", "RUN", *OPTIONS)


def test_an_input_that_changed_between_two_stages():
    """Swapped after the survey, with size and time as they were: found at the next read, never written as if right."""
    world.three_sources(seed=54, count=200, ending=".jsonl")
    world.three_recipe(ending=".jsonl")
    program.run("recipe.yaml", "RUN", *OPTIONS)
    about = os.stat("in/web.jsonl")
    lines = program.read_lines("in/web.jsonl")
    program.write_lines("in/web.jsonl", list(reversed(lines)))
    os.utime("in/web.jsonl", ns=(about.st_atime_ns, about.st_mtime_ns))
    outcome = program.run("recipe.yaml", "RUN", *OPTIONS, "--set", "output.shard_bytes=128K", "--redo", code=3)
    assert b"in/web.jsonl" in outcome.err and b"changed" in outcome.err, outcome.err


if __name__ == "__main__":
    program.main(globals())
