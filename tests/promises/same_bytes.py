"""
Promise 2: out/ depends on the input's text, the recipe and the seed only. The same world is run with other numbers of
threads, cut into other files, compressed otherwise, in other folders and with other memory: always the same bytes.
"""
import gzip
import os
import shutil

from lib import program, world

OPTIONS = ["--max-bad", 1]


def compare(reference, folder, what):
    program.assert_same_tree(os.path.join(reference, "out"), os.path.join(folder, "out"), "out/, " + what)
    program.assert_same_tree(os.path.join(reference, "valid"), os.path.join(folder, "valid"), "valid/, " + what)


def test_threads():
    world.three_sources(seed=31, count=500)
    world.three_recipe()
    for threads in (1, 2, 4, 7):
        program.run("recipe.yaml", "RUN-%d" % threads, *OPTIONS, threads=threads)
        if threads > 1:
            compare("RUN-1", "RUN-%d" % threads, "%d threads" % threads)
            program.assert_same_tree("RUN-1/dropped", "RUN-%d/dropped" % threads, "dropped/, %d threads" % threads)


def test_instruction_sets():
    """Vector code decides nothing: without it, and with less of it, the ledger and the outputs are the same."""
    world.three_sources(seed=33, count=300)
    world.three_recipe()
    program.run("recipe.yaml", "RUN", *OPTIONS)
    try:
        for cpu in ("plain", "avx2", "avx512"):
            os.environ["TAMIS_CPU"] = cpu
            program.run("recipe.yaml", "RUN-" + cpu, *OPTIONS)
            compare("RUN", "RUN-" + cpu, cpu)
            program.assert_same_tree("RUN/dropped", "RUN-%s/dropped" % cpu, "dropped/, " + cpu)
    finally:
        del os.environ["TAMIS_CPU"]


def test_the_sample():
    """On which documents every signal is measured follows from their texts, not from who came first."""
    maker = world.Maker(38, sentences=30000)
    lines = [maker.line(maker.prose(14)) for _ in range(26000)]
    program.write_lines("in/web.jsonl.zst", lines)
    program.write_lines("cut/a.jsonl", lines[:9001])
    program.write_lines("cut/b.jsonl.gz", lines[9001:])
    samples = []
    for folder, threads in (("in", 1), ("in", 4), ("cut", 2)):
        world.write_recipe(folder + ".yaml", [world.source("web", folder, "general")], dedup={"minhash": False},
                           filters=[{"gopher_quality": {"min_words": 5}}])
        program.run(folder + ".yaml", "RUN-%s-%d" % (folder, threads), threads=threads)
        samples.append(program.load("RUN-%s-%d/report.json" % (folder, threads))["sample"])
    assert 10000 <= samples[0]["documents"] < 12000, "%d sampled" % samples[0]["documents"]
    assert samples[0] == samples[1], "4 threads sample otherwise than 1: %s, %s" % tuple(samples[:2])
    assert samples[0] == samples[2], "2 files sample otherwise than 1: %s, %s" % (samples[0], samples[2])


def test_again_elsewhere():
    """Another folder, another --tmp, other memory, progress and a restarted process leave no trace."""
    world.three_sources(seed=32, count=300)
    world.three_recipe()
    program.run("recipe.yaml", "RUN", *OPTIONS)
    os.makedirs("tmp")
    program.run("recipe.yaml", "other/place/RUN", "--tmp", "tmp", "--memory", "1G", "--progress", "always", *OPTIONS)
    compare("RUN", "other/place/RUN", "elsewhere")
    assert not os.listdir("tmp"), "left in --tmp: %s" % os.listdir("tmp")
    shutil.move("in", "elsewhere")
    program.write("moved.yaml", open("recipe.yaml").read().replace('"in/', '"elsewhere/'))
    program.run("moved.yaml", "RUN-moved", *OPTIONS)
    compare("RUN", "RUN-moved", "inputs moved")


def cut(lines, pieces):
    """Uneven pieces, some of them empty."""
    marks = sorted((i * i * 7919 + 13) % (len(lines) + 1) for i in range(pieces - 1))
    return [lines[a:b] for a, b in zip([0] + marks, marks + [len(lines)])]


def write_cut(lines_of, pieces, ending):
    folder = "in-%d%s" % (pieces, ending.replace("*", ""))
    endings = [".jsonl", ".jsonl.zst", ".jsonl.gz", ".jsonl.frames.zst"]
    for name, lines in lines_of.items():
        for i, piece in enumerate(cut(lines, pieces)):
            end = endings[i % 4] if ending == "*" else ending
            program.write_lines("%s/%s/%03d%s" % (folder, name, i, end), piece)
    return folder


def test_cut_into_files():
    """1, 7 and 64 files; plain, zstd, gzip, many frames, and all of them at once."""
    lines_of = world.three_sources(seed=33, count=300, folder="unused")
    reference = None
    for pieces, ending in ((1, ".jsonl"), (1, ".jsonl.zst"), (1, ".jsonl.gz"), (1, ".jsonl.frames.zst"),
                           (7, ".jsonl.zst"), (64, ".jsonl"), (64, "*")):
        folder = write_cut(lines_of, pieces, ending)
        sources = [world.source("law", folder + "/law", "law"), world.source("web", folder + "/web/*", "general"),
                   world.source("src", folder + "/src/", "code", "code")]
        world.three_recipe(folder + ".yaml", sources=sources)
        program.run(folder + ".yaml", "RUN-" + folder, *OPTIONS, threads=1 + pieces % 3)
        reference = reference or "RUN-" + folder
        compare(reference, "RUN-" + folder, "%d files %s" % (pieces, ending))


def test_cut_where_kinds_are_guessed():
    """A source whose kind is left out: what the first file holds must not decide for all the others."""
    maker = world.Maker(34)
    lines = [maker.line(maker.code(), id="code-%d" % i) for i in range(4)]
    lines += [maker.line(maker.prose(100), id="prose-%d" % i) for i in range(150)]
    lines += [maker.line(text, id="junk-%d" % i) for i, text in enumerate(world.junk(maker))]
    for pieces in (1, 40):
        step = -(-len(lines) // pieces)
        for i in range(pieces):
            program.write_lines("in-%d/%03d.jsonl" % (pieces, i), lines[i * step:(i + 1) * step])
        source = {"name": "web", "paths": ["in-%d" % pieces], "domain": "general"}
        world.write_recipe("recipe-%d.yaml" % pieces, [source], holdout={"share": 0.1})
        program.run("recipe-%d.yaml" % pieces, "RUN-%d" % pieces)
    compare("RUN-1", "RUN-40", "1 file and 40 files, kind left out")


def test_chunks_at_other_places():
    """Long lines in front and in between move every chunk's edges; they are too short in words, so they are dropped."""
    maker = world.Maker(35, sentences=4000)
    lines = [maker.line(maker.prose(400)) for _ in range(3500)]
    reference = None
    for pad in (0, 1, 100003, 3 * 2 ** 20 + 17, 9 * 2 ** 20):
        folder = "pad-%d" % pad
        padding = b'{"id":"pad","x":"' + b"p" * pad + b'","text":"word"}'
        program.write_lines(folder + "/web.jsonl", [padding] + lines[:1700] + [padding] + lines[1700:])
        world.write_recipe(folder + ".yaml", [world.source("web", folder + "/web.jsonl", "general")],
                           filters=[{"length": {"min_words": 2}}], output={"shard_bytes": "4M"})
        program.run(folder + ".yaml", "RUN-" + folder)
        reference = reference or "RUN-" + folder
        compare(reference, "RUN-" + folder, "lines of %d bytes in between" % pad)
        shutil.rmtree(folder)


def write_oddities(maker):
    """What makes it hard to say where a record lies: BOM, CRLF, a line that is too long, a stream that breaks, gaps in one, no
    newline at the end; and a folder of texts, whose lines are made."""
    lines = world.mixed_source(maker, 250, "odd")
    long = maker.line("long " * 30000, id="too-long")
    some = lines[:120] + [long] + lines[120:240]
    program.write("odd/a-bom-crlf.jsonl", b"\xef\xbb\xbf" + b"".join(line + b"\r\n" for line in some))
    rest = b"".join(line + b"\n" for line in lines[240:])
    program.write("odd/b-no-newline.jsonl.zst", program.compress(rest[:-1], "-3"))
    program.write("odd/c-empty.jsonl", b"")
    broken = gzip.compress(b"".join(maker.line(maker.prose(150), id="gz-%d" % i) + b"\n" for i in range(300)), 4)
    program.write("odd/d-broken.jsonl.gz", broken[:len(broken) * 2 // 3])
    more = b"".join(maker.line(maker.prose(150), id="gap-%d" % i) + b"\n" for i in range(300))
    program.write("odd/d-gaps.jsonl.zst", program.compress_frames(more, 20000, spoiled=(1, 4, 5)))
    program.write("odd/e-last.jsonl", maker.line(maker.prose(150), id="last") + b"\r\n" + long)
    for i in range(60):
        program.write("texts/%02d.txt" % i, maker.prose(150) + ("\r\n" if i % 2 else ""))


def test_texts_that_stay():
    """Texts kept in memory, and lines that are written from there: the same as read again and through spools."""
    maker = world.Maker(39)
    write_oddities(maker)
    program.write_lines("law.jsonl.zst", world.mixed_source(maker, 200, "law"))
    sources = [world.source("odd", "odd", "general"), world.source("law", "law.jsonl.zst", "law")]
    targets = [{"name": "t", "domain": "law", "ratio": 0.3, "max_epochs": {"law": 3}}, {"name": "u", "domain": "law",
                                                                                     "ratio": 0.1}]
    for name, more in (("lines", []), ("texts", [world.source("texts", "texts", "general")])):
        world.write_recipe(name + ".yaml", sources + more, targets=targets, max_line="100K", holdout={"share": 0.05},
                           output={"shard_bytes": "64K", "dropped": "full"})
        reference = "RUN-%s-1" % name
        program.run(name + ".yaml", reference, "--memory", "1G", *OPTIONS, threads=1, code=1)
        for threads in (1, 3):
            folder = "RUN-%s-stays-%d" % (name, threads)
            program.run(name + ".yaml", folder, "--memory", "4G", "--no-check", *OPTIONS, threads=threads, code=1)
            compare(reference, folder, folder)
            program.assert_same_tree(reference + "/dropped", folder + "/dropped", "dropped/, " + folder)
            with open(reference + "/rejects.jsonl.zst", "rb") as a, open(folder + "/rejects.jsonl.zst", "rb") as b:
                assert a.read() == b.read(), "rejects, " + folder
        reasons = {record["reason"] for record in program.read_records(reference + "/rejects.jsonl.zst")}
        assert {"line_too_long", "damaged_stream", "empty_line", "invalid_json"} <= reasons, reasons


def test_seed_and_order():
    """Another seed draws other documents: the comparisons above do see a difference."""
    world.three_sources(seed=36, count=200)
    world.three_recipe()
    program.run("recipe.yaml", "RUN", *OPTIONS)
    program.run("recipe.yaml", "RUN-seed", "--seed", 18, *OPTIONS)
    different = program.digest_tree("RUN/out") != program.digest_tree("RUN-seed/out")
    assert different, "another seed wrote the same bytes"


def test_pipes():
    """filter and dedup write the same from files, from a pipe, and with any number of threads."""
    world.three_sources(seed=37, count=300)
    data = program.decompress("in/web.jsonl.zst")
    for verb in (["filter", "--filter", "gopher_quality", "--kind", "prose"], ["dedup", "--kind", "prose"]):
        of_file = program.tamis(*verb, "--max-bad", 1, "in/web.jsonl.zst").out
        assert len(of_file) > 10000
        for threads in (1, 4):
            piped = program.tamis(*verb, "--max-bad", 1, "--threads", threads, stdin=data).out
            assert piped == of_file, "tamis %s: a pipe and a file differ" % verb[0]
        program.tamis(*verb, "--max-bad", 1, "in/web.jsonl.zst", "-o", "kept.jsonl.zst")
        assert program.decompress("kept.jsonl.zst") == of_file, "tamis %s: -o and stdout differ" % verb[0]


if __name__ == "__main__":
    program.main(globals())
