# Documents are no trajectories.
"$TAMIS" score --scorer mean_loss "$DATA/sources.jsonl"
