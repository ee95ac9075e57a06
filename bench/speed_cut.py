#!/usr/bin/env python3
"""Makes distinct documents of about one size out of other documents.

usage: speed_cut.py make BYTES LIMIT MANIFEST < FILES   the corpus to stdout, what each file gave to MANIFEST
       speed_cut.py cut BYTES < IN.jsonl > OUT.jsonl     the same text in documents of another size

FILES has one line per input: KIND, a tab, a path. Kinds: text (English books, pages, answers), any (in any language),
manual (only paragraphs that read as sentences are taken), code, and descriptions (a Translation list of apt). BYTES is
what a document grows to before it is cut, at the end of a paragraph or line. A paragraph of 40 bytes or more is taken
once in the whole corpus: text, code and manuals repeat themselves, and repeated text would flatter whoever is measured.
The documents are put in an order that depends on their names only, so that every slice is a fair one, and LIMIT bytes
of their text are written.
"""
import hashlib
import json
import re
import subprocess
import sys

REPEATS = 40  # bytes; shorter paragraphs are headings, dates, braces
LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ " + bytes(range(128, 256))
NOT_LETTERS = bytes(set(range(256)) - set(LETTERS))
BLANK = re.compile(r"\n[ \t\r]*\n\s*?(?=[^\n]|$)")


def lines_of(path):
    # apt keeps its lists packed in whatever way it was told to.
    command = ["zstd", "-dcq", "--long=27", path] if path.endswith(".zst") else ["/usr/lib/apt/apt-helper", "cat-file",
                                                                                 path]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield from process.stdout
    if process.returncode:
        raise SystemExit(f"speed_cut: cannot read {path}")


def described(path):
    """The long descriptions of packages: a leading space, lone dots for blank lines."""
    text = []
    for line in lines_of(path):
        line = line.decode("utf-8", "replace").rstrip("\n")
        if line.startswith("Description-") and not line.startswith("Description-md5"):
            text = [line.partition(": ")[2], ""]
        elif line.startswith(" ") and text:
            text.append("" if line.strip() == "." else line[1:])
        elif not line and text:
            yield "\n".join(text)
            text = []


def documents_of(kind, path):
    if kind == "descriptions":
        yield from described(path)
        return
    for line in lines_of(path):
        document = json.loads(line)
        if kind in ("code", "any") or document.get("lang") in ("en", None):
            yield document["text"]


def is_prose(paragraph):
    """At least 8 words, nine bytes of ten letters and spaces, and the end of a sentence somewhere."""
    raw = paragraph.encode()
    letters = len(raw.translate(None, NOT_LETTERS))
    return raw.count(b" ") >= 7 and letters >= 0.9 * len(raw) and any(mark in raw for mark in b".:?!;")


def split(text, most):
    """Pieces of at most so many characters, cut behind line ends, else behind spaces."""
    at = 0
    while len(text) - at > most:
        end = max(text.rfind("\n", at + most // 3, at + most), text.rfind(" ", at + most // 3, at + most)
                  if text.find("\n", at, at + most) < 0 else -1)
        end = at + most if end < 0 else end + 1
        yield text[at:end].rstrip("\n")
        at = end
    yield text[at:]


def paragraphs(kind, text, target):
    text = text.replace("\r\n", "\n").replace("\0", "")
    for paragraph in BLANK.split(text):
        paragraph = paragraph.rstrip() if kind == "code" else paragraph.strip()
        if paragraph and (kind != "manual" or is_prose(paragraph)):
            yield from split(paragraph, 2 * target) if len(paragraph) > 2 * target else (paragraph,)


class Growing:
    """One document until it is large enough."""

    def __init__(self, target):
        self.target, self.parts, self.bytes = target, [], 0

    def add(self, part):
        self.parts.append(part)
        self.bytes += len(part.encode()) + 2
        return self.bytes >= self.target

    def take(self):
        text = "\n\n".join(self.parts)
        self.parts, self.bytes = [], 0
        return text


def cut_file(kind, path, target, seen, texts):
    taken = given = 0
    growing = Growing(target)
    for text in documents_of(kind, path):
        given += len(text.encode())
        for part in paragraphs(kind, text, target):
            if len(part) >= REPEATS:
                mark = hashlib.blake2b(part.strip().encode(), digest_size=8).digest()
                if mark in seen:
                    continue
                seen.add(mark)
            if growing.add(part):
                taken += growing.bytes
                texts.append(growing.take())
        # A document ends where its source does, unless little of it is there yet.
        if growing.bytes >= target // 3:
            taken += growing.bytes
            texts.append(growing.take())
    return given, taken


def emit(out, name, text):
    out.write(json.dumps({"id": name, "text": text, "source": name.rpartition("/")[0]}, ensure_ascii=False).encode())
    out.write(b"\n")


def make(target, limit, manifest):
    seen, documents, numbers = set(), [], {}
    with open(manifest, "w", encoding="utf-8") as notes:
        for line in sys.stdin:
            kind, path = line.rstrip("\n").split("\t")
            texts = []
            given, taken = cut_file(kind, path, target, seen, texts)
            source = path[path.rfind("/") + 1:].split(".")[0] if kind != "descriptions" else path[path.rfind("_") + 1:]
            source = re.sub(r"\.(lz4|gz|xz|bz2|zst)$", "", source)
            first = numbers.get(source, 0)
            numbers[source] = first + len(texts)
            documents += [(f"{source}/{first + n}", text) for n, text in enumerate(texts)]
            print(source, kind, given, taken, len(texts), sep="\t", file=notes)
            print(f"speed_cut: {source}: {taken / 1e6:.1f} of {given / 1e6:.1f} MB", file=sys.stderr)
    documents.sort(key=lambda document: hashlib.blake2b(document[0].encode(), digest_size=8).digest())
    for name, text in documents:
        if limit <= 0:
            break
        emit(sys.stdout.buffer, name, text)
        limit -= len(text.encode())


def cut(target):
    growing, number = Growing(target), 0
    for line in sys.stdin.buffer:
        text = json.loads(line)["text"]
        # A little less than wanted, since pieces end at a line or a space.
        for part in split(text, target) if target < len(text) else (text,):
            if part.strip() and growing.add(part):
                emit(sys.stdout.buffer, f"cut/{number}", growing.take())
                number += 1
    if growing.parts:
        emit(sys.stdout.buffer, f"cut/{number}", growing.take())


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"] and len(sys.argv) == 5:
        make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    elif sys.argv[1:2] == ["cut"] and len(sys.argv) == 3:
        cut(int(sys.argv[2]))
    else:
        raise SystemExit(__doc__)
