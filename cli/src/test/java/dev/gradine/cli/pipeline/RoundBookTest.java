package dev.gradine.cli.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// When rounds end, and which of them is kept.
class RoundBookTest {

    private static final StageKind EVAL = StageKind.named("eval", StageKind.all(List.of("dpo")));
    private static final StageKind JUDGE = StageKind.named("judge", StageKind.all(List.of("dpo")));
    private static final StageKind FEEDBACK = StageKind.named("feedback", StageKind.all(List.of("dpo")));

    private static final List<Stage> STAGES = List.of(
            stage("before", EVAL),
            stage("dpo", StageKind.training("dpo")),
            stage("judge", JUDGE),
            stage("last", JUDGE),
            stage("text", EVAL),
            stage("feedback", FEEDBACK));

    private final Pipeline pipeline =
            new Pipeline("t", STAGES, new Rounds(3, "dpo", new Rounds.Stop("last", "text", 0.05, "judge")), List.of());
    private final RoundBook book = new RoundBook(pipeline);

    private static Stage stage(String name, StageKind kind) {
        return new Stage(name, kind, new LinkedHashMap<>());
    }

    private void add(String name, int round, Map<String, Double> figures) {
        Stage stage =
                STAGES.stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
        ResolvedStage resolved =
                new ResolvedStage(new PlannedStage(stage, round), "0123456789abcdef", Path.of("r"), List.of());
        book.add(resolved, new StageFigures(new LinkedHashMap<>(figures)));
    }

    private void round(int round, double rate, double most, double perplexity) {
        add("dpo", round, Map.of());
        add("judge", round, Map.of("win rate", rate));
        add("last", round, Map.of("win rate", rate, "win rate at most", most));
        add("text", round, Map.of("corpus word_perplexity", perplexity));
    }

    @Test
    void a_round_that_loses_to_the_one_before_is_one_too_many() {
        add("before", 0, Map.of("corpus word_perplexity", 20.0));
        round(1, 0.6, 0.4, 20); // in the first round there is none before
        assertThat(book.stops(1)).isEmpty();
        round(2, 0.7, 0.5, 20); // an interval up to one half is no defeat
        assertThat(book.stops(2)).isEmpty();
        round(3, 0.9, 0.49, 20);
        assertThat(book.stops(3)).isEqualTo("last: it wins at most 49.0 % against round 2");
        assertThat(book.best(3)).isEqualTo(2);
        assertThat(book.best(0)).isEqualTo(3);
    }

    @Test
    void a_text_nothing_was_learnt_from_must_not_become_unlikely() {
        add("before", 0, Map.of("corpus word_perplexity", 20.0));
        round(1, 0.6, 0.9, 21); // 5 % and no more
        assertThat(book.stops(1)).isEmpty();
        round(2, 0.7, 0.9, 21.01);
        assertThat(book.stops(2)).isEqualTo("text: the perplexity rose from 20.00 to 21.01, more than 5 %");
        assertThat(book.best(2)).isEqualTo(1);
    }

    @Test
    void without_an_evaluation_before_the_rounds_the_first_round_is_the_measure() {
        round(1, 0.6, 0.9, 30);
        round(2, 0.7, 0.9, 31);
        assertThat(book.stops(1)).isEmpty();
        assertThat(book.stops(2)).isEmpty();
        round(3, 0.7, 0.9, 31.6);
        assertThat(book.stops(3)).contains("rose from 30.00 to 31.60");
    }

    @Test
    void rounds_end_where_nothing_is_left_to_learn_from() {
        round(1, 0.6, 0.9, 30);
        add("feedback", 1, Map.of("pairs", 0.0));
        assertThat(book.stops(1)).isEqualTo("feedback: no pair is left to learn from");
    }

    @Test
    void the_table_has_a_row_a_figure_and_a_column_a_round() {
        round(1, 0.6, 0.9, 30);
        round(2, 0.7, 0.95, 31.5);
        assertThat(book.table())
                .containsExactly(
                        List.of("stage and figure", "round 1", "round 2"),
                        List.of("judge: win rate", "0.6000", "0.7000"),
                        List.of("last: win rate", "0.6000", "0.7000"),
                        List.of("last: win rate at most", "0.9000", "0.9500"),
                        List.of("text: corpus word_perplexity", "30", "31.5000"));
    }
}
