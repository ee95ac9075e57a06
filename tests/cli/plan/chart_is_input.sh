# A chart may destroy neither the law, by whatever name, nor the plan; without a plan there is no chart.
cp "$DATA/full_law.json" law.json && ln law.json other.json
"$TAMIS" plan law.json --budget 0.05 --chart ./law.json
"$TAMIS" plan law.json --budget 0.05 --chart other.json
"$TAMIS" plan law.json --budget 0.05 --chart plan.svg -o ./plan.svg
cmp law.json "$DATA/full_law.json" && ls
"$TAMIS" plan law.json --budget 0.05 --chart plan.svg -q -o missing/plan.json
ls
