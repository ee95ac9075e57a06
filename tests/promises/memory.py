"""
Promise 5: memory follows from the options and is told before the run; a run that would need more than --memory stops
before it starts and names the figure.
"""
import os
import re

from lib import program, world

MIB = 1 << 20


def figure(text):
    """Sizes in a message, in bytes."""
    units = {"B": 1, "kB": 1000, "MB": 10 ** 6, "GB": 10 ** 9, "KiB": 1 << 10, "MiB": MIB, "GiB": 1 << 30}
    return [float(number.replace(",", "")) * units[unit]
            for number, unit in re.findall(r"([\d.,]*\d) (B|kB|MB|GB|KiB|MiB|GiB)\b", text)]


def test_too_little_is_said_before_the_start():
    """Exit 4, a figure that is more than what was allowed, no survey; and with that figure the run goes through."""
    maker = world.Maker(111)
    program.write_lines("in.jsonl.zst", [maker.line(maker.prose(100)) for _ in range(400)])
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl.zst", "general")])
    for allowed in ("1M", "20M", "100M"):
        outcome = program.tamis("run", "recipe.yaml", "-o", "RUN", "--memory", allowed, "--threads", 2, code=4)
        said = outcome.err.decode()
        sizes = figure(said[said.rindex("tamis:"):])
        assert "memory" in said and sizes, "no figure: %s" % said
        assert max(sizes) > int(allowed[:-1]) * MIB, "the figure is not more than %s: %s" % (allowed, said)
        assert min(sizes) > 0, "a figure of nothing: %s" % said
        assert not os.path.exists("RUN/ledger/part-000000"), "the run started with --memory %s" % allowed
    program.tamis("run", "recipe.yaml", "-o", "RUN", "--memory", "%dM" % (max(sizes) // MIB + 8), "--threads", 2)


def test_what_is_told_holds():
    """The figure printed before a run bounds what the run took, for several settings."""
    maker = world.Maker(112, sentences=3000)
    program.write_lines("in.jsonl.zst", [maker.line(maker.prose(200)) for _ in range(9000)])
    for threads, shard in ((1, "1M"), (2, "8M"), (4, "1M"), (4, "64M")):
        world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl.zst", "general")],
                           output={"shard_bytes": shard, "compression": "zstd:1"})
        folder = "RUN-%d-%s" % (threads, shard)
        outcome = program.tamis_measured("run", "recipe.yaml", "-o", folder, "--threads", threads)
        assert outcome.code == 0, outcome.text()
        told = re.search(r"at most ([\d.]+ [GMk]i?B) of memory", outcome.err.decode())
        assert told, outcome.err
        # the figure is rounded to two digits; 16 MiB for the program itself
        bound = figure(told[1])[0] * 1.05 + 16 * MIB
        assert outcome.peak <= bound, "%d threads, shards of %s: %.0f MiB where %s was told" % (
            threads, shard, outcome.peak / MIB, told[1])


def test_a_large_corpus():
    """150 MB with two threads stay below 600 MB, copies and all; and the peak is what the report says."""
    maker = world.Maker(113, sentences=20000)
    os.makedirs("in")
    size, text = 0, ""
    with open("in/web.jsonl", "wb") as f:
        while size < 150 * 10 ** 6:
            text = maker.near(text, 2) if maker.serial % 40 == 39 else maker.prose(440)
            line = maker.line(text) + b"\n"
            f.write(line)
            size += len(line)
    world.write_recipe("recipe.yaml", [world.source("web", "in", "general")], filters=[{"length": {"min_words": 5}}],
                       output={"shard_bytes": "32M", "compression": "zstd:1"})
    outcome = program.tamis_measured("run", "recipe.yaml", "-o", "RUN", "--threads", 2)
    assert outcome.code == 0, outcome.text()
    assert outcome.peak < 600 * 10 ** 6, "%.0f MB" % (outcome.peak / 1e6)
    said = program.load("RUN/report.json")["peak_rss_bytes"]
    assert 0.5 * outcome.peak < said <= 1.1 * outcome.peak, "the report says %d, it was %d" % (said, outcome.peak)


def test_nothing_but_line_ends():
    """Millions of empty lines are no more at once than there may be records in a chunk."""
    program.write("in.jsonl", b"\n" * (12 * MIB))
    program.write("in.jsonl.zst", program.compress(b"\n" * (12 * MIB)))
    for name in ("in.jsonl", "in.jsonl.zst"):
        outcome = program.tamis_measured("filter", "--filter", "length:min_words=1", "--max-bad", "1", "-o", "kept.jsonl",
                                         "--threads", 2, name)
        assert outcome.code == 0 and b"12582912 rejected" in outcome.err, outcome.text()
        assert outcome.peak < 200 * MIB, "%s: %.0f MiB" % (name, outcome.peak / MIB)
    program.write("in.jsonl", b"\n" * (3 * MIB) + b'{"text":"one"}\n')
    outcome = program.tamis_measured("dedup", "--no-text", "--max-bad", "1", "--threads", 2, "in.jsonl")
    assert outcome.code == 0, outcome.text()
    assert outcome.peak < 450 * MIB, "%.0f MiB" % (outcome.peak / MIB)


def test_one_giant_line():
    """A line near --max-line is held, one beyond is not."""
    with open("in.jsonl", "wb") as f:
        f.write(b'{"id":"a","text":"' + b"word " * (4 * MIB) + b'"}\n')
        f.write(b'{"id":"b","text":"' + b"x" * (300 * MIB) + b'"}\n')
        f.write(b'{"id":"c","text":"an ordinary line"}\n')
    outcome = program.tamis_measured("filter", "--filter", "length:min_words=1", "--max-bad", "1", "-o", "kept.jsonl",
                                     "--threads", "2", "in.jsonl")
    assert outcome.code == 0, outcome.text()
    assert [line[:9] for line in program.read_lines("kept.jsonl")] == [b'{"id":"a"', b'{"id":"c"']
    assert outcome.peak < 900 * 10 ** 6, "%.0f MB" % (outcome.peak / 1e6)


if __name__ == "__main__":
    program.main(globals())
