#!/usr/bin/python3
"""score.py: normal access for a guest whose report earns enough points by the table beside this script, rules.json.

The guest reports JSON without blanks at its ends: nq-set {"firewall": true, "patches": 41}
"""

import json
import os
import sys
from pathlib import Path

# Resources lie beside the script, and it is started in their folder.
rules = json.loads(Path("rules.json").read_text(encoding="utf-8"))
try:
    report = json.loads(os.environ["VMWARE_NQ_DESCRIPTOR"])
except ValueError:
    report = None
if not isinstance(report, dict):
    print("REJECT")
    sys.exit()

points = 0
for name, rule in rules["points"].items():
    value = report.get(name)
    earned = rule["points"] if isinstance(value, (bool, int)) and value >= rule["atLeast"] else 0
    points += earned
print(f"{points} points, {rules['needed']} are needed", file=sys.stderr)
print("YES" if points >= rules["needed"] else "NO")
