# A scorer of texts reads documents. The last digits of a compression ratio depend on the library: order only.
"$TAMIS" score --scorer compression "$DATA/deeds.jsonl" >scores.jsonl
jq -c 'select(.score > 1.05) | [.id, .n_obs, .tokens, .tokens_estimated]' scores.jsonl | head -3
"$TAMIS" score -q --scorer compression --threads 1 <"$DATA/deeds.jsonl" | cmp - scores.jsonl
