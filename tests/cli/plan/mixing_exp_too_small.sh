# All pools together do not hold the tokens.
. "$DATA/other_laws.sh"
make_mixing && "$TAMIS" plan law.json --tokens 1e9 --pool web=1e8 --pool code=1e8 --pool books=1e7 --max-epochs 2
