mkdir f && echo '{"version": 2}' >f/manifest.json && echo '{"id":"a","step":0,"loss":1}' >f/part-0.jsonl
"$TAMIS" score --scorer mean_loss f
