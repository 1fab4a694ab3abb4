"""detect-secrets plugins: the rules made of them find what the plugins find."""

import importlib
import inspect
import pkgutil
import re

import pytest

from bartizan.text.adapters import from_detect_secrets
from bartizan.text.examples import expand
from bartizan.text.patterns import Patterns
from bartizan.text.view import Plain, Views

plugins = pytest.importorskip("detect_secrets.plugins")

SECRETS = {
    "AWSKeyDetector": ["AKIA{base32:16}", "aws_secret_key = '{alnum:40}'"],
    "ArtifactoryDetector": ["a=AKC{alnum:12} ", '"AP1{alnum:10}"'],
    "AzureStorageKeyDetector": ["AccountKey={alnum:86}=="],
    "BasicAuthDetector": ["https://user:{alnum:12}@e.example/x"],
    "GitHubTokenDetector": ["ghp_{alnum:36}"],
    "GitLabTokenDetector": ["glpat-{alnum:20}", "GR1348941{alnum:20}"],
    "NpmDetector": ["//registry.e.example/:_authToken=npm_{alnum:20}"],
    "PrivateKeyDetector": ["-----BEGIN " + "RSA PRIVATE KEY-----"],
    "SendGridDetector": ["SG.{alnum:22}.{alnum:43}"],
    "SlackDetector": ["xoxb-{digits:12}-{lower:20}"],
    "SoftlayerDetector": ["softlayer_api_key = {hex:64}"],
    "SquareOAuthDetector": ["sq0csp-{alnum:43}"],
    "StripeDetector": ["sk_live_{alnum:24}"],
    "TelegramBotTokenDetector": ["{digits:9}:{alnum:35}"],
    "TwilioKeyDetector": ["SK{hex:32}"],
}


def classes() -> dict[str, type]:
    modules = [
        importlib.import_module(f"{plugins.__name__}.{module.name}")
        for module in pkgutil.iter_modules(plugins.__path__)
    ]
    return {
        name: kind
        for module in modules
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and hasattr(kind, "secret_type") and not inspect.isabstract(kind)
    }


@pytest.mark.parametrize("name", SECRETS)
def test_a_rule_finds_what_its_plugin_finds(name: str) -> None:
    kind = classes()[name]
    patterns = Patterns(from_detect_secrets([kind]).rules)
    for template in SECRETS[name]:
        text = expand(template)
        theirs = set(kind().analyze_string(text))
        assert theirs, template
        assert {match.read for match in patterns.scan(Views(text, (Plain(text),))).matches} == theirs


def test_all_plugins_are_taken_or_named() -> None:
    kinds = classes()
    result = from_detect_secrets(kinds.values())
    taken = {rule.id.rsplit("-")[0] for rule in result.rules}
    named = {left.id.split("-")[0].lower() for left in result.left}
    assert {name.lower() for name in kinds} == taken | named
    assert {left.id for left in result.left if "code of its own" in left.why} >= {
        "KeywordDetector",
        "HexHighEntropyString",
    }
    assert [left.id for left in result.left if "RE2" in left.why] == [
        "ibmcloudiamdetector-1",
        "ibmcoshmacdetector-1",
        "ippublicdetector-1",
    ]


def test_an_object_of_ones_own_is_taken() -> None:
    class Own:
        secret_type = "own"
        denylist = (re.compile(r"(?<![\w-])own-[a-z]{4}(?!\w)", re.IGNORECASE),)

    result = from_detect_secrets([Own()])
    text = "OWN-abcd own-efgh xown-abcd own-abcde"
    assert [match.read for match in Patterns(result.rules).find(Views(text, (Plain(text),)))] == [
        "OWN-abcd",
        "own-efgh",
    ]
