"""Addresses of mail, web and network that could be somebody's, told from names in code and from addresses of no one."""

# Ends that look like a top-level domain and are a file's.
_FILES = frozenset(
    """
    asp aspx avi bak bash bat bin bmp bz2 cfg cgi class conf cpp css csv dat dll doc docx env exe gif go gz h
    hpp htm html ico ini ipynb jar java jpeg jpg js json jsonl jsx key lock log lua md mdx mjs mkv mov mp3 mp4
    onnx out parquet patch pdf pem php pkl pl png ppt pptx proto pt ps1 py pyc pyi r rar rb rs rst safetensors
    scala sh so sql sqlite svg swift tar tex tf tgz tmp toml ts tsv tsx ttf txt vue wasm wav webm webp woff
    woff2 xls xlsx xml xz yaml yml zip zst
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
# Domains that people write without `www.`; a longer list would find more names of code than of sites.
_DOMAINS = frozenset(
    """
    com org net edu gov mil int info biz eu uk de fr it es pt nl be at ch pl cz sk hu ro bg gr tr se no dk fi ee
    lv lt ie ru ua il in cn jp kr tw hk sg au nz ca us br ar cl mx co za ng ke eg ae app dev online shop site
    store tech blog cloud ai
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


def email(text: str) -> bool:
    """Whether a mail address is one of a mailbox, not of a picture or of a shell login."""
    local, _, domain = text.rpartition("@")
    return (
        local != "git"
        and local[0] != "."
        and ".." not in text
        and not domain.startswith("-")
        and ".-" not in domain
        and domain.rpartition(".")[2].lower() not in _FILES
    )


def domain(text: str) -> bool:
    """Whether a dotted name written without a scheme is a domain."""
    name = text.partition("/")[0].lower()
    labels = name.split(".")
    return labels[-1] in _DOMAINS and len(labels[-2]) > 1 and not name.replace(".", "").isdigit()


def url(text: str) -> bool:
    """Whether the address of a page names a host of the public net."""
    host = text.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return host.startswith("[") or "." in host.rstrip(".")


def ipv4(text: str) -> bool:
    """Whether an IPv4 address belongs to a machine: not nobody's, not one's own, not a mask."""
    return not text.startswith(("0.", "127.", "255."))


def ipv4_special(text: str) -> bool:
    """Whether an IPv4 address is nobody's, one's own, or a mask."""
    return not ipv4(text)


def ipv6(text: str) -> bool:
    """Whether the text is an IPv6 address of a machine."""
    return not ipv6_special(text) and _ipv6(text)


def ipv6_special(text: str) -> bool:
    """Whether the text is the IPv6 address of nobody or of oneself."""
    return text.partition("/")[0] in ("::", "::1")


def _ipv6(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Interface(text)
    except ValueError:
        return False
    return sum(char.isalnum() for char in text.partition("/")[0]) >= 3


def mac(text: str) -> bool:
    """Whether a hardware address is one machine's."""
    return len(set(text.lower()) - set(":-.")) > 1
