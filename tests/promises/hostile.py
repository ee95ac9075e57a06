"""
Promise 8: hostile input is normal input. Every bad record is a counted reject with file, byte offset and reason; broken
streams (damaged.py), missing files, full disks and closed pipes end in the right exit code with a sentence that helps.
"""
import gzip
import json
import os
import shutil
import subprocess

import recount
from lib import program, world


def good_lines(count, seed=91):
    maker = world.Maker(seed)
    return [maker.line(maker.prose(60)) for _ in range(count)]


def recipe_of(*paths, path="recipe.yaml", **sections):
    sections.setdefault("filters", [])
    return world.write_recipe(path, [world.source("web", list(paths), "general")], **sections)


def rejects_of(folder):
    path = folder + "/rejects.jsonl.zst"
    return program.read_records(path) if os.path.exists(path) else []


# ---- Records --------------------------------------------------------------------------------------------------------


def more_rejects():
    """Those that need some care to write, besides world.rejects()."""
    return [
        ("empty_line", b"\r"),
        ("empty_line", b" " * 5000),
        ("invalid_json", b"\xef\xbb\xbf" + b'{"id":"b1","text":"a byte order mark inside the file"}'),
        ("invalid_json", b"{"),
        ("invalid_json", b'{"id":"b2","text":"tab\tinside"}'),
        ("invalid_json", b'{"id":"b3","text":"bad escape \\x41"}'),
        ("invalid_json", b'{"id":"b4","text":"x","n":01}'),
        ("invalid_json", b'{"id":"b5","text":"x","n":.5}'),
        ("invalid_json", b'{"id":"b6","text":"x","n":NaN}'),
        ("invalid_json", b'{"id":"b7","text":"x" "n":1}'),
        ("invalid_json", b'{"id":"b8","text":"x"}garbage'),
        ("invalid_json", b'{"id":"b9","text":"x",'),
        ("invalid_json", b"not json at all"),
        ("invalid_json", b'// comment {"text":"x"}'),
        ("invalid_json", b"[" * 50),
        ("invalid_utf8", b"\xff\xfe\x00"[:2]),
        ("invalid_utf8", b'{"id":"u1","text":"overlong \xc0\xaf"}'),
        ("invalid_utf8", b'{"id":"u2","text":"surrogate \xed\xa0\x80"}'),
        ("invalid_utf8", b'{"id":"u3","text":"beyond \xf4\x90\x80\x80"}'),
        ("invalid_utf8", b'{"id":"u4\x80","text":"in the id"}'),
        ("invalid_utf8", b'{"id":"u5","text":"fine","other":"\xe9t\xe9"}'),
        ("raw_nul", b"\x00"),
        ("raw_nul", b'{"id":"n1",\x00"text":"x"}'),
        ("raw_nul", b'{"id":"n2","text":"x"}\x00'),
        ("lone_surrogate", b'{"id":"s1","text":"\\udc00\\ud800"}'),
        ("lone_surrogate", b'{"id":"s2","text":"fine","other":"\\ud800"}'),
        ("lone_surrogate", b'{"id":"s3","text":"\\ud800\\ud800\\udc00"}'),
        ("too_deep", b'{"a":' * 1200 + b"1" + b"}" * 1200),
        ("too_deep", b"[" * 20000 + b"]" * 20000),
        ("not_an_object", b"null"),
        ("not_an_object", b"[]"),
        ("not_an_object", b"true"),
        ("not_an_object", b"  1.5e3  "),
        ("no_text", b"{}"),
        ("no_text", b'{"text":{}}'),
        ("no_text", b'{"text":true}'),
        ("no_text", b'{"id":"t1","Text":"capital"}'),
        ("line_too_long", b'{"id":"l1","text":"' + b"x" * 200000 + b'"}'),
    ]


def test_every_reason():
    """Each by file, byte offset and reason, in plain and in compressed files; the neighbours are not touched."""
    bad = world.rejects() + more_rejects()
    good = good_lines(len(bad) + 1)
    for ending in (".jsonl", ".jsonl.zst", ".jsonl.gz"):
        lines, expected, offset = [], [], 0
        for i, line in enumerate(good):
            lines.append(line)
            offset += len(line) + 1
            if i < len(bad):
                reason, line = bad[i]
                lines.append(line)
                expected.append((offset, len(line), reason))
                offset += len(line) + 1
        path = "in/web" + ending
        program.write_lines(path, lines)
        recipe_of(path, path="recipe%s.yaml" % ending, max_line="100K")
        folder = "RUN" + ending
        program.run("recipe%s.yaml" % ending, folder, "--max-bad", 1)
        found = [(r["offset"], r["length"], r["reason"]) for r in rejects_of(folder)]
        for got, wanted in zip(found, expected):
            assert got == wanted, "%s: reject %s, wanted %s" % (ending, got, wanted)
        assert len(found) == len(expected), "%s: %d rejects, wanted %d" % (ending, len(found), len(expected))
        assert all(r["file"] == os.path.realpath(path) for r in rejects_of(folder))
        kept = [row for row in program.ledger_rows(folder) if row["fate"] != "rejected"]
        assert len(kept) == len(good), "%s: %d good documents of %d" % (ending, len(kept), len(good))
        recount.recount(folder)


def test_reasons_have_a_limit():
    """More than --max-bad: exit 1, and the shards are written all the same."""
    program.write_lines("in.jsonl", good_lines(95) + [b"{"] * 5)
    recipe_of("in.jsonl")
    outcome = program.run("recipe.yaml", "RUN", code=1)
    assert b"5 of 100" in outcome.err and b"max-bad" in outcome.err, outcome.err
    recount.recount("RUN")
    program.run("recipe.yaml", "RUN", code=1)
    program.run("recipe.yaml", "RUN", "--max-bad", 0.05)
    for verb in (["filter", "--filter", "length:min_words=1"], ["dedup"], ["signals", "--filter", "length"]):
        outcome = program.tamis(*verb, "in.jsonl", code=1)
        assert len(program.split_lines(outcome.out)) == 95, "tamis %s wrote %d lines" % (verb[0], len(outcome.out))
        program.tamis(*verb, "--max-bad", 0.05, "in.jsonl")


def test_hostile_ids_and_names():
    """What stands in ids and paths reaches JSON, CSV, tables and terminals as data."""
    maker = world.Maker(92)
    ids = ["=cmd|' /C calc'!A0", "a,b", 'quote"d', "line\nbreak", "\x1b[31mred", "../../etc/passwd", "a/b\\c",
           "x" * 9000, "\u202egnp.exe", "\u2028", "null", "true", "{}", "--help", "-o", "", "%s%n", "<script>alert(1)</script>"]
    name = "in/we ird'\"$(touch owned);&.jsonl"
    program.write_lines(name, [maker.line("zero words lost here", id=id) for id in ids] + good_lines(30))
    recipe_of(name, filters=[{"length": {"min_words": 10}}], dedup=False, holdout=False)
    outcome = program.run("recipe.yaml", "RUN")
    assert b"\x1b" not in outcome.out + outcome.err
    rows = program.ledger_rows("RUN")
    wanted = [id or "web#%d" % i for i, id in enumerate(ids)]
    assert [row["id"] for row in rows[:len(ids)]] == wanted
    table = program.tamis("ledger", "RUN", "--format", "csv").out.decode()
    assert table.count("\n") >= len(rows)
    assert read_csv(table)[1][1] == ids[0] or read_csv(table)[1][1].lstrip("'\t ") == ids[0], read_csv(table)[1]
    for id in wanted:
        told = program.tamis("explain", "RUN", "--", id)
        assert b"\x1b" not in told.out and b"length_min_words" in told.out, told.out[:300]
        assert json.loads(program.tamis("explain", "RUN", "--json", "--", id).out)["id"] == id
    assert not os.path.exists("owned")


def read_csv(text):
    """RFC 4180, by hand."""
    rows, row, cell, quoted, i = [], [], "", False, 0
    while i < len(text):
        c = text[i]
        if quoted and c == '"' and text[i + 1:i + 2] == '"':
            cell, i = cell + '"', i + 1
        elif c == '"':
            quoted = not quoted
        elif c == "," and not quoted:
            row, cell = row + [cell], ""
        elif c == "\n" and not quoted:
            rows, row, cell = rows + [row + [cell.rstrip("\r")]], [], ""
        else:
            cell += c
        i += 1
    return rows


# ---- Files ----------------------------------------------------------------------------------------------------------


def test_nothing_to_read():
    """A part of which nothing can be read, a missing file, a folder, a glob without files: exit 3."""
    program.write_lines("in/good.jsonl", good_lines(20))
    program.write("in/zeros.jsonl.zst", b"\x28\xb5\x2f\xfd" + b"\x00" * 40)
    program.write("in/cut.jsonl.zst", program.compress(b"x" * 1000)[:6])
    os.makedirs("empty-folder")
    cases = ["in/zeros.jsonl.zst", "in/cut.jsonl.zst", "in/missing.jsonl", "nowhere/*.jsonl", "in/*.parquet",
             "empty-folder", "@missing-list.txt"]
    for path in cases:
        recipe_of("in/good.jsonl", path)
        outcome = program.run("recipe.yaml", "RUN-x", code=3)
        assert path.lstrip("@").encode() in outcome.err, "%s is not named: %s" % (path, outcome.err)
        for verb in (["filter", "--filter", "length"], ["dedup"], ["signals"], ["init"], ["check"]):
            arguments = ["recipe.yaml"] if verb == ["check"] else [path]
            outcome = program.tamis(*verb, *arguments, code=3)
            assert path.lstrip("@").encode() in outcome.err, "tamis %s %s: %s" % (verb[0], path, outcome.err)


def test_nothing_may_be_read():
    """No permission for a file, a folder, and a folder in a pattern: exit 3 as well."""
    bound = [] if os.getuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if bound and not shutil.which("setpriv"):
        raise program.Skip("permissions do not bind root, and there is no setpriv to let go of that")
    program.write("in/locked.jsonl", b"{}")
    program.write("locked/a.jsonl", b"{}")
    os.chmod("in/locked.jsonl", 0)
    os.chmod("locked", 0)
    try:
        for path in ("in/locked.jsonl", "locked", "locked/*.jsonl", "locked/a.jsonl"):
            recipe_of(path)
            for verb in (["filter", "--filter", "length", path], ["dedup", path], ["signals", path], ["init", path],
                         ["score", "--scorer", "mean_loss", path], ["check", "recipe.yaml"],
                         ["run", "recipe.yaml", "-o", "RUN"]):
                done = subprocess.run(bound + [program.TAMIS] + verb, stdin=subprocess.DEVNULL, capture_output=True)
                assert done.returncode == 3 and b"locked" in done.stderr, "tamis %s: exit %d: %s" % (
                    " ".join(verb), done.returncode, done.stderr)
    finally:
        os.chmod("locked", 0o700)


def test_files_without_lines():
    """Empty files, plain and compressed, are files without documents; a corpus of nothing else is exit 3 or empty."""
    program.write("in/a-empty.jsonl", b"")
    program.write("in/b-empty.jsonl.zst", program.compress(b""))
    program.write("in/c-empty.jsonl.gz", gzip.compress(b""))
    program.write_lines("in/d.jsonl", good_lines(20))
    program.write("in/e-empty.jsonl", b"\xef\xbb\xbf")
    recipe_of("in")
    program.run("recipe.yaml", "RUN")
    rows, _ = recount.recount("RUN")
    assert len(rows) == 20
    os.remove("in/d.jsonl")
    recipe_of("in", path="empty.yaml")
    outcome = program.run("empty.yaml", "RUN-empty", code=None)
    assert outcome.code in (0, 3), "exit %d: %s" % (outcome.code, outcome.text())
    outcome = program.tamis("filter", "--filter", "length:min_words=3", stdin=b"")
    assert outcome.out == b""
    assert program.tamis("dedup", stdin=b"").out == b""


def test_random_bytes():
    """Random and mutated lines: an exit code that is meant, never a signal, and everything is accounted for."""
    maker = world.Maker(97)
    lines = []
    for i in range(1500):
        line = bytearray(maker.line(maker.prose(12)))
        for _ in range(maker.rng.randint(1, 6)):
            at = maker.rng.randrange(len(line))
            how = maker.rng.randrange(4)
            if how == 0:
                line[at] = maker.rng.randrange(256)
            elif how == 1:
                del line[at:at + maker.rng.randint(1, 20)]
            elif how == 2:
                line[at:at] = maker.rng.choice([b'"', b"\\", b"\\u", b"\xed\xa0\x80", b"{", b"]", b"\x00", b"\\ud800"])
            else:
                line[at:at] = line[at:at + 30]
            line = line or bytearray(b" ")
        lines.append(bytes(line).replace(b"\n", b" "))
    program.write_lines("in.jsonl.zst", lines)
    program.write("noise.jsonl", bytes(maker.rng.randrange(256) for _ in range(200000)))
    recipe_of("in.jsonl.zst", "noise.jsonl", filters=world.FILTERS + [{"regex": {"pack": "boilerplate"}}])
    program.run("recipe.yaml", "RUN", "--max-bad", 1)
    rows = program.ledger_rows("RUN")
    report = program.load("RUN/report.json")
    assert report["conserved"] and report["input"]["documents"] == len(rows) > 1500


# ---- Disks and pipes ------------------------------------------------------------------------------------------------


def test_full_disk_on_stdout():
    if not os.path.exists("/dev/full"):
        raise program.Skip("no /dev/full here")
    program.write_lines("in.jsonl", good_lines(200))
    recipe_of("in.jsonl")
    program.run("recipe.yaml", "RUN")
    wrong = []
    for verb in (["filter", "--filter", "length:min_words=1", "in.jsonl"], ["dedup", "in.jsonl"],
                 ["signals", "in.jsonl"], ["ledger", "RUN"], ["report", "RUN"], ["check", "recipe.yaml"],
                 ["init", "in.jsonl"], ["explain", "RUN", "doc-000001"], ["status", "RUN"], ["--help"], ["--version"],
                 ["run", "--help"], ["filter", "--filter", "length", "in.jsonl", "-o", "/dev/full"]):
        with open("/dev/full", "wb") as full:
            outcome = program.tamis(*verb, stdout=full, code=None)
        if outcome.code != 4 or not outcome.err:
            wrong.append("tamis %s to a full disk: exit %d %r" % (" ".join(verb), outcome.code, outcome.err))
    assert not wrong, "\n".join(wrong)


def test_full_disk_in_the_run_folder():
    """Exit 4 with a sentence, then the same command goes on when there is room."""
    os.makedirs("disk")
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", "disk"],
                                          stderr=subprocess.DEVNULL).returncode:
        raise program.Skip("a small file system cannot be mounted here")
    try:
        program.write_lines("in.jsonl", good_lines(3000))
        recipe_of("in.jsonl", output={"compression": "none"})
        outcome = program.run("recipe.yaml", "disk/RUN", code=4)
        assert b"disk/RUN" in outcome.err and (b"space" in outcome.err or b"full" in outcome.err), outcome.err
        subprocess.run(["mount", "-o", "remount,size=64m", "disk"], check=True)
        program.run("recipe.yaml", "disk/RUN")
        recount.recount("disk/RUN")
    finally:
        subprocess.run(["umount", "disk"], check=True)


def test_closed_pipes():
    """A reader that goes away is no error: exit 0, and nothing on stderr."""
    lines = good_lines(4000)
    program.write_lines("in.jsonl", lines)
    recipe_of("in.jsonl")
    program.run("recipe.yaml", "RUN")
    wrong = []
    for verb in ("filter --filter length:min_words=1 -q in.jsonl", "dedup -q in.jsonl",
                 "signals --filter length -q in.jsonl", "ledger RUN", "--help", "run --help",
                 "filter --filter length:min_words=1 -q --threads 4 in.jsonl in.jsonl in.jsonl"):
        for reader in ("head -n 1", "true"):
            script = '{ "$TAMIS" %s; echo $? >code; } | %s' % (verb, reader)
            done = subprocess.run(["sh", "-c", script], env=dict(os.environ, TAMIS=program.TAMIS),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            code = open("code").read().strip()
            if code != "0" or done.stderr:
                wrong.append("tamis %s | %s: exit %s %s" % (verb, reader, code, done.stderr))
    assert not wrong, "\n".join(wrong)


def through_a_pipe(verb, data):
    """The program on /dev/fd/N, the reading end of a pipe."""
    reading, writing = os.pipe()
    with subprocess.Popen(["cat", data], stdout=writing):
        os.close(writing)
        done = subprocess.run([program.TAMIS, *verb, "/dev/fd/%d" % reading], pass_fds=[reading], timeout=30,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.close(reading)
    return done


def test_pipes_by_name():
    """A pipe that has a name, as a shell's <(..) gives: all of it is read, or it is refused; never a part of it."""
    program.write_lines("in.jsonl", good_lines(300))
    wrong = []
    for verb in (["filter", "--filter", "length:min_words=1"], ["filter", "--filter", "length", "--kind", "prose"],
                 ["signals", "--filter", "length"], ["dedup"]):
        wanted = program.tamis(*verb, "in.jsonl").out
        done = through_a_pipe(verb, "in.jsonl")
        if done.returncode == 0 and done.stdout != wanted:
            wrong.append("tamis %s: exit 0 and %d of %d lines" % (" ".join(verb), done.stdout.count(b"\n"),
                                                                  wanted.count(b"\n")))
    os.mkfifo("pipe.jsonl")
    recipe_of("pipe.jsonl")
    for verb in (["check", "recipe.yaml"], ["run", "recipe.yaml", "-o", "RUN"]):
        # a reader and writer of its own, so that nothing blocks that should have been refused
        holder = os.open("pipe.jsonl", os.O_RDWR)
        os.write(holder, b'{"text":"one line that is never followed by an end"}\n')
        try:
            if program.tamis(*verb, code=None, timeout=4).code not in (2, 3):
                wrong.append("tamis %s takes a recipe with a pipe" % verb[0])
        except subprocess.TimeoutExpired:
            wrong.append("tamis %s waits for the end of a pipe" % verb[0])
        os.close(holder)
    assert not wrong, "\n".join(wrong)


def test_failed_outputs_do_not_appear():
    """A verb that fails leaves neither its output nor a part of it, and what stood there before stays."""
    program.write_lines("in.jsonl", good_lines(50))
    program.write("kept.jsonl", b"what was there before\n")
    for verb in (["filter", "--filter", "length:min_words=1"], ["dedup"]):
        program.tamis(*verb, "in.jsonl", "missing.jsonl", "-o", "kept.jsonl", code=3)
        assert open("kept.jsonl").read() == "what was there before\n"
        program.tamis(*verb, "in.jsonl", "-o", "no/such/folder/kept.jsonl", code=4)
    program.tamis("filter", "--filter", "length:min_words=1", "in.jsonl", "-o", "kept.jsonl", "--drops",
                  "no/such/folder/drops.jsonl", code=4)
    assert open("kept.jsonl").read() == "what was there before\n"
    left = [name for name in os.listdir(".") if "tmp" in name]
    assert not left, "left behind: %s" % left


# ---- Words ----------------------------------------------------------------------------------------------------------


def test_did_you_mean():
    """Unknown names: exit 2, the place, and the nearest name."""
    program.write_lines("in.jsonl", good_lines(20))
    wrong = []
    for arguments, word in ((["rnu"], "run"), (["run", "--thread", "2"], "--threads"), (["filter", "--filtre", "x"],
                            "--filter"), (["dedup", "--treshold", "0.8"], "--threshold"), (["mix", "--otput", "x"],
                            "--output"), (["filter", "--filter", "gopher_qualty", "in.jsonl"], "gopher_quality"),
                            (["filter", "--filter", "length:min_word=3", "in.jsonl"], "min_words"),
                            (["filter", "--filter", "regex:pack=boilerplat", "in.jsonl"], "boilerplate"),
                            (["dedup", "--verify", "exakt", "in.jsonl"], "exact")):
        outcome = program.tamis(*arguments, code=2)
        if word.encode() not in outcome.err:
            wrong.append("tamis %s: %s is not proposed: %s" % (" ".join(arguments), word, outcome.err))
    base = {"version": 1, "sources": [{"name": "web", "paths": ["in.jsonl"], "domain": "general", "kind": "prose"}]}
    cases = [({"targts": []}, "targets"), ({"filters": ["gopher_repetion"]}, "gopher_repetition"),
             ({"filters": [{"length": {"min_wrds": 3}}]}, "min_words"), ({"dedup": {"minhas": {}}}, "minhash"),
             ({"dedup": {"minhash": {"band": 3}}}, "bands"), ({"output": {"shard_byte": 3}}, "shard_bytes"),
             ({"holdout": {"shar": 0.1}}, "share"), ({"accept": {"gopher_short_dok": 0.5}}, "gopher_short_doc"),
             ({"targets": [{"name": "t", "domain": "genral"}]}, "general"),
             ({"select": {"genral": {"keep": 0.5}}}, "general"),
             ({"sources": [dict(base["sources"][0], kind="porse")]}, "prose"),
             ({"sources": [dict(base["sources"][0], confidental=True)]}, "confidential"),
             ({"sources": [dict(base["sources"][0], format="josnl")]}, "jsonl"),
             ({"filters": [{"length": {"min_words": 3, "on": ["proze"]}}]}, "prose")]
    for change, word in cases:
        recipe = dict(base, **change)
        if "accept" in change:
            recipe["filters"] = ["gopher_quality"]
        program.write("recipe.yaml", json.dumps(recipe, indent=1))
        for verb in (["check", "recipe.yaml"], ["run", "recipe.yaml", "-o", "RUN"]):
            outcome = program.tamis(*verb, code=2)
            if b"did you mean" not in outcome.err or word.encode() not in outcome.err or \
                    b"recipe.yaml" not in outcome.err:
                wrong.append("%s: %s" % (change, outcome.err))
    assert not wrong, "\n".join(wrong)
    assert not os.path.exists("RUN"), "a wrong recipe made a folder"


def test_recipes_that_make_no_sense():
    program.write_lines("in.jsonl", good_lines(20))
    source = '{name: web, paths: [in.jsonl], domain: general, kind: prose}'
    cases = ["", "version: 2\nsources: [%s]" % source, "sources: [%s]" % source, "version: 1",
             "version: 1\nsources: []", "version: 1\nsources: [%s, %s]" % (source, source),
             "version: 1\nsources: [{name: web, paths: []}]", "version: 1\nsources: [%s]\nversion: 1" % source,
             "version: 1\nsources: [%s]\nholdout: {share: 0.9}" % source,
             "version: 1\nsources: [%s]\nholdout: {share: x}" % source,
             "version: 1\nsources: [%s]\ntargets: [{name: t, domain: general, ratio: 1.5}]" % source,
             "version: 1\nsources: [%s]\ntargets: [{name: a/b, domain: general}]" % source,
             "version: 1\nsources: [%s]\ntargets: [{name: .., domain: general}]" % source,
             "version: 1\nsources: [%s]\ndedup: {minhash: {threshold: 0}}" % source,
             "version: 1\nsources: [%s]\ndedup: {minhash: {bands: 200, rows: 200}}" % source,
             "version: 1\nsources: [%s]\noutput: {compression: 'zstd:99'}" % source,
             "version: 1\nsources: [%s]\nfilters: [{regex: {pattern: '('}}]" % source,
             "version: 1\nsources: [%s]\nfilters: [regex]" % source, "version: 1\n\tsources: 3", "{", "&a [*a]",
             "version: 1\nsources: [%s]\naccept: {length_min_words: 2}" % source,
             "version: 1\nsources: [%s]\n--- \nversion: 1" % source, "\x00", "version: 1\nsources: [{}]",
             "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
             "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]"]
    for recipe in cases:
        program.write("recipe.yaml", recipe + "\n")
        outcome = program.tamis("check", "recipe.yaml", code=None)
        assert outcome.code == 2, "exit %d for %r\n%s" % (outcome.code, recipe, outcome.text())
        assert b"recipe.yaml" in outcome.err, "%r: the file is not named: %s" % (recipe, outcome.err)
    assert program.tamis("check", "missing.yaml", code=None).code in (2, 3)


def test_bad_run_folders():
    """Verbs that look at a run, given something else, or a damaged one."""
    program.write_lines("in.jsonl", good_lines(30))
    recipe_of("in.jsonl")
    program.run("recipe.yaml", "RUN")
    for verb in (["report"], ["status"], ["ledger"], ["explain", "x"], ["restore", "--rule", "exact"]):
        verb = [verb[0], "nowhere", *verb[1:]]
        program.tamis(*verb, code=3)
    assert program.tamis("explain", "RUN", "no-such-id", code=3).err
    assert b"did you mean" in program.tamis("restore", "RUN", "--rule", "minhsh", code=2).err
    for name in ("survey.npy", "ids.npy", "ids.bin", "resolve.npy", "mix.npy"):
        path = "RUN/ledger/part-000000/" + name
        with open(path, "rb") as f:
            data = f.read()
        for broken in (data[:-1], data[:20], b"", data[:-8] + b"\xff" * 8):
            program.write(path, broken)
            for verb in (["ledger", "RUN"], ["explain", "RUN", "doc-000001"]):
                outcome = program.tamis(*verb, code=None)
                assert outcome.code in (0, 3), "tamis %s with a broken %s: exit %d" % (verb[0], name, outcome.code)
                if broken != data[:-8] + b"\xff" * 8:
                    assert outcome.code == 3, "tamis %s took %s of %d bytes" % (verb[0], name, len(broken))
        program.write(path, data)
    program.tamis("ledger", "RUN")


if __name__ == "__main__":
    program.main(globals())
