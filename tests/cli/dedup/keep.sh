cat >in.jsonl <<L
{"id":"old","text":"one sentence that was copied from here to there","score":1}
{"id":"new","text":"one sentence that was copied from here to there","score":7}
{"id":"unscored","text":"one sentence that was copied from here to there"}
L
"$TAMIS" dedup --keep max:score in.jsonl --clusters - --no-text && "$TAMIS" dedup -q --keep min:score in.jsonl
