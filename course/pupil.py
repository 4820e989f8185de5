"""Runs a student's notebook inside the sandbox, and calls its functions when the grader asks.

Nothing here is secret, and nothing here is trusted: the student's code runs in this process and could
rewrite all of it. It holds no tests and no answers, so all it could gain is the loss of its own points.
"""

import io
import linecache
import signal
import socket
import sys

import wire

PRINTED = 1_000_000  # characters that a cell or a call may print


class Printer(io.TextIOBase):
    """Counts what is printed, and drops it: nobody will read it."""

    count = 0

    def write(self, text):
        """Count, and stop who prints without end."""
        self.count += len(text)
        if self.count > PRINTED:
            raise RuntimeError("OutputLimit")
        return len(text)


def without_magics(source):
    """Leave out what only IPython understands: lines that start with % or !, and cells of another language."""
    lines = source.splitlines()
    if lines and lines[0].startswith("%%") and lines[0].split()[0] not in ("%%time", "%%timeit", "%%capture"):
        return ""
    return "\n".join(
        line[: len(line) - len(line.lstrip())] + "pass" if line.lstrip()[:1] in ("%", "!", "?") else line
        for line in lines
    )


def describe(error):
    """What the grader may know of an error: its kind, its words and the line, in the student's own cell."""
    trace, line = error.__traceback__, None
    while trace:
        if trace.tb_frame.f_code.co_filename.startswith("cell "):
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno
    kind = next((c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"), "Exception")
    if str(error) == "OutputLimit":
        kind = "OutputLimit"
    return {"error": kind, "words": str(error)[:300], "line": line}


def main():
    """Serve the grader until it hangs up."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    printer = sys.stdout = sys.stderr = Printer()
    space = {"__name__": "__main__", "display": lambda *_, **__: None}

    def too_slow(*_):
        raise TimeoutError

    def callback(number):
        def function(*args):
            wire.send(channel, {"callback": number, "args": list(args)})
            answer = wire.receive(channel)
            if "error" in answer:
                raise ValueError("the function that was passed in cannot take these arguments")
            return answer["value"]

        return function

    def attempt(action, seconds):
        printer.count = 0
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            return action()
        except BaseException as error:
            return describe(error)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def run(request):
        name, source = request["name"], without_magics(request["run"])
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        exec(compile(source, name, "exec"), space)
        return {"value": None}

    def call(request):
        args = request["args"]
        before = [wire.encode(arg, []) for arg in args]
        value = space[request["call"]](*args)
        changed = [k for k, arg in enumerate(args) if wire.encode(arg, []) != before[k]]
        return {"value": value, "changed": changed}

    signal.signal(signal.SIGALRM, too_slow)
    while True:
        request = wire.receive(channel, callback)
        if "run" in request:
            answer = attempt(lambda request=request: run(request), request["seconds"])
        elif "call" in request:
            answer = attempt(lambda request=request: call(request), request["seconds"])
        elif "lend" in request:
            space[request["lend"]] = request["function"]
            answer = {"value": None}
        else:
            found = [name for name in request["look"] if name in space]
            answer = {
                "functions": [name for name in found if callable(space[name])],
                "values": {name: space[name] for name in found if not callable(space[name])},
            }
        try:
            frame = wire.encode(answer)
        except BaseException as error:
            frame = wire.encode(describe(error))
        if len(frame) > wire.LARGEST:
            frame = wire.encode({"error": "OutputLimit", "words": "", "line": None})
        channel.sendall(frame)


if __name__ == "__main__":
    main()
