"""
Scores and laws inside a run: who is pruned follows from the trajectories and the needs of the targets, told again by a
plain program; the proxy's run leaves the same bytes for any number of threads and after being killed; a target by law
gets the ratio that its law says.
"""
import json
import math
import os
import random
import signal
import subprocess
import time

from lib import program, world


def corpus(count=300, seed=41):
    """Two domains without copies; some ids twice, which nobody can join trajectories by."""
    maker = world.Maker(seed)
    for name, domain in (("law", "law"), ("web", "general")):
        lines = [maker.line(maker.prose(maker.rng.randint(40, 160)), id="%s-%05d" % (name, i)) for i in range(count)]
        if name == "web":
            lines += [maker.line(maker.prose(60), id="web-twin") for _ in range(2)]
        program.write_lines("in/%s.jsonl.zst" % name, lines)


def recipe(path="recipe.yaml", **sections):
    sources = sections.pop("sources", None) or [world.source("law", "in/law.jsonl.zst", "law"),
                                                world.source("web", "in/web.jsonl.zst", "general")]
    sections.setdefault("filters", [{"length": {"min_words": 5}}])
    sections.setdefault("holdout", {"share": 0.02, "max_documents": 20})
    sections.setdefault("output", {"shard_bytes": "64K", "compression": "zstd:1", "dropped": "ids"})
    return world.write_recipe(path, sources, sections.pop("targets", None), **sections)


def trajectories(path, seed=5, count=300, checkpoints=6):
    """Losses of most documents of web, many of them equal; three ids that nobody bears."""
    rng = random.Random(seed)
    losses = {}
    for i in range(count):
        if i % 11 != 3:
            level = rng.choice([1.5, 2.0, 2.0, 2.5])
            losses["web-%05d" % i] = [level if rng.random() < 0.9 else None for _ in range(checkpoints)]
    losses.update({"nobody-%d" % i: [2.0] * checkpoints for i in range(3)})
    losses["web-twin"] = [9.0] * checkpoints
    order = sorted(losses)
    rng.shuffle(order)
    program.write_lines(path, [json.dumps({"id": id, "losses": losses[id]}).encode() for id in order])
    return losses


def mean(values):
    seen = [value for value in values if value is not None]
    return math.fsum(seen) / len(seen) if seen else None


def expected_top(rows, losses, keep):
    """Numbers that stay: highest mean loss first, ties by id and number, until the share of tokens is reached."""
    scored = [(-mean(losses[row["id"]]), row["id"].encode(), row["number"], row["tokens"]) for row in rows
              if mean(losses.get(row["id"], [])) is not None and row["id"] != "web-twin"]
    limit, total, stay = math.ceil(keep * sum(row[3] for row in scored)), 0, set()
    for _, _, number, tokens in sorted(scored):
        if total >= limit:
            break
        total += tokens
        stay.add(number)
    return stay, {row[2] for row in scored}


def pool(rows, domain="general"):
    return [row for row in rows if row["domain"] == domain and row["fate"] != "held_out" and row["stage"] in
            (None, "", "select")]


def test_pruned_by_imported_scores():
    corpus()
    losses = trajectories("traj.jsonl.zst")
    recipe(score={"scorer": "mean_loss", "trajectories": "traj.jsonl.zst"},
           select={"general": {"keep": 0.5, "policy": "top"}})
    program.run("recipe.yaml", "RUN")
    rows = program.ledger_rows("RUN")
    stay, scored = expected_top(pool(rows), losses, 0.5)
    for row in pool(rows):
        if row["number"] in scored:
            wanted = row["number"] in stay
            assert (row["fate"] != "dropped") == wanted, "%s: %s" % (row["id"], row["fate"])
            if not wanted:
                assert row["rule"] == "top" and row["value"] == mean(losses[row["id"]]), row
                assert row["value"] <= row["threshold"], row
        else:
            assert row["fate"] != "dropped", "a document without a score was dropped: %s" % row
    report = program.load("RUN/report.json")
    assert report["conserved"] is True
    facts = program.load("RUN/scores.json")
    assert facts["unknown_ids"] == 3 and facts["ambiguous_ids"] == 1, facts


def test_damaged_trajectories():
    """What `score` calls damaged a run does, too: it ends with 1 and says why."""
    corpus()
    trajectories("traj.jsonl")
    lines = open("traj.jsonl", "rb").read().split(b"\n")
    program.write("traj.jsonl", b"\n".join(line if i % 9 else b'{"bad' for i, line in enumerate(lines)))
    recipe(score={"scorer": "mean_loss", "trajectories": "traj.jsonl"},
           select={"general": {"keep": 0.5, "policy": "top"}})
    for _ in range(2):
        assert b"of the trajectories were rejected" in program.run("recipe.yaml", "RUN", code=1).err
    assert any("records were rejected" in text for text in program.load("RUN/report.json")["warnings"])
    program.run("recipe.yaml", "RUN", "--max-bad", "0.5")


def test_unscored_and_middle():
    """Documents without a score can be dropped or drawn; `middle` leaves both ends out."""
    corpus()
    losses = trajectories("traj.jsonl")
    for unscored in ("drop", "random"):
        recipe(score={"scorer": "mean_loss", "trajectories": "traj.jsonl"},
               select={"general": {"keep": 0.4, "policy": "middle", "unscored": unscored}})
        program.run("recipe.yaml", "RUN-" + unscored)
        rows = pool(program.ledger_rows("RUN-" + unscored))
        without = [row for row in rows if mean(losses.get(row["id"], [])) is None or row["id"] == "web-twin"]
        gone = [row for row in without if row["fate"] == "dropped"]
        assert all(row["rule"] == "unscored" for row in gone), gone
        assert (len(gone) == len(without)) == (unscored == "drop"), "%d of %d" % (len(gone), len(without))
        kept = [mean(losses[row["id"]]) for row in rows if row not in without and row["fate"] != "dropped"]
        assert min(kept) >= 1.5 and max(kept) <= 2.5 and sorted(kept)[len(kept) // 2] == 2.0


def test_never_below_the_need():
    """What a target needs is kept, unless the recipe insists."""
    corpus()
    trajectories("traj.jsonl")
    targets = [{"name": "small", "domain": "law", "general": "general", "ratio": 0.2, "tokens": 30000,
                "max_epochs": {"law": 4, "general": 8}}]
    section = {"scorer": "mean_loss", "trajectories": "traj.jsonl"}
    for scarce in (False, True):
        name = "RUN-%s" % scarce
        recipe(name + ".yaml", score=section, targets=targets,
               select={"general": {"keep": 0.1, "policy": "top", "unscored": "drop", "prune_scarce": scarce}})
        program.run(name + ".yaml", name)
        left = sum(row["tokens"] for row in pool(program.ledger_rows(name)) if row["fate"] != "dropped")
        whole = sum(row["tokens"] for row in pool(program.ledger_rows(name)))
        assert (left >= 24000) == (not scarce), "%d of %d tokens left" % (left, whole)


PROXY = {"scorer": "dynamic_uncertainty", "window": 3, "trajectories": "proxy",
         "proxy": {"passes": 2, "checkpoints": 6, "document_bytes": 512}}


def proxy_recipe(path="recipe.yaml", **sections):
    return recipe(path, score=dict(PROXY, **sections), select={"general": {"keep": 0.6, "policy": "top"}})


def compare(first, second, what):
    program.assert_same_tree(os.path.join(first, "out"), os.path.join(second, "out"), "out/, " + what)
    program.assert_same_tree(os.path.join(first, "trajectories"), os.path.join(second, "trajectories"),
                             "trajectories/, " + what)


def test_proxy_threads():
    corpus()
    proxy_recipe()
    for threads in (1, 2, 3):
        program.run("recipe.yaml", "RUN-%d" % threads, threads=threads)
        if threads > 1:
            compare("RUN-1", "RUN-%d" % threads, "%d threads" % threads)
    losses = program.load("RUN-1/scores.json")["proxy"]["loss"]
    assert losses[-1]["general"] < losses[0]["general"], "the proxy does not learn: %s" % losses


def test_proxy_killed():
    """Killed again and again while it scores, the run ends with the same bytes."""
    corpus()
    proxy_recipe()
    program.run("recipe.yaml", "RUN")
    for attempt in range(6):
        process = subprocess.Popen([program.TAMIS, "run", "recipe.yaml", "-o", "KILLED", "-q", "--threads", "2"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(2000):
            if process.poll() is not None or program.stage_is_begun("KILLED", "score"):
                break
            time.sleep(0.005)
        time.sleep(0.15 + 0.2 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
    program.run("recipe.yaml", "KILLED")
    compare("RUN", "KILLED", "after SIGKILLs")


def test_trajectories_outside():
    """What the proxy leaves in a run is a trajectory like any other: `score` makes the same scores of it."""
    corpus()
    proxy_recipe()
    program.run("recipe.yaml", "RUN")
    out = program.tamis("score", "--scorer", "dynamic_uncertainty:window=3", "RUN/trajectories", "-q").out
    outside = {row["id"]: row["score"] for row in map(json.loads, program.split_lines(out))}
    rows = [row for row in program.ledger_rows("RUN") if row["id"] in outside and row["scores"]]
    assert len(rows) > 250
    assert all(row["scores"]["dynamic_uncertainty"] == outside[row["id"]] for row in rows)


def test_another_keep():
    """A changed share prunes again and trains nothing, not even where OpenBLAS, which training needs, is missing."""
    corpus()
    proxy_recipe()
    program.run("recipe.yaml", "RUN")
    before = os.stat("RUN/ledger/part-000000/score.npy").st_mtime_ns
    refused = program.run("recipe.yaml", "RUN", "--set", "select.general.keep=0.5", code=2)
    assert b"select, mix, emit" in refused.err and b"score" not in refused.err, refused.err
    program.write("blind/libopenblas.so.0", b"no library")
    os.environ["LD_LIBRARY_PATH"] = "blind"
    try:
        outcome = program.run("recipe.yaml", "NONE", code=4)
        assert b"install libopenblas0" in outcome.err and not os.path.exists("NONE"), outcome.err
        assert b"install libopenblas0" in program.tamis("check", "recipe.yaml", code=4).err
        program.run("recipe.yaml", "RUN", "--set", "select.general.keep=0.5", "--redo")
    finally:
        del os.environ["LD_LIBRARY_PATH"]
    assert os.stat("RUN/ledger/part-000000/score.npy").st_mtime_ns == before


def general_loss(ratio):
    return 2.0 + 0.05 * (1 - ratio + 0.1) ** -0.6


RUNS = "N,D,ratio,loss_domain,loss_general\n" + "".join(
    "5e8,2e9,%r,%r,%r\n" % (r, 1.5 + 0.1 * (r + 0.2) ** -0.5, general_loss(r)) for r in (0, 0.33, 0.67, 0.9, 1.0))


def test_ratio_by_law():
    """The ratio is the root of the budget; scarce domains cap it, and an impossible budget stops before the scores."""
    corpus()
    program.write("runs.csv", RUNS)
    program.tamis("fit", "--law", "dcpt", "runs.csv", "-o", "law.json", "-q")
    target = {"name": "lawyer", "domain": "law", "general": "general", "law": "law.json",
              "budget": {"difference": 0.03}}
    recipe(targets=[target])
    program.run("recipe.yaml", "RUN")
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if general_loss(middle) <= general_loss(0) + 0.03 else (low, middle)
    ratio = program.load("RUN/report.json")["targets"][0]["ratio_wanted"]
    assert abs(ratio - low) < 2e-3, "%r, the law says %r" % (ratio, low)
    recipe("capped.yaml", targets=[dict(target, tokens=100000, max_epochs={"law": 1, "general": 4})])
    program.run("capped.yaml", "CAPPED")
    capped = program.load("CAPPED/report.json")["targets"][0]
    law = sum(row["tokens"] for row in program.ledger_rows("CAPPED")
              if row["domain"] == "law" and row["fate"] in ("emitted", "surplus"))
    assert abs(capped["ratio_wanted"] - law / 100000) < 1e-3 and capped["ratio_wanted"] < ratio, capped
    assert capped["binding"] == "max_epochs", capped
    recipe("taken.yaml", targets=[dict(target, tokens=60000, max_epochs={"law": 4, "general": 4})],
           sources=[dict(world.source("law", "in/law.jsonl.zst", "law"), take=5000),
                    world.source("web", "in/web.jsonl.zst", "general")])
    program.run("taken.yaml", "TAKEN")
    taken = program.load("TAKEN/report.json")["targets"][0]
    assert taken["binding"] == "max_epochs" and 0.31 < taken["ratio_wanted"] < 1 / 3, taken
    recipe("impossible.yaml", targets=[dict(target, against="base")])
    assert b"base" in program.run("impossible.yaml", "NO", code=2).err
    recipe("low.yaml", targets=[dict(target, parameters=5e8, tokens=2000, budget={"absolute": 1.0})])
    assert b"lowest" in program.tamis("check", "low.yaml", code=3).err
    assert not os.path.exists("NO/ledger/survey.json"), "an impossible budget was found out after the survey"


program.main(globals())
