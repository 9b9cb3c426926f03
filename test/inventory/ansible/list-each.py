# Runs a command line of Ansible for each line of stdin, each in a fork: importing Ansible takes longer than the work.
# A line is a JSON list of words, the first being ansible or ansible-inventory; the answer is one line of JSON: what is
# printed, as a list of lines unless it is JSON itself, or {"failed": why}.
import json
import os
import sys
import tempfile

from ansible.cli.adhoc import AdHocCLI
from ansible.cli.inventory import InventoryCLI

COMMANDS = {"ansible": AdHocCLI, "ansible-inventory": InventoryCLI}


def answer(words):
    with tempfile.TemporaryFile("w+") as printed:
        child = os.fork()
        if child == 0:
            os.dup2(printed.fileno(), 1)
            try:
                COMMANDS[words[0]](words).run()
                sys.stdout.flush()
            except SystemExit:
                sys.stdout.flush()
            except BaseException as error:
                os.ftruncate(1, 0)
                os.pwrite(1, json.dumps({"failed": str(error)}).encode(), 0)
            os._exit(0)
        os.waitpid(child, 0)
        printed.seek(0)
        text = printed.read() or '{"failed": "it printed nothing"}'
        return json.loads(text) if text.startswith("{") else text.splitlines()


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
