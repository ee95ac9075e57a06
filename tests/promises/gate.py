"""
Promise 7: a rule that would take an abnormal share of a domain stops the run before it starts, shows ten examples and
the line to paste; with that line, and no other change, the run goes through.
"""
import fcntl
import json
import os
import re
import subprocess
import time

from lib import program, world


def lines_of(maker, good, bad, tag):
    """Good prose and documents that are too short for the rule in use."""
    lines = [maker.line(maker.prose(80), id="%s-good-%d" % (tag, i)) for i in range(good)]
    lines += [maker.line("Much too short, number %d." % i, id="%s-short-%d" % (tag, i)) for i in range(bad)]
    maker.rng.shuffle(lines)
    return lines


def world_of(shares, targets=None, **sections):
    """{domain: (good, bad)} as one source each."""
    maker = world.Maker(101)
    sources = []
    for domain, (good, bad) in shares.items():
        program.write_lines("in/%s.jsonl.zst" % domain, lines_of(maker, good, bad, domain))
        sources.append(world.source("of-" + domain, "in/%s.jsonl.zst" % domain, domain))
    sections.setdefault("filters", [{"length": {"min_words": 30}}])
    world.write_recipe("recipe.yaml", sources, targets, accept=None, **sections)


def accept_line(outcome):
    found = re.findall(r"^accept: \{.*\}$", outcome.err.decode(), re.M)
    assert len(found) == 1, "%d lines to paste in: %s" % (len(found), outcome.err.decode())
    return found[0]


def paste(line):
    """The recipe is JSON here, which is YAML: the line becomes a member of it."""
    with open("recipe.yaml", encoding="utf-8") as f:
        recipe = f.read().rstrip()
    assert recipe.endswith("}")
    program.write("recipe.yaml", recipe[:-1] + ", " + line + "\n}\n")


def closed(rule, *arguments, examples=10):
    outcome = program.tamis(*arguments, code=2)
    said = outcome.err.decode()
    assert rule in said and "gate" in said, said
    shown = [line for line in said.splitlines() if re.match(r"    \S.*-(short|copy)-\d+$", line)]
    assert len(shown) == examples, "%d examples:\n%s" % (len(shown), said)
    return outcome


def test_closes_and_opens():
    world_of({"law": (300, 0), "general": (300, 200)}, [{"name": "t", "domain": "law", "ratio": 0.4}])
    for verb in (["check", "recipe.yaml"], ["check", "recipe.yaml", "--json"],
                 ["run", "recipe.yaml", "-o", "RUN", "--dry-run"], ["run", "recipe.yaml", "-o", "RUN"]):
        outcome = closed("length_min_words", *verb)
        assert b"40.0 %" in outcome.err and b"general" in outcome.err, outcome.err
        if "--json" in verb:
            assert json.loads(outcome.out)["gate"] == "closed"
    assert not os.path.exists("RUN"), "the refused run left a folder"
    paste(accept_line(outcome))
    program.tamis("check", "recipe.yaml")
    program.run("recipe.yaml", "RUN")
    assert program.load("RUN/report.json")["conserved"] is True


def test_a_refused_run_beside_one_that_waits():
    """What is refused takes its folder away; who waited for the lock begins in one of its own, and can be continued."""
    world_of({"law": (300, 0), "general": (300, 0)}, [{"name": "t", "domain": "law", "ratio": 0.4}])
    os.makedirs("RUN")
    with open("RUN/.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waits = subprocess.Popen([program.TAMIS, "run", "recipe.yaml", "-o", "RUN", "-q"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        os.unlink("RUN/.lock")
        os.rmdir("RUN")
    assert waits.wait(60) == 0
    assert program.load("RUN/report.json")["conserved"] is True
    program.run("recipe.yaml", "RUN")


def test_what_the_user_has_stays():
    world_of({"law": (300, 0)})
    program.write("RUN/status.json", "mine")
    os.makedirs("RUN/ledger")
    program.tamis("run", "recipe.yaml", "-o", "RUN", "--memory", "1M", code=4)
    with open("RUN/status.json", encoding="utf-8") as kept:
        assert kept.read() == "mine"
    assert os.path.isdir("RUN/ledger")


def test_a_targets_own_domain_is_dearer():
    """5 % of a target's own domain, 20 % of others."""
    world_of({"law": (270, 30), "general": (270, 30)}, [{"name": "t", "domain": "law", "ratio": 0.4}])
    outcome = closed("length_min_words", "run", "recipe.yaml", "-o", "RUN")
    assert b"domain law" in outcome.err and b"domain general" not in outcome.err, outcome.err
    paste(accept_line(outcome))
    program.run("recipe.yaml", "RUN")


def test_no_check_still_looks():
    """Without the sample, the gate stands behind the survey; the line goes in and the survey is kept."""
    world_of({"law": (300, 0), "general": (300, 200)}, [{"name": "t", "domain": "law", "ratio": 0.4}])
    outcome = closed("length_min_words", "run", "recipe.yaml", "-o", "RUN", "--no-check")
    assert not os.path.exists("RUN/out"), "shards were written"
    stood = os.stat("RUN/ledger/part-000000/survey.npy").st_mtime_ns
    paste(accept_line(outcome))
    program.run("recipe.yaml", "RUN")
    assert os.stat("RUN/ledger/part-000000/survey.npy").st_mtime_ns == stood, "the survey was done again"


def test_behind_the_sample():
    """Bad documents that only the survey meets: the sample is read from the beginning of each part."""
    maker = world.Maker(102)
    lines = [maker.line(maker.prose(400), id="general-good-%d" % i) for i in range(2200)]
    lines += [maker.line("Much too short, number %d." % i, id="general-short-%d" % i) for i in range(1500)]
    program.write_lines("in.jsonl.zst", lines)
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl.zst", "general")], accept=None, holdout=False,
                       filters=[{"length": {"min_words": 30}}], dedup=False)
    program.tamis("check", "recipe.yaml")
    outcome = closed("length_min_words", "run", "recipe.yaml", "-o", "RUN")
    paste(accept_line(outcome))
    program.run("recipe.yaml", "RUN")


def test_duplicates_of_a_source():
    maker = world.Maker(103)
    texts = [maker.prose(80) for _ in range(100)]
    lines = [maker.line(text, id="web-good-%d" % i) for i, text in enumerate(texts)]
    program.write_lines("in/web.jsonl", lines)
    program.write_lines("in/mirror.jsonl", [maker.line(maker.near(text) if i % 2 else text, id="mirror-copy-%d" % i)
                                            for i, text in enumerate(texts[:60])]
                        + [maker.line(maker.prose(80), id="mirror-good-%d" % i) for i in range(40)])
    world.write_recipe("recipe.yaml", [world.source("web", "in/web.jsonl", "general"),
                                       world.source("mirror", "in/mirror.jsonl", "other")],
                       [{"name": "t", "domain": "general", "ratio": 0.5, "general": "other"}], filters=[], accept=None)
    outcome = closed("dedup.mirror", "run", "recipe.yaml", "-o", "RUN")
    assert b"dedup.web" not in outcome.err, outcome.err
    paste(accept_line(outcome))
    program.run("recipe.yaml", "RUN")


def test_several_rules_one_line():
    maker = world.Maker(104)
    lines = lines_of(maker, 200, 100, "a")
    lines += [maker.line("\n".join("- " + maker.sentence(6, 9) for _ in range(20)), id="a-list-%d" % i)
              for i in range(120)]
    program.write_lines("in.jsonl", lines)
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl", "general")], accept=None,
                       filters=[{"length": {"min_words": 30}}, {"gopher_quality": {"min_words": 0}}])
    outcome = program.tamis("run", "recipe.yaml", "-o", "RUN", code=2)
    line = accept_line(outcome)
    assert "length_min_words" in line and "gopher_too_many_bullets" in line, line
    paste(line)
    program.run("recipe.yaml", "RUN")


def test_what_is_accepted_is_not_everything():
    """A share that was accepted is a limit of its own; `all` accepts whatever comes."""
    world_of({"general": (300, 200)}, filters=[{"length": {"min_words": 30}}])
    for accept, code in (({"length_min_words": 0.35}, 2), ({"length_min_words": 0.45}, 0), ("all", 0),
                         ({"filter.length_min_words": 0.45}, 0), ({"gopher_short_doc": 0.9}, 2)):
        world_of({"general": (300, 200)}, filters=[{"length": {"min_words": 30}}])
        program.tamis("check", "recipe.yaml", "--set", "accept=" + json.dumps(accept).replace('"', ""), code=code)


def test_few_documents_are_no_evidence():
    world_of({"general": (4, 6)})
    program.run("recipe.yaml", "RUN")


if __name__ == "__main__":
    program.main(globals())
