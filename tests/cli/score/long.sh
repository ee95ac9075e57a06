# Pieces of a document add up; a document measured too seldom has no score.
cat >long.jsonl <<'END'
{"id":"a","step":200,"loss_sum":30,"n_tokens":20,"domain":"law"}
{"id":"b","step":0,"loss":3.5}
{"id":"a","step":0,"loss_sum":40,"n_tokens":10}
{"id":"a","step":0,"loss_sum":20,"n_tokens":10}
{"id":"a","step":100,"loss":2.0,"n_tokens":20}
{"id":"c","step":100,"loss":null}
{"id":7,"step":0,"loss":1.25}
{"id":7,"step":200,"loss":0.75}
END
"$TAMIS" score --scorer dynamic_uncertainty:input=loss long.jsonl
