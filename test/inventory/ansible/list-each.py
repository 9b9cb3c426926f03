# Runs `ansible-inventory --list` once for each line of stdin, each in a fork: importing Ansible takes longer than the
# work. A line is a JSON list of arguments; the answer is one JSON line, what is printed or {"failed": why}.
import json
import os
import sys
import tempfile

from ansible.cli.inventory import InventoryCLI


def answer(words):
    with tempfile.TemporaryFile("w+") as printed:
        child = os.fork()
        if child == 0:
            os.dup2(printed.fileno(), 1)
            try:
                InventoryCLI(["ansible-inventory", "--list", *words]).run()
            except SystemExit:
                sys.stdout.flush()
            except BaseException as error:
                os.ftruncate(1, 0)
                os.pwrite(1, json.dumps({"failed": str(error)}).encode(), 0)
            os._exit(0)
        os.waitpid(child, 0)
        printed.seek(0)
        return json.loads(printed.read() or '{"failed": "it printed nothing"}')


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
