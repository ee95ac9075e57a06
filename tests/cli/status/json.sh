. "$DATA/setup.sh"
make_run && shown status RUN --json
