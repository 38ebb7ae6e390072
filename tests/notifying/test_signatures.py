"""Signatures of webhooks: the standard's own vector, two other implementations, and whatever a stranger may send."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import svix.webhooks
from hypothesis import given
from hypothesis import strategies as st

from supporttiers.backends.signatures import sign, verify
from supporttiers.errors import DefinitionError, InputError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(bytes(range(64))).decode()
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

keys = st.binary(min_size=24, max_size=64).map(lambda key: "whsec_" + base64.b64encode(key).decode())
ids = st.from_regex(r"[A-Za-z0-9_\-]{1,60}", fullmatch=True)


def headers(**changes):
    """Give the headers of the standard's vector; what is handed in is put in its place, None taken away."""
    given = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNED}
    given |= {f"webhook-{name}": value for name, value in changes.items()}
    return {name: value for name, value in given.items() if value is not None}


def refused(given, body=BODY, secrets=(SECRET,), now=AT):
    """Give the field and the problem of what is refused."""
    with pytest.raises(InputError) as caught:
        verify(given, body, secrets=secrets, now=now)
    return caught.value.field, caught.value.problem


def test_signature_is_that_of_the_standards_vector():
    """Source: the tests of the reference implementation in JavaScript."""
    assert headers() == sign(BODY, id=ID, at=AT, secrets=[SECRET])
    assert ID == verify(headers(), BODY, secrets=[SECRET], now=AT)


@given(keys, ids, st.binary(max_size=200).map(lambda raw: b'{"x":"' + base64.b64encode(raw) + b'"}'))
def test_signature_is_what_two_other_implementations_make(secret, id, body):
    """Each takes ours, and ours takes theirs."""
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - they read the clock of the machine
    ours = sign(body, id=id, at=now, secrets=[OTHER, secret])
    for kind in (standardwebhooks.Webhook, svix.webhooks.Webhook):
        other = kind(secret)
        other.verify(body.decode(), ours)
        theirs = headers(id=id, timestamp=str(int(now.timestamp())), signature=other.sign(id, now, body.decode()))

        assert id == verify(theirs, body, secrets=[secret], now=now)
        assert theirs["webhook-signature"] in ours["webhook-signature"]


def test_verification_takes_any_of_several_secrets():
    """While a secret is changed both sides know both; letters of headers do not matter."""
    signed = {name.upper(): value for name, value in sign(BODY, id=ID, at=AT, secrets=[OTHER, SECRET]).items()}

    for known in ([OTHER], [SECRET], [OTHER, SECRET]):
        assert ID == verify(signed, BODY, secrets=known, now=AT)


@pytest.mark.parametrize(("apart", "taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_verification_takes_what_was_sent_just_now(apart, taken):
    """Five minutes to both sides, and not a second more."""
    now = AT + timedelta(seconds=apart)
    if taken:
        assert ID == verify(headers(), BODY, secrets=[SECRET], now=now)
    else:
        field, problem = refused(headers(), now=now)
        when = "after" if apart < 0 else "before"
        assert ("webhook-timestamp", f"lies more than 0:05:00 {when} the present; both clocks must be right") == (
            field, problem
        )  # fmt: skip


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
def test_verification_misses_a_header(name):
    """It says which."""
    assert (f"webhook-{name}", "is missing; it is one of the headers of a signed webhook") == refused(
        headers(**{name: None})
    )


@pytest.mark.parametrize(
    "signature",
    [
        "garbage", "v1", "v1,", "v1,a,b", "v1a," + SIGNED[3:], "v2," + SIGNED[3:], SIGNED[:-1], SIGNED + "=",
        "v1,ä", " ".join(["v1,x"] * 20 + [SIGNED]), SIGNED.replace(" ", "") + "x",
    ],
)  # fmt: skip
def test_verification_refuses_what_is_no_signature_of_ours(signature):
    """Also what is signed otherwise, and the right one behind twenty wrong ones."""
    assert ("webhook-signature", "fits none of our secrets; the sender's secret must be one of them") == refused(
        headers(signature=signature)
    )


def test_verification_refuses_another_body_id_time_or_secret():
    """All of them are signed."""
    wrong = [
        (headers(), BODY + b" ", [SECRET]),
        (headers(id="msg_2"), BODY, [SECRET]),
        (headers(timestamp="1614265331"), BODY, [SECRET]),
        (headers(), BODY, [OTHER]),
    ]
    for given_headers, body, secrets in wrong:
        assert "webhook-signature" == refused(given_headers, body, secrets)[0]


@pytest.mark.parametrize("when", ["now", "-1", "1e9", "9" * 30, "\u0661\u0662"])
def test_verification_refuses_what_is_no_time(when):
    """Only a number of seconds is one."""
    assert ("webhook-timestamp", "is no number of seconds since 1970") == refused(headers(timestamp=when))


anything = st.text(max_size=50) | st.none() | st.integers() | st.just("\ud800") | st.just("v1,\ud800")


@given(anything, anything, anything, st.binary(max_size=50))
def test_verification_refuses_garbage_by_one_kind_of_error(id, when, signature, body):
    """A stranger cannot make it fail in another way."""
    refused(headers(id=id, timestamp=when, signature=signature), body)


@pytest.mark.parametrize(
    ("secrets", "problem"),
    [
        ([], "secrets: must be a list of one secret at least; "),
        (SECRET, "secrets: must be a list of one secret at least; "),
        (["hunter2"], "secret: does not begin with whsec_; "),
        ([None], "secret: does not begin with whsec_; "),
        (["whsec_hunter2!"], "secret: is no base64; "),
        (["whsec_hünter2"], "secret: is no base64; "),
        (["whsec_aHVudGVyMg=="], "secret: stands for 7 bytes; "),
    ],
)
def test_secret_that_is_none_is_refused(secrets, problem):
    """It is never shown."""
    for attempt in (
        lambda: sign(BODY, id=ID, at=AT, secrets=secrets),
        lambda: verify(headers(), BODY, secrets=secrets, now=AT),
    ):
        with pytest.raises(DefinitionError) as caught:
            attempt()

        assert f"{problem}write whsec_ and 24 to 64 random bytes in base64" == str(caught.value)


def test_body_comes_as_bytes():
    """A text has been read already; both sides are told so in one kind of error."""
    problem = "must be bytes, as they were sent, before anything has read them; it is str"
    assert ("body", problem) == refused(headers(), BODY.decode())
    assert ID == verify(headers(), bytearray(BODY), secrets=[SECRET], now=AT)
    with pytest.raises(InputError, match=r"^body must be bytes"):
        sign(BODY.decode(), id=ID, at=AT, secrets=[SECRET])
