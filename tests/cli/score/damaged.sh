# A cut stream: what could be read is scored.
jq -nc 'range(40000) | {id: "d\(.)", losses: [1, 2, (. * 7919 % 1000) / 100]}' | zstd -q -c >whole.jsonl.zst
head -c $(($(wc -c <whole.jsonl.zst) / 2)) whole.jsonl.zst >cut.jsonl.zst
"$TAMIS" score --scorer mean_loss cut.jsonl.zst 2>notes >scores.jsonl
code=$?
tail -n 1 notes
[ "$(wc -l <scores.jsonl)" -gt 1000 ] && [ "$(wc -l <scores.jsonl)" -lt 40000 ] && echo fewer
exit $code
