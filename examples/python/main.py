"""From Level-1B files to a gravity field: plan, ingest, process, download."""

import argparse
import math
import os
import sys
from pathlib import Path
from typing import Dict

from gravity_client import ApiError, GravityClient, JobFailed, Json

RADIUS_METERS = 6378136.3


def show(job: Json) -> None:
    print(f"{job['type']:8}{100 * job['progress']:5.0f} %  {job.get('message') or job['status']}", flush=True)


def degree_amplitudes(gfc: Path) -> Dict[int, float]:
    """Root of the summed squares of the coefficients of each degree, of an ICGEM file."""
    squares: Dict[int, float] = {}
    for line in gfc.read_text().splitlines():
        words = line.split()
        if words[:1] == ["gfc"]:
            degree, c, s = int(words[1]), *(float(w.replace("D", "E").replace("d", "e")) for w in words[3:5])
            squares[degree] = squares.get(degree, 0.0) + c * c + s * s
    return {degree: math.sqrt(sum_) for degree, sum_ in sorted(squares.items())}


def data_source(client: GravityClient, source: str) -> str:
    """A `file:` or `s3:` address as it is; a path of this machine is uploaded."""
    if ":" in source:
        return source
    path = Path(source)
    if not path.is_file():
        sys.exit(f"{source}: no such file; folders go up as one archive, e.g. tar czf day.tgz folder")
    return client.upload(path)


def run(arguments: argparse.Namespace) -> None:
    password = os.environ.get("GRAVITY_PASSWORD")
    if not password:
        sys.exit("GRAVITY_PASSWORD is not set")
    client = GravityClient(arguments.url)
    if arguments.register:
        try:
            client.register(arguments.user, f"{arguments.user}@example.org", password)
        except ApiError as error:
            if error.status != 409:  # is registered already
                raise
    client.login(arguments.user, password)
    print(f"server {arguments.url}, user {client.request('GET', '/auth/me')['username']}")

    interval = {"start_time": arguments.start, "end_time": arguments.end, "satellites": arguments.satellites}
    source = data_source(client, arguments.source)
    ingest = client.start("ingest", {**interval, "data_source": source, "data_type": "l1b", "validate_data": True})
    client.follow(ingest, show)
    plan = client.start(
        "plan",
        {
            **interval,
            "time_step": 60,
            "processing_mode": "standard",
            "output_format": "spherical_harmonic",
            "degree_max": arguments.degree,
            "depends_on": [ingest["id"]],
        },
    )
    client.follow(plan, show)
    process = client.start(
        "process",
        {
            "algorithm": "variational",
            "degree_max": arguments.degree,
            "regularization": {"kaula": 1e-5, "tikhonov": 0.0},
            "output_products": ["coefficients", "uncertainties"],
            "plan_id": plan["id"],
        },
    )
    result = client.follow(process, show)["result"]
    print(f"content hash sha256:{result['content_hash']}")
    for product in client.products(process["id"]):
        path = client.download(product, arguments.out)
        print(f"{path}  {product['kind']}  sha256 {product['sha256']}")
        if path.suffix == ".gfc":
            for degree, amplitude in degree_amplitudes(path).items():
                if degree >= 2 and degree % 5 == 0:
                    print(f"  degree {degree:3}  {RADIUS_METERS * amplitude:12.6f} m of geoid")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--user", required=True)
    parser.add_argument("--register", action="store_true", help="make the user first")
    parser.add_argument("--source", required=True, help="file:/folder, s3://bucket/prefix/, or a file to upload")
    parser.add_argument("--start", required=True, help="ISO 8601 with zone")
    parser.add_argument("--end", required=True)
    parser.add_argument("--satellites", nargs="+", default=["GRACE-C", "GRACE-D"])
    parser.add_argument("--degree", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("products"))
    try:
        run(parser.parse_args())
    except (ApiError, JobFailed, OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
