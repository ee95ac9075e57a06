# Which of them cannot be is said.
. "$DATA/laws.sh"
make_laws && "$TAMIS" plan law.json code.json music.json --tokens 20e9 --budget difference=-0.5 2>words
code=$?
sed 's/[0-9]\.[0-9]*/X/g' words >&2
exit $code
