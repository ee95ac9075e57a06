"""
Promise 2 needs threads that never race: whole commands under the thread sanitizer, three threads on many small frames
and on one big one.
"""
import os

from lib import program, world

OPTIONS = ["--max-bad", 1]


def test_whole_commands():
    os.environ["TSAN_OPTIONS"] = "halt_on_error=1:ignore_noninstrumented_modules=1"  # libomp is not built with it
    program.TAMIS = os.path.join(program.ROOT, "build", "thread", "tamis")
    assert os.path.exists(program.TAMIS), "%s is missing; make SAN=thread CC=clang CXX=clang++" % program.TAMIS
    for ending in (".frames.zst", ".jsonl.zst"):
        folder = "in" + ending
        world.three_sources(seed=41, count=400, folder=folder, ending=ending)
        files = [os.path.join(folder, name + ending) for name in ("law", "web", "src")]
        three = ["--threads", 3, "-q", *OPTIONS]
        program.tamis("dedup", *files, "--filter", "gopher_quality", "--drops", "d.jsonl", "--clusters", "c.jsonl",
                      "-o", "kept.jsonl.zst", "--copy-frames", *three)
        program.tamis("filter", *files, "--filter", "gopher_repetition", "--drops", "d.jsonl", "-o", "f.jsonl.zst",
                      *three)
        for dropped in ("ids", "full"):
            recipe = dropped + ending + ".yaml"
            world.three_recipe(recipe, folder=folder, ending=ending,
                               output={"shard_bytes": "64K", "compression": "zstd:3", "dropped": dropped})
            program.run(recipe, "RUN-" + recipe, *OPTIONS, threads=3)
            program.run(recipe, "SMALL-" + recipe, *OPTIONS, "--memory", "1G", threads=3)
    data = program.decompress("in.jsonl.zst/web.jsonl.zst")
    program.write("spoiled.jsonl.zst", program.compress_frames(data, len(data) // 40, spoiled=(0, 7, 8, 23, 39)))
    program.tamis("dedup", "spoiled.jsonl.zst", "-o", "kept.jsonl", *three, code=1)
    program.tamis("proxy", "in.jsonl.zst/law.jsonl.zst", "-o", "TRAJ", "--passes", 1, "--max-bytes", "64K", *three)


if __name__ == "__main__":
    program.main(globals())
