"""
Promise 7 and the filters at work: good documents survive, spoiled ones go, each by the rule that was made for it, and
rules made for prose leave code alone. Of real documents where they are at hand, of random prose everywhere.
"""
import json
import re

from lib import program, world

EACH = 50
RULES = [{"length": {"min_words": 10}}, {"regex": {"pack": "boilerplate"}}, "gopher_quality", "gopher_repetition"]


# ---- Good documents -------------------------------------------------------------------------------------------------


def is_running_prose(text):
    """Plain criteria a reader would share: sentences in paragraphs, few marks, nothing twice."""
    words = text.split()
    lines = [line for line in text.split("\n") if line]
    marks = len(re.findall(r"[^\w\s]", text))
    numbers = sum(1 for word in words if not re.search(r"[^\W\d_]", word))
    stop_words = sum(1 for word in set(words) if word in world.STOP_WORDS)
    runs = [tuple(words[i:i + 4]) for i in range(len(words) - 3)]
    return (marks * 7 < len(words) and numbers * 20 < len(words) and stop_words >= 4 and 4 < len(text) / len(words) < 8
            and len(set(lines)) == len(lines) and len(set(runs)) > 0.96 * len(runs))


def excerpts(text):
    """Runs of whole paragraphs of 120 words and more, hard line wraps undone."""
    gathered = []
    for paragraph in re.split(r"\n\s*\n", text):
        words = paragraph.split()
        gathered = gathered + [" ".join(words)] if len(words) >= 25 else []
        if sum(part.count(" ") + 1 for part in gathered) >= 120:
            yield "\n\n".join(gathered)
            gathered = []


def real_prose(name, count):
    found = []
    for record in program.read_records(world.shared_corpus(name)):
        good = [text for text in excerpts(record["text"]) if is_running_prose(text)]
        found += good[1:20:6]
        if len(found) >= count:
            return found[:count]
    raise AssertionError("%s: only %d excerpts of running prose" % (name, len(found)))


def real_code(count):
    found = [record["text"] for record in program.read_records(world.shared_corpus("code_src"))
             if 300 < len(record["text"]) < 8000]
    return found[::max(1, len(found) // count)][:count]


# ---- Bad documents --------------------------------------------------------------------------------------------------


def every(words, step, extra):
    return " ".join(word + " " + extra if i % step == step - 1 else word for i, word in enumerate(words))


def in_lines(words, size):
    return [" ".join(words[i:i + size]) for i in range(0, len(words), size)]


JAVASCRIPT = ("Please enable JavaScript in your browser to view this page. Your browser does not support JavaScript. "
              "This site requires JavaScript to show what it holds.")
LOST = ("Error 404 Page not found. The page you are looking for might have been removed or had its name changed. "
        "The requested URL was not found on this server.")
LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et " \
        "dolore magna aliqua."


def spoilers():
    """(rule, how to spoil a good text so that this rule takes it)."""
    def words(text):
        return re.findall(r"[^\W\d_]+", text)

    def sentence(text, size=12):
        return " ".join(words(text)[:size]) + "."

    def opening(text):
        return " ".join(text.split()[:60])

    return [
        ("length_min_words", lambda t: " ".join(words(t)[:8])),
        ("gopher_short_doc", lambda t: " ".join(words(t)[:40])),
        ("gopher_below_avg_threshold", lambda t: " ".join(word[:1 + i % 3] for i, word in enumerate(words(t)))),
        ("gopher_above_avg_threshold", lambda t: " ".join("".join(words(t)[i:i + 4])
                                                          for i in range(0, len(words(t)), 4)) + " " + " ".join(
            "".join(words(t)[i:i + 5]) for i in range(2, len(words(t)), 5))),
        ("gopher_too_many_hashes", lambda t: every(words(t), 4, "#")),
        ("gopher_too_many_ellipsis", lambda t: every(words(t), 4, "...")),
        ("gopher_too_many_bullets", lambda t: "\n".join("- " + line for line in in_lines(words(t), 10))),
        ("gopher_too_many_end_ellipsis", lambda t: "\n".join(line + "..." for line in in_lines(words(t), 14))),
        ("gopher_below_alpha_threshold", lambda t: every(words(t), 2, "20417")),
        ("gopher_enough_stop_words", lambda t: " ".join(word for word in words(t) if word not in world.STOP_WORDS)),
        ("dup_line_frac", lambda t: "\n".join(line + "\nIt was said once more by all of them." for line in
                                              in_lines(words(t), 20))),
        ("dup_para_frac", lambda t: "\n\n".join(line + "\n\nIt was said again." for line in in_lines(words(t), 25))),
        ("dup_line_char_frac", lambda t: "\n".join(in_lines(words(t), 12) +
                                                    [" ".join(words(t)[:len(words(t)) // 2])] * 2)),
        ("top_2_gram", lambda t: every(words(t), 3, "extraordinary circumstances")),
        ("top_3_gram", lambda t: every(words(t), 10, "quite obvious reasons")),
        ("duplicated_*_n_grams", lambda t: " ".join(words(t)[:110]) + ". " + " ".join(
            " ".join(words(t)[i:i + 7]) + " then" for i in range(0, 40, 9))),
        ("boilerplate.error_page", lambda t: LOST + " " + opening(t)),
        ("boilerplate.enable_javascript", lambda t: JAVASCRIPT + " " + opening(t)),
        ("boilerplate.placeholder", lambda t: LOREM + " " + opening(t)),
        ("boilerplate.template", lambda t: every(opening(t).split(), 6, "{{ page.title | escape }}")),
    ]


def judged(lines, copies):
    """What became of each id: None, or the rule. Of a document and its copy the copy goes, being of a later source."""
    program.write_lines("in.jsonl.zst", lines)
    program.write_lines("copies.jsonl.zst", copies)
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl.zst", "general"),
                                       world.source("copies", "copies.jsonl.zst", "general")], filters=RULES,
                       holdout=False)
    program.run("recipe.yaml", "RUN")
    return {row["id"]: row["rule"] for row in program.ledger_rows("RUN")}


def check_world(maker, texts):
    """`texts`: twice EACH and a few more good ones; half stay as they are, of the others each is spoiled."""
    good, others = texts[:EACH], texts[EACH:]
    lines = [maker.line(text, id="good-%d" % i) for i, text in enumerate(good)]
    wanted = {}
    ways = spoilers()
    for i in range(max(EACH, len(ways))):
        rule, spoil = ways[i % len(ways)]
        id = "bad-%d" % i
        wanted[id] = rule
        lines.append(maker.line(spoil(others[i % len(others)] + "\n\n" + others[(i + 1) % len(others)]), id=id))
    copies = []
    for i in range(10):
        copies.append(maker.line("  " + good[i].replace("\n\n", "\n \n") + "\n", id="copy-%d" % i))
        copies.append(maker.line(maker.near(good[-1 - i], 1), id="near-%d" % i))
        wanted["copy-%d" % i], wanted["near-%d" % i] = "exact", "minhash"
    rules = judged(lines, copies)
    lost = {id: rule for id, rule in rules.items() if id.startswith("good") and rule}
    stayed = [id for id in wanted if not rules[id]]
    wrong = {id: (rules[id], wanted[id]) for id in wanted
             if rules[id] and not re.fullmatch(wanted[id].replace("*", r"\d+"), rules[id])}
    assert not lost, "%d of %d good documents were dropped: %s" % (len(lost), EACH, lost)
    assert not stayed, "%d of %d bad documents stay: %s" % (len(stayed), len(wanted), [(i, wanted[i]) for i in stayed])
    assert not wrong, "dropped by another rule than the one for it: %s" % wrong


def test_random_prose():
    maker = world.Maker(81)
    check_world(maker, [maker.prose(180) for _ in range(2 * EACH + 10)])


def real_world(seed, name):
    check_world(world.Maker(seed), real_prose(name, 2 * EACH + 10))


def test_real_general():
    real_world(82, "books_general")


def test_real_history():
    real_world(83, "openstax_us_history")


def test_real_law():
    real_world(84, "books_law")


def test_real_medicine():
    real_world(85, "openstax_anatomy")


# ---- Kinds ----------------------------------------------------------------------------------------------------------


def check_code(maker, texts):
    """Code loses exact copies and what is as good as a copy, and nothing to rules made for prose."""
    lines = [maker.line(text, id="code-%d" % i) for i, text in enumerate(texts)]
    lines += [maker.line(text, id="copy-%d" % i) for i, text in enumerate(texts[:10])]
    program.write_lines("code.jsonl.zst", lines)
    for kind in ("code", None):
        source = {"name": "src", "paths": ["code.jsonl.zst"], "domain": "code"}
        source.update({"kind": kind} if kind else {})
        world.write_recipe("recipe.yaml", [source], filters=RULES[1:], holdout=False,
                           accept={"dedup.src": 0.2})
        program.run("recipe.yaml", "RUN-%s" % kind)
        for row in program.ledger_rows("RUN-%s" % kind):
            assert row["kind"] == "code", "%s is taken for %s" % (row["id"], row["kind"])
            if row["id"].startswith("copy"):
                assert row["rule"] in ("exact", "minhash"), "%s stays, or went by %s" % (row["id"], row["rule"])
            else:
                assert row["rule"] is None, "%s was dropped by %s" % (row["id"], row["rule"])


def test_random_code():
    maker = world.Maker(86)
    check_code(maker, [maker.code(maker.rng.randint(1, 6)) for _ in range(2 * EACH)])


def test_real_code():
    texts = real_code(2 * EACH)
    unique = list({" ".join(text.split()): text for text in texts}.values())
    check_code(world.Maker(87), unique)


def test_on_asks_for_more():
    """`on` makes a rule drop where it was not made for; without it the same document stays."""
    maker = world.Maker(88)
    program.write_lines("in.jsonl", [maker.line(maker.code(), id="c%d" % i) for i in range(20)])
    for spec, kept in (("gopher_quality", 20), ("gopher_quality:on=code", None), ("gopher_quality:on=all", None),
                       ("gopher_quality:on=prose", 20)):
        out = program.tamis("filter", "--filter", spec, "--kind", "code", "in.jsonl").out
        count = len(program.split_lines(out))
        assert count == kept if kept else count < 10, "%s keeps %d of 20 documents of code" % (spec, count)


def test_languages():
    """Stop words are English: a German text does not go for lack of them, an English one does."""
    german = ("Der Hund lief über die Straße und suchte seinen Herrn, der längst nach Hause gegangen war. Niemand "
              "wusste genau, warum er so lange gewartet hatte, aber alle waren froh, als er endlich wiederkam. ")
    maker = world.Maker(89)
    lines = [maker.line(german * 2 + "Es war Abend, als sie ankamen, und %s wartete schon." % name, id="german-" + name,
                        lang="de") for name in ("Anna", "Paul", "Maria")]
    lines.append(maker.line(german * 2, id="told-english", lang="en"))
    program.write_lines("in.jsonl", lines)
    world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl", "general", language="lang")],
                       filters=["gopher_quality"], holdout=False, dedup=False)
    program.run("recipe.yaml", "RUN")
    rules = {row["id"]: row["rule"] for row in program.ledger_rows("RUN")}
    assert rules.pop("told-english") == "gopher_enough_stop_words", rules
    assert not any(rules.values()), rules


# ---- Scripts without spaces -----------------------------------------------------------------------------------------

UNSPACED = {
    "zh": "那天早上下着雨，渔夫还是把船推到水里。他的女儿站在岸边，看着他慢慢离开港口，心里数着他答应带回来的鱼。",
    "ja": "その朝は雨が降っていたが、漁師は舟を海へ押し出した。娘は岸に立って、父が港を離れていくのを見送り、約束の魚を数えていた。",
    "th": "เช้าวันนั้นฝนตก แต่ชาวประมงก็ยังเข็นเรือลงน้ำ ลูกสาวยืนอยู่บนฝั่งมองพ่อค่อยๆออกจากท่า และนับปลาที่พ่อสัญญาว่าจะนำกลับมา",
}


def unspaced_lines(maker):
    """Prose that says everything twice, also with as much English; and short words with a little Han among them."""
    lines = [maker.line(text + "\n\n2. " + text, id=code) for code, text in UNSPACED.items()]
    lines += [maker.line(text + " " + " ".join(maker.words[:len(text) // 3]), id=code + "-mixed")
              for code, text in UNSPACED.items()]
    return lines + [maker.line("a b c d e f g h 雨 " * 20, id="few")]


def wordy_filters(**on):
    return [{"gopher_repetition": dict(on)}, {"gopher_quality": dict(on, dialect="tamis@1", min_stop_words=0)}]


def check_sampled(folder, ids, short_words):
    """Report and explain agree on what each rule would drop; the length of words was measured all the same."""
    fails = {}
    for id in ids:
        for signal in json.loads(program.tamis("explain", folder, id, "--json").out)["signals"]:
            fails[signal["rule"]] = fails.get(signal["rule"], 0) + signal["fails"]
            assert signal["signal"] != "mean_word_length" or signal["value"] < 3, "%s: %s" % (id, signal)
    told = {row["rule"]: row["fails"] for row in program.load(folder + "/report.json")["sample"]["rules"]}
    assert told == {rule: count for rule, count in fails.items() if count}, "%s: %s and %s" % (folder, told, fails)
    assert told["gopher_below_avg_threshold"] == short_words, "%s: %s" % (folder, told)


def test_scripts_without_spaces():
    """Where letters count as words, rules about words are measured and drop nothing, unless `on: all` says so."""
    program.write_lines("in.jsonl", unspaced_lines(world.Maker(90)))
    for on in (None, "prose", "all"):
        folder = "RUN-%s" % on
        world.write_recipe("recipe.yaml", [world.source("web", "in.jsonl", "general")], holdout=False, dedup=False,
                           filters=wordy_filters(**({"on": on} if on else {})))
        program.run("recipe.yaml", folder)
        rules = {row["id"]: row["rule"] for row in program.ledger_rows(folder)}
        dropped = [id for id in rules if rules[id]]
        assert sorted(dropped) == (sorted(rules) if on == "all" else ["few"]), "%s: %s" % (folder, rules)
        check_sampled(folder, rules, len(dropped))


def test_real_scripts_without_spaces():
    """Manuals in Chinese and Japanese stay, but for some that repeat their lines or hold little but commands."""
    records = program.read_records(world.shared_corpus("languages"))
    lines = [json.dumps(record).encode() for record in records if record["lang"] in ("zh", "ja")]
    program.write_lines("in.jsonl", lines)
    filters = [word for filter in ("gopher_repetition", "gopher_quality:dialect=tamis@1", "regex:pack=boilerplate")
               for word in ("--filter", filter)]
    kept = program.split_lines(program.tamis("filter", "--kind", "prose", *filters, "in.jsonl").out)
    assert len(lines) > 200 and len(kept) > 0.85 * len(lines), "%d of %d are kept" % (len(kept), len(lines))


if __name__ == "__main__":
    program.main(globals())
