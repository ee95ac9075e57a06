"$TAMIS" status --help >page
"$TAMIS" help status | diff - page
"$TAMIS" help stauts
