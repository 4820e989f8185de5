"""Runs a student's notebook inside the sandbox, and calls its functions when the grader asks.

Nothing here is secret, and nothing here is trusted: the student's code runs in this process and could
rewrite all of it. It holds no tests and no answers, so all it could gain is the loss of its own points.
"""

import _socket
import _thread
import ast
import dis
import gc
import inspect
import io
import linecache
import operator
import pickle
import re
import resource
import signal
import site
import sys
import threading
import types
from functools import cache
from importlib.machinery import PathFinder

gc.disable()  # until the first cell: nothing of what is made now can be thrown away, so looking for it takes for naught

import wire  # noqa: E402  with NumPy

PRINTED = 1_000_000  # characters that a cell or a call may print
THREADS, STACK = 64, 1 << 20  # at once, and bytes for each: all of them leave room for what comes after them
RUN_THEIR_CODE = ("time", "capture", "prun")  # magics after which the names that their code sets are there
# IPython takes a cell of one line that is no Python for a magic without its %
BARE = ("pip", "conda", "mamba", "ls", "ll", "cd", "pwd", "cat", "cp", "mv", "rm", "mkdir", "less", "more", "man")
ESCAPES = re.compile(r"[%!?]|^\s*[,;/]", re.MULTILINE)
# a cell without these has nothing of IPython's: no escape, no prompt, no first line that is empty or indented
SIGNS = re.compile(rf"{ESCAPES.pattern}|>>>|\.\.\.|In \[|\A\s", re.MULTILINE)
ABSENT = object()
AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Printer(io.TextIOBase):
    """Counts what is printed, and drops it: nobody will read it."""

    count = 0

    def write(self, text):
        """Count, and stop who prints without end."""
        self.count += len(text)
        if self.count > PRINTED:
            raise RuntimeError("OutputLimit")
        return len(text)


def limit_threads():
    """Refuse a thread too many as the system does; where its memory ended, nothing would be left for the rest."""
    start = _thread.start_new_thread

    def start_new_thread(*args):
        if _thread._count() >= THREADS:
            raise RuntimeError("can't start new thread")
        return start(*args)

    _thread.stack_size(STACK)
    _thread.start_new_thread = _thread.start_new = start_new_thread
    threading._start_new_thread = start_new_thread


def ipython_transformer():
    """IPython's own rules for what is not Python, without the rest of IPython, which takes long to import."""
    imported = "IPython" in sys.modules  # by the student
    if not imported:
        package = sys.modules["IPython"] = types.ModuleType("IPython")
        package.__path__ = PathFinder.find_spec("IPython").submodule_search_locations
    from IPython.core.inputtransformer2 import TransformerManager

    class Transformer(TransformerManager):
        def do_token_transforms(self, lines):
            """Take only such cells to pieces in which there is a sign that could be IPython's: it takes long."""
            return super().do_token_transforms(lines) if ESCAPES.search("".join(lines)) else lines

    for name in [name for name in sys.modules if name.partition(".")[0] == "IPython" and not imported]:
        del sys.modules[name]  # who imports IPython gets the whole
    return Transformer()


class Shell:
    """What `get_ipython()` gives: shell commands and magics do nothing, but for those that only watch code run."""

    def __init__(self, space):
        self.space, self.transformer, self.loop, self.count = space, None, None, 0
        space["Out"] = {}

    def python(self, source):
        """What IPython makes of a cell or a line. Most have nothing of its own, and are what they are."""
        if not SIGNS.search(source):
            return source if source.endswith("\n") else f"{source}\n"
        self.transformer = self.transformer or ipython_transformer()
        return self.transformer.transform_cell(source)

    def run(self, source, name="<cell>"):
        """Run a cell as Jupyter does, `await` outside of functions included."""
        self.count += 1
        python = self.python(source)
        words = python.split(None, 1)
        try:
            cell = compile(python, name, "exec", AWAIT | ast.PyCF_ONLY_AST, dont_inherit=True)
            last = cell.body.pop().value if cell.body and isinstance(cell.body[-1], ast.Expr) else None
            codes = [compile(cell, name, "exec", AWAIT, dont_inherit=True)]
            if last:
                codes.append(compile(ast.Expression(last), name, "eval", AWAIT, dont_inherit=True))
        except SyntaxError:
            if "\n" in source.strip() or not words or words[0] not in BARE:
                raise
            return
        linecache.cache[name] = (len(python), None, python.splitlines(True), name)
        value = [self.awaited(eval(code, self.space), code) for code in codes][-1]
        if last and value is not None and not python.rstrip().endswith(";"):
            self.space |= {"_": value, f"_{self.count}": value, "__": self.space.get("_", "")}
            self.space["Out"][self.count] = value

    def awaited(self, value, code):
        """What came out of code, waited for where it awaits something outside of functions."""
        if not code.co_flags & inspect.CO_COROUTINE:
            return value
        import asyncio

        self.loop = self.loop or asyncio.new_event_loop()
        return self.loop.run_until_complete(value)

    def run_line_magic(self, name, line, **_):
        """Run the code of %time and its like; the value of an expression is what the magic gives."""
        if name not in RUN_THEIR_CODE:
            return None
        python = self.python(line)
        try:
            code = compile(python.strip(), "<magic>", "eval", dont_inherit=True)
        except SyntaxError:
            code = compile(python, "<magic>", "exec", dont_inherit=True)
        return eval(code, self.space)

    def run_cell_magic(self, name, line, cell, **_):
        """Run the body of %%time and its like."""
        if name in RUN_THEIR_CODE:
            self.run(cell)
        if name == "capture" and line.split():
            self.space[line.split()[-1]] = types.SimpleNamespace(stdout="", stderr="", outputs=[], show=lambda: None)

    def getoutput(self, *_, **__):
        """The lines that a command printed: none."""
        return []

    def __getattr__(self, name):
        """All else that a shell can do is not done."""
        return lambda *_, **__: None


def codes(thing):
    """The code objects of a function or a class, with those inside them."""
    due, seen = [thing], set()
    while due:
        one = due.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, types.CodeType):
            yield one
            due += [const for const in one.co_consts if isinstance(const, types.CodeType)]
        elif isinstance(one, types.FunctionType):
            due += [one.__code__, *(cell.cell_contents for cell in one.__closure__ or () if cell != types.CellType())]
            due += [vars(one)[name] for name in ("__wrapped__",) if name in vars(one)]
        elif isinstance(one, type) and one.__module__ == "__main__":
            due += [getattr(part, "__func__", part) for part in vars(one).values()]
        elif type(one).__module__ == "__main__":
            due.append(type(one))


@cache
def globals_of(code):
    """The global names that a piece of code reads."""
    return [i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")]


def content_of(value, attributes):
    """What can change of a value while it stays the same object."""
    if isinstance(value, types.ModuleType):
        return [vars(value).get(name, ABSENT) for name in attributes]
    if isinstance(value, types.FunctionType):
        return [value.__code__, value.__defaults__]
    try:
        return None if isinstance(value, type) else pickle.dumps(value)
    except Exception:  # of what cannot be copied only the identity is compared
        return None


def state(names, space):
    """The globals that functions use, by way of others too: each with what could change of it."""
    values, attributes, due = {}, set(), list(names)
    while due:
        name = due.pop()
        if name in values:
            continue
        values[name] = space.get(name, ABSENT)
        for code in codes(values[name]):
            attributes |= {*code.co_names}
            due += globals_of(code)
    return {name: (value, content_of(value, sorted(attributes))) for name, value in values.items()}


def same(one, other):
    """Whether a global is what it was."""
    (value, content), (was, had) = one, other
    if isinstance(content, list) and isinstance(had, list):
        return value is was and len(content) == len(had) and all(map(operator.is_, content, had))
    return value is was and content == had


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
    number, memory, disk, seconds = map(int, sys.argv[1:])
    for limit, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, disk),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, 1024),
        (resource.RLIMIT_CPU, seconds),
    ):
        resource.setrlimit(limit, (most, most))
    limit_threads()
    channel = _socket.socket(fileno=number)
    site.setquit()
    site.sethelper()
    printer = sys.stdout = sys.stderr = Printer()
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    space = vars(module)
    shell, marks = Shell(space), {}
    space |= {"get_ipython": lambda: shell, "display": lambda *_, **__: None}

    def too_slow(*_):
        raise TimeoutError

    def callback(number):
        def function(*args):
            wire.send(channel, {"callback": number, "args": list(args)})
            answer = wire.receive(channel, bounds=wire.REQUEST)
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
        shell.run(request["run"], request["name"])
        return {"value": None}

    def mark(request):
        marks[request["mark"]] = request["names"], state(request["names"], space)
        return {"value": None}

    def moved():
        """The marks since which something has changed of what they watch."""
        changed = []
        for key, (names, then) in marks.items():
            now = state(names, space)
            if now.keys() != then.keys() or not all(same(now[name], then[name]) for name in now):
                changed.append(key)
        return {"value": changed}

    def call(request):
        args = request["args"]
        before = [wire.encode(arg, []) for arg in args]
        value = space[request["call"]](*args)
        changed = [k for k, arg in enumerate(args) if wire.encode(arg, []) != before[k]]
        return {"value": value, "changed": changed}

    signal.signal(signal.SIGALRM, too_slow)
    gc.freeze()
    gc.enable()
    while True:
        request = wire.receive(channel, callback, bounds=wire.REQUEST)
        if "run" in request:
            answer = attempt(lambda request=request: run(request), request["seconds"])
        elif "call" in request:
            answer = attempt(lambda request=request: call(request), request["seconds"])
        elif "mark" in request:
            answer = attempt(lambda request=request: mark(request), 10)
        elif "moved" in request:
            answer = attempt(moved, 10)
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
        try:
            wire.check(*wire.split(frame), wire.REPLY)
        except wire.Broken:
            frame = wire.encode({"error": "ReplyLimit", "words": "", "line": None})
        channel.sendall(frame)


if __name__ == "__main__":
    main()
