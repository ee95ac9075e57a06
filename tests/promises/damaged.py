"""
Promise 8, of streams that break: what was decoded is used, reading goes on behind the damage where that can be, the
other parts are whole, and the damage is named by file and byte.
"""
import gzip
import json
import os
import subprocess

from hostile import good_lines, recipe_of, rejects_of
from lib import program


def assert_damage_is_named(folder, err):
    """By file and byte, in the report and in the last words of the run; and whether the rest of the file was read."""
    report = json.load(open(folder + "/report.json"))
    rejects = [r for r in rejects_of(folder) if r["reason"] == "damaged_stream"]
    files = list(dict.fromkeys(r["file"] for r in rejects))
    assert [d["file"] for d in report["damaged"]] == files and report["damaged_files"] == len(files), report["damaged"]
    for damage in report["damaged"]:
        stretches = [r["offset"] for r in rejects if r["file"] == damage["file"]]
        assert (damage["offset"], damage["stretches"]) == (stretches[0], len(stretches)), damage
        said = "%s: the stream breaks at byte %d (decompressed)" % (damage["file"], damage["offset"])
        assert said.encode() in err, err
        assert (b"NOT read" in err) == damage["cut"], err
    return report["damaged"]


def test_truncated_streams():
    """Cut at many places: exit 1, what could be decoded is used, the other parts are whole; nothing readable: 3."""
    broken, fine = good_lines(1500, 93), good_lines(60, 94)
    data = b"".join(line + b"\n" for line in broken)
    whole = program.compress(data, "-1")
    frames = b"".join(program.compress(data[at:at + 20000], "-1") for at in range(0, len(data), 20000))
    program.write_lines("in/b.jsonl.zst", fine)
    results = set()
    for name, stream in (("whole", whole), ("frames", frames)):
        for share in (0.001, 0.02, 0.2, 0.5, 0.77, 0.97, 0.9999):
            cut = max(1, int(len(stream) * share))
            program.write("in/a.jsonl.zst", stream[:cut])
            recipe_of("in/a.jsonl.zst", "in/b.jsonl.zst", dedup=False, holdout=False)
            folder = "RUN-%s-%d" % (name, cut)
            outcome = program.run("recipe.yaml", folder, "--max-bad", 1, code=None)
            what = "%s cut at %d of %d" % (name, cut, len(stream))
            results.add(outcome.code)
            if outcome.code == 3:
                assert b"a.jsonl.zst" in outcome.err and share < 0.5, "%s: %s" % (what, outcome.err)
                continue
            assert outcome.code == 1, "%s: exit %d %s" % (what, outcome.code, outcome.err)
            assert b"damaged" in outcome.err, outcome.err
            rows = program.ledger_rows(folder)
            reasons = [r["reason"] for r in rejects_of(folder)]
            assert reasons == ["damaged_stream"], "%s: %s" % (what, reasons)
            assert [d["cut"] for d in assert_damage_is_named(folder, outcome.err)] == [True]
            first = [row for row in rows if row["fate"] != "rejected"]
            written = set()
            for shard in os.listdir(folder + "/out/all"):
                if shard.startswith("train"):
                    written.update(program.read_lines("%s/out/all/%s" % (folder, shard)))
            assert written >= set(fine), "%s: lines of the other file are missing" % what
            assert written <= set(fine) | set(broken), "%s: lines that were never read" % what
            assert len(written) == len(first), "%s: %d lines, %d rows" % (what, len(written), len(first))
            assert len(first) - len(fine) >= 0
    assert 1 in results, "no cut gave exit 1"


def test_corrupt_streams():
    """A flipped byte in the middle of a frame, garbage behind a frame, a broken gzip."""
    lines, fine = good_lines(400, 95), good_lines(60, 96)
    data = b"".join(line + b"\n" for line in lines)
    program.write_lines("in/b.jsonl", fine)
    zst = b"".join(program.compress(data[at:at + 20000], "-1", "--check") for at in range(0, len(data), 20000))
    gz = gzip.compress(data, 4)
    flipped = bytearray(zst)
    flipped[len(zst) // 2] ^= 0x55
    cases = {"flipped.jsonl.zst": bytes(flipped), "garbage.jsonl.zst": zst + b"garbage behind it",
             "cut.jsonl.gz": gz[:len(gz) // 2], "crc.jsonl.gz": gz[:-8] + b"\x01\x02\x03\x04" + gz[-4:]}
    for name, stream in cases.items():
        program.write("in/" + name, stream)
        recipe_of("in/" + name, "in/b.jsonl", dedup=False, holdout=False, path=name + ".yaml")
        outcome = program.run(name + ".yaml", "RUN-" + name, "--max-bad", 1, code=1)
        assert b"damaged" in outcome.err, "%s: %s" % (name, outcome.err)
        reasons = [r["reason"] for r in rejects_of("RUN-" + name)]
        # before a checksum fails at the end of its frame, spoiled bytes may have come out of it
        assert reasons[-1] == "damaged_stream" and set(reasons[:-1]) <= {"invalid_json"}, "%s: %s" % (name, reasons)
        rows = program.ledger_rows("RUN-" + name)
        assert len(rows) - len(reasons) >= len(fine), "%s: the other file suffered" % name
        assert len(rows) <= len(fine) + len(lines) + 1, "%s: more lines than there were" % name
        for verb in (["filter", "--filter", "length:min_words=1"], ["dedup"]):
            program.tamis(*verb, "--max-bad", 1, "in/" + name, code=1)


def lost_frames(stated):
    lines = good_lines(1200, 97)
    data = b"".join(line + b"\n" for line in lines)
    spoiled, step = (2, 3, 7), 15000
    program.write("in/a.jsonl.zst", program.compress_frames(data, step, spoiled, stated))
    program.write("in/b.jsonl.zst", program.compress_frames(data[:60000], 1700000, (0,), stated))
    program.write_lines("in/c.jsonl", good_lines(20, 98))
    at, offsets = 0, []
    for line in lines:
        offsets.append(at)
        at += len(line) + 1
    stretches = [(2 * step, 4 * step), (7 * step, 8 * step)]
    safe = [line for line, offset in zip(lines, offsets)
            if not any(offset <= end and offset + len(line) + 1 > start for start, end in stretches)]
    reference = None
    for threads in (1, 2, 5):
        recipe_of("in/a.jsonl.zst", "in/c.jsonl", holdout=False)
        folder = "RUN-%s-%d" % (stated, threads)
        outcome = program.run("recipe.yaml", folder, "--max-bad", 1, "--memory", "1G", code=1, threads=threads)
        assert b"damaged" in outcome.err, outcome.err
        rejects = rejects_of(folder)
        assert [r["reason"] for r in rejects] == ["damaged_stream"] * 2, rejects
        assert [d["cut"] for d in assert_damage_is_named(folder, outcome.err)] == [False]
        for reject, (start, end) in zip(rejects, stretches):
            shift = 0 if stated else 2 * step  # so much less may have been decoded before
            assert start - 20000 - shift < reject["offset"] < end, "%s: not in [%d, %d)" % (reject, start, end)
        written = set()
        for shard in os.listdir(folder + "/out/all"):
            if shard.startswith("train"):
                written.update(program.read_lines("%s/out/all/%s" % (folder, shard)))
        assert len(written & set(safe)) > 0.9 * len(safe) and len(safe) > 800, (len(written), len(safe))
        rows = program.ledger_rows(folder)
        ids = {row["id"] for row in rows if row["fate"] != "rejected"}
        missing = [line for line in safe if json.loads(line)["id"] not in ids]
        assert not missing, missing[:3]
        assert written <= set(lines) | set(good_lines(20, 98)), "lines that were never read"
        report = json.load(open(folder + "/report.json"))
        assert report["conserved"] is True
        reference = reference or folder
        program.assert_same_tree(reference + "/out", folder + "/out", folder)
    kept = [program.tamis("dedup", "--threads", threads, "--max-bad", 1, "in/a.jsonl.zst", code=1).out for threads in
            (1, 3)]
    assert kept[0] == kept[1] and kept[0].count(b"\n") >= len(safe) * 0.9
    with open("in/a.jsonl.zst", "rb") as f:
        piped = program.tamis("dedup", "--max-bad", 1, stdin=f.read(), code=1).out
    assert piped == kept[0], "a damaged file and the same from stdin differ"
    program.tamis("filter", "--filter", "length:min_words=1", "--max-bad", 1, "in/b.jsonl.zst", code=3)


def test_damage_is_named_by_verbs():
    """However many records were rejected before it, the first break of a stream is named."""
    data = b"".join(line + b"\n" for line in [b"{"] * 20 + good_lines(400, 99))
    packed = gzip.compress(data, 4)
    program.write("in/many.jsonl.gz", packed[:len(packed) // 2])
    for verb in (["filter", "--filter", "length:min_words=1"], ["dedup"], ["signals", "--filter", "length"]):
        outcome = subprocess.run([program.TAMIS, *verb, "--max-bad", "1", "in/many.jsonl.gz"], capture_output=True)
        assert outcome.returncode == 1, outcome.stderr
        assert outcome.stderr.count(b"in/many.jsonl.gz: byte") == 6, outcome.stderr
        assert outcome.stderr.count(b"damaged_stream\n") == 1, outcome.stderr


def test_lost_frames():
    """A frame whose content is bad: it is lost, with the record that reaches into it on either side, and no other."""
    lost_frames(stated=True)


def test_lost_frames_of_unknown_size():
    """The same without stated sizes, as `zstd -c` in a pipe makes them."""
    lost_frames(stated=False)


if __name__ == "__main__":
    program.main(globals())
