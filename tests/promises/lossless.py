"""
Promise 3: a kept JSONL document is written as the bytes of its line, whatever they look like, by every verb that writes
documents.
"""
import collections
import json

from lib import program, world

OPTIONS = ["--max-bad", 1]


def odd_lines():
    """Legal lines that a parser and printer would not give back; each has another text."""
    maker = world.Maker(61)

    def text():
        return maker.sentence() + " " + maker.sentence()

    def quoted(s):
        return json.dumps(s).encode()

    escaped = "".join("\\u%04x" % ord(c) for c in text()).encode()
    mixed = "".join("\\u%04X" % ord(c) if i % 3 else c for i, c in enumerate(text())).encode()
    return [
        b'{"id":"crlf","text":%s}\r' % quoted(text()),
        b'  {"id" : "spaces" ,\t"text" :   %s   }  ' % quoted(text()),
        b'\t{"id":"tabs","text":%s}\t' % quoted(text()),
        b'{"text":%s,"id":"order","z":1,"a":2,"m":3}' % quoted(text()),
        b'{"id":"escaped","text":"%s"}' % escaped,
        b'{"id":"mixed","text":"%s"}' % mixed,
        b'{"id":"solidus","text":"a\\/b \\/ %s"}' % text().encode(),
        b'{"id":"raw-utf8","text":"%s"}' % ("é ü ß 漢字 ไทย \U0001f600 " + text()).encode(),
        b'{"id":"pair","text":"\\ud83d\\ude00 %s"}' % text().encode(),
        b'{"id":"nul","text":"a\\u0000b %s"}' % text().encode(),
        b'{"id":"controls","text":"\\b\\f\\n\\r\\t\\u001f\\u007f %s"}' % text().encode(),
        b'{"id":"separators","text":"\xe2\x80\xa8\xe2\x80\xa9\xc2\x85 %s"}' % text().encode(),
        b'{"id":"bom-inside","text":"\xef\xbb\xbf %s"}' % text().encode(),
        b'{"id":"not-normal","text":"e\xcc\x81 A\xcc\x8a %s"}' % text().encode(),
        b'{"id":"noncharacter","text":"\xef\xbf\xbf\xef\xbf\xbe \xf4\x8f\xbf\xbf %s"}' % text().encode(),
        b'{"id":"big","n":123456789012345678901234567890,"text":%s}' % quoted(text()),
        b'{"id":"small","n":1e-400,"m":-0,"o":-0.0,"p":1E+5,"q":1.10,"text":%s}' % quoted(text()),
        b'{"id":"huge","n":1e999,"m":-1e999,"text":%s}' % quoted(text()),
        b'{"id":"long","n":0.1000000000000000055511151231257827021181583404541015625,"text":%s}' % quoted(text()),
        b'{"id":"twice","text":%s,"text":"another","x":1,"x":2}' % quoted(text()),
        b'{"id":"first","id":"second","text":%s}' % quoted(text()),
        b'{"i\\u0064":"escaped-key","te\\u0078t":%s}' % quoted(text()),
        b'{"id":12345678901234567890123,"text":%s}' % quoted(text()),
        b'{"id":-0,"text":%s}' % quoted(text()),
        b'{"id":1.50,"text":%s}' % quoted(text()),
        b'{"id":null,"text":%s}' % quoted(text()),
        b'{"id":"","text":%s}' % quoted(text()),
        b'{"id":["list"],"text":%s}' % quoted(text()),
        b'{"text":%s}' % quoted(text()),
        b'{"id":"null-around","text":%s,"a":null,"b":[],"c":{},"d":[[],[{}]],"e":""}' % quoted(text()),
        b'{"id":"deep","text":%s,"x":%s1%s}' % (quoted(text()), b"[" * 900, b"]" * 900),
        b'{"id":"empty-text","text":""}',
        b'{"id":"space-text","text":"   \\n\\t  "}',
        b'{"id":"marks-only","text":"!!! ... ???"}',
        b'{"id":"%s","text":%s}' % (b"long-id-" * 5000, quoted(text())),
        b'{"id":"quote\\"and\\\\backslash","text":%s}' % quoted(text()),
        b'{"id":"line\\nbreak","text":%s}' % quoted(text()),
        b'{"id":"\\u202ebidi","text":%s}' % quoted(text()),
        b'{"":"empty key","id":"empty-key","text":%s}' % quoted(text()),
    ]


def ordinary(count):
    maker = world.Maker(62)
    return [maker.line(maker.prose(60)) for _ in range(count)]


def all_lines():
    lines = ordinary(60)
    for i, line in enumerate(odd_lines()):
        lines.insert(1 + i * 2, line)
    return lines


def written(folder):
    """Lines of all targets, and of the hold-out."""
    found = collections.Counter()
    for name in program.files_under(folder):
        if name.startswith(("out/", "valid/")) and ".jsonl" in name:
            found.update(program.read_lines("%s/%s" % (folder, name)))
    return found


def assert_same_lines(found, expected, what):
    for line in expected:
        assert found[line] == expected[line], "%s: %r was written %d times" % (what, line[:200], found[line])
    assert sum(found.values()) == sum(expected.values()), "%s: lines that were never read" % what


def test_run_writes_the_same_lines():
    lines = all_lines()
    for ending, last in ((".jsonl", b"\n"), (".jsonl.zst", b""), (".jsonl.gz", b"\n")):
        folder = "of" + ending.replace(".", "-")
        program.write_lines(folder + "/web" + ending, lines)
        if ending == ".jsonl":  # no newline at the end, a byte order mark at the beginning
            program.write(folder + "/web" + ending, b"\xef\xbb\xbf" + b"\n".join(lines))
        world.write_recipe(folder + ".yaml", [world.source("web", folder, "general")], filters=[], dedup=False,
                           holdout={"share": 0.1}, output={"shard_bytes": "64K", "compression": "zstd:1"})
        program.run(folder + ".yaml", "RUN-" + folder)
        assert_same_lines(written("RUN-" + folder), collections.Counter(lines), "run on " + ending)


def test_filters_and_dedup_that_take_nothing():
    lines = all_lines()
    program.write_lines("in.jsonl", lines)
    expected = b"".join(line + b"\n" for line in lines)
    kept = program.tamis("filter", "--filter", "length:min_words=0,on=all", "--kind", "prose", "in.jsonl").out
    assert kept == expected, "tamis filter changed or moved a line"
    mixed = program.tamis("dedup", "--threshold", 1, "--kind", "prose", "in.jsonl").out
    # texts without a word, or of white space only, are the only ones that are equal
    assert set(program.split_lines(mixed)) <= set(lines)
    assert len(program.split_lines(mixed)) >= len(lines) - 1
    order = [line for line in lines if line in set(program.split_lines(mixed))]
    assert program.split_lines(mixed) == order, "tamis dedup moved a line"


def test_full_drops_and_restored_lines():
    """What is dropped is written back as it was, too."""
    lines = odd_lines()
    program.write_lines("in/web.jsonl", lines + ordinary(80))
    world.write_recipe("recipe.yaml", [world.source("web", "in", "general")], holdout=False, dedup=False,
                       filters=[{"length": {"min_words": 55, "on": "all"}}], output={"dropped": "full"})
    program.run("recipe.yaml", "RUN")
    dropped = collections.Counter(program.read_lines("RUN/dropped/filter-00000.jsonl.zst"))
    assert_same_lines(dropped, collections.Counter(lines), "dropped/ with full")
    program.tamis("restore", "RUN", "--rule", "length_min_words", "-o", "back.jsonl.gz", "-q")
    assert program.read_lines("back.jsonl.gz") == lines, "tamis restore changed a line"


def test_other_fields():
    """Text and id from nested fields; a key with a dot in it comes first."""
    maker = world.Maker(63)
    lines = [json.dumps({"meta": {"key": "n-%d" % i, "more": {"body": maker.prose(60)}}, "text": 5}).encode()
             for i in range(40)]
    lines.append(json.dumps({"meta.key": "dotted", "meta": {"key": "x", "more.body": maker.prose(60)}}).encode())
    program.write_lines("in.jsonl.zst", lines)
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl.zst", "general", text="meta.more.body",
                                                    id="meta.key")], filters=[], holdout=False)
    program.run("recipe.yaml", "RUN")
    assert_same_lines(written("RUN"), collections.Counter(lines), "nested fields")
    ids = [row["id"] for row in program.ledger_rows("RUN")]
    assert ids == ["n-%d" % i for i in range(40)] + ["dotted"], ids[-3:]


def test_ids():
    """What the ledger calls them."""
    program.write_lines("in.jsonl", odd_lines())
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl", "general")], filters=[], dedup=False)
    program.run("recipe.yaml", "RUN")
    ids = [row["id"] for row in program.ledger_rows("RUN")]
    lines = odd_lines()
    expected = {b'"id":1234567': "12345678901234567890123", b'"id":"first"': "first", b'"id":"pair"': "pair",
                b'i\\u0064': "escaped-key", b'"id":"line\\nbreak"': "line\nbreak", b'"id":-0': "-0",
                b'"id":"\\u202e': "\u202ebidi"}
    for start, id in expected.items():
        number = next(i for i, line in enumerate(lines) if start in line)
        assert ids[number] == id, "%r is called %r" % (lines[number][:60], ids[number])
    for start in (b'"id":null', b'"id":""', b'"id":["list"]', b'{"text":'):
        number = next(i for i, line in enumerate(lines) if start in line and b'"id":"order"' not in line)
        assert ids[number] == "web#%d" % number, "%r is called %r" % (lines[number][:60], ids[number])


def test_plain_texts():
    """Texts and paragraphs become one JSON line each, with the very text."""
    maker = world.Maker(64)
    texts = [maker.prose(60) + ("\r\n" if i % 2 else "\n") + "  tail \u2028 \t" + chr(0x1f600) for i in range(20)]
    for i, text in enumerate(texts):
        program.write("in/%02d.txt" % i, text)
    world.write_recipe("recipe.yaml", [world.source("web", "in", "general")], filters=[], dedup=False, holdout=False)
    program.run("recipe.yaml", "RUN")
    records = [json.loads(line) for line in written("RUN")]
    assert sorted(record["text"] for record in records) == sorted(texts)
    assert all(list(record) == ["id", "text"] for record in records)


if __name__ == "__main__":
    program.main(globals())
