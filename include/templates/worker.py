"""Renders templates in a process of its own, without secrets, files or sockets, within limits.

Started as a script by `renderer`; imports nothing of the project. The first line on standard input is
`{"sources": {name: text}, "max_bytes": n, "memory": bytes, "seconds": of processor}`, each later one
`{"templates": {part: name}, "context": {...}}`; the answer to each is one line, `{"parts": {part: text}}`
or `{"error": text}`.
"""

import json
import resource
import signal
import sys
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment


class TooLarge(Exception):
    """The output passed its limit."""


class TooLong(BaseException):
    """The processor time of one message is used up; no template can catch it."""


def environment(sources: dict[str, str]) -> ImmutableSandboxedEnvironment:
    """Sandboxed, strict about what is missing; HTML is escaped."""
    return ImmutableSandboxedEnvironment(
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(jinja: ImmutableSandboxedEnvironment, name: str, context: dict[str, Any], max_bytes: int) -> str:
    """One template; stops as soon as it has said too much."""
    parts, size = [], 0
    for part in jinja.get_template(name).generate(context):
        size += len(part.encode("utf-8", "surrogatepass"))
        if size > max_bytes:
            raise TooLarge(f"{name}: more than {max_bytes} bytes")
        parts.append(part)
    return "".join(parts)


def answer(jinja: ImmutableSandboxedEnvironment, line: str, limits: dict[str, Any]) -> dict[str, Any]:
    """The reply to one request; what goes wrong in a template is said, not raised."""
    asked, max_bytes = json.loads(line), limits["max_bytes"]
    signal.setitimer(signal.ITIMER_PROF, limits["seconds"])
    try:
        parts = {
            part: render(jinja, name, asked["context"], max_bytes)
            for part, name in asked["templates"].items()
        }
    except (TemplateError, TooLarge, TooLong, MemoryError, RecursionError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return {"error": f"{type(error).__name__} in a template"}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {"parts": parts}


def confine(memory: int) -> None:
    """No more memory than said, and no new file or socket: descriptors in use are all there are."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def stop(_signal: int, _frame: object) -> None:
    """The time is up."""
    raise TooLong("used more processor time than a message may")


def main() -> None:
    """Answer until standard input ends."""
    start = json.loads(sys.stdin.readline())
    jinja = environment(start["sources"])
    for name in start["sources"]:
        jinja.get_template(name)
    signal.signal(signal.SIGPROF, stop)
    confine(start["memory"])
    for line in sys.stdin:
        print(json.dumps(answer(jinja, line, start)), flush=True)


if __name__ == "__main__":
    main()
