"""What a model reaches for is seen before dbt runs, with file and line; what is harmless is left alone."""

import shutil

import pytest

from include.errors import FixDeclaration
from include.settings import Settings
from include.warehouse.dbt import run_dbt
from include.warehouse.reach import refuse_reaching
from include.warehouse.shapes import PROJECT
from ops import lint_sql

MODEL = """-- grain: one row per customer; a comment may say read_text('x'), and even ;
with

customers as (

    select * from {{ ref('dim_customers') }}

)

select customer_id
from customers
"""
SELECT = "select customer_id\nfrom customers\n"
LINE = MODEL.splitlines().index("select customer_id") + 1


@pytest.fixture
def project(tmp_path):
    """A dbt project with the macros of ours and one audience."""
    for name in ("dbt_project.yml", "macros"):
        source = PROJECT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "models" / "audiences").mkdir(parents=True)
    (tmp_path / "seeds").mkdir()
    write(tmp_path, MODEL)
    return tmp_path


def write(project, text, name="audiences/aud_vip.sql"):
    path = project / "models" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def complaint(project):
    with pytest.raises(FixDeclaration) as caught:
        refuse_reaching(project)
    return str(caught.value)


def test_the_projects_own_models_reach_for_nothing(project):
    refuse_reaching(PROJECT)
    refuse_reaching(project)
    assert len(list((PROJECT / "models").rglob("*.sql"))) > 80


BEYOND = {
    "select * from read_text('/etc/passwd')": "read_text",
    "select * from READ_CSV ('/etc/passwd')": "READ_CSV",
    "select * from \"read_parquet\"('/x/y.parquet')": "read_parquet",
    "select content from read_blob('/proc/self/environ')": "read_blob",
    "select * from read_json_auto('x')": "read_json_auto",
    "select * from glob('/*')": "glob",
    "select * from sniff_csv('x')": "sniff_csv",
    "select * from parquet_metadata('x')": "parquet_metadata",
    "select * from parquet_scan('x')": "parquet_scan",
    "select * from sqlite_scan('x', 'y')": "sqlite_scan",
    "select * from st_read('x')": "st_read",
    "select * from query('sele' || 'ct 1')": "query",
    "select * from query_table('x')": "query_table",
    "select * from json_execute_serialized_sql('x')": "json_execute_serialized_sql",
    "select * from postgres_query('x', 'select 1')": "postgres_query",
    "select * from duckdb_settings()": "duckdb_settings",
    "select * from duckdb_secrets()": "duckdb_secrets",
    "select getenv('OMNI_HASH_KEYS')": "getenv",
    "select current_setting('secret_directory')": "current_setting",
    "select /* hidden */ getenv /* here */ ('HOME')": "getenv",
    "select * from '/etc/passwd'": "no files",
    "select * from \"/etc/passwd\"": "no files",
    "select * from a join 'https://evil.example/x.parquet' as b on true": "no files",
    "select 1); copy (select 1) to '/elsewhere/x'; select (1": "without a semicolon",
    "select 1; attach '/elsewhere/x.duckdb'": "without a semicolon",
    "{{ run_query('drop table x') }}": "run_query",
    "{% call statement('x') %} select 1 {% endcall %}": "callblock",
    "select '{{ env_var('OMNI_UNSUBSCRIBE_SECRET') }}' as s": "env_var",
    "{% set e = env_var %}select '{{ e('HOME') }}'": "env_var",
    "select '{{ modules.datetime }}'": "modules",
    "{% do adapter.execute('select 1') %}select 1": "adapter",
    "select '{{ target.path }}'": "target",
    "select '{{ builtins.env_var('HOME') }}'": "builtins",
    "select '{{ context['env_var']('HOME') }}'": "context",
    "select '{{ dbt.run_query('select 1') }}'": "dbt.run_query",
    "{% set d = dbt %}select '{{ d.run_query('select 1') }}'": "only as dbt.<macro>",
    "select '{{ ref.__class__ }}'": "__class__",
    "select '{{ ref['__class__'] }}'": "__class__",
    "select '{{ ref | attr('x') }}'": "|attr",
    "{% macro mine() %}x{% endmacro %}select 1": "macro",
    "{% include 'profiles.yml' %}select 1": "include",
    "{% import 'x' as env_var %}select 1": "import",
    "{% set ref = 1 %}select 1": "may not be set",
    "{% materialization mine, adapter='duckdb' %}{% endmaterialization %}": "not jinja as a model",
    "select * from {{ 'read_' ~ \"text('/etc/passwd')\" }}": "read_text",
    "{% set f = 'getenv(' %}select {{ f }}'HOME')": "getenv",
    "{{ config(pre_hook=\"copy (select 1) to '/elsewhere/x'\") }}select 1": "config(pre_hook)",
    "{{ config(post_hook='select 1') }}select 1": "config(post_hook)",
    "{{ config(sql_header='install httpfs;') }}select 1": "config(sql_header)",
    "{{ config(materialized='external', location='/elsewhere/x') }}select 1": "config(materialized)",
    "{{ config({'pre-hook': 'select 1'}) }}select 1": "written out",
    "{{ config(**{'post_hook': 'select 1'}) }}select 1": "written out",
    "{{ config.set('post_hook', 'select 1') }}select 1": "config.set",
    "{% do ref.db_wrapper.execute('copy x to y') %}select 1": ".db_wrapper",
    "{% set r = ref %}{% do r['db_' ~ 'wrapper'].execute('copy x to y') %}select 1": "by number",
    "{% do [source] | groupby('db_wrapper') %}select 1": "|groupby",
    "select 1) {{ '%c' | format(59) }} copy (select 1 as a) to 'x'": "|format",
    "select 1) {{ '%c' % 59 }} copy (select 1 as a) to 'x'": "%: of loop.index",
    "select 1) {{ '{:c}'.format(59) }} copy (select 1 as a) to 'x'": ".format",
    "select 1 {{ '<' | e }} copy (select 1 as a) to 'x'": "|e:",
    "select * from {{ 'read_' }}text('/etc/passwd')": "not put together",
    "select * from {{ 'read_' }}{{ 'text' }} ('/etc/passwd')": "not put together",
}  # fmt: skip


@pytest.mark.parametrize("beyond", list(BEYOND))
def test_what_reaches_beyond_the_warehouse_is_refused_with_its_line(project, beyond):
    path = write(project, MODEL.replace(SELECT, f"{beyond}\n"))
    said = complaint(project)
    assert f"{path}, line {LINE}: " in said and BEYOND[beyond] in said
    assert "/etc/passwd" not in said.replace(str(path), "")


@pytest.mark.parametrize("statement", ["copy x to 'y'", "attach 'x'", "install httpfs", "load httpfs"])
@pytest.mark.parametrize("folder", ["audiences/aud_vip.sql", "journeys/jny_a__b.sql", "marts/dim_x.sql"])
def test_a_model_begins_as_a_select(project, statement, folder):
    write(project, f"-- grain\n{statement}\n", folder)
    assert f"line 2: {statement.split(' ', maxsplit=1)[0]}: a model is one select" in complaint(project)


@pytest.mark.parametrize(
    "statement", ["pragma threads = 1", "set threads = 1", "call x()", "create table x as"]
)
def test_nor_as_any_other_statement(project, statement):
    write(project, statement)
    assert "line 1" in complaint(project) and "a model is one select" in complaint(project)


HARMLESS = """
select
    customer_id,
    ';' as semicolon,
    'read_text(''/etc/passwd'')' as text,
    "load" as load,
    trim(both ' ' from name) as trimmed,
    generate_series(1, 3) as series,
    a.query as asked,
    replace(name, '.', '') as name -- ; getenv('HOME')
from customers as a
where a.reason is distinct from 'a/b.c' and {{ business_date() }} > date '2026-01-01'
{% for kind in ['email', 'sms'] if not loop.last %}and '{{ kind }}' <> '' {% endfor %}
"""


def test_what_only_looks_like_it_is_left_alone(project):
    config = "{{ config(materialized='incremental', unique_key=['a', 'b'], tags=['x']) }}\n"
    write(project, config + MODEL.replace(SELECT, HARMLESS))
    refuse_reaching(project)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("models:\n  - name: aud_vip\n    config:\n      pre_hook: select 1\n", 4, "pre_hook: a hook"),
        ("models:\n  - name: aud_vip\n    config: {post-hook: [select 1]}\n", 3, "post-hook: a hook"),
        ("models:\n  - name: aud_vip\n    config: {sql_header: select 1}\n", 3, "sql_header: a hook"),
        ("models:\n  - name: aud_vip\n    config: {materialized: external}\n", 3, "materialized: "),
        ("models:\n  - name: aud_vip\n    description: \"{{ env_var('HOME') }}\"\n", 3, "env_var"),
    ],
)
def test_a_hook_in_yaml_is_refused_with_its_line(project, text, line, said):
    path = write(project, text, "audiences/aud_vip.yml")
    assert f"{path}, line {line}: {said}" in complaint(project)


@pytest.mark.parametrize("hook", ["on-run-start: [select 1]", "models: {+post-hook: select 1}"])
def test_nor_may_the_project_have_hooks(project, hook):
    path = project / "dbt_project.yml"
    text = path.read_text().replace("models:\n", "others:\n")
    path.write_text(f"{text}{hook}\n")
    assert str(path) in complaint(project) and "a hook runs SQL" in complaint(project)


@pytest.mark.parametrize("reaching", ["run_query('x')", "env_var('HOME')", "adapter.execute('x')"])
def test_nor_may_a_macro_run_sql_by_itself(project, reaching):
    path = project / "macros" / "mine.sql"
    path.write_text(
        "{# env_var is not for macros #}\n{% macro mine() %}\n    {{ " + reaching + " }}\n{% endmacro %}"
    )
    assert f"{path}, line 3: {reaching.split('(')[0].split('.')[0]}" in complaint(project)


@pytest.mark.parametrize("name", ["mine.SQL", "deep/er/mine.Sql"])
def test_a_macro_is_looked_at_whatever_its_file_is_called(project, name):
    write(project, "{% macro m() %}{{ run_query('select 1') }}{% endmacro %}", f"../macros/{name}")
    assert "line 1: run_query" in complaint(project)


def test_what_dbt_reads_beside_models_is_looked_at_too(project, tmp_path):
    write(project, "seeds:\n  - name: x\n    config:\n      post_hook: select 1\n", "../seeds/x.YAML")
    write(project, "macros:\n  - name: x\n    config: {pre_hook: select 1}\n", "../macros/x.yaml")
    (tmp_path / "elsewhere").mkdir()
    (project / "macros" / "more").symlink_to(tmp_path / "elsewhere")
    said = complaint(project)
    assert "x.YAML, line 4: post_hook" in said and "x.yaml, line 3: pre_hook" in said
    assert "macros/more, line 1: a link" in said


def test_python_models_are_refused(project):
    write(project, "def model(dbt, session):\n    return session\n", "audiences/aud_other.py")
    assert "aud_other.py, line 1: models are SQL" in complaint(project)


@pytest.mark.parametrize(
    "name", ["audiences/aud_x.SQL", "audiences/staging/aud_x.sql", "marts/Staging/x.Sql"]
)
def test_a_model_is_looked_at_whatever_its_file_and_folder_are_called(project, name):
    write(project, "select 1); copy (select 1 as a) to 'x'; select (1", name)
    assert f"{name}, line 1: a model is one select, without a semicolon" in complaint(project)


def test_so_is_a_project_that_lies_in_a_folder_called_staging(project):
    copied = shutil.copytree(project, project / "staging" / "project")
    write(copied, "select * from read_text('x')")
    assert "line 1: read_text" in complaint(copied)


def test_a_test_of_sql_is_looked_at_and_a_link_refused(project, tmp_path):
    write(project, "select * from read_text('x')", "../tests/mine.sql")
    (tmp_path / "elsewhere").mkdir()
    (project / "models" / "marts").symlink_to(tmp_path / "elsewhere")
    said = complaint(project)
    assert "tests/mine.sql, line 1: read_text" in said and "models/marts, line 1: a link" in said


WHERE = (
    "models:\n  - name: aud_vip\n    data_tests:\n      - not_empty:\n          config:\n            where: "
)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("'1=1) t) u; copy (select 1 as a) to ''x''; select (1'", "without a semicolon"),
        ("\"a in (select content from read_text('x'))\"", "read_text"),
        ("\"{{ ref.db_wrapper.execute('copy x to y') }}\"", ".db_wrapper"),
        ('"{% set a = adapter %}{{ a }}"', "adapter"),
    ],
)
def test_sql_in_yaml_is_looked_at_too(project, where, said):
    path = write(project, f"{WHERE}{where}\n", "audiences/aud_vip.yml")
    assert f"{path}, line 6: " in complaint(project) and said in complaint(project)
    write(project, f"{WHERE}\"status <> 'a;b' and is_kept(status)\"\n", "audiences/aud_vip.yml")
    refuse_reaching(project)


def test_neither_the_lint_nor_dbt_begins_on_it(project, tmp_path, monkeypatch, capsys):
    place = f"{write(project, 'select * from read_text(1)')}, line 1: read_text"
    for module in ("include.warehouse.dbt", "ops.lint_sql"):
        monkeypatch.setattr(f"{module}.PROJECT", project)
    assert lint_sql.main() == 1
    assert capsys.readouterr().err.startswith(place)
    with pytest.raises(FixDeclaration) as caught:
        run_dbt(Settings(var=tmp_path / "var"), ["parse"], tmp_path / "candidate.duckdb", {})
    assert str(caught.value).startswith(place)
    assert not (tmp_path / "candidate.duckdb").exists()
