#!/usr/bin/env python3
"""One peer finds near-duplicates: 5-word shingles, 14 bands of 8 rows, groups by shared bands; nothing is verified.

usage: dedup.py PEER INPUT.jsonl WORK_FOLDER GROUPS.tsv

Runs in the peer's own environment. Every peer is asked for the same: which documents share a band. The last line on
stdout is JSON: seconds without the loading of modules, documents, and how many of them a user of it would drop.
"""
import glob
import os
import sys

from common import BANDS, ROWS, WORDS, Clock, Groups, read, shingles, write_groups


def finish(clock, count, groups, ids, path):
    clock.done(documents=count, dropped=sum(len(group) - 1 for group in groups))
    write_groups(path, [[ids[number] for number in group] for group in groups])


def datatrove(path, work, out):
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.word_tokenizers import load_word_tokenizer
    load_word_tokenizer("en").word_tokenize("spaCy loads its rules here.")
    clock = Clock()
    config = MinhashConfig(n_grams=WORDS, num_buckets=BANDS, hashes_per_bucket=ROWS,
                           hash_config=HashConfig(precision=64))
    reader = JsonlReader(os.path.dirname(path), glob_pattern=os.path.basename(path), compression=None)
    # The stages themselves, one after the other: an executor's tasks and logs would cost it seconds more.
    MinhashDedupSignature(f"{work}/signatures", config=config).run(reader.run())
    for band in range(BANDS):
        MinhashDedupBuckets(f"{work}/signatures", f"{work}/buckets", config=config).run(None, band, BANDS)
    MinhashDedupCluster(f"{work}/buckets", f"{work}/remove", config=config, save_cluster_id=True).run(None)
    dropped = sum(os.path.getsize(f) // 4 for f in glob.glob(f"{work}/remove/*.remove"))
    with open(path, "rb") as lines:
        count = sum(1 for _ in lines)
    clock.done(documents=count, dropped=dropped)
    import struct
    ids, _ = read(path)
    members = {}
    for f in glob.glob(f"{work}/remove/*.clusters"):
        with open(f, "rb") as pairs:
            for number, cluster in struct.iter_unpack("<II", pairs.read()):
                members.setdefault(cluster, []).append(ids[number])
    write_groups(out, members.values())


def textdedup(path, work, out):
    from pathlib import Path
    os.environ.setdefault("HF_HOME", f"{work}/hf")
    from text_dedup import minhash
    from text_dedup.config.base import load_config_from_toml
    clock = Clock()
    settings = f"""
[input]
input_type = "local_files"
file_type = "json"
read_arguments = {{path = "json", data_files = "{path}", split = "train", cache_dir = "{work}/cache"}}
[algorithm]
algorithm_name = "minhash"
text_column = "text"
num_proc = 1
num_perm = {BANDS * ROWS}
bands = {BANDS}
rows = {ROWS}
ngram_size = {WORDS}
threshold = 0.8
check_false_positive = false
[output]
output_dir = "{work}/output"
save_clusters = true
skip_filtering = true
[debug]
"""
    with open(f"{work}/config.toml", "w", encoding="utf-8") as file:
        file.write(settings)
    minhash.main(load_config_from_toml(Path(f"{work}/config.toml")))
    import pickle
    with open(f"{work}/output/clusters.pickle", "rb") as file:
        members = {}
        for number, cluster in pickle.load(file).items():
            members.setdefault(cluster, []).append(number)
    ids, _ = read(path)
    finish(clock, len(ids), [sorted(group) for group in members.values()], ids, out)


def datasketch(path, work, out):
    del work
    from datasketch import MinHash, MinHashLSH
    clock = Clock()
    ids, texts = read(path)
    groups = Groups(len(ids))
    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    for number, text in enumerate(texts):
        sketch = MinHash(num_perm=BANDS * ROWS)
        sketch.update_batch([shingle.encode() for shingle in shingles(text)])
        for other in index.query(sketch):
            groups.join(number, other)
        index.insert(number, sketch, check_duplication=False)
    finish(clock, len(ids), groups.sets(), ids, out)


def rensa(path, work, out):
    del work
    from rensa import RMinHash, RMinHashLSH
    clock = Clock()
    ids, texts = read(path)
    groups = Groups(len(ids))
    index = RMinHashLSH(threshold=0.8, num_perm=BANDS * ROWS, num_bands=BANDS)
    for number, text in enumerate(texts):
        sketch = RMinHash(num_perm=BANDS * ROWS, seed=42)
        sketch.update(list(shingles(text)))
        for other in index.query(sketch):
            groups.join(number, other)
        index.insert(number, sketch)
    finish(clock, len(ids), groups.sets(), ids, out)


def deduprs(path, work, out):
    del work
    import numpy
    from dedup_rs import EmbedFunc
    clock = Clock()
    ids, texts = read(path)
    groups = Groups(len(ids))
    function = EmbedFunc.from_b_r(BANDS, ROWS, WORDS, BANDS * ROWS, "text", "number", "u64", 1)
    for begin in range(0, len(texts), 1000):
        part = texts[begin:begin + 1000]
        function.batch_embed_shard(part, numpy.arange(begin, begin + len(part), dtype=numpy.uint32))
    found = function.cluster()
    for number in range(len(ids)):
        groups.join(number, found.find(number))
    finish(clock, len(ids), groups.sets(), ids, out)


def dupekit(path, work, out):
    del work
    import dupekit as kit
    import pyarrow.json
    clock = Clock()
    table = pyarrow.json.read_json(path).select(["id", "text"]).combine_chunks()
    steps = [kit.Transformation.CleanText(input_col="text", output_col="clean"),
             kit.Transformation.MinHash(input_col="clean", output_col="sketch", num_perms=BANDS * ROWS,
                                        ngram_size=WORDS * 6, seed=42),
             kit.Transformation.MinHashLSH(input_col="sketch", output_col="bands", num_bands=BANDS),
             kit.Transformation.SelectColumns(columns=["id", "bands"])]
    ids, keys = [], []
    for batch in table.to_batches(max_chunksize=1000):
        done = kit.transform(batch, steps)
        ids += done.column(0).to_pylist()
        keys += done.column(1).to_pylist()
    groups = Groups(len(ids))
    groups.by_keys([(band, key) for band, key in enumerate(row)] for row in keys)
    finish(clock, len(ids), groups.sets(), ids, out)


def datajuicer(path, work, out):
    del work
    from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
    clock = Clock()
    ids, texts = read(path)
    op = DocumentMinhashDeduplicator(tokenization="space", window_size=WORDS, num_permutations=BANDS * ROWS,
                                     num_bands=BANDS, num_rows_per_band=ROWS, jaccard_threshold=0.8)
    groups = Groups(len(ids))
    # Its own process() groups samples of a datasets.Dataset and deletes; the signature is its compute_hash().
    keys = [op.compute_hash({"text": text})["__dj__minhash"] for text in texts]
    groups.by_keys(enumerate(row) for row in keys)
    finish(clock, len(ids), groups.sets(), ids, out)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    globals()[sys.argv[1]](*(os.path.abspath(name) for name in sys.argv[2:]))
