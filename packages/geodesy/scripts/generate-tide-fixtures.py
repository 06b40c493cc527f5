"""Writes fixtures: Sun and Moon of DE421 (sun-moon), and Sun and Moon in the terrestrial frame with the first step of
the solid Earth tide (tide-epochs).

usage: python generate-tide-fixtures.py OUTPUT_FOLDER

Needs pyerfa (rotation IAU 2006/2000A, here with UT1 = UTC and no polar motion), jplephem and the package de421
(JPL DE421). They are test peers only. The Stokes coefficients are IERS Conventions 2010, eqs. 6.6 and 6.7, written
with associated Legendre functions in closed form.
"""
import gzip
import json
import sys
from math import factorial, sqrt

import de421
import erfa
import numpy as np
from jplephem import Ephemeris

eph = Ephemeris(de421)
MJD0 = 2400000.5
GME, RE = 3.986004418e14, 6378136.6
GM = {"moon": 4.902800066163796e12, "sun": 1.32712440041939377e20}
K2 = [0.30190, 0.29830 - 0.00144j, 0.30102 - 0.00130j]
K2PLUS = [-0.00089, -0.00080, -0.00057]
K3 = [0.093, 0.093, 0.093, 0.094]


def sun_moon(jd1, jd2):
    embary = eph.position("earthmoon", jd1, jd2).ravel()
    moon = eph.position("moon", jd1, jd2).ravel()
    sun = eph.position("sun", jd1, jd2).ravel()
    earth = embary - moon / (1 + eph.EMRAT)
    return (sun - earth) * 1e3, moon * 1e3


def legendre(n, m, u):
    q = sqrt(1 - u * u)
    value = {
        (2, 0): (3 * u * u - 1) / 2, (2, 1): 3 * u * q, (2, 2): 3 * q * q,
        (3, 0): (5 * u**3 - 3 * u) / 2, (3, 1): 1.5 * q * (5 * u * u - 1), (3, 2): 15 * u * q * q, (3, 3): 15 * q**3,
    }[n, m]
    return value * sqrt((2 - (m == 0)) * (2 * n + 1) * factorial(n - m) / factorial(n + m))


def step1(bodies):
    out = {}
    for name, p in bodies.items():
        r = np.linalg.norm(p)
        lam, u = np.arctan2(p[1], p[0]), p[2] / r
        for n, love in ((2, K2), (3, K3)):
            for m in range(n + 1):
                wave = GM[name] / GME * (RE / r) ** (n + 1) * legendre(n, m, u) * np.exp(-1j * m * lam)
                out[n, m] = out.get((n, m), 0) + love[m] / (2 * n + 1) * wave
                if n == 2:
                    out[4, m] = out.get((4, m), 0) + K2PLUS[m] / 5 * wave
    return [[n, m, float(np.real(v)), float(-np.imag(v))] for (n, m), v in sorted(out.items())]


rng = np.random.default_rng(6)
epochs = []
for _ in range(24):
    gps = int(rng.integers(60000000, 900000000))
    day = 51544.5 + (gps // 86400)
    tt = (gps % 86400 + 51.184) / 86400
    ut1 = (gps % 86400 + 19 - 37) / 86400  # UT1 = TAI - 37 s
    sun, moon = sun_moon(MJD0 + day, tt)
    c2t = erfa.c2t06a(MJD0 + day, tt, MJD0 + day, ut1, 0, 0)
    bodies = {"sun": c2t @ sun, "moon": c2t @ moon}
    epochs.append({
        "gps": gps,
        "gmst": float(erfa.gmst06(MJD0 + day, ut1, MJD0 + day, tt)),
        "sun": bodies["sun"].tolist(),
        "moon": bodies["moon"].tolist(),
        "stokes": step1(bodies),
    })
with gzip.open(f"{sys.argv[1]}/tide-epochs.json.gz", "wt") as f:
    json.dump({"source": "JPL DE421, ERFA " + erfa.__version__, "epochs": epochs}, f)

rng = np.random.default_rng(3)
rows = []
for tt in np.sort(rng.integers(-1577000000, 1577000000, 80)):  # 1950 to 2050
    jd1, jd2 = 2451545.0 + tt // 86400, (tt % 86400) / 86400
    embary, dembary = eph.position_and_velocity("earthmoon", jd1, jd2)
    moon, dmoon = eph.position_and_velocity("moon", jd1, jd2)
    sun, dsun = eph.position_and_velocity("sun", jd1, jd2)
    position = sun - (embary - moon / (1 + eph.EMRAT))
    velocity = dsun - (dembary - dmoon / (1 + eph.EMRAT))
    rows.append([int(tt), *np.round(position.ravel() * 1e3), *np.round(moon.ravel() * 1e3, 1),
                 *np.round(velocity.ravel() * 1e3 / 86400, 4)])
with gzip.open(f"{sys.argv[1]}/sun-moon.json.gz", "wt") as f:
    json.dump({"source": "JPL DE421", "columns": "TDB seconds since J2000, Sun m, Moon m, velocity of the Sun m/s",
               "rows": rows}, f)
