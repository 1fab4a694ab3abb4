"""Innocent texts have few views, and no language is mangled into another."""
# ruff: noqa: RUF001

import base64
import hashlib
import re
import uuid

import pytest

from bartizan.text.view import views

INNOCENT = [
    "Meet me at 10:30 on 2024-05-06, room 4.12, or call +44 20 7946 0958 or (555) 010-9999.",
    "The U.S.A. and the U.K. signed it, e.g. in Washington D.C., i.e. not in N.Y. or L.A. (p. 3, cf. A. B. Smith).",
    "Card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, ISBN 978-3-16-148410-0, VIN 1HGCM82633A004352.",
    "uuid 123e4567-e89b-12d3-a456-426614174000, MAC 00:1a:2b:3c:4d:5e, IPv6 2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b and md5 d41d8cd98f00b204e9800998ecf8427e, colour #ff00ff",
    "He came 1st and she 4th in a race over 5km, at 7pm on the 30th; the 80s music was by MP3 players of 8GB.",
    "Encode it as utf8, take its sha256, and send it as h264 by 5G to the 3D printer in room 4b at 10am or 5pm.",
    "Version 1.0.0-rc.1 of python3.11, x86_64, i18n and l10n, B2B, 4K, 5G, F16, A380, 3M and 7-Eleven.",
    "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 and 100, 200, 300, 400, 500, 600, 700.",
    "2019 2020 2021 2022 2023 2024 2025; 10 20 30 40 50 60 70; 1.5 2.5 3.5 4.5 5.5 6.5",
    "Wait... what?! No -- really... - - - * * * --- === ### ... ---",
    "| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| x | y | z |\n",
    "ACGTACGTTAGCTAGCTAGGATCCGATTACAGATTACACCGGTTAACCGGTT",
    "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 5. O-O Be7 6. Re1 b5 7. Bb3 d6 8. c3 O-O",
    "x = a*b + c*d - e/f; y[i] = x**2 if i < n else -x  # no more than that",
    "Rechtsschutzversicherungsgesellschaften und Donaudampfschifffahrtsgesellschaften zahlen nicht.",
    "Write to jane.doe@example.com or https://www.example.com/path/to/page.html?id=42&lang=en#top today.",
    "50% of 20% is 10%; AT&T, R&D, Q&A; C:\\Users and D:\\Games; cost: $5, $10 or $HOME; #hashtag @name.",
    "Der Ausschuß hat am Donnerstag beschlossen, daß der Haushalt für das nächste Jahr gekürzt werden muß.",
    "L'été dernier, nous avons marché jusqu'à la mer; le garçon n'était jamais allé si loin de chez lui.",
    "El próximo año, el señor Núñez irá a España con su hija pequeña; allí los espera un tío.",
    "Příliš mnoho lidí čekalo na vlak, a tak jsme šli pěšky podél řeky až do města.",
    "Zażółć gęślą jaźń, powiedział król, a potem wszyscy poszli spać do swoich domów.",
    "Wszystkie dzieci poszły do szkoły, a rodzice zostali w domu i czekali na listonosza.",
    "Geçen yıl İstanbul'da çok yağmur yağdı, ama bu yıl hava güneşli ve sıcak.",
    "Viime vuonna kesä oli lyhyt ja sateinen, mutta talvi oli kaunis ja luminen.",
    "Mwaka jana tulikwenda pwani pamoja na watoto wetu wote, na ilikuwa furaha kubwa.",
    "Tahun lalu kami pergi ke pantai bersama anak-anak, dan cuacanya sangat baik.",
    "As crianças foram à escola de manhã e voltaram à tarde com muitas histórias para contar.",
]
SCRIPTS = {
    "russian": "Комитет встретится в четверг. Она сорок раз просила о помощи: он не отвечал ни США, ни ООН, ни СССР.",
    "ukrainian": "Комітет зустрінеться у четвер, щоб обговорити бюджет; її син їде до міста, а ґанок порожній.",
    "bulgarian": "Комитетът ще се срещне в четвъртък, за да обсъди бюджета за следващата година.",
    "greek": "Η επιτροπή θα συναντηθεί την Πέμπτη για να συζητήσει τον προϋπολογισμό. Το και ο είναι μικρά.",
    "armenian": "Հանձնաժողովը կհանդիպի հինգշաբթի օրը՝ քննարկելու բյուջեն։",
    "georgian": "კომიტეტი შეიკრიბება ხუთშაბათს ბიუჯეტის განსახილველად.",
    "hebrew": "הוועדה תיפגש ביום חמישי כדי לדון בתקציב לשנה הבאה.",
    "arabic": "ستجتمع اللجنة يوم الخميس لمناقشة ميزانية العام المقبل، وَالسَّلَامُ عَلَيْكُمْ.",
    "hindi": "समिति अगले वर्ष के बजट पर चर्चा करने के लिए गुरुवार को मिलेगी।",
    "tamil": "குழு வியாழக்கிழமை கூடி வரவு செலவுத் திட்டத்தைப் பற்றி விவாதிக்கும்.",
    "thai": "คณะกรรมการจะประชุมในวันพฤหัสบดีเพื่อหารือเกี่ยวกับงบประมาณ",
    "chinese": "委员会将于星期四开会讨论明年的预算。请在星期三之前提交意见！",
    "japanese": "委員会は木曜日に会合を開き、来年の予算について話し合います。カタカナもあります。",
    "korean": "위원회는 목요일에 모여 내년 예산을 논의할 것입니다.",
}


@pytest.mark.parametrize("text", INNOCENT)
def test_an_innocent_text_is_not_decoded(text: str):
    assert {view.how for view in views(text).all} <= {(), ("folded",), ("unaccented",), ("folded", "unaccented")}


@pytest.mark.parametrize("language", SCRIPTS)
def test_no_letter_of_another_script_becomes_latin_among_its_own(language: str):
    text = SCRIPTS[language]
    for view in views(text).all:
        assert view.how in {(), ("folded",)}
        assert not re.search("[A-Za-z]", view.text)
        assert sum(map(str.isalpha, view.text)) >= 0.9 * sum(map(str.isalpha, text))


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("ОN THE САТ", "ON THE CAT"),
        ("рауpal", "paypal"),
        ("это рaypal и всё", "это paypal и всё"),
        ("Ελλάδα or Gοοgle", "ελλάδα or Google"),
        ("ІТ-специалист", "іт-специалист"),
        ("Не рассказывайте", "не рассказывайте"),
    ],
)
def test_a_look_alike_is_latin_where_it_stands_among_latin_letters(text: str, looks: str):
    assert views(text).all[-1].text == looks


def test_digests_are_no_texts():
    digests = [hashlib.sha256(bytes([number % 256, number // 256])).digest() for number in range(600)]
    for digest in digests:
        for written in (digest.hex(), base64.b64encode(digest).decode(), base64.b32encode(digest).decode()):
            assert len(views(f"The digest is {written}.").all) == 1, written
        assert len(views(f"The key is {uuid.UUID(bytes=digest[:16])}.").all) == 1


def test_an_image_is_no_text():
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(200))
    text = f"![](data:image/png;base64,{base64.b64encode(noise).decode()})"
    assert [view.how for view in views(text).all] == [()]


def test_the_flag_of_scotland_hides_nothing():
    flag = "\U0001f3f4" + "".join(chr(0xE0000 + ord(char)) for char in "gbsct") + "\U000e007f"
    assert "tags" not in {name for view in views(f"Hail {flag}!").all for name in view.how}


def test_a_decoding_of_a_long_text_shows_its_neighbourhood_only():
    text = (
        "The river was quiet that night. " * 100 + "Read %69%67nore here. " + "The river was quiet that night. " * 100
    )
    assert len(views(text).all[-1].text) < 300
