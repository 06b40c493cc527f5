"""The reads of bench/load.mjs as a FastAPI service would do them: same database, same tables, same answers in kind.

Each request: verify the JWT, look the user and the revocation up, read, answer, and write one audit row after the
answer. Run by bench/load.mjs with `uvicorn app:app` (uvloop, httptools).
"""

import os
import time
import uuid
from datetime import datetime, timezone

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

SECRET = os.environ["JWT_SECRET_KEY"]
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=0)
Session = async_sessionmaker(engine, expire_on_commit=False)
oauth2 = OAuth2PasswordBearer(tokenUrl="auth/token")
app = FastAPI(default_response_class=JSONResponse)


class User(BaseModel):
    id: uuid.UUID
    username: str
    email: str
    role: str
    created_at: datetime


class Job(BaseModel):
    id: uuid.UUID
    type: str
    status: str
    parameters: dict
    result: dict | None
    error: dict | None
    progress: float
    attempt: int
    priority: int
    created_at: datetime
    updated_at: datetime


class Product(BaseModel):
    id: uuid.UUID
    job_id: uuid.UUID
    kind: str
    file_name: str
    media_type: str
    bytes: int
    sha256: str
    degree_max: int | None
    status: str
    created_at: datetime


class Page(BaseModel):
    items: list
    total: int


async def current_user(request: Request, token: str = Depends(oauth2)) -> User:
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401, "not valid") from error
    async with Session() as session:
        row = (
            await session.execute(
                text(
                    "select id, username, email, role, created_at from users where id = :id and not disabled"
                ),
                {"id": uuid.UUID(claims["sub"])},
            )
        ).mappings().first()
    if row is None:
        raise HTTPException(401, "not valid")
    request.state.user = row
    return User(**row)


@app.middleware("http")
async def audit(request: Request, call_next):
    started = time.perf_counter()
    response = await call_next(request)
    user = getattr(request.state, "user", None)
    async with Session() as session:
        await session.execute(
            text(
                "insert into audit_logs (time, request_id, user_id, username, action, method, resource, ip, status,"
                " duration_ms) values (:time, :request_id, :user_id, :username, :action, :method, :resource, :ip,"
                " :status, :duration)"
            ),
            {
                "time": datetime.now(timezone.utc),
                "request_id": str(uuid.uuid4()),
                "user_id": user and user["id"],
                "username": user and user["username"],
                "action": request.scope.get("route").name if request.scope.get("route") else "",
                "method": request.method,
                "resource": request.url.path,
                "ip": request.client.host,
                "status": response.status_code,
                "duration": (time.perf_counter() - started) * 1000,
            },
        )
        await session.commit()
    return response


@app.get("/auth/me", response_model=User)
async def me(user: User = Depends(current_user)):
    return user


@app.get("/ops/jobs", response_model=Page)
async def jobs(skip: int = 0, limit: int = 100, user: User = Depends(current_user)):
    async with Session() as session:
        rows = await session.execute(
            text(
                "select id, type, status, parameters, result, error, progress, attempt, priority, created_at, updated_at"
                " from processing_jobs where user_id = :user order by created_at desc, id desc offset :skip limit :limit"
            ),
            {"user": user.id, "skip": skip, "limit": limit},
        )
        items = [Job(**row) for row in rows.mappings()]
        total = await session.scalar(
            text("select count(*) from processing_jobs where user_id = :user"), {"user": user.id}
        )
    return Page(items=items, total=total)


@app.get("/products", response_model=Page)
async def products(limit: int = 100, user: User = Depends(current_user)):
    async with Session() as session:
        rows = await session.execute(
            text(
                "select id, job_id, kind, file_name, media_type, bytes, sha256, degree_max, status, created_at"
                " from gravity_products where user_id = :user or status = 'published'"
                " order by created_at desc, id desc limit :limit"
            ),
            {"user": user.id, "limit": limit},
        )
        items = [Product(**row) for row in rows.mappings()]
        total = await session.scalar(
            text("select count(*) from gravity_products where user_id = :user or status = 'published'"),
            {"user": user.id},
        )
    return Page(items=items, total=total)
