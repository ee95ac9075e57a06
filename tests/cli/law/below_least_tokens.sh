"$TAMIS" law dcpt_budget N=1.8e9 D=1e9 limit=2.75 E=1.9 A=.45 alpha=.3 B=2 eta=1.3 beta=.3 C=.12 eps=.05 gamma=.55 |
    jq '{ratio, loss_replay_only_nats, loss_least_nats, notes}'
