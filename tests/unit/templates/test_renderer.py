"""Templates are rendered by a process that can do nothing else, within limits, and strictly."""

import subprocess
import sys
import time

import pytest

from include.errors import FixDeclaration
from include.templates.renderer import MEMORY, WORKER, Renderer, Unrenderable

HOSTILE = {
    "missing": "{{ nobody }}",
    "missing attribute": "{{ person.nobody }}",
    "class walk": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "format walk": "{{ '{0.__class__}'.format(person) }}",
    "mutation": "{{ person.update({'name': 'x'}) }}",
    "large": "{{ person.name * (10 ** 7) }}",
    "huge": "{{ 'A' * (10 ** 11) }}",
    "long output": "{% for i in range(10 ** 5) %}{{ 'A' * 100 }}{% endfor %}",
    "endless": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "range": "{{ range(10 ** 7) | list }}",
    "division": "{{ 1 // 0 }}",
    "wrong type": "{{ 1 + 'a' }}",
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "file": "{% include '/etc/passwd' %}",
}


def folder_with(tmp_path, text, part="txt"):
    folder = tmp_path / "templates" / "test"
    folder.mkdir(parents=True)
    for each in ("subject", "txt", "html"):
        (folder / f"email.{each}.j2").write_text(text if each == part else "fine")
    return folder.parent


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_stopped_and_the_next_message_is_written(tmp_path, name):
    folder = folder_with(tmp_path, HOSTILE[name])
    (folder / "other").mkdir()
    for part in ("subject", "txt", "html"):
        (folder / "other" / f"email.{part}.j2").write_text("Hello {{ person.name }}")
    with Renderer(folder, seconds=0.3) as renderer:
        begun = time.monotonic()
        with pytest.raises(Unrenderable) as caught:
            renderer.render("test", "s", "email", {"person": {"name": "SECRETNAME"}})
        assert time.monotonic() - begun < 15
        assert "SECRETNAME" not in str(caught.value)
        parts = renderer.render("other", "s", "email", {"person": {"name": "Ana"}})
    assert parts == {"subject": "Hello Ana", "txt": "Hello Ana", "html": "Hello Ana"}


def test_a_profile_value_is_never_a_template(tmp_path):
    with Renderer(folder_with(tmp_path, "Hello {{ name }}")) as renderer:
        assert renderer.render("test", "s", "email", {"name": "{{ 7 * 7 }}"})["txt"] == "Hello {{ 7 * 7 }}"


def test_html_is_escaped_and_text_is_not(tmp_path):
    folder = folder_with(tmp_path, "{{ name }}")
    (folder / "test" / "email.html.j2").write_text("{{ name }}")
    with Renderer(folder) as renderer:
        parts = renderer.render("test", "s", "email", {"name": "<img src=x onerror=alert(1)>"})
    assert parts["txt"] == "<img src=x onerror=alert(1)>"
    assert parts["html"] == "&lt;img src=x onerror=alert(1)&gt;"


def test_a_step_may_have_templates_of_its_own(tmp_path):
    folder = folder_with(tmp_path, "journey")
    (folder / "test" / "second").mkdir()
    (folder / "test" / "second" / "email.txt.j2").write_text("step")
    with Renderer(folder) as renderer:
        assert renderer.render("test", "first", "email", {})["txt"] == "journey"
        assert renderer.render("test", "second", "email", {})["txt"] == "step"
        assert renderer.has("test", "second", "email") and not renderer.has("none", "second", "email")


def test_one_worker_writes_many_messages(tmp_path):
    with Renderer(folder_with(tmp_path, "{{ n }}")) as renderer:
        renderer.render("test", "s", "email", {"n": 0})
        worker = renderer._worker.pid
        assert [renderer.render("test", "s", "email", {"n": n})["txt"] for n in range(200)][-1] == "199"
        assert renderer._worker.pid == worker


def test_a_worker_that_was_killed_between_two_messages_is_replaced(tmp_path):
    with Renderer(folder_with(tmp_path, "{{ n }}")) as renderer:
        renderer.render("test", "s", "email", {"n": 0})
        renderer._worker.kill()
        renderer._worker.wait()
        assert renderer.render("test", "s", "email", {"n": 1})["txt"] == "1"
        assert renderer.render("test", "s", "email", {"n": 2})["txt"] == "2"


def test_a_folder_without_templates_is_an_error(tmp_path):
    with pytest.raises(FixDeclaration, match="no templates"):
        Renderer(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="address space cannot be limited elsewhere")
def test_the_worker_can_open_neither_files_nor_sockets_nor_much_memory():
    probe = f"""
import runpy, sys
worker = runpy.run_path({str(WORKER)!r})
import socket, os
worker["confine"]({MEMORY})
for what in (lambda: open("/etc/passwd"), lambda: socket.socket(), lambda: bytearray({MEMORY})):
    try:
        what()
    except (OSError, MemoryError) as error:
        print(type(error).__name__)
print(sorted(os.environ))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", probe], capture_output=True, text=True, env={}, check=True
    )
    assert done.stdout.split("\n")[:3] == ["OSError", "OSError", "MemoryError"]
