import pickle

import pytest

from bartizan.kernel import BartizanError, MissingExtra


def test_an_error_is_one_line_that_says_what_where_and_what_to_do() -> None:
    error = BartizanError("the lock\nis held", where="/data/ledger", todo="Stop the other process.")
    assert str(error) == "the lock is held (/data/ledger). Stop the other process."


def test_a_question_is_not_followed_by_a_full_stop() -> None:
    assert str(BartizanError("whose key counts?", todo="Pass --key")) == "whose key counts? Pass --key"


def test_a_missing_extra_names_the_extra() -> None:
    assert str(MissingExtra("ray", "fanout on a cluster")) == (
        "fanout on a cluster needs the extra [ray]. pip install 'bartizan[ray]'"
    )


class Torn(BartizanError):
    def __init__(self, page: int) -> None:
        super().__init__(f"page {page} is torn", where="the book", todo="Mend it.")
        self.page = page


@pytest.mark.parametrize(
    "error", [BartizanError("what", where="where", todo="todo"), MissingExtra("ray", "it"), Torn(7)]
)
def test_an_error_crosses_processes_whole(error: BartizanError) -> None:
    sent = pickle.loads(pickle.dumps(error))
    assert (type(sent), str(sent), sent.args, vars(sent)) == (type(error), str(error), error.args, vars(error))
