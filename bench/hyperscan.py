"""
Hyperscan beside the program's own gate for rule packs: bench/hyperscan.py REPORT CORPUS.jsonl.zst
Needs libhyperscan-dev and build/libtamis.a; says so and measures nothing without them.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

LIBS = "-lhs -lzstd -lxxhash -lpcre2-8 -lyaml -lsimdjson -lutf8proc -lcld2 -lisal -lopenblas -lm -lpthread".split()
PACKS = ("bench/patterns.yaml", "filters/packs/boilerplate.yaml")
DOCUMENTS = 20000


def main(report, corpus):
    if not os.path.exists("/usr/include/hs/hs.h"):
        sys.exit("bench: no Hyperscan (apt-get install libhyperscan-dev): nothing is measured")
    with tempfile.TemporaryDirectory() as folder:
        texts, program = os.path.join(folder, "texts"), os.path.join(folder, "hyperscan")
        reader = subprocess.Popen(["zstd", "-dcq", corpus], stdout=subprocess.PIPE)
        with open(texts, "wb") as out:
            for _, line in zip(range(DOCUMENTS), reader.stdout):
                text = json.loads(line)["text"].encode()
                out.write(struct.pack("<I", len(text)) + text)
        reader.kill()
        subprocess.run(["gcc", "-O2", "-std=c11", "-D_XOPEN_SOURCE=700", "-Iinclude", "-Ifilters", "-c",
                        "bench/hyperscan.c", "-o", program + ".o"], check=True)
        subprocess.run(["g++", "-fopenmp", program + ".o", "build/libtamis.a", *LIBS, "-o", program], check=True)
        rows = "".join(subprocess.run([program, pack, texts], check=True, stdout=subprocess.PIPE, text=True).stdout
                       for pack in PACKS)
    with open(report, "w") as out:
        out.write("# Hyperscan as a gate\n\n`bench/hyperscan.py`: %d documents of %s, processor time, minimum of 7 "
                  "passes.\n\n" % (DOCUMENTS, os.path.basename(corpus)) +
                  "| pack | rules | Hyperscan, us/document | own gate, us/document | rules left open by Hyperscan | "
                  "by the own gate | found by PCRE2, closed by Hyperscan |\n|---|--:|--:|--:|--:|--:|--:|\n" + rows)


main(*sys.argv[1:])
