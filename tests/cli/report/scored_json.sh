. "$DATA/scored.sh"
make_scored_run && "$TAMIS" report RUN --json | jq -c "(.scores | del(.correlations, .trajectories)), (.selection[] | del(.simplest)), .needs[], .warnings[]"
