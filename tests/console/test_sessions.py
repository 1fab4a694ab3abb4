"""Sessions begin with a token or a key, and end when they should."""

from bartizan.console.sessions import MAX_SESSIONS, MAX_SESSIONS_OF_ONE, Sessions, Visitor

OPERATOR = Visitor(actor="person:ana", roles=("admin",), everywhere=True)
HOLDER = Visitor(actor="key:k-1", roles=("analyst",))


class Ring:
    """One key, which can be revoked."""

    def __init__(self) -> None:
        self.living = True

    def visitor(self, secret: str) -> Visitor | None:
        if not self.living:
            return None
        return HOLDER if secret == "key" else Visitor(actor=secret, roles=()) if secret.startswith("key:") else None

    def alive(self, visitor: Visitor) -> bool:
        assert visitor.actor.startswith("key:")
        return self.living


class Watch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def sessions(ring: Ring | None = None, watch: Watch | None = None) -> Sessions:
    return Sessions("token", OPERATOR, ring or Ring(), idle_s=60, longest_s=600, clock=watch or Watch())


def opened(cookie: str | None) -> str:
    assert cookie
    return cookie


def test_the_token_opens_one_session_and_no_second() -> None:
    all_sessions = sessions()
    assert all_sessions.redeem("wrong") is None
    visitor = all_sessions.visitor(opened(all_sessions.redeem("token")))
    assert visitor is not None
    assert (visitor.actor, visitor.roles, visitor.everywhere) == ("person:ana", ("admin",), True)
    assert len(visitor.csrf) > 30
    assert all_sessions.redeem("token") is None


def test_each_session_has_a_cookie_and_a_form_token_of_its_own() -> None:
    all_sessions = sessions()
    first, second = opened(all_sessions.enter("key")), opened(all_sessions.enter("key"))
    one, two = all_sessions.visitor(first), all_sessions.visitor(second)
    assert first != second
    assert one
    assert two
    assert one.csrf != two.csrf


def test_a_session_that_idles_ends_and_one_that_does_not_lives_on() -> None:
    watch = Watch()
    all_sessions = sessions(watch=watch)
    busy, idle = opened(all_sessions.redeem("token")), opened(all_sessions.enter("key"))
    watch.now += 59
    assert all_sessions.visitor(busy)
    watch.now += 59
    assert all_sessions.visitor(busy)
    assert all_sessions.visitor(idle) is None


def test_every_session_ends_after_its_longest_time() -> None:
    watch = Watch()
    all_sessions = sessions(watch=watch)
    cookie = opened(all_sessions.redeem("token"))
    for _ in range(11):
        watch.now += 50
        assert all_sessions.visitor(cookie)
    watch.now += 50
    assert all_sessions.visitor(cookie) is None


def test_asking_whether_it_lives_does_not_keep_a_session() -> None:
    watch = Watch()
    all_sessions = sessions(watch=watch)
    cookie = opened(all_sessions.redeem("token"))
    visitor = all_sessions.visitor(cookie)
    assert visitor
    watch.now += 59
    assert all_sessions.lives(visitor, cookie)
    watch.now += 2
    assert not all_sessions.lives(visitor, cookie)


def test_revoking_a_key_ends_its_sessions_and_no_other() -> None:
    ring = Ring()
    all_sessions = sessions(ring)
    by_key, by_token = opened(all_sessions.enter("key")), opened(all_sessions.redeem("token"))
    holder = all_sessions.visitor(by_key)
    assert holder
    ring.living = False
    assert all_sessions.visitor(by_key) is None
    assert not all_sessions.lives(holder, by_key)
    assert all_sessions.visitor(by_token)


def test_signing_out_ends_the_session() -> None:
    all_sessions = sessions()
    cookie = opened(all_sessions.redeem("token"))
    all_sessions.end(cookie)
    assert all_sessions.visitor(cookie) is None


def test_sessions_are_bounded_and_the_stalest_makes_room() -> None:
    watch = Watch()
    all_sessions = sessions(watch=watch)
    cookies = []
    for number in range(MAX_SESSIONS + 1):
        watch.now += 0.1
        cookies.append(opened(all_sessions.enter(f"key:{number}")))
    assert all_sessions.visitor(cookies[0]) is None
    assert all(all_sessions.visitor(cookie) for cookie in cookies[1:])


def test_who_signs_in_again_and_again_ends_own_sessions_only() -> None:
    watch = Watch()
    all_sessions = sessions(watch=watch)
    operator = opened(all_sessions.redeem("token"))
    cookies = []
    for _ in range(2 * MAX_SESSIONS):
        watch.now += 0.1
        cookies.append(opened(all_sessions.enter("key")))
    assert all_sessions.visitor(operator)
    assert [all_sessions.visitor(cookie) is not None for cookie in cookies] == [
        number >= 2 * MAX_SESSIONS - MAX_SESSIONS_OF_ONE for number in range(2 * MAX_SESSIONS)
    ]


def test_a_flood_of_wrong_keys_is_not_all_noted_and_locks_nobody_out() -> None:
    watch = Watch()
    all_sessions = sessions(watch=watch)
    noted = 0
    for _ in range(1000):
        assert all_sessions.bearer("wrong") is None
        noted += all_sessions.worth_noting
    assert noted == 20
    assert all_sessions.bearer("key") == HOLDER
    assert all_sessions.redeem("token")
    watch.now += 61
    assert all_sessions.worth_noting


def test_a_stream_of_a_key_without_a_session_lives_as_long_as_the_key() -> None:
    ring = Ring()
    all_sessions = sessions(ring)
    assert all_sessions.lives(HOLDER, "")
    ring.living = False
    assert not all_sessions.lives(HOLDER, "")
