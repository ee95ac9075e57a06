"""
Counts a run again, from its inputs and from the shards it wrote, without the program's own sums: promises 1, 3 and 4.

    python3 recount.py RUN     exits 1 and says what does not add up
    python3 recount.py         makes a run, recounts it, damages it in many ways and sees each damage found

The ledger's rows come from `tamis ledger`; everything else is read here: lines, ids, texts, shards, records of drops.
Knows JSON Lines inputs that are not damaged.
"""
import collections
import json
import os
import re
import shutil
import sys

from lib import program, words1, world

FATES = ("emitted", "surplus", "held_out", "dropped", "rejected")
MEASURES = ("documents", "bytes", "tokens")


class Broken(AssertionError):
    pass


def need(holds, message, *values):
    if not holds:
        raise Broken(message % values)


# ---- What went in ---------------------------------------------------------------------------------------------------


class Raw(str):
    """A number as it is written."""


def first_of_each(pairs):
    found = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


def field(record, path):
    """The value at a dotted path; a key that holds the dots itself comes first."""
    if not isinstance(record, dict):
        return None
    if path in record:
        return record[path]
    for dot in [m.start() for m in re.finditer(r"\.", path)][::-1]:
        if path[:dot] in record:
            found = field(record[path[:dot]], path[dot + 1:])
            if found is not None:
                return found
    return None


class Document:
    def __init__(self, number, source, file, offset, line):
        self.number, self.source, self.file, self.offset, self.line = number, source, file, offset, line
        self.id = self.tokens = None


def recipe_sources(folder):
    """Name to fields of each source, from the resolved recipe: two levels of plain `key: value` lines."""
    sources, inside = {}, False
    with open(os.path.join(folder, "recipe.yaml"), encoding="utf-8") as f:
        for line in f:
            if re.match(r"\S", line):
                inside = line.startswith("sources:")
            match = re.match(r"  (- |  )(\w+): (.*)$", line)
            if inside and match:
                if match[1] == "- ":
                    current = {}
                value = match[3].strip()
                current[match[2]] = json.loads(value) if value.startswith('"') else None if value == "null" else value
                if match[2] == "name":
                    sources[value.strip("\"'")] = current
    return sources


def read_inputs(folder):
    """Every line of every input as a document, in number order."""
    sources, documents = recipe_sources(folder), []
    ordinals = collections.Counter()
    for part in program.load(os.path.join(folder, "ledger", "inputs.json")):
        name, offset = part["source"], 0
        about = sources[name]
        data = program.decompress(part["path"])
        offset = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        for line in program.split_lines(data):
            document = Document(len(documents), name, part["path"], offset, line)
            offset += len(line) + 1
            read_fields(document, about, ordinals[name])
            ordinals[name] += 1
            documents.append(document)
    return documents


def read_fields(document, about, ordinal):
    document.id = "%s#%d" % (document.source, ordinal)
    document.domain = about["domain"]
    document.confidential = about["confidential"] == "true"
    try:
        record = json.loads(document.line.decode("utf-8"), object_pairs_hook=first_of_each, parse_int=Raw)
        text = field(record, about["text"])
        document.tokens = words1.tokens(text)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return
    given = field(record, about["id"])
    if isinstance(given, str) and given:
        document.id = str(given)
    counted = field(record, about["tokens"]) if about["tokens"] else None
    if isinstance(counted, Raw) and 0 < int(counted) < 2 ** 32:
        document.tokens = int(counted)


# ---- The ledger against the inputs ----------------------------------------------------------------------------------


def check_rows(rows, documents):
    need(len(rows) == len(documents), "the ledger has %d rows, the inputs %d lines", len(rows), len(documents))
    for row, document in zip(rows, documents):
        where = "%s, byte %d" % (document.file, document.offset)
        need(row["number"] == document.number, "%s: number %s", where, row["number"])
        need(row["fate"] in FATES, "%s: fate %s", where, row["fate"])
        need(row["source"] == document.source and row["domain"] == document.domain, "%s: source or domain", where)
        need(row["bytes"] == len(document.line), "%s: %s bytes, not %d", where, row["bytes"], len(document.line))
        rejected = row["fate"] == "rejected"
        if not rejected:
            need(row["id"] == document.id, "%s: id %r, not %r", where, row["id"], document.id)
            need(row["tokens"] == document.tokens, "%s: %s tokens, not %s", where, row["tokens"], document.tokens)
        else:
            need(row["tokens"] == 0, "%s: a reject has %s tokens", where, row["tokens"])
        taken = row["fate"] in ("dropped", "rejected")
        need(taken == (row["rule"] is not None) == (row["stage"] is not None), "%s: fate %s by %s.%s", where,
             row["fate"], row["stage"], row["rule"])
        need(rejected == (row["stage"] == "parse"), "%s: fate %s in stage %s", where, row["fate"], row["stage"])
        need((row["fate"] == "emitted") == bool(row["targets"]), "%s: fate %s, targets %s", where, row["fate"],
             row["targets"])
        if row["stage"] == "filter":
            need(row["value"] is not None and row["threshold"] is not None, "%s: a drop without its value", where)
        if row["rule"] == "minhash":
            need(row["keeper"] is not None, "%s: a duplicate without a keeper", where)


def check_columns(folder, rows, documents, targets):
    """The ledger's own files, parsed by hand, against what `tamis ledger` tells of them."""
    home, number = os.path.join(folder, "ledger"), 0
    for part in sorted(name for name in os.listdir(home) if name.startswith("part-")):
        columns = [program.read_npy(os.path.join(home, part, name + ".npy")) for name in ("survey", "resolve", "mix")]
        need(len({len(column) for column in columns}) == 1, "%s: columns of different length", part)
        for survey, resolve, mix in zip(*columns):
            row, document = rows[number], documents[number]
            need((survey["offset"], survey["tokens"]) == (document.offset, row["tokens"]), "survey.npy: %d", number)
            need(survey["length"] == len(document.line), "survey.npy: length of %d", number)
            need((survey["rule"] != 0) == (row["stage"] in ("parse", "filter")), "survey.npy: rule of %d", number)
            need((resolve["rule"] != 0) == (row["stage"] == "dedup"), "resolve.npy: rule of %d", number)
            need(resolve["held_out"] == (row["fate"] == "held_out"), "resolve.npy: hold-out of %d", number)
            drawn = {name: uses for name, uses in zip(targets, mix["draws"]) if uses}
            need(drawn == (row["targets"] or {}), "mix.npy: draws of %d", number)
            number += 1
    need(number == len(rows), "the ledger's files have %d rows, tamis ledger tells %d", number, len(rows))


# ---- What came out --------------------------------------------------------------------------------------------------


def same_lines(found, expected, where):
    """Two bags of lines."""
    for line in found - expected:
        raise Broken("%s: a line that does not belong there: %r" % (where, line[:120]))
    for line in expected - found:
        raise Broken("%s: a line is missing: %r" % (where, line[:120]))


def check_target(folder, name, rows, documents, asked):
    """Lines of one target: each an input line, as often as it was drawn. Returns what was written by domain."""
    home = os.path.join(folder, "out", name)
    manifest = program.load(os.path.join(home, "manifest.json"))
    found, lines = collections.Counter(), 0
    shards = sorted(file for file in os.listdir(home) if not file.startswith("manifest"))
    need([shard["file"] for shard in manifest["shards"]] == shards, "%s: other shards than the manifest names", home)
    for shard in manifest["shards"]:
        of_shard = program.read_lines(os.path.join(home, shard["file"]))
        need(shard["documents"] == len(of_shard), "%s: %d documents", shard["file"], len(of_shard))
        need(shard["bytes"] == sum(map(len, of_shard)), "%s: bytes", shard["file"])
        found.update(of_shard)
        lines += len(of_shard)
    expected = collections.Counter()
    written = collections.defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for row, document in zip(rows, documents):
        uses = (row["targets"] or {}).get(name, 0)
        if uses:
            expected[document.line] += uses
            for measure, amount in zip(MEASURES, (1, len(document.line), document.tokens)):
                written[document.domain][measure] += uses * amount
    same_lines(found, expected, home)
    for measure in MEASURES:
        total = sum(of_domain[measure] for of_domain in written.values())
        need(manifest[measure] == total, "%s: manifest says %s %s, the lines %s", home, manifest[measure], measure,
             total)
        need(asked[measure + "_written"] == total, "%s: report says %s %s, the lines %s", home,
             asked[measure + "_written"], measure, total)
    return written


def check_ratio(asked, written, documents):
    """Within 0.1 % of the target or one document, whichever is larger."""
    total = sum(of_domain["tokens"] for of_domain in written.values())
    longest = collections.Counter()
    for document in documents:
        longest[document.domain] = max(longest[document.domain], document.tokens or 0)
    for part in asked["mixture"]:
        domain, tokens = part["domain"], written[part["domain"]]["tokens"]
        need(part["tokens"] == tokens, "%s: report says %s tokens of %s, the lines %s", asked["name"], part["tokens"],
             domain, tokens)
        need(part["share"] is None or abs(part["share"] - tokens / total) < 1e-9, "%s: share of %s is %s, the lines "
             "say %s", asked["name"], domain, part["share"], tokens / total)
        if part["wanted"] is not None:
            room = max(0.001 * total, max(longest.values()))
            need(abs(tokens - part["wanted"] * total) <= room, "%s: %d tokens of %s in %d, wanted a share of %s",
                 asked["name"], tokens, domain, total, part["wanted"])
    room = max(0.001 * asked["tokens_wanted"], sum(longest.values()))
    need(abs(total - asked["tokens_wanted"]) <= room, "%s: %d tokens, wanted %d", asked["name"], total,
         asked["tokens_wanted"])


def check_valid(folder, rows, documents):
    home = os.path.join(folder, "valid")
    found = {}
    for file in os.listdir(home) if os.path.isdir(home) else []:
        found[file.split(".jsonl")[0]] = collections.Counter(program.read_lines(os.path.join(home, file)))
    expected = collections.defaultdict(collections.Counter)
    for row, document in zip(rows, documents):
        if row["fate"] == "held_out":
            expected[document.domain][document.line] += 1
    for domain in set(found) | set(expected):
        same_lines(found.get(domain, collections.Counter()), expected[domain], "%s of %s" % (home, domain))


def check_record(record, row, document):
    """A record under dropped/ against the ledger's row; ids of confidential sources are hidden."""
    where = "dropped/, number %d" % row["number"]
    for key in ("stage", "rule", "source"):
        need(record[key] == row[key], "%s: %s is %s, the ledger says %s", where, key, record[key], row[key])
    for key in ("value", "threshold", "similarity"):
        need(record.get(key) == row[key], "%s: %s is %s, the ledger says %s", where, key, record.get(key), row[key])
    place = record["locator"]
    need((place["offset"], place["length"]) == (document.offset, len(document.line)), "%s: locator %s", where, place)
    need((record["id"] == document.id) != document.confidential, "%s: id %s", where, record["id"])


def check_dropped(folder, rows, documents, how):
    home = os.path.join(folder, "dropped")
    files = sorted(os.listdir(home)) if os.path.isdir(home) else []
    records, seen = [], collections.Counter()
    for file in files:
        lines = program.read_lines(os.path.join(home, file))
        if how == "full" and ".verdicts." not in file:
            beside = program.read_records(os.path.join(home, file.replace("-00000.", "-00000.verdicts.")))
            need(len(beside) == len(lines), "%s: %d lines, %d verdicts", file, len(lines), len(beside))
            for line, record in zip(lines, beside):
                need(line == documents[record["number"]].line, "%s: not the line of number %s", file, record["number"])
        else:
            records += [(file, json.loads(line)) for line in lines]
    for file, record in records:
        number = record["number"]
        seen[number] += 1
        need(number < len(rows) and rows[number]["fate"] == "dropped", "%s: number %s was not dropped", file, number)
        need(file.startswith(record["stage"] + "-"), "%s: holds a record of stage %s", file, record["stage"])
        check_record(record, rows[number], documents[number])
    for row, document in zip(rows, documents):
        hidden = how == "full" and document.confidential
        wanted = 1 if row["fate"] == "dropped" and how != "none" and not hidden else 0
        need(seen[row["number"]] == wanted, "dropped/: number %s (%s by %s) has %d records", row["number"], row["fate"],
             row["rule"], seen[row["number"]])


def check_rejects(folder, rows, documents):
    files = [file for file in os.listdir(folder) if file.startswith("rejects.jsonl")]
    found = {}
    for file in files:
        for record in program.read_records(os.path.join(folder, file)):
            found[record["number"]] = record
    rejected = [row for row in rows if row["fate"] == "rejected"]
    need(sorted(found) == [row["number"] for row in rejected], "rejects: %d records, %d rejects in the ledger",
         len(found), len(rejected))
    for row in rejected:
        record, document = found[row["number"]], documents[row["number"]]
        need(record["reason"] == row["rule"], "rejects: number %s: %s, the ledger says %s", row["number"],
             record["reason"], row["rule"])
        need((record["file"], record["offset"]) == (document.file, document.offset), "rejects: number %s is at %s, %s",
             row["number"], document.file, document.offset)


# ---- Sums -----------------------------------------------------------------------------------------------------------


def cell():
    return dict.fromkeys(MEASURES, 0)


def add_up(rows, key):
    """key(row) to documents, bytes and tokens."""
    sums = collections.defaultdict(cell)
    for row in rows:
        of = sums[key(row)]
        of["documents"] += 1
        of["bytes"] += row["bytes"]
        of["tokens"] += row["tokens"]
    return sums


def same_cell(said, counted, where):
    for measure in MEASURES:
        need(said[measure] == counted[measure], "%s: report says %s %s, counted %s", where, said[measure], measure,
             counted[measure])


def check_sums(report, rows):
    need(report["conserved"] is True, "the report says that nothing was conserved")
    whole = add_up(rows, lambda row: None)[None]
    same_cell(report["input"], whole, "input")
    fates = add_up(rows, lambda row: row["fate"])
    for fate in ("emitted", "surplus", "held_out"):
        same_cell(report[fate], fates[fate], fate)
    need(report["input"]["rejects"] == fates["rejected"]["documents"], "rejects")
    for measure in MEASURES:
        need(sum(fates[fate][measure] for fate in FATES) == whole[measure], "%s are not conserved", measure)
    rules = add_up([row for row in rows if row["fate"] == "dropped"], lambda row: (row["stage"], row["rule"]))
    said = {(entry["stage"], entry["rule"]): entry for entry in report["dropped"]}
    need(set(said) == set(rules), "dropped: other rules than the ledger's")
    for rule, entry in said.items():
        same_cell(entry, rules[rule], "dropped by %s.%s" % rule)
    by_domain = add_up(rows, lambda row: (row["domain"], row["fate"]))
    domains = add_up(rows, lambda row: row["domain"])
    for entry in report["domains"]:
        same_cell(entry["input"], domains[entry["domain"]], "input of " + entry["domain"])
        for key, fate in (("dropped", "dropped"), ("held_out", "held_out"), ("emitted", "emitted"),
                          ("surplus", "surplus"), ("rejects", "rejected")):
            same_cell(entry[key], by_domain[entry["domain"], fate], "%s of %s" % (key, entry["domain"]))
            need(all(value >= 0 for value in entry[key].values()), "negative counts")


def recount(folder, dropped="ids"):
    """Raises Broken with the first thing that does not add up; returns rows and documents."""
    report = program.load(os.path.join(folder, "report.json"))
    documents = read_inputs(folder)
    rows = program.ledger_rows(folder)
    check_rows(rows, documents)
    check_columns(folder, rows, documents, [asked["name"] for asked in report["targets"]])
    check_sums(report, rows)
    for asked in report["targets"]:
        check_ratio(asked, check_target(folder, asked["name"], rows, documents, asked), documents)
    targets = os.path.join(folder, "out")
    need(sorted(os.listdir(targets)) == sorted(asked["name"] for asked in report["targets"]), "out/: other targets")
    check_valid(folder, rows, documents)
    check_dropped(folder, rows, documents, dropped)
    check_rejects(folder, rows, documents)
    return rows, documents


# ---- The recount itself ---------------------------------------------------------------------------------------------


def rewrite(path, change):
    """Decodes a file, changes its lines, encodes it again."""
    lines = program.read_lines(path)
    program.write_lines(path, change(lines))


def damages(copy):
    """Things that must not pass unseen: (what, how)."""
    shard = os.path.join(copy, "out", "lawyer", sorted(os.listdir(os.path.join(copy, "out", "lawyer")))[1])
    valid = os.path.join(copy, "valid", "general.jsonl.zst")
    drops = os.path.join(copy, "dropped", "dedup-00000.jsonl.zst")
    rejects = os.path.join(copy, "rejects.jsonl.zst")
    report = os.path.join(copy, "report.json")
    return [
        ("a line less", lambda: rewrite(shard, lambda lines: lines[1:])),
        ("a line twice", lambda: rewrite(shard, lambda lines: lines + lines[:1])),
        ("a byte changed", lambda: rewrite(shard, lambda lines: [lines[0].replace(b"a", b"b", 1)] + lines[1:])),
        ("a line for another", lambda: rewrite(shard, lambda lines: [lines[1]] + lines[1:])),
        ("a shard less", lambda: os.remove(shard)),
        ("a held-out line less", lambda: rewrite(valid, lambda lines: lines[1:])),
        ("a held-out line more", lambda: rewrite(valid, lambda lines: lines + [b"{}"])),
        ("a record less", lambda: rewrite(drops, lambda lines: lines[1:])),
        ("a value changed", lambda: rewrite(drops, lambda lines: [re.sub(rb'"similarity":0', b'"similarity":1', line)
                                                                  for line in lines])),
        ("a reject less", lambda: rewrite(rejects, lambda lines: lines[:-1])),
        ("a reason changed", lambda: rewrite(rejects, lambda lines: [line.replace(b"empty_line", b"no_text")
                                                                     for line in lines])),
        ("a sum changed", lambda: program.write(report, re.sub(r'("emitted": \{\s*"documents": )', r"\g<1>1",
                                                               open(report).read(), count=1))),
    ]


def test_recount_finds_damage():
    world.three_sources(seed=11, count=120)
    world.three_recipe()
    program.run("recipe.yaml", "RUN", "--max-bad", 1)
    recount("RUN")
    for index in range(len(damages("RUN"))):
        shutil.rmtree("COPY", ignore_errors=True)
        shutil.copytree("RUN", "COPY")
        what, do = damages("COPY")[index]
        do()
        try:
            recount("COPY")
        except (Broken, OSError):
            continue
        raise AssertionError("the recount did not notice: %s" % what)


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
        try:
            counted, _ = recount(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "ids")
        except Broken as broken:
            sys.exit("%s: %s" % (sys.argv[1], broken))
        print("%d documents: everything adds up" % len(counted))
    else:
        program.main(globals())
