#!/bin/sh
# nginx cuts its connections at SIGTERM and finishes them at SIGQUIT: this says the one and means the other.
nginx -c /app/nginx.conf -g 'daemon off;' &
child=$!
trap 'sleep 1; kill -QUIT $child' TERM
while kill -0 $child 2>/dev/null; do wait $child; done
