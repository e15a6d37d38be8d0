#!/bin/sh
# httpd ignores SIGTERM as process 1 and serves each connection in a child: stop the listener, then let the children finish.
httpd -f -p 8080 -h /www &
child=$!
trap 'sleep 1; kill $child' TERM
while kill -0 $child 2>/dev/null; do wait $child; done
while pidof httpd >/dev/null; do sleep 0.1; done
