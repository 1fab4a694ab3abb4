"""What the name of a value says about it: `dbPassword` names a password, `api_key` a key, `key_name` and `tokenId` neither.

A name is read from its end, as English compounds are: the last word says what the thing is, the words before say of which
kind. Words that say nothing (`value`, `prod`, `2`) are passed over.
"""

import re
from functools import lru_cache
from typing import Literal

Kind = Literal["password", "key", "bare", ""]
"""A password somebody chose; a key that a machine drew; something called just a key or a credential; no secret."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_CACHED_NAMES = 4096

_PASSWORDS = frozenset(
    """password passwd passwort passphrase passcode pwd psw pword pass pw userpass dbpass mypass rootpass adminpass ftppass
    smtppass mailpass kennwort contraseña contrasena clave senha parola haslo hasło heslo wachtwoord lösenord losenord
    adgangskode salasana parool şifre sifre jelszó jelszo lozinka geslo sandi пароль""".split()
)
_KEYS = frozenset(
    """secret secrets token tokens apikey apikeys appkey accesskey secretkey authkey privatekey privkey seckey signkey
    signingkey masterkey encryptionkey storagekey accountkey licensekey bearer jwt authtoken accesstoken apitoken
    clientsecret appsecret credential credentials creds cred authorization auth pat sas geheimnis secreto segredo
    токен ключ""".split()
)
_KEY_OF = frozenset(
    """api access secret private priv auth authentication authorization encryption encrypt encrypting decryption signing
    sign signature master account service admin shared client consumer subscription license licence deploy deployment ssh
    session security crypto aes des rsa hmac jwt write ingest ingestion integration server merchant webhook validation root
    app application user rest rpc sdk provider bot storage data dek kek host sse customer transport rapid paypal
    functions function live restricted management personal""".split()
)
"""A key of these is a secret; a key of a map, a table or a door is not."""
_FILLERS = frozenset(
    """value val string str text raw plain default current new old prod production dev development test testing stage staging
    live local backup tmp temp my the our for of in env var const base b64 base64 encoded bytes hex primary secondary header
    is as to and v""".split()
)
_NOT_SECRET = frozenset(
    """public publishable pub csrf xsrf csrftoken xsrftoken antiforgery hash hashed digest checksum fingerprint thumbprint
    sha md etag kid cache foreign partition sort pagination page next previous continuation cursor resume sync lexer parser
    lookup translation idempotency dedup""".split()
)
"""With one of these anywhere in its name, a value may be seen."""
_NOT_LAST = frozenset(
    """id ids uuid guid name names file files filename path paths dir directory folder url urls uri endpoint host hostname
    port type types kind length len size sizes count counts limit max min expiry expires expiration expire ttl lifetime
    timeout age date time at on algorithm alg format encoding label labels field fields param params parameter parameters
    attribute property prefix suffix header headers version policy policies rule rules reset hint placeholder message
    messages msg title description desc comment error errors help info alias index column row table list map set dict
    array manager provider store vault service factory handler helper builder generator validator parser reader writer
    usage regex pattern status state enabled disabled required optional visible changed confirmed valid verified input
    form class style color icon button page view screen dialog window audience aud issuer scope scopes realm subject arn
    ref reference references selector source src target destination location region namespace group role level strength
    mode method methods flow grant callback request response event listener client server user username login email mail
    domain key_id rotation requirements template templates schema spec model object instance module package library plugin
    api app application account project env environment config configuration setting settings option options profile
    section block chars charset alphabet characters separator delimiter bits pair pairs ring chain agent cost stub""".split()
)
"""A name that ends in one of these names something about a secret."""
_ENDINGS = tuple(
    sorted((word for word in _PASSWORDS | _KEYS if len(word) >= 6 and word != "parola"), key=len, reverse=True)
)


@lru_cache(_CACHED_NAMES)
def kind_of(name: str) -> Kind:
    """What a value of this name is."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or not _NOT_SECRET.isdisjoint(words):
        return ""
    while len(words) > 1 and words[-1] in _FILLERS:
        words.pop()
    kind = _kind_of_last(words)
    if kind or words[-1] in _NOT_LAST:
        return kind
    # What stands behind the noun without being one itself tells whose it is: `TOKEN_GITHUB`, `password4root`.
    for end in range(len(words) - 1, 0, -1):
        if kind := _kind_of_last(words[:end]):
            return kind
    return ""


def _kind_of_last(words: list[str]) -> Kind:
    last = words[-1]
    if last in _PASSWORDS:
        return "password"
    if last in _KEYS:
        return "key"
    if last in ("key", "keys"):
        return "key" if len(words) > 1 and words[-2] in _KEY_OF else "bare"
    ending = next((ending for ending in _ENDINGS if last.endswith(ending)), "")
    if not ending:
        return ""
    return "password" if ending in _PASSWORDS else "key"
