. "$DATA/scored.sh"
make_scored_run && "$TAMIS" explain RUN "tales#10" --json | jq -c ".scores, .measured.checkpoints, .measured.final_loss"
