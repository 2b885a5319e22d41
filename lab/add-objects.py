"""Adds objects to a domain of Samba: add-objects.py SMB.CONF, with a JSON list of objects as standard input.

All or none of them, in one transaction. In Samba's batch mode, what an object costs does not grow with the number
of those before it in the transaction.
"""

import json
import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

settings = LoadParm()
settings.load(sys.argv[1])
domain = SamDB(session_info=system_session(), lp=settings, options=["batch_mode:1"])
domain.transaction_start()
for each in json.load(sys.stdin):
    domain.add(each)
domain.transaction_commit()
