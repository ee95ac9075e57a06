"$TAMIS" proxy -q --max-bad 1 --checkpoints 3 "$DATA/tales.jsonl" "$DATA/deeds.jsonl" -o losses &&
    ls -A losses && jq -c 'del(.model)' losses/manifest.json && cat losses/ids.jsonl &&
    "$TAMIS" score -q --scorer final_loss losses | jq -c '[.id, .n_obs, .score > 0]'
