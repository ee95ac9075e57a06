# A sparse file of which the beginning is read: the note about the disk comes before anything is refused.
awk 'BEGIN { for (i = 0; i < 40000; i++) print "{\"text\": \"document " i "\"}" }' >in.jsonl
truncate -s 10T in.jsonl
cat >recipe.yaml <<R
version: 1
sources: [{name: notes, paths: [in.jsonl], domain: general, kind: prose}]
filters: []
R
"$TAMIS" run recipe.yaml -o RUN --memory 2G --threads 2 --progress never 2>said && echo "not refused"
sed -nE 's/[0-9]+\.[0-9]+ MB/N MB/g; /^WARNING/p' said
ls
