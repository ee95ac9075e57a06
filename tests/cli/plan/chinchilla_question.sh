# Neither a size nor operations: there is no question.
. "$DATA/other_laws.sh"
make_chinchilla && "$TAMIS" plan law.json --parameters 1e9
