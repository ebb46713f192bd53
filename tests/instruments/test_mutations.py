"""Any change to a definition loads, or is refused by name; nothing else ever happens."""

import tomllib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalplat.errors import DefinitionRejected
from evalplat.instruments.catalogue import instruments_folder
from evalplat.instruments.keys import Faults, Keys
from evalplat.instruments.loader import load_definition

SOURCE = instruments_folder() / "whodas-2.0-12"
TEXT = (SOURCE / "1.0.toml").read_text(encoding="utf-8")
ODD = st.one_of(
    st.none().map(lambda _: "nan"),
    st.sampled_from(
        ["inf", "true", "[]", "{}", '""', "-1", "1e400", "[[[]]]", "2026-01-01", '"total"']
    ),
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=st.integers(0, TEXT.count("\n")), value=ODD, drop=st.booleans())
def test_one_line_changed(tmp_path: Path, line: int, value: str, drop: bool) -> None:
    lines = TEXT.split("\n")
    key, equals, _ = lines[line].partition("=")
    lines[line] = "" if drop or not equals else f"{key}= {value}"
    for language in ("fi", "sv", "en"):
        labels = SOURCE / f"1.0.{language}.toml"
        (tmp_path / labels.name).write_bytes(labels.read_bytes())
    (tmp_path / "1.0.toml").write_text("\n".join(lines), encoding="utf-8")
    try:
        load_definition(tmp_path / "1.0.toml")
    except DefinitionRejected as error:
        assert error.faults
        assert "Traceback" not in str(error)


JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5))
def test_getters_give_a_value_of_their_type_whatever_is_there(data: dict) -> None:
    keys = Keys(data, "", Faults("file"))
    for key in data:
        assert isinstance(keys.text(key), str)
        assert isinstance(keys.whole(key, 0, 5), int)
        assert isinstance(keys.flag(key), bool)
        assert isinstance(keys.numbers(key), tuple)
        assert keys.span(key) is None or len(keys.span(key) or ()) == 2
        assert all(isinstance(entry, Keys) for entry in keys.tables(key))
    keys.close()
    assert all(len(str(fault)) < 1000 for fault in keys.faults.found)


def test_the_source_is_toml_of_its_own() -> None:
    assert tomllib.loads(TEXT)["key"] == "whodas-2.0-12"
