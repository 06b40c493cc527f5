"""Writes the test fixtures that come from other programs and series.

usage: python generate-fixtures.py C04_14_2021 C04_08 ORBIT_CRF_GZ ORBIT_TRF_GZ OUTPUT_FOLDER

Needs pyerfa (ERFA of NumFOCUS), used only as a test peer. The orbit files are the GRACE-C arc 2021-07-17 of GEORB
(github.com/Thomas-Loudis/georb), the C04 series those of IERS.
"""
import gzip
import json
import sys

import erfa
import numpy as np

c04, c04_old, crf, trf, out = sys.argv[1:]
AS = np.pi / 648000
MJD0 = 2400000.5
rng = np.random.default_rng(20240117)


def f(values):
    return [float(v) for v in np.ravel(values)]


def peer():
    pole = []
    for _ in range(200):
        day = int(rng.integers(42000, 70000))  # 1973-11 to 2050-07
        second = float(rng.uniform(0, 86400))
        tt = second / 86400
        dpsi, deps = erfa.nut06a(MJD0, day + tt)
        pole.append([day, second, *f(erfa.xys06a(MJD0 + day, tt)), float(dpsi), float(deps)])
    matrices = []
    for _ in range(200):
        # After the last leap second, so that UT1-UTC may be the same on all days of the test's table.
        gps = int(rng.integers(543000000, 1000000000))
        off = float(rng.uniform(0, 1))
        xp, yp = rng.uniform(-0.5, 0.5, 2) * AS
        dx, dy = rng.uniform(-3e-4, 3e-4, 2) * AS
        dut = float(rng.uniform(-0.8, 0.8))
        days = gps // 86400
        rest = gps - days * 86400 + off
        j2000 = 2451545.0 + days
        x, y, _ = erfa.xys06a(j2000, (rest + 51.184) / 86400)
        s = erfa.s06(j2000, (rest + 51.184) / 86400, x, y)
        era = erfa.era00(j2000, (rest - 18 + dut) / 86400)
        pom = erfa.pom00(xp, yp, erfa.sp00(j2000, (rest + 51.184) / 86400))
        m = erfa.c2tcio(erfa.c2ixys(x + dx, y + dy, s), era, pom)
        matrices.append([gps, off, xp, yp, dut, dx, dy, *f(m)])
    tdb = []
    for mjd in rng.uniform(44239, 69807, 300):  # 1980 to 2050
        tdb.append([float(mjd), float(erfa.dtdb(MJD0, mjd, 0.0, 0.0, 0.0, 0.0))])
    utc = []
    dates = [(int(y), int(m), int(d)) for y, m, d in zip(rng.integers(1972, 2040, 40), rng.integers(1, 13, 40), rng.integers(1, 29, 40))]
    dates += [(1972, 6, 30), (1998, 12, 31), (1999, 1, 1), (2005, 12, 31), (2016, 12, 31), (2017, 1, 1)]
    for y, m, d in dates:
        for h, mi, sec in [(0, 0, 0.0), (int(rng.integers(0, 24)), int(rng.integers(0, 60)), 59.0), (23, 59, 59.0), (23, 59, 60.0)]:
            if sec == 60.0 and (y, m, d) not in [(1972, 6, 30), (1998, 12, 31), (2005, 12, 31), (2016, 12, 31)]:
                continue
            t1, t2 = erfa.taiutc(*erfa.utctai(*erfa.dtf2d("UTC", y, m, d, h, mi, sec)))  # there and back: must hold
            a1, a2 = erfa.utctai(*erfa.dtf2d("UTC", y, m, d, h, mi, sec))
            gps = round(((a1 - 2451545.0) + a2) * 86400 - 19, 3)
            utc.append([f"{y:04d}-{m:02d}-{d:02d}T{h:02d}:{mi:02d}:{int(sec):02d}Z", int(gps)])
    return {
        "source": f"pyerfa {erfa.__version__} (ERFA {erfa.version.erfa_version})",
        "pole": {"columns": "mjd TT, second of day, X, Y, s, dpsi, deps", "rows": pole},
        "matrices": {"columns": "gpsSeconds, offset, xp, yp, UT1-UTC, dX, dY, matrix row by row", "rows": matrices},
        "tdb": {"columns": "mjd TT, TDB-TT s", "rows": tdb},
        "utc": {"columns": "UTC, gpsSeconds", "rows": utc},
    }


def c04_rows(path, first, last):
    rows = []
    for line in open(path, encoding="latin1"):
        p = line.split()
        if len(p) == 16 and p[0].isdigit() and first <= int(p[3]) <= last:
            rows.append([int(p[3]), *(float(p[i]) for i in (4, 5, 6, 8, 9))])
    assert len(rows) == last - first + 1
    return rows


def orbit():
    def read(path):
        rows = []
        for line in gzip.open(path, "rt"):
            p = line.split()
            if len(p) == 8 and p[0].isdigit():
                rows.append([int(p[0]), *(float(v) for v in p[1:])])
        return rows

    c, t = read(crf), read(trf)
    assert len(c) == len(t) and all(a[:2] == b[:2] for a, b in zip(c, t))
    x, y, s = erfa.xys00a(MJD0, np.arange(59411.0, 59415.0))
    return {
        "source": "GEORB v.1.7.4.9, GRACE-C 2021-07-17, reduced-dynamic orbit, every 20th epoch; C04: IERS EOP 14 C04 "
        f"(2021); IAU2000A poles: pyerfa {erfa.__version__} xys00a",
        "columns": "mjd TT, second of day TT, x y z m, vx vy vz m/s",
        "icrf": c[::20],
        "itrf": t[::20],
        "c04": {"columns": "mjd UTC, x arcsec, y arcsec, UT1-UTC s, dX arcsec, dY arcsec", "rows": c04_rows(c04, 59408, 59417)},
        "poleIau2000A": {"columns": "mjd TT, X, Y, s", "rows": [[59411.0 + i, *f([x[i], y[i], s[i]])] for i in range(4)]},
    }


leap = {
    "source": "IERS EOP 08 C04, around the leap second of 2012-06-30",
    "columns": "mjd UTC, x arcsec, y arcsec, UT1-UTC s, dX arcsec, dY arcsec",
    "rows": c04_rows(c04_old, 56104, 56114),
}
for name, data in {"erfa": peer(), "grace-c-arc": orbit(), "c04-leap-second": leap}.items():
    with gzip.GzipFile(f"{out}/{name}.json.gz", "wb", mtime=0) as file:
        file.write(json.dumps(data).encode())
