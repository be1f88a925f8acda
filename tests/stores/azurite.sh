#!/bin/sh
# Puts Azurite, a local Azure Blob server, where tests/stores looks for it. Safe to repeat. Needs node and npm.
set -eu
version=3.35.0
folder=${SHIPWAY_AZURITE:-$HOME/.cache/shipway-tests/azurite}
grep -qs "\"version\": \"$version\"" "$folder/node_modules/azurite/package.json" && exit 0
mkdir -p "$folder"
npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "azurite@$version"
