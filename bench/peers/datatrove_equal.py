#!/usr/bin/env python3
"""Compares `tamis dedup --compat datatrove` with datatrove itself: the same documents through both.

usage: datatrove_equal.py [FILE.jsonl[.zst]..]

datatrove is installed as peers.py installs it, or had by the Python that DATATROVE_PYTHON names. Without files: four of
the shared corpora (TAMIS_SHARED_CORPORA). Per file: documents; documents with the same signature, number for number;
documents that each keeps, and whether they are the same ones; seconds. Exit 1 when anything differs. LEAVE_OUT (0)
drops all but every so manieth document first.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SHARED = os.environ.get("TAMIS_SHARED_CORPORA", os.path.join(ROOT, "../shared/corpora"))
TAMIS = os.environ.get("TAMIS", os.path.join(ROOT, "build/tamis"))
LIBRARY = os.environ.get("TAMIS_LIBRARY", os.path.join(ROOT, "build/libtamis.a"))
PYTHON = os.environ.get("DATATROVE_PYTHON")
EVERY = int(os.environ.get("LEAVE_OUT", 0)) or 1
SLOTS = 112


def theirs(path, out):
    """In datatrove's own environment: signatures to `out`, kept documents and seconds to stdout."""
    import numpy
    from datatrove.data import Document
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
    with open(path, "rb") as lines:
        documents = [Document(text=one["text"], id=one["id"]) for one in map(json.loads, lines)]
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as work:
        first = MinhashDedupSignature(f"{work}/signatures")
        first.run(iter(documents))
        for band in range(first.config.num_buckets):
            MinhashDedupBuckets(f"{work}/signatures", f"{work}/buckets").run(None, band, first.config.num_buckets)
        MinhashDedupCluster(f"{work}/buckets", f"{work}/remove").run(None)
        kept = [one.id for one in MinhashDedupFilter(f"{work}/remove").run(iter(documents))]
        seconds = time.monotonic() - begin
        width = first.config.hashes_per_bucket
        all_values = numpy.zeros((len(documents), SLOTS), dtype="<u8")
        for band in range(first.config.num_buckets):
            rows = numpy.fromfile(f"{work}/signatures/bucket_{band:03d}/00000.minhash.sig",
                                  dtype=[("values", "<u8", (width,)), ("number", "<u4")])
            all_values[rows["number"], band * width:(band + 1) * width] = rows["values"]
        all_values.tofile(out)
    json.dump({"kept": kept, "seconds": seconds}, sys.stdout)


def prepare(source, path):
    """Documents of a corpus, numbered; their texts."""
    command = ["zstd", "-dcq", "--long=27", source] if source.endswith(".zst") else ["cat", source]
    texts = []
    with open(path, "w", encoding="utf-8") as out, subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for number, line in enumerate(process.stdout):
            if number % EVERY == 0:
                texts.append(json.loads(line)["text"])
                print(json.dumps({"id": str(number), "text": texts[-1]}), file=out)
    return texts


def build_signatures(folder):
    program = os.path.join(folder, "signatures")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-D_XOPEN_SOURCE=700", f"-I{ROOT}/include", f"-I{ROOT}/src",
                    os.path.join(HERE, "signatures.c"), LIBRARY, "-lutf8proc", "-lxxhash", "-o", program], check=True)
    return program


def same_signatures(program, texts, path):
    coded = [text.encode() for text in texts]
    sent = b"".join(len(text).to_bytes(4, sys.byteorder) + text for text in coded)
    ours = subprocess.run([program], input=sent, stdout=subprocess.PIPE, check=True).stdout
    with open(path, "rb") as file:
        other = file.read()
    width = 8 * SLOTS
    assert len(ours) == len(other) == width * len(texts)
    return sum(ours[i * width:(i + 1) * width] == other[i * width:(i + 1) * width] for i in range(len(texts)))


def compare(python, program, source, folder):
    path, signatures, kept = (os.path.join(folder, name) for name in ("in.jsonl", "signatures.bin", "kept.jsonl"))
    texts = prepare(source, path)
    found = json.loads(subprocess.run([python, __file__, "--theirs", path, signatures], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, check=True).stdout)
    begin = time.monotonic()
    subprocess.run([TAMIS, "dedup", "--compat", "datatrove", "--threads", "1", "-q", path, "-o", kept], check=True)
    seconds = time.monotonic() - begin
    with open(kept, encoding="utf-8") as lines:
        ours = [json.loads(line)["id"] for line in lines]
    equal = same_signatures(program, texts, signatures)
    fine = ours == found["kept"] and equal == len(texts)
    print(f"{os.path.basename(source)}: {len(texts)} documents, {equal} equal signatures; kept {len(ours)} and "
          f"{len(found['kept'])}, {'the same' if ours == found['kept'] else 'NOT THE SAME'}; {seconds:.2f} s and "
          f"{found['seconds']:.2f} s", flush=True)
    return fine


def main():
    if sys.argv[1:2] == ["--theirs"]:
        return theirs(*sys.argv[2:])
    if PYTHON:
        python = PYTHON
    else:
        from peers import install
        python = install("datatrove")
    names = ("medquad", "gov_web", "books_general", "dc_code")
    sources = sys.argv[1:] or [os.path.join(SHARED, name + ".jsonl.zst") for name in names]
    with tempfile.TemporaryDirectory() as folder:
        program = build_signatures(folder)
        fine = [compare(python, program, source, folder) for source in sources]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
