package dev.gradine.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every experiment runs, says whose claim it tries, and gives the same figures for the same seed; a claim
/// that is wrong is told to be.
class LabTest {

    @TempDir
    private Path folder = Path.of("");

    static Stream<String> every_experiment_runs() {
        return Lab.all().stream().map(e -> e.about().name());
    }

    @ParameterizedTest
    @MethodSource
    void every_experiment_runs(String name) {
        Experiment e = Lab.named(name);
        Result once = new Lab(CpuKernels::open, folder).run(e, List.of(1L), true);
        assertThat(once.expected())
                .isNotEmpty()
                .allSatisfy(x -> assertThat(once.count(x)).isBetween(0, 1));
        Table first = once.tables().getFirst();
        assertThat(first.rows()).hasSizeGreaterThan(1);
        for (String row : first.rows()) {
            for (String column : first.columns()) {
                if (first.has(row, column))
                    assertThat(first.at(row, column)).as(row + ", " + column).isFinite();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rslora", "quant"})
    void the_same_seed_gives_the_same_figures_and_another_seed_others(String name) {
        Lab lab = new Lab(CpuKernels::open, folder);
        List<Object> tables = Stream.of(1L, 1L, 2L)
                .map(seed ->
                        lab.run(Lab.named(name), List.of(seed), true).json().get("tables"))
                .toList();
        assertThat(tables.get(1)).isEqualTo(tables.get(0));
        assertThat(tables.get(2)).isNotEqualTo(tables.get(0));
    }

    @ParameterizedTest
    @MethodSource("every_experiment_runs")
    void every_experiment_says_whose_claim_it_tries(String name) {
        About about = Lab.named(name).about();
        assertThat(about.claim()).matches("[A-Z0-9(].*\\.");
        assertThat(about.source()).contains("arXiv:");
        assertThat(about.setUp()).matches("[A-Z0-9].*\\.");
        assertThat(about.name()).matches("[a-z0-9-]{1,12}");
    }

    @Test
    void no_experiment_is_forgotten_in_the_list() throws IOException {
        Path sources = Golden.repository().resolve("lab/src/main/java/dev/gradine/lab");
        List<Path> files;
        try (Stream<Path> walk = Files.walk(sources)) {
            files = walk.filter(f -> f.toString().endsWith(".java")).toList();
        }
        int found = 0;
        for (Path f : files) if (Files.readString(f).contains(" implements Experiment {")) found++;
        assertThat(Lab.all()).hasSize(found);
        assertThat(Lab.all().stream().map(e -> e.about().name())).doesNotHaveDuplicates();
    }

    @Test
    void an_unknown_name_lists_the_names_there_are() {
        assertThatThrownBy(() -> Lab.named("nothing"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("lab: \"nothing\", expected one of rslora");
    }

    /// Claims that 1 + seed is above 3: true of seeds 3 and 4.
    private static Experiment planted() {
        return new Experiment() {
            @Override
            public About about() {
                return new About("planted", "One more is above three.", "nobody", "None.");
            }

            @Override
            public List<Expectation> expected() {
                return List.of(
                        Expectation.falling("sum", "one more", "three"),
                        Expectation.near("three", 3, 0.5, t -> t.at("three", "sum")));
            }

            @Override
            public Table measure(Trial trial) {
                return new Table("of")
                        .put("one more", "sum", 1.0 + trial.seed())
                        .put("three", "sum", 3);
            }
        };
    }

    private Result planted(List<Long> seeds) {
        return new Lab(CpuKernels::open, folder).run(planted(), seeds, false);
    }

    @Test
    void a_claim_that_is_wrong_in_one_seed_did_not_hold() {
        Result r = planted(List.of(2L, 3L, 4L));
        assertThat(r.held()).isFalse();
        assertThat(r.expected().stream().map(r::count)).containsExactly(2, 3);
        List<String> lines = ResultText.lines(r);
        assertThat(lines.subList(0, lines.size() - 1))
                .containsExactly(
                        "of        sum",
                        "one more  4.00 ± 1.00",
                        "three     3.00 ± 0.00",
                        "",
                        "expected  sum: one more > three  2 of 3  did not hold",
                        "expected  three: 3 ± 0.5         3 of 3  held");
        assertThat(lines.getLast()).startsWith("verdict   held in part: 1 of 2, with seeds 2, 3, 4, in ");
    }

    @Test
    void a_claim_that_shows_in_every_seed_held() {
        Result r = planted(List.of(3L, 4L));
        assertThat(r.held()).isTrue();
        assertThat(ResultText.lines(r).getLast()).startsWith("verdict   held, with seeds 3, 4, in ");
        assertThat(r.json()).containsEntry("held", true).containsEntry("experiment", "planted");
    }

    @Test
    void a_number_that_is_none_or_as_large_falls_nowhere() {
        Expectation e = Expectation.falling("x", "a", "b");
        assertThat(e.shows().test(new Table("").put("a", "x", Double.NaN).put("b", "x", 1)))
                .isFalse();
        assertThat(e.shows().test(new Table("").put("a", "x", 1).put("b", "x", 1)))
                .isFalse();
        assertThat(e.shows().test(new Table("").put("a", "x", 2).put("b", "x", 1)))
                .isTrue();
    }

    @Test
    void a_number_that_is_not_in_the_table_is_named() {
        assertThatThrownBy(() -> new Table("").put("a", "x", 1).at("a", "y"))
                .hasMessage("table: a has no y, expected one of [a] and one of [x]");
    }

    @Test
    void prose_is_wrapped_beneath_itself() {
        List<String> head = ResultText.head(new About("name", "A claim.", "A paper", "word ".repeat(30) + "end."));
        assertThat(head.subList(0, 3)).containsExactly("name", "claim   A claim.", "source  A paper");
        assertThat(head.getLast()).startsWith("        word").endsWith("end.");
        assertThat(head).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }
}
