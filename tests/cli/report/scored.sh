. "$DATA/scored.sh"
make_scored_run && shown report RUN | sed -n "/^selection/,/^target/{/^target/d;p};/^! 16/,\$p"
