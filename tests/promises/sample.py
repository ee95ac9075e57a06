"""
The sample that reports are made of is the documented one: hashes under the rate, and the 10,000 smallest of the run.
What a run guesses about files still to come may cost time; it changes nothing, whatever comes, on any threads, killed
or not.
"""
import os
import signal
import subprocess
import time

from lib import program, world

SMALLEST = 10000
RATE = (1 << 64) // 100
FILTERS = [{"length": {"min_words": 9, "max_words": 60}}, {"gopher_quality": {"on": ["all"]}}]


def write_inputs():
    """Many short documents that lie in many chunks, a few long ones, and copies."""
    maker = world.Maker(131, sentences=400)
    filler = "filler " * 120
    short = [maker.line(" ".join(maker.rng.choices(maker.words, k=maker.rng.randint(4, 14))), more=filler)
             for _ in range(11000)]
    long = [maker.line(maker.prose(900)) for _ in range(700)]
    few = [maker.line("one text for all of these", more=filler) for _ in range(500)]
    program.write_lines("short.jsonl.zst", short + few)
    program.write_lines("long.jsonl.gz", long)
    program.write_lines("more.frames.zst", [maker.line(maker.prose(30)) for _ in range(2500)])


def recipe(name, files):
    world.write_recipe(name, [world.source("s%d" % i, file, "general") for i, file in enumerate(files)],
                       filters=FILTERS)


def parts(folder):
    ledger = os.path.join(folder, "ledger")
    return [os.path.join(ledger, name) for name in sorted(os.listdir(ledger)) if name.startswith("part-")]


def sampled(folder):
    """(hash, values) of the documents that count, after a look whether every one of them is there."""
    rows, first = [], 0
    stored = {}
    for part in parts(folder):
        survey = program.read_npy(part + "/survey.npy")
        rows += [(row["hash_high"], first + i) for i, row in enumerate(survey) if row["hash_high"] | row["hash_low"]]
        places = [row["number"] for row in program.read_npy(part + "/sample.npy")]
        assert places == sorted(set(places)), "%s/sample.npy is not in order" % part
        stored.update((first + row["number"], row["values"]) for row in program.read_npy(part + "/sample.npy"))
        first += len(survey)
    rows.sort()
    count = {number for _, number in rows[:SMALLEST]} | {number for high, number in rows if high < RATE}
    missing = sorted(count - set(stored))
    assert not missing, "%d of %d documents of the sample were not measured" % (len(missing), len(count))
    hashes = dict((number, high) for high, number in rows)
    return sorted((hashes[number], repr(stored[number])) for number in count), len(stored)


def check(folder, truth, what):
    found, stored = sampled(folder)
    assert [high for high, _ in found] == [high for high, _ in truth], "%s: other documents count" % what
    assert found == truth, "%s: other values were measured" % what
    return stored


def report_of(folder):
    report = program.load(folder + "/report.json")
    return {key: value for key, value in report.items() if "sample" in key or key == "rules"}


def test_whatever_comes_later():
    """Every order of very different files gives the same documents and values; a wrong guess is made good."""
    write_inputs()
    files = ["short.jsonl.zst", "long.jsonl.gz", "more.frames.zst"]
    truth = None
    for order in ((0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)):
        for threads in (1, 3):
            folder = "RUN-%d%d%d-%d" % (*order, threads)
            recipe("recipe.yaml", [files[i] for i in order])
            program.run("recipe.yaml", folder, "--no-check", threads=threads)
            truth = truth or sampled(folder)[0]
            check(folder, truth, folder)
        one = "RUN-%d%d%d-" % order
        assert report_of(one + "1") == report_of(one + "3"), "%s: the report depends on threads" % one


def test_killed_before_it_is_complete():
    """Killed after the last block, and again and again: the same command completes the sample."""
    write_inputs()
    files = ["short.jsonl.zst", "long.jsonl.gz", "more.frames.zst"]
    recipe("recipe.yaml", files)
    program.run("recipe.yaml", "RUN", "--no-check")
    truth, _ = sampled("RUN")
    for delay in (0, 0.01, 0.03, 0.1):
        process = subprocess.Popen([program.TAMIS, "run", "recipe.yaml", "-o", "K", "--no-check", "--threads", "2",
                                    "-q"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not os.path.exists("K/ledger/part-000000"):
            time.sleep(0.0005)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    program.run("recipe.yaml", "K", "--no-check")
    check("K", truth, "killed")
    program.assert_same_tree("RUN/out", "K/out", "killed")
    assert report_of("RUN") == report_of("K"), "the report of a run that was killed is another"


if __name__ == "__main__":
    program.main(globals())
