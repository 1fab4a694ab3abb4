"""Chat templates as models carry them: turns, system prompts, tools, reasoning, images."""

# ruff: noqa: E501 - the lines are those of templates

import random
from collections.abc import Iterator

MARKS = (
    ("<|im_start|>", "<|im_end|>"), ("<|start|>", "<|end|>"), ("[INST] ", " [/INST]"), ("<start_of_turn>", "<end_of_turn>"),
    ("<|user|>\n", "</s>"), ("### ", "\n"), ("<role>", "</role>"), ("<|header|>", "<|eot|>"),
)  # fmt: skip

TURNS = """{%- for message in messages -%}
{{ 'OPEN' + message['role'] + '\\n' + message['content'] + 'CLOSE' + '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ 'OPENassistant\\n' }}{%- endif -%}"""

SYSTEM = """{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] | trim %}{% set rest = messages[1:] %}
{% else %}{% set system = 'You are a helpful assistant.' %}{% set rest = messages %}{% endif %}
{{ bos_token }}OPENsystem
{{ system }}CLOSE
{% for message in rest %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Roles must alternate user and assistant') }}{% endif %}
{% if message.role == 'user' %}{{ 'OPENuser ' + message.content.strip() + 'CLOSE' }}
{% elif message.role == 'assistant' %}{{ ' ' + message.content | trim + eos_token }}{% endif %}{% endfor %}"""

TOOLS = """{%- set ns = namespace(last=0, multi=true) -%}
{%- if tools -%}OPENsystem
# Tools
{%- for tool in tools %}
{{ tool.function | tojson(indent=2) }}
{%- endfor %}
Answer with <tool_call>{"name": ..., "arguments": ...}</tool_call>.CLOSE
{%- endif -%}
{%- for message in messages[::-1] -%}
{%- set index = (messages | length - 1) - loop.index0 -%}
{%- if ns.multi and message.role == "user" and message.content is string -%}
{%- set ns.multi = false -%}{%- set ns.last = index -%}{%- endif -%}
{%- endfor -%}
{%- for message in messages -%}
{%- if message.content is string -%}{%- set content = message.content -%}{%- else -%}{%- set content = '' -%}{%- endif -%}
{%- if message.role == "assistant" and message.tool_calls is defined and message.tool_calls -%}
OPENassistant
{%- for call in message.tool_calls -%}
{%- if call.function -%}{%- set call = call.function -%}{%- endif -%}
<tool_call>{"name": "{{ call.name }}", "arguments": {{ call.arguments if call.arguments is string else call.arguments | tojson }}}</tool_call>
{%- endfor -%}CLOSE
{%- elif message.role == "tool" -%}
{%- if loop.first or messages[loop.index0 - 1].role != "tool" -%}OPENuser{%- endif -%}
<tool_response>{{ content }}</tool_response>
{%- if loop.last or loop.nextitem.role != "tool" -%}CLOSE{%- endif -%}
{%- else -%}OPEN{{ message.role }}
{{ content }}CLOSE
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}OPENassistant
{%- if enable_thinking is defined and enable_thinking is false %}<think></think>{%- endif -%}{%- endif -%}"""

IMAGES = """{% set image_count = namespace(value=0) %}{% for message in messages %}OPEN{{ message['role'] }}
{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}
{% if part['type'] == 'image' or 'image' in part or 'image_url' in part %}{% set image_count.value = image_count.value + 1 %}
Picture {{ image_count.value }}: <|vision|>{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}CLOSE
{% endfor %}"""

MACROS = """{%- macro render_type(spec) -%}
{%- if spec.type == "array" -%}{{ render_type(spec['items']) }}[]
{%- elif spec.enum is defined -%}{{ spec.enum | join(" | ") }}
{%- elif spec.type is iterable and spec.type is not string -%}{{ spec.type | join(" | ") }}
{%- else -%}{{ spec.type | default("any") }}{%- endif -%}
{%- endmacro -%}
{%- if strftime_now is defined -%}{%- set today = strftime_now("%d %b %Y") -%}{%- else -%}{%- set today = "26 Jul 2026" -%}{%- endif -%}
OPENsystem
Today: {{ today }}
{% for tool in tools or [] %}{% for name, spec in tool.function.parameters.properties.items() %}
{{ name }}: {{ render_type(spec) }}{{ "" if name in tool.function.parameters.required else "?" }}
{% endfor %}{% endfor %}CLOSE
{%- for message in messages | selectattr("role", "equalto", "user") -%}OPENuser {{ message.content | replace("\\n", " ") | upper }}CLOSE{%- endfor -%}"""

REASONING = """{%- for message in messages -%}
{%- if message.role == 'assistant' -%}
{%- set content = message.content -%}
{%- if '</think>' in content -%}{%- set content = content.split('</think>')[-1].lstrip('\\n') -%}{%- endif -%}
OPENassistant
{% generation %}{{ content }}{% endgeneration %}CLOSE
{%- else -%}OPEN{{ message.role }}
{{ message['content'] if message['content'] is defined else '' }}CLOSE{%- endif -%}
{%- if not loop.last -%}{{ '\\n' }}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt and messages and messages[-1]['role'] not in ['assistant'] -%}OPENassistant
<think>{%- endif -%}"""

DOCUMENTS = """{{ bos_token }}{%- set user_messages = messages | selectattr('role', 'equalto', 'user') | list -%}
{%- for document in documents or [] -%}
<doc id="{{ loop.index }}">{% for key, value in document.items() %}{{ key | title }}: {{ value | string | safe }} {% endfor %}</doc>
{%- endfor -%}
{%- for m in user_messages -%}{{ "OPEN%s CLOSE" | format(m.content) }}{% if loop.index > 1 and m.content | length > 99 %} {% continue %}{% endif %}
{%- endfor -%}"""

KINDS = {
    "turns": TURNS, "system": SYSTEM, "tools": TOOLS, "images": IMAGES, "macros": MACROS, "reasoning": REASONING,
    "documents": DOCUMENTS,
}  # fmt: skip


def chat_templates(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Every kind with every pair of marks."""
    for name, text in KINDS.items():
        for number, (start, end) in enumerate(dice.sample(MARKS, len(MARKS))):
            yield f"{name}-{number}", text.replace("OPEN", start).replace("CLOSE", end)
