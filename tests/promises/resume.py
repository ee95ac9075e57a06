"""
Promise 6: killed anywhere, run again by the same command, the run continues, ends well and writes the same bytes. And
files appear whole or not at all.
"""
import os
import random
import shutil
import signal
import subprocess
import time
import zlib

import recount
from lib import program, world

OPTIONS = ["--max-bad", "1", "--threads", "2", "-q"]
TO_DISK = ["--memory", "1G"]  # too little to keep texts and spools in memory
rng = random.Random(41)


def start(recipe, folder, *more):
    return subprocess.Popen([program.TAMIS, "run", recipe, "-o", folder, *OPTIONS, *more], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def has_parts(folder, count):
    return os.path.isdir(os.path.join(folder, "ledger", "part-%06d" % (count - 1)))


MOMENTS = {
    "at the start": lambda folder: True,
    "in survey": lambda folder: program.stage_is_begun(folder, "survey"),
    "after a block": lambda folder: has_parts(folder, 1),
    "after two blocks": lambda folder: has_parts(folder, 2),
    "in resolve": lambda folder: program.stage_is_begun(folder, "resolve"),
    "in mix": lambda folder: program.stage_is_begun(folder, "mix"),
    "in emit": lambda folder: program.stage_is_begun(folder, "emit"),
    "among the spools": lambda folder: os.path.isdir(os.path.join(folder, "tmp", "emit")),
    "among the shards": lambda folder: os.path.exists(os.path.join(folder, "tmp", "emit", "scattered.npy")),
}


def kill_at(recipe, folder, moment, number, delay):
    """Starts the run and ends it `delay` seconds after the moment; False: it was over before."""
    process = start(recipe, folder, *(TO_DISK if moment.startswith("among") else []))
    try:
        while process.poll() is None and not MOMENTS[moment](folder):
            time.sleep(0.0005)
        time.sleep(delay)
        if process.poll() is None:
            process.send_signal(number)
    finally:
        code = process.wait(timeout=60)
    allowed = (0, -number, 130) if number == signal.SIGINT else (0, -number)
    assert code in allowed, "exit %d after signal %d %s" % (code, number, moment)
    return code != 0


def assert_whole(folder):
    """What stands under its final name can be read to its end."""
    for name in program.files_under(folder):
        path = os.path.join(folder, name)
        final = not os.path.basename(name).startswith(".") and not name.startswith(("tmp/", "ledger/tmp-"))
        if final and name.endswith(".zst"):
            tested = subprocess.run(["zstd", "-tq", path], stderr=subprocess.DEVNULL)
            assert tested.returncode == 0, "%s stands half written" % name
        if final and name.endswith(".json"):
            program.load(path)
        if final and name.endswith(".npy") and name.startswith("ledger/part-"):
            with open(path, "rb") as f:
                assert f.read(6) == b"\x93NUMPY", name


def finish(recipe, folder):
    program.tamis("run", recipe, "-o", folder, *OPTIONS)


def compare(folder, what):
    program.assert_same_tree("RUN/out", folder + "/out", "out/ " + what)
    program.assert_same_tree("RUN/valid", folder + "/valid", "valid/ " + what)
    program.assert_same_tree("RUN/dropped", folder + "/dropped", "dropped/ " + what)
    ours, theirs = program.load(folder + "/report.json"), program.load("RUN/report.json")
    for key in ("command", "processes", "wall_seconds", "cpu_seconds", "peak_rss_bytes", "ledger_bytes_per_document"):
        ours.pop(key), theirs.pop(key)
    different = [key for key in theirs if ours.get(key) != theirs[key]]
    assert not different, "report.json %s: %s differ: %s, %s" % (what, different, ours.get(different[0]),
                                                                 theirs[different[0]])
    for part in os.listdir("RUN/ledger"):
        for name in ("survey.npy", "ids.bin", "bands.npy", "sample.npy", "resolve.npy", "mix.npy"):
            path = "/ledger/%s/%s" % (part, name)
            if os.path.exists("RUN" + path):
                with open("RUN" + path, "rb") as a, open(folder + path, "rb") as b:
                    assert a.read() == b.read(), "%s %s" % (path, what)
    assert not os.path.exists(folder + "/tmp"), "tmp/ was left behind " + what


def small_world():
    world.three_sources(seed=42, count=300)
    world.three_recipe()
    finish("recipe.yaml", "RUN")


def test_killed_once_at_every_moment():
    small_world()
    kills = 0
    for index, moment in enumerate(MOMENTS):
        for number in (signal.SIGKILL, signal.SIGINT)[:1 + index % 2]:
            folder = "K-%s-%d" % (moment.replace(" ", "-"), number)
            if kill_at("recipe.yaml", folder, moment, number, rng.choice((0, 0, 0.002, 0.01))):
                assert_whole(folder)
                kills += 1
            finish("recipe.yaml", folder)
            compare(folder, "killed %s by %s" % (moment, signal.Signals(number).name))
            shutil.rmtree(folder)
    assert kills >= 6, "only %d runs were killed before they were over" % kills


def test_killed_again_and_again():
    small_world()
    kills = 0
    for attempt in range(3):
        folder = "K-%d" % attempt
        for _ in range(8):
            moment = rng.choice(list(MOMENTS))
            number = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT))
            if not kill_at("recipe.yaml", folder, moment, number, rng.random() * 0.03):
                break
            assert_whole(folder)
            kills += 1
        finish("recipe.yaml", folder)
        compare(folder, "after several kills")
        recount.recount(folder)
    assert kills >= 4, "only %d runs were killed before they were over" % kills


def test_the_report_is_the_same():
    """What the report says of stages that were done before the kill: pairs that the cap of a bucket left out."""
    maker = world.Maker(46)
    text = maker.prose(400)
    lines = [maker.line(maker.near(text, 1)) for _ in range(80)] + [maker.line(maker.prose(100)) for _ in range(600)]
    program.write_lines("in/web.jsonl.zst", lines)
    world.write_recipe("recipe.yaml", [world.source("web", "in/web.jsonl.zst", "general")],
                       output={"shard_bytes": "64K"})
    finish("recipe.yaml", "RUN")
    assert program.load("RUN/report.json")["duplicates"]["capped_pairs"] > 0, "no bucket was capped"
    killed = any(kill_at("recipe.yaml", "K", "in emit", signal.SIGKILL, 0) for _ in range(3))
    assert killed, "the run was over before it could be killed"
    finish("recipe.yaml", "K")
    compare("K", "killed in emit")


def test_nothing_is_left_behind():
    """What a killed process had under temporary names is removed by the one that continues."""
    small_world()
    assert kill_at("recipe.yaml", "K", "in emit", signal.SIGKILL, 0), "the run was over before it could be killed"
    leftovers = ["K/.status.json.tmp-1", "K/ledger/.resolve.json.tmp-1", "K/ledger/part-000000/.mix.npy.tmp-1",
                 "K/out/lawyer/.train-00000-of-00001.jsonl.zst.tmp-1",
                 "K/valid/.law.jsonl.zst.tmp-1", "K/dropped/.dedup-00000.jsonl.zst.tmp-1"]
    for name in leftovers:
        program.write(name, "half written")
    finish("recipe.yaml", "K")
    compare("K", "after a kill")
    left = [name for name in leftovers if os.path.exists(name)]
    assert not left, "left behind: %s" % " ".join(left)


def test_several_blocks():
    """A corpus of more than two blocks of 64 MiB: the blocks that stand are not surveyed again."""
    maker = world.Maker(43, sentences=20000)
    size, last = 0, []
    os.makedirs("in")
    files = [open("in/%d.jsonl" % i, "wb") for i in range(3)]
    while size < 145 << 20:
        text = maker.prose(440)
        lines = [maker.line(text)]
        if maker.serial % 25 == 0:
            last = last[-20:] + [text]
            lines.append(maker.line(maker.near(maker.rng.choice(last), 2)))
        for line in lines:
            files[size // (50 << 20)].write(line + b"\n")
            size += len(line) + 1
    for f in files:
        f.close()
    world.write_recipe("recipe.yaml", [world.source("web", "in", "general")], filters=[{"length": {"min_words": 5}}],
                       output={"shard_bytes": "16M", "compression": "zstd:1"})
    finish("recipe.yaml", "RUN")
    assert has_parts("RUN", 3), "fewer than three blocks"
    killed = kill_at("recipe.yaml", "K", "after a block", signal.SIGKILL, 0.1)
    assert killed, "the run was over before it could be killed"
    stood = os.stat("K/ledger/part-000000/survey.npy").st_mtime_ns
    for moment, delay in (("after two blocks", 0.02), ("in resolve", 0.3), ("in emit", 0.2), ("among the shards", 0.1)):
        kill_at("recipe.yaml", "K", moment, signal.SIGKILL, delay)
    finish("recipe.yaml", "K")
    assert os.stat("K/ledger/part-000000/survey.npy").st_mtime_ns == stood, "the first block was surveyed again"
    compare("K", "after several kills")


def gzip_members(path):
    """The bytes that each member of a whole gzip file holds."""
    with open(path, "rb") as f:
        left = f.read()
    members = []
    while left:
        member = zlib.decompressobj(wbits=31)
        members.append(len(member.decompress(left)))
        assert member.eof, "%s ends inside a member" % path
        left = member.unused_data
    return members


def test_gzip_of_several_blocks():
    """Shards of several gzip members, which threads make: one thread and a killed run write the same."""
    maker = world.Maker(46, sentences=4000)
    program.write_lines("in.jsonl", [maker.line(maker.prose(400 if i % 9 else 30)) for i in range(5000)])
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl", "general")], dedup={"minhash": False},
                       filters=[{"length": {"min_words": 100}}], accept={"length_min_words": 0.2},
                       output={"shard_bytes": "8M", "compression": "gzip:1"})
    finish("recipe.yaml", "RUN")
    shards = [name for name in program.files_under("RUN/out") if name.endswith(".gz")]
    members = [gzip_members(os.path.join("RUN/out", name)) for name in shards]
    assert any(len(sizes) > 1 for sizes in members), "no shard has two members: %s" % members
    written = sorted(line for name in shards for line in program.read_lines(os.path.join("RUN/out", name)))
    with open("in.jsonl", "rb") as f:
        assert set(written) <= set(program.split_lines(f.read())), "a line was changed"
    report = program.load("RUN/report.json")
    assert len(written) == report["emitted"]["documents"] > 4000, report["emitted"]
    program.run("recipe.yaml", "ONE", "--max-bad", 1, threads=1)
    compare("ONE", "by one thread")
    killed = [kill_at("recipe.yaml", "K", moment, signal.SIGKILL, delay)
              for moment in ("in emit", "among the spools", "among the shards") for delay in (0, 0.01)]
    assert any(killed), "the run was over before it could be killed"
    finish("recipe.yaml", "K")
    compare("K", "killed while it wrote")


def test_decided_first():
    """A run that only decides, and is then told to write, writes what a run in one go does."""
    small_world()
    program.tamis("run", "recipe.yaml", "-o", "K", "--no-text", *OPTIONS)
    assert not os.path.exists("K/out") and not os.path.exists("K/report.json"), "--no-text wrote"
    finish("recipe.yaml", "K")
    compare("K", "decided first")


def test_costs_of_all_processes():
    """Time is summed over the processes that worked on the run; one that finds all done adds nothing; afresh is anew."""
    world.three_sources(seed=45, count=400)
    world.three_recipe()
    program.tamis("run", "recipe.yaml", "-o", "RUN", *OPTIONS, "--no-text")
    first = program.load("RUN/ledger/costs.json")
    assert first["processes"] == 1 and first["cpu_microseconds"] > 0, first
    finish("recipe.yaml", "RUN")
    report = program.load("RUN/report.json")
    assert report["processes"] == 2, report["processes"]
    assert report["cpu_seconds"] > 1e-6 * first["cpu_microseconds"], (report["cpu_seconds"], first)
    assert report["wall_seconds"] > 1e-6 * first["wall_microseconds"], (report["wall_seconds"], first)
    assert report["peak_rss_bytes"] >= first["peak_rss_bytes"]
    costs = program.load("RUN/ledger/costs.json")
    finish("recipe.yaml", "RUN")
    assert program.load("RUN/ledger/costs.json") == costs and program.load("RUN/report.json") == report
    program.tamis("run", "recipe.yaml", "-o", "RUN", *OPTIONS, "--redo", "--set", "max_line=2M")
    assert program.load("RUN/report.json")["processes"] == 1


def test_two_at_once():
    """A second run in the same folder is refused and harms nothing."""
    world.three_sources(seed=44, count=500)
    world.three_recipe()
    process = start("recipe.yaml", "RUN")
    while process.poll() is None and not program.stage_is_begun("RUN", "survey"):
        time.sleep(0.0005)
    second = program.tamis("run", "recipe.yaml", "-o", "RUN", *OPTIONS, code=None)
    code = process.wait(timeout=60)
    assert code == 0, "the first run came to %d" % code
    if second.code:
        assert second.code == 2 and b"another" in second.err, second.text()
    finish("recipe.yaml", "RUN")
    recount.recount("RUN")


def test_sigterm_and_a_note():
    """SIGTERM ends a run like SIGINT: 130, and status says that the same command continues it."""
    world.three_sources(seed=45, count=800)
    world.three_recipe()
    process = subprocess.Popen([program.TAMIS, "run", "recipe.yaml", "-o", "RUN", *OPTIONS], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None and not program.stage_is_begun("RUN", "survey"):
        time.sleep(0.0005)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    if process.returncode == 0:
        raise program.Skip("the run was over before the signal came")
    assert process.returncode == 130, "exit %d" % process.returncode
    assert b"same command" in err, err
    said = program.tamis("status", "RUN")
    assert b"not finished" in said.out and b"continues" in said.out, said.out
    finish("recipe.yaml", "RUN")
    assert b"finished" in program.tamis("status", "RUN").out


if __name__ == "__main__":
    program.main(globals())
