"""The rules for secrets: each finds its own examples and leaves its neighbours alone; our sources hold none."""

import subprocess
from pathlib import Path

import pytest

from bartizan.text.examples import expand
from bartizan.text.patterns import Patterns, strongest
from bartizan.text.rule import Rule
from bartizan.text.rules import refused
from bartizan.text.secret_rules import lines, secret_rules
from bartizan.text.view import Plain, Views

SEEDS = range(3)
RULES = secret_rules()
SUREST = 0.5
TREE = Path(__file__).parents[2]


def found(patterns, text):
    return strongest(match for match in patterns.scan(Views(text, (Plain(text),), "")).matches if match.score >= SUREST)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    return Patterns(RULES, cache=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_examples_and_nothing_in_their_neighbours(rule: Rule):
    alone = Patterns([rule], portable=True)
    assert rule.matches
    for seed in SEEDS:
        missed = [text for text in (expand(template, seed) for template in rule.matches) if not found(alone, text)]
        alarmed = [text for text in (expand(template, seed) for template in rule.misses) if found(alone, text)]
        assert (missed, alarmed) == ([], [])


def test_all_rules_can_be_used_together():
    assert refused(RULES) == []
    assert {rule.kind for rule in RULES} == {"secret"}


def test_there_are_more_than_five_hundred_detectors_of_one_issuer_or_form():
    general = {rule.id for rule in RULES if "/assigned" in rule.id or rule.id.startswith(("assigned-", "told-"))}
    assert len(RULES) - len(general) > 500
    assert len(lines()) > 150


def test_an_example_is_found_by_all_rules_together_with_the_span_of_the_secret(everything):
    token = expand("xoxb-{digits:12}-{digits:13}-{alnum:24}", 1)
    text = f"bot said: {token}, and left"
    assert [text[match.start : match.end] for match in found(everything, text)] == [token]


@pytest.mark.parametrize(
    ("template", "secret"),
    [
        ("DB_PASSWORD={password:14}", "{password:14}"),
        ('"api_key": "{alnum:32}"', "{alnum:32}"),
        ("postgres://app:{password:14}@db/app", "{password:14}"),
        ("Authorization: Bearer {alnum:40}", "{alnum:40}"),
        ("mysql -u root -p{password:14} app", "{password:14}"),
        ("the wifi password is {password:14}.", "{password:14}"),
    ],
)
def test_only_the_secret_is_the_match_not_its_name(everything, template, secret):
    # The secret is put in as it is, so that it is the same in the text and beside it.
    secret = expand(secret, 4)
    text = template.replace(template[template.index("{") : template.index("}") + 1], secret)
    (match,) = found(everything, text)
    assert match.read.rstrip(".") == secret


def test_a_private_key_is_matched_from_its_first_line_to_its_last(everything):
    key = expand("-----BEGIN RSA PRIVATE KEY-----\nMII{base64:61}\n{base64:64}\n-----END RSA PRIVATE KEY-----")
    text = f"keep this:\n{key}\nsafe"
    assert [match.read for match in found(everything, text)] == [key]


HARMLESS = """
password = getpass.getpass()
password: str = Field(...)
PASSWORD=${{PASSWORD}
"password": "string"
password = "changeme"
api_key = "YOUR_API_KEY_HERE"
api_key = "<your api key>"
token = "xxxxxxxxxxxxxxxxxxxx"
secretName: my-app-secret
token_count = 1024
keyboard_layout = "qwerty-us-intl"
cache_key = "{hex:32}"
commit = "{hex:40}"
sha256 = "{hex:64}"
user_id = "{hex:24}"
public_key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE{base64:64}"
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ{base64:200} me@host
The password must contain at least 8 characters, one digit and one symbol.
Forgot your password? Reset it here: https://acme.org/reset
password_hash = hash_password(password)
i18n key: "settings.password.title"
<input type="password" name="password" placeholder="Enter password">
SELECT * FROM users WHERE password = $1
PASSWORD_MIN_LENGTH = 12
https://user:password@example.com
postgres://postgres:postgres@localhost:5432/postgres
curl -u username:password https://example.com
Authorization: Bearer <token>
csrf_token = "{base64:44}"
etag: "{hex:32}"
trace_id={hex:32}
request-id: {uuid}
cipher_suite = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
the key is to stay calm and carry on
bypass_filter = "level2-cache"
authToken: req.headers.authorization.split(" ")[1]
api_version = "2023-05-15-preview"
rules: {{ 'password' => 'required|string|min:8|confirmed' }
image: data:image/png;base64,iVBORw0KGgo{base64:160}
""".strip().splitlines()


@pytest.mark.parametrize("template", HARMLESS)
def test_what_is_named_like_a_secret_and_is_none_is_left_alone(everything, template):
    assert found(everything, expand(template)) == []


def test_our_own_sources_hold_nothing_that_looks_like_a_secret(everything):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "src/bartizan/text", "tests/text"], cwd=TREE, check=True, capture_output=True
    )
    paths = [TREE / name for name in listed.stdout.decode().split("\0") if name.endswith((".py", ".toml", ".tsv"))]
    assert len(paths) > 20
    alarms = [(path.name, match) for path in paths for match in found(everything, path.read_text("utf-8"))]
    # A template or a pattern is no secret, wherever it stands.
    assert [(name, match.rule.id) for name, match in alarms if not set("{[\\") & set(match.read)] == []
