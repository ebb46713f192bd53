"""The keys that installations of the tests are given."""

MASTER_KEY = "vN3eTq8Zr5Xb1Ym6Lc9Kd2Wf7Hs4Pg0J-"
MASTER_KEYS = (MASTER_KEY,)
