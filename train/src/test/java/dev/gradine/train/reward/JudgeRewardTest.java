package dev.gradine.train.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.data.Passage;
import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.Question;
import dev.gradine.eval.judge.AnswerJudge;
import dev.gradine.eval.judge.JudgeException;
import dev.gradine.eval.judge.JudgePrompt;
import dev.gradine.eval.judge.JudgeTemplates;
import dev.gradine.eval.judge.JudgeVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a judge's ratings are worth, and what an answer is worth that gets none.
class JudgeRewardTest {

    private final List<String> asked = new ArrayList<>();
    private final List<String> told = new ArrayList<>();

    private static Question asking(String prompt) {
        return question(new Passage.Text(prompt));
    }

    private static Question question(Passage prompt) {
        return new Question(new int[] {1}, prompt, Map.of(), Map.of());
    }

    private static List<Answered> answers(Question question, String... texts) {
        return List.of(texts).stream()
                .map(t -> new Answered(question, t, 1, true))
                .toList();
    }

    /// Says what stands in the answer: a number, or no rating at all.
    private double[] rewards(List<Answered> answers) {
        AnswerJudge judge = p -> {
            asked.add(p.user());
            String answer = p.talks().getFirst().getLast().content();
            if (answer.equals("down")) throw new JudgeException("no connection, asked 6 times", true);
            if (answer.equals("locked")) throw new JudgeException("status 401", false);
            String said = "I say: " + answer;
            return new JudgeVerdict(JudgePrompt.Kind.RATING.read(said), said);
        };
        try (JudgeReward reward = new JudgeReward(judge, JudgeTemplates.own(), () -> told.add("closed"), told::add)) {
            return reward.all(answers);
        }
    }

    @Test
    void ratings_from_1_to_10_are_worth_0_to_1() {
        double[] r = rewards(answers(asking("Why?"), "[[1]]", "[[10]]", "[[4]]", "[[5.5]]"));
        assertThat(r).containsExactly(new double[] {0, 1, 1 / 3.0, 0.5}, within(1e-15));
        assertThat(told).containsExactly("closed");
    }

    @Test
    void an_answer_without_rating_is_worth_the_mean_of_its_own_group() {
        List<Answered> all = new ArrayList<>(answers(asking("One?"), "[[4]]", "well", "[[10]]"));
        all.addAll(answers(asking("Two?"), "[[1]]", "[[1]]", "[[11]]"));
        all.addAll(answers(asking("Three?"), "down", "[[7]]", "[[0]]"));
        double[] r = rewards(all);
        double[] expected = {1 / 3.0, 2 / 3.0, 1, 0, 0, 0, 2 / 3.0, 2 / 3.0, 2 / 3.0};
        assertThat(r).containsExactly(expected, within(1e-15));
        assertThat(told)
                .containsExactly(
                        "reward judge: 4 of 9 answers are not rated, and are worth the mean of their group:"
                                + " I say: well",
                        "closed");
    }

    @Test
    void of_a_group_without_any_rating_nothing_is_known() {
        List<Answered> all = new ArrayList<>(answers(asking("One?"), "down", "well"));
        all.addAll(answers(asking("Two?"), "[[1]]", "[[10]]"));
        assertThat(rewards(all)).containsExactly(Double.NaN, Double.NaN, 0, 1);
        assertThat(told.getFirst()).endsWith("mean of their group: no connection, asked 6 times");
    }

    @Test
    void what_is_said_at_length_is_told_in_one_short_line() {
        rewards(answers(asking("One?"), "well,\n" + "x".repeat(500), "[[2]]"));
        assertThat(told.getFirst()).doesNotContain("\n").endsWith("group: I say: well, " + "x".repeat(107) + " …");
    }

    @Test
    void the_same_answer_is_judged_once() {
        double[] r = rewards(answers(asking("One?"), "[[4]]", "[[4]]", "[[4]]"));
        assertThat(r).containsExactly(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, within(1e-15));
        assertThat(asked).hasSize(1);
    }

    @Test
    void a_judge_that_will_never_answer_ends_it() {
        assertThatThrownBy(() -> rewards(answers(asking("One?"), "[[4]]", "locked")))
                .isInstanceOf(JudgeException.class)
                .hasMessage("status 401");
        assertThat(told).containsExactly("closed");
    }

    @Test
    void a_conversation_is_shown_turn_by_turn_with_its_system_message() {
        rewards(answers(
                question(new Passage.Turns(List.of(
                        new Message("system", "Be kind."),
                        new Message("user", "Hi."),
                        new Message("assistant", "Hello!"),
                        new Message("user", "Why?")))),
                "[[4]]"));
        assertThat(asked).containsExactly("""
                        [Request, turn 1]
                        Be kind.

                        Hi.

                        [Request, turn 2]
                        Why?

                        [Answer, turn 1]
                        Hello!

                        [Answer, turn 2]
                        [[4]]

                        """);
    }

    @Test
    void a_conversation_out_of_turn_is_refused() {
        Message user = new Message("user", "Hi.");
        refuses(
                "reward judge: a prompt of 1 messages of the user and 1 of the assistant, expected them in turn and the"
                        + " user's last",
                user,
                new Message("assistant", "Hello!"));
        refuses(
                "reward judge: a prompt has a message of tool, expected system, user and assistant",
                user,
                new Message("tool", "7"));
    }

    private void refuses(String message, Message... talk) {
        Question question = question(new Passage.Turns(List.of(talk)));
        assertThatThrownBy(() -> rewards(answers(question, "[[4]]")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
