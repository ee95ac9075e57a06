#!/usr/bin/env python3
"""Runs `tamis dedup` and says what it took, and what memory finding the duplicates took by itself.

usage: scale_memory.py LOG COMMAND [ARGUMENT]..

Prints one line: wall seconds, processor seconds, peak resident bytes, exit code; then the anonymous bytes (RssAnon of
/proc/PID/status) that the process held at least and at most while duplicates were sought. It maps survey.npy once the
survey has ended, and resolve.npy once all is decided: what lies between was looked at every 20 ms, up to where the
input, the last argument, is read again: shingles are kept as far as --memory goes. The least is what the survey left
behind, so that the difference is what the search added. The command's stdout is thrown away, its stderr goes to LOG.
"""
import os
import select
import sys

from measured import begin, end


def reads(child, path):
    """Whether the process has this file open."""
    folder = f"/proc/{child}/fd"
    return any(os.path.realpath(f"{folder}/{name}") == path for name in os.listdir(folder))


def anonymous_bytes(child, path):
    """None outside the search for duplicates, and once the process has ended; 0 where it reads again."""
    try:
        with open(f"/proc/{child}/maps", encoding="utf-8", errors="replace") as file:
            maps = file.read()
        if "/survey.npy" not in maps or "/resolve.npy" in maps:
            return None
        if reads(child, path):
            return 0
        with open(f"/proc/{child}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:"))
    except (OSError, StopIteration):
        return None


def main():
    log, command = sys.argv[1], sys.argv[2:]
    child, start = begin(log, command)
    over = select.poll()
    over.register(os.pidfd_open(child), select.POLLIN)
    least, most, again = None, 0, False
    path = os.path.realpath(command[-1])
    while not over.poll(20):
        held = None if again else anonymous_bytes(child, path)
        again = again or held == 0
        if held:
            least = held if least is None else min(least, held)
            most = max(most, held)
    print(end(child, start), least or 0, most)


if __name__ == "__main__":
    main()
