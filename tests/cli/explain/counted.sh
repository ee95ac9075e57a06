# Tokens are estimates where the document's own row says so, not where another source's are; the report names both.
words="one and two and three and four and five and six and seven and eight and nine and ten"
echo '{"id": "c", "text": "'"$words"'", "n": 19}' >counted.jsonl
echo '{"id": "e", "text": "'"$words"' and eleven"}' >estimated.jsonl
cat >recipe.yaml <<'EOF'
version: 1
tokenizer: some/tokenizer.json
sources:
  - {name: counted, paths: [counted.jsonl], domain: law, kind: prose, tokens: n}
  - {name: estimated, paths: [estimated.jsonl], domain: general, kind: prose}
filters:
  - length: {min_words: 30, on: [general]}
holdout: none
accept: all
EOF
"$TAMIS" run recipe.yaml -o RUN -q >/dev/null
"$TAMIS" explain RUN c && "$TAMIS" explain RUN e && "$TAMIS" report RUN | sed -n '/^!/,$p'
