#!/bin/sh
# Runs once before every start: migrations, the login of the pipeline's role, Dagster's own tables. Safe to repeat.
set -eu
xpert db migrate
python "$(dirname "$0")/pipeline_login.py"
PGPASSWORD="$(cat "$PIPELINE_PASSWORD_FILE")"
export PGPASSWORD
python -m xpert_pipeline.cli.dagster_storage
