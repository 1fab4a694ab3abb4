"""What can go wrong between here and another machine. No message holds a header's value, a query or a body."""

from bartizan.kernel import BartizanError, HostileInput, OutOfBudget, UsageError


class NetError(BartizanError):
    """An exchange with another machine did not come about, or cannot be trusted."""


class Unsendable(NetError, UsageError):
    """A URL, method or header that must not be sent as it is."""


class Unreachable(NetError):
    """No connection, or one that broke before anything was answered."""


class Untrusted(NetError):
    """The other side could not prove who it is, or would not speak TLS as it should."""


class ForbiddenAddress(NetError):
    """The name stands for no address that may be connected to."""


class Overdue(NetError):
    """A deadline passed."""


class Malformed(NetError, HostileInput):
    """The answer breaks the rules of HTTP/1.1, or ends too early."""


class TooLarge(NetError, OutOfBudget):
    """The answer is larger than was allowed."""


class BadRedirect(NetError):
    """A redirect that must not be followed: too many, nowhere, or to where the request must not go."""


class BadStatus(NetError):
    """The answer's status says that it is not what was asked for."""


class WrongRange(NetError):
    """The answer is not the range that was asked for."""


class Changed(NetError):
    """The file is not the one that was read before."""
