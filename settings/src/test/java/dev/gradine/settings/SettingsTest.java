package dev.gradine.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {

    private enum Curve {
        LINEAR,
        COSINE
    }

    /// Words of one kind, such as `a+b`.
    private record Words(List<String> all) {
        @SuppressWarnings("UnusedMethod") // found by its name
        static Words parse(String text) {
            if (text.isEmpty()) throw new IllegalArgumentException("words: none, expected some");
            return new Words(List.of(text.split("\\+", -1)));
        }

        @Override
        public String toString() {
            return String.join("+", all);
        }
    }

    private record Numbers(
            @Option(says = "Rank.", peft = "r", least = 1) int rank,

            @Option(says = "Scale.", derived = true, otherwise = "twice the rank")
            double alpha,

            @Option(says = "Dropout.", least = 0, below = 1) float dropout,
            @Option(says = "Seed.") long seed,
            @Option(says = "In any order.") boolean shuffle,

            @Option(says = "Scaled otherwise.", name = "rslora")
            boolean rsLora) {

        Numbers {
            if (Double.isNaN(alpha)) alpha = 2 * rank;
            if (alpha == 13) throw new IllegalArgumentException("alpha: 13 is unlucky");
        }

        static Numbers defaults() {
            return new Numbers(16, Double.NaN, 0, 42, true, false);
        }
    }

    private record Shapes(
            @Option(says = "Curve.") Curve curve,
            @Option(says = "Words.") Words someWords,
            @Option(says = "Blocks.") List<Integer> layers,
            @Option(says = "Ranks by pattern.") Map<String, Integer> rankPattern,

            @Option(says = "Where.", label = "DIR", free = true) @Nullable
            Path out,

            String inner) {

        static Shapes defaults() {
            return new Shapes(Curve.LINEAR, new Words(List.of("all")), List.of(), Map.of(), null, "kept");
        }
    }

    private static final Settings<Numbers> NUMBERS = Settings.of(Numbers.defaults());
    private static final Settings<Shapes> SHAPES = Settings.of(Shapes.defaults());

    private record Whole(
            @Part Numbers numbers,
            @Option(says = "Its own.") int own) {}

    @Test
    void settings_of_a_part_are_those_of_the_whole() {
        Settings<Whole> whole = Settings.of(new Whole(Numbers.defaults(), 3));
        assertThat(whole.all().stream().map(Setting::name))
                .containsExactly("rank", "alpha", "dropout", "seed", "shuffle", "rslora", "own");
        Whole read = whole.read(Map.of("rank", 4, "own", "5"));
        assertThat(read).isEqualTo(new Whole(new Numbers(4, 8, 0, 42, true, false), 5));
        assertThat(whole.write(read)).containsEntry("rank", 4).containsEntry("own", 5);
    }

    @Test
    void names_are_those_of_components_with_dashes_where_words_begin() {
        assertThat(SHAPES.all()).hasToString("[curve, some-words, layers, rank-pattern, out]");
        assertThat(NUMBERS.all()).hasToString("[rank, alpha, dropout, seed, shuffle, rslora]");
    }

    @Test
    void a_flag_that_is_on_is_typed_to_switch_it_off() {
        assertThat(NUMBERS.all().stream().map(Setting::typedName))
                .containsExactly("rank", "alpha", "dropout", "seed", "no-shuffle", "rslora");
    }

    @Test
    void what_is_not_given_is_the_default() {
        assertThat(NUMBERS.read(Map.of())).isEqualTo(Numbers.defaults());
        assertThat(SHAPES.read(Map.of())).isEqualTo(Shapes.defaults());
    }

    @Test
    void a_derived_value_is_found_anew_from_the_others() {
        assertThat(NUMBERS.read(Map.of("rank", 8)).alpha()).isEqualTo(16);
        assertThat(NUMBERS.read(Map.of("rank", 8, "alpha", 4)).alpha()).isEqualTo(4);
    }

    @Test
    void values_are_read_from_text_and_from_what_files_hold() {
        var expected = new Numbers(8, 4, 0.5f, 1L << 40, false, true);
        Map<String, Object> text = new LinkedHashMap<>();
        text.putAll(Map.of("rank", "8", "alpha", "4", "dropout", "0.5", "seed", "" + (1L << 40)));
        text.putAll(Map.of("shuffle", "false", "rslora", "true"));
        assertThat(NUMBERS.read(text)).isEqualTo(expected);
        Map<String, Object> typed = new LinkedHashMap<>();
        typed.putAll(
                Map.of("rank", 8L, "alpha", 4, "dropout", 0.5, "seed", 1L << 40, "shuffle", false, "rslora", true));
        assertThat(NUMBERS.read(typed)).isEqualTo(expected);
    }

    @Test
    void lists_maps_and_types_of_their_own_are_read_from_text_and_from_what_files_hold() {
        var expected = new Shapes(
                Curve.COSINE, new Words(List.of("a", "b")), List.of(0, 3), Map.of("a=.*", 4), Path.of("x"), "kept");
        assertThat(SHAPES.read(Map.of(
                        "curve", "cosine", "some-words", "a+b", "layers", "0,3", "rank-pattern", "a=.*=4", "out", "x")))
                .isEqualTo(expected);
        assertThat(SHAPES.read(Map.of(
                        "curve",
                        Curve.COSINE,
                        "some-words",
                        "a+b",
                        "layers",
                        List.of(0L, "3"),
                        "rank-pattern",
                        Map.of("a=.*", 4),
                        "out",
                        Path.of("x"))))
                .isEqualTo(expected);
    }

    @Test
    void what_is_written_reads_as_the_same_record() {
        var numbers = new Numbers(8, 4, 0.1f, 7, false, true);
        assertThat(NUMBERS.write(numbers))
                .hasToString("{rank=8, alpha=4.0, dropout=0.1, seed=7, shuffle=false, rslora=true}");
        assertThat(NUMBERS.read(NUMBERS.write(numbers))).isEqualTo(numbers);
        var shapes = new Shapes(
                Curve.COSINE, new Words(List.of("a", "b")), List.of(2), Map.of("q", 4), Path.of("x"), "kept");
        assertThat(SHAPES.write(shapes))
                .hasToString("{curve=cosine, some-words=a+b, layers=[2], rank-pattern={q=4}, out=x}");
        assertThat(SHAPES.read(SHAPES.write(shapes))).isEqualTo(shapes);
    }

    @Test
    void nothing_and_what_is_empty_is_not_written() {
        assertThat(SHAPES.write(Shapes.defaults())).hasToString("{curve=linear, some-words=all}");
    }

    @Test
    void what_may_change_on_resuming_decides_nothing() {
        var shapes = new Shapes(Curve.LINEAR, new Words(List.of("a")), List.of(), Map.of(), Path.of("x"), "kept");
        assertThat(SHAPES.write(shapes)).containsKey("out");
        assertThat(SHAPES.writeDecisive(shapes)).hasToString("{curve=linear, some-words=a}");
    }

    @Test
    void defaults_are_told_as_they_are_typed() {
        assertThat(NUMBERS.all().stream().map(Setting::defaultText))
                .containsExactly("16", "twice the rank", "0", "42", "true", "false");
        assertThat(Conversion.text(2e-4)).isEqualTo("2e-4");
        assertThat(Conversion.text(1.5e-8)).isEqualTo("1.5e-8");
        assertThat(Conversion.text(0.999)).isEqualTo("0.999");
        assertThat(SHAPES.all().stream().map(Setting::defaultText)).containsExactly("linear", "all", "", "", "");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rank    | 0     | rank: 0, expected at least 1
            rank    | x     | rank: x, expected a whole number
            rank    | 1.5   | rank: 1.5, expected a whole number
            rank    | 1e99  | rank: 1e99, expected a whole number
            seed    | ''    | seed: , expected a whole number
            alpha   | much  | alpha: much, expected a number
            alpha   | 13    | alpha: 13 is unlucky
            dropout | 1     | dropout: 1.0, expected below 1
            dropout | -0.5  | dropout: -0.5, expected at least 0
            shuffle | maybe | shuffle: maybe, expected true or false
            x       | 1     | unknown key x, expected one of alpha, dropout, rank, rslora, seed, shuffle
            """)
    void a_wrong_value_or_name_is_told_with_what_was_expected(String name, String value, String message) {
        assertThatThrownBy(() -> NUMBERS.read(Map.of(name, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            curve        | cosin | curve: "cosin", expected one of [linear, cosine]
            some-words   | ''    | words: none, expected some
            layers       | 1,a   | layers: a, expected a whole number
            rank-pattern | q     | rank-pattern: q, expected KEY=VALUE
            rank-pattern | q=x   | rank-pattern: x, expected a whole number
            """)
    void so_is_a_wrong_item_of_many(String name, String value, String message) {
        assertThatThrownBy(() -> SHAPES.read(Map.of(name, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void two_runs_are_compared_both_ways() {
        Map<String, Object> before = new LinkedHashMap<>(Map.of("rank", 8L, "alpha-pattern", Map.of("q", 2.0)));
        Map<String, Object> now = new LinkedHashMap<>(Map.of("rank", 8, "layers", List.of(1)));
        List<String> told = new ArrayList<>();
        for (var d : Settings.differences(now, before)) told.add(d.name() + " " + d.now() + " " + d.before());
        assertThat(told).containsExactly("layers [1] not given", "alpha-pattern not given {q=2.0}");
        assertThat(Settings.differences(Map.of("rank", 8), Map.of("rank", 8L))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "rank, rank, 0",
        "rnak, rank, 1",
        "ran, rank, 1",
        "ranks, rank, 1",
        "tank, rank, 1",
        "'', rank, 4",
        "abc, cab, 2"
    })
    void distance_counts_the_letters_to_mend(String typed, String name, int letters) {
        assertThat(Nearest.distance(typed, name)).isEqualTo(letters);
        assertThat(Nearest.distance(name, typed)).isEqualTo(letters);
    }
}
