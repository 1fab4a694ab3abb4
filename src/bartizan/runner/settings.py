"""The settings of one installation: what they are, and how one file and the environment fill them."""

import difflib
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from bartizan.kernel.errors import UsageError

FILE = "bartizan.toml"
PREFIX = "BARTIZAN_"
MAX_FILE_BYTES = 1 << 20
OUR_CONFIG = f"{PREFIX}CONFIG"


class LedgerSettings(msgspec.Struct, frozen=True, kw_only=True):
    segment_mib: Annotated[int, Meta(ge=1, le=4096, description="Size at which a segment is closed, in MiB.")] = 64
    on_full: Annotated[
        Literal["fail-closed", "fail-open"],
        Meta(description="What happens when nothing can be written: refuse the work, or go on and count what is lost."),
    ] = "fail-closed"
    retain_days: Annotated[int, Meta(ge=0, description="Days that closed segments are kept; 0 keeps them all.")] = 0
    retain_gib: Annotated[
        float, Meta(ge=0, le=1e9, description="GiB that closed segments may fill; 0 sets no limit.")
    ] = 0.0


class StateSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: Annotated[
        str,
        Meta(
            description="Where state lives: sqlite:///PATH or postgresql://...; empty is state.db in the data folder."
        ),
    ] = ""


class ConsoleSettings(msgspec.Struct, frozen=True, kw_only=True):
    host: Annotated[str, Meta(description="Loopback address that the pages listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port of the pages; 0 takes a free one.")] = 8420
    origin: Annotated[
        str,
        Meta(description="Address under which a TLS proxy in front shows the pages, such as https://bartizan.example."),
    ] = ""
    idle_minutes: Annotated[int, Meta(ge=1, description="Minutes without a request after which a session ends.")] = 60
    session_hours: Annotated[int, Meta(ge=1, description="Hours after which every session ends.")] = 12


class RunnerSettings(msgspec.Struct, frozen=True, kw_only=True):
    canary_every_minutes: Annotated[
        float,
        Meta(gt=0, le=525_600, description="Minutes between two trials of every control on its canary and quiet twin."),
    ] = 60.0
    archive_every_minutes: Annotated[
        float,
        Meta(
            gt=0,
            le=525_600,
            description="Minutes between two looks for closed segments to pack and old ones to let go.",
        ),
    ] = 15.0


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set."""

    data: Annotated[Path, Meta(description="The folder that holds the installation.")] = Path(".bartizan")
    tenant: Annotated[
        str,
        Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}\Z", description="The tenant that records belong to, unless said."),
    ] = "main"
    ledger: LedgerSettings = LedgerSettings()
    state: StateSettings = StateSettings()
    console: ConsoleSettings = ConsoleSettings()
    runner: RunnerSettings = RunnerSettings()

    @staticmethod
    def load(path: Path | None = None, env: Mapping[str, str] = os.environ, data: Path | None = None) -> "Settings":
        """The settings that hold here: a flag over the environment over the file over the defaults."""
        return resolve(path, env, data).settings

    @property
    def state_url(self) -> str:
        """Where state lives, said in full."""
        return self.state.url or f"sqlite:///{self.data / 'state.db'}"


class Setting(msgspec.Struct, frozen=True):
    """One thing that can be set."""

    name: str
    type: Any
    default: Any
    doc: str

    @property
    def env(self) -> str:
        return PREFIX + self.name.replace(".", "_").upper()

    @property
    def kind(self) -> str:
        """The type, for people: `int`, `text`, `"a" | "b"`."""
        plain = get_args(self.type)[0]
        if get_origin(plain) is Literal:
            return " | ".join(f'"{choice}"' for choice in get_args(plain))
        return {str: "text", Path: "folder", float: "number", int: "integer"}[plain]


class Resolved(msgspec.Struct, frozen=True):
    """The settings, the file that was read if any, and where each set value came from."""

    settings: Settings
    file: Path | None
    origins: dict[str, str]
    """Name of a setting to the flag, the variable or the file that set it; a default has no entry."""

    def value(self, name: str) -> Any:
        section, _, key = name.rpartition(".")
        return getattr(getattr(self.settings, section) if section else self.settings, key)


def catalog() -> list[Setting]:
    """Every setting, in the order of its definition."""
    return list(_settings_of(Settings, ""))


def named(name: str) -> Setting:
    """The setting with this name."""
    known = {setting.name: setting for setting in catalog()}
    return known[_known(name, known, "")]


def resolve(path: Path | None, env: Mapping[str, str], data: Path | None) -> Resolved:
    """The settings with their origins; a wrong file, key or value is refused in one line."""
    known = {setting.name: setting for setting in catalog()}
    file = find_file(path, env)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name, raw in _flat(_read(file), known, file) if file else ():
        values[name] = _converted(known[name], raw, strict=True, where=file)
        origins[name] = str(file)
    if file and "data" in values:
        values["data"] = file.absolute().parent / values["data"]
    for name, variable in _in_environment(known, env):
        values[name] = _converted(known[name], env[variable], strict=False, where=variable)
        origins[name] = variable
    if data is not None:
        values["data"], origins["data"] = data, "--data"
    return Resolved(_built(Settings, "", values), file, origins)


def find_file(path: Path | None, env: Mapping[str, str]) -> Path | None:
    """The file to read: the one that was named, or `bartizan.toml` here, if nobody else could have put it there."""
    named = path or (Path(env[OUR_CONFIG]) if env.get(OUR_CONFIG) else None)
    if named is not None:
        return named
    here = Path(FILE).absolute()
    if not os.path.lexists(here):
        return None
    for place in (here.parent, here):
        if distrust := _distrust(place):
            raise UsageError(
                f"{FILE} is not read here: {distrust}",
                where=place,
                todo=f"Name the file with --config or {OUR_CONFIG} (/dev/null for none).",
            )
    return here


def _distrust(place: Path) -> str:
    """Why another user could have written this; empty if none could."""
    try:
        facts = place.stat(follow_symlinks=False)
    except OSError as error:
        return f"it cannot be looked at, {error.strerror}"
    if stat.S_ISLNK(facts.st_mode):
        return "it is a link"
    if facts.st_uid != os.getuid():
        return f"it belongs to the user with id {facts.st_uid}, not to you"
    return "everyone may write to it" if facts.st_mode & stat.S_IWOTH else ""


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise UsageError(f"a settings file has at most {MAX_FILE_BYTES:,} bytes", where=file)
        return tomllib.loads(content.decode())
    except OSError as error:
        raise UsageError(f"the settings cannot be read: {error.strerror}", where=file) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"the settings are not UTF-8 at byte {error.start}", where=file) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"the settings are no TOML: {error}", where=file) from None


def _flat(content: dict[str, Any], known: Mapping[str, Setting], file: Path) -> Iterator[tuple[str, Any]]:
    """`section.key` and value of each entry."""
    sections = {name.partition(".")[0] for name in known if "." in name}
    for key, value in content.items():
        if key not in sections:
            yield _known(key, known, file), value
        elif not isinstance(value, dict):
            raise UsageError(f"{key} is a section, not a {type(value).__name__}", where=file, todo=f"Write [{key}]")
        else:
            yield from ((_known(f"{key}.{inner}", known, file), value[inner]) for inner in value)


def _known(name: str, known: Mapping[str, Setting], where: object) -> str:
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    advice = f"Did you mean {near[0]}?" if near else "bartizan config explain lists all settings."
    raise UsageError(f"there is no setting {name!r}", where=where, todo=advice)


def _in_environment(known: Mapping[str, Setting], env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Setting and variable, for each variable that sets one; a mistyped one under a section is refused."""
    by_variable = {setting.env: name for name, setting in known.items()}
    sections = tuple(f"{PREFIX}{name.partition('.')[0].upper()}_" for name in known if "." in name)
    for variable in sorted(env):
        if variable in by_variable:
            yield by_variable[variable], variable
        elif variable.startswith(sections):
            near = difflib.get_close_matches(variable, by_variable, n=1, cutoff=0.5)
            advice = f"Did you mean {near[0]}?" if near else "bartizan config explain lists all settings."
            raise UsageError(f"no setting is named by the variable {variable}", where="environment", todo=advice)


def _converted(setting: Setting, raw: Any, *, strict: bool, where: object) -> Any:
    try:
        # An integer is a fine number, as TOML's `1` for `1.0`; nothing else changes its type.
        return msgspec.convert(raw, setting.type, strict=strict, dec_hook=_path)
    except (msgspec.ValidationError, TypeError) as error:
        fault = f"{error}".replace("`", "").removesuffix(" - at $")
        fault = fault[:1].lower() + fault[1:]
        raise UsageError(
            f"{setting.name} is wrong, {fault}", where=where, todo=f"Its type is {setting.kind}."
        ) from None


def _path(kind: type, value: Any) -> Path:
    if kind is not Path or not isinstance(value, str) or not value or "\0" in value:
        raise TypeError(f"expected a path, got {value!r}")
    return Path(value)


def _settings_of(kind: type[msgspec.Struct], prefix: str) -> Iterator[Setting]:
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _settings_of(field.type, f"{prefix}{field.name}.")
        else:
            meta = next(part for part in get_args(field.type) if isinstance(part, Meta))
            yield Setting(prefix + field.name, field.type, field.default, meta.description or "")


def _built(kind: type[msgspec.Struct], prefix: str, values: Mapping[str, Any]) -> Any:
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        name = prefix + field.name
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            given[field.name] = _built(field.type, f"{name}.", values)
        elif name in values:
            given[field.name] = values[name]
    return kind(**given)
