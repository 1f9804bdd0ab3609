"""Renders templates in a process of its own, without secrets, files or sockets, within limits.

Started as a script by `renderer`; imports nothing of the project. The first line on standard input is
`{"sources": {name: text}, "max_bytes": n, "memory": bytes, "seconds": of processor}`, answered by
`{"errors": [...]}`, empty where all templates compile. Each later line is `{"template": name,
"context": {...}}`, answered by `{"text": text}` or `{"error": {"template": name, "line": n, "said": text}}`.
An error never holds a value of the context.
"""

import codecs
import json
import math
import pprint  # noqa: F401  (jinja2 imports it at first use, when no file can be opened any more)
import re
import resource
import signal
import sys
import textwrap  # noqa: F401  (as pprint)
import time
from ast import literal_eval
from collections.abc import Callable
from typing import Any, NoReturn

from jinja2 import DictLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, constants  # noqa: F401
from jinja2.sandbox import ImmutableSandboxedEnvironment

QUOTED = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
# jinja's own messages of one word; any other may hold a value of the context
MESSAGES = re.compile(
    rf"{QUOTED} is undefined|'[\w. ]+' has no attribute {QUOTED}"
    rf"|access to attribute {QUOTED} of '\w+' object is unsafe\.|No (?:filter|test) named {QUOTED}.*"
)
LINE_SHOWN = 80


class TooLarge(Exception):
    """The output passed its limit."""


class TooLong(BaseException):
    """The processor time of one template is used up; no template can catch it."""


class Environment(ImmutableSandboxedEnvironment):
    """Leaves an error as it was raised: jinja would import modules to rewrite its traceback."""

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Raise what is being handled."""
        raise  # noqa: PLE0704  (called while an exception is handled)


def environment(sources: dict[str, str]) -> Environment:
    """Sandboxed, strict about what is missing; HTML is escaped."""
    return Environment(
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def compile_all(jinja: Environment, start: dict[str, Any]) -> list[dict[str, Any]]:
    """Where templates do not compile, and why; expressions without variables are worked out here."""
    errors = []
    for name in start["sources"]:
        try:
            timed(start["seconds"], lambda: jinja.get_template(name))  # noqa: B023  (called at once)
        except TemplateSyntaxError as error:
            errors.append({"template": name, "line": error.lineno, "said": error.message})
        except (Exception, TooLong) as error:  # nested too deeply for Python, for one
            said = limit_passed(error, start) or f"does not compile: {type(error).__name__}"
            errors.append({"template": name, "line": None, "said": said})
    return errors


def render(jinja: Environment, name: str, context: dict[str, Any], max_bytes: int) -> str:
    """One template; stops as soon as it has said too much."""
    parts, size = [], 0
    rendering: Any = jinja.get_template(name).generate(context)
    for part in rendering:
        size += len(part.encode("utf-8", "surrogatepass"))
        if size > max_bytes:
            rendering.throw(TooLarge())  # inside the template, so that its line is known
        parts.append(part)
    return "".join(parts)


def answer(jinja: Environment, line: str, start: dict[str, Any]) -> dict[str, Any]:
    """The reply to one request; what goes wrong in a template is reported, not raised."""
    asked = json.loads(line)
    name, context = asked["template"], asked["context"]
    try:
        return {"text": timed(start["seconds"], lambda: render(jinja, name, context, start["max_bytes"]))}
    except (Exception, TooLong) as error:  # whatever a template raises
        name, number = place(error) or (name, None)
        source = start["sources"].get(name, "")
        said = limit_passed(error, start) or describe(jinja, error, source, number)
        return {"error": {"template": name, "line": number, "said": said}}


def timed(seconds: float, step: Callable[[], Any]) -> Any:
    """Do it within so much processor time; one long step that goes on ends the process a second later."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        return step()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def place(error: BaseException) -> tuple[str, int] | None:
    """Template and line in which it was raised; None outside of any."""
    found, trace = None, error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            found = template.name, template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return found


def limit_passed(error: BaseException, limits: dict[str, Any]) -> str | None:
    """Which limit an error says was passed, in words; None if it is about something else."""
    if isinstance(error, TooLarge):
        return f"renders to more than {limits['max_bytes']} bytes"
    if isinstance(error, TooLong):
        return f"used more than {limits['seconds']} s of processor time"
    return (
        f"used more than {limits['memory'] // 2**20} MiB of memory"
        if isinstance(error, MemoryError)
        else None
    )


def describe(jinja: Environment, error: BaseException, source: str, number: int | None) -> str:
    """The cause in words that stand in the template; else the kind of error and the template's own line."""
    words = words_of(jinja, source)
    if isinstance(error, TemplateNotFound) and (number is None or words.issuperset(error.templates)):
        return f"there is no template {', '.join(map(repr, error.templates))}"
    found = MESSAGES.fullmatch(str(error))
    if found and words.issuperset(literal_eval(word) for word in found.groups() if word):
        return found[0]
    lines = source.splitlines()[number - 1 : number] if number else []
    return " in: ".join([type(error).__name__, *(line.strip()[:LINE_SHOWN] for line in lines)])


def words_of(jinja: Environment, source: str) -> set[str]:
    """Names and texts in the expressions of a template."""
    tokens = jinja.lexer.tokenize(source)  # strings as jinja reads them, line breaks in them too
    return {str(token.value) for token in tokens if token.type in ("name", "string")}


def limit_memory(memory: int) -> None:
    """No more memory than said, and none of it ever written to a file."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def confine(memory: int) -> None:
    """No more memory than said, and no new file or socket: descriptors in use are all there are."""
    limit_memory(memory)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def stop(_signal: int, _frame: object) -> None:
    """The time is up."""
    raise TooLong


def main() -> None:
    """Answer until standard input ends."""
    start = json.loads(sys.stdin.readline())
    jinja = environment(start["sources"])
    signal.signal(signal.SIGPROF, stop)
    limit_memory(start["memory"])
    errors = compile_all(jinja, start)
    codecs.lookup("unicode_escape")  # as pprint: texts in templates are read with it
    confine(start["memory"])
    print(json.dumps({"errors": errors}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(jinja, line, start)), flush=True)


if __name__ == "__main__":
    main()
