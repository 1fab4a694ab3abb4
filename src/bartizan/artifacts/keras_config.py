"""Keras configurations: what rebuilding the model imports, calls, reads and fetches.

Keras 3 rebuilds an object from `{"module", "class_name", "config", "registered_name"}`: it imports the module and takes
the name from it (`keras.saving.serialization_lib`). Keras 2 knows the class by name alone, and unmarshals the code of a
Lambda layer without asking.
"""

import re
from collections.abc import Iterator

from bartizan.artifacts.dotted import imported
from bartizan.artifacts.fact import AnyFact, Calls, FetchesUrl, Imports, Opaque, ReadsPath, Structure, shown
from bartizan.artifacts.json_document import Doubled, Object, Value, leaves, objects, pairs_of, text_of
from bartizan.artifacts.paths import leaves_folder

ROOTS = frozenset({"keras", "tf_keras", "tensorflow", "keras_nlp", "keras_cv", "keras_hub", "keras_core", "kerastuner"})
VALUES = frozenset({
    "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__typespec__", "__keras_tensor__",
    "__tuple__", "__complex__", "__dict__", "__set__", "__dtype__",
})  # fmt: skip
RUNS_CODE = {
    "TFSMLayer": "runs a SavedModel from a path",
    "TorchModuleWrapper": "unpickles a torch module",
    "JaxLayer": "calls a function",
    "FlaxLayer": "calls a module",
}
VOCABULARIES = frozenset({"vocabulary", "vocabulary_path", "vocab", "merges", "idf_weights", "spm_proto", "proto"})
PATH_KEYS = frozenset({"filepath", "file_path", "filename", "path", "tokenizer_path", "weights_path"})
CARRYING_URLS = frozenset({"args", "kwargs", "origin", "url"})
OUTSIDE = VOCABULARIES | PATH_KEYS | CARRYING_URLS
URL = re.compile(r"(?:[a-z][a-z0-9+.-]*)://", re.IGNORECASE)
PUBLIC = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
MODULES = re.compile(
    r"(?:keras|tf_keras|keras_core|tensorflow(?:\.python)?\.keras|tensorflow)"
    r"(?:\.(?:src|api|_tf_keras|_legacy|legacy|engine|keras|v2|_v2|python|backend|torch|jax|numpy|openvino))*"
    r"(?:\.(?:layers|models|activations|initializers|losses|metrics|optimizers|regularizers|constraints|ops|random"
    r"|dtype_policies|quantizers|applications|mixed_precision|random|callbacks|nn|math)(?:\.\w+)*)?\Z"
)
"""The modules of Keras whose public classes only compute."""
LEADING_OUT = re.compile(
    r"load|save|file|deserialize|eval|exec|import|unsafe|run|call|plot|download|system", re.IGNORECASE
)
SAFE_FUNCTIONS = re.compile(r"[a-z][a-z0-9_]*\Z")


def keras_facts(document: Value, where: str = "$") -> Iterator[AnyFact]:
    """What rebuilding this model does."""
    for place, record in objects(document, where):
        if isinstance(record, Doubled):
            twice = shown(", ".join(record.doubled()[:5]))
            yield Structure("duplicate", f"the keys {twice} are there twice", where=str(place))
        if isinstance(record.get("class_name"), str):
            yield from _object(record, str(place))
        if not OUTSIDE.isdisjoint(record):
            yield from _outside(record, str(place))


def _object(record: Object, where: str) -> Iterator[AnyFact]:
    """One serialized object: its class or function, and what is special about its class."""
    name, module, config = text_of(record, "class_name"), record.get("module"), record.get("config")
    if name == "__lambda__":
        yield from _lambda_code(config.get("code") if isinstance(config, dict) else None, where)
        return
    if name in VALUES:
        return
    last = name.rpartition(">")[2].rpartition(".")[2]
    if last in RUNS_CODE:
        yield Calls("code", f"{last}: {RUNS_CODE[last]}", where=where)
    elif last == "Lambda" and isinstance(config, dict):
        yield from _lambda_layer(config, where)
    if name == "function" and isinstance(config, str):
        name = config
    elif name == "function" and isinstance(config, dict):
        name = text_of(config, "name") or name
        module = module if isinstance(module, str) and module != "builtins" else config.get("module")
    if isinstance(module, str) and module:
        yield from _taken_from(module, name, where)
    elif "." in name and ">" not in name:
        home, _, last = name.rpartition(".")
        yield from _taken_from(home, last, where)  # old files spell the path out


def _taken_from(module: str, name: str, where: str) -> Iterator[AnyFact]:
    """Keras imports the module and takes the name from it."""
    if module.partition(".")[0] in ROOTS:
        if MODULES.match(module) and PUBLIC.match(name) and (name[0].isupper() or not LEADING_OUT.search(name)):
            return
        rule = "code" if LEADING_OUT.search(name) or not PUBLIC.match(name) or _names_module(name) else "unknown"
        yield Imports(rule, shown(f"{module}.{name}"), where=where)
        return
    fact = imported(f"{module}.{name}", where)
    if module == "builtins" and fact.rule == "unknown":
        return  # no such builtin: a name of the process' own
    yield Imports("code", fact.what, where=where) if fact.rule == "io" else fact


def _names_module(name: str) -> bool:
    return name in ("os", "sys", "subprocess", "builtins", "importlib", "shutil", "io", "pickle", "marshal", "types")


def _lambda_layer(config: Object, where: str) -> Iterator[AnyFact]:
    """A Lambda layer; Keras 2 has its code in a list, Keras 3 in an object that is met on its own."""
    for key in ("function", "output_shape", "mask"):
        value = config.get(key)
        if isinstance(value, list) and value and isinstance(value[0], str):
            yield from _lambda_code(value[0], f"{where}.{key}")
        elif isinstance(value, str) and text_of(config, f"{key}_type") == "lambda":
            yield from _lambda_code(value, f"{where}.{key}")
        elif isinstance(value, str) and key == "function" and not PUBLIC.match(value):
            yield Opaque("code", shown(f"a Lambda layer with the function {value}"), where=f"{where}.{key}")
        elif isinstance(value, str) and key == "function":
            builtin = imported(f"builtins.{value}", f"{where}.{key}")
            if builtin.rule == "code":
                yield builtin
            yield Imports("unknown", f"the function {shown(value)} of the process", where=f"{where}.{key}")


def _lambda_code(code: Value, where: str) -> Iterator[AnyFact]:
    """Marshalled code: arithmetic on the known names of tensors is told apart from the rest."""
    from bartizan.artifacts.marshalled import names_in_code

    names = names_in_code(code) if isinstance(code, str) else None
    if names is None:
        yield Opaque("code", "a Lambda layer whose code cannot be read", where=where)
        return
    foreign = sorted(names - TENSOR_NAMES)
    if foreign:
        yield Calls("code", f"a Lambda layer that uses {shown(', '.join(foreign))}", where=where)
    else:
        yield Calls("later", "a Lambda layer that computes on tensors", where=where)


TENSOR_NAMES = frozenset(
    "tf keras K ops np jnp math nn backend abs sqrt square exp log add subtract multiply divide matmul dot "  # noqa: SIM905
    "sum mean max "
    "min maximum minimum reduce_sum reduce_mean reduce_max reduce_min reshape transpose expand_dims squeeze concat "
    "concatenate stack unstack split cast shape ndim int_shape batch_dot l2_normalize softmax sigmoid tanh relu argmax "
    "argmin clip clip_by_value tile repeat pad gather where ones zeros ones_like zeros_like one_hot slice "
    "float32 int32 float16 int64 dtype "
    "image resize resize_images resize_bilinear depth_to_space space_to_depth linalg l2_norm norm "
    "pow sign floor round x y axis permute_dimensions flatten identity stop_gradient epsilon len range".split()
)


def _outside(record: Object, where: str) -> Iterator[AnyFact]:
    """Files and addresses that a layer reads when it is rebuilt."""
    for key, value in pairs_of(record):
        if key in VOCABULARIES | PATH_KEYS and isinstance(value, str):
            yield from _source(value, f"{where}.{key}", key in VOCABULARIES)
        elif key in CARRYING_URLS:
            for place, _, leaf in leaves(value, f"{where}.{key}"):
                if isinstance(leaf, str) and URL.match(leaf):
                    yield FetchesUrl("load", shown(leaf), where=str(place))


def _source(value: str, where: str, read_at_load: bool) -> Iterator[AnyFact]:
    if URL.match(value):
        yield FetchesUrl("load" if read_at_load else "use", shown(value), where=where)
    elif leaves_folder(value):
        yield ReadsPath("outside", shown(value), where=where)
