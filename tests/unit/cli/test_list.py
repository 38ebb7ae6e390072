import attrs
import pytest

from supporttiers import Case


@pytest.fixture(autouse=True)
def cases(desk, clock):
    """Open three cases: one queued at tier 1, one in progress by eve, one waiting at tier 2."""
    desk.open("First", by="jane", id="T-1", priority="low")
    clock.advance("1m")
    desk.open("Second\x07", by="jane", id="T-2", category="printing")
    desk.start("T-2", by="eve")
    clock.advance("1m")
    desk.open("Third", by="joe", id="T-3")
    desk.escalate("T-3", by="eve", team="net")
    desk.wait("T-3", wait_reason="customer", by="eve")


def ids(done):
    """Give the first column."""
    return [line.split()[0] for line in done.out.splitlines()[1:]]


def test_list_sets_cases_in_a_table(run, url):
    """Each case is a row; what it lacks is a dash, and subjects stay out."""
    done = run("list", "--store", url)

    assert (0, "") == (done.code, done.err)
    assert [
        "id   tier  team  status             priority  category  assignee  opened               due",
        "T-1  1     -     queued             low       -         -         2026-03-23 09:00:00  2026-03-23 09:15:00",
        "T-2  1     -     in_progress        medium    printing  eve       2026-03-23 09:01:00  2026-03-23 09:16:00",
        "T-3  2     net   waiting: customer  medium    -         -         2026-03-23 09:02:00  -",
    ] == done.out.splitlines()


def test_list_shows_subjects_on_request(run, url):
    """With --texts there is a column more, safe on a terminal."""
    lines = run("list", "--store", url, "--texts").out.splitlines()

    assert lines[0].endswith("subject")
    assert lines[2].endswith("Second\\x07")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--status", "queued"], ["T-1"]),
        (["--status", "queued", "--status", "waiting"], ["T-1", "T-3"]),
        (["--tier", "1"], ["T-1", "T-2"]),
        (["--team", "net"], ["T-3"]),
        (["--assignee", "eve"], ["T-2"]),
        (["--tier", "1", "--assignee", "eve"], ["T-2"]),
        (["--order=-opened_at"], ["T-3", "T-2", "T-1"]),
        (["--order", "due_at"], ["T-1", "T-2", "T-3"]),
    ],
)
def test_list_filters_and_orders(run, url, options, found):
    """Filters narrow, a filter given twice widens, and the order is the caller's."""
    assert found == ids(run("list", "--store", url, *options))


def test_list_goes_on_where_the_page_ended(run, url):
    """The mark at the end of a page gives the next one, in text and in JSON."""
    first = run("list", "--store", url, "--limit", "2")
    mark = first.out.splitlines()[-1].removeprefix("more: --after ")

    assert ["T-3"] == ids(run("list", "--store", url, "--after", mark))
    assert mark == run("list", "--store", url, "--limit", "2", "--json").json()["next"]


def test_list_of_nothing_says_so(run, url):
    """An empty answer is a good answer."""
    done = run("list", "--store", url, "--team", "nobody")

    assert (0, "no case\n") == (done.code, done.out)


def test_list_as_json(run, url):
    """Programs get whole cases, without what people wrote."""
    answer = run("list", "--store", url, "--json").json()

    assert ["cases", "next"] == list(answer)
    assert (["T-1", "T-2", "T-3"], None) == ([case["id"] for case in answer["cases"]], answer["next"])
    assert {field.name for field in attrs.fields(Case)} == answer["cases"][0].keys()
    assert {None} == {case["subject"] for case in answer["cases"]}
    assert "First" == run("list", "--store", url, "--json", "--texts").json()["cases"][0]["subject"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--status", "asleep"], "status: is compared with 'asleep'; possible are: queued,"),
        (["--order", "mood"], "order must be one of: id, opened_at,"),
        (["--limit", "0"], "limit is 0; possible is 1 to 1000"),
        (["--after", "nonsense"], "after is no end of a page"),
    ],
)
def test_list_of_a_wrong_value_ends_with_2(run, url, options, said):
    """A value that cannot be is a wrong command line, and says what is possible."""
    done = run("list", "--store", url, *options)

    assert (2, "") == (done.code, done.out)
    assert f"supporttiers: {said}" in done.err
