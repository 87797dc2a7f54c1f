"""Lists of words reach PostgreSQL unchanged, whatever characters they contain."""

import psycopg
import pytest

from xpert_pipeline.postgres.staging import text_array


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["A"],
        ["a, b", "{c}", 'say "d"', "back\\slash", '\\"', "", " ", "null", "NULL", "tab\there", "ली\n"],
        [None, "x"],
    ],
)
def test_a_list_of_words_comes_back_from_the_database_unchanged(new_database, words):
    admin_dsn, _ = new_database()
    with psycopg.connect(admin_dsn) as conn:
        conn.execute("create temp table words (words text[])")
        with conn.cursor().copy("copy words from stdin") as copy:
            copy.write_row([text_array(words)])
        assert conn.execute("select words from words").fetchone() == (words,)
