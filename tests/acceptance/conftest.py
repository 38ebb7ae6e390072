"""What acceptance tests share: a mail system, where there can be one."""

import os

import pytest
from tests.servers import mail


@pytest.fixture(scope="module")
def system(authority):
    """Run Postfix and Dovecot, or say why not."""
    if not os.environ.get("SUPPORTTIERS_ACCEPTANCE"):
        pytest.skip("starts a mail system, as root: it is part of `make acceptance`")
    chain = authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.bytes()
    try:
        with mail.mail_system(chain) as found:
            yield found
    except mail.NoMailError as error:
        pytest.skip(f"no mail system here: {error}")
