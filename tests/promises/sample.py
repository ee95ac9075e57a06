"""
The sample that reports are made of is the documented one: hashes under the rate, and the 10,000 smallest of the run.
What a run guesses about files still to come may cost time; it changes nothing, whatever comes, on any threads, killed
or not.
"""
import os
import re
import signal
import subprocess
import time

from lib import program, world

SMALLEST = 10000
RATE = (1 << 64) // 100
FILTERS = [{"length": {"min_words": 9, "max_words": 60}}, {"gopher_quality": {"on": ["all"]}}]


def write_inputs(count=11000, pad=120):
    """Many short documents that lie in many chunks, a few long ones, and copies."""
    maker = world.Maker(131, sentences=400)
    filler = "filler " * pad
    short = [maker.line(" ".join(maker.rng.choices(maker.words, k=maker.rng.randint(4, 14))), more=filler)
             for _ in range(count)]
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


def run(folder, *options, threads=2):
    """Whether the run looked a second time."""
    outcome = program.tamis("run", "recipe.yaml", "-o", folder, "--no-check", "--threads", threads, "--stats", *options)
    return re.search(rb"^sample +[\d.]+ +[\d.]+%$", outcome.err, re.MULTILINE) is not None


def sampled(folder):
    """(hash, values) of the documents that count, after a look whether they are there, and nobody else."""
    rows, first = [], 0
    stored = {}
    for part in parts(folder):
        survey = program.read_npy(part + "/survey.npy")
        rows += [(row["hash_high"], first + i) for i, row in enumerate(survey) if row["hash_high"] | row["hash_low"]]
        sample = program.read_npy(part + "/sample.npy")
        places = [row["number"] for row in sample]
        assert places == sorted(set(places)), "%s/sample.npy is not in order" % part
        stored.update((first + row["number"], row["values"]) for row in sample)
        first += len(survey)
    rows.sort()
    count = {number for _, number in rows[:SMALLEST]} | {number for high, number in rows if high < RATE}
    missing, more = sorted(count - set(stored)), sorted(set(stored) - count)
    assert not missing, "%d of %d documents of the sample were not measured" % (len(missing), len(count))
    assert not more, "%d documents are in the sample beside the %d that count" % (len(more), len(count))
    hashes = dict((number, high) for high, number in rows)
    return sorted((hashes[number], repr(stored[number])) for number in count)


def check(folder, truth, what):
    found = sampled(folder)
    assert [high for high, _ in found] == [high for high, _ in truth], "%s: other documents count" % what
    assert found == truth, "%s: other values were measured" % what


def compare_files(a, b):
    """sample.npy, byte for byte; and what explain tells of documents in and out of it."""
    assert len(parts(a)) == len(parts(b)), "%s and %s have other parts" % (a, b)
    for ours, theirs in zip(parts(a), parts(b)):
        with open(ours + "/sample.npy", "rb") as x, open(theirs + "/sample.npy", "rb") as y:
            assert x.read() == y.read(), "%s/sample.npy and %s/sample.npy differ" % (ours, theirs)
    for id in ("s0#0", "s0#1", "s1#0", "s1#3", "s2#5", "s2#6"):
        told = [program.tamis("explain", folder, id, code=None).out for folder in (a, b)]
        assert told[0] == told[1], "explain tells another story of %s in %s and %s" % (id, a, b)


def report_of(folder):
    report = program.load(folder + "/report.json")
    return {key: value for key, value in report.items() if "sample" in key or key == "rules"}


FILES = ["short.jsonl.zst", "long.jsonl.gz", "more.frames.zst"]


def test_whatever_comes_later():
    """Every order of very different files gives the same documents and values; a wrong guess is made good."""
    write_inputs()
    truth, looks = None, 0
    for order in ((0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)):
        recipe("recipe.yaml", [FILES[i] for i in order])
        one = "RUN-%d%d%d-" % order
        for threads in (1, 3, 4):
            folder = one + str(threads)
            looks += run(folder, threads=threads)
            truth = truth or sampled(folder)
            check(folder, truth, folder)
            compare_files(one + "1", folder)
            assert report_of(one + "1") == report_of(folder), "%s: the report depends on threads" % folder
    assert 0 < looks < 12, "%d of 12 runs looked a second time" % looks


def test_several_parts():
    """A ledger of several parts: what was missed lies in more than one, what was too much in all."""
    write_inputs(count=18000, pad=1200)
    recipe("recipe.yaml", FILES)
    truth = None
    for threads, memory in ((1, "1G"), (3, "1G"), (3, "4G")):
        folder = "RUN-%d-%s" % (threads, memory)
        assert run(folder, "--memory", memory, threads=threads), "%s: nothing was missed" % folder
        assert len(parts(folder)) > 2, "%s has %d parts" % (folder, len(parts(folder)))
        truth = truth or sampled(folder)
        check(folder, truth, folder)
        compare_files("RUN-1-1G", folder)


def killed(folder, delay):
    """The run, ended `delay` seconds after its first part; False: it was over before."""
    command = [program.TAMIS, "run", "recipe.yaml", "-o", folder, "--no-check", "--threads", "2", "-q"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not os.path.exists(folder + "/ledger/part-000000"):
        time.sleep(0.0005)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    return process.wait(timeout=60) != 0


def test_killed_before_it_is_complete():
    """Killed after the last block, at once and later, once and again: the same command completes the sample."""
    write_inputs()
    recipe("recipe.yaml", FILES)
    assert run("RUN"), "nothing was missed"
    truth = sampled("RUN")
    kills = 0
    for delays in ((0,), (0.005,), (0.01,), (0.03,), (0.1,), (0, 0, 0.005)):
        folder = "K-" + "-".join("%g" % delay for delay in delays)
        kills += sum([killed(folder, delay) for delay in delays])
        run(folder)
        check(folder, truth, folder)
        compare_files("RUN", folder)
        program.assert_same_tree("RUN/out", folder + "/out", folder)
        assert report_of("RUN") == report_of(folder), "the report of a run that was killed is another"
    assert kills >= 3, "only %d runs were killed before they were over" % kills


if __name__ == "__main__":
    program.main(globals())
