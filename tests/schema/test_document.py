"""YAML text into documents: data, places, refusals; and bounds for whatever text comes."""

import codecs
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.document import MOST_FILE_BYTES, Path, YamlValue, read_documents
from schema.mark import Mark


def lines(content: str | bytes) -> list[str]:
    """Return all problems of a file called f, as people read them."""
    text = read_documents("f", content)
    found = [problem for document in text.documents for problem in document.problems]
    return [str(problem) for problem in (*found, *([text.fault] if text.fault else []))]


def only(content: str | bytes) -> YamlValue:
    """Return the data of the only document of a faultless file."""
    assert lines(content) == []
    [document] = read_documents("f", content).documents
    return document.data


DATA: list[tuple[str, str | bytes, YamlValue]] = [
    ("no-is-text", "a: no\nb: on\nc: yes", {"a": "no", "b": "on", "c": "yes"}),
    ("as-written", "a: 0101\nb: 1.10\nc: 0o17", {"a": "0101", "b": "1.10", "c": "0o17"}),
    ("constants", "a: ~\nb:\nc: true", {"a": None, "b": None, "c": True}),
    ("quoted-is-text", "a: 'true'\nb: \"~\"\nc: ''", {"a": "true", "b": "~", "c": ""}),
    ("string-tag", "a: !!str true", {"a": "true"}),
    ("block-scalar", "a: |\n  x\n  y\n", {"a": "x\ny\n"}),
    ("alias", "a: &x [1, {b: c}]\nd: *x", {"a": ["1", {"b": "c"}], "d": ["1", {"b": "c"}]}),
    ("alias-of-a-key", "&k a: 1\nb: *k", {"a": "1", "b": "a"}),
    ("anchor-anew", "a: &x 1\nb: *x\nc: &x 2\nd: *x", {"a": "1", "b": "1", "c": "2", "d": "2"}),
    ("byte-order-mark", codecs.BOM_UTF8 + b"a: 1", {"a": "1"}),
    ("crlf", b"a: 1\r\nb: 2\r\n", {"a": "1", "b": "2"}),
    ("version-directive", "%YAML 1.2\n---\na: yes", {"a": "yes"}),
    ("quoted-merge-key", "'<<': 1", {"<<": "1"}),
    ("number-as-key", "101: x", {"101": "x"}),
    ("umlauts", "ä: 'öü'", {"ä": "öü"}),
]


@pytest.mark.parametrize(("content", "data"), [row[1:] for row in DATA], ids=[row[0] for row in DATA])
def test_text_becomes_data(content: str | bytes, data: YamlValue) -> None:
    assert only(content) == data


REFUSED: list[tuple[str, str | bytes, str]] = [
    ("duplicate-key", "a: 1\nb: 2\na: 3", 'f:3:1: key "a" stands twice in one mapping, first in line 1; '),
    ("duplicate-by-quotes", "1: a\n'1': b", 'f:2:1: key "1" stands twice'),
    ("merge-key", "a: &x {b: 1}\nc:\n  <<: *x", 'f:3:3: merge key "<<" is not part of YAML 1.2'),
    ("list-as-key", "[a]: 1", "f:1:1: a key is a list, a mapping or an alias"),
    ("mapping-as-key", "? {a: b}\n: 1", "f:1:3: a key is a list"),
    ("alias-as-key", "&k a: 1\n*k : 2", "f:2:1: a key is a list, a mapping or an alias"),
    ("unknown-alias", "a: *x", 'f:1:4: alias "*x" names no anchor above it'),
    ("alias-of-another-document", "a: &x 1\n---\na: *x", 'f:3:4: alias "*x" names no anchor above it'),
    ("recursive-alias", "a: &x [*x]", 'f:1:8: alias "*x" stands inside the value that it names'),
    ("tag", "a: !foo 1", 'f:1:4: tag "!foo" is not read here'),
    ("core-tag", "a: !!int 1", 'f:1:4: tag "tag:yaml.org,2002:int" is not read here'),
    ("python-tag", "a: !!python/object:os.system x", "f:1:4: tag"),
    ("tag-of-a-list", "a: !x [1]", 'f:1:4: tag "!x" is not read here'),
    ("tab", "a:\n\t- b", "f:2:1: a value begins with a tab"),
    ("two-colons", "a: b: c", 'f:1:5: a second ": " stands on one line'),
    ("open-quote", "a: 1\nb: 'x\nc: 2\n", "f:2:4: a quote is opened here and never closed"),
    ("open-list", "a: [1,\nb", "f:1:4: a [list] or {mapping} is opened here and not closed"),
    ("bad-indent", "a:\n  b: 1\n c: 2", "f:3:2: the indentation does not fit"),
    ("half-a-key", "a: 1\nbcd", "f:2:4: a key has no"),
    ("nul", b"a: 1\nb: \x00", "f:2:4: character U+0000 is not allowed in YAML text"),
    ("control-character", "a: x\x07", "f:1:5: character U+0007"),
    ("binary", bytes(range(128, 256)), "f:1:1: byte 0x80 is not UTF-8; save the file as UTF-8 [yaml-encoding]"),
    ("latin-1", "a: ok\nb: ä".encode("latin-1"), "f:2:4: byte 0xe4 is not UTF-8"),
    ("utf-16", "a: 1".encode("utf-16"), "f:1:1: the file is UTF-16 or UTF-32, not UTF-8"),
    ("utf-16-without-mark", "a: 1".encode("utf-16-le"), "f:1:1: the file is UTF-16 or UTF-32, not UTF-8"),
    ("utf-16-big-endian", "a: 1".encode("utf-16-be"), "f:1:1: the file is UTF-16 or UTF-32, not UTF-8"),
    ("utf-32", "a: 1".encode("utf-32"), "f:1:1: the file is UTF-16 or UTF-32, not UTF-8"),
    ("joined-files", b"a: 1\n---\n" + codecs.BOM_UTF8 + b"a: 2", "f:3:1: a byte order mark stands within the text"),
    ("two-marks", codecs.BOM_UTF8 * 2 + b"a: 1", "f:1:1: a byte order mark stands within the text"),
    (
        "many-tag-directives",
        "".join(f"%TAG !a{n}! x\n" for n in range(250_000)),
        "f:101:1: this file has more than 100 %TAG",
    ),
    ("surrogates-as-utf8", b"a: \xed\xa0\x80", "f:1:4: byte 0xed is not UTF-8"),
    ("overlong-utf8", b"a: \xc0\xaf", "f:1:4: byte 0xc0 is not UTF-8"),
    ("escaped-surrogate", 'a: "\\ud800"', "f:1:"),
    ("lone-surrogate", "a: \ud800", "f:1:4: character U+D800"),
    ("deep-list", "[" * 4_000_000, "f:1:51: values are nested deeper than 50"),
    ("deep-block", "- " * 2_000_000, "f:1:101: values are nested deeper than 50"),
    ("deep-keys", "? " * 2_000_000, "f:1:"),
    ("deep-mapping", "{a: " * 1_000_000, "f:1:201: values are nested deeper than 50"),
    ("long-file", b"#" * (MOST_FILE_BYTES + 1), "f:1:1: the file has 5,242,881 bytes, the most are 5,242,880"),
    ("long-scalar", "a: " + "x" * 1_000_001, "f:1:4: a value has 1,000,001 characters"),
    ("long-key", "? " + "x" * 1_000_001, "f:1:3: a key has 1,000,001 characters"),
    ("many-values", "[" + "a," * 200_000 + "]", "f:1:200000: this document has more than 100,000 keys and values"),
    ("many-documents", "--- a\n" * 60_000, "f:50001:1: this file has more than 50,000 documents"),
    ("wrong-version", "%YAML 2.0\n---\na: 1", "f:1:1: the %YAML directive asks for a version"),
    ("unknown-handle", "a: !x!y 1", "f:1:4: a tag with an unknown handle"),
]


@pytest.mark.parametrize(("content", "start"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused_and_where(content: str | bytes, start: str) -> None:
    found = lines(content)
    assert found
    assert found[-1].startswith(start)
    assert "; " in found[-1]


def test_a_bomb_of_aliases_is_defused() -> None:
    rows = [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    found = lines("a: &a [x]\n" + "\n".join(rows))
    assert found == [
        "f:6:32: aliases make this file longer than 100,000 values; write fewer aliases of long values [yaml-alias]"
    ]


def test_aliases_add_up_over_the_documents_of_a_file() -> None:
    document = "a: &a [" + "x," * 999 + "x]\nb: [" + "*a," * 30 + "*a]\n"
    text = read_documents("f", "---\n".join([document] * 10))
    assert len(text.documents) == 3
    assert text.fault is not None
    assert text.fault.rule == "yaml-alias"


def test_aliases_do_not_get_round_the_depth() -> None:
    chain = "k0: &k0 [x]\n" + "".join(f"k{i}: &k{i} {'[' * 20}*k{i - 1}{']' * 20}\n" for i in range(1, 300))
    assert lines(chain) == ["f:4:29: values are nested deeper than 50; flatten them [yaml-depth]"]


def test_problems_of_one_document_are_bounded() -> None:
    found = lines("a: 1\n" * 100_000)
    assert len(found) == 51
    assert "too-many-problems" in found[-1]


def test_documents_before_a_fault_are_kept() -> None:
    text = read_documents("f", "a: 1\n---\nb: 2\nb: 3\n---\nc: [")
    assert [document.data for document in text.documents] == [{"a": "1"}, {"b": "2"}]
    assert text.fault is not None
    assert text.fault.mark.line == 6


def test_a_document_with_a_duplicate_key_keeps_the_first_value_and_all_places() -> None:
    [document] = read_documents("f", "a: 1\na: &x [1, 2, {c: d}]\nb: *x\ne: 3").documents
    assert document.data == {"a": "1", "b": ["1", "2", {"c": "d"}], "e": "3"}
    assert document.mark(("b", 2, "c")) == Mark("f", 2, 18)
    assert document.mark(("e",)) == Mark("f", 4, 4)


@pytest.mark.parametrize("content", ["", "# only a remark\n", "---\n---\n", "---\n" * 10_000, "\ufeff"])
def test_empty_documents_are_left_out(content: str) -> None:
    assert read_documents("f", content) == read_documents("g", "")


PLACES: list[tuple[Path, tuple[int, int], tuple[int, int]]] = [
    ((), (2, 1), (2, 1)),
    (("kind",), (2, 7), (2, 1)),
    (("spec",), (4, 3), (3, 1)),
    (("spec", "list"), (5, 3), (4, 3)),
    (("spec", "list", 1), (6, 5), (6, 5)),
    (("spec", "list", 1, "b"), (6, 8), (6, 5)),
    (("spec", "flow", "d"), (7, 19), (7, 16)),
    (("spec", "missing"), (4, 3), (3, 1)),
    (("spec", "list", 9), (5, 3), (4, 3)),
    (("kind", "deeper"), (2, 7), (2, 1)),
    (("last",), (8, 7), (8, 1)),
]


@pytest.mark.parametrize(("path", "value_at", "key_at"), PLACES)
def test_every_key_and_value_knows_its_place(path: Path, value_at: tuple[int, int], key_at: tuple[int, int]) -> None:
    text = "# remark\nkind: X\nspec:\n  list:\n  - a\n  - b: [c]\n  flow: {c: é, d: [e]}\nlast: 1\n"
    [document] = read_documents("f", text).documents
    assert document.mark(path) == Mark("f", *value_at)
    assert document.key_mark(path) == Mark("f", *key_at)


def test_an_aliased_value_stands_at_the_alias_and_its_inside_where_it_was_written() -> None:
    [document] = read_documents("f", "a: &x [1, {b: 2}]\nc: *x\nd: 5\n").documents
    assert document.mark(("c",)) == Mark("f", 2, 4)
    assert document.mark(("c", 1, "b")) == Mark("f", 1, 15)
    assert document.mark(("d",)) == Mark("f", 3, 4)


def test_has_tells_what_is_there() -> None:
    [document] = read_documents("f", "a: {b: [1, ~]}").documents
    paths: list[tuple[Path, bool]] = [
        ((), True),
        (("a", "b", 1), True),
        (("a", "b", 2), False),
        (("a", "b", -1), False),
        (("a", "c"), False),
        (("a", "b", 0, "x"), False),
    ]
    assert [document.has(path) for path, _ in paths] == [there for _, there in paths]


def test_data_as_any_other_reader_would_have_it() -> None:
    [document] = read_documents("f", "a: 0101\nb: [1.5, ~, true, x]\nc: '1'").documents
    assert document.as_json() == {"a": 101, "b": [1.5, None, True, "x"], "c": "1"}


def test_a_document_crosses_processes() -> None:
    [document] = read_documents("f", "a: [1, {b: 2}]").documents
    copy = pickle.loads(pickle.dumps(document))
    assert copy.data == document.data
    assert copy.mark(("a", 1, "b")) == document.mark(("a", 1, "b"))


YAMLISH = st.text(alphabet=st.sampled_from("ab1:-,[]{}&*!?|>'\"#%@`~ \n\t.<\x00é"), max_size=60)


@given(YAMLISH | st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_becomes_documents_or_problems(content: str | bytes) -> None:
    text = read_documents("f", content)
    assert all(line.startswith("f:") for line in lines(content))
    for document in text.documents:
        assert document.mark(()).line >= 1
        document.as_json()


SCALARS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=10)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4), max_leaves=20
)


def flow(tree: object) -> str:
    """Write a tree of text, lists and mappings as YAML."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"? {flow(key)} : {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    quoted = str(tree).replace("'", "''").replace("\u2028", " ").replace("\u2029", " ")
    return f"'{quoted}'" if quoted.isprintable() else "'x'"


def paths(tree: object, path: Path = ()) -> list[Path]:
    """Return the paths of all values in a tree."""
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(inner for step, child in children for inner in paths(child, (*path, step)))]


@given(TREES)
def test_places_lie_in_reading_order(tree: object) -> None:
    text = read_documents("f", flow(tree))
    for document in text.documents:
        marks = [document.mark(path) for path in paths(document.data)]
        assert marks == sorted(marks)
