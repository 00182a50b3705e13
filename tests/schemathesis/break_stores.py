"""Takes every table of the stores in a folder away: whatever is asked of them fails."""

import pathlib
import sqlite3
import sys

TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"

for path in pathlib.Path(sys.argv[1]).glob("*.db"):
    store = sqlite3.connect(path)
    for (table,) in store.execute(TABLES).fetchall():
        store.execute(f'DROP TABLE "{table}"')
    store.commit()
    store.close()
