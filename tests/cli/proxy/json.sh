"$TAMIS" proxy -q --max-bad 1 --checkpoints 2 --held-out 0.3 "$DATA/tales.jsonl" "$DATA/deeds.jsonl" -o losses --json >out.json
code=$?
jq -c '[.documents, .held_out_documents, .rejected, .bytes, .steps, (.loss | length), (.held_out | length)]' out.json
jq -c '.inputs[] | [(.input | split("/")[-1]), (.loss | length), (.held_out | length)]' out.json
jq -c '.learnt.bytes, .measured.bytes' out.json
wc -l <losses/ids.jsonl
exit $code
