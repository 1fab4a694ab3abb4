"""Check digits agree with an independent implementation, on numbers that pass and on numbers that do not."""

import importlib
import random
import string
from collections.abc import Callable

import pytest

from bartizan.text.checks.coins import keccak_256
from bartizan.text.judge import check_named

TRIES = 4_000

# Our check, the oracle's module, the shape of the numbers: 9 is a digit, A a letter, (a-b) a number between, and
# other characters stand for themselves.
CHECKS = [
    ("britain_ireland.nhs", "gb.nhs", "9999999999"),
    ("britain_ireland.irish", "ie.pps", "9999999A"),
    ("germany.tax", "de.idnr", "99999999999"),
    ("germany.vat", "de.vat", "999999999"),
    ("western_europe.nir", "fr.nir", "1(00-99)(01-12)99999999(01-97)"),
    ("western_europe.siret", "fr.siren", "999999999"),
    ("western_europe.nif", "es.dni", "99999999A"),
    ("western_europe.nif", "es.nie", "X9999999A"),
    ("western_europe.cif", "es.cif", "B99999999"),
    ("western_europe.codice_fiscale", "it.codicefiscale", "AAAAAA(00-99)B(01-28)A999A"),
    ("western_europe.partita_iva", "it.iva", "9999999(001-100)9"),
    ("western_europe.portuguese_tax", "pt.nif", "999999999"),
    ("western_europe.bsn", "nl.bsn", "999999999"),
    ("western_europe.austrian", "at.vnr", "9999(01-28)(01-12)99"),
    ("western_europe.swiss", "ch.ssn", "7569999999999"),
    ("northern_europe.swedish", "se.personnummer", "(50-99)(01-12)(01-28)-9999"),
    ("northern_europe.icelandic", "is_.kennitala", "(01-28)(01-12)99999(9-9)"),
    ("northern_europe.estonian", "ee.ik", "3(50-99)(01-12)(01-28)9999"),
    ("northern_europe.estonian", "lt.asmens", "4(50-99)(01-12)(01-28)9999"),
    ("northern_europe.latvian", "lv.pvn", "(01-28)(01-12)(50-99)19999"),
    ("eastern_europe.pesel", "pl.pesel", "(50-99)(01-12)(01-28)99999"),
    ("eastern_europe.nip", "pl.nip", "9999999999"),
    ("eastern_europe.regon", "pl.regon", "999999999"),
    ("eastern_europe.regon", "pl.regon", "99999999999999"),
    ("eastern_europe.rodne_cislo", "cz.rc", "(60-99)(01-12)(01-28)9999"),
    ("eastern_europe.cnp", "ro.cnp", "1(50-99)(01-12)(01-28)(01-46)9999"),
    ("eastern_europe.egn", "bg.egn", "(50-99)(01-12)(01-28)9999"),
    ("eastern_europe.oib", "hr.oib", "99999999999"),
    ("eastern_europe.jmbg", "si.emso", "(01-28)(01-12)(900-999)999999"),
    ("eastern_europe.amka", "gr.amka", "(01-28)(01-12)(50-99)99999"),
    ("eastern_europe.afm", "gr.vat", "999999999"),
    ("eastern_europe.tckn", "tr.tckimlik", "99999999999"),
    ("eastern_europe.inn", "ru.inn", "9999999999"),
    ("eastern_europe.inn", "ru.inn", "999999999999"),
    ("eastern_europe.ukrainian_tax", "ua.rntrc", "9999999999"),
    ("america.ssn", "us.ssn", "999999999"),
    ("america.sin", "ca.sin", "999999999"),
    ("america.cpf", "br.cpf", "99999999999"),
    ("america.cnpj", "br.cnpj", "99999999999999"),
    ("america.cuit", "ar.cuit", "20999999999"),
    ("america.rut", "cl.rut", "999999999"),
    ("america.nit", "co.nit", "9999999999"),
    ("america.cedula_ecuador", "ec.ci", "(01-24)99999999"),
    ("asia.aadhaar", "in_.aadhaar", "999999999999"),
    ("asia.resident", "cn.ric", "11010119(50-99)(01-12)(01-28)9999"),
    ("asia.my_number", "jp.in_", "999999999999"),
    ("asia.thai", "th.pin", "1(1-9)99999999999"),
    ("asia.malaysian", "my.nric", "(50-99)(01-12)(01-28)999999"),
    ("asia.israeli", "il.idnr", "999999999"),
    ("oceania_africa.tfn", "au.tfn", "999999999"),
    ("oceania_africa.abn", "au.abn", "(10-99)999999999"),
    ("oceania_africa.acn", "au.acn", "999999999"),
    ("oceania_africa.ird", "nz.ird", "999999999"),
    ("oceania_africa.south_african", "za.idnr", "(50-99)(01-12)(01-28)9999(08-08)9"),
    ("device.imei", "imei", "359999999999999"),
]


def number(shape: str, dice: random.Random) -> str:
    made, at = "", 0
    while at < len(shape):
        if shape[at] == "(":
            end = shape.index(")", at)
            low, high = shape[at + 1 : end].split("-")
            made, at = made + f"{dice.randint(int(low), int(high)):0{len(low)}}", end + 1
        else:
            made += {"9": dice.choice(string.digits), "A": dice.choice(string.ascii_uppercase)}.get(
                shape[at], shape[at]
            )
            at += 1
    return made


@pytest.mark.parametrize(("check", "oracle", "shape"), CHECKS)
def test_a_check_agrees_with_the_oracle(check: str, oracle: str, shape: str) -> None:
    ours, dice = check_named(check), random.Random(f"{check} {shape}")
    theirs: Callable[[str], bool] = importlib.import_module(f"stdnum.{oracle}").is_valid
    numbers = [number(shape, dice) for _ in range(TRIES)]
    valid = [one for one in numbers if theirs(one)]
    assert valid, "the oracle must know some of these"
    differ = [one for one in numbers if ours(one) != theirs(one)]
    assert differ[:5] == []


@pytest.mark.parametrize(
    ("check", "good"),
    [
        ("germany.pension", "15070649C103"),
        ("germany.health", "A000500015"),
        ("germany.document", "T220001293"),
        ("western_europe.belgian", "85.07.30-033.28"),
        ("western_europe.spanish_social_security", "281234567840"),
        ("northern_europe.norwegian", "01010750160"),
        ("northern_europe.finnish", "131052-308T"),
        ("eastern_europe.snils", "112-233-445 95"),
        ("eastern_europe.hungarian_tax", "8071592153"),
        ("eastern_europe.polish_identity_card", "ABA300000"),
        ("america.npi", "1234567893"),
        ("america.dea", "BB1388568"),
        ("america.curp", "HEGG560427MVZRRL04"),
        ("america.rfc", "GODE561231GR8"),
        ("america.cedula_uruguay", "1.234.567-2"),
        ("asia.hong_kong", "A123456(3)"),
        ("asia.taiwanese", "A123456789"),
        ("asia.nric", "S1234567D"),
        ("asia.nric", "M1234567K"),
        ("asia.gstin", "27AAPFU0939F1ZV"),
        ("asia.korean_resident_checked", "960121-1021413"),
        ("bank.card", "3782 822463 10005"),
        ("bank.iban", "GB82 WEST 1234 5698 7654 32"),
        ("bank.routing", "021000021"),
        ("bank.clabe", "032180000118359719"),
        ("device.vin", "1M8GDM9AXKP042788"),
    ],
)
def test_a_specimen_passes_and_each_slip_of_one_digit_does_not(check: str, good: str) -> None:
    ours = check_named(check)
    assert ours(good)
    last = max(place for place, char in enumerate(good) if char.isdigit())
    slips = [good[:last] + digit + good[last + 1 :] for digit in string.digits if digit != good[last]]
    assert sum(map(ours, slips)) <= len(slips) // 4


@pytest.mark.parametrize(
    ("check", "good"),
    [
        ("coins.base58", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("coins.bech32", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("coins.bech32", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
        ("coins.ethereum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("coins.ethereum", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
    ],
)
def test_an_address_of_a_coin_passes_and_one_with_another_letter_does_not(check: str, good: str) -> None:
    ours = check_named(check)
    assert ours(good)
    # Every one of these letters is in the alphabets of all three.
    assert not any(ours(good[:-2] + letter + good[-1]) for letter in "acdef" if letter != good[-2])


def test_keccak_256_is_the_one_before_sha_3() -> None:
    empty, abc = keccak_256(b"").hex(), keccak_256(b"abc").hex()
    assert (empty[:16], abc[:16]) == ("c5d2460186f7233c", "4e03657aea45a94f")
