"""What a user would write: FastAPI, pydantic and httpx, doing in order what the deployment guide's original does.

It verifies the signature over the raw body, reads the payload into models, filters by event, action, repository and
labels, asks GitHub for a JIT config, and then starts a sandbox that is given it. Of each delivery it writes a line of
JSON to its log, and counts it. It is served as jitney is: uvicorn, uvloop, httptools, one worker, no access log. Its
sandboxes are local processes, as jitney's are in this benchmark.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import shlex
import sys
import time
from typing import Annotated

import httpx
import uvicorn
from fastapi import FastAPI, Header, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from pydantic import BaseModel, ValidationError

SECRET = os.environ["WEBHOOK_SECRET"].encode()
TOKEN = os.environ["GITHUB_TOKEN"]
GITHUB = os.environ["GITHUB_API_URL"]
ALLOWED = {name.strip().lower() for name in os.environ.get("ALLOWED_REPOS", "").split(",") if name.strip()}
LABELS = {"self-hosted", "modal"}
RUNNER = shlex.split(os.environ["JITNEY_LOCAL_RUNNER"])


class Repository(BaseModel):
    full_name: str


class WorkflowJob(BaseModel):
    id: int
    run_id: int
    labels: list[str]


class Payload(BaseModel):
    action: str
    workflow_job: WorkflowJob
    repository: Repository


class JsonLines(logging.Formatter):
    """A log record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"timestamp": self.formatTime(record), "level": record.levelname, "event": record.getMessage()}
        return json.dumps(line | getattr(record, "fields", {}))


log = logging.getLogger("webhook")
log.setLevel(logging.INFO)
log.addHandler(logging.StreamHandler())
log.handlers[0].setFormatter(JsonLines())
deliveries = Counter("webhook_deliveries", "Deliveries, by what became of them.", ["event", "outcome"])
seconds = Histogram("webhook_delivery_seconds", "Until their answers.")

app = FastAPI()
github = httpx.AsyncClient(
    base_url=GITHUB,
    headers={
        "authorization": f"Bearer {TOKEN}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
    },
    limits=httpx.Limits(max_connections=100),
    timeout=30,
)


@app.get("/")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@app.post("/")
async def webhook(
    request: Request,
    x_hub_signature_256: Annotated[str | None, Header()] = None,
    x_github_event: Annotated[str | None, Header()] = None,
    x_github_delivery: Annotated[str | None, Header()] = None,
) -> dict[str, object]:
    began = time.perf_counter()
    status, outcome = 500, "failed"
    try:
        answer = await decide(await request.body(), x_hub_signature_256, x_github_event)
        status, outcome = 200, str(answer["status"])
        return answer
    except HTTPException as refused:
        status, outcome = refused.status_code, refused.detail
        raise
    finally:
        took = time.perf_counter() - began
        told = {"delivery": x_github_delivery, "event": x_github_event, "status": status, "outcome": outcome}
        log.info("delivery", extra={"fields": told | {"ms": round(took * 1000, 3)}})
        # Events that nobody knows are one, lest strangers choose how many counters there are.
        event = x_github_event if x_github_event in ("ping", "workflow_job") else "other"
        deliveries.labels(event, outcome).inc()
        seconds.observe(took)


async def decide(body: bytes, x_hub_signature_256: str | None, x_github_event: str | None) -> dict[str, object]:
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if x_hub_signature_256 is None or not hmac.compare_digest(expected, x_hub_signature_256):
        raise HTTPException(401, "bad signature")
    if x_github_event == "ping":
        return {"status": "pong"}
    if x_github_event != "workflow_job":
        return {"status": "ignored"}
    try:
        payload = Payload.model_validate_json(body)
    except ValidationError:
        raise HTTPException(400, "bad payload") from None
    if payload.action != "queued":
        return {"status": "ignored"}
    if ALLOWED and payload.repository.full_name.lower() not in ALLOWED:
        raise HTTPException(403, "repository not allowed")
    if not set(payload.workflow_job.labels) <= LABELS:
        return {"status": "ignored"}
    job = payload.workflow_job
    minted = await github.post(
        f"/repos/{payload.repository.full_name}/actions/runners/generate-jitconfig",
        json={"name": f"runner-{job.id}", "runner_group_id": 1, "labels": job.labels, "work_folder": "_work"},
    )
    minted.raise_for_status()
    environment = {"PATH": os.environ["PATH"], "JIT_CONFIG": minted.json()["encoded_jit_config"]}
    environment["JITNEY_SANDBOX"] = f"job-{job.id}"
    await asyncio.create_subprocess_exec(*RUNNER, env=environment)
    return {"status": "launched", "job": job.id}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False, loop="uvloop")
