# The assumption is said, and that the general curve is the first law's.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json code.json --one-mixture --budget weight=0.5 2>&1 >/dev/null | grep '^warning' >&2
