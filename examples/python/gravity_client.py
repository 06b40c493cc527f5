"""A client of the Gravity Processing Backend in the standard library of Python."""

import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional

Json = Dict[str, Any]
ENDED = ("completed", "failed", "cancelled")


class ApiError(Exception):
    """The server refused a request; `problem` is the body of its answer."""

    def __init__(self, status: int, problem: Json):
        lines = [f"{status}: {problem.get('detail', 'no reason given')}"]
        lines += [f"  {e.get('field')}: {e.get('message')}" for e in problem.get("errors") or []]
        super().__init__("\n".join(lines))
        self.status = status
        self.problem = problem


class JobFailed(Exception):
    """A job ended without being completed."""

    def __init__(self, job: Json):
        error = job.get("error") or {}
        super().__init__(f"{job['type']} {job['status']}: {error.get('message', 'no reason given')}")
        self.job = job


class GravityClient:
    """Requests with a token that is renewed in time; busy servers are asked again when they say so."""

    def __init__(self, base_url: str, timeout_seconds: float = 60, attempts: int = 5):
        # Programs that are to last name the version they were written for.
        self.base_url = base_url.rstrip("/") + "/v1"
        self.timeout_seconds = timeout_seconds
        self.attempts = attempts
        self._access_token: Optional[str] = None
        self._refresh_token: Optional[str] = None
        self._renew_at = 0.0

    def register(self, username: str, email: str, password: str) -> Json:
        return self.request("POST", "/auth/register", {"username": username, "email": email, "password": password})

    def login(self, username: str, password: str) -> None:
        form = urllib.parse.urlencode({"username": username, "password": password}).encode()
        self._keep(self._send("POST", "/auth/token", form, {"content-type": "application/x-www-form-urlencoded"}))

    def request(
        self, method: str, path: str, body: Optional[Json] = None, idempotency_key: Optional[str] = None
    ) -> Any:
        """Sends JSON, gives the JSON of the answer; raises ApiError."""
        headers = {"content-type": "application/json"} if body is not None else {}
        if idempotency_key is not None:
            headers["idempotency-key"] = idempotency_key
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, path, data, {**headers, **self._authorization()})

    def start(self, operation: str, body: Json) -> Json:
        """Starts plan, ingest, process or catalog. The same request of the same user starts one job, however often it
        is sent within a day."""
        key = hashlib.sha256(json.dumps([operation, body], sort_keys=True).encode()).hexdigest()
        return self.request("POST", f"/ops/{operation}", body, idempotency_key=key)

    def follow(self, job: Json, on_update: Callable[[Json], None] = lambda job: None) -> Json:
        """Waits until the job has ended; raises JobFailed."""
        seen = None
        while True:
            job = self.request("GET", f"/ops/jobs/{job['id']}")
            if (job["progress"], job.get("message")) != seen:
                seen = (job["progress"], job.get("message"))
                on_update(job)
            if job["status"] in ENDED:
                if job["status"] != "completed":
                    raise JobFailed(job)
                return job
            time.sleep(0.5)

    def upload(self, file: Path) -> str:
        """Uploads a file; gives what an ingest takes as data source."""
        query = urllib.parse.urlencode({"name": file.name})
        with file.open("rb") as stream:
            headers = {"content-type": "application/octet-stream", "content-length": str(file.stat().st_size)}
            answer = self._send("POST", f"/ops/uploads?{query}", stream, {**headers, **self._authorization()})
        return answer["data_source"]

    def products(self, job_id: str) -> Iterator[Json]:
        """All products of a job, page by page."""
        query = {"job_id": job_id, "limit": 100}
        while True:
            page = self.request("GET", f"/products?{urllib.parse.urlencode(query)}")
            yield from page["items"]
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def download(self, product: Json, folder: Path) -> Path:
        """Writes the file of a product; raises ValueError when it is not what the server says it is."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / Path(product["file_name"]).name
        part = path.with_suffix(path.suffix + ".part")
        digest = hashlib.sha256()
        with self._open("GET", f"/products/{product['id']}/content", None, self._authorization()) as answer:
            with part.open("wb") as out:
                while block := answer.read(1 << 20):
                    digest.update(block)
                    out.write(block)
        if digest.hexdigest() != product["sha256"]:
            part.unlink()
            raise ValueError(f"{path.name} was damaged on its way")
        return part.replace(path)

    def _keep(self, token: Json) -> None:
        self._access_token = token["access_token"]
        self._refresh_token = token.get("refresh_token")
        self._renew_at = time.monotonic() + token["expires_in"] - 60

    def _authorization(self) -> Dict[str, str]:
        if self._refresh_token is not None and time.monotonic() > self._renew_at:
            body = json.dumps({"refresh_token": self._refresh_token}).encode()
            self._keep(self._send("POST", "/auth/refresh", body, {"content-type": "application/json"}))
        return {} if self._access_token is None else {"authorization": f"Bearer {self._access_token}"}

    def _send(self, method: str, path: str, data: Any, headers: Dict[str, str]) -> Any:
        with self._open(method, path, data, headers) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _open(self, method: str, path: str, data: Any, headers: Dict[str, str]):
        for attempt in range(1, self.attempts + 1):
            request = urllib.request.Request(self.base_url + path, data=data, headers=headers, method=method)
            try:
                return urllib.request.urlopen(request, timeout=self.timeout_seconds)
            except urllib.error.HTTPError as error:
                retry_after = error.headers.get("retry-after")
                again = error.code in (429, 503) and attempt < self.attempts
                # A stream was read and cannot be sent a second time.
                if not again or hasattr(data, "read"):
                    raise ApiError(error.code, _problem(error)) from None
                time.sleep(min(float(retry_after or 2**attempt), 60))
        raise AssertionError("not reached")


def _problem(error: urllib.error.HTTPError) -> Json:
    text = error.read()
    try:
        problem = json.loads(text)
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": text.decode(errors="replace")[:500]}
