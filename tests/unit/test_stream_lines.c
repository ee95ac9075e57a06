/* Many lines added at once are the bytes that the same lines are when they are added one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/hash.h"
#include "io/stream.h"

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

/* Lines of up to `longest` letters; some are empty. The last lacks its newline. */
static void make_lines(struct buf *text, size_t bytes, size_t longest, uint64_t random)
{
    buf_clear(text);
    while (text->len < bytes) {
        for (uint64_t left = next_random(&random) % (longest + 1); left > 0; left--) {
            assert_true(buf_add_char(text, "abcdefgh"[next_random(&random) % 8]));
        }
        assert_true(buf_add_char(text, '\n'));
    }
    assert_true(buf_add_char(text, 'x'));
}

static uint64_t hash_of(const char *path)
{
    struct buf bytes;
    tamis_err err;
    buf_init(&bytes, BUF_UNLIMITED);
    assert_int_equal(file_read(path, (size_t)1 << 30, &bytes, &err), TAMIS_OK);
    const uint64_t hash = hash_bytes(bytes.at, bytes.len, 0);
    buf_release(&bytes);
    return hash;
}

/* `lines` per call; 0: one, by the function that adds what it is given. */
static uint64_t write_lines(const char *path, struct codec_choice choice, tamis_str text, size_t lines)
{
    struct stream_out *out = NULL;
    tamis_err err;
    assert_int_equal(stream_out_open(&out, path, choice, &err), TAMIS_OK);
    while (text.len > 0) {
        tamis_str some = {text.at, 0};
        for (size_t i = 0; (i == 0 || i < lines) && some.len < text.len; i++) {
            const char *const end = memchr(text.at + some.len, '\n', text.len - some.len);
            some.len = end ? (size_t)(end - text.at) + 1 : text.len;
        }
        assert_int_equal(lines ? stream_out_add_lines(out, some, &err) : stream_out_add(out, some, &err), TAMIS_OK);
        text = (tamis_str){text.at + some.len, text.len - some.len};
    }
    assert_int_equal(stream_out_commit(out, &err), TAMIS_OK);
    return hash_of(path);
}

static void test_same_blocks(void **state)
{
    (void)state;
    static const size_t longest[] = {40, 5000, 3 * STREAM_BLOCK};
    static const size_t lines[] = {1, 1000, 30000, SIZE_MAX};
    char path[] = "/tmp/tamis-lines-XXXXXX";
    struct buf text;
    close(mkstemp(path));
    buf_init(&text, BUF_UNLIMITED);
    for (size_t l = 0; l < sizeof longest / sizeof *longest; l++) {
        make_lines(&text, 3 * STREAM_BLOCK, longest[l], l);
        for (int codec = CODEC_PLAIN; codec <= CODEC_GZIP; codec++) {
            const struct codec_choice choice = {(enum codec)codec, 1};
            const uint64_t wanted = write_lines(path, choice, buf_str(&text), 0);
            for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
                assert_int_equal(write_lines(path, choice, buf_str(&text), lines[i]), wanted);
            }
        }
    }
    buf_release(&text);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
