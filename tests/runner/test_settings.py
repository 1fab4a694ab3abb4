"""Settings come from one file that nobody else can have put there, then from the environment, then from a flag."""

import os
from pathlib import Path

import pytest

from bartizan.kernel import UsageError
from bartizan.runner.settings import Settings, catalog, resolve


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    file = folder / "bartizan.toml"
    file.write_text(text)
    file.chmod(0o600)
    return file


def refusal(text: str, folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        resolve(write(folder, text), {}, None)
    said = str(caught.value)
    assert "\n" not in said
    assert str(folder / "bartizan.toml") in said
    return said


def test_without_file_and_environment_everything_is_as_documented(here: Path) -> None:
    resolved = resolve(None, {}, None)
    assert resolved.file is None
    assert resolved.origins == {}
    assert resolved.settings == Settings()
    assert [resolved.value(setting.name) for setting in catalog()] == [setting.default for setting in catalog()]


def test_a_flag_beats_the_environment_beats_the_file(here: Path) -> None:
    file = write(here, 'data = "a"\ntenant = "b"\n[console]\nport = 1\n[ledger]\non_full = "fail-open"\n')
    env = {"BARTIZAN_TENANT": "c", "BARTIZAN_DATA": "d", "BARTIZAN_CONSOLE_PORT": "2"}
    resolved = resolve(None, env, Path("e"))
    assert (resolved.settings.data, resolved.settings.tenant, resolved.settings.console.port) == (Path("e"), "c", 2)
    assert resolved.settings.ledger.on_full == "fail-open"
    assert resolved.origins == {
        "data": "--data",
        "tenant": "BARTIZAN_TENANT",
        "console.port": "BARTIZAN_CONSOLE_PORT",
        "ledger.on_full": str(file),
    }


def test_a_folder_in_a_file_is_meant_from_the_file(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("etc")
    settings = Settings.load(write(elsewhere, 'data = "keep"'), {})
    assert settings.data == elsewhere / "keep"
    assert settings.state_url == f"sqlite:///{elsewhere}/keep/state.db"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[console]\nprot = 1", "Did you mean console.port?"),
        ("port = 1", "Did you mean console.port?"),
        ("[consol]\nport = 1", "there is no setting 'consol'"),
        ('[console]\nport = "x"', "console.port is wrong, expected int, got str"),
        ("[console]\nport = 65536", "console.port is wrong, expected int <= 65535"),
        ("[ledger]\nretain_gib = nan", "ledger.retain_gib is wrong"),
        ("[runner]\ncanary_every_minutes = inf", "runner.canary_every_minutes is wrong"),
        ('[ledger]\non_full = "fail"', 'Its type is "fail-closed" | "fail-open".'),
        ("console = 3", "console is a section, not a int"),
        ("[console.port]\na = 1", "console.port is wrong, expected int, got object"),
        ('tenant = "../x"', "tenant is wrong"),
        ('data = ""', "data is wrong"),
        ("[x", "the settings are no TOML"),
        ("a" * (1 << 20) + "a = 1", "at most"),
    ],
)
def test_a_wrong_setting_is_one_line_with_file_key_and_advice(text: str, said: str, tmp_path: Path) -> None:
    assert said in refusal(text, tmp_path)


def test_a_mistyped_or_wrong_variable_is_refused() -> None:
    with pytest.raises(UsageError, match=r"BARTIZAN_CONSOLE_PROT.*Did you mean BARTIZAN_CONSOLE_PORT"):
        resolve(Path("/dev/null"), {"BARTIZAN_CONSOLE_PROT": "1"}, None)
    with pytest.raises(UsageError, match=r"console.port is wrong.*BARTIZAN_CONSOLE_PORT"):
        resolve(Path("/dev/null"), {"BARTIZAN_CONSOLE_PORT": "many"}, None)


def test_variables_that_name_no_section_are_not_ours_to_refuse() -> None:
    assert resolve(Path("/dev/null"), {"BARTIZAN_CONFIG": "", "BARTIZAN_TRACEBACK": "1"}, None).origins == {}


def test_a_named_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        resolve(tmp_path / "none.toml", {}, None)


def test_a_file_in_a_folder_that_everyone_may_write_to_is_refused(here: Path) -> None:
    write(here, "tenant = 'mine'")
    here.chmod(0o777)
    with pytest.raises(UsageError, match="not read here: everyone may write to it"):
        resolve(None, {}, None)
    assert resolve(Path("/dev/null"), {}, None).settings.tenant == "main"


def test_a_file_that_everyone_may_write_to_is_refused(here: Path) -> None:
    write(here, "tenant = 'mine'").chmod(0o666)
    with pytest.raises(UsageError, match="everyone may write to it"):
        resolve(None, {}, None)


def test_a_link_in_place_of_the_file_is_refused(here: Path) -> None:
    (here / "bartizan.toml").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match="it is a link"):
        resolve(None, {}, None)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_somebody_elses_file_or_folder_is_refused(here: Path) -> None:
    file = write(here, "tenant = 'mine'")
    os.chown(file, 12345, -1)
    with pytest.raises(UsageError, match="belongs to the user with id 12345"):
        resolve(None, {}, None)
    os.chown(file, os.getuid(), -1)
    os.chown(here, 12345, -1)
    with pytest.raises(UsageError, match="belongs to the user with id 12345"):
        resolve(None, {}, None)


def test_every_setting_says_what_it_does() -> None:
    for setting in catalog():
        assert setting.doc.endswith("."), setting.name
        assert setting.env == "BARTIZAN_" + setting.name.replace(".", "_").upper()
        assert setting.kind
