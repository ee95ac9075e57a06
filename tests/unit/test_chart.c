/* Charts of laws: well-formed, complete, and safe whatever the names hold. */
#include "law_world.h"

#include "fit/chart.h"

static const struct chart_point curve[] = {{0, 3}, {0.5, 2.5}, {1, 2.4}};
static const struct chart_point measured[] = {{0, 3.01}, {1, 2.39}};
static const double low[] = {2.9, 2.45, 2.3}, high[] = {3.1, 2.55, 2.5};

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) {
        count++;
    }
    return count;
}

static const char *printed(const struct chart *chart, struct buf *svg)
{
    buf_init(svg, BUF_UNLIMITED);
    assert_true(chart_print(chart, svg));
    assert_true(buf_add_char(svg, '\0'));
    return svg->at;
}

static void holds_everything(void **state)
{
    (void)state;
    const struct chart_line lines[] = {
        {.name = "domain", .at = curve, .count = 3, .low = low, .high = high, .points = measured, .point_count = 2},
        {.name = "general", .at = curve, .count = 3}};
    const struct chart chart = {.title = "law", .x_name = "ratio", .y_name = "loss", .lines = lines, .line_count = 2,
                                .probe_low = 0, .probe_high = 0.9, .chosen = 0.6, .chosen_low = 0.5,
                                .chosen_high = 0.7, .note = "a note"};
    struct buf svg;
    const char *const text = printed(&chart, &svg);
    assert_int_equal(count_of(text, "class=\"curve\""), 2);
    assert_int_equal(count_of(text, "class=\"band\""), 1);
    assert_int_equal(count_of(text, "<circle"), 2);
    assert_int_equal(count_of(text, "class=\"chosen\""), 2);
    assert_int_equal(count_of(text, "class=\"probe\""), 2);
    assert_int_equal(count_of(text, "class=\"interval\""), 2);
    assert_says(text, "a note");
    assert_says(text, "</svg>");
    buf_release(&svg);
}

static void escapes_names(void **state)
{
    (void)state;
    const struct chart_line line = {.name = "<script>\"a\" & b\x1b</script>", .at = curve, .count = 3};
    const struct chart chart = {.title = "t", .x_name = "x", .y_name = "y", .lines = &line, .line_count = 1,
                                .probe_low = NAN, .probe_high = NAN, .chosen = NAN, .chosen_low = NAN,
                                .chosen_high = NAN};
    struct buf svg;
    const char *const text = printed(&chart, &svg);
    assert_null(strstr(text, "<script"));
    assert_null(strchr(text, '\x1b'));
    assert_says(text, "&lt;script&gt;&quot;a&quot; &amp; b?");
    assert_int_equal(count_of(text, "class=\"chosen\""), 0);
    buf_release(&svg);
}

static void survives_single_values(void **state)
{
    (void)state;
    const struct chart_point one = {2, 5}, logs[] = {{1e6, 4}, {1e9, 2}};
    const struct chart_line lines[] = {{.name = "one", .at = &one, .count = 1, .points = &one, .point_count = 1},
                                       {.name = "none"}};
    const struct chart_line wide = {.name = "wide", .at = logs, .count = 2};
    struct chart chart = {.title = "t", .x_name = "x", .y_name = "y", .lines = lines, .line_count = 2,
                          .probe_low = NAN, .probe_high = NAN, .chosen = NAN, .chosen_low = NAN, .chosen_high = NAN};
    struct buf svg;
    assert_null(strstr(printed(&chart, &svg), "nan"));
    buf_release(&svg);
    chart.lines = &wide;
    chart.line_count = 1;
    chart.x_log = true;
    const char *const text = printed(&chart, &svg);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    assert_says(text, ">1e+09<");
    buf_release(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(holds_everything), cmocka_unit_test(escapes_names),
                                       cmocka_unit_test(survives_single_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
