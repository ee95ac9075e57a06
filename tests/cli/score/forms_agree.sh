# The same losses, long and wide, in another order of lines, with little memory: the same scores.
jq -nc 'range(50) as $d | {id: "d\($d)", losses: [range(12) as $t | if ($d + $t) % 7 == 0 then null else ($d * 37 + $t * $t * 11) % 101 / 10 end]}' >wide.jsonl
jq -c '.id as $id | .losses | to_entries[] | {id: $id, step: .key, loss: .value}' wide.jsonl >long.jsonl
tac long.jsonl | split -l 170 --additional-suffix=.jsonl - part-
mkdir parts && mv part-* parts
for scorer in dynamic_uncertainty:window=5 tdds:window=4,decay=0.3 learnability mean_loss; do
    "$TAMIS" score -q --scorer $scorer wide.jsonl >wide.scores
    "$TAMIS" score -q --scorer $scorer long.jsonl --memory 64K >long.scores
    "$TAMIS" score -q --scorer $scorer parts | sort >parts.scores
    cmp wide.scores long.scores && sort wide.scores | cmp - parts.scores && echo "$scorer $(wc -l <wide.scores)"
done
