"""A template that fails is named by file, line and word; a worker that is killed blames no template."""

import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from include.brand import load_brand
from include.errors import FixDeclaration, RetryLater
from include.templates import renderer as rendering
from include.templates.brand_check import check_journey
from include.templates.renderer import FOLDER, NotRendered, Renderer, Unrenderable
from tests.unit.templates.test_renderer import folder_with

NAME = "SECRETNAME"
CONTEXT = {"name": NAME, "n": 3, "person": {"name": NAME}}
BUSY = "{% for i in range(90000) %}{% for j in range(400) %}{% endfor %}{% endfor %}done"

CAUSES = {
    "{{ nobody }}": "'nobody' is undefined",
    "{{ person.nobody }}": "'dict object' has no attribute 'nobody'",
    "{{ person['no one'] }}": "'dict object' has no attribute 'no one'",
    "{{ name.__class__ }}": "access to attribute '__class__' of 'str' object is unsafe.",
    "{% include 'parts/none.j2' %}": "there is no template 'parts/none.j2'",
    "{% extends 'none.j2' %}": "there is no template 'none.j2'",
    "{{ 1 + name }}": "TypeError in: {{ 1 + name }}",
    "{{ name.nobody.at_all }}": "'str object' has no attribute 'nobody'",
    "{{ n // 0 }}": "ZeroDivisionError in: {{ n // 0 }}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}": (
        "used more than 0.3 s of processor time"
    ),
    "{% for i in range(99999) %}{{ name * 10 }}{% endfor %}": "renders to more than 524288 bytes",
    "{{ name * (n * 10 ** 8) }}": "used more than 256 MiB of memory",
}
UNCOMPILED = {
    "{% if %}": "Expected an expression, got 'end of statement block'",
    "{{ name | shout }}": "No filter named 'shout'.",
    "{{ name is shouted }}": "No test named 'shouted'.",
    "{% iff name %}": "Encountered unknown tag 'iff'.",
    "{{ name": "unexpected end of template",
}
# Where Python or jinja would name a value.
OF_VALUES = {
    "{{ person[name] }}": "UndefinedError in: {{ person[name] }}",
    "{{ person | attr(name) }}": "UndefinedError in: {{ person | attr(name) }}",
    "{% include name %}": "TemplateNotFound in: {% include name %}",
    "{% include [name, 'none.j2'] %}": "TemplatesNotFound in: {% include [name, 'none.j2'] %}",
    "{{ [n] | map(name) | list }}": "TemplateRuntimeError in: {{ [n] | map(name) | list }}",
    "{{ 'x'.encode(name) }}": "LookupError in: {{ 'x'.encode(name) }}",
    "{{ '{x}'.format_map({name: n}) }}": "KeyError in: {{ '{x}'.format_map({name: n}) }}",
}


def fail_of(folder, error=Unrenderable, seconds=0.3):
    """What a folder's template failed with, its folder left out."""
    with Renderer(folder, seconds) as renderer, pytest.raises(error) as caught:
        renderer.render("test", "s", "email", CONTEXT)
    assert NAME not in str(caught.value)
    return str(caught.value).removeprefix(f"{folder}/")


@pytest.mark.parametrize("text", [*CAUSES, *OF_VALUES])
@pytest.mark.parametrize("part", ["txt", "html"])
def test_what_fails_in_a_template_is_named_by_file_line_and_word(tmp_path, text, part):
    said = fail_of(folder_with(tmp_path, f"one\n\n{text}", part))
    assert said == f"test/email.{part}.j2, line 3: {(CAUSES | OF_VALUES)[text]}"


def test_a_line_break_in_a_text_of_a_template_ends_no_process(tmp_path):
    said = fail_of(folder_with(tmp_path, "one\n{{ person['a\nb'] }}"))
    assert said == r"test/email.txt.j2, line 2: 'dict object' has no attribute 'a\nb'"


@pytest.mark.parametrize("text", UNCOMPILED)
def test_what_does_not_compile_is_named_by_file_line_and_word(tmp_path, text):
    said = fail_of(folder_with(tmp_path, f"one\n\n{text}"), FixDeclaration)
    assert said.startswith(f"test/email.txt.j2, line 3: {UNCOMPILED[text]}")


def test_all_templates_that_do_not_compile_are_named(tmp_path):
    folder = folder_with(tmp_path, "{% if %}")
    (folder / "test" / "email.html.j2").write_text("{% iff %}")
    assert [
        line.split(": ")[0].rpartition("/")[2] for line in fail_of(folder, FixDeclaration).splitlines()
    ] == [
        "email.html.j2, line 1",
        "email.txt.j2, line 1",
    ]


def test_an_error_in_an_included_template_is_named_where_it_stands(tmp_path):
    folder = folder_with(tmp_path, "{% include 'test/part.j2' %}")
    (folder / "test" / "part.j2").write_text("\n{{ nobody }}")
    assert fail_of(folder) == "test/part.j2, line 2: 'nobody' is undefined"


def test_a_part_that_is_missing_is_named(tmp_path):
    folder = folder_with(tmp_path, "fine")
    (folder / "test" / "email.html.j2").unlink()
    assert fail_of(folder).endswith("test/email.html.j2: there is no template 'test/email.html.j2'")


def test_a_misspelt_word_of_a_journey_is_named_by_its_path_in_the_repository(monkeypatch):
    monkeypatch.setattr(rendering, "sources", misspelt)
    with Renderer() as renderer, pytest.raises(FixDeclaration) as caught:
        check_journey(renderer, load_brand(), "welcome", "first")
    said = str(caught.value).splitlines()[0]
    assert said.startswith("include/templates/welcome/email.html.j2, line ")
    assert said.endswith(": 'dict object' has no attribute 'laed' (rendered in en)")


def misspelt(_folder):
    """The repository's templates with a word that is not in words.yml."""
    found = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*.j2")}
    assert "words.lead" in found["welcome/email.html.j2"]
    return found | {
        "welcome/email.html.j2": found["welcome/email.html.j2"].replace("words.lead", "words.laed")
    }


def test_one_long_step_that_no_handler_can_interrupt_is_the_templates_fault(tmp_path):
    text = "{{ ('a' * (n * 10 ** 6)).rfind('ab' + 'a' * (n * 10 ** 5)) }}"
    said = fail_of(folder_with(tmp_path, text))
    assert said == "test/email.txt.j2: used more processor time than a template may, in one long step"


def test_what_is_worked_out_while_compiling_has_the_same_limits(tmp_path):
    said = fail_of(folder_with(tmp_path, "{{ (3 ** (3 ** 18)) % 7 }}"), FixDeclaration)
    assert said == "test/email.txt.j2: used more than 0.3 s of processor time"


@pytest.mark.parametrize(
    "text",
    ["{{ person | pprint }}", "{{ name | wordwrap(4) }}", "{{ lipsum(1) }}", "{{ person | tojson }}"],
)
def test_filters_that_need_a_module_at_first_use_have_it(tmp_path, text):
    with Renderer(folder_with(tmp_path, text)) as renderer:
        assert renderer.render("test", "s", "email", CONTEXT)["txt"]


@contextmanager
def killing(renderer, times, by=signal.SIGKILL):
    """Sends the signal to the first `times` workers of a renderer, each while it is at work."""
    killed, stop = [], threading.Event()

    def kill():
        while len(killed) < times and not stop.wait(0.01):
            worker = renderer._worker
            if worker is not None and worker.pid not in killed and worker.poll() is None:
                killed.append(worker.pid)
                os.kill(worker.pid, by)

    thread = threading.Thread(target=kill)
    thread.start()
    yield killed
    stop.set()
    thread.join()


def test_a_worker_that_was_killed_at_work_is_started_again_and_the_message_is_written(tmp_path):
    with Renderer(folder_with(tmp_path, BUSY), seconds=10) as renderer:
        with killing(renderer, times=1) as killed:
            assert renderer.render("test", "s", "email", CONTEXT)["txt"] == "done"
        assert len(killed) == 1 and renderer._worker.pid not in killed


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_is_killed_twice_is_left_for_later_and_blames_no_template(tmp_path, by):
    with Renderer(folder_with(tmp_path, BUSY), seconds=10) as renderer:
        with killing(renderer, times=2, by=by) as killed, pytest.raises(NotRendered, match=by.name) as caught:
            renderer.render("test", "s", "email", CONTEXT)
        assert len(killed) == 2 and isinstance(caught.value, RetryLater) and ".j2" not in str(caught.value)
        assert renderer.render("test", "s", "email", CONTEXT)["txt"] == "done"


def test_a_worker_that_does_not_answer_is_left_for_later(tmp_path, monkeypatch):
    with Renderer(folder_with(tmp_path, "{{ n }}")) as renderer:
        renderer.render("test", "s", "email", CONTEXT)
        os.kill(renderer._worker.pid, signal.SIGSTOP)
        monkeypatch.setattr(rendering, "ANSWER_SECONDS", 0.5)
        begun = time.monotonic()
        with pytest.raises(NotRendered, match=r"no answer .* within 0\.5 s"):
            renderer.render("test", "s", "email", CONTEXT)
        assert time.monotonic() - begun < 5
        monkeypatch.undo()
        assert renderer.render("test", "s", "email", CONTEXT)["txt"] == "3"
