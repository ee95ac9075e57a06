# Every header compiles alone as C; the installed one also as C++.
cd "$ROOT" || exit 1
for header in include/*.h src/*/*.h; do
    gcc -std=c11 -D_XOPEN_SOURCE=700 -Iinclude -Isrc -Wall -Wextra -Werror -fsyntax-only -x c "$header" || exit 1
done
g++ -std=c++11 -Iinclude -Wall -Wextra -Werror -fsyntax-only -x c++ include/tamis.h
