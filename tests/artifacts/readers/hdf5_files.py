"""Small HDF5 files as h5py 3.15 writes them, packed by zlib and base64; h5py is no dependency of the tests."""

import base64
import zlib


def file(name: str) -> bytes:
    """The bytes of one of the files."""
    return zlib.decompress(base64.b64decode("".join(FILES[name].split())))


FILES = {
    "old groups": """
        eNrtmMFOwkAQhncLNA2KQuKheGp6NkQMXryIEbQHI0Y8mBgDDa7YWEqkoDGkd3wDH8FH8BF8BN8Gt91d6NYLwYvR+S7Dzk5nt/SfabovVu0ol9
        3MohBNQ2mUR3GmHN2Qx2K+zS3mdsLtmyL86WhO5/48z2+k2Pid+y/O6/UweppArPOqMqsh4D9i1Q/OQnvJx0JPH4oc1+vfELf1RJzu3dCP6bK6
        5LoFrtekrleRxfW9hjaoKu/JwPZbj2TgO32P+osYR1fmZ3vQpDpRY2LGUr5clI/dR6fv3TpdtEA+EsunRH4s1Z24D1qOrP7UxeouX4S6g7qb15
        14O1RVOY7q3yPuXI/WD9dtnjZqoYKF7j5T8nsmqWNgOY4PGyc49mCl/kTZKZV3S9usp8z6DGVsdlzb91ue3SPmnmE2ycOIeEPHds0tw2R9i/rH
        pms/06ZIf14lL6kRzyeJ6JHnDMPgchBcB0Fsn+11eFYAAAAAAAAAAAAAsCwYZdg3PxZjdmKIMXPwY5eY1aPQgrHPz2aqqLKCKlMekKHecF5RlC
        iBxvOlMDJYhJ7YweRX/R/Jc6dv2wUAAACAP8wXgYV+IA==
    """,
    "new groups": """
        eNrtlc9Kw0AQxmcTG2JstS0VoqcS8CallXqwoBVStKBQ0KNIDXWtwTTFpvUPJQ/gycdQ6EFvvohP4sGDl7rJbmwpeuvBwvwgu5uZ3W/nYw/zUK
        3sJbRVTVZViBgKdJ3/50V8+/3zsVatHEnwlkwC9AgPl0Rak4BFltMwN5KIiJcBZFiETJC8oh3Lq9/Qjme3XVghBJha+HFFFSQ2KnwZEsTjO4FE
        gku02ufUqTfa7oXd/FOBjilI4TjYyqe5gzspPW41gntQUoGQwup0qfMibIIJ02D+OfZUM6sHv9+v6MHNCW7vltrNy673IU4O1qSlsHgChGSYJU
        KILHI/cwZIKlsWrnehuADFIUvGmC9ZU9mdMgHxrHpU0ivMHMMvcwarRhAE+Ufsm7XDsMElR50Wou7L2MgVNnP5qH+KnsroGw3H8ry6a7WoUcoa
        x/S6R92ubTnGetbgjZnF+4Zj3bNGz5Ynk0cq1PXoxO6ea3eDzQXfP/X9sTrPlvCtEARBEARBEARBEGTafANEC4h1
    """,
    "dense storage": """
        eNrtWltoHFUY/mf2NrPbJWlI1bQ+JNPbPrR1t7k11hSbrpvVFpo2sUSqrptmEgPppmY3sBJXLBbFIKlUBIWUPrQSGmuh4i1IBR8SikIVK1YtGq
        F4N2heFKqic67uOeNIHipWOd/Lf875vjPz7/z/2fnnzDyRTqai4eVhn2EAw+8UczHSj9PxM9Vbp3emk7v16LeabuEh3xLKLUSIfZQOnKQ2rIOG
        7LIbwY/0UVijE+Z1aj+jFo5ooHDt4b0rN02ldqc7ACWIDpXgypNxGji/jxJ+yVJEF3lGf9lMcuiYY+dWsbFdz2SSbV3ppOORkztLnZHe2B4fOw
        c7y0/HX2nFKhOpokQVkFU1jV33pTodFbBfoYFo//SqA4oQ48wUWQGwAkTb+OSzj7V17Ug53h1F/fVO1jtmou8bAz5CUzc4q8Ix3a0v18AqjSiC
        jmm58lIzXEenIGx+6sU7IaiTKWh9mXr2XniBTjEdk269vh8akGILAFpxX/uPPQLb6DGQsGe+5hDsolNCjmmeHj8NB6gCzVz43HcG3qYD6LrXPX
        12Fh6mU1DQD/0KF+BnqkBX8Lweu7y++8PLanF4AMffFIIpREUIgJAmQiSEiy7kihBSIVhCfggJJ6SSkDX1m6suqaBdReC7JBT1qvK/SQZ6S+z+
        504/M33ulHJBuaBcUC7ILuBSLuRVyk3S/rusrtclS7Fk8aWcLpZytaiUs9jYhu2n7sBFWgDpIrhIq4uyc7CzWOHSc1gVRKoKoqqQVYHkl0VSyk
        3CYkq5Ws7MUH+Wg2jbT0+O4Vt5YN07NwRgHld5Cz+cWw19uFnx45tr8dPRCvilfaweluHm4TcKt8NKDTXNi7c8BFtw07i0+iBMYMH5/OgRMPDo
        8Z7eCdiOR489/9ZZOIibn54szMD7uPl4U/EivIabr86fOKxurf9KKRfkXRJinlAk+DzFSSTZYxDNEv4sQ4IbYF2SDPzQJMgh1iXh5w/lJPdM1i
        XZE2Zdkm0R1iUZVz32wVcqfqqU+5+40L5t5w687irFP3Wb2lFr32A2n8/ksvtt6+Zaq9N+YMTOFQayg9a6WmvfUK5voN8ZH7UGsw/aw3mnuVee
        krRzeVtSj+QGCkicKJXuKZXKfCpWqMWhoKCgoKCgoKCgoKCgoHC1kersvI1/YqCNazCMt91CF/Z+gim2Za1NAtyFNgc6ZoO/pdLJNv5tCsJsdu
        VWje/IGf3DQyMHMvH4Hrrvpvk1iUp8zCldojbebTDKJ1H1c5zyS1RDj8mogEQ1fsGpoEQ13R9mVEiimr/jlCFRm3IRRpkS1VK3lFFhkUrET3Aq
        IlGJtVX/raRB8V9T/vJi7vumKh9+a+AEJlsoDA/0jBTsTBwqDfoCHW4V3nb8hTjhEmve4o0use4trneJfd7iBpfY7y1udIkD3uImlzjoLW52iU
        Pe4k0useEtbnGJTS6OuoLiDmH4b9TuGEbK1NVIvX+o1x7MkL1AqNE0vPNYyaONvz7C249TdFGoD9iuNfwBsoFEeg==
    """,
    "user block": """
        eNrtmM9PwjAUx9vxIwuKjsTD8LTsbIgYvHgRI+gORox4MDEGFqy4OEdkoDFkd/wP/BP8E/wT/BP8b7BbW1jnheDFyPtcHn19fe3o93VQhIBl5t
        WqHeVzm7mooaoojTTWoTAz4eim3Bbj29xibsfcvivCn476dO7XeH4jxdof3H9xXq+H0ZMEYp63LLMqbNlSYtUPzkJ7ydtCT5+KHPfQuyFu65k4
        3buBH9NldcF5C1yvSV2vIovrew1tUFXek77tt55I33d6HvUXMY5GatM1qFKdZGNixlK+fJSPPUen5906XTRHPhLLp0R+LNWdeA5ajqz+svPVnV
        aEuoO6m9WdJuopK8dR/XvEnenR+uW8zdNGLVSw0N1XSn7PJHUMLMbxYeMExzZWOp8oO6Xybml7+nOAnTOUkdlxbd9vefYDMfcMs0keh8QbOLZr
        bhkmO7eof2S69gs9FOnHq+SQGvF8kogees4gDC4HwXUQxNbZXoe9AgAAAAAAAAAAAIBFwSjD/vNj0WY3hhgzB792iVk9Ci0Y+/xupooqK6gy4Q
        EZ6g37FUWJEqg8Xwojg0XoiRWM/9T3kbx3+rFcAAAAAPjHfAMDcH4k
    """,
    "outside files": """
        eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KJFhR+TD5BCjNCKU7oPQKJpg4B1hOAiouADVfgRnCj4CKhwS5uiKbj27PKBjZwMPVMQA5vXBA6RNMqO
        pg6TCASvbC0usBFtT0CgNc0PQNA2wMChB3cDiw5WTmZaemAPXrp5Yk6xckFheXpzDoV0DdyQbRxwhzNySHMDJCBKDWwWlmoDsYwe6BaYGEACvU
        fiYmJrAwO4MGmA/BjAwdLKjhxYBmLgfUXmZGWI5jQVOZQNf4lUCLxxVoztHT0y9OTS5KLdFLyswD+RuuA3vJwQYLVwa24pL8otSUCmYU89ig8c
        vIwchSnJ9WwsSgXwniAwAWD1bJ
    """,
    "virtual dataset": """
        eNrr9HBx4+WS4mLm4GCAgf9QwCAB4RtAxR07O9n9PVyCmBgqmISQFcIAFxMDIwMDGw8DkGIs2wwzz4OBaqCtRO0O2AmKamkc2ciYgZFRhYGBiY
        mRkQmqlgVKo/OZRRgYBRXsGSAedmAw4WYw+c/MwMAKdD0zNwcfUCUzVBLkHQaGJQxDAmg+nVzHMApGwSgYBaNgFBAD3J39fcCVnABShQcErQxo
        tad+SmJJon6xgV6GKUMKAzOSUpgqsBgTE9QYRrA8iGSB6TUkRi8jmt5O0aV7kBRH8I/G2SgYBaNgFIyCUTAKRsEoGAWjYBSMglFAKgAAimo3LQ
        ==
    """,
}
