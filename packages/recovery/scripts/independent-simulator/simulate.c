/*
 * Independent test peer of @gravity/recovery: two satellites in a static field, in extended precision.
 *
 * Nothing here follows the product's ways. Field: spherical coordinates, fully normalized associated Legendre
 * functions by the column recursion (Heiskanen & Moritz 1967; Holmes & Featherstone 2002, eq. 11), gradient in the
 * local frame (up, north, east). Orbit: velocity Verlet over 1, 2, … K equal parts of each step, extrapolated in h²
 * (Hairer, Norsett & Wanner 1993, II.14), sums over steps compensated. Earth: turns about z at a constant rate.
 *
 * REAL is `long double`; with -DQUAD it is __float128, which shows what rounding contributes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#ifdef QUAD
#include <quadmath.h>
typedef __float128 real;
#define SQRT sqrtq
#define SIN sinq
#define COS cosq
#else
#include <math.h>
typedef long double real;
#define SQRT sqrtl
#define SIN sinl
#define COS cosl
#endif

#define MAX_DEGREE 180
#define MAX_PARTS 12
#define N1 (MAX_DEGREE + 2)

static int degree = 30;
static real gm, radius;
static real C[N1][N1], S[N1][N1];
static real recA[N1][N1], recB[N1][N1], recD[N1], derivF[N1][N1];

/* Same numbers as a program in doubles holds: parse to double, then widen. */
static void read_gfc(const char *path) {
  FILE *f = fopen(path, "r");
  if (!f) { fprintf(stderr, "%s: %s\n", path, strerror(errno)); exit(1); }
  char line[1024];
  while (fgets(line, sizeof line, f)) {
    for (char *p = line; *p; p++) if (*p == 'D' || *p == 'd') if (p > line && p[-1] >= '0' && p[-1] <= '9') *p = 'e';
    char key[64], a[64], b[64], c[64], d[64];
    int n = sscanf(line, "%63s %63s %63s %63s %63s", key, a, b, c, d);
    if (n >= 2 && (!strcmp(key, "earth_gravity_constant"))) gm = strtod(a, NULL);
    if (n >= 2 && !strcmp(key, "radius")) radius = strtod(a, NULL);
    if (n == 5 && !strcmp(key, "gfc")) {
      int l = atoi(a), m = atoi(b);
      if (l <= degree && m <= l) { C[l][m] = strtod(c, NULL); S[l][m] = strtod(d, NULL); }
    }
  }
  fclose(f);
  if (gm == 0 || radius == 0 || C[0][0] == 0) { fprintf(stderr, "%s: no GM, radius or C00\n", path); exit(1); }
}

static void tables(void) {
  for (int m = 1; m <= degree + 1; m++) recD[m] = SQRT((real)(m == 1 ? 3 : 2 * m + 1) / (m == 1 ? 1 : 2 * m));
  for (int n = 1; n <= degree; n++)
    for (int m = 0; m <= n; m++) {
      if (m < n) recA[n][m] = SQRT((real)(2 * n - 1) * (2 * n + 1) / ((real)(n - m) * (n + m)));
      if (m < n - 1)
        recB[n][m] = SQRT((real)(2 * n + 1) * (n + m - 1) * (n - m - 1) / ((real)(n - m) * (n + m) * (2 * n - 3)));
      derivF[n][m] = SQRT((real)(n - m) * (n + m + 1) / (m == 0 ? 2 : 1));
    }
}

/* Gradient of the potential in the terrestrial frame: up, north, east at (r, latitude, longitude). */
static void local_gravity(real r, real sinLat, real cosLat, real cosLon, real sinLon, real out[3]) {
  static real P[N1][N1];
  real tanLat = sinLat / cosLat;
  P[0][0] = 1;
  for (int m = 1; m <= degree; m++) P[m][m] = recD[m] * cosLat * P[m - 1][m - 1];
  for (int m = 0; m <= degree; m++)
    for (int n = m + 1; n <= degree; n++)
      P[n][m] = recA[n][m] * sinLat * P[n - 1][m] - (n > m + 1 ? recB[n][m] * P[n - 2][m] : 0);
  real cm[N1], sm[N1];
  cm[0] = 1; sm[0] = 0;
  for (int m = 1; m <= degree; m++) {
    cm[m] = cm[m - 1] * cosLon - sm[m - 1] * sinLon;
    sm[m] = sm[m - 1] * cosLon + cm[m - 1] * sinLon;
  }
  real up = 0, north = 0, east = 0, q = 1;
  for (int n = 0; n <= degree; n++) {
    real u = 0, no = 0, e = 0;
    for (int m = 0; m <= n; m++) {
      real k = C[n][m] * cm[m] + S[n][m] * sm[m];
      u += P[n][m] * k;
      no += (derivF[n][m] * (m < n ? P[n][m + 1] : 0) - m * tanLat * P[n][m]) * k;
      e += m * P[n][m] * (S[n][m] * cm[m] - C[n][m] * sm[m]);
    }
    up -= (n + 1) * q * u;
    north += q * no;
    east += q * e;
    q *= radius / r;
  }
  real g = gm / (r * r);
  out[0] = g * up; out[1] = g * north; out[2] = g * east / cosLat;
}

static real rate, angle0, epoch, start;

/* t: seconds since the start. Inertial position in, inertial acceleration out. */
static void acceleration(real t, const real x[3], real a[3]) {
  real theta = angle0 + rate * (start - epoch + t), ct = COS(theta), st = SIN(theta);
  real ex = ct * x[0] + st * x[1], ey = -st * x[0] + ct * x[1], ez = x[2];
  real p = SQRT(ex * ex + ey * ey), r = SQRT(p * p + ez * ez);
  real sl = ez / r, cl = p / r, co = ex / p, so = ey / p, g[3];
  local_gravity(r, sl, cl, co, so, g);
  real h = cl * g[0] - sl * g[1];
  real ax = co * h - so * g[2], ay = so * h + co * g[2];
  a[0] = ct * ax - st * ay; a[1] = st * ax + ct * ay; a[2] = sl * g[0] + cl * g[1];
}

typedef struct { real y[6], low[6], a[3]; int fresh; } body;

static void add(body *b, int i, real d) {
  d += b->low[i];
  real s = b->y[i] + d, z = s - b->y[i];
  b->low[i] = (b->y[i] - (s - z)) + (d - z);
  b->y[i] = s;
}

static int parts = 6;

static void step(body *b, real t, real H) {
  real table[MAX_PARTS][6];
  if (!b->fresh) { acceleration(t, b->y, b->a); b->fresh = 1; }
  for (int k = 0; k < parts; k++) {
    int n = k + 1;
    real h = H / n, dx[3] = {0, 0, 0}, dv[3] = {0, 0, 0}, a[3], x[3];
    memcpy(a, b->a, sizeof a);
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < 3; c++) {
        dv[c] += h / 2 * a[c];
        dx[c] += h * (b->y[3 + c] + (b->low[3 + c] + dv[c]));
        x[c] = b->y[c] + (b->low[c] + dx[c]);
      }
      acceleration(t + (i + 1) * h, x, a);
      for (int c = 0; c < 3; c++) dv[c] += h / 2 * a[c];
    }
    for (int c = 0; c < 3; c++) { table[k][c] = dx[c]; table[k][3 + c] = dv[c]; }
    for (int j = k - 1; j >= 0; j--) {
      real ratio = (real)n / (j + 1);
      for (int c = 0; c < 6; c++) table[j][c] = table[j + 1][c] + (table[j + 1][c] - table[j][c]) / (ratio * ratio - 1);
    }
  }
  for (int c = 0; c < 6; c++) add(b, c, table[0][c]);
  b->fresh = 0;
}

static void kepler(real a, real e, real i, real node, real perigee, real E, real out[6]) {
  real n = SQRT(gm / (a * a * a)), b = a * SQRT(1 - e * e), d = 1 - e * COS(E);
  real px = a * (COS(E) - e), py = b * SIN(E), vx = -a * n * SIN(E) / d, vy = b * n * COS(E) / d;
  real cw = COS(perigee), sw = SIN(perigee), ci = COS(i), si = SIN(i), cn = COS(node), sn = SIN(node);
  for (int k = 0; k < 2; k++) {
    real u = k ? vx : px, w = k ? vy : py;
    real f = cw * u - sw * w, g = sw * u + cw * w;
    out[3 * k] = cn * f - sn * ci * g; out[3 * k + 1] = sn * f + cn * ci * g; out[3 * k + 2] = si * g;
  }
}

static FILE *create(const char *dir, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *f = fopen(path, "w");
  if (!f) { fprintf(stderr, "%s: %s\n", path, strerror(errno)); exit(1); }
  return f;
}

static void orbit_row(FILE *f, real t, const real y[6], int terrestrial) {
  real o[6];
  memcpy(o, y, sizeof o);
  if (terrestrial) {
    real theta = angle0 + rate * (start - epoch + t), ct = COS(theta), st = SIN(theta);
    o[0] = ct * y[0] + st * y[1]; o[1] = -st * y[0] + ct * y[1];
    o[3] = ct * y[3] + st * y[4] + rate * o[1]; o[4] = -st * y[3] + ct * y[4] - rate * o[0];
  }
  fprintf(f, "%.10Lg,%.10Lf,%.10Lf,%.10Lf,%.13Lf,%.13Lf,%.13Lf\n", (long double)(start + t), (long double)o[0],
          (long double)o[1], (long double)o[2], (long double)o[3], (long double)o[4], (long double)o[5]);
}

int main(int argc, char **argv) {
  const char *gfc = NULL, *out = NULL, *point = NULL;
  double hours = 24, h = 5, orbitEvery = 60, rangeEvery = 5, startArg = 738849600, epochArg = 7e8, angleArg = 0.3, rateArg = 7.292115e-5;
  double a = 6.866e6, e = 1e-3, inclination = 89.5, apart = 220e3;
  for (int i = 1; i + 1 < argc; i += 2) {
    const char *k = argv[i], *v = argv[i + 1];
    if (!strcmp(k, "--gfc")) gfc = v;
    else if (!strcmp(k, "--out")) out = v;
    else if (!strcmp(k, "--points")) point = v;
    else if (!strcmp(k, "--degree")) degree = atoi(v);
    else if (!strcmp(k, "--parts")) parts = atoi(v);
    else if (!strcmp(k, "--hours")) hours = atof(v);
    else if (!strcmp(k, "--step")) h = atof(v);
    else if (!strcmp(k, "--orbit-every")) orbitEvery = atof(v);
    else if (!strcmp(k, "--range-every")) rangeEvery = atof(v);
    else if (!strcmp(k, "--start")) startArg = atof(v);
    else if (!strcmp(k, "--axis")) a = atof(v);
    else if (!strcmp(k, "--eccentricity")) e = atof(v);
    else if (!strcmp(k, "--inclination")) inclination = atof(v);
    else if (!strcmp(k, "--apart")) apart = atof(v);
    else { fprintf(stderr, "unknown option %s\n", k); return 1; }
  }
  if (!gfc || (!out && !point) || argc % 2 == 0 || degree < 0 || degree > MAX_DEGREE || parts < 1 || parts > MAX_PARTS) {
    fprintf(stderr, "usage: simulate --gfc FILE (--out DIR | --points FILE) [--degree 30] [--hours 24] [--step 5] [--parts 6]\n"
                    "  [--orbit-every 60] [--range-every 5] [--start 738849600] [--axis m] [--eccentricity e] [--inclination deg] [--apart m]\n");
    return 1;
  }
  read_gfc(gfc);
  tables();
  if (point) { /* lines "r latitude longitude" (m, degrees): prints up, north, east */
    FILE *f = fopen(point, "r");
    if (!f) { fprintf(stderr, "%s: %s\n", point, strerror(errno)); return 1; }
    double r, lat, lon;
    while (fscanf(f, "%lf %lf %lf", &r, &lat, &lon) == 3) {
      real d = 3.14159265358979323846264338327950288L / 180, g[3];
      local_gravity(r, SIN(lat * d), COS(lat * d), COS(lon * d), SIN(lon * d), g);
      printf("%.18Le %.18Le %.18Le\n", (long double)g[0], (long double)g[1], (long double)g[2]);
    }
    return 0;
  }
  start = startArg; epoch = epochArg; angle0 = angleArg; rate = rateArg;
  /* B is where A comes to a moment later: the pair keeps its distance, which equal osculating elements would not. */
  body s[2];
  memset(s, 0, sizeof s);
  real deg = 3.14159265358979323846264338327950288L / 180;
  kepler(a, e, inclination * deg, 40 * deg, 20 * deg, 0.1L, s[0].y);
  for (int c = 0; c < 6; c++) s[0].y[c] = (double)s[0].y[c];
  s[1] = s[0];
  real ahead = apart / SQRT(gm / a) / 8;
  for (int i = 0; i < 8; i++) step(&s[1], i * ahead, ahead);
  for (int c = 0; c < 6; c++) { s[1].y[c] = (double)s[1].y[c]; s[1].low[c] = 0; }

  const char *frames[2] = {"inertial", "terrestrial"}, *names[2] = {"SIM-A", "SIM-B"};
  FILE *orbit[2][2], *initial = create(out, "initial-states.csv");
  fprintf(initial, "satellite,gps_seconds,x,y,z,vx,vy,vz\n");
  for (int k = 0; k < 2; k++) {
    fprintf(initial, "%s,%.10Lg", names[k], (long double)start);
    for (int c = 0; c < 6; c++) fprintf(initial, ",%.17g", (double)s[k].y[c]);
    fprintf(initial, "\n");
    for (int f = 0; f < 2; f++) {
      char name[64];
      snprintf(name, sizeof name, "orbit-%s-%s.csv", names[k], frames[f]);
      orbit[k][f] = create(out, name);
      fprintf(orbit[k][f], "# satellite: %s\n# frame: %s\n# time_scale: GPS\ngps_seconds,x [m],y [m],z [m],vx [m/s],vy [m/s],vz [m/s]\n", names[k], frames[f]);
    }
  }
  fclose(initial);
  FILE *range = create(out, "range-rate.csv");
  fprintf(range, "# time_scale: GPS\ngps_seconds,range_rate [m/s]\n");
  long count = (long)(hours * 3600 / h + 0.5), everyOrbit = (long)(orbitEvery / h + 0.5), everyRange = (long)(rangeEvery / h + 0.5);
  for (long i = 0; i <= count; i++) {
    real t = (real)i * h;
    if (i % everyOrbit == 0) for (int k = 0; k < 2; k++) for (int f = 0; f < 2; f++) orbit_row(orbit[k][f], t, s[k].y, f);
    if (i % everyRange == 0) {
      real dot = 0, square = 0;
      for (int c = 0; c < 3; c++) {
        real d = (s[1].y[c] - s[0].y[c]) + (s[1].low[c] - s[0].low[c]);
        real dv = (s[1].y[3 + c] - s[0].y[3 + c]) + (s[1].low[3 + c] - s[0].low[3 + c]);
        dot += d * dv; square += d * d;
      }
      fprintf(range, "%.10Lg,%.16Lf\n", (long double)(start + t), (long double)(dot / SQRT(square)));
    }
    if (i < count) for (int k = 0; k < 2; k++) step(&s[k], t, h);
  }
  for (int k = 0; k < 2; k++) for (int f = 0; f < 2; f++) fclose(orbit[k][f]);
  fclose(range);
  return 0;
}
