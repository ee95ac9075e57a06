"""
`tamis select` keeps what a full sort in memory keeps, whatever the threads, the memory, the compression and how the
lines are cut into files; and what it keeps of a set of distinct ids does not depend on the order of the lines.
"""
import json
import math
import random

from lib import program

POLICIES = ["top", "bottom", "middle"]


def make_lines(draw, count, domains, tokens):
    scores = draw.choice([[0.0], [-0.0, 0.0, 1e-300], [i / 8 for i in range(-9, 40)], None])
    lines = []
    for number in range(count):
        score = draw.random() * 10 - 2 if scores is None else draw.choice(scores)
        line = {"id": "%s-%d" % (draw.choice(["doc", "a", "a\u00e9", "long/" * 9]), number),
                "score": None if draw.random() < 0.1 else score}
        if tokens:
            line["tokens"] = draw.choice([0, 1, 7, 100, 4000])
        if domains and draw.random() < 0.9:
            line["domain"] = draw.choice(["law", "code", "\u6cd5"])
        lines.append(line)
    draw.shuffle(lines)
    return lines


def weight(line, by_tokens):
    return line["tokens"] if by_tokens else 1


def share(keep, whole):
    return min(whole, math.ceil(keep * whole))


def cut(lines, policy, keep, by_tokens):
    """The lines of one domain that stay, of those with a score."""
    sign = -1 if policy == "top" else 1
    order = sorted(lines, key=lambda line: (sign * (line["score"] + 0.0), line["id"].encode()))
    total = sum(weight(line, by_tokens) for line in order)
    limit = share(keep, total)
    if limit >= total:
        return order
    first, left_out, kept, stays = 0, 0, 0, []
    while policy == "middle" and left_out + weight(order[first], by_tokens) <= (total - limit) // 2:
        left_out += weight(order[first], by_tokens)
        first += 1
    for line in order[first:]:
        if kept >= limit:
            break
        kept += weight(line, by_tokens)
        stays.append(line)
    return stays


def expected(lines, policy, keep, unscored, within):
    by_tokens = all("tokens" in line for line in lines)
    groups = {}
    for line in lines:
        groups.setdefault(line.get("domain") if within == "domain" else None, []).append(line)
    stays = set()
    for group in groups.values():
        stays.update(line["id"] for line in cut([x for x in group if x["score"] is not None], policy, keep, by_tokens))
    if unscored == "keep":
        stays.update(line["id"] for line in lines if line["score"] is None)
    return [line["id"] for line in lines if line["id"] in stays]


def select(*arguments, **how):
    return program.tamis("select", "-q", *arguments, **how).out.decode().split("\n")[:-1]


def write_texts(path, texts):
    program.write_lines(path, [text.encode() for text in texts])


def test_agrees_with_a_full_sort():
    draw = random.Random(5)
    for round in range(60):
        lines = make_lines(draw, draw.choice([0, 1, 2, 30, 500]), draw.random() < 0.6, draw.random() < 0.6)
        policy, unscored = draw.choice(POLICIES), draw.choice(["keep", "drop"])
        keep, within = draw.choice([0.001, 0.1, 1 / 3, 0.5, 0.7, 1]), draw.choice(["domain", "all"])
        write_texts("scores.jsonl", map(json.dumps, lines))
        options = ["--policy", policy, "--keep", keep, "--unscored", unscored]
        options += ["--within", "all"] if within == "all" else []
        got = select(*options, "--memory", draw.choice(["1K", "64K", "64M"]), "--threads", draw.choice([1, 3]),
                     "scores.jsonl")
        assert got == expected(lines, policy, keep, unscored, within), (round, options)


def test_same_ids_however_the_lines_come():
    draw = random.Random(6)
    lines = make_lines(draw, 20000, True, True)
    texts = [json.dumps(line) for line in lines]
    write_texts("all.jsonl", texts)
    write_texts("one.jsonl", texts[:7000])
    write_texts("two.jsonl", texts[7000:])
    data = "".join(text + "\n" for text in texts).encode()
    write_texts("all.jsonl.zst", texts)
    write_texts("all.jsonl.gz", texts)
    for policy in POLICIES + ["random"]:
        options = ["--policy", policy, "--keep", "0.4", "--seed", "9"]
        options += ["--unscored", "random"] if policy != "random" else []
        plain = select(*options, "all.jsonl", "--threads", 1)
        assert plain
        assert select(*options, "one.jsonl", "two.jsonl", "--threads", 2) == plain
        assert select(*options, "all.jsonl.zst", "--memory", "100K") == plain
        assert select(*options, "all.jsonl.gz") == plain
        assert select(*options, "-", stdin=data) == plain
        assert select(*options, stdin=program.compress(data)) == plain
        draw.shuffle(texts)
        write_texts("shuffled.jsonl", texts)
        assert sorted(select(*options, "shuffled.jsonl")) == sorted(plain)


def test_a_lot_keeps_the_share():
    draw = random.Random(7)
    lines = make_lines(draw, 5000, False, True)
    write_texts("scores.jsonl", map(json.dumps, lines))
    tokens = {line["id"]: line["tokens"] for line in lines}
    limit = share(0.3, sum(tokens.values()))
    seen = set()
    for seed in range(5):
        kept = select("--policy", "random", "--keep", "0.3", "--seed", seed, "scores.jsonl")
        spent = sum(tokens[line] for line in kept)
        assert limit - 4000 <= spent <= limit, (spent, limit)
        seen.add(tuple(kept))
    assert len(seen) == 5


if __name__ == "__main__":
    program.main(globals())
