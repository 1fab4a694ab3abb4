"""Shell commands judged by what they do: which lines nobody has a good reason to keep beside a model."""

import re

HOSTILE = re.compile(
    r"\|\s*(?:sudo\s+)?(?:/\w+/)*(?:ba|z|da|k|c)?sh\b"  # a pipe into a shell
    r"|\|\s*(?:sudo\s+)?(?:/\w+/)*(?:python[\d.]*|perl|ruby|node|php)\b(?!\s+-m\s+(?:json|gzip))"
    r"|(?:ba|z|da|k)?sh\s+(?:-\w+\s+)?[<\"']?\s*[<$(`]+\s*\(?\s*(?:curl|wget)"
    r"|(?:source|\.|eval)\s+[<\"'$(`]+\s*\(?\s*(?:curl|wget|base64|echo)"
    r"|/dev/(?:tcp|udp)/"
    r"|\b(?:nc|ncat|netcat)\b[^\n|;]*\s-\w*[ec]\b"
    r"|\bmkfifo\b.*\b(?:nc|ncat|sh)\b"
    r"|\bsocat\b.*\bexec\b"
    r"|\bbase64\s+(?:-d|-D|--decode)\b.*\|"
    r"|\brm\s+(?:-\w+\s+)*-\w*[rf]\w*\s+(?:-\w+\s+)*(?:/|~|\$HOME)(?:\*|\s|/?$|;)"
    r"|\bcrontab\s+(?!-l)"
    r"|>>?\s*(?:~|\$HOME|/root|/home/\w+)?/?(?:\.ssh/authorized_keys|\.bashrc|\.profile|\.zshrc|\.bash_profile)"
    r"|>>?\s*/etc/"
    r"|\bchmod\s+\S+\s+/tmp/|\b/tmp/\S+\s*&\s*$"
    r"|(?:curl|wget)\b[^\n|;&]*(?:;|&&)\s*(?:chmod\s|(?:ba)?sh\s|\./|python\d?\s+/tmp)"
    r"|(?:\.aws/credentials|\.ssh/id_|/etc/shadow|\.netrc|\.git-credentials|\.kube/config|huggingface/token)"
    r"|\bcurl\b[^\n|;]*\s(?:-d|--data\S*|-F|-T|--upload-file)\s*[\"']?(?:@|\$\()"
    r"|\b(?:env|printenv|set)\b\s*\|\s*(?:curl|wget|nc)"
    r"|\b(?:useradd|usermod|passwd|visudo|insmod|iptables)\b|\bLD_PRELOAD=",
    re.IGNORECASE,
)
QUIET = re.compile(
    r"\s*(?:sudo\s+)?(?:git|nvcc|nvidia-smi|uname|lscpu|pip3?|python3?\s+-m\s+pip|conda|mamba|uv|apt(?:-get)?|ls|pwd|echo|date|which"
    r"|whereis|hostname|make|cmake|ninja|gcc|g\+\+|mkdir|tar|unzip|cat\s+/proc/(?:cpu|mem)info|free|df|ffmpeg|sox"
    r"|rocm-smi|hipcc|ld\s+--version|wget\s+-?\S*\s*https://\S+$|huggingface-cli|hf|tensorboard|clear|cls)\b[^|;&<>`$]*$"
)
"""Commands that builds and notebooks run, with nothing behind them."""


def hostile(command: str) -> str:
    """The part of a command that speaks against it; empty if there is none."""
    match = HOSTILE.search(command[:20_000])
    return match[0].strip() if match else ""


def quiet(command: str) -> bool:
    """True for a single command that only builds, installs or looks."""
    return len(command) < 1000 and QUIET.match(command) is not None and not hostile(command)
