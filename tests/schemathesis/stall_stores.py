"""Makes whatever is asked of the stores in a folder wait, until standard input ends.

Holds the locks that SQLite's connections take on the index of the write-ahead log: bytes 120 to 127 of
the file, see https://www.sqlite.org/walformat.html#wal_locks."""

import fcntl
import pathlib
import sys

held = []
for path in pathlib.Path(sys.argv[1]).glob("*.db-shm"):
    index = path.open("r+b")
    fcntl.lockf(index, fcntl.LOCK_EX, 8, 120)
    held.append(index)
print("stalled", flush=True)
sys.stdin.read()
