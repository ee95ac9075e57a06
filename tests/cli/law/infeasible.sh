"$TAMIS" law chinchilla_tokens N=1e9 L=2
