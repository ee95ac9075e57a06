# The first input that is not as the survey saw it is named, with what is different.
. "$DATA/setup.sh"
mkdir in
printf '{"text":"the first of a few words"}\n' >in/a.jsonl
printf '{"text":"a second one of some words"}\n' >in/b.jsonl
cat >recipe.yaml <<'END'
version: 1
sources:
  - {name: web, paths: ["in/*.jsonl"], domain: general, kind: prose}
holdout: none
END
again() {
    "$TAMIS" run recipe.yaml -o RUN --threads 2 -q >/dev/null 2>said
    echo "exit $?: $(head -n 1 said | sed 's/.*json): //')"
}
again
touch -d '2001-02-03' in/b.jsonl
again
printf '\n' >>in/b.jsonl
again
printf '{"text":"one more"}\n' >in/aa.jsonl
again
mv in/a.jsonl elsewhere
again
mv elsewhere in/c.jsonl
again
mv in/c.jsonl in/a.jsonl
rm in/aa.jsonl in/b.jsonl
again
"$TAMIS" run recipe.yaml -o RUN --threads 2 -q
