#!/usr/bin/env python3
"""Runs a command and says what it took.

usage: measured.py LOG COMMAND [ARGUMENT]..

Prints one line: wall seconds, processor seconds, peak resident bytes, exit code. The command's stdout is thrown away as
`> /dev/null` would, its stderr goes to LOG.
"""
import os
import sys
import time


def begin(log, command):
    """Its process id and when it began."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    return child, start


def end(child, start):
    """What it took, as a line."""
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - start
    return (f"{wall:.4f} {usage.ru_utime + usage.ru_stime:.4f} {usage.ru_maxrss * 1024} "
            f"{os.waitstatus_to_exitcode(status)}")


def main():
    print(end(*begin(sys.argv[1], sys.argv[2:])))


if __name__ == "__main__":
    main()
