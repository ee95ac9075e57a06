# Before the first stage has said what it counts, there is no unit.
. "$DATA/setup.sh"
make_run
echo '{"stage":"","running":false,"unit":null,"done":0,"total":0,"documents":0,"seconds":0,"pid":1}' >RUN/status.json
"$TAMIS" status RUN --json | grep '"unit"'
