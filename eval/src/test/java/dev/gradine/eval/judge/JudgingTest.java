package dev.gradine.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.eval.FormulaModel;
import dev.gradine.eval.model.BosRule;
import dev.gradine.eval.model.TextModel;
import dev.gradine.testkit.TinyText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Games are played in both orders, ratings given, and what cannot be asked is dropped and counted.
class JudgingTest {

    private static final List<JudgedQuestion> QUESTIONS = List.of(
            new JudgedQuestion("1", "math", List.of("q1", "q2")),
            new JudgedQuestion("2", "", List.of("q")),
            new JudgedQuestion("3", "", List.of("q")),
            new JudgedQuestion("4", "", List.of("q")));

    private static final Map<String, List<String>> GOOD =
            Map.of("1", List.of("good", "good"), "2", List.of("good"), "3", List.of("good"), "4", List.of("good"));
    private static final Map<String, List<String>> BAD =
            Map.of("1", List.of("bad!!", "bad!!"), "2", List.of("bad!!"), "3", List.of("bad!!"));

    private final List<JudgePrompt> asked = new ArrayList<>();

    /// Knows what is good by the order of the words.
    private JudgeVerdict honest(JudgePrompt p) {
        asked.add(p);
        String pair = p.user().indexOf("good") < p.user().indexOf("bad!!") ? "A" : "B";
        String rating = p.user().contains("good") ? "9" : "";
        return new JudgeVerdict(p.kind() == JudgePrompt.Kind.RATING ? rating : pair, "");
    }

    @Test
    void every_turn_is_judged_in_both_orders() {
        Judging judging = new Judging(this::honest, JudgeTemplates.own(), Map.of("1", List.of("r1")));
        List<Game> games = judging.games(QUESTIONS, GOOD, BAD);
        assertThat(games)
                .containsExactly(
                        new Game("1", "A", "B", 4, 5),
                        new Game("1", "A", "B", 4, 5),
                        new Game("2", "A", "B", 4, 5),
                        new Game("3", "A", "B", 4, 5)); // nobody answered 4 twice
        assertThat(WinRate.of(games, 1).value()).isEqualTo(1);
        assertThat(asked.get(0).user()).contains("r1"); // of its first turn there is a reference, of the second none
        assertThat(asked.get(2).user()).doesNotContain("r1");
    }

    @Test
    void ratings_have_question_and_turn() {
        Judging judging = new Judging(this::honest, JudgeTemplates.own(), Map.of());
        assertThat(judging.ratings(QUESTIONS.subList(0, 2), GOOD))
                .isEqualTo(Map.of("1/1", 9.0, "1/2", 9.0, "2/1", 9.0));
        assertThat(judging.ratings(QUESTIONS.subList(1, 2), BAD)).containsEntry("2/1", Double.NaN);
    }

    @Test
    void a_question_that_cannot_be_asked_is_dropped() {
        int[] calls = new int[1];
        AnswerJudge moody = p -> {
            if (calls[0]++ == 2) throw new JudgeException("overloaded", true);
            return new JudgeVerdict("A", "");
        };
        Judging judging = new Judging(moody, JudgeTemplates.own(), Map.of());
        assertThat(judging.games(QUESTIONS, GOOD, BAD)).hasSize(3);
        assertThat(judging.dropped()).containsExactly("1 turn 2: overloaded");
    }

    @Test
    void three_in_a_row_or_a_mistake_end_it() {
        Judging never = new Judging(
                p -> {
                    throw new JudgeException("gone", true);
                },
                JudgeTemplates.own(),
                Map.of());
        assertThatThrownBy(() -> never.games(QUESTIONS, GOOD, BAD)).hasMessage("gone");
        assertThat(never.dropped()).hasSize(2);
        Judging wrong = new Judging(
                p -> {
                    throw new JudgeException("bad key", false);
                },
                JudgeTemplates.own(),
                Map.of());
        assertThatThrownBy(() -> wrong.games(QUESTIONS, GOOD, BAD)).hasMessage("bad key");
        assertThat(wrong.dropped()).isEmpty();
    }

    /// Of the formula model: log p(c | a) = −((31 a + 17 c) mod 97 + 1) / 40 behind the last `[`.
    private static double logProb(String label) {
        double sum = 0;
        String text = "[" + label + "]]";
        for (int i = 1; i < text.length(); i++) {
            sum -= ((31 * text.charAt(i - 1) + 17 * text.charAt(i)) % 97 + 1) / 40.0;
        }
        return sum;
    }

    private static LocalJudge local() {
        return new LocalJudge(new TextModel(
                new FormulaModel(), FormulaModel.codec(ChatTemplate.parse(TinyText.TEMPLATE)), BosRule.AUTO));
    }

    private static JudgePrompt asks(JudgePrompt.Kind kind) {
        return new JudgePrompt(kind, "", "Which?", List.of());
    }

    @Test
    void a_model_of_ours_gives_the_likeliest_verdict() {
        String best = Stream.of("A", "B", "C")
                .max(Comparator.comparingDouble(JudgingTest::logProb))
                .orElseThrow();
        assertThat(local().verdict(asks(JudgePrompt.Kind.PAIR)).label()).isEqualTo(best);
    }

    @Test
    void its_rating_is_the_mean_of_ten_numbers_under_their_probabilities() {
        double sum = 0;
        double weighed = 0;
        for (int i = 1; i <= 10; i++) {
            double p = Math.exp(logProb(String.valueOf(i)));
            sum += p;
            weighed += i * p;
        }
        String rating = local().verdict(asks(JudgePrompt.Kind.RATING)).label();
        assertThat(Double.parseDouble(rating)).isCloseTo(weighed / sum, within(1e-9));
    }

    @Test
    void it_says_of_several_what_it_says_of_each() {
        List<JudgePrompt> both = List.of(asks(JudgePrompt.Kind.PAIR), asks(JudgePrompt.Kind.RATING));
        assertThat(local().verdicts(both))
                .isEqualTo(both.stream().map(local()::verdict).toList());
    }
}
