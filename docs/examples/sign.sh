#!/bin/sh
# Prints the headers that sign a body as Standard Webhooks: sign.sh <file with the secret> <file with the body>
set -eu
secret=$(cut -d, -f1 "$1")
key=$(printf %s "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
time=$(date +%s)
id="claim-$time-$$"
signature=$(
  { printf '%s.%s.' "$id" "$time" && cat "$2"; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A
)
printf 'webhook-id: %s\nwebhook-timestamp: %s\nwebhook-signature: v1,%s\n' "$id" "$time" "$signature"
