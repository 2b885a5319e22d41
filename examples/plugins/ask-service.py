#!/usr/bin/python3
"""ask-service.py ADDRESS: lets a compliance service decide; the policy must grant the network.

Asks ADDRESS?project=...&vm=...&event=...&descriptor=... and passes its answer on: the body must be YES, NO or REJECT.
No service, another status than 200 or another body is no answer, so the machine is restricted and nq-set fails.
"""

import os
import sys
import urllib.parse
import urllib.request

ANSWERS = ("YES", "NO", "REJECT")
PATIENCE_SECONDS = 5

question = urllib.parse.urlencode(
    {
        "project": os.environ["LAZARET_PROJECT"],
        "vm": os.environ["LAZARET_VM_ID"],
        "event": os.environ["LAZARET_EVENT"],
        "descriptor": os.environ["VMWARE_NQ_DESCRIPTOR"],
    }
)
try:
    with urllib.request.urlopen(f"{sys.argv[1]}?{question}", timeout=PATIENCE_SECONDS) as response:
        answer = response.read(100).decode("ascii", "replace").strip()
except OSError as error:
    sys.exit(f"the service does not answer: {error}")
if answer not in ANSWERS:
    sys.exit(f"the service said {answer[:40]!r}")
print(answer)
