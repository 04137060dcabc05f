"""Adds the digests of new cases to digests.json, and takes out those of versions that are gone. It never changes one.

python -m tests.golden.record
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.golden.cases import all_cases

FILE = Path(__file__).with_name("digests.json")


def main() -> None:
    known: dict[str, str] = json.loads(FILE.read_text()) if FILE.exists() else {}
    cases = all_cases()
    new = [name for name in cases if name not in known]
    gone = [name for name in known if name not in cases]
    found = {name: known.get(name) or cases[name]() for name in cases}
    FILE.write_text(json.dumps(found, indent=0, ensure_ascii=False) + "\n")
    print(f"{len(new)} new, {len(gone)} gone, {len(found)} in all")


if __name__ == "__main__":
    main()
