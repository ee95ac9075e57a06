. "$DATA/setup.sh"
make_run && shown report RUN
