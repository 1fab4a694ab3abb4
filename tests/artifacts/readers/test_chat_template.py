"""Chat templates: what leaves the template is told from what renders values, without rendering anything."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.artifacts import Held, scan
from bartizan.artifacts.fact import Spent, Template
from bartizan.artifacts.jinja_template import template_facts
from bartizan.artifacts.readers import all_readers
from tests.artifacts.readers.fuzzing import mutants, survives

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
TOOLS = """
{%- macro describe(schema, depth=0) -%}
  {%- if schema.type == 'object' -%}
    {%- for name, inner in schema.properties | items -%}
      {{- '  ' * depth ~ name ~ ': ' ~ describe(inner, depth + 1) -}}
    {%- endfor -%}
  {%- elif schema['enum'] -%}{{- schema['enum'] | map('tojson') | join(' | ') -}}
  {%- else -%}{{- schema.type -}}{%- endif -%}
{%- endmacro -%}
{%- set ns = namespace(system='', last=-1, tools=[]) -%}
{%- if messages[0]['role'] == 'system' -%}{%- set ns.system = messages[0].content | trim -%}{%- endif -%}
{%- for message in messages -%}
  {%- set content = message.content if message.content is string else message['content'][0]['text'] -%}
  {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
    {{- raise_exception('roles must alternate') -}}
  {%- endif -%}
  {%- if '</think>' in content -%}{%- set content = content.split('</think>')[-1].lstrip('\\n') -%}{%- endif -%}
  {%- set role_names = {'user': 'User', 'assistant': 'Model'} -%}
  {{- role_names[message.role] ~ ': ' ~ content.replace('_', ' ') ~ eos_token -}}
  {%- for call in message.tool_calls | selectattr('type', 'equalto', 'function') -%}
    {{- call.function.name ~ call['function']['arguments'] | tojson(indent=4) -}}
  {%- endfor -%}
  {%- if not loop.last -%}{% generation %}{{ messages[loop.index0 + 1].role }}{% endgeneration %}{%- endif -%}
{%- endfor -%}
{%- if date_string is not defined -%}{%- set date_string = strftime_now('%d %b %Y') -%}{%- endif -%}
{%- for index in range(messages | length) -%}{%- if index > 3 -%}{%- break -%}{%- endif -%}{%- endfor -%}
"""
ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].popen('id') }}",
    "{{ self.__init__.__globals__.__builtins__ }}",
    "{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "{{ ''|attr('__cla' ~ 'ss__') }}",
    "{{ x|attr(request.args.a) }}",
    "{{ ''['__ssalc__'|reverse] }}",
    "{{ ''['%s%sclass%s%s'|format('_', '_', '_', '_')] }}",
    "{{ ''['CLASS'|lower|replace('class', '__class__')] }}",
    "{% set k = '_' * 2 ~ 'class' ~ '_' * 2 %}{{ ''[k] }}",
    "{% set u = (()|select|string|list)[24] %}{{ ()[u ~ u ~ 'class' ~ u ~ u] }}",
    "{% set ns = namespace(x='') %}{% for k in ['__cl', 'ass__'] %}{% set ns.x = ns.x ~ k %}{% endfor %}{{ ''[ns.x] }}",
    "{% set l = [] %}{% do l.append('_') %}{{ ''[l|join] }}",
    "{% set x %}__class__{% endset %}{{ ''[x] }}",
    "{% macro g(o, a, b) %}{{ o[a ~ b] }}{% endmacro %}{{ g('', '__cl', 'ass__') }}",
    "{{ x[dict(__cla=a, ss__=b)|join] }}",
    "{{ messages|map(attribute='__class__')|list }}",
    "{{ messages|map('attr', '__class__')|list }}",
    "{{ messages|sum('__class__') }}",
    "{{ messages|groupby('a.__class__') }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ f.gi_frame.f_globals }}",
    "{{ __builtins__ }}",
]  # fmt: skip
BOMBS = [
    "{% for i in range(10**9) %}a{% endfor %}",
    "{% for i in range(5000) %}{% for j in range(5000) %}a{% endfor %}{% endfor %}",
    "{{ 'a' * 10**9 }}",
    "{% macro r(x) %}{{ r(x) }}{% endmacro %}{{ r(1) }}",
]


@pytest.mark.parametrize("source", [CHATML, TOOLS, "", "plain words", "{{ bos_token }}{# a comment #}"])
def test_templates_that_render_values_are_plain(source: str) -> None:
    assert [(type(fact), fact.rule) for fact in template_facts(source)] == [(Template, "plain")]


@pytest.mark.parametrize("source", ESCAPES)
def test_every_way_out_is_an_escape(source: str) -> None:
    assert "escape" in {fact.rule for fact in template_facts(source)}


@pytest.mark.parametrize("source", BOMBS)
def test_what_never_ends_is_a_bomb(source: str) -> None:
    assert any(isinstance(fact, Spent) and fact.rule == "bomb" for fact in template_facts(source))


@pytest.mark.parametrize("source", ["{{ unclosed", "{% include 'x' %}", "{{ ''[messages[0].content ~ 'x'] }}"])
def test_what_is_only_odd_is_told_as_odd(source: str) -> None:
    assert {fact.rule for fact in template_facts(source)} == {"odd"}


@pytest.mark.parametrize("source", ["{{" + "(" * 20_000, "{% if a %}" * 3_000, "{{ " + "-" * 20_000 + "1 }}"])
def test_deep_nesting_is_a_fact(source: str) -> None:
    assert isinstance(next(template_facts(source)), Spent)


@pytest.mark.parametrize("source", ESCAPES[:8])
def test_a_template_is_found_where_loaders_find_it(source: str) -> None:
    alone = scan(Held("chat_template.jinja", f"{CHATML}\n{source}".encode()))
    assert (alone.format, alone.verdict) == ("chat_template", "block")
    for config in ({"chat_template": source}, {"chat_template": [{"name": "tool", "template": source}]}, {"x": source}):
        report = scan(Held("tokenizer_config.json", json.dumps(config).encode()))
        assert (report.format, report.verdict) == ("json", "block")


def test_the_reader_is_there_for_containers_that_name_it() -> None:
    assert "chat_template" in all_readers()


@given(source=st.lists(st.sampled_from([*ESCAPES, *BOMBS, CHATML, "{%", "%}", "{{", "}}", "|", "'", "["]), max_size=6))
def test_any_mixture_has_facts(source: list[str]) -> None:
    facts = list(template_facts("".join(source)))
    assert facts
    assert all(isinstance(fact, Template | Spent) for fact in facts)


@given(data=mutants(TOOLS.encode()))
def test_no_mutant_breaks_the_scan(data: bytes) -> None:
    survives(data)
