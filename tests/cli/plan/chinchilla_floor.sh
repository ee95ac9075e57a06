# A loss below the floor of the size is not to be reached.
. "$DATA/other_laws.sh"
make_chinchilla && "$TAMIS" plan law.json --parameters 1e9 --loss 2.17
