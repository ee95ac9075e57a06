. "$DATA/setup.sh"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    echo "{\"id\": \"d$i\", \"text\": \"Only a few words, number $i.\"}"
done >in.jsonl
cat >recipe.yaml <<R
version: 1
sources: [{name: notes, paths: [in.jsonl], domain: general, kind: prose}]
filters: [{length: {min_words: 20}}]
R
shown check recipe.yaml --threads 2
