# A run whose tales are scored by losses from a file, and pruned; source it with: . "$DATA/scored.sh"
. "$DATA/setup.sh"

make_scored_run() {
    make_run --set "score={scorer: dynamic_uncertainty, window: 4, trajectories: $DATA/losses.jsonl}" \
        --set 'select={general: {keep: 0.5, policy: top, prune_scarce: true}}' --set holdout=none
}
