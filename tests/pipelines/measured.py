# SPDX-License-Identifier: Apache-2.0
"""Runs a command and says how much memory it took at most.

A process inherits the peak of the one that it was forked from, and a test session is larger than
what it measures. So this small program stands between: `python -I -S measured.py FILE COMMAND...`
writes the peak of the command in KiB to FILE and ends as the command did. The program under test
starts no processes, so its peak is that of the tree.
"""

import os
import sys


def main() -> None:
    child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
    _, status, usage = os.wait4(child, 0)
    with open(sys.argv[1], "w") as out:
        out.write(str(usage.ru_maxrss))
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
