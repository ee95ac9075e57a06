"""
Scores of trajectories against a plain program written from the formulas: Dynamic Uncertainty (He et al. 2023), TDDS on
losses (Zhang et al. 2024), and the simple ones; on random trajectories with gaps and on the odd ones.
"""
import json
import math
import random

from lib import program

# ---- The formulas ---------------------------------------------------------------------------------------------------


def norm_of_deviations(values):
    """sqrt(sum (x - mean)^2)"""
    if len(set(values)) == 1:
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.hypot(*(value - mean for value in values))


def dynamic_uncertainty(losses, window=10, windows="all", input="prob", strict=False):
    x = [math.exp(-loss) if input == "prob" else float(loss) for loss in losses if loss is not None]
    if len(x) < 2:
        return None
    starts = range(len(x) - window + (1 if windows == "all" else 0))
    if len(starts) == 0:
        return None if strict else norm_of_deviations(x) / math.sqrt(len(x) - 1)
    spreads = [norm_of_deviations(x[k:k + window]) / math.sqrt(window - 1) for k in starts]
    return math.fsum(spreads) / len(spreads)


def tdds(losses, window=10, length=0, decay=0.9, form="difference", strict=False):
    x = [float(loss) for loss in (losses[:length] if length else losses) if loss is not None]
    if len(x) < 3 or (strict and len(x) < window):
        return None
    d = [abs(after - before) * (math.exp(-after) if form == "target" else 1.0) for before, after in zip(x, x[1:])]
    window = min(window, len(x))
    last = len(x) - window
    return math.fsum(decay * (1 - decay) ** (last - k) * norm_of_deviations(d[k:k + window - 1])
                     for k in range(last + 1))


def mean_loss(losses):
    seen = [loss for loss in losses if loss is not None]
    return math.fsum(seen) / len(seen) if seen else None


def final_loss(losses):
    seen = [loss for loss in losses if loss is not None]
    return seen[-1] if seen else None


def learnability(losses, skip=0):
    seen = [loss for loss in losses[skip:] if loss is not None]
    return seen[0] - seen[-1] if len(seen) > 1 else None


FORMULAS = {"dynamic_uncertainty": dynamic_uncertainty, "tdds": tdds, "mean_loss": mean_loss,
            "final_loss": final_loss, "learnability": learnability}
SPECS = [
    ("dynamic_uncertainty", {}),
    ("dynamic_uncertainty", {"windows": "paper"}),
    ("dynamic_uncertainty", {"window": 2, "input": "loss"}),
    ("dynamic_uncertainty", {"window": 5, "windows": "paper", "strict": True}),
    ("dynamic_uncertainty", {"window": 30, "input": "loss", "windows": "paper"}),
    ("dynamic_uncertainty", {"window": 4096}),
    ("tdds", {}),
    ("tdds", {"decay": 0.1}),
    ("tdds", {"window": 3, "decay": 1.0}),
    ("tdds", {"window": 6, "length": 12, "form": "target"}),
    ("tdds", {"window": 12, "length": 9, "strict": True}),
    ("tdds", {"window": 4096, "decay": 0.5, "form": "target"}),
    ("mean_loss", {}),
    ("final_loss", {}),
    ("learnability", {}),
    ("learnability", {"skip": 4}),
]


def spelled(name, options):
    words = ",".join("%s=%s" % (key, str(value).lower() if isinstance(value, bool) else value)
                     for key, value in options.items())
    return name + (":" + words if words else "")


# ---- Trajectories ---------------------------------------------------------------------------------------------------

ODD = {
    "nothing seen": [None] * 24,
    "one seen": [None, 2.5] + [None] * 22,
    "two seen": [None, 2.5, None, 1.25] + [None] * 20,
    "three seen": [4, None, 2.5, None, 2] + [None] * 19,
    "as many as a window": [5, 4, 3.5, 3, 2.75, 2.5, 2.25, 2.125, 2, 1.9] + [None] * 14,
    "one more than a window": [5, 4, 3.5, 3, 2.75, 2.5, 2.25, 2.125, 2, 1.9, 1.8] + [None] * 13,
    "never moves": [0.1] * 24,
    "never moves, with gaps": [2.3 if i % 3 else None for i in range(24)],
    "falls evenly": [24 - i for i in range(24)],
    "up and down": [0.3 if i % 2 else 1.7 for i in range(24)],
    "sure, then lost": [0 if i % 2 else 900 for i in range(24)],
    "always sure": [0] * 24,
    "hopeless": [1000 + 10 * i for i in range(24)],
    "far down": [400.0 + 1.5 ** (i % 7) for i in range(24)],
    "very far up": [1e300 * (1 + i % 3) for i in range(24)],
}


def random_losses(rng, count=24):
    floor, fall, noise = 3 * rng.random(), 8 * rng.random(), rng.random()
    gaps = rng.choice([0, 0, 0.1, 0.5, 0.9])
    return [None if rng.random() < gaps else floor + fall / (i + 1) + noise * rng.random() for i in range(count)]


def trajectories(seed, count=400):
    rng = random.Random(seed)
    world = {"document-%04d" % i: random_losses(rng) for i in range(count)}
    world["seen everywhere"] = [5 / (i + 1) for i in range(24)]
    world.update(ODD)
    return world


def write_wide(path, world):
    program.write_lines(path, [json.dumps({"id": id, "losses": losses}).encode() for id, losses in world.items()])


STEPS = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512] + list(range(1000, 14000, 1000))


def write_long(path, world, rng, sums):
    """One line per loss, in any order; with `sums` as sums over 64 tokens, which divide without a rest."""
    lines = []
    for id, losses in world.items():
        for step, loss in zip(STEPS, losses):
            if loss is not None:
                record = {"id": id, "step": step}
                record.update({"loss_sum": loss * 64, "n_tokens": 64} if sums else {"loss": loss})
                lines.append(json.dumps(record).encode())
    rng.shuffle(lines)
    program.write_lines(path, lines)


def scores(spec, path, code=0):
    """id to (score, n_obs), as printed."""
    out = program.tamis("score", "--scorer", spec, path, "-q", code=code).out
    rows = [json.loads(line) for line in program.split_lines(out)]
    found = {row["id"]: (row["score"], row["n_obs"]) for row in rows}
    assert len(found) == len(rows), "%s: an id twice" % spec
    return found


def agree(score, wanted):
    if score is None or wanted is None:
        return score is wanted
    return score == wanted if wanted == 0 else abs(score - wanted) <= 1e-12 * abs(wanted)


# ---- What must hold -------------------------------------------------------------------------------------------------


def test_scores_are_those_of_the_formulas():
    world = trajectories(1)
    write_wide("wide.jsonl", world)
    for name, options in SPECS:
        spec = spelled(name, options)
        found = scores(spec, "wide.jsonl")
        assert set(found) | {"nothing seen"} == set(world), "%s: other ids" % spec
        for id, (score, observed) in found.items():
            wanted = FORMULAS[name](world[id], **options)
            assert agree(score, wanted), "%s of %s: %r, not %r" % (spec, id, score, wanted)
            assert observed == sum(loss is not None for loss in world[id]), "%s of %s: n_obs" % (spec, id)


def test_what_does_not_move_scores_0():
    write_wide("wide.jsonl", ODD)
    for id in ("never moves", "never moves, with gaps", "always sure"):
        for spec in ("dynamic_uncertainty", "dynamic_uncertainty:input=loss", "dynamic_uncertainty:windows=paper",
                     "tdds", "tdds:form=target", "learnability"):
            assert scores(spec, "wide.jsonl")[id][0] == 0, (spec, id)
    for id in ("falls evenly", "up and down", "sure, then lost"):
        assert scores("tdds", "wide.jsonl")[id][0] == 0, id
        assert scores("dynamic_uncertainty", "wide.jsonl")[id][0] > 0, id


def test_scores_follow_their_ids():
    world = trajectories(2)
    write_wide("wide.jsonl", world)
    ids = list(world)
    random.Random(3).shuffle(ids)
    renamed = dict(zip(world, ids))
    write_wide("renamed.jsonl", {renamed[id]: losses for id, losses in world.items()})
    write_wide("shuffled.jsonl", {id: world[id] for id in ids})
    for name, options in SPECS:
        spec = spelled(name, options)
        plain = scores(spec, "wide.jsonl")
        assert scores(spec, "renamed.jsonl") == {renamed[id]: score for id, score in plain.items()}, spec
        assert scores(spec, "shuffled.jsonl") == plain, spec


def test_long_and_wide_are_the_same():
    """Steps are put in order by number, whatever the order of the lines."""
    world = {id: losses for id, losses in trajectories(4, 150).items() if id != "nothing seen"}
    world = {id: losses for id, losses in world.items() if any(loss is not None for loss in losses)}
    rng = random.Random(5)
    write_wide("wide.jsonl", world)
    write_long("long.jsonl", world, rng, sums=False)
    write_long("sums.jsonl", world, rng, sums=True)
    for name, options in SPECS:
        spec = spelled(name, options)
        wide = scores(spec, "wide.jsonl")
        assert scores(spec, "long.jsonl") == wide, spec
        assert scores(spec, "sums.jsonl") == wide, spec


def test_steps_in_any_order():
    rng, places = random.Random(6), list(range(24))
    lines, world = [], trajectories(7, 100)
    for id, losses in world.items():
        rng.shuffle(places)
        lines.append(json.dumps({"id": id, "losses": [losses[p] for p in places],
                                 "steps": [STEPS[p] for p in places]}).encode())
    program.write_lines("steps.jsonl", lines)
    write_wide("wide.jsonl", world)
    for spec in ("dynamic_uncertainty:window=4", "tdds:length=12,window=5", "final_loss", "learnability:skip=3"):
        assert scores(spec, "steps.jsonl") == scores(spec, "wide.jsonl"), spec


def test_documents_that_cannot_be_trusted_have_no_score():
    """A negative loss is never scored, an id with two losses at one step neither; the others do not notice."""
    good = {id: losses for id, losses in trajectories(8, 300).items() if id not in ODD}
    write_wide("good.jsonl", good)
    wanted = scores("tdds", "good.jsonl")
    write_wide("bad.jsonl", good)
    with open("bad.jsonl", "ab") as f:
        for line in ({"id": "twin", "losses": [2.0] * 24}, {"id": "twin", "losses": [3.0] * 24},
                     {"id": "negative", "losses": [-1.0] * 24}):
            f.write(json.dumps(line).encode() + b"\n")
    found = scores("tdds", "bad.jsonl", code=None)
    for id in ("twin", "negative"):
        assert found.pop(id, (None, 0))[0] is None, id
    assert found == wanted


if __name__ == "__main__":
    program.main(globals())
