"""How large a file of customers may be; each of these is named when it is exceeded."""

from __future__ import annotations

MIB = 1 << 20

LARGEST_FILE = 100 * MIB  # bytes uploaded
MOST_ROWS = 1_000_000
MOST_COLUMNS = 200
LONGEST_CELL = 32_767  # characters, as in Excel
LONGEST_LINE = MIB  # characters of one line of a CSV file
LARGEST_UNPACKED = 1024 * MIB  # bytes of a workbook, all its parts together
LARGEST_STRINGS = 128 * MIB  # bytes of the table of texts, the one part that is kept in memory
LARGEST_RATIO = 200  # unpacked bytes for each packed one, where it is more than SMALL
SMALL = 10 * MIB
MOST_PARTS = 2000  # files in the archive that a workbook is
