from bartizan.console.entry import headline
from bartizan.kernel import Event


def test_a_line_shows_the_beginning_of_a_digest_and_of_a_long_text() -> None:
    data = {
        "digest": "sha256:" + "0123456789ab" + "c" * 52,
        "fingerprint": "0123456789abcdef" * 2,
        "case": "case-01a218e2-e668-7365-b311-825c0b0017a6",
        "text": "permit(principal, action, resource);\n" * 10,
        "source": "rules.cedar",
    }
    said = headline(Event("policy.put", data))
    assert said == (
        "policy.put digest=sha256:0123456789ab... fingerprint=0123456789ab... "
        "case=case-01a218e2-e668-7365-b311-825c0b0017a6 "
        "text=permit(principal, action, resource); permit(principal, ac... source=rules.cedar"
    )
