# What is refused before it begins leaves nothing that was not there, in the run's folder and in --tmp.
mkdir empty tmp
for refusal in "--tmp nowhere" "--memory 1M" "--set targets.clerk.domain=laws" \
    "--set score.scorer=mean_loss --set score.trajectories=none"; do
    "$TAMIS" run "$DATA/recipe.yaml" -o RUN -q $refusal >/dev/null 2>&1
    echo "$? $refusal"
done
"$TAMIS" run "$DATA/recipe.yaml" -o empty --tmp tmp --memory 1M -q 2>/dev/null
code=$?
ls -A . empty tmp
exit $code
