"""
From a corpus to a mixture with no outside training: probe, fit, plan, run; on two small real corpora, or on made ones
where those are not here. And that a probe is the same for any number of threads, and goes on after an interruption.
"""
import csv
import json
import os
import signal
import subprocess
import time

from lib import program, world

SMALL = ("--bytes", "256K", "--base-bytes", "512K", "--valid-bytes", "48K", "--checkpoints", "5", "--max-bad", "1")
SMALLEST = ("--bytes", "96K", "--base-bytes", "128K", "--valid-bytes", "24K", "--checkpoints", "5", "--max-bad", "1")
RECIPE = """version: 1
seed: 5
sources:
  - {name: deeds, paths: [deeds.jsonl], domain: law, kind: prose}
  - {name: web, paths: [web.jsonl], domain: general, kind: prose}
filters: []
holdout: {share: 0.1}
targets:
  - {name: lawyer, domain: law, general: general, law: law.json, budget: {difference: 0.5}}
output: {compression: none}
"""


def take(name, path, most):
    """The first documents of a corpus, up to so many bytes."""
    lines, size = [], 0
    for line in program.decompress(world.shared_corpus(name)).splitlines(keepends=True):
        if size + len(line) > most:
            break
        lines.append(line)
        size += len(line)
    program.write(path, b"".join(lines))


def made(path, seed, words, documents):
    """Texts of a vocabulary of its own, so that there is something to learn of each kind."""
    maker = world.Maker(seed)
    maker.words, maker.weights = words, [1 / (rank + 3) for rank in range(len(words))]
    with open(path, "w", encoding="utf-8") as f:
        for i in range(documents):
            f.write(json.dumps({"id": "%s-%d" % (path, i), "text": maker.prose(400)}) + "\n")


def corpora():
    try:
        take("books_law", "deeds.jsonl", 1 << 20)
        take("gov_web", "web.jsonl", 3 << 20)
    except program.Skip:
        words = world.vocabulary()
        made("deeds.jsonl", 1, words[1::2][:900], 320)
        made("web.jsonl", 2, words[::2][:900], 900)
    program.write("recipe.yaml", RECIPE)


def rows(path):
    with open(path, encoding="utf-8") as f:
        return list(csv.DictReader(f))


def probe(folder, *options, size=SMALL):
    return program.tamis("probe", "recipe.yaml", "--proxy", "-o", folder, "-q", *size, *options)


def check_table(table):
    runs = {}
    for row in table:
        runs.setdefault(row["run"], []).append(row)
    assert list(runs) == ["probe-000", "probe-033", "probe-067", "probe-090", "probe-100"], list(runs)
    last = {}
    for name, points in runs.items():
        assert len(points) == 5 and len({p["ratio"] for p in points}) == 1, points
        assert [float(p["D"]) for p in points] == sorted(float(p["D"]) for p in points)
        last[name] = {key: float(points[-1][key]) for key in ("D", "N", "loss_domain", "loss_general")}
    assert len({point["D"] for point in last.values()}) == 1, "all runs have the same tokens: %s" % last
    for key in ("base_model", "schedule", "warmup", "tokenizer", "base_loss_general"):
        assert len({row[key] for row in table}) == 1, key
    return last


def test_from_corpus_to_mixture():
    """Losses as a law wants them, a law from them, and a run whose ratio is that law's."""
    corpora()
    probe("P", "--threads", "1")
    assert sorted(os.listdir("P")) == ["README.md", "recipe.yaml", "runs.csv"]
    last = check_table(rows("P/runs.csv"))
    assert last["probe-100"]["loss_general"] > last["probe-000"]["loss_general"] * 1.05, last
    assert last["probe-000"]["loss_domain"] > last["probe-100"]["loss_domain"] * 1.02, last
    program.tamis("fit", "P/runs.csv", "-o", "law.json", "-q")
    answer = json.loads(program.tamis("plan", "law.json", "--budget", "difference=0.5", "-q").out)
    assert 0 < answer["ratio"] < 1, answer
    program.run("recipe.yaml", "RUN", "--max-bad", "1")
    target = program.load("RUN/report.json")["targets"][0]
    assert target["law"] and abs(target["ratio"] - answer["ratio"]) < 0.05, (target, answer)


def test_threads_and_interruption():
    """The same bytes from one thread and from two, also when it was stopped on the way and went on."""
    corpora()
    probe("one", "--threads", "1", "--ratios", "0,0.5,1", size=SMALLEST)
    command = [program.TAMIS, "probe", "recipe.yaml", "--proxy", "-o", "two", "-q", *SMALLEST, "--threads", "2",
               "--ratios", "0,0.5,1"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None and not any(name.endswith(".run") for name in kept("two")):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    said = process.communicate()[1].decode()
    assert process.returncode in (0, 130), (process.returncode, said)
    if process.returncode == 130:
        assert "the same command continues" in said, said
        assert not os.path.exists("two/runs.csv")
        finished = [name for name in kept("two") if name.endswith(".run")]
        outcome = program.tamis(*command[1:command.index("-q")], *command[command.index("-q") + 1:])
        assert "%d run" % len(finished) in outcome.err.decode(), (finished, outcome.err)
    for name in ("runs.csv", "README.md"):
        with open("one/" + name, "rb") as a, open("two/" + name, "rb") as b:
            assert a.read() == b.read(), name


def kept(folder):
    path = os.path.join(folder, ".work", "training")
    return os.listdir(path) if os.path.isdir(path) else []


def test_from_scratch():
    """Without a base nothing is said of one, and the table is labelled."""
    corpora()
    probe("S", "--from-scratch", "--ratios", "0,0.5,1", "--threads", "1", size=SMALLEST)
    table = rows("S/runs.csv")
    assert {row["base_model"] for row in table} == {"from scratch: a pretraining mixture"}, table[0]
    assert {row["base_loss_general"] for row in table} == {""}, table[0]


def test_exported_corpora():
    """Every share has the tokens and the ratio that the table tells, and nothing of what is held out."""
    corpora()
    program.tamis("probe", "recipe.yaml", "--export", "E", "-q", "--max-bad", "1")
    held_out = set()
    for domain in ("law", "general"):
        with open("E/valid/%s.jsonl" % domain, encoding="utf-8") as f:
            held_out |= {json.loads(line)["id"] for line in f}
    assert held_out
    domain_ids = {json.loads(line)["id"] for line in open("deeds.jsonl", encoding="utf-8")}
    for row in rows("E/runs.csv"):
        tokens = domain = 0
        folder = os.path.join("E", "out", row["run"])
        for name in os.listdir(folder):
            if not name.startswith("train-"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                for line in f:
                    document = json.loads(line)
                    size = max(1, (10 * len(document["text"].encode()) + 21) // 42)
                    tokens += size
                    domain += size if document["id"] in domain_ids else 0
                    assert document["id"] not in held_out, document["id"]
        assert tokens == int(row["D"]), (row, tokens)
        assert abs(domain / tokens - float(row["ratio"])) < 1e-12, row
    outcome = program.tamis("fit", "E/runs.csv", code=3)
    assert "no loss" in outcome.err.decode(), outcome.err


if __name__ == "__main__":
    program.main(globals())
