"""Running the program, and reading what it wrote with nothing but zstd and the standard library."""
import gzip
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import traceback

ROOT = os.environ.get("ROOT") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
TAMIS = os.environ.get("TAMIS") or os.path.join(ROOT, "build", "tamis")


class Skip(Exception):
    """What a test needs is not here; its message says what."""


# ---- Running ------------------------------------------------------------------------------------------------------


class Outcome:
    def __init__(self, code, out, err, peak=0):
        self.code, self.out, self.err, self.peak = code, out, err, peak

    def text(self):
        return (self.out + self.err).decode("utf-8", "replace")


def tamis(*arguments, code=0, stdin=None, stdout=None, timeout=120):
    """Runs the program and asserts its exit code; None: any code will do."""
    done = subprocess.run([TAMIS, *map(str, arguments)], input=stdin, stdin=None if stdin is not None else
                          subprocess.DEVNULL, stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
    outcome = Outcome(done.returncode, done.stdout or b"", done.stderr)
    if code is not None:
        assert done.returncode == code, "tamis %s: exit %d, not %d\n%s" % (
            " ".join(map(str, arguments)), done.returncode, code, outcome.text()[-1500:])
    return outcome


def tamis_measured(*arguments):
    """The same with the peak of resident memory, bytes."""
    with open("measured.out", "wb") as out, open("measured.err", "wb") as err:
        process = subprocess.Popen([TAMIS, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    with open("measured.out", "rb") as out, open("measured.err", "rb") as err:
        return Outcome(process.returncode, out.read(), err.read(), usage.ru_maxrss * 1024)


def run(recipe, folder, *options, code=0, threads=2, timeout=120):
    return tamis("run", recipe, "-o", folder, "--threads", threads, "-q", *options, code=code, timeout=timeout)


# ---- Files --------------------------------------------------------------------------------------------------------


def decompress(path):
    """The decoded bytes of a whole, undamaged file."""
    with open(path, "rb") as f:
        head = f.read(4)
    if head == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dcq", "--long=31", path], stdout=subprocess.PIPE, check=True).stdout
    with (gzip.open if head[:2] == b"\x1f\x8b" else open)(path, "rb") as f:
        return f.read()


def compress(data, *options):
    return subprocess.run(["zstd", "-cq", "-T1", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def compress_frames(data, step, spoiled=(), stated=True):
    """Frames of `step` bytes of text that may state their sizes; the last bytes of the `spoiled` ones are wrong."""
    frames = []
    for index, at in enumerate(range(0, len(data), step)):
        part = data[at:at + step]
        frame = bytearray(compress(part, "-1", "--check", *["--stream-size=%d" % len(part)] * stated))
        if index in spoiled:
            frame[-1] ^= 0x55
            frame[-200:-100] = b"\xff" * 100
        frames.append(bytes(frame))
    return b"".join(frames)


def write(path, data):
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)


def write_lines(path, lines):
    """Lines of bytes as a file; its name says how it is compressed: .zst .gz, .frames.zst (many frames)."""
    data = b"".join(line + b"\n" for line in lines)
    if path.endswith(".frames.zst"):
        step = max(1, len(data) // 17)
        data = b"".join(compress(data[at:at + step], "-1") for at in range(0, len(data), step))
    elif path.endswith(".zst"):
        data = compress(data, "-3")
    elif path.endswith(".gz"):
        data = gzip.compress(data, 4, mtime=0)
    write(path, data)


def split_lines(data):
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return lines


def read_lines(path):
    return split_lines(decompress(path))


def read_records(path):
    return [json.loads(line) for line in read_lines(path)]


def files_under(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)


def digest_tree(folder):
    """Names and bytes of every file, as one hash per file."""
    digests = {}
    for name in files_under(folder):
        with open(os.path.join(folder, name), "rb") as f:
            digests[name] = hashlib.sha256(f.read()).hexdigest()
    return digests


def assert_same_tree(a, b, what):
    first, second = digest_tree(a), digest_tree(b)
    assert first, "%s: %s is empty" % (what, a)
    different = sorted(name for name in set(first) | set(second) if first.get(name) != second.get(name))
    assert not different, "%s: %d of %d files differ or are missing, the first is %s" % (
        what, len(different), len(set(first) | set(second)), different[0])


def load(path):
    with open(path, "rb") as f:
        return json.load(f)


# ---- A run ----------------------------------------------------------------------------------------------------------


def ledger_rows(folder):
    out = tamis("ledger", folder, "--show-confidential", "-q").out
    return [json.loads(line) for line in split_lines(out)]


def stage_is_begun(folder, stage):
    return os.path.exists(os.path.join(folder, "ledger", stage + ".json"))


def read_npy(path):
    """A structured array of one dimension as a list of dicts; only what the ledger uses is understood."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:6] == b"\x93NUMPY", path + ": is no .npy file"
    length = struct.unpack_from("<H", data, 8)[0]
    header = data[10:10 + length].decode("ascii")
    fields = re.findall(r"\('(\w+)', '[<|](\w)(\d)'(?:, \((\d+),\))?\)", header)
    codes = {"u1": "B", "u2": "H", "u4": "I", "u8": "Q", "f8": "d"}
    layout = struct.Struct("<" + "".join((count or "") + codes[kind + size] for _, kind, size, count in fields))
    rows = []
    for values in layout.iter_unpack(data[10 + length:]):
        row, at = {}, 0
        for name, _, _, count in fields:
            row[name] = values[at:at + int(count)] if count else values[at]
            at += int(count) if count else 1
        rows.append(row)
    return rows


# ---- Tests ----------------------------------------------------------------------------------------------------------


def main(cases):
    """Runs every function test_*, each in a folder of its own, and exits 1 when one fails. Arguments choose by name."""
    chosen = [name for name in cases if name.startswith("test_") and callable(cases[name])]
    if len(sys.argv) > 1:
        chosen = [name for name in chosen if any(word in name for word in sys.argv[1:])]
    home, failed = os.getcwd(), 0
    for name in chosen:
        began, word = time.monotonic(), "ok"
        shutil.rmtree(name, ignore_errors=True)
        os.makedirs(name)
        os.chdir(name)
        try:
            cases[name]()
        except Skip as why:
            word = "skipped: %s" % why
        except AssertionError as why:
            failed, word = failed + 1, "FAILED: %s" % (str(why) or traceback.format_exc(limit=-2))
        except Exception:
            failed, word = failed + 1, "FAILED: " + traceback.format_exc(limit=-3)
        finally:
            os.chdir(home)
        if word != "ok" or "-v" in os.environ.get("PROMISES", ""):
            print("%s (%.1f s): %s" % (name, time.monotonic() - began, word), flush=True)
    sys.exit(1 if failed else 0)
