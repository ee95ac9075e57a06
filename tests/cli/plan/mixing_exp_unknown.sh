# A weight for a loss that the law does not have.
. "$DATA/other_laws.sh"
make_mixing && "$TAMIS" plan law.json --weight webb=2
