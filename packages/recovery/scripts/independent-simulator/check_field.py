"""Gravity of simulate.c against pyshtools: check_field.py ./simulate FIELD.gfc DEGREE"""

import os
import random
import subprocess
import sys
import tempfile

import numpy as np
import pyshtools

simulate, gfc, degree = sys.argv[1], sys.argv[2], int(sys.argv[3])


def number(text):
    return float(text.replace("D", "E"))


gm = radius = None
c = np.zeros((2, degree + 1, degree + 1))
with open(gfc, errors="replace") as lines:
    for words in map(str.split, lines):
        if len(words) > 1 and words[0] == "earth_gravity_constant":
            gm = number(words[1])
        if len(words) > 1 and words[0] == "radius":
            radius = number(words[1])
        if len(words) > 4 and words[0] == "gfc" and int(words[1]) <= degree:
            n, m = int(words[1]), int(words[2])
            c[0, n, m], c[1, n, m] = number(words[3]), number(words[4])

random.seed(1)
points = [
    (6.85e6 + 3e4 * random.random(), 180 * random.random() - 90, 360 * random.random()) for _ in range(200)
] + [(6.87e6, 89.5, 33.0), (6.87e6, -89.6, 12.0)]
with tempfile.NamedTemporaryFile("w", delete=False) as f:
    f.write("\n".join("%.17g %.17g %.17g" % p for p in points))
out = subprocess.run(
    [simulate, "--gfc", gfc, "--points", f.name, "--degree", str(degree)],
    capture_output=True,
    text=True,
    check=True,
).stdout.split("\n")
os.unlink(f.name)
worst = 0.0
for (r, lat, lon), line in zip(points, out):
    up, north, east = map(float, line.split())
    g = pyshtools.gravmag.MakeGravGridPoint(c, gm, radius, r, lat, lon, lmax=degree, omega=0)
    worst = max(worst, abs(g[0] - up), abs(-g[1] - north), abs(g[2] - east))
print(f"degree {degree}: largest difference of a component {worst:.1e} m/s^2")
sys.exit(worst > 1e-12)
