# One image for every process of docker-compose.yml; which one it is, the command says.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /gradbook

# The libraries first: they change more rarely than the code.
COPY requirements-postgresql.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements-postgresql.lock

COPY engine engine
COPY generator generator
COPY grader grader
COPY migrations migrations
COPY api api

RUN useradd --system --no-create-home gradbook && install -d -o gradbook /data
USER gradbook
