"""The application's own tests: python -m pytest."""

import secrets

import pytest
import sqlalchemy.exc
from app import app
from fastapi.testclient import TestClient


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Give a client of the application, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def complaint():
    """Give a complaint about an order that no other test knows."""
    return {"customer": "jane", "order_number": secrets.token_hex(4), "text": "The teapot has arrived broken"}


def count(client):
    """Count the cases that have been committed."""
    return sum(client.portal.call(client.app_state["desk"].counts).values())


def test_complaint_and_case_are_there_together(client, complaint):
    """A complaint has a case."""
    made = client.post("/complaints", json=complaint)

    assert made.status_code == 201
    assert client.get(f"/cases/{made.json()['case']}").json() == {"status": "queued", "tier": 1}


def test_complaint_that_is_refused_leaves_no_case(client, complaint):
    """The second complaint about one order breaks a rule of the shop's table, and its case is gone with it."""
    client.post("/complaints", json=complaint)
    before = count(client)
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        client.post("/complaints", json=complaint)

    assert count(client) == before


def test_case_that_is_nowhere_is_not_found(client):
    """Who asks for a case that is not there is told so."""
    assert client.get("/cases/none").status_code == 404


def test_worker_does_its_passes(client):
    """The worker runs beside the requests."""
    assert client.get("/health").json()["state"] == "running"
