#!/bin/sh
# Starts a command of the image with secrets from files: NAME_FILE=/run/secrets/x becomes NAME=<content of that file>.
set -eu
for name in PGPASSWORD AMAZON_CLIENT_SECRET XPERT_ENCRYPTION_KEY; do
  eval "file=\${${name}_FILE:-}"
  if [ -n "$file" ]; then
    if [ ! -r "$file" ]; then
      echo "$file cannot be read: create it as docs/deployment.md says" >&2
      exit 3
    fi
    export "$name=$(cat "$file")"
  fi
done
exec "$@"
