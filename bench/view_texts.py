"""Innocent texts of five kinds, of any size: English, German, Chinese, code and encoded text."""
# ruff: noqa: RUF001

import base64
import json
import urllib.parse
from pathlib import Path
from random import Random

KINDS = ("english", "german", "chinese", "code", "encoded")
SOURCES = Path(__file__).parents[1] / "src"

ENGLISH = (
    "The committee met on Thursday to discuss the budget for next year.",
    "It was raining when they left the house, and nobody had thought of an umbrella.",
    "Please send me the minutes of the meeting before noon; I'd like to read them on the train.",
    "In 2019 the company sold 3,400 bicycles, most of them to people who had never owned one.",
    "How long does it take to walk from the station to the museum?",
    "The recipe asks for two eggs, a cup of sugar, and as much flour as the dough will take.",
    "She wrote that the children were well, that the roof had been mended, and that the dog was old.",
    "You can change the colour of the line by passing a second argument to the function.",
    "Could you summarise the attached report in three sentences and list its open questions?",
    "The train from Leeds arrives at 10:45 on platform 3, unless it is late again.",
    '"I don\'t remember," he said, and went on reading the paper as if nobody had asked.',
    "Water boils at a lower temperature in the mountains, so pasta takes longer there.",
    "Our refund policy is simple: bring it back within 30 days, with the receipt, and we pay.",
    "The second chapter explains how the harbour was built and why it was given up.",
    "Write a short story about a lighthouse keeper who receives letters for somebody else.",
    "He compared the two methods on five data sets, and neither was better on all of them.",
)
GERMAN = (
    "Der Ausschuss hat am Donnerstag über den Haushalt für das nächste Jahr gesprochen.",
    "Als sie aus dem Haus gingen, regnete es, und niemand hatte an einen Schirm gedacht.",
    "Bitte schicken Sie mir das Protokoll bis Mittag; ich möchte es im Zug lesen.",
    "Im Jahr 2019 verkaufte die Firma 3.400 Fahrräder, die meisten davon in größeren Städten.",
    "Wie lange braucht man zu Fuß vom Bahnhof bis zum Museum?",
    "Für den Teig nimmt man zwei Eier, eine Tasse Zucker und so viel Mehl, wie er aufnimmt.",
    "Sie schrieb, den Kindern gehe es gut, das Dach sei geflickt, und der Hund werde alt.",
    "Die Farbe der Linie lässt sich ändern, indem man der Funktion ein zweites Argument übergibt.",
    "Könnten Sie den Bericht in drei Sätzen zusammenfassen und die offenen Fragen aufzählen?",
    "Der Zug aus Köln kommt um 10:45 Uhr auf Gleis 3 an, wenn er nicht wieder Verspätung hat.",
    "Wasser kocht in den Bergen bei niedrigerer Temperatur, deshalb brauchen Nudeln dort länger.",
    "Das zweite Kapitel erklärt, wie der Hafen gebaut und weshalb er wieder aufgegeben wurde.",
)
CHINESE = (
    "委员会星期四开会，讨论了明年的预算和计划。",
    "他们出门的时候正在下雨，谁也没有想到带伞。",
    "请在中午以前把会议记录发给我，我想在火车上看。",
    "2019年，这家公司卖出了3400辆自行车，大部分卖给了从来没有骑过车的人。",
    "从车站走到博物馆需要多长时间？",
    "做面团要两个鸡蛋、一杯糖和适量的面粉。",
    "她在信里说，孩子们都很好，屋顶修好了，狗也老了。",
    "给函数传入第二个参数，就可以改变线条的颜色。",
    "请用三句话总结附件里的报告，并列出还没有解决的问题。",
    "山上的水在较低的温度就会沸腾，所以煮面要更久。",
    "第二章说明了港口是怎样建成的，以及后来为什么被放弃。",
    "写一个关于灯塔看守人的短篇小说：他总是收到别人的信！",
)


def texts(kind: str, size: int, count: int, seed: int = 0) -> list[str]:
    """So many texts of that many bytes in UTF-8."""
    dice = Random(f"{kind} {size} {seed}")
    return [_cut(_long(kind, size, dice), size) for _ in range(count)]


def _long(kind: str, size: int, dice: Random) -> str:
    if kind == "code":
        return _code(size, dice)
    if kind == "encoded":
        return _encoded(_sentences(ENGLISH, size, dice), dice)
    return _sentences({"english": ENGLISH, "german": GERMAN, "chinese": CHINESE}[kind], size, dice)


def _sentences(sentences: tuple[str, ...], size: int, dice: Random) -> str:
    text = ""
    while len(text.encode()) < size:
        text += dice.choice(sentences) + ("" if sentences is CHINESE else dice.choice([" ", " ", " ", "\n\n"]))
    return text


def _code(size: int, dice: Random) -> str:
    """Pieces of this project's own sources."""
    files = sorted(SOURCES.rglob("*.py"))
    text = ""
    while len(text) < size:
        source = dice.choice(files).read_text("utf-8")
        text += source[source.rfind("\n", 0, dice.randrange(len(source))) + 1 :]
    return text


def _encoded(text: str, dice: Random) -> str:
    """As whole files are, and as parts of documents."""
    way = dice.choice(["base64", "lines", "hex", "url", "json", "digests", "inline"])
    data = text.encode()
    if way == "base64":
        return base64.b64encode(data).decode()
    if way == "lines":
        return base64.encodebytes(data).decode()
    if way == "hex":
        return data.hex()
    if way == "url":
        return "https://example.com/search?" + urllib.parse.urlencode({"q": text, "lang": "en"})
    if way == "json":
        return json.dumps([{"id": number, "text": line + " \u00fc"} for number, line in enumerate(text.splitlines())])
    if way == "digests":
        lines = (f"{dice.getrandbits(256):064x}  {dice.choice(['a', 'b'])}/{number}.bin" for number in range(len(text)))
        return "\n".join(line for line, _ in zip(lines, range(len(text) // 60 + 2), strict=False))
    middle = len(text) // 2
    return text[:middle] + base64.b64encode(dice.randbytes(96)).decode() + " " + text[middle:]


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
