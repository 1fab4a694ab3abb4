"""What calling a function of Python's library can do, for code that lies beside models.

Unlike the table of globals, which is for what a pickle names, this one is for code that people write: only what runs
other code, starts programs, talks to the net or deletes is here, and everything else computes.
"""

import re
from typing import Literal, TypeAlias

Power: TypeAlias = Literal["spawn", "exec", "library", "send", "fetch", "delete", "unpickle", "import"]
"""Starts a program; runs code that is given; loads a native library; talks to a host; gets something from one; deletes;
builds objects from a pickle; imports a module by name."""

EXACT: dict[str, Power] = {
    **dict.fromkeys((
        "os.system", "os.startfile", "os.fork", "os.forkpty", "pty.spawn", "pty.fork", "platform.popen",
        "pexpect.spawn", "pexpect.run", "pexpect.popen_spawn.PopenSpawn", "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell", "webbrowser.open", "popen2.popen2", "commands.getoutput",
        "commands.getstatusoutput", "_posixsubprocess.fork_exec", "distutils.spawn.spawn",
        "setuptools.distutils.spawn.spawn", "invoke.run", "antigravity", "idlelib.run",
        "concurrent.futures.process._spawn", "_winapi.CreateProcess", "builtins.get_ipython().system",
        "builtins.get_ipython().getoutput", "builtins.get_ipython().run_cell_magic", "sh.bash", "sh.sh",
        "test.support.script_helper.assert_python_ok", "pydoc.pipepager", "pydoc.tempfilepager",
        "doctest.debug_script", "trace.Trace().run", "multiprocessing.util.spawnv_passfds",
    ), "spawn"),
    **dict.fromkeys((
        "builtins.exec", "builtins.eval", "builtins.execfile", "runpy.run_path", "runpy.run_module", "runpy._run_code",
        "code.InteractiveInterpreter().runcode", "code.InteractiveInterpreter().runsource", "code.interact",
        "timeit.timeit", "timeit.repeat", "imp.load_source", "imp.load_dynamic", "imp.load_compiled",
        "types.FunctionType", "types.CodeType", "types.LambdaType", "marshal.loads", "marshal.load", "bdb.Bdb().run",
        "pdb.run", "cProfile.run", "profile.run", "builtins.get_ipython().run_cell", "builtins.get_ipython().ex",
        "builtins.get_ipython().ev", "numexpr.evaluate", "sympy.sympify", "codeop.compile_command",
        "torch._utils.import_dill", "dill.source.importable", "pandas.eval",
        "importlib._bootstrap_external.SourceFileLoader", "importlib.machinery.SourceFileLoader().load_module",
        "torch.hub.load", "importlib.machinery.ExtensionFileLoader", "zipimport.zipimporter().load_module",
    ), "exec"),
    **dict.fromkeys((
        "ctypes.CDLL", "ctypes.PyDLL", "ctypes.WinDLL", "ctypes.cdll.LoadLibrary", "ctypes.windll", "ctypes.pythonapi",
        "torch.ops.load_library", "torch.classes.load_library", "tensorflow.load_op_library", "tensorflow.load_library",
        "torch.utils.cpp_extension.load", "torch.utils.cpp_extension.load_inline", "_imp.create_dynamic",
    ), "library"),
    **dict.fromkeys((
        "socket.socket", "socket.create_connection", "socket.create_server", "socket.getaddrinfo",
        "socket.gethostbyname", "smtplib.SMTP", "smtplib.SMTP_SSL", "ftplib.FTP", "telnetlib.Telnet",
        "paramiko.SSHClient", "http.client.HTTPConnection", "http.client.HTTPSConnection", "xmlrpc.client.ServerProxy",
        "asyncio.open_connection", "asyncio.start_server", "websocket.create_connection", "websockets.connect",
        "requests.post", "requests.put", "requests.patch", "requests.request", "requests.delete",
        "requests.Session().post", "requests.Session().put", "httpx.post", "httpx.put", "httpx.Client().post",
        "socketserver.TCPServer", "http.server.HTTPServer", "dns.resolver.resolve",
        "multiprocessing.connection.Client", "multiprocessing.connection.Listener", "requests.api.post",
        "http.server.test",
    ), "send"),
    **dict.fromkeys((
        "requests.get", "requests.head", "requests.Session().get", "requests.api.get", "httpx.get",
        "httpx.Client().get", "httpx.stream", "urllib.request.urlopen", "urllib.request.urlretrieve", "urllib.urlopen",
        "urllib.urlretrieve", "urllib2.urlopen", "wget.download", "urllib3.PoolManager().request",
        "urllib.request.build_opener().open", "torch.hub.download_url_to_file", "torch.hub.load_state_dict_from_url",
        "gdown.download", "tensorflow.keras.utils.get_file", "keras.utils.get_file",
    ), "fetch"),
    **dict.fromkeys((
        "shutil.rmtree", "os.remove", "os.unlink", "os.rmdir", "os.removedirs", "pathlib.Path().unlink", "os.truncate",
    ), "delete"),
    **dict.fromkeys((
        "pickle.loads", "pickle.load", "pickle.Unpickler().load", "_pickle.loads", "_pickle.load", "cPickle.loads",
        "cPickle.load", "dill.loads", "dill.load", "cloudpickle.loads", "cloudpickle.load", "joblib.load",
        "torch.load", "pandas.read_pickle", "jsonpickle.decode", "shelve.open", "yaml.load", "yaml.unsafe_load",
        "yaml.full_load", "numpy.load",
    ), "unpickle"),
    **dict.fromkeys(("builtins.__import__", "importlib.import_module", "importlib.__import__"), "import"),
}  # fmt: skip
FAMILIES: tuple[tuple[re.Pattern[str], Power], ...] = (
    (re.compile(r"os\.(?:popen\d?|exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?)\Z"), "spawn"),
    (re.compile(r"subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)\Z"), "spawn"),
    (
        re.compile(
            r"ctypes\..*\.(?:system|popen|exec\w*|WinExec|CreateProcess\w*|ShellExecute\w*|mprotect|VirtualAlloc)\Z"
        ),
        "spawn",
    ),
    (re.compile(r"(?:socket\.socket|paramiko\.SSHClient)\(\)\.(?:connect|send\w*|bind|exec_command)\Z"), "send"),
    (re.compile(r"http\.client\.HTTPS?Connection\(\)\.request\Z"), "send"),
    (re.compile(r"smtplib\.SMTP\w*\(\)\.send\w*\Z"), "send"),
)
DANGEROUS_MODULES = frozenset({
    "os", "posix", "nt", "subprocess", "builtins", "__builtins__", "sys", "pty", "ctypes", "importlib", "runpy",
    "marshal", "pickle", "socket", "shutil", "commands",
})  # fmt: skip
SAME_MODULE = {"posix": "os", "nt": "os", "__builtins__": "builtins", "__builtin__": "builtins", "_pickle": "pickle",
               "_socket": "socket", "_ctypes": "ctypes", "imp_": "imp"}  # fmt: skip
BUILTINS = frozenset({
    "exec", "eval", "compile", "__import__", "open", "getattr", "globals", "locals", "vars", "execfile", "get_ipython",
    "__builtins__", "bytes", "bytearray", "str", "chr", "print", "map", "filter",
})  # fmt: skip
DECODERS = frozenset({
    "base64.b64decode", "base64.b32decode", "base64.b16decode", "base64.b85decode", "base64.a85decode",
    "base64.decodebytes", "base64.urlsafe_b64decode", "base64.standard_b64decode", "zlib.decompress",
    "gzip.decompress", "bz2.decompress", "lzma.decompress", "binascii.unhexlify", "binascii.a2b_base64",
    "binascii.a2b_hex", "codecs.decode", "marshal.loads", "builtins.bytes.fromhex", "builtins.bytearray.fromhex",
})  # fmt: skip
SECRETS = re.compile(
    r"\.ssh\b|\.aws\b|/etc/(?:passwd|shadow|sudoers)|\.netrc|\.git-credentials|\.kube/|id_rsa|id_ed25519|\.docker/config"
    r"|huggingface/token|\.bash_history|authorized_keys|\.gnupg|Login Data|wallet\.dat|\.pypirc|\.npmrc"
    r"|/proc/self/environ"
    r"|\.config/gcloud|\.azure/",
    re.IGNORECASE,
)
PERSISTENT = re.compile(
    r"\.bashrc|\.zshrc|\.profile|\.bash_profile|authorized_keys|/etc/|crontab|/cron|systemd|site-packages|\.pth\b|autostart"
    r"|LaunchAgents|Startup|sitecustomize|usercustomize|/\.config/",
    re.IGNORECASE,
)


PATH_STEPS = re.compile(r"pathlib\.Path\(\)(?:\.(?:expanduser|resolve|absolute|joinpath|with_name)\(\))+")


def power_of(dotted: str) -> Power | None:
    """What calling this can do; None for what only computes."""
    name = normal(dotted)
    if found := EXACT.get(name):
        return found
    return next((power for pattern, power in FAMILIES if pattern.match(name)), None)


def normal(dotted: str) -> str:
    """The name without the detour through modules that happen to have imported the one meant."""
    dotted = PATH_STEPS.sub("pathlib.Path()", dotted.replace("().__call__", "()").removesuffix(".__call__"))
    steps = dotted.split(".")
    for at in range(len(steps) - 2, 0, -1):
        bare = steps[at].strip("_")
        if bare in DANGEROUS_MODULES and "()" not in steps[at]:
            steps = [bare, *steps[at + 1 :]]
            break
    return ".".join([SAME_MODULE.get(steps[0], steps[0]), *steps[1:]])
