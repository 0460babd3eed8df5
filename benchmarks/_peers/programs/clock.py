"""Runs a command and prints its seconds, its peak memory in kilobytes and what it said, as JSON.

A process of its own, and a small one: Linux counts towards a child's peak what its parent held when it was started.
Arguments: the command. Started with `python -I -S`, so that nothing but this is loaded.
"""

import json
import os
import subprocess
import sys
import time

began = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
said = child.stdout.read()
_, status, usage = os.wait4(child.pid, 0)
seconds = time.perf_counter() - began
kilobytes = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print(json.dumps({"seconds": seconds, "kilobytes": kilobytes, "said": said, "code": os.waitstatus_to_exitcode(status)}))
